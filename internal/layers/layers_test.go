// Package layers holds the imports of the project to one table, and what only some
// packages may do to a few rules.
package layers_test

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// longestChain is how many packages of ours a chain of imports may have, leaves under
// internal/ aside.
const longestChain = 7

// TestImportsKeepToTheTable reads the imports of every package of the project.
func TestImportsKeepToTheTable(t *testing.T) {
	project := read(t, "../..")
	if len(project) < 10 {
		t.Fatalf("only %d packages found", len(project))
	}
	for _, fault := range slices.Concat(misplaced(project), strangers(project), builders(project)) {
		t.Error(fault)
	}
	if chain := longest(project); len(chain) > longestChain {
		t.Errorf("a chain of imports has %d packages: %s", len(chain), strings.Join(chain, " ← "))
	} else {
		t.Logf("the longest chain: %s", strings.Join(chain, " ← "))
	}
}

// TestTheLibraryNeedsNoTerminalAndNoDatabase lists everything that the root package links. It reaches a
// database only by what its caller hands in.
func TestTheLibraryNeedsNoTerminalAndNoDatabase(t *testing.T) {
	for _, name := range linked(t, "../..") {
		if strings.HasPrefix(name, "github.com/jackc/") || strings.HasPrefix(name, "github.com/riverqueue/") || name == module+"ledger/pgstore" || slices.Contains([]string{"github.com/spf13/cobra", "golang.org/x/term", module + "providers/all"}, name) {
			t.Errorf("package reelmerge links %s", name)
		}
	}
}

// TestPlantedFaultsAreFound shows that every rule can fail.
func TestPlantedFaultsAreFound(t *testing.T) {
	imports := func(uses ...string) contents { return contents{ours: uses} }
	for rule, c := range map[string]struct {
		planted map[string]contents
		find    func(map[string]contents) []string
		want    int
	}{
		"imports": {map[string]contents{
			"ledger": imports("providers"), "providers/sandbox": imports("providers/colossyan"), "nowhere": imports(), "credit": imports("internal/dist"),
			".": imports("providers/all"),
		}, misplaced, 5},
		"terminals": {map[string]contents{
			".": {others: []string{"golang.org/x/term"}}, "report": {others: []string{"github.com/spf13/cobra"}}, "cmd/reelmerge": {others: []string{"github.com/spf13/cobra"}},
		}, strangers, 2},
		"exit codes": {map[string]contents{
			".": {names: []string{"os.Exit"}}, "engine": {names: []string{"exitHeld"}}, "cmd/reelmerge": {names: []string{"os.Exit", "exitHeld"}},
		}, strangers, 2},
		"engines": {map[string]contents{
			"report": {builds: []string{"engine.Engine"}}, "campaign": {builds: []string{"engine.Worker"}}, "cmd/reelmerge": {builds: []string{"engine.Engine"}},
			".": {builds: []string{"engine.Engine"}}, "fleet": {builds: []string{"engine.Worker"}},
		}, builders, 3},
	} {
		if found := c.find(c.planted); len(found) != c.want {
			t.Errorf("%s: found %q, want %d", rule, found, c.want)
		}
	}
	chain := map[string]contents{}
	for i := range longestChain {
		chain[fmt.Sprint(i)] = imports(fmt.Sprint(i + 1))
	}
	if got := len(longest(chain)); got != longestChain+1 {
		t.Errorf("a chain of %d has %d", longestChain+1, got)
	}
}

// misplaced lists imports that the table does not have.
func misplaced(project map[string]contents) (list []string) {
	allowed := table()
	for pkg, has := range project {
		if exempt(pkg) {
			continue
		}
		may, known := allowed[pkg]
		if !known {
			list = append(list, pkg+" is not in the table of imports")
			continue
		}
		for _, use := range has.ours {
			if !permits(append(may, leaves()...), use) {
				list = append(list, pkg+" must not import "+use)
			}
		}
	}
	return list
}

// strangers lists what only the command does: it has the flags and the terminal, and
// ends the process.
func strangers(project map[string]contents) (list []string) {
	for pkg, has := range project {
		for _, use := range has.others {
			if (use == "github.com/spf13/cobra" || use == "golang.org/x/term") && !strings.HasPrefix(pkg, "cmd/") {
				list = append(list, pkg+" must not import "+use)
			}
		}
		for _, name := range has.names {
			if !isProgram(pkg) {
				list = append(list, pkg+" must not name "+name)
			}
		}
	}
	return list
}

// builders lists who builds what sends rows: only the library, and workers of a fleet,
// know all that has to be asked before.
func builders(project map[string]contents) (list []string) {
	for pkg, has := range project {
		for _, built := range has.builds {
			if pkg != "." && pkg != "fleet" && pkg != "engine" {
				list = append(list, pkg+" must not build an "+built)
			}
		}
	}
	return list
}

// longest returns the longest chain of imports, leaves aside.
func longest(project map[string]contents) (chain []string) {
	memory := map[string][]string{}
	var below func(pkg string) []string
	below = func(pkg string) []string {
		if known, seen := memory[pkg]; seen {
			return known
		}
		var most []string
		for _, use := range project[pkg].ours {
			if next := below(use); !slices.Contains(leaves(), use) && len(next) > len(most) {
				most = next
			}
		}
		memory[pkg] = append([]string{pkg}, most...)
		return memory[pkg]
	}
	for pkg := range project {
		if found := below(pkg); len(found) > len(chain) {
			chain = found
		}
	}
	return chain
}

// isExit reports whether a name is that of an exit code, or ends the process.
func isExit(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "os" && n.Sel.Name == "Exit" {
			return "os.Exit", true
		}
	case *ast.Ident:
		if rest, ok := strings.CutPrefix(n.Name, "exit"); ok && rest != "" && strings.ToUpper(rest[:1]) == rest[:1] {
			return n.Name, true
		}
	}
	return "", false
}
