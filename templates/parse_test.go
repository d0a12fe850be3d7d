package templates_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/templates"
)

func TestTemplateProblems(t *testing.T) {
	job := func(variables, text string) string {
		return `{"operation":"a/b","request":{"x":"` + text + `"},"variables":` + variables + `}`
	}
	for _, tc := range []struct{ name, doc, want string }{
		{"broken JSON", "{\"operation\":\n“x”}", "TPL-JSON"},
		{"duplicate keys", `{"operation":"a/b","operation":"a/c"}`, "TPL-DUPLICATE-KEY"},
		{"not an object", `[]`, "TPL-SHAPE"},
		{"nothing in it", `{}`, "TPL-OPERATION"},
		{"no request", `{"operation":"a/b"}`, "TPL-SHAPE"},
		{"unknown member", `{"operation":"a/b","request":{},"requst":{}}`, "TPL-SHAPE"},
		{"an operation that is none", `{"operation":"colossyan","request":{}}`, "TPL-OPERATION"},
		{"a name with a space", job(`{"first name":{}}`, ""), "TPL-DECLARATION"},
		{"an unknown type", job(`{"a":{"type":"text"}}`, ""), "TPL-DECLARATION"},
		{"a misspelt keyword", job(`{"a":{"maxLenght":3}}`, ""), "TPL-DECLARATION"},
		{"a reference", job(`{"a":{"$ref":"https://example.com"}}`, ""), "TPL-DECLARATION"},
		{"look-ahead", job(`{"a":{"pattern":"(?=x)"}}`, ""), "TPL-DECLARATION"},
		{"an example that breaks its rule", job(`{"a":{"maxLength":2,"example":"Ada"}}`, "{a}"), "TPL-DECLARATION"},
		{"a default that breaks its rule", job(`{"a":{"type":"integer","default":"x"}}`, "{a}"), "TPL-DECLARATION"},
		{"scenes of which nothing is known", `{"operation":"a/b","request":{},"videoCreative":{"scenes":[]}}`, "TPL-SHAPE"},
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

func TestDeclarationsAreRead(t *testing.T) {
	tpl, problems := templates.Parse("t", []byte(`{"operation":"a/b","request":{"x":"{n}{s}{o}"},"variables":{
		"s":{"default":"hi","example":"Ada"},"n":{"type":"number","example":12.50},"o":{"optional":true,"spoken":true}}}`), operations())
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
	for _, s := range reelmerge.Starters(all.Services()) {
		f.Add(s.Template, "Ada {")
	}
	f.Add([]byte(`{"videoCreative":{"scenes":[{"duration":"{d}","tracks":[{"type":"image","startTimeGap":"{d}"}]}]}}`), "1000")
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
