package sources

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/reelmerge/reelmerge/problem"
)

// recordSource is what a file format has to provide: its rows by position.
// The table gives them a header.
type recordSource interface {
	next() (record, error)
	notices() []Notice // their columns count from the sheet's column A
	close() error
}

// table is the one Reader: records under a header.
type table struct {
	src     recordSource
	o       Options
	path    string
	sheet   string
	strict  bool // a text file: each record must be as long as the header
	head    Header
	columns []Column
	place   []int // column of the sheet → index into columns, -1: no header
	width   int   // cells of the header, those without a name included
	ahead   []record
	notes   []Notice
	last    int // number of the last row that shows something
	blanks  tally
	hidden  tally
	faulty  faulty
	closer  io.Closer
}

// tally counts rows and remembers the first.
type tally struct{ count, first int }

func (t *tally) add(row int) {
	if t.count == 0 {
		t.first = row
	}
	t.count++
}

// Columns returns the header.
func (t *table) Columns() []Column { return t.columns }

// Header returns where the column names are.
func (t *table) Header() Header { return t.head }

// Sheet returns the worksheet's name.
func (t *table) Sheet() string { return t.sheet }

// Close releases the source and its file.
func (t *table) Close() error {
	err := t.src.close()
	if t.closer != nil {
		err = errors.Join(err, t.closer.Close())
		t.closer = nil
	}
	return err
}

// Next returns the next row that shows something.
func (t *table) Next() (Row, error) {
	for {
		rec, err := t.take()
		if err != nil {
			return Row{}, inFile(t.path, err)
		}
		if rec.blank() {
			continue
		}
		t.count(rec)
		if rec.hidden && t.o.SkipHidden {
			continue
		}
		row := t.row(rec)
		if err := t.faulty.see(row); err != nil {
			return Row{}, inFile(t.path, err)
		}
		return row, nil
	}
}

// count counts hidden rows, and the blank ones above a row: a workbook may
// leave them out.
func (t *table) count(rec record) {
	for ; t.last > 0 && t.last+1 < rec.number; t.last++ {
		t.blanks.add(t.last + 1)
	}
	t.last = rec.number
	if rec.hidden {
		t.hidden.add(rec.number)
	}
}

// take returns the next record, first those that the search for the header
// has looked at.
func (t *table) take() (record, error) {
	if len(t.ahead) == 0 {
		return t.src.next()
	}
	rec := t.ahead[0]
	t.ahead = t.ahead[1:]
	return rec, nil
}

// row puts the cells of a record under the header.
func (t *table) row(rec record) Row {
	row := Row{Number: rec.number, Hidden: rec.hidden, Cells: rec.cells}
	for _, f := range rec.faults {
		whole := f.Column < 0
		if f.Column = t.index(f.Column); f.Column >= 0 || whole || t.strict {
			row.Faults = append(row.Faults, f)
		}
	}
	row.Faults = t.noteHeader(noteTotals(row.Faults, row.Cells), row.Cells)
	straight := len(rec.cells) == len(t.columns) && t.width == len(t.columns)
	if straight {
		return row
	}
	row.Cells = make([]string, len(t.columns))
	for i, c := range rec.cells {
		switch at := t.index(i); {
		case at >= 0:
			row.Cells[at] = c
		case !invisible(c) && (!t.strict || i < t.width):
			row.Faults = append(row.Faults, t.orphan(Address(i, rec.number), c))
		}
	}
	if t.strict && !slices.ContainsFunc(rec.faults, func(f Fault) bool { return f.Code == "ROW-QUOTE" }) {
		row.Faults = t.ragged(row.Faults, rec)
	}
	return row
}

// index returns where a column of the sheet stands in the header, or -1.
func (t *table) index(column int) int {
	if column < 0 || column >= len(t.place) {
		return -1
	}
	return t.place[column]
}

// orphan is the warning about a value that no column name stands above.
func (t *table) orphan(cell, value string) Fault {
	return Fault{Column: -1, Code: "ROW-NO-HEADER", Value: value, Severity: problem.Warning,
		Message: fmt.Sprintf("cell %s has a value, but its column has no name; it is not read", cell),
		Hint:    "give the column a name, or empty the cell"}
}

// ragged adds the fault of a record that is shorter than the header, or longer
// with something in it: its values may stand in the wrong columns.
func (t *table) ragged(faults []Fault, rec record) []Fault {
	n := len(rec.cells)
	for n > t.width && invisible(rec.cells[n-1]) {
		n--
	}
	if n >= len(t.columns) && n <= t.width {
		return faults
	}
	value := ""
	if n > t.width {
		value = rec.cells[t.width]
	}
	const quote = "put quotes around a cell that has the delimiter or a line break in it"
	f := Fault{Column: -1, Code: "ROW-RAGGED", Value: value, Hint: quote,
		Message: fmt.Sprintf("the row has %s, the header has %d", cells(n), t.width)}
	if n == 1 && t.width > 2 {
		f.Value = rec.cells[0]
		f.Hint = "if it is a note below the table, delete it, or leave the row out with rows.where; else " + quote
	}
	return append(faults, f)
}

// cells counts cells in words.
func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

// Notices returns what was assumed.
func (t *table) Notices() []Notice {
	all := append([]Notice(nil), t.notes...)
	for _, n := range t.src.notices() {
		if n.Column >= 0 {
			if n.Column = t.index(n.Column); n.Column < 0 {
				continue // a column without a name is not read
			}
			n.Message = fmt.Sprintf("column %q (%s): %s", t.columns[n.Column].Name, t.columns[n.Column].Letter, n.Message)
		}
		all = append(all, n)
	}
	for i := range all {
		all[i].Sample = clip(all[i].Sample)
	}
	if t.blanks.count > 0 {
		all = append(all, Notice{Code: "ROW-BLANK", Column: -1,
			Message: fmt.Sprintf("%s blank, from row %d on, and left out", rowsAre(t.blanks.count), t.blanks.first),
			Hint:    "nothing to do, unless there should be something in it"})
	}
	if t.hidden.count > 0 {
		all = append(all, t.hiddenNotice())
	}
	return all
}

// hiddenNotice says what was done with hidden rows.
func (t *table) hiddenNotice() Notice {
	n := Notice{Code: "ROW-HIDDEN", Column: -1,
		Message: fmt.Sprintf("%s hidden, from row %d on, and included", rowsAre(t.hidden.count), t.hidden.first),
		Hint:    "to leave hidden and filtered rows out, set rows.hidden to skip"}
	if t.o.SkipHidden {
		n.Message = fmt.Sprintf("%s hidden, from row %d on, and left out", rowsAre(t.hidden.count), t.hidden.first)
		n.Hint = "to include them, set rows.hidden to keep"
	}
	return n
}

// rowsAre counts rows in words.
func rowsAre(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}
