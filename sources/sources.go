// Package sources reads the sheets that people really have: CSV in any dialect, XLSX, ODS
// and JSON Lines. It returns them as one stream of rows that know their place.
//
//	r, err := sources.Open("customers.xlsx", sources.Options{})
//	for {
//		row, err := r.Next() // io.EOF at the end
//		…
//	}
//	for _, n := range r.Notices() { … }
//
// Two promises hold for every format. A cell's text is the text that a person sees in the
// cell, or the cell carries a [Fault] that names it. And each guess is told: an encoding, a
// header that is not in the first row, or a date written as ISO 8601 is a [Notice].
//
// No bytes make this package panic. The cost of a stranger's file is bounded: see
// [MaxRecord] and the limits in zip.go.
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
	// Missing returns how many needed and how many optional columns are not among these. If
	// it is set, the header is the row near the top that has all needed and most optional
	// names.
	Missing func(columns []string) (needed, optional int)
	// Encoding overrides detection, by its usual name: "windows-1252".
	Encoding string
	// Delimiter overrides detection. It is one ASCII character, or one of the words "tab",
	// "comma", "semicolon", "pipe" and "space".
	Delimiter string
	// SkipHidden leaves out hidden and filtered rows.
	SkipHidden bool
	// Dates is the Go layout ("2 January 2006") for the date cells of a workbook. If it is
	// empty, a cell's own format counts, or else ISO 8601 with a notice.
	Dates string
	// Earlier asks for [Row.Earlier], which takes time.
	Earlier bool
	// Name is what messages call the file; default: its path.
	Name string
	// TempDir is the folder for a workbook that comes through a pipe; default: the
	// system's.
	TempDir string
}

// Reader is a stream of rows. It is not safe for concurrent use, but the rows that it
// returned are.
type Reader interface {
	// Columns returns the header, in the order of the sheet.
	Columns() []Column
	// Header says in which row the header is.
	Header() Header
	// Next returns the next row that is not blank, or io.EOF. Any other error is a
	// *FileError and ends the stream. A Row stays valid afterwards.
	Next() (Row, error)
	// Notices returns the assumptions of the reader. It is complete after io.EOF.
	Notices() []Notice
	// Sheet returns the name of the worksheet, "" where there is none.
	Sheet() string
	// Close releases the file. Rows stay valid.
	Close() error
}

// Header says where the column names are. Rows count as in a spreadsheet program.
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
	// Letter is the column's name in a spreadsheet program. It differs from the index if
	// the table does not start in column A.
	Letter string
}

// Address returns the address of the column's cell in a row: "D147".
func (c Column) Address(row int) string { return c.Letter + strconv.Itoa(row) }

// Row is one record of the sheet. It owns its strings.
type Row struct {
	// Number is the row number that a spreadsheet program shows. Blank lines count, and a
	// line break inside quotes does not start a row.
	Number int
	// Cells has one text per column, as displayed. A cell that the sheet leaves out is
	// empty.
	Cells []string
	// Earlier has the cells as the first version of this program read them, nil where it
	// read the same or where [Options.Earlier] does not ask. It finds rows again that are
	// known by their values, and is not to be shown or sent.
	Earlier []string
	// Sheet has the cells as the sheet has them, where corrections have changed some; nil
	// where they are Cells.
	Sheet []string
	// Faults lists the faults of the row and of its cells.
	Faults []Fault
	// Hidden says that the sheet hides the row, by hand or by a filter.
	Hidden bool
}

// Fault describes a mistake in a row or in one of its cells.
type Fault struct {
	// Column is an index into the columns, -1 for the row as a whole.
	Column int
	// Code names the rule: ROW-RAGGED.
	Code string
	// Value is the text the fault is about.
	Value string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
	// Severity is a warning if the row is usable despite the fault.
	Severity problem.Severity
}

// Notice is an assumption of the reader about the whole sheet. Its JSON is part of `check
// --json`.
type Notice struct {
	// Code names the assumption: ROW-ENCODING-GUESSED.
	Code string `json:"code"`
	// Message describes the assumption, Hint how to change it.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Column is an index into the columns, or -1 for the whole sheet.
	Column int `json:"-"`
	// Sample is a text that shows the assumption at work.
	Sample string `json:"-"`
}

// FileError is a fault of the whole file. Nothing more can be read from it.
type FileError struct {
	// Code names the rule: ROW-ENCRYPTED.
	Code string
	// Path is the file as the caller named it.
	Path string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
	// Row and Cell name the place, if there is one.
	Row  int
	Cell string
	// Err is the cause: a system error, or another FileError.
	Err error
}

// Error returns the name of the file and its fault.
func (e *FileError) Error() string { return fmt.Sprintf("read %q: %s", e.Path, e.reason()) }

// reason returns the message with its cause.
func (e *FileError) reason() string {
	var more *FileError
	switch {
	case e.Err == nil:
		return e.Message
	// The inner error would repeat the path. Its reason is enough.
	case errors.As(e.Err, &more):
		return e.Message + "; " + more.reason()
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Address returns the name of a cell in a spreadsheet program: column 3 of row 147 is
// "D147". The column counts from 0 at the sheet's left edge. For a table that starts
// elsewhere use [Column.Address].
func Address(column, row int) string { return letters(column) + strconv.Itoa(row) }

// letters returns the spreadsheet name of a column, 0 being "A".
func letters(column int) string {
	var b [8]byte
	i := len(b)
	for column >= 0 && i > 0 {
		i--
		b[i] = byte('A' + column%26)
		// Letters have no zero: after Z comes AA. Hence the 1 less in each further place.
		column = column/26 - 1
	}
	return string(b[i:])
}
