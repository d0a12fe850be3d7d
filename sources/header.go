package sources

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// headerWindow is how many rows are looked at to tell a header from a title.
const headerWindow = 20

// newTable reads the header of a source.
func newTable(t *table) (Reader, error) {
	head, err := t.findHeader()
	if err == nil {
		err = t.readHeader(head)
	}
	if err != nil {
		_ = t.src.close() // the file itself is closed by whoever opened it
		return nil, inFile(t.path, err)
	}
	return t, nil
}

// findHeader returns the record with the column names.
func (t *table) findHeader() (record, error) {
	if t.o.HeaderRow > 0 {
		head, err := t.headerAt(t.o.HeaderRow)
		if err == nil {
			_, err = t.lookAhead()
		}
		return head, err
	}
	seen, err := t.lookAhead()
	if err != nil {
		return record{}, err
	}
	if len(seen) == 0 {
		return record{}, &FileError{Code: "ROW-EMPTY", Message: "there is nothing in it", Hint: "check that it is the right file and sheet"}
	}
	head := t.pickHeader(seen)
	for t.ahead[0].number != head.number {
		t.ahead = t.ahead[1:]
	}
	t.ahead = t.ahead[1:]
	return head, nil
}

// lookAhead reads the first records and returns those that show something.
func (t *table) lookAhead() ([]record, error) {
	for len(t.ahead) < headerWindow {
		rec, err := t.src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !rec.blank() {
			t.ahead = append(t.ahead, rec)
		}
	}
	return t.ahead, nil
}

// headerAt returns the record of a row that a person named.
func (t *table) headerAt(row int) (record, error) {
	for {
		rec, err := t.src.next()
		switch {
		case errors.Is(err, io.EOF) || err == nil && (rec.number > row || rec.number == row && rec.blank()):
			return record{}, &FileError{Code: "ROW-HEADER-ROW", Row: row,
				Message: fmt.Sprintf("row %d, which should have the column names, is empty", row),
				Hint:    "set rows.header_row to the row with the column names"}
		case err != nil:
			return record{}, err
		case rec.number == row:
			return rec, nil
		}
	}
}

// pickHeader skips title rows: rows with a single text above a table that is
// wider. It says so when it does.
func (t *table) pickHeader(seen []record) record {
	widest, tabular := 0, 0
	for _, r := range seen {
		widest = max(widest, filled(r))
		if filled(r) >= 2 {
			tabular++
		}
	}
	if filled(seen[0]) >= 2 || tabular < 2 || tabular*10 < (len(seen)-1)*6 {
		return seen[0]
	}
	for _, r := range seen {
		if filled(r) < max(2, (widest+1)/2) {
			continue
		}
		if t.strict && len(r.cells) != len(seen[0].cells) && len(r.cells) < 3 {
			break
		}
		t.notes = append(t.notes, Notice{Code: "ROW-HEADER-FOUND", Column: -1, Sample: strings.Join(r.cells, " | "),
			Message: fmt.Sprintf("the column names were found in row %d; what stands above is not read", r.number),
			Hint:    "if that is wrong, set rows.header_row"})
		return r
	}
	return seen[0]
}

// filled counts the cells of a record that show something.
func filled(r record) int {
	n := 0
	for _, c := range r.cells {
		if !invisible(c) {
			n++
		}
	}
	return n
}

// readHeader makes columns of a record. Names must be there and differ;
// columns at the edges that have neither name nor value are no columns.
func (t *table) readHeader(head record) error {
	t.width, t.last = len(head.cells), head.number
	first, last := 0, len(head.cells)
	for last > 0 && invisible(head.cells[last-1]) {
		last--
	}
	for !t.strict && first < last && invisible(head.cells[first]) && !t.used(first) {
		first++
	}
	if last == 0 {
		return &FileError{Code: "ROW-EMPTY-HEADER", Row: head.number,
			Message: fmt.Sprintf("row %d has no column names", head.number), Hint: "set rows.header_row to the row with the column names"}
	}
	if last > maxSheetColumns {
		return &FileError{Code: "ROW-TOO-LARGE", Row: head.number, Message: fmt.Sprintf("the header has %d columns; a sheet has at most %d", last, maxSheetColumns),
			Hint: "check that it is the right file and delimiter"}
	}
	t.place = make([]int, len(head.cells))
	for i, c := range head.cells {
		t.place[i] = -1
		if i >= first && i < last {
			t.place[i] = len(t.columns)
			t.columns = append(t.columns, Column{Name: ColumnName(c), Index: len(t.columns), Letter: letters(i)})
		}
	}
	return t.checkHeader(head.number)
}

// used reports whether a row below the header has a value in a column.
func (t *table) used(column int) bool {
	for _, r := range t.ahead {
		if column < len(r.cells) && !invisible(r.cells[column]) {
			return true
		}
	}
	return false
}

// ColumnName returns the name of a column as people read it, and as [Column]
// has it: line breaks and other space are one space, and what cannot be seen is
// not there.
func ColumnName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u00ad', '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff', '\x1a':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

// checkHeader refuses columns without a name and columns with the same name,
// and names every place.
func (t *table) checkHeader(row int) error {
	var empty []string
	seen := map[string]Column{}
	var twice []string
	var cell string
	for _, c := range t.columns {
		if strings.IndexByte(c.Name, 0) >= 0 {
			return &FileError{Code: "ROW-NUL", Path: t.path, Row: row, Cell: c.Address(row),
				Message: "the column's name has a NUL byte, which no text has", Hint: "export the sheet again; if it was UTF-16, set rows.encoding"}
		}
		if c.Name == "" {
			empty = append(empty, c.Address(row))
			continue
		}
		key := cases.Fold().String(norm.NFC.String(c.Name))
		if other, ok := seen[key]; ok {
			twice = append(twice, fmt.Sprintf("%q stands in %s and in %s", c.Name, other.Address(row), c.Address(row)))
			cell = c.Address(row)
			continue
		}
		seen[key] = c
	}
	var err error
	if len(twice) > 0 {
		err = &FileError{Code: "ROW-DUPLICATE-HEADER", Path: t.path, Row: row, Cell: cell,
			Message: "two columns have the same name: " + strings.Join(twice, "; "), Hint: "give each column a name of its own"}
	}
	if len(empty) > 0 {
		err = &FileError{Code: "ROW-EMPTY-HEADER", Path: t.path, Row: row, Cell: empty[0], Err: err,
			Message: "columns have no name: " + strings.Join(empty, ", "), Hint: "give each column a name, or delete it"}
	}
	return err
}

// isNamed reports whether a cell has the name of a column. Nearly none begins
// like it.
func isNamed(cell, column string) bool {
	return cell == column || cell != "" && (cell[0] <= ' ' || cell[0] == column[0]) && ColumnName(cell) == column
}

// noteHeader refuses a row that has the column names once more: somebody put two
// exports together.
func (t *table) noteHeader(faults []Fault, cells []string) []Fault {
	if len(cells) < len(t.place) {
		return faults
	}
	for i, at := range t.place {
		if at >= 0 && !isNamed(cells[i], t.columns[at].Name) {
			return faults
		}
	}
	return append(faults, Fault{Column: -1, Code: "ROW-HEADER-AGAIN", Value: clip(strings.Join(cells, " ")),
		Message: "the row has the names of the columns once more", Hint: "delete the row: it comes from putting two sheets together"})
}
