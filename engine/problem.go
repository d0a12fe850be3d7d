package engine

import (
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// Problem is something wrong with a row, the sheet, the template or the way they
// fit together: where, which rule, what value, what to do. Its JSON is that of
// `check --json`.
type Problem struct {
	Severity string `json:"severity"` // "error" or "warning"
	Code     string `json:"code"`
	Where    string `json:"where"` // the file
	Sheet    string `json:"sheet,omitempty"`
	Row      int    `json:"row,omitempty"`
	Cell     string `json:"cell,omitempty"`
	Column   string `json:"column,omitempty"`
	Variable string `json:"variable,omitempty"`
	Line     int    `json:"line,omitempty"` // in a template or campaign file
	Value    string `json:"value"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`

	// Cause is what the message says of every row that it concerns, where the
	// message itself names another row; empty where it is the message.
	Cause string `json:"-"`
	// Like is that other row, or 0.
	Like int `json:"-"`
}

// Severities of a [Problem].
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// IsError reports whether the problem keeps its row from being sent.
func (p Problem) IsError() bool { return p.Severity == SeverityError }

func severity(warning bool) string {
	if warning {
		return SeverityWarning
	}
	return SeverityError
}

// place is the sheet that problems point into.
type place struct {
	file    string
	sheet   string
	columns []sources.Column
}

// at points a problem at a cell, or at the whole row when there is no column.
func (pl place) at(p Problem, row, column int) Problem {
	p.Where, p.Sheet, p.Row = pl.file, pl.sheet, row
	if column >= 0 && column < len(pl.columns) {
		c := pl.columns[column]
		p.Column, p.Cell = c.Name, c.Address(row)
	}
	return p
}

func (pl place) fault(f sources.Fault, row int) Problem {
	return pl.at(Problem{
		Severity: severity(f.Warning), Code: f.Code, Value: f.Value, Message: f.Message, Hint: f.Hint,
	}, row, f.Column)
}

func (pl place) template(p templates.Problem, row, column int) Problem {
	return pl.at(TemplateProblem("", p), row, column)
}

// TemplateProblem points a template's problem at its file.
func TemplateProblem(file string, p templates.Problem) Problem {
	return Problem{
		Severity: severity(p.Severity == templates.Warning), Code: p.Code, Where: file, Line: p.Line,
		Variable: p.Variable, Value: p.Value, Message: p.Message, Hint: p.Hint,
	}
}

func (pl place) rule(p providers.Problem, row int) Problem {
	return pl.at(Problem{
		Severity: severity(p.Warning), Code: p.Code, Value: p.Value, Message: p.Message, Hint: p.Hint,
	}, row, -1)
}
