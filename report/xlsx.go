package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/report/internal/workbook"
)

// statusFills returns the colour of each status, readable without colour too:
// the word is in the cell.
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
		words, fills = append(words, s.word), append(fills, workbook.Fill{Background: s.background, Text: s.text})
	}
	return words, fills
}

// widths of our columns, in characters.
func resultWidths() [ownColumns]float64 {
	return [ownColumns]float64{13, 40, 28, 28, 14, 11, 14, 44, 44, 26, 21, 21}
}

// WriteResultsXLSX writes the source's workbook with our columns behind those of
// its sheet; where that has columns of earlier results, ours take their cells.
// Everything else in it stays as it is: cells keep their types, formats and
// formulas, other sheets, widths and pictures are copied. Where the source is no
// workbook, or one that cannot be added to, a new one is made of the rows' cells as
// displayed. Rows come in the order of the sheet; memory does not grow with them.
func WriteResultsXLSX(w io.Writer, source Source, rows iter.Seq2[RowResult, error]) error {
	addition := resultAddition(source)
	path, remove := source.Path, func() {}
	var left []int // columns that are left out
	if workbook.Check(path, addition) != nil {
		left = EarlierResults(source.Columns)
		source.Columns, source.Letters = but(source.Columns, left), nil
		addition = resultAddition(source)
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
			if !yield(addedRow(row, words), err) {
				return
			}
		}
	}
	if err := workbook.Extend(w, path, addition, added); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

func resultAddition(source Source) workbook.Addition {
	a := workbook.Addition{Sheet: source.Sheet, HeaderRow: source.HeaderRow}
	_, a.Fills = statusFills()
	widths := resultWidths()
	for i, name := range ResultColumns() {
		a.Columns = append(a.Columns, workbook.Column{Name: name, Width: widths[i]})
	}
	for _, i := range EarlierResults(source.Columns) {
		at := i + 1
		if i < len(source.Letters) {
			at = numberOf(source.Letters[i])
		}
		a.Columns[ownColumn(source.Columns[i])].At = at
	}
	return a
}

func addedRow(r RowResult, words []string) workbook.Row {
	own := r.values()
	row := workbook.Row{Number: r.Row, Source: r.Cells, Cells: make([]workbook.Cell, ownColumns)}
	for i, text := range own {
		row.Cells[i] = workbook.Cell{
			Text:   text,
			Link:   i >= columnLinks && i < columnLinks+3,
			Number: i == columnSeconds || i == columnCredits,
		}
	}
	for i, word := range words {
		if own[columnStatus] == word {
			row.Cells[columnStatus].Fill = i + 1
		}
	}
	return row
}

// headerAlone makes a workbook that holds the source's header.
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
	// Neutralize makes a CSV cell harmless: see [WriteResultsCSV].
	Neutralize func(string) string
	// Records writes CSV in the dialect of the customer's own sheet; nil is that of
	// [WriteResultsCSV]. It holds nothing back: what was written is there.
	Records func(io.Writer) RecordWriter
}

// Save writes the results as a whole or not at all, for their owner alone. When
// the file is open in another program they are written beside it: the path that
// was written is returned, and the caller tells the person.
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

// Write writes the results as what the path says that they are. A panic is an error
// like any other: what a library does with a stranger's workbook is not ours to prove,
// and the rows are paid for.
func (r Results) Write(w io.Writer, rows iter.Seq2[RowResult, error]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write results: %w", &PanicError{What: p, Stack: debug.Stack()})
		}
	}()
	if strings.EqualFold(filepath.Ext(r.Path), ".xlsx") {
		return WriteResultsXLSX(w, r.Source, rows)
	}
	if r.Records != nil {
		buffered := bufio.NewWriter(w)
		if err := writeRecords(r.Records(buffered), r.Source.Columns, r.Neutralize, rows); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
		return nil
	}
	return WriteResultsCSV(w, r.Source.Columns, r.Neutralize, rows)
}

// PanicError is a panic while a file was written.
type PanicError struct {
	What  any
	Stack []byte // for a log: it names no values
}

// Error says it in one line. It quotes the runtime alone: what a library panics
// with may quote the values of a row.
func (e *PanicError) Error() string {
	if fault, ok := e.What.(runtime.Error); ok {
		return "internal error: " + fault.Error()
	}
	return "internal error"
}
