package sources

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/sources/internal/marking"
)

const (
	// MaxComments is how many cells of a marked copy get a comment; cells
	// beyond it are coloured only. Spreadsheet programs draw a box for each.
	MaxComments = 5000

	maxCellText    = 32_767 // the most that a cell of a workbook can hold
	maxCommentText = 2000
	errorColour    = "FFC7CE"
	warningColour  = "FFEB9C"
)

// Mark is something to point out in a marked copy.
type Mark struct {
	// Row is the row's number and Column the index of its column; -1 stands
	// for the row as a whole, whose first cell gets the mark.
	Row, Column int
	// Message becomes the comment of the cell.
	Message string
	// Warning says that the row can be used as it is: the colour is another.
	Warning bool
}

// WriteMarked writes a copy of a sheet as a workbook, with bad cells coloured and
// commented. The user repairs them in a spreadsheet program and reads the copy back. Rows
// keep their numbers, but those of JSON Lines move down by one to make room for a header. An
// XLSX workbook keeps everything else, other sheets too; of an ODS the copy has the rows. The copy appears whole or not at all,
// and only its owner can read it.
func WriteMarked(src, dst string, o Options, marks []Mark) error {
	if atomicfile.Same(src, dst) {
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy would replace the sheet itself", Hint: "give it another name"}
	}
	return writeBook(dst, func(w io.Writer) error { return WriteMarkedTo(w, src, o, marks) })
}

// WriteMarkedTo is [WriteMarked] to a writer. It reads the finished copy back before it
// writes a byte.
func WriteMarkedTo(w io.Writer, src string, o Options, marks []Mark) (err error) {
	defer func() {
		// The libraries for workbooks may panic on a sheet that they do not expect. The
		// user then gets an error, and the run goes on.
		if p := recover(); p != nil {
			err = uncopied(src, fmt.Errorf("%v", p))
		}
	}()
	m, err := newMarker(src, o, marks)
	if err != nil {
		return inFile(src, err)
	}
	if m.kind == workbookKind {
		return inFile(src, m.copyWorkbook(w))
	}
	return inFile(src, m.copyRows(w))
}

// uncopied returns the error of a workbook that can be read but not copied.
func uncopied(src string, err error) error {
	return &FileError{Code: "ROW-DAMAGED", Path: src, Message: "the workbook cannot be copied", Err: err,
		Hint: "save it again in a spreadsheet program, or work from the list of problems"}
}

// writeBook writes a workbook under a temporary name and renames it at the end. A crash
// leaves no half copy under the final name.
func writeBook(dst string, fill func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(dst), ".reelmerge-*.xlsx")
	if err != nil {
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy cannot be written", Err: err, Hint: "check that the folder is there and may be written to"}
	}
	err = errors.Join(fill(tmp), tmp.Sync(), tmp.Close())
	// Sync before the rename: after a power cut the name must not point to an empty file.
	if err == nil {
		err = os.Rename(tmp.Name(), dst)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error says more
		// An error that already has a code and a hint says more than a general one.
		var known *FileError
		if errors.As(err, &known) {
			return known
		}
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy cannot be written", Err: err, Hint: "check that there is space left"}
	}
	return nil
}

// cellMark is the mark of one cell.
type cellMark struct {
	row, column int // the column counts from the sheet's column A
	text        string
	warning     bool
}

// address returns the cell's address.
func (c *cellMark) address() string { return Address(c.column, c.row) }

// colour returns the colour of the cell.
func (c *cellMark) colour() string {
	if c.warning {
		return warningColour
	}
	return errorColour
}

// comment returns the comment of the n-th mark, or "" if it gets none.
func (c *cellMark) comment(n int) string {
	switch {
	case n >= MaxComments:
		return ""
	case len(c.text) > maxCommentText:
		// The cut may split a letter.
		return strings.ToValidUTF8(c.text[:maxCommentText], "") + "…"
	}
	return strings.ToValidUTF8(c.text, "\ufffd")
}

// marker makes a marked copy.
type marker struct {
	src    string
	o      Options
	kind   kind
	sheet  string
	marks  []cellMark // by row and column
	file   *excelize.File
	styles map[bool]int // the formats of warnings and of faults
}

// newMarker reads the header to learn where the columns stand, and sorts the marks by their
// place.
func newMarker(src string, o Options, marks []Mark) (*marker, error) {
	r, err := Open(src, o)
	if err != nil {
		return nil, err
	}
	t := r.(*table) // Open returns no other
	m := &marker{src: src, o: o, sheet: t.sheet, styles: map[bool]int{}}
	shift := 0
	switch t.src.(type) {
	case *worksheet:
		m.kind = workbookKind
	case *odsSheet:
		m.kind = openDocumentKind
	case *jsonLines:
		m.kind = jsonKind
		shift = 1
	}
	// A cell can have one comment only, so all messages about it go into one. It is a
	// warning only if all of them are.
	at := map[[2]int]*cellMark{}
	for _, mark := range marks {
		column := t.sheetColumn(mark.Column)
		key := [2]int{mark.Row + shift, column}
		if c := at[key]; c != nil {
			c.text += "\n" + mark.Message
			c.warning = c.warning && mark.Warning
			continue
		}
		at[key] = &cellMark{row: key[0], column: column, text: mark.Message, warning: mark.Warning}
	}
	for _, c := range at {
		m.marks = append(m.marks, *c)
	}
	slices.SortFunc(m.marks, func(a, b cellMark) int { return cmp.Or(a.row-b.row, a.column-b.column) })
	return m, r.Close()
}

// sheetColumn returns the place of a column in the sheet. A mark of the whole row goes to
// the first column.
func (t *table) sheetColumn(index int) int {
	for at, i := range t.place {
		if i == max(index, 0) {
			return at
		}
	}
	return 0
}

// copyWorkbook writes a copy of the workbook. It first proves that every part is as large
// as the archive says, because the copying does not check that again.
func (m *marker) copyWorkbook(w io.Writer) error {
	f, err := os.Open(m.src)
	if err != nil {
		return openError(m.src, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return openError(m.src, err)
	}
	b, err := openBook(f, info.Size())
	if err == nil {
		err = b.proveSizes()
	}
	if err != nil {
		return err
	}
	part, err := b.pick(m.sheet)
	if err != nil {
		return err
	}
	cells := make([]marking.Cell, len(m.marks))
	for i := range m.marks {
		cells[i] = marking.Cell{Row: m.marks[i].row, Column: m.marks[i].column + 1, Text: m.marks[i].comment(i), Colour: m.marks[i].colour()}
	}
	if err := marking.Copy(w, b.zip, marking.Options{Workbook: b.main, Sheet: part.part, TempDir: m.o.TempDir}, cells); err != nil {
		return uncopied(m.src, err)
	}
	return nil
}

// proveSizes expands every part once and discards the bytes. The reader fails on a part
// that is larger than declared.
func (a *archive) proveSizes() error {
	for name := range a.parts {
		r, err := a.open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r)
		_ = r.Close() // it was only read
		if err != nil {
			return err
		}
	}
	return nil
}

// copyRows makes a workbook of the rows of a file that is no XLSX.
func (m *marker) copyRows(w io.Writer) error {
	draft, err := ooxml.NewDraft(m.o.TempDir)
	if err != nil {
		return err
	}
	defer func() { _ = draft.Close() }() // its content was written, or there is an error
	m.file = excelize.NewFile()
	// The sheet of an ODS keeps its name, unless Excel allows no such name.
	if m.sheet == "" || m.file.SetSheetName("Sheet1", m.sheet) != nil {
		m.sheet = "Sheet1"
	}
	defer func() { _ = m.file.Close() }() // the draft has it all
	// Comments go in before the rows. The stream writer would forget any that follow it.
	if err := m.comment(); err != nil {
		return err
	}
	if err := m.copyText(); err != nil {
		return err
	}
	if _, err := m.file.WriteTo(draft); err != nil {
		return fmt.Errorf("write marked copy: %w", err)
	}
	return draft.Deliver(w, nil)
}

// comment adds the comments.
func (m *marker) comment() error {
	for i := range m.marks[:min(len(m.marks), MaxComments)] {
		cell := m.marks[i].address()
		c := excelize.Comment{Cell: cell, Author: marking.Author, Width: 280, Height: 90, Text: m.marks[i].comment(i)}
		if err := m.file.AddComment(m.sheet, c); err != nil {
			return fmt.Errorf("comment cell %s: %w", cell, err)
		}
	}
	return nil
}

// style returns the format of a fault or a warning.
func (m *marker) style(c *cellMark) (int, error) {
	if id, ok := m.styles[c.warning]; ok {
		return id, nil
	}
	id, err := m.file.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{c.colour()}}})
	m.styles[c.warning] = id
	return id, err
}

// copyText streams the records of the file into the workbook. All cells are text, so
// that a spreadsheet program does not turn ids into numbers or dates.
func (m *marker) copyText() error {
	src, err := os.Open(m.src)
	if err != nil {
		return openError(m.src, err)
	}
	defer func() { _ = src.Close() }() // it was only read
	records, err := m.records(src)
	if err != nil {
		return err
	}
	defer func() { _ = records.close() }() // it was only read
	out, err := m.file.NewStreamWriter(m.sheet)
	if err != nil {
		return fmt.Errorf("write marked copy: %w", err)
	}
	for next := m.marks; ; {
		rec, err := records.next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		// Marks of rows above this one have no cell left, such as those of blank rows.
		for len(next) > 0 && next[0].row < rec.number {
			next = next[1:]
		}
		if next, err = m.writeRow(out, rec, next); err != nil {
			return err
		}
	}
}

// records returns the rows of the file. JSON objects come below a row of their keys.
func (m *marker) records(in *os.File) (recordSource, error) {
	switch m.kind {
	case openDocumentKind:
		return m.table(in)
	case delimitedKind, workbookKind:
		return openDelimited(m.src, in, m.o)
	case jsonKind:
	}
	j, err := openJSONLines(in, m.o)
	if err != nil {
		return nil, err
	}
	return &shifted{jsonLines: j}, nil
}

// table returns the rows of a sheet of an OpenDocument file.
func (m *marker) table(in *os.File) (recordSource, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, openError(m.src, err)
	}
	w, err := openBook(in, info.Size())
	if err != nil {
		return nil, err
	}
	part, err := w.pick(m.o.Sheet)
	if err != nil {
		return nil, err
	}
	return w.openSheet(part, m.o)
}

// shifted reads JSON Lines with the keys in row 1, and each object one row lower.
type shifted struct{ *jsonLines }

// next moves the record down by a row.
func (s *shifted) next() (record, error) {
	header := !s.started
	rec, err := s.jsonLines.next()
	if rec.number++; header {
		rec.number = 1
	}
	return rec, err
}

// writeRow writes one row, and returns the marks that are left.
func (m *marker) writeRow(out *excelize.StreamWriter, rec record, marks []cellMark) ([]cellMark, error) {
	if len(rec.cells) == 0 && (len(marks) == 0 || marks[0].row != rec.number) {
		// A blank row without a mark is left out; the rows below keep their numbers.
		return marks, nil
	}
	if rec.number > maxSheetRows || len(rec.cells) > maxSheetColumns {
		return nil, &FileError{Code: "ROW-TOO-LARGE", Row: rec.number, Message: "a workbook cannot hold that many rows or columns",
			Hint: "work from the list of problems, or split the file"}
	}
	row := make([]any, len(rec.cells))
	for i, c := range rec.cells {
		if len(c) > maxCellText && len([]rune(c)) > maxCellText {
			return nil, &FileError{Code: "ROW-CELL-SIZE", Row: rec.number, Cell: Address(i, rec.number),
				Message: fmt.Sprintf("cell %s has more than %d characters, which no workbook can hold", Address(i, rec.number), maxCellText),
				Hint:    "shorten it in the file itself"}
		}
		row[i] = c
	}
	// A mark may stand beyond the last cell of a short row. The row is filled up to it.
	for ; len(marks) > 0 && marks[0].row == rec.number; marks = marks[1:] {
		for len(row) <= marks[0].column {
			row = append(row, "")
		}
		style, err := m.style(&marks[0])
		if err != nil {
			return nil, fmt.Errorf("write marked copy: %w", err)
		}
		row[marks[0].column] = excelize.Cell{StyleID: style, Value: row[marks[0].column]}
	}
	if err := out.SetRow(Address(0, rec.number), row); err != nil {
		return nil, fmt.Errorf("write marked copy: %w", err)
	}
	return marks, nil
}
