package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFiguresOfASmallModule counts what can be counted by hand.
func TestFiguresOfASmallModule(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"a.go":        "// Package a is small.\npackage a\n\nimport _ \"" + module + "/b\"\n\n// T has two fields.\ntype T struct {\n\tX, y int // both\n}\n\n// F is\n// long.\nfunc F() int {\n\t// why\n\treturn 1\n}\n",
		"b/b.go":      "package b\n\nvar V, w = 1, 2\n",
		"b/b_test.go": "package b\n\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := measure(root)
	if err != nil {
		t.Fatal(err)
	}
	want := figures{files: 1, lines: 16, code: 8, comments: 5, functions: 1, longest: 4, exported: 2}
	if got := p.packages["."]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := p.packages["b"]; got != (figures{files: 1, lines: 3, testLines: 2, code: 2, exported: 1}) {
		t.Errorf("b: %+v", got)
	}
	var text strings.Builder
	p.print(&text)
	for _, part := range []string{"  2  ..T", "longest chain of imports: 2\n  .\n  b\n"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no %q in\n%s", part, text.String())
		}
	}
}
