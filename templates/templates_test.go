package templates_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// operations are those of all services.
func operations() templates.Operations { return reelmerge.Operations(all.Services()) }

// compile parses and compiles a document that must have no errors.
func compile(t testing.TB, doc string) *templates.Program {
	t.Helper()
	p, problems := tryCompile(doc)
	if p == nil {
		t.Fatalf("compile: %v", problems)
	}
	return p
}

// tryCompile gives all problems of a document, of Parse and of Compile.
func tryCompile(doc string) (*templates.Program, problem.List) {
	tpl, problems := templates.Parse("t.json", []byte(doc), operations())
	if tpl == nil {
		return nil, problems
	}
	p, more := tpl.Compile()
	return p, append(problems, more...)
}

func codes(problems problem.List) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return out
}

func TestStartersHaveNoProblems(t *testing.T) {
	starters := reelmerge.Starters(all.Services())
	if len(starters) < 21 {
		t.Fatalf("only %d", len(starters))
	}
	for _, starter := range starters {
		name := starter.Name
		p, problems := tryCompile(string(starter.Template))
		if p == nil || len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if got := strings.ReplaceAll(p.Template().Operation, "/", "-"); got != name {
			t.Errorf("%s is for %s", name, got)
		}
		var out templates.Rendered
		p.Row(p.Template().Examples(), &out)
		if len(out.Problems) > 0 {
			t.Errorf("%s with its own examples: %v", name, out.Problems)
		}
		if s := schemaOf(t, name); s != nil {
			if found := s.Check(out.Body); len(found) > 0 {
				t.Errorf("%s with its own examples is not what the service takes: %v\n%s", name, found, out.Body)
			}
		}
	}
}

func TestThereIsAStarterForEachOperationWithASchema(t *testing.T) {
	for _, s := range all.Services() {
		for _, o := range s.Operations {
			if o.Schema != nil && o.Starter == nil {
				t.Errorf("%s has a schema and no starter", o.Name)
			}
		}
	}
}

// schemaOf is the schema of a starter's request, nil when there is none.
func schemaOf(t *testing.T, starter string) *schema.Schema {
	t.Helper()
	for _, o := range operations() {
		if schema.NameOf(o.Name) == starter && o.Schema != nil {
			s, err := schema.Compile(starter, o.Schema)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	return nil
}

func TestTemplateJobSendsDeclaredVariablesAsTexts(t *testing.T) {
	p := compile(t, `{"operation":"colossyan/template-job","request":{ "templateJobId" : "id" },
		"variables":{"n":{"type":"integer"},"name":{"optional":true},"greeting":{"default":"hi \"you\""}}}`)
	var out templates.Rendered
	p.Row([]string{"12", "", ""}, &out)
	want := `{"templateJobId":"id","dynamicVariables":{"n":"12","name":"","greeting":"hi \"you\""}}`
	if string(out.Body) != want || len(out.Problems) > 0 {
		t.Errorf("body %s\nwant %s\nproblems %v", out.Body, want, out.Problems)
	}
}

func TestEmptyOptionalMembersAreLeftOut(t *testing.T) {
	p := compile(t, `{"operation":"x/y","variables":{"a":{"optional":true},"b":{"type":"integer","optional":true},"c":{}},
		"request":{"a":"{a}","list":["{a}","{b}",1.0,"{c}"],"deep":{"b":"{b}"},"t":"<{a}>","c":"{c}"}}`)
	var out templates.Rendered
	for _, tc := range []struct{ a, b, want string }{
		{"", "", `{"list":[1.0,"é"],"deep":{},"t":"<>","c":"é"}`},
		{"", "7", `{"list":[7,1.0,"é"],"deep":{"b":7},"t":"<>","c":"é"}`},
		{"[", "", `{"a":"[","list":["[",1.0,"é"],"deep":{},"t":"<[>","c":"é"}`},
	} {
		p.Row([]string{tc.a, tc.b, "é"}, &out)
		if string(out.Body) != tc.want {
			t.Errorf("a=%q b=%q: %s\nwant %s", tc.a, tc.b, out.Body, tc.want)
		}
	}
}
