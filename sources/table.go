package sources

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/reelmerge/reelmerge/problem"
)

// recordSource reads one file format as rows by position. The table puts them under a
// header, so a format knows nothing of column names.
type recordSource interface {
	next() (record, error)
	notices() []Notice // their columns count from the sheet's column A
	close() error
}

// table is the only implementation of Reader for files. It reads records under a header.
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

// tally counts rows and remembers the number of the first.
type tally struct{ count, first int }

// add counts a row.
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

// Next returns the next row that shows something. Hidden rows count before they are
// skipped, so that the notice can tell how many there are.
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
		row.Earlier = t.earlier(rec, row.Cells)
		// A file that is no table has a fault in every row. Reading all of them would help
		// no one.
		if err := t.faulty.see(row); err != nil {
			return Row{}, inFile(t.path, err)
		}
		return row, nil
	}
}

// count counts hidden rows, and the blank rows above a row. A workbook may leave blank rows
// out, so they are counted by the gap in the numbers.
func (t *table) count(rec record) {
	for ; t.last > 0 && t.last+1 < rec.number; t.last++ {
		t.blanks.add(t.last + 1)
	}
	t.last = rec.number
	if rec.hidden {
		t.hidden.add(rec.number)
	}
}

// take returns the next record. Those that the search for the header has read come first.
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
		// The format counts columns from the sheet's edge, the row from the table's. Faults
		// in cells without a column name are dropped, as the cells are.
		whole := f.Column < 0
		if f.Column = t.index(f.Column); f.Column >= 0 || whole || t.strict {
			row.Faults = append(row.Faults, f)
		}
	}
	row.Faults = t.noteHeader(noteTotals(row.Faults, row.Cells), row.Cells)
	// The usual case: every cell has a column, and no cell must be copied.
	straight := len(rec.cells) == len(t.columns) && t.width == len(t.columns)
	if straight {
		return row
	}
	row.Cells = make([]string, len(t.columns))
	orphans := 0
	for i, c := range rec.cells {
		switch at := t.index(i); {
		case at >= 0:
			row.Cells[at] = c
		case !invisible(c) && (!t.strict || i < t.width) && orphans < mostOrphans:
			orphans++
			row.Faults = append(row.Faults, t.orphan(Address(i, rec.number), c))
		}
	}
	// A quote that is wrong explains a wrong number of cells. One fault is enough.
	if t.strict && !slices.ContainsFunc(rec.faults, func(f Fault) bool { return f.Code == "ROW-QUOTE" }) {
		row.Faults = t.ragged(row.Faults, rec)
	}
	return row
}

// earlier returns the cells as the first version read them, nil where it read the same.
func (t *table) earlier(rec record, now []string) []string {
	if len(rec.earlier) == 0 {
		return nil
	}
	cells := slices.Clone(now)
	for column, text := range rec.earlier {
		if at := t.index(column); at >= 0 {
			cells[at] = text
		}
	}
	return cells
}

// index returns the place of a sheet's column in the header, or -1.
func (t *table) index(column int) int {
	if column < 0 || column >= len(t.place) {
		return -1
	}
	return t.place[column]
}

// mostOrphans is how many values of a row in columns without a name are told. A sheet has
// room for 16,384 in each of a million rows.
const mostOrphans = 100

// orphan returns the warning about a value in a column without a name.
func (t *table) orphan(cell, value string) Fault {
	return Fault{Column: -1, Code: "ROW-NO-HEADER", Value: value, Severity: problem.Warning,
		Message: fmt.Sprintf("cell %s has a value, but its column has no name; it is not read", cell),
		Hint:    "give the column a name, or empty the cell"}
}

// ragged adds the fault of a record that has too few cells, or too many with something in
// them. Its values may be in the wrong columns.
func (t *table) ragged(faults []Fault, rec record) []Fault {
	n := len(rec.cells)
	// Programs often add delimiters at the end of a row. Empty cells there do no harm.
	for n > t.width && invisible(rec.cells[n-1]) {
		n--
	}
	// Trailing columns without a name may be missing.
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
	// One cell in a wide table is probably a note, and not a row with a lost delimiter.
	if n == 1 && t.width > 2 {
		f.Value = rec.cells[0]
		f.Hint = "if it is a note below the table, delete it, or leave the row out with rows.where; else " + quote
	}
	return append(faults, f)
}

// cells counts cells in words: "1 cell", "3 cells".
func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

// Notices returns the assumptions of the table and of its format.
func (t *table) Notices() []Notice {
	all := append([]Notice(nil), t.notes...)
	for _, n := range t.src.notices() {
		if n.Column >= 0 {
			// Formats name a column by its place in the sheet. The user knows it by its
			// name.
			if n.Column = t.index(n.Column); n.Column < 0 {
				continue // the column is not read, so nothing was assumed
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

// hiddenNotice says whether hidden rows were used. Either may surprise the user.
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

// rowsAre counts rows in words: "1 row is", "3 rows are".
func rowsAre(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}
