package sources

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// headerWindow is how many rows the search for the header reads.
const headerWindow = 20

// newTable reads the header of a source and returns the table below it.
func newTable(t *table) (Reader, error) {
	head, err := t.findHeader()
	if err == nil {
		err = t.readHeader(head)
	}
	if err != nil {
		// The file itself belongs to the caller.
		_ = t.src.close()
		return nil, inFile(t.path, err)
	}
	return t, nil
}

// findHeader returns the record with the column names.
func (t *table) findHeader() (record, error) {
	if t.o.HeaderRow > 0 {
		return t.givenHeader()
	}
	seen, err := t.lookAhead()
	if err != nil {
		return record{}, err
	}
	if len(seen) == 0 {
		return record{}, &FileError{Code: "ROW-EMPTY", Message: "there is nothing in it", Hint: "check that it is the right file and sheet"}
	}
	at := t.pickHeader(seen)
	t.suspect(seen[at], seen)
	// The rows below the header were read already. They are kept, because a pipe cannot be
	// read twice.
	t.ahead = seen[at+1:]
	return seen[at], nil
}

// givenHeader returns the record of the row that the campaign names.
func (t *table) givenHeader() (record, error) {
	head, above, err := t.headerAt(t.o.HeaderRow)
	if err != nil {
		return head, err
	}
	below, err := t.lookAhead()
	t.suspect(head, append(above, below...))
	return head, err
}

// suspect notes a row that has more of the wanted names than the header. The setting may be
// off by a row, and the message then names the right one.
func (t *table) suspect(head record, seen []record) {
	if t.o.Missing == nil {
		return
	}
	least, _ := t.o.Missing(names(head))
	for _, r := range seen {
		if least == 0 {
			return
		}
		if n, _ := t.o.Missing(names(r)); n < least {
			least, t.head.Likely = n, r.number
		}
	}
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

// headerAt returns the record of a row, and the first ones of the rows above it.
func (t *table) headerAt(row int) (head record, above []record, _ error) {
	for {
		rec, err := t.src.next()
		switch {
		// Blank lines are not always records. Passing the number means that the row is not
		// there.
		case errors.Is(err, io.EOF) || err == nil && (rec.number > row || rec.number == row && rec.blank()):
			return record{}, nil, &FileError{Code: "ROW-HEADER-ROW", Row: row,
				Message: fmt.Sprintf("row %d, which should have the column names, is empty", row),
				Hint:    "set rows.header_row to the row with the column names, or leave it out: they are found"}
		case err != nil:
			return record{}, nil, err
		case rec.number == row:
			return rec, above, nil
		case len(above) < headerWindow:
			above = append(above, rec)
		}
	}
}

// pickHeader returns the index of the record with the column names. It adds a notice when
// rows above it are left out.
func (t *table) pickHeader(seen []record) int {
	at := t.wanted(seen)
	// No row has all names: the template may be wrong, or the sheet. The shape of the rows
	// decides.
	if at < 0 {
		at = t.belowTitle(seen)
	}
	if at > 0 {
		t.notes = append(t.notes, Notice{Code: "ROW-HEADER-FOUND", Column: -1, Sample: strings.Join(seen[at].cells, " | "),
			Message: fmt.Sprintf("the column names were found in row %d; what stands above is not read", seen[at].number),
			Hint:    "if that is wrong, set rows.header_row"})
	}
	return at
}

// wanted returns the record that has all needed names and most of the optional ones, or -1.
// The record must also look like the top of a table, because a data row may contain the
// same words.
func (t *table) wanted(seen []record) int {
	best, least := -1, 0
	if t.o.Missing == nil {
		return best
	}
	for i, r := range seen {
		needed, optional := t.o.Missing(names(r))
		if needed == 0 && (best < 0 || optional < least) && startsTable(seen, i) {
			best, least = i, optional
		}
		// Perfect: no later row can have more names.
		if best >= 0 && least == 0 {
			break
		}
	}
	return best
}

// startsTable reports whether the rows above a row can be a title and notes. At most one of
// them may be as wide as the row, unless a blank row sets them apart.
func startsTable(seen []record, at int) bool {
	wide := 0
	for _, above := range seen[:at] {
		if filled(above) >= filled(seen[at]) {
			wide++
		}
	}
	return wide < 2 || seen[at-1].number+1 < seen[at].number
}

// belowTitle returns the first record of a table under a title. It is a row of column
// names, below a first row that is at most half as wide as usual. A note of several cells
// does not count, since a wider row of names follows it.
func (t *table) belowTitle(seen []record) int {
	width := usualWidth(seen[1:])
	// Without a title the first row is the header, whatever it looks like.
	if len(seen) < 3 || width < 2 || 2*filled(seen[0]) > width {
		return 0
	}
	for i := 1; i < len(seen); i++ {
		n := filled(seen[i])
		if i+1 < len(seen) && filled(seen[i+1]) > n && namesColumns(seen[i+1]) {
			continue
		}
		switch {
		case 2*n > width && t.heads(seen[i], seen[0]):
			return i
		case n >= width:
			return 0 // the table begins, and without names
		}
	}
	return 0
}

// heads reports whether a record can be the header below a title. A text file with another
// title width needs at least three cells: two may come from a comma in a sentence.
func (t *table) heads(r, title record) bool {
	loose := t.strict && len(r.cells) != len(title.cells) && len(r.cells) < 3
	return namesColumns(r) && !loose && !t.lacksMore(r, title)
}

// lacksMore reports whether a record has fewer of the needed names than another.
func (t *table) lacksMore(r, than record) bool {
	if t.o.Missing == nil {
		return false
	}
	mine, _ := t.o.Missing(names(r))
	others, _ := t.o.Missing(names(than))
	return mine > others
}

// usualWidth returns the median number of filled cells.
func usualWidth(rows []record) int {
	widths := make([]int, len(rows))
	for i, r := range rows {
		widths[i] = filled(r)
	}
	if len(widths) == 0 {
		return 0
	}
	slices.Sort(widths)
	return widths[len(widths)/2]
}

// namesColumns reports whether a record looks like column names. Most cells differ, and
// neither the first nor most of them are numbers, dates or addresses.
func namesColumns(r record) bool {
	var seen []string
	values := 0
	for _, name := range names(r) {
		switch {
		case name == "":
			continue
		case len(seen) == 0 && isValue(name):
			return false
		case isValue(name), slices.Contains(seen, name):
			values++
		}
		seen = append(seen, name)
	}
	return 2*values < len(seen)
}

// isValue reports whether a text is a value rather than the name of a column.
func isValue(text string) bool {
	return strings.Trim(text, "0123456789.,:/-+%€$£ ") == "" || strings.ContainsRune(text, '@') || strings.Contains(text, "://")
}

// names returns the column names that a record would give as a header.
func names(r record) []string {
	list := make([]string, len(r.cells))
	for i, c := range r.cells {
		list[i] = ColumnName(c)
	}
	return list
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

// readHeader makes columns of a record. Every column needs a name of its own. Empty columns
// at the edges are dropped, because spreadsheet programs often save a few.
func (t *table) readHeader(head record) error {
	t.width = len(head.cells)
	t.last = head.number
	t.head.Row = head.number
	first, last := 0, len(head.cells)
	for last > 0 && invisible(head.cells[last-1]) {
		last--
	}
	// In a text file every record counts from its first cell, so the first column stays
	// even if it is empty.
	for !t.strict && first < last && invisible(head.cells[first]) && !t.used(first) {
		first++
	}
	if last == 0 {
		return &FileError{Code: "ROW-EMPTY-HEADER", Row: head.number,
			Message: fmt.Sprintf("row %d has no column names", head.number), Hint: "set rows.header_row to the row with the column names"}
	}
	// A wrong delimiter can make columns without end.
	if last > maxSheetColumns {
		return &FileError{Code: "ROW-TOO-LARGE", Row: head.number, Message: fmt.Sprintf("the header has %d columns; a sheet has at most %d", last, maxSheetColumns),
			Hint: "check that it is the right file and delimiter"}
	}
	t.place = make([]int, len(head.cells))
	for i, c := range head.cells {
		// Each cell of the sheet gets its index, or -1. Rows are mapped through it, so that
		// dropped columns do not shift the others.
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

// ColumnName returns the name of a column as people read it and as [Column] has it. Line
// breaks and runs of space become one space, and invisible characters are removed. Without
// that, two names that look the same would differ.
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

// checkHeader refuses columns without a name and columns with the same name. It names every
// place, so that one look at the sheet mends all of them.
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
		// Names that differ only in case, or in how an accent is encoded, look the same to
		// a person.
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

// isNamed reports whether a cell contains the name of a column. It compares the first byte
// before anything else, since nearly every cell fails there.
func isNamed(cell, column string) bool {
	return cell == column || cell != "" && (cell[0] <= ' ' || cell[0] == column[0]) && ColumnName(cell) == column
}

// noteHeader refuses a row that repeats the column names. The sheet was pasted together
// from two exports.
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
