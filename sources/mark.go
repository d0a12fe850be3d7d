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
	"github.com/reelmerge/reelmerge/internal/stylesheet"
)

const (
	// MaxComments is how many cells of a marked copy get a comment; cells
	// beyond it are coloured only. Spreadsheet programs draw a box for each.
	MaxComments = 5000

	maxCellText    = 32_767 // what a cell of a workbook can hold
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

// WriteMarked writes a copy of a sheet as a workbook in which bad cells are
// coloured and carry a comment, to be repaired in a spreadsheet program and
// read back. Rows keep their numbers; those of JSON Lines, which has no header,
// move down by one. Of a workbook everything else is kept, other sheets too.
// The copy appears whole or not at all, readable by its owner alone.
func WriteMarked(src, dst string, o Options, marks []Mark) error {
	if atomicfile.Same(src, dst) {
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy would replace the sheet itself", Hint: "give it another name"}
	}
	return writeBook(dst, func(w io.Writer) error { return WriteMarkedTo(w, src, o, marks) })
}

// WriteMarkedTo is [WriteMarked] to a writer.
func WriteMarkedTo(w io.Writer, src string, o Options, marks []Mark) (err error) {
	defer func() {
		// What excelize does with a stranger's workbook is not ours to prove.
		if p := recover(); p != nil {
			err = &FileError{Code: "ROW-DAMAGED", Path: src, Message: "the workbook cannot be copied", Err: fmt.Errorf("%v", p),
				Hint: "save it again in a spreadsheet program, or work from the list of problems"}
		}
	}()
	m, err := newMarker(src, o, marks)
	if err != nil {
		return inFile(src, err)
	}
	f, err := m.copy()
	if err != nil {
		return inFile(src, err)
	}
	_, err = f.WriteTo(w)
	return errors.Join(err, f.Close())
}

// writeBook writes a workbook under a temporary name first.
func writeBook(dst string, fill func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(dst), ".reelmerge-*.xlsx")
	if err != nil {
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy cannot be written", Err: err, Hint: "check that the folder is there and may be written to"}
	}
	err = errors.Join(fill(tmp), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), dst)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error says more
		var known *FileError
		if errors.As(err, &known) {
			return known
		}
		return &FileError{Code: "ROW-FILE", Path: dst, Message: "the marked copy cannot be written", Err: err, Hint: "check that there is space left"}
	}
	return nil
}

// cellMark is what one cell gets.
type cellMark struct {
	row, column int // the column counts from the sheet's column A
	text        string
	warning     bool
}

// address returns the cell's address.
func (c *cellMark) address() string { return Address(c.column, c.row) }

// marker makes a marked copy.
type marker struct {
	src    string
	o      Options
	kind   kind
	sheet  string
	marks  []cellMark // by row and column
	file   *excelize.File
	styles map[[2]int]int // style and colour → marked style
}

// newMarker reads the header, to know where columns stand.
func newMarker(src string, o Options, marks []Mark) (*marker, error) {
	r, err := Open(src, o)
	if err != nil {
		return nil, err
	}
	t := r.(*table) // Open returns no other
	m := &marker{src: src, o: o, sheet: t.sheet, styles: map[[2]int]int{}}
	shift := 0
	switch t.src.(type) {
	case *worksheet:
		m.kind = workbookKind
	case *jsonLines:
		m.kind, shift = jsonKind, 1
	}
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

// sheetColumn returns where a column stands in the sheet; the first one stands
// for the row.
func (t *table) sheetColumn(index int) int {
	for at, i := range t.place {
		if i == max(index, 0) {
			return at
		}
	}
	return 0
}

// copy makes the workbook.
func (m *marker) copy() (*excelize.File, error) {
	if m.kind == workbookKind {
		return m.copyWorkbook()
	}
	m.file, m.sheet = excelize.NewFile(), "Sheet1"
	if err := m.comment(); err != nil { // before the stream, which else forgets them
		return nil, err
	}
	return m.file, m.copyText()
}

// copyWorkbook opens the workbook as a whole, once every part of it is known
// to be as large as it says.
func (m *marker) copyWorkbook() (*excelize.File, error) {
	if err := proveSizes(m.src); err != nil {
		return nil, err
	}
	var err error
	if m.file, err = excelize.OpenFile(m.src, excelize.Options{UnzipSizeLimit: MaxExpanded, TmpDir: m.o.TempDir}); err != nil {
		return nil, damaged("", err)
	}
	if err := stylesheet.Complete(m.file); err != nil {
		return nil, damaged("", err)
	}
	if err := m.comment(); err != nil {
		return nil, err
	}
	for i := range m.marks {
		cell := m.marks[i].address()
		style, err := m.file.GetCellStyle(m.sheet, cell)
		if err == nil {
			style, err = m.style(style, m.marks[i].warning)
		}
		if err == nil {
			err = m.file.SetCellStyle(m.sheet, cell, cell, style)
		}
		if err != nil {
			return nil, damaged("", err)
		}
	}
	return m.file, nil
}

// proveSizes expands every part of a workbook once, into nothing.
func proveSizes(src string) error {
	f, err := os.Open(src)
	if err != nil {
		return openError(src, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return openError(src, err)
	}
	a, err := openArchive(f, info.Size())
	if err != nil {
		return err
	}
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

// comment adds the comments, below those that are there.
func (m *marker) comment() error {
	old := map[string]string{}
	if m.kind == workbookKind {
		there, err := m.file.GetComments(m.sheet)
		if err != nil {
			return damaged("", err)
		}
		for _, c := range there {
			old[c.Cell] = c.Text
			for _, run := range c.Paragraph {
				old[c.Cell] += run.Text
			}
		}
	}
	for i := range m.marks[:min(len(m.marks), MaxComments)] {
		cell, text := m.marks[i].address(), m.marks[i].text
		if was, ok := old[cell]; ok {
			if err := m.file.DeleteComment(m.sheet, cell); err != nil {
				return damaged("", err)
			}
			text = strings.TrimSpace(was) + "\n" + text
		}
		if len(text) > maxCommentText {
			text = strings.ToValidUTF8(text[:maxCommentText], "") + "…"
		}
		c := excelize.Comment{Cell: cell, Author: "Reelmerge", Width: 280, Height: 90, Text: text}
		if err := m.file.AddComment(m.sheet, c); err != nil {
			return fmt.Errorf("comment cell %s: %w", cell, err)
		}
	}
	return nil
}

// style returns a cell format that is like another one, in the colour of a
// fault.
func (m *marker) style(base int, warning bool) (int, error) {
	key := [2]int{base, 0}
	colour := errorColour
	if warning {
		key[1], colour = 1, warningColour
	}
	if id, ok := m.styles[key]; ok {
		return id, nil
	}
	s, err := m.file.GetStyle(base)
	if err != nil {
		return 0, err
	}
	s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	id, err := m.file.NewStyle(s)
	m.styles[key] = id
	return id, err
}

// copyText streams the records of a text file into the workbook, as text.
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
		for len(next) > 0 && next[0].row < rec.number {
			next = next[1:]
		}
		if next, err = m.writeRow(out, rec, next); err != nil {
			return err
		}
	}
}

// records returns the rows of a text file; JSON objects below their keys.
func (m *marker) records(in io.Reader) (recordSource, error) {
	if m.kind != jsonKind {
		return openDelimited(m.src, in, m.o)
	}
	j, err := openJSONLines(in, m.o)
	if err != nil {
		return nil, err
	}
	return &shifted{jsonLines: j}, nil
}

// shifted is JSON Lines with its keys in row 1 and each object a row lower.
type shifted struct{ *jsonLines }

func (s *shifted) next() (record, error) {
	header := !s.started
	rec, err := s.jsonLines.next()
	if rec.number++; header {
		rec.number = 1
	}
	return rec, err
}

// writeRow writes one row and takes its marks from the list.
func (m *marker) writeRow(out *excelize.StreamWriter, rec record, marks []cellMark) ([]cellMark, error) {
	if len(rec.cells) == 0 && (len(marks) == 0 || marks[0].row != rec.number) {
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
	for ; len(marks) > 0 && marks[0].row == rec.number; marks = marks[1:] {
		for len(row) <= marks[0].column {
			row = append(row, "")
		}
		style, err := m.style(0, marks[0].warning)
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
