package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/report"
)

// oddly is a cost that no float holds.
func oddly() report.Cost {
	c := known(1)
	c.Low, c.Likely, c.High = ptr(credit.Amount(73_496_800)), ptr(credit.Amount(9_007_199_254_740_993)), ptr(credit.Amount(9_007_199_254_740_994))
	return c
}

// planRowsOf are rows with hostile keys and reasons.
func planRowsOf(texts []string) iter.Seq2[report.PlanRow, error] {
	return func(yield func(report.PlanRow, error) bool) {
		for i, text := range texts {
			row := report.PlanRow{Row: i + 2, Key: text, Action: report.ActionSend, Cost: oddly(), Seconds: ptr(24.68), Priced: "2026-11-01"}
			if i%2 == 1 {
				row = report.PlanRow{Row: i + 2, Key: text, Action: report.StatusProblems, Charged: credit.Of(3) + 500_000, Reason: text, WhatToDo: text}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func planBook(t *testing.T, rows iter.Seq2[report.PlanRow, error], page report.PlanPage) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.xlsx")
	written, err := report.PlanBook{Path: path, Rows: rows, Page: func() report.PlanPage { return page }}.Save()
	must(t, err)
	wellFormed(t, written)
	return written
}

func TestThePlanBookHoldsExactNumbersAndHarmlessTexts(t *testing.T) {
	texts := append(hostile(), "=1+1", "+1", "-1", "@x", "0071", "1e5", "2026-11-01", attack())
	path := planBook(t, planRowsOf(texts), planOf(5, attack()))
	f, err := excelize.OpenFile(path)
	must(t, err)
	defer func() { _ = f.Close() }()
	if want := []string{"Plan", "Costs", "Rows", "Groups", "Dearest rows", "At risk", "Not sent", "Changed", "Gone"}; !slices.Equal(f.GetSheetList(), want) {
		t.Errorf("sheets %q", f.GetSheetList())
	}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		must(t, err)
		if len(rows) < 2 {
			t.Errorf("sheet %q is empty", sheet)
		}
		for i, row := range rows {
			for j := range row {
				cell, err := excelize.CoordinatesToCellName(j+1, i+1)
				must(t, err)
				if formula, err := f.GetCellFormula(sheet, cell); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula: %q, %v", sheet, cell, formula, err)
				}
			}
		}
	}
	rows, err := f.GetRows("Rows", excelize.Options{RawCellValue: true})
	must(t, err)
	least := slices.Index(rows[0], "Least")
	likely, most := slices.Index(rows[0], "Likely"), slices.Index(rows[0], "Most")
	if got := []string{rows[1][least], rows[1][likely], rows[1][most]}; !slices.Equal(got, []string{"73.4968", "9007199254.740993", "9007199254.740994"}) {
		t.Errorf("amounts %q", got)
	}
	for i, text := range texts {
		kind, err := f.GetCellType("Rows", fmt.Sprintf("B%d", i+2))
		must(t, err)
		if got := rows[i+1][1]; text != "" && kind != excelize.CellTypeInlineString || len(text) < 1000 && got != strings.Map(printable, text) {
			t.Errorf("key %q is %q, of type %v", text, got, kind)
		}
	}
	if kind, err := f.GetCellType("Rows", "E2"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("an amount is of type %v, %v", kind, err)
	}
}

// printable is what a workbook makes of a character that XML cannot hold.
func printable(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return '\ufffd'
	}
	return r
}

// TestThePlanBookIsReadAndPrinted: bold headers, no column wider than 60 characters, texts
// of several lines in rows as high, amounts with two decimals, pages as wide as what is
// printed.
func TestThePlanBookIsReadAndPrinted(t *testing.T) {
	long := strings.Repeat("a word ", 40)
	path := planBook(t, planRowsOf([]string{"a", long}), planOf(3, ""))
	f, err := excelize.OpenFile(path)
	must(t, err)
	defer func() { _ = f.Close() }()
	style := func(sheet, cell string) *excelize.Style {
		id, err := f.GetCellStyle(sheet, cell)
		must(t, err)
		style, err := f.GetStyle(id)
		must(t, err)
		return style
	}
	for _, sheet := range f.GetSheetList() {
		if !style(sheet, "A1").Font.Bold {
			t.Errorf("%s: the header is not bold", sheet)
		}
		for i := range 21 {
			column, err := excelize.ColumnNumberToName(i + 1)
			must(t, err)
			if width, err := f.GetColWidth(sheet, column); err != nil || width > 60 {
				t.Errorf("%s!%s is %v characters wide (%v)", sheet, column, width, err)
			}
		}
		props, err := f.GetSheetProps(sheet)
		must(t, err)
		layout, err := f.GetPageLayout(sheet)
		must(t, err)
		if !*props.FitToPage || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 || *layout.Orientation != "landscape" {
			t.Errorf("%s is not printed as wide as a page: %+v", sheet, layout)
		}
	}
	printed := map[string]string{}
	for _, name := range f.GetDefinedName() {
		printed[name.Name+" "+name.Scope] = name.RefersTo
	}
	if printed["_xlnm.Print_Area Rows"] != "'Rows'!$A:$K" || printed["_xlnm.Print_Titles Rows"] != "'Rows'!$1:$1" || len(printed) != 18 {
		t.Errorf("printed: %v", printed)
	}
	if s := style("Rows", "E2"); s.NumFmt != 4 {
		t.Errorf("an amount has the number format %d", s.NumFmt)
	}
	if s := style("Rows", "J3"); !s.Alignment.WrapText {
		t.Error("a reason is cut")
	}
	if height, err := f.GetRowHeight("Rows", 3); err != nil || height < 120 {
		t.Errorf("a row of %d characters is %v points high (%v)", len(long), height, err)
	}
	if headers, err := f.GetRows("Rows"); err != nil || headers[0][10] != "What to do" || len(headers[0]) != 21 {
		t.Errorf("the printed columns end elsewhere: %q, %v", headers[0], err)
	}
}

func TestAPlanThatFailsLeavesNoWorkbook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.xlsx")
	lost := errors.New("the sheet is gone")
	rows := func(yield func(report.PlanRow, error) bool) {
		_ = yield(report.PlanRow{Row: 2}, nil) && yield(report.PlanRow{}, lost)
	}
	if _, err := (report.PlanBook{Path: path, Rows: rows, Page: func() report.PlanPage { return report.PlanPage{} }}).Save(); !errors.Is(err, lost) {
		t.Errorf("err = %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestLibreOfficeOpensThePlan(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("SKIPPED: soffice is not installed; the workbook is not opened by a spreadsheet program")
	}
	path := planBook(t, planRowsOf([]string{"=1+1", "0071"}), planOf(3, ""))
	first := convert(t, office, path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1")
	sheet := func(name string) [][]string {
		text, err := os.ReadFile(strings.TrimSuffix(first, ".csv") + "-" + name + ".csv")
		must(t, err)
		r := csv.NewReader(bytes.NewReader(text))
		r.FieldsPerRecord = -1
		records, err := r.ReadAll()
		must(t, err)
		return records
	}
	rows := sheet("Rows")
	if got := rows[1][:6]; !slices.Equal(got, []string{"2", "=1+1", "send", "24.68", "9007199254.74099", "minutes"}) {
		t.Errorf("row 2 is %q", got)
	}
	if got := rows[2]; got[1] != "0071" || got[2] != "has problems" || !slices.Contains(got, "3.5") {
		t.Errorf("row 3 is %q", got)
	}
	if got := sheet("Costs"); len(got) != 3 || !slices.Equal(got[1][:7], []string{"colossyan", "", "minutes", "2.75", "3", "3.5", "set in the campaign"}) || got[2][4] != "not known" {
		t.Errorf("costs are %q", got)
	}
	if got := sheet("Plan"); !slices.ContainsFunc(got, func(r []string) bool { return r[0] == "Videos to send" && r[1] == "3" }) {
		t.Errorf("the plan is %q", got)
	}
	if got := sheet("Not sent"); len(got) != 4 || got[1][2] != "the text is long" {
		t.Errorf("rows that are not sent are %q", got)
	}
}

func TestThePlanBookOfALargeSheetTakesBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: writes 100,000 rows")
	}
	rows := func(yield func(report.PlanRow, error) bool) {
		for i := range big {
			if !yield(report.PlanRow{Row: i + 2, Key: fmt.Sprintf("C-%06d", i), Action: report.ActionSend, Cost: known(1), Seconds: ptr(24.68)}, nil) {
				return
			}
		}
	}
	begin := time.Now()
	memory := peak(func() { planBook(t, rows, planOf(big, "")) })
	t.Logf("%v, heap %d MB", time.Since(begin).Round(time.Millisecond), memory>>20)
	if memory > 300<<20 {
		t.Errorf("it took %d MB", memory>>20)
	}
}
