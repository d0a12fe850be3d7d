package layers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/reelmerge/reelmerge/"

// contents are what the rules ask of a package, its tests aside.
type contents struct {
	ours   []string // packages of ours that it imports; "." is the root
	others []string // further packages that it imports
	names  []string // of exit codes
	builds []string // engine.Engine, engine.Worker
}

// read reads every package of the project.
func read(t *testing.T, root string) map[string]contents {
	project := map[string]contents{}
	eachFile(t, root, func(path string) error { return add(project, root, path) })
	return project
}

// eachFile visits every Go file of the project, its tests aside.
func eachFile(t *testing.T, root string, visit func(path string) error) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			return visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func add(project map[string]contents, root, path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	folder, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return err
	}
	pkg := filepath.ToSlash(folder)
	has := project[pkg]
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if ours, ok := strings.CutPrefix(name, module); ok {
			has.ours = append(has.ours, ours)
		} else if name == strings.TrimSuffix(module, "/") {
			has.ours = append(has.ours, ".")
		} else {
			has.others = append(has.others, name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if name, ok := isExit(n); ok {
			has.names = append(has.names, name)
		}
		if built, ok := n.(*ast.CompositeLit); ok {
			if what, ok := built.Type.(*ast.SelectorExpr); ok && isEngine(what) {
				has.builds = append(has.builds, "engine."+what.Sel.Name)
			}
		}
		return true
	})
	project[pkg] = has
	return nil
}

func isEngine(s *ast.SelectorExpr) bool {
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "engine" && (s.Sel.Name == "Engine" || s.Sel.Name == "Worker")
}

// linked lists the packages that the root package links.
func linked(t *testing.T, root string) []string {
	t.Helper()
	list := exec.Command("go", "list", "-deps", ".")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
