package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/reelmerge/reelmerge"

// figures are those of one package. Of its tests only the lines count.
type figures struct {
	files, lines, testLines int
	code, comments          int // lines that are not blank
	functions, longest      int // lines of the longest
	exported                int // names of functions, methods, types, constants and variables
}

// add adds the figures of another package; the longest function is the longest of both.
func (f *figures) add(g figures) {
	f.files += g.files
	f.lines += g.lines
	f.testLines += g.testLines
	f.code += g.code
	f.comments += g.comments
	f.functions += g.functions
	f.longest = max(f.longest, g.longest)
	f.exported += g.exported
}

// wide is a type with its number of fields or methods.
type wide struct {
	name  string
	width int
}

// project is every package of a module.
type project struct {
	packages map[string]figures
	imports  map[string][]string // of packages of the module
	types    []wide
}

func (p project) names() []string { return slices.Sorted(maps.Keys(p.packages)) }

// measure reads the Go files of a module.
func measure(root string) (project, error) {
	p := project{packages: map[string]figures{}, imports: map[string][]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			return p.file(root, path)
		}
		return nil
	})
	return p, err
}

// file adds one file. Of a test only the lines count: its functions are not held to the
// limits of the rest.
func (p *project) file(root, path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	folder, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return err
	}
	f := p.packages[folder]
	lines := bytes.Count(source, []byte("\n"))
	if strings.HasSuffix(path, "_test.go") {
		f.testLines += lines
		p.packages[folder] = f
		return nil
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f.files++
	f.lines += lines
	comments, blank := commented(files, parsed), blankLines(source)
	f.comments += comments
	f.code += lines - blank - comments
	p.declarations(files, parsed, &f, filepath.ToSlash(folder))
	p.packages[folder] = f
	p.uses(filepath.ToSlash(folder), parsed)
	return nil
}

// commented counts lines that are comments; one behind code counts as code.
func commented(files *token.FileSet, parsed *ast.File) (n int) {
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			if files.Position(c.Pos()).Column == 1 || isIndented(files, parsed, c) {
				n += strings.Count(c.Text, "\n") + 1
			}
		}
	}
	return n
}

// isIndented reports whether no code stands before a comment in its line: no
// declaration or statement begins in the line.
func isIndented(files *token.FileSet, parsed *ast.File, c *ast.Comment) bool {
	line := files.Position(c.Pos()).Line
	alone := true
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		}
		if n.Pos() > c.Pos() {
			return false
		}
		if files.Position(n.Pos()).Line == line || files.Position(n.End()).Line == line && n.End() <= c.Pos() {
			alone = false
		}
		return alone && files.Position(n.End()).Line >= line
	})
	return alone
}

func blankLines(source []byte) (n int) {
	for line := range bytes.Lines(source) {
		if len(bytes.TrimSpace(line)) == 0 {
			n++
		}
	}
	return n
}

// declarations counts functions and names. A function's length includes its head and its
// closing brace, but not its comment.
func (p *project) declarations(files *token.FileSet, parsed *ast.File, f *figures, folder string) {
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f.functions++
			f.longest = max(f.longest, files.Position(d.End()).Line-files.Position(d.Pos()).Line+1)
			f.exported += exported(d.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				p.spec(s, f, folder)
			}
		}
	}
}

// spec counts the names of one declaration, and notes how wide a type is: many fields or
// methods show a type with too many tasks.
func (p *project) spec(s ast.Spec, f *figures, folder string) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		f.exported += exported(s.Names...)
	case *ast.TypeSpec:
		f.exported += exported(s.Name)
		switch t := s.Type.(type) {
		case *ast.StructType:
			p.types = append(p.types, wide{folder + "." + s.Name.Name, t.Fields.NumFields()})
		case *ast.InterfaceType:
			p.types = append(p.types, wide{folder + "." + s.Name.Name + " (interface)", t.Methods.NumFields()})
		}
	}
}

func exported(names ...*ast.Ident) (n int) {
	for _, name := range names {
		if name.IsExported() {
			n++
		}
	}
	return n
}

// uses notes which packages of the module a file imports.
func (p *project) uses(folder string, parsed *ast.File) {
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil || name != module && !strings.HasPrefix(name, module+"/") {
			continue
		}
		use := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
		if use == "" {
			use = "."
		}
		if !slices.Contains(p.imports[folder], use) {
			p.imports[folder] = append(p.imports[folder], use)
		}
	}
}

// longestChain returns the longest chain of imports. Go allows no circle, so the search
// ends; each package's own chain is computed once.
func (p project) longestChain() (longest []string) {
	known := map[string][]string{}
	var below func(string) []string
	below = func(name string) []string {
		if chain, ok := known[name]; ok {
			return chain
		}
		var most []string
		for _, use := range p.imports[name] {
			if chain := below(use); len(chain) > len(most) {
				most = chain
			}
		}
		known[name] = append([]string{name}, most...)
		return known[name]
	}
	for _, name := range slices.Sorted(maps.Keys(p.imports)) {
		if chain := below(name); len(chain) > len(longest) {
			longest = chain
		}
	}
	return longest
}
