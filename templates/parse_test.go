package templates_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/templates"
)

func TestTemplateProblems(t *testing.T) {
	job := func(variables, creative string) string {
		return `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":` + variables + creative + `}`
	}
	creative := func(tracks ...string) string {
		return `,"videoCreative":{"settings":{"videoSize":{"width":1920,"height":1080}},"scenes":[` + scene(`"duration":60000,`, tracks...) + `]}`
	}
	for _, tc := range []struct{ name, doc, want string }{
		{"broken JSON", "{\"operation\":\n“x”}", "TPL-JSON"},
		{"duplicate keys", `{"operation":"a/b","operation":"a/c"}`, "TPL-DUPLICATE-KEY"},
		{"duplicate keys in an export", `{"videoCreative":{"scenes":[],"scenes":[]}}`, "COL-V8"},
		{"not an object", `[]`, "TPL-SHAPE"},
		{"nothing in it", `{}`, "TPL-OPERATION"},
		{"no request", `{"operation":"a/b"}`, "TPL-SHAPE"},
		{"unknown member", `{"operation":"a/b","request":{},"requst":{}}`, "TPL-SHAPE"},
		{"an operation that is none", `{"operation":"colossyan","request":{}}`, "TPL-OPERATION"},
		{"no template id", `{"operation":"colossyan/template-job","request":{},"variables":{}}`, "TPL-NO-ID"},
		{"nothing about the variables", `{"operation":"colossyan/template-job","request":{"templateJobId":"x"}}`, "TPL-NO-VARIABLES"},
		{"variables of its own", `{"operation":"colossyan/template-job","request":{"templateJobId":"x","dynamicVariables":{}},"variables":{}}`, "TPL-DYNAMIC-VARIABLES"},
		{"variables inside the scenes", `{"videoCreative":{"settings":{"videoSize":{"width":1,"height":1}},"dynamicVariables":{},"scenes":[]}}`, "COL-V11 TPL-SCHEMA"},
		{"scenes beside the request", `{"operation":"colossyan/video-job","videoCreative":{}}`, "TPL-SHAPE"},
		{"no scenes", `{"operation":"colossyan/video-job","request":{}}`, "TPL-SCHEMA"},
		{"no video size", `{"videoCreative":{"scenes":[` + scene("", actor) + `]}}`, "TPL-SCHEMA"},
		{"a name with a space", job(`{"first name":{}}`, ""), "TPL-DECLARATION"},
		{"an unknown type", job(`{"a":{"type":"text"}}`, ""), "TPL-DECLARATION"},
		{"a misspelt keyword", job(`{"a":{"maxLenght":3}}`, ""), "TPL-DECLARATION"},
		{"a reference", job(`{"a":{"$ref":"https://example.com"}}`, ""), "TPL-DECLARATION"},
		{"look-ahead", job(`{"a":{"pattern":"(?=x)"}}`, ""), "TPL-DECLARATION"},
		{"an example that breaks its rule", job(`{"a":{"maxLength":2,"example":"Ada"}}`, ""), "TPL-DECLARATION"},
		{"a default that breaks its rule", job(`{"a":{"type":"integer","default":"x"}}`, ""), "TPL-DECLARATION"},
		{"an undeclared placeholder", job(`{"name":{}}`, creative(speaks("{Name} {name}"))), "TPL-UNDECLARED COL-T22"},
		{"an unused variable", job(`{"name":{},"x":{}}`, creative(with(speaks("{name}"), `"variant":"bubble"`))), "TPL-UNUSED COL-T22"},
		{"a name with spaces in a script", job(`{}`, creative(speaks("Hi {first name}"))), "COL-V2"},
		{"a lonely brace", job(`{}`, creative(speaks("Hi } there"))), "COL-V2"},
		{"braces outside scripts", job(`{}`, creative(with(actor, `"view":"{ x }"`))), "COL-V2"},
		{"a variable in a URL", job(`{"u":{}}`, creative(strings.Replace(imageGaps, "/i.jpg", "/{u}.jpg", 1))), "COL-V3"},
		{"a variable as voice", job(`{"u":{}}`, creative(strings.Replace(actor, "en-GB-RyanNeural", "{u}", 1))), "COL-V3"},
		{"a variable in a text element", job(`{"u":{}}`, creative(`{"type":"text","content":"{u}","duration":1000}`)), ""},
		{"braces elsewhere", `{"operation":"a/b","request":{"x":"{ }"}}`, "TPL-PLACEHOLDER"},
		{"a byte order mark", "\xef\xbb\xbf" + `{"operation":"a/b","request":{}}`, "TPL-BOM"},
		{"too many placeholders", `{"operation":"a/b","request":{"x":"` + strings.Repeat("{x}", 10_001) + `"}}`, "TPL-TOO-MANY"},
		{"as many placeholders as allowed", `{"operation":"a/b","request":{"x":"` + strings.Repeat("{x}", 10_000) + `"}}`, ""},
		{"too many variables", `{"operation":"a/b","request":{"x":"` + manyPlaceholders(1001) + `"}}`, "TPL-TOO-MANY"},
	} {
		_, problems := tryCompile(tc.doc)
		if got := strings.Join(codes(problems), " "); got != tc.want {
			t.Errorf("%s: %s, want %s\n%v", tc.name, got, tc.want, problems)
		}
		for _, p := range problems {
			if p.Message == "" || p.Hint == "" || p.Line == 0 || p.Character == 0 {
				t.Errorf("%s: no place, message or hint: %+v", tc.name, p)
			}
		}
	}
}

func manyPlaceholders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{v%d}", i)
	}
	return b.String()
}

func TestProblemsNameTheirPlace(t *testing.T) {
	_, problems := tryCompile("{\n \"operation\": \"colossyan/video-job\",\n \"request\": {\"videoCreative\": {\"settings\": {\"videoSize\": {\"width\": 1, \"height\": 1}}, \"scenes\": [\n  {\"tracks\": [\n   {\"type\": \"image\", \"imageUrl\": \"x\"}]}]}}}")
	if len(problems) != 2 || problems[1].Pointer != "/request/videoCreative/scenes/0/tracks/0" || problems[1].Line != 5 || problems[1].Character != 4 {
		t.Errorf("%+v", problems)
	}
}

func TestBareExportIsAVideoJob(t *testing.T) {
	doc := `{"videoCreative":{"settings":{"name":"x","videoSize":{"width":1920,"height":1080}},"scenes":[` + scene("", speaks("Hi {b} and {a}, {b}")) + `]}}`
	tpl, problems := templates.Parse("export.json", []byte(doc))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if tpl.Operation != templates.VideoJob || tpl.Declared {
		t.Errorf("%+v", tpl)
	}
	var names []string
	for _, v := range tpl.Variables {
		names = append(names, v.Name)
		if !v.Spoken || !v.Required || v.Type != "string" {
			t.Errorf("%+v", v)
		}
	}
	if diff := cmp.Diff([]string{"b", "a"}, names); diff != "" {
		t.Error(diff)
	}
	if use := tpl.Variables[0].Uses; len(use) != 2 || use[0].Pointer != "/videoCreative/scenes/0/tracks/0/text" || use[0].Scene != 0 || use[0].Whole {
		t.Errorf("%+v", use)
	}
	p, _ := tpl.Compile(templates.Options{})
	var out templates.Rendered
	p.Row([]string{"B", "A"}, &out)
	if want := strings.NewReplacer("{b}", "B", "{a}", "A").Replace(doc); string(out.Body) != want {
		t.Errorf("%s\nwant %s", out.Body, want)
	}
}

func TestDeclarationsAreRead(t *testing.T) {
	tpl, problems := templates.Parse("t", []byte(`{"operation":"a/b","request":{"x":"{n}{s}{o}"},"variables":{
		"s":{"default":"hi","example":"Ada"},"n":{"type":"number","example":12.50},"o":{"optional":true,"spoken":true}}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	type short struct {
		Name, Type, Example        string
		Required, Optional, Spoken bool
		Default                    string
	}
	var got []short
	for _, v := range tpl.Variables {
		s := short{Name: v.Name, Type: v.Type, Example: v.Example, Required: v.Required, Optional: v.Optional, Spoken: v.Spoken}
		if v.Default != nil {
			s.Default = *v.Default
		}
		got = append(got, s)
	}
	want := []short{{Name: "s", Type: "string", Example: "Ada", Default: "hi"}, {Name: "n", Type: "number", Example: "12.50", Required: true}, {Name: "o", Type: "string", Optional: true, Spoken: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, name := range templates.BuiltinNames() {
		doc, err := templates.Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc, "Ada {")
	}
	f.Add([]byte(videoJob(scene(`"duration":"{d}",`, with(image, `"startTimeGap":"{d}"`)))), "1000")
	f.Add([]byte(`{"operation":"a/b","variables":{"x":{"type":"array","optional":true}},"request":{"a":["{x}",{"b":"{x}"}]}}`), "a;b")
	f.Add([]byte(`{"operation":"a/b","request":{"x":"\u007bx\u007d{{x}}\\{y}"}}`), "\xff")
	f.Fuzz(func(t *testing.T, doc []byte, value string) {
		p, problems := tryCompile(string(doc))
		if p == nil {
			if !problems.HasErrors() {
				t.Fatalf("neither a program nor an error: %v", problems)
			}
			return
		}
		values := make([]string, len(p.Template().Variables))
		for i := range values {
			values[i] = value
		}
		var out templates.Rendered
		p.Row(values, &out)
		if !json.Valid(out.Body) && !out.Problems.HasErrors() {
			t.Fatalf("%s with %q: %s", doc, value, out.Body)
		}
		p.Describe(values, problems)
	})
}
