package sources

import (
	"fmt"
	"io"
	"iter"
)

// FromRows returns a reader of rows that are in no file, such as those of a database. The
// names of the columns have the order of the cells. A row without a number gets its place,
// as if the names stood in row 1. An error ends the stream.
func FromRows(columns []string, rows iter.Seq2[Row, error]) Reader {
	s := &sequence{}
	for i, name := range columns {
		s.columns = append(s.columns, Column{Name: ColumnName(name), Index: i, Letter: letters(i)})
	}
	// Pull turns the caller's loop into calls. Close must stop it, or its goroutine would
	// stay.
	s.next, s.stop = iter.Pull2(rows)
	return s
}

// sequence reads rows that the calling program supplies.
type sequence struct {
	columns []Column
	next    func() (Row, error, bool)
	stop    func()
	read    int
}

// Columns implements [Reader].
func (s *sequence) Columns() []Column { return s.columns }

// Header implements [Reader].
func (s *sequence) Header() Header { return Header{Row: 1} }

// Next implements [Reader].
func (s *sequence) Next() (Row, error) {
	row, err, more := s.next()
	switch {
	case !more:
		return Row{}, io.EOF
	case err != nil:
		return Row{}, &FileError{Code: "ROW-FILE", Path: "rows", Message: "the next row could not be had", Err: err}
	// A database knows its columns. A row with more cells is a mistake in the program, and
	// not one in the data.
	case len(row.Cells) > len(s.columns):
		return Row{}, &FileError{Code: "ROW-RAGGED", Path: "rows", Row: row.Number, Message: fmt.Sprintf("a row has %d cells, and there are %d columns", len(row.Cells), len(s.columns))}
	}
	s.read++
	if row.Number == 0 {
		row.Number = s.read + 1
	}
	for len(row.Cells) < len(s.columns) {
		row.Cells = append(row.Cells, "")
	}
	return row, nil
}

// Notices implements [Reader].
func (s *sequence) Notices() []Notice { return nil }

// Sheet implements [Reader].
func (s *sequence) Sheet() string { return "" }

// Close implements [Reader].
func (s *sequence) Close() error {
	s.stop()
	return nil
}
