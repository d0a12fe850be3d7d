package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// must fails the test on an error of setting it up.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// customers writes a workbook as marketers have them: a title above the table,
// dates, money, a formula, a hidden row, widths that reach to the last column, a
// merged title, a comment, a link, another sheet and a filter where wanted.
func customers(t *testing.T, change func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	must(t, f.SetSheetName("Sheet1", "Customers"))
	_, err := f.NewSheet("Notes & more")
	must(t, err, f.SetCellStr("Notes & more", "B2", "keep me"))
	date, euros := "d mmm yyyy", `[$€-407]\ #,##0.00`
	money, err := f.NewStyle(&excelize.Style{CustomNumFmt: &euros})
	must(t, err)
	dates, err := f.NewStyle(&excelize.Style{CustomNumFmt: &date})
	must(t, err)
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E79"}}})
	must(t, err)
	must(t, f.SetCellStr("Customers", "A1", "Spring list"), f.MergeCell("Customers", "A1", "D1"))
	must(t, f.SetSheetRow("Customers", "A3", &[]any{"ID", "First Name", "Since", "Amount", "Twice"}), f.SetCellStyle("Customers", "A3", "E3", head))
	for i, name := range []string{"Ada", "Zoë", "<b>&", "=1+1"} {
		row := 4 + i
		must(t, f.SetSheetRow("Customers", fmt.Sprintf("A%d", row), &[]any{fmt.Sprintf("00%d", i), name, time.Date(2024, 3, 1+i, 0, 0, 0, 0, time.UTC), 12.5 * float64(i+1)}),
			f.SetCellFormula("Customers", fmt.Sprintf("E%d", row), fmt.Sprintf("D%d*2", row)),
			f.SetCellStyle("Customers", fmt.Sprintf("C%d", row), fmt.Sprintf("C%d", row), dates),
			f.SetCellStyle("Customers", fmt.Sprintf("D%d", row), fmt.Sprintf("D%d", row), money))
	}
	must(t, f.SetRowVisible("Customers", 5, false), f.SetColWidth("Customers", "B", "XFD", 33), f.SetColWidth("Customers", "A", "A", 7))
	must(t, f.SetCellHyperLink("Customers", "B4", "https://ada.example/?a=1&b=2", "External"))
	must(t, f.AddComment("Customers", excelize.Comment{Cell: "A4", Author: "Ana", Text: "look here"}))
	must(t, f.SetCellStyle("Customers", "F4", "H6", head)) // formats without content, where our columns go
	if change != nil {
		change(f)
	}
	path := filepath.Join(t.TempDir(), "customers.xlsx")
	must(t, f.SaveAs(path), f.Close())
	return path
}

func four() []report.RowResult {
	return []report.RowResult{
		{Row: 4, Cells: []string{"000", "Ada"}, Entry: made("000"), Cost: "0.602083", Currency: "EUR"},
		{Row: 5, Cells: []string{"001", "Zoë"}, Entry: failed("=cmd|' /C calc'!A0 \x1b[31m"), WhatToDo: "reelmerge retry spring.yaml"},
		{Row: 6, Cells: []string{"002", "<b>&"}, Reason: "too short"},
		{Row: 7, Cells: []string{"003", "=1+1"}, Entry: made("003")},
	}
}

// extend writes the results of a workbook and opens them.
func extend(t *testing.T, source string, rows []report.RowResult) (string, *excelize.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.xlsx")
	sheet := report.Results{Path: path, Source: report.Source{Path: source, Sheet: "Customers", Columns: []string{"ID", "First Name"}}}
	written, err := sheet.Save(all(rows...))
	must(t, err)
	wellFormed(t, written)
	f, err := excelize.OpenFile(written)
	must(t, err)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return written, f
}

// wellFormed reads every part with a strict parser.
func wellFormed(t *testing.T, path string) {
	t.Helper()
	archive, err := zip.OpenReader(path)
	must(t, err)
	defer func() { _ = archive.Close() }()
	seen := map[string]bool{}
	for _, f := range archive.File {
		if seen[f.Name] {
			t.Errorf("part %q is there twice", f.Name)
		}
		seen[f.Name] = true
		r, err := f.Open()
		must(t, err)
		d := xml.NewDecoder(r)
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("part %q: %v", f.Name, err)
		}
	}
}

func cell(t *testing.T, f *excelize.File, sheet, address string) string {
	t.Helper()
	got, err := f.GetCellValue(sheet, address)
	must(t, err)
	return got
}

func TestResultsGoBehindTheColumnsOfTheWorkbook(t *testing.T) {
	_, f := extend(t, customers(t, nil), four())
	for address, want := range map[string]string{
		"E3": "Twice", "F3": "video_status", "U3": "finished_at", "V3": "", "F1": "", "A1": "Spring list",
		"F4": "made", "G4": "https://videos.example/000.mp4?a=1&b=2", "J4": "000.mp4", "K4": "42.5", "L4": "0.708334", "M4": "minutes", "N4": "configured", "O4": "0.602083", "P4": "EUR", "S4": "job-000",
		"T4": "2026-11-20T21:03:05Z", "F5": "failed", "Q5": "=cmd|' /C calc'!A0 [31m", "R5": "reelmerge retry spring.yaml",
		"F6": "has problems", "Q6": "too short", "F7": "made", "A4": "000", "B6": "<b>&", "B7": "=1+1", "C4": "1 Mar 2024",
	} {
		if got := cell(t, f, "Customers", address); got != want {
			t.Errorf("%s = %q, want %q", address, got, want)
		}
	}
	if got := cell(t, f, "Notes & more", "B2"); got != "keep me" {
		t.Errorf("the other sheet holds %q", got)
	}
}

func TestTheRestOfTheWorkbookStays(t *testing.T) {
	source := customers(t, nil)
	path, f := extend(t, source, four())
	for address, want := range map[string]string{"E4": "D4*2", "E7": "D7*2", "Q5": ""} {
		if got, err := f.GetCellFormula("Customers", address); err != nil || got != want {
			t.Errorf("formula of %s is %q, %v", address, got, err)
		}
	}
	for column, want := range map[string]float64{"A": 7, "B": 33, "E": 33, "F": 13, "G": 40, "O": 11, "V": 9.140625} {
		if got, err := f.GetColWidth("Customers", column); err != nil || got != want {
			t.Errorf("width of %s is %v, %v", column, got, err)
		}
	}
	visible, err := f.GetRowVisible("Customers", 5)
	must(t, err)
	merged, err := f.GetMergeCells("Customers")
	must(t, err)
	comments, err := f.GetComments("Customers")
	must(t, err)
	if visible || len(merged) != 1 || len(comments) != 1 || comments[0].Text != "look here" {
		t.Errorf("visible %v, merged %v, comments %v", visible, merged, comments)
	}
	if diff := cmp.Diff(parts(t, source), parts(t, path)); diff != "" {
		t.Errorf("other parts changed: %s", diff)
	}
}

// parts returns what no addition changes, by name.
func parts(t *testing.T, path string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	must(t, err)
	defer func() { _ = archive.Close() }()
	list := map[string]string{}
	for _, f := range archive.File {
		if f.Name == "xl/styles.xml" || f.Name == "xl/worksheets/sheet1.xml" || f.Name == "xl/worksheets/_rels/sheet1.xml.rels" {
			continue
		}
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		list[f.Name] = string(text)
	}
	return list
}

func TestLinksAreLinksAndStatusesAreColoured(t *testing.T) {
	path, f := extend(t, customers(t, nil), four())
	for address, want := range map[string]string{
		"G4": "https://videos.example/000.mp4?a=1&b=2", "H7": "https://share.example/003", "B4": "https://ada.example/?a=1&b=2",
	} {
		if _, got, err := f.GetCellHyperLink("Customers", address); err != nil || got != want {
			t.Errorf("%s leads to %q, %v", address, got, err)
		}
	}
	fill := func(address string) string {
		id, err := f.GetCellStyle("Customers", address)
		must(t, err)
		style, err := f.GetStyle(id)
		must(t, err)
		if style == nil || len(style.Fill.Color) == 0 {
			return ""
		}
		return style.Fill.Color[0]
	}
	if fill("F4") != "E2F0D9" || fill("F5") != "F8CBAD" || fill("F3") != "1F4E79" || fill("F8") != "" {
		t.Errorf("fills %q %q %q %q", fill("F4"), fill("F5"), fill("F3"), fill("F8"))
	}
	if sheet := sheetXML(t, path); !strings.Contains(sheet, `<autoFilter ref="A3:U7"/>`) || strings.Contains(sheet, "spans=") {
		t.Error("the filter is not over the table")
	}
}

func sheetXML(t *testing.T, path string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	must(t, err)
	defer func() { _ = archive.Close() }()
	r, err := archive.Open("xl/worksheets/sheet1.xml")
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	return string(text)
}

func TestASheetThatHasAFilterOrATableKeepsItAlone(t *testing.T) {
	filtered := customers(t, func(f *excelize.File) { must(t, f.AutoFilter("Customers", "A3:E7", nil)) })
	path, _ := extend(t, filtered, four())
	if n := strings.Count(sheetXML(t, path), "<autoFilter"); n != 1 || !strings.Contains(sheetXML(t, path), `E$7"`) {
		t.Errorf("%d filters", n)
	}
	table := customers(t, func(f *excelize.File) {
		must(t, f.AddTable("Customers", &excelize.Table{Range: "A3:E7", Name: "list"}))
	})
	path, f := extend(t, table, four())
	if tables, err := f.GetTables("Customers"); err != nil || len(tables) != 1 || strings.Contains(sheetXML(t, path), "<autoFilter") {
		t.Errorf("tables %v, %v", tables, err)
	}
}

// TestTheHeaderStaysInSight opens results at their beginning: the header must not scroll
// away with the rows. A view that the customer has set is not touched.
func TestTheHeaderStaysInSight(t *testing.T) {
	split := excelize.Panes{Freeze: true, XSplit: 2, YSplit: 4, TopLeftCell: "C5", ActivePane: "bottomRight"}
	for name, test := range map[string]struct {
		change func(*excelize.File)
		want   excelize.Panes
	}{
		"usual":   {nil, excelize.Panes{Freeze: true, YSplit: 3, TopLeftCell: "A4", ActivePane: "bottomLeft"}},
		"its own": {func(f *excelize.File) { must(t, f.SetPanes("Customers", &split)) }, split},
		"scrolled": {func(f *excelize.File) {
			top := "A5"
			must(t, f.SetSheetView("Customers", 0, &excelize.ViewOptions{TopLeftCell: &top}))
		}, excelize.Panes{}},
		"page layout": {func(f *excelize.File) {
			v := "pageLayout"
			must(t, f.SetSheetView("Customers", 0, &excelize.ViewOptions{View: &v}))
		}, excelize.Panes{}},
	} {
		_, f := extend(t, customers(t, test.change), four())
		got, err := f.GetPanes("Customers")
		got.Selection = nil
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	path := filepath.Join(t.TempDir(), "customers.xlsx")
	must(t, os.WriteFile(path, []byte("this is no workbook"), 0o600))
	_, f := extend(t, path, four())
	if got, err := f.GetPanes("Customers"); err != nil || !got.Freeze || got.YSplit != 1 {
		t.Errorf("a new workbook has %+v, %v", got, err)
	}
}

func TestHostileValuesStayText(t *testing.T) {
	var rows []report.RowResult
	for i, value := range hostile() {
		e := failed(value)
		e.Result.VideoURL, e.Ticket.Job = value, value
		rows = append(rows, report.RowResult{Row: i + 2, Cells: []string{value}, Entry: e, WhatToDo: value})
	}
	path := filepath.Join(t.TempDir(), "results.xlsx")
	_, err := report.Results{Path: path, Source: report.Source{Columns: []string{"Name"}}}.Save(all(rows...))
	must(t, err)
	wellFormed(t, path)
	_, got := readAll(t, path)
	for i, value := range hostile() {
		want := strings.NewReplacer("\x00", "\ufffd", "\x1b", "\ufffd", "\a", "\ufffd", "\ufffe", "\ufffd").Replace(value)
		if got[i][0] != want && strings.TrimSpace(got[i][0]) != strings.TrimSpace(want) {
			t.Errorf("row %d holds %q, want %q", i+2, got[i][0], want)
		}
	}
	if text := sheetXML(t, path); strings.Contains(text, "<f>") || strings.Contains(text, "<hyperlink") {
		t.Error("a value became a formula or a link")
	}
}

func TestASourceThatIsNoWorkbookGetsANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.xlsx")
	must(t, os.WriteFile(path, []byte("this is no workbook"), 0o600))
	_, f := extend(t, path, four())
	if cell(t, f, "Customers", "A1") != "ID" || cell(t, f, "Customers", "C1") != "video_status" ||
		cell(t, f, "Customers", "B5") != "Zoë" || cell(t, f, "Customers", "C7") != "made" {
		t.Error("the new workbook does not hold the rows")
	}
}

func TestASheetNameThatNoWorkbookTakesIsNoObstacle(t *testing.T) {
	source := report.Source{Path: "nowhere.csv", Sheet: "a/b:c?", HeaderRow: 3, Columns: []string{"ID"}}
	path := filepath.Join(t.TempDir(), "results.xlsx")
	_, err := report.Results{Path: path, Source: source}.Save(all(report.RowResult{Row: 4, Cells: []string{"000"}, Entry: made("000")}))
	must(t, err)
	if columns, rows := readAll(t, path); columns[0] != "ID" || len(rows) != 1 || rows[0][0] != "000" || rows[0][1] != "made" {
		t.Errorf("columns %q, rows %q", columns, rows)
	}
}

// A plan's workers hand the rows over, not the goroutine that asked for them.
func TestRowsMayComeFromAnotherGoroutine(t *testing.T) {
	rows := func(yield func(report.RowResult, error) bool) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			all(four()...)(yield)
		}()
		<-done
	}
	path := filepath.Join(t.TempDir(), "results.xlsx")
	_, err := report.Results{Path: path, Source: report.Source{Path: customers(t, nil), Sheet: "Customers"}}.Save(rows)
	must(t, err)
	if _, got := readAll(t, path); len(got) != 4 || got[3][5] != "made" {
		t.Errorf("rows %q", got)
	}
}

func TestRowsOutOfOrderAreAnError(t *testing.T) {
	rows := four()
	slices.Reverse(rows)
	_, err := report.Results{Path: filepath.Join(t.TempDir(), "r.xlsx"), Source: report.Source{Path: customers(t, nil)}}.Save(all(rows...))
	if err == nil || !strings.Contains(err.Error(), "row 6") {
		t.Errorf("err = %v", err)
	}
}

func TestLibreOfficeShowsTheSourcesColumnsAndOurs(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("SKIPPED: soffice is not installed; the workbook is not opened by a spreadsheet program")
	}
	source := customers(t, nil)
	// The second one is written by LibreOffice itself, in its own dialect.
	for _, source := range []string{source, convert(t, office, source, "xlsx")} {
		path, _ := extend(t, source, four())
		before, after := toCSV(t, office, source), toCSV(t, office, path)
		if len(before) != len(after) {
			t.Fatalf("%d rows became %d", len(before), len(after))
		}
		for i := range before {
			if !slices.Equal(after[i][:5], before[i][:5]) {
				t.Errorf("row %d: %q became %q", i+1, before[i], after[i])
			}
		}
		if got := after[2][5:]; !slices.Equal(got, report.ResultColumns()) {
			t.Errorf("our columns are %q", got)
		}
		if got := after[4]; got[5] != "failed" || got[16] != "=cmd|' /C calc'!A0 [31m" || after[3][11] != "0.708334" {
			t.Errorf("row 5 is %q", got)
		}
	}
}

// convert has LibreOffice write a file in another format.
func convert(t *testing.T, office, path, format string) string {
	t.Helper()
	out := t.TempDir()
	command := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+out+"/profile", "--headless",
		"--convert-to", format, "--outdir", out, path)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, text)
	}
	extension, _, _ := strings.Cut(format, ":")
	return filepath.Join(out, strings.TrimSuffix(filepath.Base(path), ".xlsx")+"."+extension)
}

func toCSV(t *testing.T, office, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(convert(t, office, path, "csv:Text - txt - csv (StarCalc):44,34,76"))
	must(t, err)
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	must(t, err)
	return records
}

func TestWorkbookResultsAreReadBack(t *testing.T) {
	path, _ := extend(t, customers(t, nil), four())
	r, err := sources.Open(path, sources.Options{})
	must(t, err)
	defer func() { _ = r.Close() }()
	if columns := r.Columns(); len(columns) != 5+len(report.ResultColumns()) {
		t.Errorf("columns %v", columns)
	}
}
