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
	if got := rows[1][least : least+3]; !slices.Equal(got, []string{"73.4968", "9007199254.740993", "9007199254.740994"}) {
		t.Errorf("amounts %q", got)
	}
	for i, text := range texts {
		kind, err := f.GetCellType("Rows", fmt.Sprintf("B%d", i+2))
		must(t, err)
		if got := rows[i+1][1]; text != "" && kind != excelize.CellTypeInlineString || len(text) < 1000 && got != strings.Map(printable, text) {
			t.Errorf("key %q is %q, of type %v", text, got, kind)
		}
	}
	if kind, err := f.GetCellType("Rows", "G2"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
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
	if got := rows[1][:10]; !slices.Equal(got, []string{"2", "=1+1", "send", "colossyan", "", "minutes", "73.4968", "9007199254.74099", "9007199254.74099", "set in the campaign"}) {
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
