// Package problem says what is wrong with a campaign, a template, a sheet or one of
// its rows: where it is, which rule it breaks and what to do. All packages that
// find such things share its one type, so that they are listed, sorted and encoded
// in one way.
package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong. Its JSON is that of `check --json`.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // the rule: COL-T7, VAR-PATTERN, explained by "reelmerge explain"
	Place
	Variable string `json:"variable,omitempty"` // the variable that it is about, "" for none or several
	Value    string `json:"value"`              // what was found, shortened; never a secret
	Message  string `json:"message"`            // what is wrong, with the numbers
	Hint     string `json:"hint,omitempty"`     // what to do

	// Cause is the message without the part that differs from row to row, such as the
	// name of another row; empty where the message has no such part.
	Cause string `json:"-"`
	// Like is that other row, or 0.
	Like int `json:"-"`
	// Setting would cure it, as a key of the variable in the campaign; the zero value: none
	// would.
	Setting Setting `json:"-"`
}

// Setting is a key of a variable in the campaign with a value: default, your city.
type Setting struct{ Key, Value string }

// Place is where a problem is. What is unknown is left empty.
type Place struct {
	File   string `json:"where"`
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row,omitempty"`    // as a spreadsheet program counts
	Cell   string `json:"cell,omitempty"`   // its address: D147
	Column string `json:"column,omitempty"` // the name of the sheet's column
	Line   int    `json:"line,omitempty"`   // in a template or campaign file

	// Character is the place in the line, from 1.
	Character int `json:"-"`
	// Pointer is the place in the document: a JSON pointer into a template or
	// request, a dotted key of a campaign.
	Pointer string `json:"-"`
}

// String is the place as lists show it: the file with the cell, row or line.
func (p Place) String() string {
	switch {
	case p.Cell != "":
		return p.File + ":" + p.Cell
	case p.Row > 0:
		return fmt.Sprintf("%s:row %d", p.File, p.Row)
	case p.Line > 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.File
}

// IsError reports whether nothing can be sent before the problem is cured.
func (p Problem) IsError() bool { return p.Severity != Warning }

// String is the problem in one line, without its hint.
func (p Problem) String() string {
	text := p.Code + ": " + p.Message
	if !p.IsError() {
		text = "warning: " + text
	}
	if at := p.Place.String(); at != "" {
		text = at + ": " + text
	}
	return text
}

// List is some problems. As an error, it says all of them.
type List []Problem

// Error lists the problems, one on a line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// HasErrors reports whether any of the problems is an error.
func (l List) HasErrors() bool { return slices.ContainsFunc(l, Problem.IsError) }

// Count counts errors and warnings.
func (l List) Count() (errors, warnings int) {
	for _, p := range l {
		if p.IsError() {
			errors++
		}
	}
	return errors, len(l) - errors
}

// In says which file the problems are in. It returns the list.
func (l List) In(file string) List {
	for i := range l {
		l[i].File = file
	}
	return l
}

// Sort puts problems in the order of their file; those without a line come last.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		return cmp.Or(a.Line-b.Line, a.Character-b.Character)
	})
}
