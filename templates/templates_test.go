package templates_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

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
	tpl, problems := templates.Parse("t.json", []byte(doc))
	if tpl == nil {
		return nil, problems
	}
	p, more := tpl.Compile(templates.Options{})
	return p, append(problems, more...)
}

func codes(problems problem.List) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return out
}

func TestBuiltinTemplatesHaveNoProblems(t *testing.T) {
	names := templates.BuiltinNames()
	if len(names) < 2 {
		t.Fatalf("only %v", names)
	}
	for _, name := range names {
		doc, err := templates.Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		p, problems := tryCompile(string(doc))
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
		if s, err := schema.Load(name); err == nil {
			if found := s.Check(out.Body); len(found) > 0 {
				t.Errorf("%s with its own examples is not what the service takes: %v\n%s", name, found, out.Body)
			}
		}
	}
}

func TestThereIsAStarterForEachOperationWithASchema(t *testing.T) {
	for _, name := range schema.Names() {
		if name == "campaign" || name == "template" {
			continue
		}
		if _, err := templates.Builtin(name); err != nil {
			t.Error(err)
		}
	}
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
