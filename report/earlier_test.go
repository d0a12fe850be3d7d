package report_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// earlier is a sheet that has columns of earlier results among its own, in the
// middle and in another spelling.
func earlier() [][]any {
	return [][]any{
		{"ID", "Video_URL", "First Name", "reason", "video_status"},
		{"000", "https://old.example/0.mp4", "Ada", "old reason", "made"},
		{"001", "https://old.example/1.mp4", "Zoë", "old reason", "made"},
		{"002", "https://old.example/2.mp4", "Cy", "old reason", "changed"},
	}
}

func earlierBook(t *testing.T, change func(*excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	must(t, f.SetSheetName("Sheet1", "Customers"))
	for i, row := range earlier() {
		must(t, f.SetSheetRow("Customers", fmt.Sprintf("A%d", i+1), &row))
		if i > 0 {
			must(t, f.SetCellHyperLink("Customers", fmt.Sprintf("B%d", i+1), row[1].(string), "External"))
		}
	}
	if change != nil {
		change(f)
	}
	path := filepath.Join(t.TempDir(), "earlier.xlsx")
	must(t, f.SaveAs(path), f.Close())
	return path
}

// results are of the first two rows: the third one has none.
func results() []report.RowResult {
	return []report.RowResult{
		{Row: 2, Cells: cellsOf(1), Entry: made("000")},
		{Row: 3, Cells: cellsOf(2), Entry: failed("no such voice")},
	}
}

func cellsOf(row int) (cells []string) {
	for _, c := range earlier()[row] {
		cells = append(cells, fmt.Sprint(c))
	}
	return cells
}

// renew writes results into a workbook with earlier ones, and reads them as the
// next sheet would be.
func renew(t *testing.T, path string, rows []report.RowResult) (written string, columns []string, got [][]string) {
	t.Helper()
	written = filepath.Join(t.TempDir(), "results.xlsx")
	source := report.Source{Path: path, Sheet: "Customers", HeaderRow: 1}
	r, err := sources.Open(path, sources.Options{HeaderRow: 1})
	must(t, err)
	for _, c := range r.Columns() {
		source.Columns, source.Letters = append(source.Columns, c.Name), append(source.Letters, c.Letter)
	}
	must(t, r.Close())
	_, err = report.Results{Path: written, Source: source}.Save(all(rows...))
	must(t, err)
	wellFormed(t, written)
	columns, got = readAll(t, written)
	return written, columns, got
}

// wantEachOnce refuses two columns of one name, and columns that are missing.
func wantEachOnce(t *testing.T, columns []string) {
	t.Helper()
	for _, own := range report.ResultColumns() {
		n := 0
		for _, c := range columns {
			if strings.EqualFold(strings.TrimSpace(c), own) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d columns are called %q: %q", n, own, columns)
		}
	}
}

func at(columns, row []string, name string) string {
	i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
	if i < 0 || i >= len(row) {
		return ""
	}
	return row[i]
}

func wantRenewed(t *testing.T, columns []string, rows [][]string) {
	t.Helper()
	wantEachOnce(t, columns)
	for i, want := range [][]string{
		{"000", "Ada", "made", "https://videos.example/000.mp4?a=1&b=2", ""},
		{"001", "Zoë", "failed", "", "no such voice"},
	} {
		for j, name := range []string{"ID", "First Name", "video_status", "video_url", "reason"} {
			if got := at(columns, rows[i], name); got != want[j] {
				t.Errorf("row %d: %s is %q, want %q", i, name, got, want[j])
			}
		}
	}
	for _, row := range rows[2:] { // nothing is known of it, so nothing old is left
		if row[0] != "002" || at(columns, row, "video_url")+at(columns, row, "reason")+at(columns, row, "video_status") != "" {
			t.Errorf("the row without results is %q", row)
		}
	}
}

func TestEarlierResultsInAWorkbookGiveWay(t *testing.T) {
	table := func(f *excelize.File) {
		must(t, f.AddTable("Customers", &excelize.Table{Range: "A1:E4", Name: "list"}))
	}
	for name, change := range map[string]func(*excelize.File){
		"plain":            nil,
		"a table":          table,
		"a title above":    func(f *excelize.File) { must(t, f.MergeCell("Customers", "A1", "A1")) },
		"formulas":         func(f *excelize.File) { formulas(t, f) },
		"formats":          func(f *excelize.File) { formats(t, f) },
		"merged cells":     func(f *excelize.File) { must(t, f.MergeCell("Customers", "D2", "D3")) },
		"an array formula": func(f *excelize.File) { array(t, f, "C2:D3") },
		"a link of its own": func(f *excelize.File) {
			must(t, f.SetCellHyperLink("Customers", "C2", "https://ada.example", "External"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, columns, rows := renew(t, chained(t, earlierBook(t, change)), results())
			wantRenewed(t, columns, rows)
			f, err := excelize.OpenFile(path)
			must(t, err)
			defer func() { _ = f.Close() }()
			linked, target, err := f.GetCellHyperLink("Customers", "B2")
			if kept := !strings.Contains(name, "merged") && !strings.Contains(name, "array"); err != nil || kept && (!linked || target != "https://videos.example/000.mp4?a=1&b=2") {
				t.Errorf("the link leads to %q, %v", target, err)
			}
			if linked, target, _ := f.GetCellHyperLink("Customers", "B3"); linked {
				t.Errorf("an old link is left: %q", target)
			}
			if name == "a table" {
				wantTable(t, path, f)
			}
			if chain, err := f.GetCellFormula("Customers", "D2"); err != nil || chain != "" {
				t.Errorf("a formula is left: %q, %v", chain, err)
			}
			if name == "formulas" {
				noChain(t, path)
			}
		})
	}
}

// formulas fills the columns of earlier results with some, as a lookup does.
func formulas(t *testing.T, f *excelize.File) {
	t.Helper()
	shared, ref := excelize.STCellFormulaTypeShared, "D2:D4"
	must(t, f.SetCellFormula("Customers", "D2", `A2&"!"`, excelize.FormulaOpts{Type: &shared, Ref: &ref}))
	must(t, f.SetCellFormula("Customers", "B4", `"https://old.example/"&A4`))
}

// chained gives a workbook the order of calculation that spreadsheet programs keep.
func chained(t *testing.T, path string) string {
	t.Helper()
	with := map[string][2]string{
		"[Content_Types].xml": {"</Types>", `<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>`},
		"xl/_rels/workbook.xml.rels": {"</Relationships>",
			`<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>`},
	}
	archive, err := zip.OpenReader(path)
	must(t, err)
	defer func() { _ = archive.Close() }()
	out := filepath.Join(t.TempDir(), "chained.xlsx")
	file, err := os.Create(out)
	must(t, err)
	w := zip.NewWriter(file)
	put := func(name, text string) {
		p, err := w.Create(name)
		must(t, err)
		_, err = io.WriteString(p, text)
		must(t, err)
	}
	for _, f := range archive.File {
		text := part(t, path, f.Name)
		if change, ok := with[f.Name]; ok {
			text = strings.Replace(text, change[0], change[1], 1)
		}
		put(f.Name, text)
	}
	put("xl/calcChain.xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+
		`<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="D2" i="1"/><c r="B4" i="1"/></calcChain>`)
	must(t, w.Close(), file.Close())
	return out
}

func array(t *testing.T, f *excelize.File, ref string) {
	t.Helper()
	kind := excelize.STCellFormulaTypeArray
	must(t, f.SetCellFormula("Customers", "C2", `A2:B3`, excelize.FormulaOpts{Type: &kind, Ref: &ref}))
	must(t, f.SetCellStr("Customers", "C2", "Ada"), f.SetCellStr("Customers", "C3", "Zoë"))
	must(t, f.SetCellFormula("Customers", "C2", `A2:B3`, excelize.FormulaOpts{Type: &kind, Ref: &ref}))
}

func formats(t *testing.T, f *excelize.File) {
	t.Helper()
	id, err := f.NewStyle(&excelize.Style{Border: []excelize.Border{{Type: "left", Color: "FF0000", Style: 2}}})
	must(t, err, f.SetCellStyle("Customers", "B1", "E5", id))
}

// noChain refuses an order of calculation that names cells whose formulas are gone.
func noChain(t *testing.T, path string) {
	t.Helper()
	for name, text := range parts(t, path) {
		if strings.Contains(strings.ToLower(name+text), "calcchain") {
			t.Errorf("part %s has to do with an order of calculation", name)
		}
	}
}

// wantTable wants the table as it was: its names of columns are those of the cells.
func wantTable(t *testing.T, path string, f *excelize.File) {
	t.Helper()
	tables, err := f.GetTables("Customers")
	if err != nil || len(tables) != 1 || tables[0].Range != "A1:E4" {
		t.Errorf("tables %+v, %v", tables, err)
	}
	text := part(t, path, "xl/tables/table1.xml")
	for i, name := range []string{"ID", "Video_URL", "First Name", "reason", "video_status"} {
		if got := cell(t, f, "Customers", fmt.Sprintf("%c1", 'A'+i)); got != name || !strings.Contains(text, `name="`+name+`"`) {
			t.Errorf("column %d is called %q, want %q as in %s", i+1, got, name, text)
		}
	}
}

// TestResultsCanBeTheNextSheetAgainAndAgain writes results of results: no relation
// and no link is there twice.
func TestResultsCanBeTheNextSheetAgainAndAgain(t *testing.T) {
	path := earlierBook(t, nil)
	for range 3 {
		var columns []string
		var rows [][]string
		path, columns, rows = renew(t, path, results())
		wantRenewed(t, columns, rows)
		relations := part(t, path, "xl/worksheets/_rels/sheet1.xml.rels")
		if n := strings.Count(relations, "https://videos.example/000.mp4"); n != 1 {
			t.Errorf("the link is there %d times: %s", n, relations)
		}
		if n := strings.Count(relations, "<Relationship "); n > 6 { // those of the first sheet, and ours
			t.Errorf("%d relations: %s", n, relations)
		}
	}
}

func part(t *testing.T, path, name string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	must(t, err)
	defer func() { _ = archive.Close() }()
	r, err := archive.Open(name)
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	return string(text)
}

func TestEarlierResultsInCSVGiveWay(t *testing.T) {
	var b bytes.Buffer
	must(t, report.Results{Path: "r.csv", Source: report.Source{Columns: cellsOf(0)}, Neutralize: func(s string) string { return s }}.Write(&b, all(results()...)))
	r, err := sources.OpenReader("r.csv", &b, sources.Options{})
	must(t, err)
	var columns []string
	for _, c := range r.Columns() {
		columns = append(columns, c.Name)
	}
	var rows [][]string
	for row, err := r.Next(); err == nil; row, err = r.Next() {
		rows = append(rows, row.Cells)
	}
	wantRenewed(t, columns, rows)
	if len(columns) != 2+len(report.ResultColumns()) {
		t.Errorf("columns %q", columns)
	}
}

// TestEarlierResultsInANewWorkbookGiveWay has a source that no workbook is.
func TestEarlierResultsInANewWorkbookGiveWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.xlsx")
	_, err := report.Results{Path: path, Source: report.Source{Columns: cellsOf(0), HeaderRow: 1}}.Save(all(results()...))
	must(t, err)
	columns, rows := readAll(t, path)
	wantRenewed(t, columns, rows)
}
