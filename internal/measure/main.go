// Command measure prints figures about the project's own code, so that two states of it
// can be compared: lines, comments, functions, types and names of each
// package, and the longest chain of imports.
//
//	go run ./internal/measure
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

func main() {
	root := flag.String("root", ".", "the `folder` of the module")
	flag.Parse()
	project, err := measure(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	project.print(os.Stdout)
}

// print writes a table of packages, and below it the widest types and the longest chain
// of imports.
func (p project) print(to io.Writer) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "package\tfiles\tlines\ttest lines\tcomments\tfunctions\tlongest\texported\t")
	var all figures
	for _, name := range p.names() {
		f := p.packages[name]
		f.row(table, filepath.ToSlash(name))
		all.add(f)
	}
	all.row(table, "all")
	_ = table.Flush() // a reader that is gone has seen enough
	fmt.Fprintln(to, "\nwidest types (fields or methods of an interface):")
	slices.SortStableFunc(p.types, func(a, b wide) int { return cmp.Compare(b.width, a.width) })
	for _, t := range p.types[:min(10, len(p.types))] {
		fmt.Fprintf(to, "  %3d  %s\n", t.width, t.name)
	}
	chain := p.longestChain()
	fmt.Fprintf(to, "\nlongest chain of imports: %d\n", len(chain))
	for _, name := range chain {
		fmt.Fprintln(to, "  "+name)
	}
}

// row prints the figures of one package. The share is that of comment lines among all lines
// that are not blank.
func (f figures) row(to io.Writer, name string) {
	share := 0
	if f.code+f.comments > 0 {
		share = 100 * f.comments / (f.code + f.comments)
	}
	fmt.Fprintf(to, "%s\t%d\t%d\t%d\t%d%%\t%d\t%d\t%d\t\n", name, f.files, f.lines, f.testLines, share, f.functions, f.longest, f.exported)
}
