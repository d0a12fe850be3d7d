package engine

import (
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// place is the sheet that problems point into.
type place struct {
	file    string
	sheet   string
	columns []sources.Column
}

// at points a problem at a cell, or at the whole row when there is no column.
func (pl place) at(p problem.Problem, row, column int) problem.Problem {
	p.File = pl.file
	p.Sheet = pl.sheet
	p.Row = row
	if column >= 0 && column < len(pl.columns) {
		c := pl.columns[column]
		p.Column, p.Cell = c.Name, c.Address(row)
	}
	return p
}

func (pl place) fault(f sources.Fault, row int) problem.Problem {
	return pl.at(problem.Problem{
		Severity: f.Severity, Code: f.Code, Value: f.Value, Message: f.Message, Hint: f.Hint,
	}, row, f.Column)
}
