package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/docs"
)

// repository is the root as seen from this package.
const repository = "../.."

var problemCode = regexp.MustCompile(`^(COL|FIT|VID|KEN|SAM|SVC|ROW|VAR|TPL|CMP)-[A-Z0-9$-]+$`)

// TestEveryProblemCodeIsExplained holds the codes that the program can report
// and docs/problems.md to each other.
func TestEveryProblemCodeIsExplained(t *testing.T) {
	reported := codesOfSource(t)
	if len(reported) < 100 {
		t.Fatalf("only %d codes found in the source", len(reported))
	}
	explained := map[string]bool{}
	if list := docs.Problems(); !slices.IsSortedFunc(list, byCode) {
		t.Error("docs/problems.md is not in the order of the codes")
	}
	for _, p := range docs.Problems() {
		if explained[p.Code] {
			t.Errorf("%s is explained twice", p.Code)
		}
		explained[p.Code] = true
		if p.Summary == "" || p.Cause == "" || p.Cure == "" {
			t.Errorf("%s lacks a sentence, a cause or a cure: %+v", p.Code, p)
		}
		if reported[p.Code] == "" {
			t.Errorf("%s is explained, and nothing reports it", p.Code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(reported)) {
		if !explained[code] {
			t.Errorf("%s is reported in %s and not explained", code, reported[code])
		}
	}
}

// byCode orders codes as people do: COL-T2 stands before COL-T10.
func byCode(a, b docs.Problem) int {
	digits := regexp.MustCompile(`\d+`)
	padded := func(code string) string {
		return digits.ReplaceAllStringFunc(code, func(n string) string { return strings.Repeat("0", 4-min(4, len(n))) + n })
	}
	return strings.Compare(padded(a.Code), padded(b.Code))
}

// codesOfSource finds the codes in string literals and in the schemas' rules,
// and where each stands.
func codesOfSource(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	walk(t, ".go", func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, text := range literals(t, path) {
			if problemCode.MatchString(text) {
				codes[text] = path
			}
		}
	})
	rule := regexp.MustCompile(`"x-rule(?:-[a-z]+)?":\s*"([^"]+)"`)
	walk(t, ".schema.json", func(path string) {
		for _, m := range rule.FindAllStringSubmatch(read(t, path), -1) {
			codes[m[1]] = path
		}
	})
	return codes
}

func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

// walk visits the files of the repository whose name ends so.
func walk(t *testing.T, suffix string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "out"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, suffix):
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestDocsNameOnlyCommandsThatExist looks up each command and flag that a page,
// a help text or a hint of the source tells people to type.
func TestDocsNameOnlyCommandsThatExist(t *testing.T) {
	typed := regexp.MustCompile("(?m)(?:`|^\\$ |^|&& )reelmerge ([a-z]+[^`\n]*)")
	found := 0
	check := func(place, text string) {
		for _, m := range typed.FindAllStringSubmatch(text, -1) {
			if fault := unknownIn(m[1]); fault != "" {
				t.Errorf("%s: reelmerge %s: %s", place, m[1], fault)
			}
			found++
		}
	}
	for _, page := range append([]string{repository + "/README.md"}, pages(t)...) {
		check(page, read(t, page))
	}
	if found < 60 {
		t.Errorf("only %d commands found", found)
	}
}

func pages(t *testing.T) (list []string) {
	t.Helper()
	walk(t, ".md", func(path string) {
		if folder := filepath.Dir(path); folder == filepath.Join(repository, "docs") || folder == filepath.Join(repository, "docs", "services") {
			list = append(list, path)
		}
	})
	return list
}

// unknownIn says which word of a command line the program does not know.
func unknownIn(line string) string {
	line, _, _ = strings.Cut(line, "  #")
	words := strings.Fields(line)
	root := commandTree()
	c, _, err := root.Find(words)
	if err != nil || c == root {
		return "there is no such command"
	}
	for _, word := range words {
		name, isFlag := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(strings.TrimRight(name, ".,;:)"), "=")
		if isFlag && name != "" && name != "help" && c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
			return "it has no flag --" + name
		}
	}
	return ""
}

// commandTree is the program's commands, with nothing to read or to write.
func commandTree() *cobra.Command {
	root, _ := newRoot(streams{})
	return root
}
