package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Group is one cause of problems and the cells that it was found in: people mend causes,
// not cells.
type Group struct {
	First Problem
	Cells []string // the first ones, by their addresses
	Count int      // of all
}

// shownCells is how many cells of a cause are named.
const shownCells = 8

// Groups puts problems of the same rule, column and message together. Errors come before
// warnings, and in each those of the file before those of its columns, from left to right.
func (l List) Groups() []*Group {
	index := map[string]*Group{}
	var list []*Group
	for _, p := range l {
		id := strings.Join([]string{p.Severity.String(), p.Code, p.Column, p.Variable, cmp.Or(p.Cause, p.Message)}, "\x00")
		g := index[id]
		if g == nil {
			g = &Group{First: p}
			index[id] = g
			list = append(list, g)
		}
		g.Count++
		if len(g.Cells) < shownCells {
			g.Cells = append(g.Cells, p.cellName())
		}
	}
	slices.SortStableFunc(list, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(a.First.Severity, b.First.Severity), cmp.Compare(a.First.depth(), b.First.depth()), compareLetters(a.First.Cell, b.First.Cell))
	})
	return list
}

// depth is 0 for a problem of a file, 1 for one of a row and 2 for one of a cell.
func (p Problem) depth() int {
	switch {
	case p.Row == 0:
		return 0
	case p.Cell == "":
		return 1
	}
	return 2
}

// compareLetters orders addresses of cells by their columns: B before AA.
func compareLetters(a, b string) int {
	a, b = strings.TrimRight(a, "0123456789"), strings.TrimRight(b, "0123456789")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func (p Problem) cellName() string {
	name := p.Cell
	if name == "" {
		name = fmt.Sprintf("row %d", p.Row)
	}
	if p.Like > 0 {
		name += fmt.Sprintf(" (as row %d)", p.Like)
	}
	return name
}

// CellList names the cells, with an ellipsis for those that are not named.
func (g *Group) CellList() string {
	list := strings.Join(g.Cells, ", ")
	if g.Count > len(g.Cells) {
		list += ", …"
	}
	return list
}
