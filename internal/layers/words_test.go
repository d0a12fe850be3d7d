package layers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// word is one line of the table of words in docs/design.md.
type word struct {
	name string
	not  string // the word that is not used for the same thing
}

// use is a word in the source, and where it stands.
type use struct{ word, at string }

// vocabulary is what the source says: the words of all names, and those of exported
// names and of messages.
type vocabulary struct {
	names  map[string]bool
	spoken []use
}

// TestWordsAreThoseOfTheTable holds the names and messages to one word for each thing.
func TestWordsAreThoseOfTheTable(t *testing.T) {
	list := words(t, "../../docs/design.md")
	if len(list) < 20 {
		t.Fatalf("the table has %d words", len(list))
	}
	for _, fault := range strayWords(list, vocabularyOf(t, "../..")) {
		t.Error(fault)
	}
}

// TestPlantedWordsAreFound shows that both rules can fail.
func TestPlantedWordsAreFound(t *testing.T) {
	const source = `package p
type Summary struct { ledgerBooks int; Books int }
func (s Summary) OpenBook() error { return errors.New("the books are full") }
var short = "books"
`
	v := vocabulary{names: map[string]bool{}}
	v.read(t, "p.go", source)
	faults := strayWords([]word{{"ledger", "books"}, {"balance", "wallet"}}, v)
	want := []string{
		`p.go:2:40: "books" is called "ledger"`, `p.go:3:55: "books" is called "ledger"`, `no name has the word "balance"`,
	}
	if !slices.Equal(faults, want) {
		t.Errorf("found %q, want %q", faults, want)
	}
}

// strayWords lists words of the table that no name has, and uses of words that it
// replaces.
func strayWords(list []word, v vocabulary) (faults []string) {
	for _, w := range list {
		if !v.names[w.name] {
			faults = append(faults, "no name has the word "+strconv.Quote(w.name))
		}
		for _, u := range v.spoken {
			if u.word == w.not {
				faults = append(faults, u.at+": "+strconv.Quote(u.word)+" is called "+strconv.Quote(w.name))
			}
		}
	}
	slices.Sort(faults)
	slices.SortStableFunc(faults, func(a, b string) int { return strings.Count(b, ":") - strings.Count(a, ":") })
	return faults
}

// words reads the table of words from a page.
func words(t *testing.T, path string) (list []word) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Words\n")
	if !found {
		t.Fatalf("%s has no section Words", path)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) == 5 && !strings.HasPrefix(line, "|--") {
			list = append(list, word{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3])})
		}
	}
	return list[min(1, len(list)):] // without the heading
}

// vocabularyOf reads every file of the project, its tests aside.
func vocabularyOf(t *testing.T, root string) vocabulary {
	t.Helper()
	v := vocabulary{names: map[string]bool{}}
	eachFile(t, root, func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		v.read(t, filepath.ToSlash(name), string(data))
		return nil
	})
	return v
}

// read adds the words of one file. A text without a blank is no message but a name of
// something in a file or a protocol, which stays as it is.
func (v *vocabulary) read(t *testing.T, name, source string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := declarations(file)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			v.identifier(n, declared[n], set.Position(n.Pos()).String())
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if err == nil && n.Kind == token.STRING && strings.Contains(text, " ") {
				v.say(plainWords(text), set.Position(n.Pos()).String())
			}
		}
		return true
	})
}

func (v *vocabulary) identifier(id *ast.Ident, declared bool, at string) {
	parts := nameWords(id.Name)
	for _, part := range parts {
		v.names[part] = true
	}
	if declared && id.IsExported() {
		v.say(parts, at)
	}
}

func (v *vocabulary) say(words []string, at string) {
	for _, w := range words {
		v.spoken = append(v.spoken, use{w, at})
	}
}

// declarations are the names that a file declares for others: of types, functions,
// methods and values, and the fields of its types.
func declarations(file *ast.File) map[*ast.Ident]bool {
	declared := map[*ast.Ident]bool{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			declared[d.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				declare(declared, spec)
			}
		}
	}
	return declared
}

func declare(declared map[*ast.Ident]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range s.Names {
			declared[id] = true
		}
	case *ast.TypeSpec:
		declared[s.Name] = true
		ast.Inspect(s.Type, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				for _, id := range f.Names {
					declared[id] = true
				}
			}
			return true
		})
	}
}

// nameWords splits a name at its capital letters.
func nameWords(name string) (parts []string) {
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		if i == len(runes) || unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]) {
			parts = append(parts, strings.ToLower(string(runes[start:i])))
			start = i
		}
	}
	return parts
}

// plainWords splits a text into its words.
func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}
