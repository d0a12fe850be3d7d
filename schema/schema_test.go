package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	services "github.com/reelmerge/reelmerge/providers/all"

	"github.com/reelmerge/reelmerge/schema"
)

// sources are the schemas that people can print, by their names: those of the files of
// this package, and those of the requests of services.
func sources() map[string][]byte {
	all := map[string][]byte{}
	for _, s := range reelmerge.Schemas(services.Services()) {
		all[s.Name] = s.Source
	}
	return all
}

func load(t *testing.T, name string) *schema.Schema {
	t.Helper()
	s, err := schema.Compile(name, sources()[name])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEverySchemaSaysWhatItIsAndItsExamplesValidate(t *testing.T) {
	all := sources()
	if len(all) < 23 {
		t.Fatalf("only %v", slices.Sorted(maps.Keys(all)))
	}
	for name, source := range all {
		var head struct {
			Schema      string `json:"$schema"`
			ID          string `json:"$id"`
			Title       string
			Description string
			Examples    []json.RawMessage
		}
		if err := json.Unmarshal(source, &head); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if head.Schema != "http://json-schema.org/draft-07/schema#" || !strings.HasSuffix(head.ID, "/"+name+".schema.json") ||
			head.Title == "" || head.Description == "" || len(head.Examples) == 0 {
			t.Errorf("%s lacks $schema, $id, title, description or examples: %+v", name, head)
		}
		s := load(t, name)
		for i, example := range head.Examples {
			if found := s.Check(example); len(found) > 0 {
				t.Errorf("%s: example %d: %v", name, i, found)
			}
		}
	}
}

// TestEachRuleRefusesSomething changes a valid example in one place at a time.
func TestEachRuleRefusesSomething(t *testing.T) {
	for _, tc := range []struct{ name, pointer, value, keyword string }{
		{"campaign", "/rows", "", "required"},
		{"campaign", "/template", "", "required"},
		{"campaign", "/templete", `"x"`, "additionalProperties"},
		{"campaign", "/name", `7`, "type"},
		{"campaign", "/name", `"a\nb"`, "pattern"},
		{"campaign", "/name", `"` + strings.Repeat("x", 201) + `"`, "maxLength"},
		{"campaign", "/locale", `"english please"`, "pattern"},
		{"campaign", "/template", `""`, "minLength"},
		{"campaign", "/rows/file", "", "required"},
		{"campaign", "/rows/file", `""`, "minLength"},
		{"campaign", "/rows/colour", `1`, "additionalProperties"},
		{"campaign", "/rows/header_row", `0`, "minimum"},
		{"campaign", "/rows/header_row", `1.5`, "type"},
		{"campaign", "/rows/header_row", `2000000`, "maximum"},
		{"campaign", "/rows/delimiter", `";;"`, "pattern"},
		{"campaign", "/rows/hidden", `"drop"`, "enum"},
		{"campaign", "/rows/duplicates", `"no"`, "enum"},
		{"campaign", "/variables/name", `7`, "type"},
		{"campaign", "/variables/name", `""`, "minLength"},
		{"campaign", "/variables/name", `{}`, "minProperties"},
		{"campaign", "/variables/amount/colum", `"A"`, "additionalProperties"},
		{"campaign", "/variables/amount/expr", `"1"`, "not"},
		{"campaign", "/variables/amount/column", `" "`, "pattern"},
		{"campaign", "/variables/city/transform", `["shout"]`, "anyOf"},
		{"campaign", "/variables/sender/value", `[]`, "type"},
		{"campaign", "/provider/token_file", `"key.txt"`, "not"},
		{"campaign", "/provider/base_url", `"http://example.com"`, "pattern"},
		{"campaign", "/provider/headers/a b", `"x"`, "propertyNames"},
		{"campaign", "/provider/headers/X", `1`, "type"},
		{"campaign", "/provider/sandbox", `"yes"`, "type"},
		{"campaign", "/provider/sandbox/render", `"soon"`, "pattern"},
		{"campaign", "/provider/sandbox/seed", `"x"`, "type"},
		{"campaign", "/provider/sandbox/deliver", `"host"`, "pattern"},
		{"campaign", "/provider/sandbox/fault", `"x"`, "additionalProperties"},
		{"campaign", "/limits/submits", `["often"]`, "anyOf"},
		{"campaign", "/limits/requests", `"0/m"`, "pattern"},
		{"campaign", "/limits/active", `0`, "minimum"},
		{"campaign", "/limits/poll/first", `"15"`, "pattern"},
		{"campaign", "/limits/poll/last", `"15s"`, "additionalProperties"},
		{"campaign", "/limits/stop_at", `"25:00"`, "pattern"},
		{"campaign", "/budget/limit", "", "required"},
		{"campaign", "/budget/limit", `-1`, "minimum"},
		{"campaign", "/budget/limit", `"1.1234567"`, "pattern"},
		{"campaign", "/prices/currency", `"euro"`, "pattern"},
		{"campaign", "/prices/currency", "", "dependencies"},
		{"campaign", "/prices/per_unit", "", "dependencies"},
		{"campaign", "/prices/as_of", `"2026-02-30"`, "format"},
		{"campaign", "/output/filename", `"video.mp4"`, "pattern"},
		{"campaign", "/output/public", `"http://cdn.example.com/"`, "pattern"},
		{"campaign", "/output/public", `"https://cdn.example.com/?a=1"`, "pattern"},
		{"campaign", "/output/download", `"yes"`, "type"},
		{"campaign", "/webhook/url", `"http://hooks.example.com"`, "format"},
		{"campaign", "/webhook/url", "", "required"},
		{"campaign", "/webhook/listen", `"8080"`, "pattern"},

		{"template", "/operation", "", "required"},
		{"template", "/operation", `"colossyan"`, "pattern"},
		{"template", "/opration", `"x"`, "additionalProperties"},
		{"template", "/request", `[]`, "type"},
		{"template", "/language", `"English"`, "pattern"},
		{"template", "/variables/first name", `{}`, "propertyNames"},
		{"template", "/variables/name", `true`, "type"},
		{"template", "/variables/name/type", `"text"`, "enum"},
		{"template", "/variables/name/maxLength", `-1`, "minimum"},
		{"template", "/variables/name/pattern", `"("`, "format"},
		{"template", "/variables/name/enum", `[]`, "minItems"},
		{"template", "/variables/name/spoken", `"yes"`, "type"},
		{"template", "/duration/base_seconds", "", "required"},
		{"template", "/duration/base_seconds", `-1`, "minimum"},
		{"template", "/duration/seconds", `1`, "additionalProperties"},

		{"colossyan-template-job", "/templateJobId", "", "required"},
		{"colossyan-template-job", "/templateJobId", `""`, "minLength"},
		{"colossyan-template-job", "/dynamicVariables", "", "required"},
		{"colossyan-template-job", "/dynamicVariables/name", `7`, "type"},
		{"colossyan-template-job", "/dynamicVariables/name", `"{x}"`, "pattern"},
		{"colossyan-template-job", "/dynamicVariables/a b", `"x"`, "propertyNames"},
		{"colossyan-template-job", "/callback", `"https://hooks.example.com"`, "false"},
		{"colossyan-template-job", "/videoCreative", `{}`, "false"},
		{"colossyan-template-job", "/callbackUrl", `"http://hooks.example.com"`, "format"},
		{"colossyan-template-job", "/callbackPayload/url", `"x"`, "propertyNames"},

		{"colossyan-video-job", "/videoCreative", "", "required"},
		{"colossyan-video-job", "/callbackUrl", `"https://hooks.example.com"`, "false"},
		{"colossyan-video-job", "/dynamicVariables", `{}`, "false"},
		{"colossyan-video-job", "/callback", `"http://hooks.example.com"`, "format"},
		{"colossyan-video-job", "/callbackPayload/status", `"x"`, "propertyNames"},
		{"colossyan-video-job", "/videoCreative/settings", "", "required"},
		{"colossyan-video-job", "/videoCreative/settings/videoSize", "", "required"},
		{"colossyan-video-job", "/videoCreative/settings/videoSize/width", `0`, "exclusiveMinimum"},
		{"colossyan-video-job", "/videoCreative/settings/videoSize/height", "", "required"},
		{"colossyan-video-job", "/videoCreative/scenes", `[]`, "minItems"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks", "", "required"},
		{"colossyan-video-job", "/videoCreative/scenes/0/duration", `0`, "exclusiveMinimum"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/type", "", "required"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/imageUrl", "", "required"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/type", `"video"`, "required"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/startTimeGap", `-1`, "minimum"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/duration", `5`, "not"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/position/x", `"left"`, "type"},
		{"colossyan-video-job", "/videoCreative/scenes/0/tracks/0/removeBackground", `1`, "type"},
	} {
		doc := change(t, lastExample(t, tc.name), tc.pointer, tc.value)
		found := load(t, tc.name).Check(doc)
		if !hasKeyword(found, tc.keyword) {
			t.Errorf("%s with %s = %s: %v, want %s", tc.name, tc.pointer, tc.value, found, tc.keyword)
		}
		for _, v := range found {
			if strings.Contains(v.Message, "(root)") || strings.Contains(v.Message, "schema") || v.Message == "" {
				t.Errorf("%s with %s = %s: not in a person's words: %q", tc.name, tc.pointer, tc.value, v.Message)
			}
		}
	}
}

func hasKeyword(found []schema.Violation, keyword string) bool {
	for _, v := range found {
		if v.Keyword == keyword {
			return true
		}
	}
	return false
}

// lastExample is a schema's fullest example; the template's is its first, which has variables.
func lastExample(t *testing.T, name string) any {
	t.Helper()
	var head struct{ Examples []any }
	if err := json.Unmarshal(sources()[name], &head); err != nil {
		t.Fatal(err)
	}
	switch name {
	case "template", "colossyan-template-job":
		return head.Examples[0]
	}
	return head.Examples[len(head.Examples)-1]
}

// change sets the member at a pointer, or removes it when the value is "".
func change(t *testing.T, doc any, pointer, value string) []byte {
	t.Helper()
	parts := strings.Split(pointer, "/")[1:]
	node := doc
	for _, part := range parts[:len(parts)-1] {
		var next any
		switch v := node.(type) {
		case map[string]any:
			if next = v[part]; next == nil {
				next = map[string]any{}
				v[part] = next
			}
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil {
				t.Fatal(err)
			}
			next = v[i]
		}
		node = next
	}
	last := parts[len(parts)-1]
	if list, isList := node.([]any); isList {
		var i int
		if _, err := fmt.Sscan(last, &i); err != nil {
			t.Fatal(err)
		}
		list[i] = json.RawMessage(value)
		out, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	member := node.(map[string]any)
	delete(member, last)
	if value != "" {
		member[last] = json.RawMessage(value)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnsafeSchemasAreRefused(t *testing.T) {
	for _, tc := range []struct{ name, doc, want string }{
		{"another draft", `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"string"}`, "draft-07"},
		{"a misspelt keyword", `{"propertees":{}}`, `"propertees"`},
		{"a keyword of a later draft", `{"unevaluatedProperties":false}`, "unevaluatedProperties"},
		{"a misspelt keyword deep inside", `{"properties":{"a":{"items":{"minimun":1}}}}`, "minimun"},
		{"a reference to the network", `{"$ref":"https://example.com/x.json"}`, "leaves this document"},
		{"a reference to a file", `{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, "leaves this document"},
		{"a reference to nothing", `{"$ref":"#/definitions/x"}`, "points at nothing"},
		{"a reference to itself", `{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"allOf":[{"$ref":"#/definitions/a"}]}},"$ref":"#/definitions/a"}`, "back to itself"},
		{"keywords beside a reference", `{"definitions":{"a":{}},"properties":{"x":{"$ref":"#/definitions/a","minLength":3}}}`, "beside $ref"},
		{"an id that moves references", `{"properties":{"a":{"$id":"https://example.com/"}}}`, "$id"},
		{"a format nobody checks", `{"format":"colour"}`, `"colour"`},
		{"look-ahead", `{"pattern":"^(?=a)"}`, "look-ahead"},
		{"an unknown type", `{"type":"text"}`, "type"},
		{"duplicate keys", `{"type":"string","type":"number"}`, "twice"},
		{"not an object", `[]`, "schema"},
	} {
		if _, err := schema.Compile("t", []byte(tc.doc)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

func TestRecursiveSchemasThatGoDeeperAreFine(t *testing.T) {
	s, err := schema.Compile("tree", []byte(`{"properties":{"child":{"$ref":"#"},"name":{"type":"string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if found := s.Check([]byte(`{"child":{"child":{"name":1}}}`)); len(found) != 1 || found[0].Pointer != "/child/child/name" {
		t.Errorf("%v", found)
	}
}

func TestAPropertyMayHaveTheNameOfAKeyword(t *testing.T) {
	s, err := schema.Compile("t", []byte(`{"properties":{"$ref":{"type":"string"},"allOf":{"properties":{"$ref":{}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if found := s.Check([]byte(`{"$ref":1}`)); len(found) != 1 || found[0].Pointer != "/$ref" {
		t.Errorf("%v", found)
	}
}

func TestOurAnnotationsAreNoKeywords(t *testing.T) {
	if _, err := schema.Compile("t", []byte(`{"type":"string","example":"x","spoken":true,"optional":true,"x-note":{}}`)); err != nil {
		t.Error(err)
	}
}

func TestFormatsAreChecked(t *testing.T) {
	for _, tc := range []struct{ format, good, bad string }{
		{"date", "2024-02-29", "2026-02-30"},
		{"iso-date", "2026-05-31", "31.05.2026"},
		{"time", "14:30:00", "25:00:00"},
		{"date-time", "2026-05-31T14:30:00Z", "2026-05-31"},
		{"email", "ada@example.org", "Ada <ada@example.org>"},
		{"uri", "http://example.org/a", "javascript:alert(1)"},
		{"https-url", "https://example.org/a%20b", "https://example.org/a b"},
		{"https-url", "https://example.org/a", "http://example.org/a"},
		{"hostname", "a-b.example.org", "a b"},
		{"ipv4", "192.0.2.1", "192.0.2.256"},
		{"ipv6", "2001:db8::1", "192.0.2.1"},
		{"uuid", "3F6C2B1E-8a50-4d1f-9f0e-6f1f8f6f0a11", "3f6c"},
		{"regex", "^a+$", "("},
		{"e164", "+4930123456", "030 123456"},
		{"hex-color", "#1a2B3c", "red"},
	} {
		s, err := schema.Compile("t", []byte(`{"type":"string","format":"`+tc.format+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		good, _ := json.Marshal(tc.good)
		bad, _ := json.Marshal(tc.bad)
		if found := s.Check(good); len(found) > 0 {
			t.Errorf("%s: %q: %v", tc.format, tc.good, found)
		}
		if found := s.Check(bad); !hasKeyword(found, "format") || !strings.Contains(found[0].Message, "is not ") {
			t.Errorf("%s: %q: %v", tc.format, tc.bad, found)
		}
	}
}

func TestCheckNamesThePlaceEvenWithDotsInNames(t *testing.T) {
	s, err := schema.Compile("t", []byte(`{"additionalProperties":{"items":{"maxLength":3}}}`))
	if err != nil {
		t.Fatal(err)
	}
	found := s.Check([]byte(`{"a.b/c":["ok","too long"]}`))
	if len(found) != 1 || found[0].Pointer != "/a.b~1c/1" || found[0].Value != "too long" || found[0].Keyword != "maxLength" {
		t.Errorf("%+v", found)
	}
}

func TestNumbersNobodyCanComputeWithAreRefused(t *testing.T) {
	s, err := schema.Compile("t", []byte(`{"type":"number","maximum":10}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{"1e999999999", "1" + strings.Repeat("0", 200), "12345678901234567890123"} {
		if found := s.Check([]byte(doc)); len(found) == 0 {
			t.Errorf("%s passes", doc)
		}
	}
}
