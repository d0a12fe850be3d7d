package wording_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// banned are turns that read like proverbs or riddles, each with what to say instead.
// They are held against every text of the program: messages say what happened and what
// to do, in short sentences with a subject.
func banned() map[string]string {
	return map[string]string{
		`(?i)\bnobody\b`:                         "say who does not, or that it is not known",
		`(?i)\bno one\b`:                         "say who does not",
		`(?i)\bwhoever\b`:                        "say who",
		`(?i)\bwhat may\b`:                       "say which rows, files or jobs",
		`(?i)\bwhatever\b`:                       "say which",
		`(?i)\bwhichever\b`:                      "say which",
		`(?i)\bmakes? do\b`:                      "say what is used instead",
		`(?i)\bis well\b`:                        "say that it is complete, or not damaged",
		`(?i)\bfor good\b`:                       "say for how long, or that it is the id",
		`\balike\b`:                              "say for the same reason",
		`(?i)\bwhat is (really )?(there|done)\b`: "say which rows or files",
		`(?i)\bwhat was (done|made)\b`:           "say which rows or videos",
		`(?i)\bat the bank\b`:                    "say at the simulator",
		`(?i)\bnone of (ours|yours|its own)\b`:   "say whose it is",
		`(?i)\bput right\b`:                      "say correct",
		`(?i)\bcomes? to grief\b`:                "say fails",
		`(?i)\bwho (was|were) not there\b`:       "say to share",
		`(?i)\bknows? nothing\b`:                 "say what is not known",
		`(?i)\bthe same way\b`:                   "say how",
		`(?i)\bguess(es)? with your money\b`:     "say what is not done",
		`(?i)\ball the same\b`:                   "say nevertheless, or leave it out",
		`(?i)\bno more than\b`:                   "say only",
		`(?i)\bhas (it|them) that\b`:             "say what says so",
	}
}

// TestMessagesAreInPlainEnglish holds every text that the program may print, of every
// package, to the list of banned turns.
func TestMessagesAreInPlainEnglish(t *testing.T) {
	rules := map[*regexp.Regexp]string{}
	for turn, instead := range banned() {
		rules[regexp.MustCompile(turn)] = instead
	}
	texts := 0
	for path := range goFiles(t) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts++
			for turn, instead := range rules {
				if found := turn.FindString(text); found != "" {
					t.Errorf("%s: %q in %q: %s", files.Position(literal.Pos()), found, text, instead)
				}
			}
			return true
		})
	}
	if texts < 4000 {
		t.Errorf("only %d texts were read", texts)
	}
}

// goFiles yields the program's files: not its tests, suites, examples and benches.
func goFiles(t *testing.T) func(func(string) bool) {
	const root = "../.."
	return func(yield func(string) bool) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch name := d.Name(); {
			case err != nil:
				return err
			case d.IsDir() && (name == ".git" || name == "bench" || name == "testdata" || name == "examples" || name == "providertest"):
				return fs.SkipDir
			case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			if !yield(path) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPagesAreInPlainEnglish holds the README and the pages for people to the same
// list; the pages about the design are for others.
func TestPagesAreInPlainEnglish(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 15 {
		t.Fatal(len(pages), err)
	}
	for _, page := range append(pages, "../../README.md") {
		if filepath.Base(page) == "design.md" {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(`\]\([^)]*\)`).ReplaceAll(text, []byte("]")) // a link is no text
		for turn, instead := range banned() {
			for _, at := range regexp.MustCompile(turn).FindAllIndex(text, -1) {
				line := 1 + strings.Count(string(text[:at[0]]), "\n")
				t.Errorf("%s:%d: %q: %s", page, line, text[at[0]:at[1]], instead)
			}
		}
	}
}
