// Package layers holds the imports of the project to one table.
package layers_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/reelmerge/reelmerge/"

// table says which packages of ours a package may import. A folder that ends in
// /* stands for everything directly below it. Leaves under internal/ know
// nothing of the domain, so anybody may use them; what they use is listed.
func table() map[string][]string {
	service := []string{"credit", "job", "problem", "providers", "providers/internal/rest", "schema"}
	return map[string][]string{
		"credit":                   nil,
		"job":                      nil,
		"problem":                  nil,
		"sources":                  {"problem"},
		"schema":                   nil,
		"templates":                {"problem", "schema"},
		"templates/builtin":        nil,
		"ledger":                   {"credit", "job"},
		"ledger/boltstore":         {"credit", "ledger", "ledger/internal/*"},
		"ledger/internal/record":   {"credit", "job", "ledger"},
		"ledger/ledgertest":        {"credit", "job", "ledger"},
		"providers":                {"credit", "job", "problem"},
		"providers/internal/rest":  {"credit", "job", "problem", "providers"},
		"providers/colossyan":      service,
		"providers/kensa":          service,
		"providers/samsar":         service,
		"providers/vidgen":         service,
		"providers/sandbox":        {"credit"}, // the independent witness
		"providers/providertest":   {"credit", "job", "problem", "providers", "providers/sandbox"},
		"providers/all":            {"providers", "providers/colossyan", "providers/kensa", "providers/samsar", "providers/vidgen"},
		"report":                   {"credit", "job", "ledger", "report/internal/*"},
		"report/internal/workbook": nil,
		"engine":                   {"credit", "job", "ledger", "problem", "providers", "schema", "sources", "templates"},
		"campaign":                 {"credit", "problem"},
		"docs":                     nil,
		"internal/atomicfile":      nil,
		"internal/dist":            nil,
		"internal/download":        {"ledger"},
		"internal/inventory":       nil,
		"internal/media":           nil,
		"internal/mp4box":          nil,
		"internal/patience":        nil,
		"internal/publicnet":       nil,
		"internal/safename":        nil,
		"internal/stylesheet":      nil,
		"internal/wording":         nil,
		"internal/xmltoken":        nil,
	}
}

// leaves are the packages that any package may import.
func leaves() []string {
	return []string{"internal/atomicfile", "internal/inventory", "internal/mp4box", "internal/patience", "internal/publicnet", "internal/safename", "internal/stylesheet", "internal/wording", "internal/xmltoken"}
}

// TestImportsKeepToTheTable reads the imports of every package of the project.
func TestImportsKeepToTheTable(t *testing.T) {
	imports := read(t, "../..")
	if len(imports) < 10 {
		t.Fatalf("only %d packages found", len(imports))
	}
	for _, fault := range faults(imports) {
		t.Error(fault)
	}
}

// TestPlantedFaultIsFound shows that the table can fail.
func TestPlantedFaultIsFound(t *testing.T) {
	planted := map[string][]string{
		"ledger":            {"providers"},
		"providers/sandbox": {"providers/colossyan"},
		"nowhere":           nil,
		"credit":            {"internal/dist"},
	}
	if found := faults(planted); len(found) != len(planted) {
		t.Errorf("found %q", found)
	}
}

func faults(imports map[string][]string) (list []string) {
	allowed := table()
	for pkg, uses := range imports {
		if exempt(pkg) {
			continue
		}
		may, known := allowed[pkg]
		if !known {
			list = append(list, pkg+" is not in the table of imports")
			continue
		}
		for _, use := range uses {
			if !permits(append(may, leaves()...), use) {
				list = append(list, pkg+" must not import "+use)
			}
		}
	}
	return list
}

// exempt packages may import more: the command wires everything, examples and
// tools show it.
func exempt(pkg string) bool {
	return strings.HasPrefix(pkg, "cmd/") || strings.HasPrefix(pkg, "examples/") || strings.HasPrefix(pkg, "internal/layers") || pkg == "."
}

func permits(may []string, use string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		folder, all := strings.CutSuffix(m, "/*")
		return m == use || all && strings.HasPrefix(use, folder+"/")
	})
}

// read lists what each package of ours imports of ours, tests aside.
func read(t *testing.T, root string) map[string][]string {
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			return add(imports, root, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

func add(imports map[string][]string, root, path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		return err
	}
	folder, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return err
	}
	pkg := filepath.ToSlash(folder)
	imports[pkg] = append(imports[pkg], nil...)
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if ours, ok := strings.CutPrefix(name, module); ok {
			imports[pkg] = append(imports[pkg], ours)
		}
	}
	return nil
}
