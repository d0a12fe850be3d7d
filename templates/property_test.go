package templates_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// TestRenderingEqualsDecodeReplaceEncode compares the cut-and-join body with the obvious
// way of doing it, for requests and values nobody thought of.
func TestRenderingEqualsDecodeReplaceEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := map[string]any{"texts": drawValue(t, 3)}
		doc, err := json.MarshalIndent(map[string]any{
			"operation": "some/thing", "request": request,
			"variables": map[string]any{"a": map[string]any{}, "b": map[string]any{}, "n": map[string]any{"type": "number"}},
		}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{"a": drawText(t, "a"), "b": drawText(t, "b"), "n": rapid.SampledFrom([]string{"0", "-12.50", "1e3"}).Draw(t, "n")}
		p, problems := tryCompile(string(doc))
		if p == nil {
			t.Fatalf("%s: %v", doc, problems)
		}
		row := make([]string, len(p.Template().Variables))
		for i, v := range p.Template().Variables {
			row[i] = values[v.Name]
		}
		var out templates.Rendered
		p.Row(row, &out)
		var got, want any
		if err := json.Unmarshal(out.Body, &got); err != nil {
			t.Fatalf("%s: %v", out.Body, err)
		}
		remarshal(t, replace(request, values), &want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func remarshal(t *rapid.T, from any, to *any) {
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// replace is the slow way: walk the decoded request and replace in its strings.
func replace(node any, values map[string]string) any {
	switch v := node.(type) {
	case map[string]any:
		out := make(map[string]any)
		for k, child := range v {
			out[k] = replace(child, values)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = replace(child, values)
		}
		return out
	case string:
		if v == "{n}" {
			return json.Number(values["n"])
		}
		return strings.NewReplacer("{a}", values["a"], "{b}", values["b"], "{n}", values["n"]).Replace(v)
	}
	return node
}

func drawValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind = min(kind, 3)
	}
	switch kind {
	case 0:
		return rapid.SampledFrom([]any{1.0, -2.5e10, true, false, nil}).Draw(t, "scalar")
	case 1, 2, 3:
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"{a}", "{b}", "{n}", "x", " ", "\"", "\\", "\n", "é", "李", "😀", "\u2028", "</a>"}), 0, 5).Draw(t, "parts")
		return strings.Join(parts, "")
	case 4:
		out := make([]any, rapid.IntRange(0, 3).Draw(t, "len"))
		for i := range out {
			out[i] = drawValue(t, depth-1)
		}
		return out
	}
	out := make(map[string]any)
	for range rapid.IntRange(0, 3).Draw(t, "size") {
		out[rapid.SampledFrom([]string{"k", "{a}", "quo\"te", "é", "back\\slash"}).Draw(t, "key")] = drawValue(t, depth-1)
	}
	return out
}

func drawText(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"Ada", " ", "\"", "\\", "\\u0041", "\n", "\x00", "\x1f", "\x7f", "é", "李", "😀", "\u2028", "</script>", "&", "%s", "$1"}), 1, 6).Draw(t, label)
	return "v" + strings.Join(parts, "")
}

// TestFastChecksEqualTheFullCheck gives declarations and values to both: the prepared
// keywords, and gojsonschema with the whole declaration. Verdict and codes must agree.
func TestFastChecksEqualTheFullCheck(t *testing.T) {
	keywords := []string{`"minLength":2`, `"minLength":0`, `"maxLength":3`, `"maxLength":0`, `"pattern":"^[a-z]+$"`, `"pattern":"é"`, `"pattern":"^[0-9]{2}-[A-Z]$"`,
		`"enum":["ab","12","é","x y"]`, `"const":"ab"`, `"format":"date"`, `"format":"email"`, `"minimum":2`, `"maximum":2.5`, `"minimum":0.1`, `"maximum":12`,
		`"not":{"const":"12"}`, `"multipleOf":0.5`, `"exclusiveMinimum":2`, `"minItems":2`, `"maxProperties":1`, `"items":{"type":"string","maxLength":2}`, `"enum":[2,true]`}
	types := []string{"string", "string", "string", "number", "integer", "boolean", "array", "object"}
	values := []string{"a", "ab", "abc", "abcd", "é", "éé", "ééé", "éééé", "12", "12.0", "2", "2.0000000000001", "2.5", "0.1", "0.10000000000000001", "-1", "1e2", "007", "99-Z",
		"2026-05-31", "2026-02-30", "ada@example.org", "true", "TRUE", "no", "a;b", "a; bcd", `["a","bcd"]`, `[1,2]`, "[", `{"a":1}`, `{"a":1,"b":2}`, " 12 ", "x y", "日本語"}
	random := rand.New(rand.NewPCG(1, 2))
	compared, refused := 0, 0
	for range 1000 {
		kind := types[random.IntN(len(types))]
		declaration := fmt.Sprintf(`{"type":%q`, kind)
		seen := map[string]bool{}
		for range random.IntN(4) {
			k := keywords[random.IntN(len(keywords))]
			if name, _, _ := strings.Cut(k, ":"); !seen[name] {
				seen[name], declaration = true, declaration+","+k
			}
		}
		declaration += "}"
		full, err := schema.Compile("d", []byte(declaration))
		if err != nil {
			continue // contradicts itself, and Parse says so
		}
		p := compile(t, `{"operation":"some/thing","request":{"v":"{v}"},"variables":{"v":`+declaration+`}}`)
		var out templates.Rendered
		for range 30 {
			value := values[random.IntN(len(values))]
			p.Row([]string{value}, &out)
			fast := errorCodes(out.Problems)
			if slices.Contains(fast, "VAR-TYPE") && kind != "string" {
				continue // no JSON of that type to check
			}
			var body struct{ V json.RawMessage }
			if err := json.Unmarshal(out.Body, &body); err != nil {
				t.Fatalf("%s: %v", out.Body, err)
			}
			want := fullCodes(full.Check(body.V))
			compared++
			if len(want) > 0 {
				refused++
			}
			if diff := cmp.Diff(want, fast); diff != "" {
				t.Fatalf("%s with %q:\n%s%v", declaration, value, diff, full.Check(body.V))
			}
		}
	}
	if compared < 10000 || refused < compared/10 || refused > compared*9/10 {
		t.Errorf("%d compared, %d refused: the draw is lopsided", compared, refused)
	}
}

func errorCodes(problems problem.List) []string {
	out := []string{}
	for _, p := range problems {
		if p.Severity == problem.Error && p.Code != "VAR-BRACES" {
			out = append(out, p.Code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fullCodes says again which code belongs to which keyword, on purpose: the documents
// promise them.
func fullCodes(found []schema.Violation) []string {
	table := map[string]string{"pattern": "VAR-PATTERN", "enum": "VAR-ENUM", "const": "VAR-ENUM", "maxLength": "VAR-TOO-LONG", "minLength": "VAR-TOO-SHORT",
		"type": "VAR-TYPE", "format": "VAR-FORMAT", "minimum": "VAR-RANGE", "maximum": "VAR-RANGE", "exclusiveMinimum": "VAR-RANGE", "multipleOf": "VAR-RANGE"}
	out := []string{}
	for _, v := range found {
		code, known := table[v.Keyword]
		if !known {
			code = "VAR-SCHEMA"
		}
		out = append(out, code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestUnknownPartsPassByteForByte: numbers keep their spelling, strings their escapes,
// members their order, also where a placeholder stands nearby.
func TestUnknownPartsPassByteForByte(t *testing.T) {
	request := `{"z":1.0,"a":1E+2,"big":12345678901234567890123,"é\u00e9\/":"\/\u0041\ud83d\ude00","glow":{"b":[],"a":{}},"x":"\u00e9{v}\u0009\/"}`
	p := compile(t, `{"operation":"some/thing","request":`+strings.ReplaceAll(request, ",", " ,\n\t")+`}`)
	var out templates.Rendered
	p.Row([]string{"Ö"}, &out)
	if want := strings.Replace(request, "{v}", "Ö", 1); string(out.Body) != want {
		t.Errorf("%s\nwant %s", out.Body, want)
	}
	if !json.Valid(out.Body) || bytes.Contains(out.Body, []byte("\n")) {
		t.Errorf("%s", out.Body)
	}
}
