package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/schema"
)

func TestBrokenJSONSaysLineColumnAndCure(t *testing.T) {
	for _, tc := range []struct{ name, doc, place, message, hint string }{
		{"smart quotes", "{\n  “a”: 1}", "2:3", "typographic quote “", "replace"},
		{"smart closing quote", "{\"a”: 1}", "1:9", "ends too early", "closing quote"},
		{"trailing comma in an object", "{\n \"a\": 1,\n}", "2:8", "comma before", "remove this comma"},
		{"trailing comma in a list", `{"a":[1, 2 , ]}`, "1:12", "comma before", "remove this comma"},
		{"a comment", "{\"a\": 1 // ms\n}", "1:9", "comment", "remove the comment"},
		{"JavaScript names", `{settings: 1}`, "1:2", "name in double quotes", "JavaScript"},
		{"single quotes", `{'a': 1}`, "1:2", "JSON does not know", "straight double quotes"},
		{"no-break space", "{\u00a0\"a\":1}", "1:2", "invisible character U+00A0", "delete it"},
		{"line break in a text", "{\"a\":\"x\ny\"}", "1:8", "inside a text", `\n`},
		{"missing comma", `{"a":1 "b":2}`, "1:8", "comma or the end", "missing"},
		{"two documents", `{} {}`, "1:4", "after the end", "one document"},
		{"a bad escape", `{"a":"C:\temp\x"}`, "1:15", "backslash", `\\`},
		{"cut off", `{"a": [1`, "1:9", "ends too early", "cut off"},
		{"empty", "  \n", "1:1", "empty", "export"},
		{"duplicate keys", "{\"a\":{\n\"x\":1,\n\"x\":2}}", "3:1", `"x" is used twice in one object, first on line 2`, "rename"},
		{"duplicate keys by escape", `{"a":1,"\u0061":2}`, "1:8", "used twice", "rename"},
		{"not UTF-8", "{\"a\":\"\xff\"}", "1:7", "byte 0xff is not UTF-8", "UTF-8"},
		{"UTF-16", "\xff\xfe{\x00", "1:1", "UTF-16", "UTF-8"},
		{"a huge number", `{"a":1e9999}`, "1:6", "too large", "text"},
		{"after a byte order mark", "\xef\xbb\xbf{\"a\":1,}", "1:7", "comma before", "remove"},
		{"deep nesting", strings.Repeat("[", 300) + strings.Repeat("]", 300), "1:202", "nested", "flatten"},
		{"nesting beyond reason", strings.Repeat("[", 20000), "", "nested", "flatten"},
	} {
		bad := schema.Scan("t.json", []byte(tc.doc))
		if bad == nil {
			t.Errorf("%s: no complaint", tc.name)
			continue
		}
		if place := fmt.Sprintf("%d:%d", bad.Line, bad.Column); tc.place != "" && place != tc.place {
			t.Errorf("%s: at %s, want %s (%v)", tc.name, place, tc.place, bad)
		}
		if !strings.Contains(bad.Message, tc.message) || !strings.Contains(bad.Hint, tc.hint) {
			t.Errorf("%s: %q, %q", tc.name, bad.Message, bad.Hint)
		}
	}
}

func TestTooLargeDocumentsAreRefused(t *testing.T) {
	if bad := schema.Scan("t", make([]byte, schema.MaxBytes+1)); bad == nil || !strings.Contains(bad.Message, "4 MB") {
		t.Error(bad)
	}
	many := "[" + strings.Repeat("1,", schema.MaxNodes) + "1]"
	if bad := schema.Scan("t", []byte(many)); bad == nil || !strings.Contains(bad.Message, "100000 values") {
		t.Error(bad)
	}
}

func TestSmartQuotesInsideTextsAreFine(t *testing.T) {
	if bad := schema.Scan("t", []byte(`{"text":"She said “hello”, isn’t it"}`)); bad != nil {
		t.Error(bad)
	}
}

func TestTreeKeepsEveryPlace(t *testing.T) {
	data := []byte("\xef\xbb\xbf {\"a\" : [1.0 , true,null], \"b\":{\"c\":\"x\\u007b\"}}")
	root, bad := schema.Read("t", data)
	if bad != nil {
		t.Fatal(bad)
	}
	for pointer, want := range map[string]string{"/a": "[1.0 , true,null]", "/a/0": "1.0", "/a/1": "true", "/a/2": "null", "/b/c": `"x\u007b"`, "/b/missing": `{"c":"x\u007b"}`} {
		n := root.Find(pointer)
		if got := string(data[n.Start:n.End]); got != want {
			t.Errorf("%s: %s, want %s", pointer, got, want)
		}
	}
	if root.Member("zzz") != nil || root.Member("a").Key != "a" {
		t.Error("members by name")
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":null}],"a":2}`, "“", "[1,]", "\xef\xbb\xbf{}", `{"a":1e99}`, `"\ud800"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, bad := schema.Read("f", data)
		if (root == nil) == (bad == nil) {
			t.Fatalf("root %v, bad %v", root, bad)
		}
		if bad != nil && (bad.Line < 1 || bad.Column < 1 || bad.Message == "") {
			t.Fatalf("%+v", bad)
		}
		if root != nil {
			walk(t, root, data)
		}
	})
}

func walk(t *testing.T, n *schema.Node, data []byte) {
	if n.Start < 0 || n.End > len(data) || n.Start >= n.End {
		t.Fatalf("a node at %d..%d of %d bytes", n.Start, n.End, len(data))
	}
	first := data[n.Start]
	if k := byte(n.Kind); (k == '{' || k == '[' || k == '"') && first != k {
		t.Fatalf("kind %c begins with %c", n.Kind, first)
	}
	for _, c := range n.Children {
		walk(t, c, data)
	}
}
