package engine

import (
	"cmp"
	"slices"
	"strings"
)

// ColumnValues are the values that stand in a column which the filter looks at, in the
// rows that it leaves out.
type ColumnValues struct {
	Column string
	Values []string // the most frequent first
	More   bool     // there are others
}

// Of the values of a column, so many are told apart, and the most frequent are shown.
const (
	countedValues = 200
	shownValues   = 6
)

// NoneLeft reports whether no row of the sheet is left: it has none, or the filter
// leaves all of them out.
func (p *Plan) NoneLeft() bool { return p.Rows.Total == p.Rows.Filtered }

// leaveOut counts and records a row that is left out, with the reason.
func (g *gatherer) leaveOut(c *checked) {
	g.plan.Rows.Filtered++
	g.plan.Rows.FilteredBy.count(c.left)
	run := &g.plan.Run
	run.Filtered = append(run.Filtered, c.number)
	if c.left != ByWhere {
		if run.Unpermitted == nil {
			run.Unpermitted = map[string][]int{}
		}
		run.Unpermitted[string(c.left)] = append(run.Unpermitted[string(c.left)], c.number)
	}
	for i := range c.problems {
		if !c.problems[i].IsError() { // what a row says that is not sent cannot be wrong
			g.report(&c.problems[i])
		}
	}
	g.countValues(c)
}

// countValues counts the values for which the filter leaves rows out. As soon as a row is
// kept there is nothing to explain.
func (g *gatherer) countValues(c *checked) {
	if g.planner.Filter == nil || g.plan.Rows.Total > g.plan.Rows.Filtered {
		return
	}
	if g.leftOut == nil {
		g.leftOut = map[int]map[string]int{}
	}
	for _, column := range g.planner.Filter.Columns() {
		if g.leftOut[column] == nil {
			g.leftOut[column] = map[string]int{}
		}
		counts := g.leftOut[column]
		value := strings.TrimSpace(c.cells[column])
		if _, known := counts[value]; known || len(counts) < countedValues {
			counts[value]++
		}
	}
}

// leftOutValues returns the values in the columns of the filter, for a sheet of which the
// filter leaves no row.
func (g *gatherer) leftOutValues() (list []ColumnValues) {
	if !g.plan.NoneLeft() {
		return nil
	}
	for i, column := range g.place.columns {
		counts := g.leftOut[i]
		if counts == nil {
			continue
		}
		v := ColumnValues{Column: column.Name, More: len(counts) > shownValues}
		for value := range counts {
			v.Values = append(v.Values, value)
		}
		slices.SortFunc(v.Values, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
		v.Values = v.Values[:min(len(v.Values), shownValues)]
		list = append(list, v)
	}
	return list
}
