package templates_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

func TestValuesOfASpokenVariable(t *testing.T) {
	p := compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{"maxLength":30,"spoken":true}}}`)
	for _, tc := range []struct{ value, want string }{
		{"Ada", ""},
		{"Zoë O'Neil-李雷", ""},
		{"Dr. 50% & Co. / KG", ""},
		{"", "COL-V5"},
		{"  \t", "COL-V5"},
		{"\u00a0\u2003", "COL-V5"},
		{"{name}", "COL-V7"},
		{"a } b", "COL-V7"},
		{"two\nlines", "COL-V12"},
		{"bell\x07", "COL-V12"},
		{"see https://example.org", "COL-V12"},
		{"ada@example.org", "COL-V12"},
		{"well done 🎉", "COL-V12"},
		{"\xff\xfe", "VAR-ENCODING"},
		{strings.Repeat("é", 30), ""},
		{strings.Repeat("é", 31), "VAR-TOO-LONG"},
		{strings.Repeat("x", 31) + "{", "COL-V7 VAR-TOO-LONG"},
	} {
		var out templates.Rendered
		p.Row([]string{tc.value}, &out)
		if got := strings.Join(codes(out.Problems), " "); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.value, got, tc.want)
		}
		for _, p := range out.Problems {
			if p.Variable != "name" || p.Message == "" || p.Hint == "" || (p.Severity == problem.Warning) != (p.Code == "COL-V12") {
				t.Errorf("%q: %+v", tc.value, p)
			}
		}
		if !json.Valid(out.Body) {
			t.Errorf("%q: %s", tc.value, out.Body)
		}
	}
}

func TestOtherServicesHaveCodesOfTheirOwn(t *testing.T) {
	p := compile(t, `{"operation":"some/thing","request":{"a":"{a}"},"variables":{"a":{"spoken":true}}}`)
	for value, want := range map[string]string{"": "VAR-EMPTY", "{": "VAR-BRACES", "🎉": "VAR-UNSPOKEN"} {
		var out templates.Rendered
		if p.Row([]string{value}, &out); strings.Join(codes(out.Problems), " ") != want {
			t.Errorf("%q: %v, want %s", value, out.Problems, want)
		}
	}
}

func TestCellsBecomeTheDeclaredJSONType(t *testing.T) {
	for _, tc := range []struct{ kind, cell, want string }{
		{"number", "12.50", `{"v":12.50,"t":"<12.50>"}`},
		{"number", "12,50", "VAR-TYPE"},
		{"number", "twelve", "VAR-TYPE"},
		{"number", "NaN", "VAR-TYPE"},
		{"number", "1e9999", "VAR-TYPE"},
		{"integer", "7.0", `{"v":7,"t":"<7.0>"}`},
		{"integer", "7.5", "VAR-TYPE"},
		{"boolean", "TRUE", `{"v":true,"t":"<TRUE>"}`},
		{"boolean", "yes", "VAR-TYPE"},
		{"array", `["a", 1]`, `{"v":["a", 1],"t":"<[\"a\", 1]>"}`},
		{"array", "https://x.example/a;  https://x.example/\"b\" ;", `{"v":["https://x.example/a","https://x.example/\"b\""],"t":"<https://x.example/a;  https://x.example/\"b\" ;>"}`},
		{"array", `["a"`, "VAR-TYPE"},
		{"object", `{"a":{"b":1}}`, `{"v":{"a":{"b":1}},"t":"<{\"a\":{\"b\":1}}>"}`},
		{"object", `{"a":1,"a":2}`, "VAR-TYPE"},
		{"object", `[]`, "VAR-TYPE"},
	} {
		p := compile(t, `{"operation":"some/thing","variables":{"v":{"type":"`+tc.kind+`"}},"request":{"v":"{v}","t":"<{v}>"}}`)
		var out templates.Rendered
		p.Row([]string{tc.cell}, &out)
		got := string(out.Body)
		if len(out.Problems) > 0 {
			got = strings.Join(codes(out.Problems), " ")
		}
		if got != tc.want {
			t.Errorf("%s %q: %s\nwant %s", tc.kind, tc.cell, got, tc.want)
		}
	}
}

func TestListEntriesHaveTheirDeclaredType(t *testing.T) {
	p := compile(t, `{"operation":"some/thing","variables":{"v":{"type":"array","items":{"type":"integer"}}},"request":{"v":"{v}"}}`)
	var out templates.Rendered
	if p.Row([]string{"1; 2;3"}, &out); string(out.Body) != `{"v":[1,2,3]}` || len(out.Problems) > 0 {
		t.Errorf("%s %v", out.Body, out.Problems)
	}
	if p.Row([]string{"1; x"}, &out); strings.Join(codes(out.Problems), " ") != "VAR-TYPE" {
		t.Errorf("%v", out.Problems)
	}
}

func TestAllProblemsOfARowComeAtOnce(t *testing.T) {
	p := compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},
		"variables":{"a":{"minLength":3,"pattern":"^x"},"b":{},"c":{"enum":["Basic","Pro"]}}}`)
	var out templates.Rendered
	p.Row([]string{"ab", "", "basic"}, &out)
	if diff := cmp.Diff([]string{"VAR-TOO-SHORT", "VAR-PATTERN", "COL-V5", "VAR-ENUM"}, codes(out.Problems)); diff != "" {
		t.Error(diff)
	}
	if last := out.Problems[3]; last.Hint != `write "Basic"` {
		t.Errorf("%+v", last)
	}
	p.Row([]string{"xyz", "b", "Pro"}, &out)
	if len(out.Problems) > 0 {
		t.Errorf("problems of the row before: %v", out.Problems)
	}
}

func TestFewerValuesThanVariablesCountAsEmpty(t *testing.T) {
	p := compile(t, `{"operation":"some/thing","request":{"a":"{a}{b}"}}`)
	var out templates.Rendered
	if p.Row([]string{"x"}, &out); strings.Join(codes(out.Problems), " ") != "VAR-EMPTY" || out.Problems[0].Variable != "b" {
		t.Errorf("%v", out.Problems)
	}
}
