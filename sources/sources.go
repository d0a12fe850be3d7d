// Package sources reads the sheets people really have: CSV in any dialect,
// XLSX, JSON Lines. It hands them on as one stream of rows that know their
// place.
//
//	r, err := sources.Open("customers.xlsx", sources.Options{})
//	for {
//		row, err := r.Next() // io.EOF at the end
//		…
//	}
//	for _, n := range r.Notices() { … }
//
// Two promises hold for every format. A cell's text is what a person sees in
// that cell, or the cell carries a [Fault] that names it. And nothing is
// guessed silently: each guess (an encoding, a header that is not in the first
// row, a date written as ISO 8601) is a [Notice].
//
// No bytes make this package panic, and what a stranger's file may cost is
// bounded: see [MaxRecord] and the limits in zip.go.
package sources

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/reelmerge/reelmerge/problem"
)

// Options says how to read a sheet. A zero field means "detect".
type Options struct {
	// Sheet is the name of the worksheet; default: the first visible one.
	Sheet string
	// HeaderRow is the row of the column names, counted from 1 as a
	// spreadsheet program counts.
	HeaderRow int
	// Missing counts the columns that are not among these: those that are
	// needed, and those that may be left out. Where it is set, the row at the
	// top that has all that are needed, and most of the others, is the header.
	Missing func(columns []string) (needed, optional int)
	// Encoding overrides what was detected, by its usual name: "windows-1252".
	Encoding string
	// Delimiter overrides what was detected. It is one ASCII character, or
	// one of the words "tab", "comma", "semicolon", "pipe" and "space".
	Delimiter string
	// SkipHidden leaves hidden and filtered rows out.
	SkipHidden bool
	// Dates is the Go layout ("2 January 2006") that date cells of a workbook
	// are written in. Empty means the cell's own custom format, else ISO 8601
	// with a notice.
	Dates string
	// TempDir is where a workbook that comes through a pipe is kept while it
	// is read; default: the system's.
	TempDir string
}

// Reader is a stream of rows. It is not safe for concurrent use; the rows it
// returned are.
type Reader interface {
	// Columns returns the header, in the order of the sheet.
	Columns() []Column
	// Header says in which row the header is.
	Header() Header
	// Next returns the next row that is not blank, or io.EOF. Any other error
	// is a *FileError and ends the stream. A Row stays valid afterwards.
	Next() (Row, error)
	// Notices returns what was assumed; it is complete after io.EOF.
	Notices() []Notice
	// Sheet returns the name of the worksheet, "" where there is none.
	Sheet() string
	// Close releases the file. Rows stay valid.
	Close() error
}

// Header is a place of column names, as a spreadsheet program counts rows.
type Header struct {
	// Row is the row that was read as the header.
	Row int
	// Likely is another row, which has more of the wanted names; 0 is none.
	Likely int
}

// Column is one column of the header.
type Column struct {
	// Name is the header's text as [ColumnName] has it.
	Name string
	// Index is the column's place in [Row.Cells].
	Index int
	// Letter is what a spreadsheet program calls the column, also where the
	// table does not start in column A.
	Letter string
}

// Address returns the address of the column's cell in a row: "D147".
func (c Column) Address(row int) string { return c.Letter + strconv.Itoa(row) }

// Row is one record of the sheet. It owns its strings.
type Row struct {
	// Number is the row number a spreadsheet program shows: blank lines count,
	// a line break inside quotes does not start a row.
	Number int
	// Cells has one text per column, as displayed; cells that the sheet leaves
	// out are empty.
	Cells []string
	// Faults lists what is wrong with the row or with single cells of it.
	Faults []Fault
	// Hidden says that the sheet hides the row, by hand or by a filter.
	Hidden bool
}

// Fault is something wrong with a row or one of its cells.
type Fault struct {
	// Column is an index into the columns, -1 for the row as a whole.
	Column int
	// Code names the rule: ROW-RAGGED.
	Code string
	// Value is the text the fault is about.
	Value string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
	// Severity is a warning where the row can be used as it is.
	Severity problem.Severity
}

// Notice is something the reader assumed about the whole sheet. Its JSON is that
// of `check --json`.
type Notice struct {
	// Code names what was assumed: ROW-ENCODING-GUESSED.
	Code string `json:"code"`
	// Message says what was assumed, Hint how to say otherwise.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Column is an index into the columns, -1 where it concerns none.
	Column int `json:"-"`
	// Sample is a text that shows the assumption at work.
	Sample string `json:"-"`
}

// FileError is a fault of the file as a whole: nothing, or nothing more, can
// be read from it.
type FileError struct {
	// Code names the rule: ROW-ENCRYPTED.
	Code string
	// Path is the file as the caller named it.
	Path string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
	// Row and Cell say where, as far as there is a place.
	Row  int
	Cell string
	// Err is the cause: an error of the system, or one more FileError.
	Err error
}

// Error returns the file's name and what is wrong with it.
func (e *FileError) Error() string { return fmt.Sprintf("read %q: %s", e.Path, e.reason()) }

// reason is the message with the cause.
func (e *FileError) reason() string {
	var more *FileError
	switch {
	case e.Err == nil:
		return e.Message
	case errors.As(e.Err, &more):
		return e.Message + "; " + more.reason()
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Address returns what a spreadsheet program calls a cell: column 3 of row 147
// is "D147". The column counts from 0 at the sheet's left edge; where a table
// does not start there use [Column.Address].
func Address(column, row int) string { return letters(column) + strconv.Itoa(row) }

// letters returns the spreadsheet name of a column, 0 being "A".
func letters(column int) string {
	var b [8]byte
	i := len(b)
	for column >= 0 && i > 0 {
		i--
		b[i] = byte('A' + column%26)
		column = column/26 - 1
	}
	return string(b[i:])
}
