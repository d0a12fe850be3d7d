package layers_test

import (
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers/all"
)

// table says which packages of ours a package may import. A folder that ends in
// /* stands for everything directly below it. Leaves under internal/ know
// nothing of the domain, so anybody may use them; what they use is listed. The folders of
// services are those of the list of services, so that a new one needs no line here.
func table() map[string][]string {
	allowed := rooms()
	list := []string{"providers", "providers/builtin"}
	for _, s := range all.Services() {
		if s.Described != nil {
			continue // a file, and no package
		}
		folder := "providers/" + s.Name
		allowed[folder] = []string{"credit", "job", "problem", "providers", "providers/internal/*", "schema"}
		list = append(list, folder)
	}
	allowed["providers/all"] = list
	return allowed
}

// rooms are the packages that are no service.
func rooms() map[string][]string {
	return map[string][]string{
		"credit":                    nil,
		"job":                       nil,
		"problem":                   nil,
		"sources":                   {"problem", "sources/internal/*"},
		"sources/internal/numfmt":   nil,
		"sources/internal/marking":  nil,
		"schema":                    nil,
		"templates":                 {"problem", "schema", "templates/fit", "templates/form", "templates/speech"},
		"templates/fit":             nil, // pure: a font, a box and a text in, a verdict out
		"templates/form":            nil, // pure: a format and a text in, a text out
		"templates/scenes":          {"problem", "schema", "templates", "templates/speech"},
		"templates/speech":          nil, // pure: text in, seconds out
		"ledger":                    {"credit", "job"},
		"ledger/boltstore":          {"credit", "ledger", "ledger/internal/*"},
		"ledger/internal/queue":     {"ledger"},
		"ledger/internal/record":    {"credit", "job", "ledger"},
		"ledger/peek":               {"ledger"},
		"ledger/pgstore":            {"ledger", "ledger/internal/*"},
		"ledger/ledgertest":         {"credit", "job", "ledger"},
		"providers":                 {"credit", "job", "problem"},
		"providers/internal/rest":   {"credit", "job", "problem", "providers"},
		"providers/internal/upload": {"providers"},
		"providers/declared":        {"credit", "job", "problem", "providers", "providers/internal/*", "schema"},
		"providers/builtin":         {"providers", "providers/declared"},
		"providers/sandbox":         {"credit"}, // the independent witness
		"providers/providertest":    {"credit", "job", "problem", "providers", "providers/sandbox"},
		"report":                    {"credit", "job", "ledger", "report/internal/*"},
		"report/internal/workbook":  nil,
		"engine/learn":              {"credit", "job", "ledger"},
		"engine":                    {"credit", "engine/learn", "job", "ledger", "problem", "providers", "schema", "sources", "templates"},
		"campaign":                  {"credit", "problem"},
		"serve":                     {".", "credit", "engine", "internal/crowd", "ledger", "problem", "report"},
		"storyboard":                {"report", "templates", "templates/speech"},
		".": {"campaign", "credit", "engine", "engine/learn", "internal/account", "internal/approval", "internal/crowd", "internal/download", "internal/handover", "internal/media", "internal/pictures", "internal/pinned", "internal/shots", "job", "ledger", "ledger/boltstore", "ledger/peek",
			"problem", "providers", "providers/declared", "providers/sandbox", "report", "schema", "sources", "storyboard", "templates", "templates/fit", "templates/form", "templates/scenes"},
		"docs":                 nil,
		"internal/account":     nil,
		"internal/atomicfile":  nil,
		"internal/blob":        nil,
		"internal/browsertest": nil,
		"internal/collector":   nil,
		"internal/databases":   {".", "ledger", "ledger/pgstore"},
		"internal/crowd":       nil,
		"internal/dist":        nil,
		"internal/download":    {"ledger"},
		"internal/elapsed":     nil,
		"internal/handover":    nil,
		"internal/inventory":   nil,
		"internal/media":       nil,
		"internal/mp4box":      nil,
		"internal/ooxml":       nil,
		"internal/patience":    nil,
		"internal/pgtest":      nil,
		"internal/pictures":    nil,
		"internal/pinned":      nil,
		"internal/publicnet":   nil,
		"internal/manpage":     nil,
		"internal/safename":    nil,
		"internal/schedule":    nil, // pure: times in, times out
		"internal/shots":       nil,
		"internal/stylesheet":  nil,
		"internal/wording":     nil,
		"internal/approval":    {"credit"},
		"internal/tty":         nil,
		"internal/display":     {".", "internal/tty", "ledger", "report"},
		"internal/xmltoken":    nil,
		"internal/yamlfence":   nil,
	}
}

// leaves are the packages that any package may import.
func leaves() []string {
	return []string{"internal/atomicfile", "internal/elapsed", "internal/inventory", "internal/mp4box", "internal/ooxml", "internal/patience", "internal/publicnet", "internal/safename", "internal/stylesheet", "internal/wording", "internal/xmltoken", "internal/yamlfence"}
}

// exempt packages may import more: the command wires everything, examples and
// tools show it.
func exempt(pkg string) bool {
	return isProgram(pkg) || strings.HasPrefix(pkg, "internal/layers")
}

// isProgram reports whether a package is one of a program, not of the library.
func isProgram(pkg string) bool {
	return strings.HasPrefix(pkg, "cmd/") || strings.HasPrefix(pkg, "examples/") || strings.HasPrefix(pkg, "bench/") || pkg == "internal/dist" || pkg == "internal/measure" || pkg == "internal/picture"
}

func permits(may []string, use string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		folder, all := strings.CutSuffix(m, "/*")
		return m == use || all && strings.HasPrefix(use, folder+"/")
	})
}
