package layers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// member is a field or a method.
type member struct {
	name   string
	method bool
}

// TestNoNamesOfOneTypeDifferByACapital refuses a type with fields or methods whose names
// differ only in the case of their first letter: they are easily taken for each other. A
// field and the method that hands it out, such as name and Name, are as Go has them.
func TestNoNamesOfOneTypeDifferByACapital(t *testing.T) {
	packages := map[string]map[string][]member{}
	eachFile(t, "../..", func(path string) error {
		folder, err := filepath.Rel("../..", filepath.Dir(path))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		if !plainlyNamed(folder) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if packages[folder] == nil {
			packages[folder] = map[string][]member{}
		}
		addMembers(packages[folder], file)
		return nil
	})
	if len(packages) < 10 {
		t.Fatalf("only %d packages found", len(packages))
	}
	for folder, types := range packages {
		for _, fault := range twins(types) {
			t.Errorf("%s: %s", folder, fault)
		}
	}
}

// TestPlantedTwinsAreFound shows that the rule can fail.
func TestPlantedTwinsAreFound(t *testing.T) {
	const source = `package p
type Engine struct { Again func(); name string }
func (e *Engine) Name() string { return e.name }
type run struct { *Engine; again int; held bool; Held bool }
func (r *run) step() {}
func (r *run) Step() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string][]member{}
	addMembers(types, file)
	want := []string{"run has Again and again", "run has Held and held", "run has Step and step"}
	if got := twins(types); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// plainlyNamed reports whether the rule holds for a package so far.
func plainlyNamed(folder string) bool {
	top, _, _ := strings.Cut(folder, "/")
	return slices.Contains([]string{"engine", "ledger", "credit", "campaign", "schema", "job", "problem", "internal"}, top) ||
		folder == "providers" || folder == "providers/providertest" || folder == "providers/internal/rest"
}

// twins lists the pairs of each type, those of embedded types of the same package
// included.
func twins(types map[string][]member) (faults []string) {
	for name := range types {
		all := allMembers(types, name, 0)
		for _, upper := range all {
			if !unicode.IsUpper(rune(upper.name[0])) {
				continue
			}
			for _, lower := range all {
				if lower.name == strings.ToLower(upper.name[:1])+upper.name[1:] && (lower.method || !upper.method) {
					faults = append(faults, name+" has "+upper.name+" and "+lower.name)
				}
			}
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

func allMembers(types map[string][]member, name string, depth int) (all []member) {
	for _, m := range types[name] {
		embedded, found := strings.CutPrefix(m.name, "*")
		if !found {
			all = append(all, m)
			continue
		}
		all = append(all, member{name: embedded})
		if depth < 5 {
			all = append(all, allMembers(types, embedded, depth+1)...)
		}
	}
	return all
}

// addMembers adds the fields and methods that a file declares. An embedded field has a
// star before its name.
func addMembers(types map[string][]member, file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				owner := typeName(d.Recv.List[0].Type)
				types[owner] = append(types[owner], member{d.Name.Name, true})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					types[s.Name.Name] = append(types[s.Name.Name], fields(s.Type)...)
				}
			}
		}
	}
}

func fields(e ast.Expr) (list []member) {
	structure, ok := e.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range structure.Fields.List {
		if len(f.Names) == 0 {
			list = append(list, member{name: "*" + typeName(f.Type)})
		}
		for _, id := range f.Names {
			list = append(list, member{name: id.Name})
		}
	}
	return list
}

// typeName is the name of a type without its package, pointer and parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}
