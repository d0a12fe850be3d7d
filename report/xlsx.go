package report

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/report/internal/workbook"
)

// statusFills returns the colours of each status word, as RRGGBB. Colour only repeats
// what the word in the cell says: the sheet can be read without it.
func statusFills() (words []string, fills []workbook.Fill) {
	for _, s := range []struct{ word, background, text string }{
		{StatusMade, "E2F0D9", "1E4620"},
		{StatusTest, "EAF1DD", "1E4620"},
		{StatusBeingMade, "DDEBF7", "1F3864"},
		{StatusNotKnown, "FFD966", "5B3A00"},
		{StatusFailed, "F8CBAD", "7B1E00"},
		{StatusProblems, "FCE4D6", "7B1E00"},
		{StatusChanged, "E4DFEC", "3F2A63"},
		{StatusToSend, "EDEDED", "333333"},
		{StatusCancelled, "D9D9D9", "333333"},
		{StatusLeftOut, "F2F2F2", "595959"},
	} {
		words = append(words, s.word)
		fills = append(fills, workbook.Fill{Background: s.background, Text: s.text})
	}
	return words, fills
}

// resultWidths are the widths of our columns, in characters, in their order.
func resultWidths() [ownColumns]float64 {
	return [ownColumns]float64{
		columnStatus: 13, columnVideo: 40, columnShare: 28, columnThumbnail: 28, columnFile: 20, columnSeconds: 14,
		columnCredits: 11, columnUnit: 13, columnBasis: 14, columnCost: 11, columnCurrency: 15,
		columnReason: 44, columnWhatToDo: 44, columnJob: 26, columnSubmitted: 21, columnFinished: 21, columnCorrected: 40,
	}
}

// writeXLSX writes the source's workbook with our columns behind those of its
// sheet. Columns of earlier results keep their place, and ours take their cells.
// Everything else stays as it is: cells keep their types, formats and formulas, and other
// sheets, widths and pictures are copied. A source that is no workbook, or one that
// cannot be extended, gives a new workbook of the rows' cells as displayed. Rows come in
// the order of the sheet; memory does not grow with their number.
func (r Results) writeXLSX(w io.Writer, rows iter.Seq2[RowResult, error]) error {
	source := r.Source
	own := r.ownColumns()
	addition := resultAddition(source, own)
	path := source.Path
	remove := func() {}
	var left []int // columns that are left out
	if workbook.Check(path, addition) != nil {
		left = EarlierResults(source.Columns)
		source.Columns = but(source.Columns, left)
		source.Letters = nil
		addition = resultAddition(source, own)
		addition.Sheet = "" // the new workbook has one sheet
		var err error
		if path, remove, err = headerAlone(source); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	defer remove()
	added := func(yield func(workbook.Row, error) bool) {
		words, _ := statusFills()
		for row, err := range rows {
			row.Cells = but(row.Cells, left)
			if !yield(addedRow(row, own, words), err) {
				return
			}
		}
	}
	if err := workbook.Extend(w, path, addition, added); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// resultAddition describes our columns to the workbook. A column of earlier results is
// named by its place in the sheet, which need not be its place among the columns that
// were read: a sheet can have empty columns in between.
func resultAddition(source Source, own []int) workbook.Addition {
	a := workbook.Addition{Sheet: source.Sheet, HeaderRow: source.HeaderRow}
	_, a.Fills = statusFills()
	widths := resultWidths()
	names := columnNames()
	for _, place := range own {
		a.Columns = append(a.Columns, workbook.Column{Name: names[place], Width: widths[place]})
	}
	for _, i := range EarlierResults(source.Columns) {
		at := i + 1
		if i < len(source.Letters) {
			at = numberOf(source.Letters[i])
		}
		if place := slices.Index(own, ownColumn(source.Columns[i])); place >= 0 {
			a.Columns[place].At = at
		}
	}
	return a
}

// addedRow turns a result into cells. Seconds and amounts are numbers, so that a person
// can add them up; a link is one only if its text is a web address.
func addedRow(r RowResult, own []int, words []string) workbook.Row {
	values := r.values()
	row := workbook.Row{Number: r.Row, Source: r.Cells, Cells: make([]workbook.Cell, len(own))}
	for i, column := range own {
		row.Cells[i] = workbook.Cell{
			Text:   values[column],
			Link:   isLinkColumn(column),
			Number: column == columnSeconds || column == columnCredits || column == columnCost,
		}
		if column == columnStatus {
			row.Cells[i].Fill = 1 + slices.Index(words, values[column])
		}
	}
	return row
}

// headerAlone makes a workbook in a temporary folder that holds nothing but the source's
// header, and returns a function that removes it. The results are then added to it as to
// a customer's own workbook.
func headerAlone(source Source) (path string, remove func(), err error) {
	folder, err := os.MkdirTemp("", "reelmerge-results-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(folder, "results.xlsx")
	if err := newWorkbook(path, source); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	return path, func() { _ = os.RemoveAll(folder) }, nil
}

// newWorkbook writes the header at the row where the source has it, so that the rows keep
// their numbers. A name that no sheet can have falls back to "Sheet1".
func newWorkbook(path string, source Source) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	sheet := source.Sheet
	if sheet == "" || f.SetSheetName("Sheet1", sheet) != nil {
		sheet = "Sheet1"
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	header := make([]any, len(source.Columns))
	for i, name := range source.Columns {
		header[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	if err := w.SetRow(fmt.Sprintf("A%d", max(1, source.HeaderRow)), header); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.SaveAs(path)
}

// Results is a results sheet that is to be written.
type Results struct {
	// Path ends in .xlsx or .csv, which says what is written.
	Path   string
	Source Source
	// Neutralize makes a CSV cell harmless where a spreadsheet program would run it.
	Neutralize func(string) string
	// Records writes CSV in the dialect of the customer's own sheet; nil is UTF-8 with
	// commas. It must not buffer: each record is there when Write returns.
	Records func(io.Writer) RecordWriter
	// Mailing leaves out all of our columns but the links.
	Mailing bool
	// Corrected adds the column that says what corrections changed.
	Corrected bool
}

// ownColumns returns the places of our columns that are written.
func (r Results) ownColumns() []int {
	if r.Mailing {
		return mailColumns()
	}
	if !r.Corrected {
		return allColumns()[:columnCorrected]
	}
	return allColumns()
}

// Save writes the results as a whole or not at all, readable by their owner alone. A
// crash leaves the earlier file or the new one, never a part. When another program has
// the file open, the results are written beside it; the path that was written is
// returned, so that the caller can tell.
func (r Results) Save(rows iter.Seq2[RowResult, error]) (written string, err error) {
	file, err := atomicfile.Create(r.Path)
	if err != nil {
		return "", fmt.Errorf("write results: %w", err)
	}
	defer file.Discard()
	if err := r.Write(file, rows); err != nil {
		return "", err
	}
	if written, err = file.CommitBeside(); err != nil {
		return "", fmt.Errorf("write results: %w", err)
	}
	return written, nil
}

// Write writes the results in the format that the path's ending names. It turns a panic
// into an error: a library that reads a stranger's workbook may fail on it, and that must
// not end a process that watches paid jobs.
func (r Results) Write(w io.Writer, rows iter.Seq2[RowResult, error]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write results: %w", &PanicError{What: p, Stack: debug.Stack()})
		}
	}()
	if strings.EqualFold(filepath.Ext(r.Path), ".xlsx") {
		return r.writeXLSX(w, rows)
	}
	return r.writeCSV(w, rows)
}

// PanicError is a panic while a file was written.
type PanicError struct {
	What  any
	Stack []byte // for a log; it has functions and lines, and no value of a row
}

// Error says it in one line. It quotes only errors of the Go runtime: the text of any
// other panic could contain values of a row.
func (e *PanicError) Error() string {
	if fault, ok := e.What.(runtime.Error); ok {
		return "internal error: " + fault.Error()
	}
	return "internal error"
}
