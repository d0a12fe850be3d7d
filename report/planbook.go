package report

import (
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/report/internal/workbook"
)

// PlanBook is plan.xlsx: the plan, its costs, the cost of every row, the costs by group,
// the rows to look at and those that are not sent. Amounts are numbers, written digit by
// digit: none goes through a float. Texts are marked as texts, so a value that begins
// like a formula is none.
type PlanBook struct {
	Path string
	// Rows come in the order of the sheet, each once; memory does not grow with
	// them.
	Rows iter.Seq2[PlanRow, error]
	// Page is called after the last row: only then are the sums known.
	Page func() PlanPage
}

// PlanRow is what a plan says about one row.
type PlanRow struct {
	Row    int
	Key    string
	Action string // [ActionSend], or one of the words of video_status
	// Cost is what it would cost; the zero value for a row that is not sent.
	Cost     Cost
	Priced   string   // the day of the price
	Seconds  *float64 // how long the video would last; nil where that is not known
	Charged  credit.Amount
	Reserved credit.Amount
	Says     string // the texts of its video; empty for a row that is not sent
	Reason   string // why it is not sent
	WhatToDo string
}

// ActionSend is the word for a row that a run would send.
const ActionSend = "send"

// Save writes the workbook as a whole or not at all, for its owner alone. When
// the file is open in another program it is written beside it: the path that was
// written is returned.
func (b PlanBook) Save() (written string, err error) {
	file, err := atomicfile.Create(b.Path)
	if err != nil {
		return "", err
	}
	defer file.Discard()
	if err := b.Write(file); err != nil {
		return "", err
	}
	return file.CommitBeside()
}

// Write writes the workbook. It needs room in the folder for temporary files: about as
// much as the workbook takes, for each of its sheets.
func (b PlanBook) Write(w io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "reelmerge-plan-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return b.write(w, folder)
}

// write adds one sheet after another. Each step copies the workbook of the step before,
// as it is packed, and adds one sheet to it. The rows come first, since the other sheets
// are known only after the last row. This way no sheet is ever held in memory.
func (b PlanBook) write(w io.Writer, folder string) error {
	at := func(i int) string { return filepath.Join(folder, strconv.Itoa(i)+".xlsx") }
	if err := emptyBook(at(0)); err != nil {
		return err
	}
	if err := b.rowSheet().save(at(0), at(1)); err != nil {
		return err
	}
	page := b.Page()
	sheets := []planSheet{page.costSheet(), page.groupSheet(), page.dearestSheet(), page.riskSheet(), page.refusedSheet(), page.changedSheet(), page.goneSheet()}
	for i, sheet := range sheets {
		if err := sheet.save(at(i+1), at(i+2)); err != nil {
			return err
		}
	}
	return page.figureSheet().extend(w, at(len(sheets)+1))
}

// The sheets of the workbook.
const (
	sheetFigures = "Plan"
	sheetCosts   = "Costs"
	sheetRows    = "Rows"
	sheetGroups  = "Groups"
	sheetDearest = "Dearest rows"
	sheetRisk    = "At risk"
	sheetRefused = "Not sent"
	sheetChanged = "Changed"
	sheetGone    = "Gone"
)

// emptyBook writes a workbook with all the sheets and nothing in them.
func emptyBook(path string) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	for i, sheet := range []struct {
		name, last string // and the last column that is printed
	}{
		{sheetFigures, "B"}, {sheetCosts, "P"}, {sheetRows, "K"}, {sheetGroups, "M"}, {sheetDearest, "M"},
		{sheetRisk, "D"}, {sheetRefused, "D"}, {sheetChanged, "D"}, {sheetGone, "D"},
	} {
		if i == 0 {
			err = f.SetSheetName("Sheet1", sheet.name)
		} else {
			_, err = f.NewSheet(sheet.name)
		}
		if err == nil {
			err = layOut(f, sheet.name, sheet.last)
		}
		if err != nil {
			return err
		}
	}
	return f.SaveAs(path)
}

// layOut says how a sheet is seen and printed: its first line stays in view and is
// repeated on every page, and a page is as wide as the columns that are printed.
func layOut(f *excelize.File, sheet, last string) error {
	yes := true
	one := 1
	many := 0
	size := 9
	landscape := "landscape"
	margin := 0.4
	return errors.Join(
		f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
		f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}),
		f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &size, FitToWidth: &one, FitToHeight: &many}),
		f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin}),
		f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&A&R&P / &N"}),
		f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: "'" + sheet + "'!$A:$" + last, Scope: sheet}),
		f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + sheet + "'!$1:$1", Scope: sheet}),
	)
}

// planSheet is one sheet of the workbook.
type planSheet struct {
	name    string
	columns []workbook.Column
	rows    iter.Seq2[[]workbook.Cell, error]
}

// save writes the next step's workbook to a new file, which only its owner can read.
func (s planSheet) save(source, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(s.extend(file, source), file.Close())
}

// extend writes the workbook at a path with the sheet filled in.
func (s planSheet) extend(w io.Writer, source string) error {
	a := workbook.Addition{Sheet: s.name, HeaderRow: 1, Columns: s.columns}
	_, a.Fills = statusFills()
	return workbook.Extend(w, source, a, func(yield func(workbook.Row, error) bool) {
		number := 1
		for cells, err := range s.rows {
			if number++; !yield(workbook.Row{Number: number, Cells: cells}, err) {
				return
			}
		}
	})
}

// wide is the width from which on texts take several lines; no column is wider than widest.
const (
	wide   = 30
	widest = 60
)

// columns pairs names with widths, in characters; the last width is that of all others.
func columns(names []string, widths ...float64) []workbook.Column {
	list := make([]workbook.Column, len(names))
	for i, name := range names {
		width := widths[min(i, len(widths)-1)]
		list[i] = workbook.Column{Name: name, Width: width, Wrap: width >= wide}
	}
	return list
}

// all yields the lines of a list that is in memory.
func all[T any](list []T, cells func(T) []workbook.Cell) iter.Seq2[[]workbook.Cell, error] {
	return func(yield func([]workbook.Cell, error) bool) {
		for _, v := range list {
			if !yield(cells(v), nil) {
				return
			}
		}
	}
}

// words, count and exact are cells of a text, a number and an amount. A workbook holds
// numbers as decimal text, so an amount keeps all its digits.
func words(s string) workbook.Cell { return workbook.Cell{Text: s} }

func count(n int) workbook.Cell { return workbook.Cell{Text: strconv.Itoa(n), Number: true} }

func exact(a credit.Amount) workbook.Cell {
	return workbook.Cell{Text: a.String(), Number: true, Amount: true}
}

// perhaps is the cell of an amount that may not be known. It must not be empty then: a
// spreadsheet program adds an empty cell as zero.
func perhaps(a *credit.Amount) workbook.Cell {
	if a == nil {
		return words(notKnown)
	}
	return exact(*a)
}
