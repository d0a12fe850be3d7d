package problem_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
)

// TestCausesAreListedErrorsFirstAndByColumn: whatever the order of the rows, a person
// reads first what keeps rows from being sent, column by column.
func TestCausesAreListedErrorsFirstAndByColumn(t *testing.T) {
	at := func(severity problem.Severity, code, column, cell string, row int) problem.Problem {
		return problem.Problem{Severity: severity, Code: code, Message: "m", Place: problem.Place{Column: column, Cell: cell, Row: row}}
	}
	list := problem.List{
		at(problem.Warning, "W", "Name", "B2", 2), at(problem.Error, "E", "Late", "AA2", 2), at(problem.Error, "E", "Name", "B3", 3),
		at(problem.Warning, "F", "", "", 0), at(problem.Error, "R", "", "", 4), at(problem.Warning, "W", "Name", "B4", 4), at(problem.Error, "E", "Late", "AA5", 5),
	}
	var got []string
	for _, g := range list.Groups() {
		got = append(got, fmt.Sprintf("%s %s %s", g.First.Severity, g.First.Code, g.CellList()))
	}
	want := "error R row 4|error E B3|error E AA2, AA5|warning F row 0|warning W B2, B4"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s\nwant\n%s", s, want)
	}
}

func TestManyCellsEndInAnEllipsis(t *testing.T) {
	var list problem.List
	for row := range 12 {
		list = append(list, problem.Problem{Code: "E", Place: problem.Place{Row: row + 2, Cell: fmt.Sprint("A", row+2)}})
	}
	groups := list.Groups()
	if len(groups) != 1 || groups[0].Count != 12 || groups[0].CellList() != "A2, A3, A4, A5, A6, A7, A8, A9, …" {
		t.Errorf("%+v", groups[0])
	}
}
