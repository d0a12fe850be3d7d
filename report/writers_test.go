package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// writer is a program that writes workbooks.
type writer struct {
	name string
	// write puts workbooks into a folder, each with a text beside it that says what
	// must be read from it. It skips where the program is not installed.
	write func(t *testing.T, folder string, count int)
}

func writers() []writer {
	return []writer{
		{"excelize", func(t *testing.T, folder string, count int) { eachOf(t, folder, "excelize", count, withExcelize) }},
		{"openpyxl", func(t *testing.T, folder string, count int) {
			script(t, pythonWithOpenpyxl(t), "write_openpyxl.py", folder, count)
		}},
		{"LibreOffice", withLibreOffice},
		{"SheetJS", func(t *testing.T, folder string, count int) {
			script(t, nodeWith(t, "xlsx"), "write_sheetjs.cjs", folder, count)
		}},
		{"exceljs", func(t *testing.T, folder string, count int) {
			script(t, nodeWith(t, "exceljs"), "write_exceljs.cjs", folder, count)
		}},
		{"Strict", func(t *testing.T, folder string, count int) { eachOf(t, folder, "strict", count, byHand(strictly)) }},
		{"prefixes", func(t *testing.T, folder string, count int) { eachOf(t, folder, "prefixed", count, byHand(prefixed)) }},
	}
}

// perWriter is how many workbooks each program writes: a sample, or 72 of each of the
// seven where REELMERGE_SOAK is set.
func perWriter() int {
	if os.Getenv("REELMERGE_SOAK") != "" {
		return 72
	}
	return 3
}

// TestWorkbooksOfSevenWritersAreReadAndCopied has seven programs write workbooks. Each
// is read; its results and its marked copy are XML in every part, and open in every
// other program that is installed.
func TestWorkbooksOfSevenWritersAreReadAndCopied(t *testing.T) {
	total := 0
	for _, w := range writers() {
		t.Run(w.name, func(t *testing.T) {
			folder := t.TempDir()
			w.write(t, folder, perWriter())
			books, err := filepath.Glob(filepath.Join(folder, "*.xlsx"))
			must(t, err)
			if len(books) != perWriter() {
				t.Fatalf("%d workbooks", len(books))
			}
			total += len(books)
			var copies []string
			for _, book := range books {
				copies = append(copies, copiesOf(t, book)...)
			}
			openInLibreOffice(t, copies)
			openInOpenpyxl(t, books, copies)
		})
	}
	t.Logf("%d workbooks, %d copies", total, 2*total)
}

// truthOf returns the ids and names that must be read from a workbook.
func truthOf(t *testing.T, book string) []string {
	t.Helper()
	text, err := os.ReadFile(book + ".txt")
	must(t, err)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// tableOf reads a workbook: what its columns id and name have, and its rows.
func tableOf(t *testing.T, path string) (got []string, rows []sources.Row, columns []sources.Column, sheet string, header int) {
	t.Helper()
	r, err := sources.Open(path, sources.Options{})
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	defer func() { must(t, r.Close()) }()
	columns = r.Columns()
	at := map[string]int{}
	for _, c := range columns {
		at[c.Name] = c.Index
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got, rows, columns, r.Sheet(), r.Header().Row
		}
		must(t, err)
		rows = append(rows, row)
		got = append(got, row.Cells[at["id"]]+"\t"+strings.ReplaceAll(row.Cells[at["name"]], "\n", `\n`))
	}
}

// copiesOf reads a workbook and writes its results and a marked copy, both of which
// read as it does.
func copiesOf(t *testing.T, book string) []string {
	t.Helper()
	want := truthOf(t, book)
	got, rows, columns, sheet, header := tableOf(t, book)
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s reads as\n%q, want\n%q", filepath.Base(book), got, want)
		return nil
	}
	name := strings.TrimSuffix(book, ".xlsx")
	results, marked := name+"-results.xlsx", name+"-marked.xlsx"

	source := report.Source{Path: book, Sheet: sheet, HeaderRow: header}
	for _, c := range columns {
		source.Columns, source.Letters = append(source.Columns, c.Name), append(source.Letters, c.Letter)
	}
	var list []report.RowResult
	var marks []sources.Mark
	for i, row := range rows {
		list = append(list, report.RowResult{Row: row.Number, Cells: row.Cells, Entry: made("k" + strconv.Itoa(i))})
		marks = append(marks, sources.Mark{Row: row.Number, Column: i % len(columns), Message: "wrong & <odd>", Warning: i%3 == 0})
	}
	_, err := report.Results{Path: results, Source: source}.Save(all(list...))
	must(t, err, sources.WriteMarked(book, marked, sources.Options{}, marks))
	for _, path := range []string{results, marked} {
		wellFormed(t, path)
		again, _, columns, _, _ := tableOf(t, path)
		if strings.Join(again, "|") != strings.Join(want, "|") {
			t.Errorf("%s reads as\n%q, want\n%q", filepath.Base(path), again, want)
		}
		if path == results && columns[len(columns)-1].Name != "finished_at" {
			t.Errorf("%s has no results", filepath.Base(path))
		}
		opensInExcelize(t, path, sheet, path == marked, len(marks))
	}
	return []string{results, marked}
}

func opensInExcelize(t *testing.T, path, sheet string, marked bool, marks int) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Errorf("%s: excelize: %v", filepath.Base(path), err)
		return
	}
	defer func() { must(t, f.Close()) }()
	if rows, err := f.GetRows(sheet); err != nil || len(rows) == 0 {
		t.Errorf("%s: excelize reads %d rows, %v", filepath.Base(path), len(rows), err)
	}
	if !marked {
		return
	}
	if list, err := f.GetComments(sheet); err != nil || len(list) < marks {
		t.Errorf("%s: excelize reads %d comments of %d, %v", filepath.Base(path), len(list), marks, err)
	}
}

// script runs one of the scripts that write workbooks.
func script(t *testing.T, program, name, folder string, count int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, name, folder, strconv.Itoa(count), "1")
	cmd.Dir = filepath.Join("testdata", "writers")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func pythonWithOpenpyxl(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import openpyxl").Run() == nil {
			return python
		}
	}
	t.Skip("SKIPPED: openpyxl is not installed")
	return ""
}

func nodeWith(t *testing.T, library string) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: node is not installed")
	}
	if _, err := os.Stat(filepath.Join("testdata", "writers", "node_modules", library)); err != nil {
		t.Skipf("SKIPPED: %s is not installed; npm install --prefix report/testdata/writers does it", library)
	}
	return node
}

// soffice returns the program; empty where it is not installed.
func soffice() string {
	path, err := exec.LookPath("soffice")
	if err != nil {
		return ""
	}
	return path
}

// convertAll has LibreOffice open files and write them in another format.
func convertAll(t *testing.T, format, folder string, files []string) {
	t.Helper()
	args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "profile")), "--headless", "--convert-to", format, "--outdir", folder}
	if out, err := exec.CommandContext(t.Context(), soffice(), append(args, files...)...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v: %s", err, out)
	}
}

// openInLibreOffice has a spreadsheet program read the copies: each has its ids, and
// results have their words.
func openInLibreOffice(t *testing.T, copies []string) {
	t.Helper()
	if soffice() == "" {
		t.Log("SKIPPED: soffice is not installed; no spreadsheet program reads the copies")
		return
	}
	folder := t.TempDir()
	convertAll(t, "csv:Text - txt - csv (StarCalc):44,34,76", folder, copies)
	for _, path := range copies {
		name := strings.TrimSuffix(filepath.Base(path), ".xlsx")
		text, err := os.ReadFile(filepath.Join(folder, name+".csv"))
		if err != nil {
			t.Errorf("%s does not open in LibreOffice", name)
			continue
		}
		for _, line := range truthOf(t, strings.TrimSuffix(strings.TrimSuffix(path, "-results.xlsx"), "-marked.xlsx")+".xlsx") {
			id, _, _ := strings.Cut(line, "\t")
			if !bytes.Contains(text, []byte(id+",")) {
				t.Errorf("%s has no %s in LibreOffice", name, id)
			}
		}
		if strings.HasSuffix(name, "-results") && !bytes.Contains(text, []byte(",made,https://videos.example/k0.mp4")) {
			t.Errorf("%s has no results in LibreOffice", name)
		}
	}
}

// openInOpenpyxl has a strict reader open the copies of those workbooks that it opens.
func openInOpenpyxl(t *testing.T, books, copies []string) {
	t.Helper()
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if python == "" && exec.CommandContext(t.Context(), p, "-c", "import openpyxl").Run() == nil {
			python = p
		}
	}
	if python == "" {
		t.Log("SKIPPED: openpyxl is not installed; no strict reader reads the copies")
		return
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", "writers", "read_openpyxl.py")}, append(books, copies...)...)...).Output()
	must(t, err)
	refused := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, why, _ := strings.Cut(line, "\t")
		refused[path] = why
	}
	for _, path := range copies {
		book := strings.TrimSuffix(strings.TrimSuffix(path, "-results.xlsx"), "-marked.xlsx") + ".xlsx"
		if refused[path] != "" && refused[book] == "" {
			t.Errorf("%s: openpyxl: %s", filepath.Base(path), refused[path])
		}
	}
	t.Logf("openpyxl opens %d of %d workbooks", len(books)-countOf(books, refused), len(books))
}

func countOf(paths []string, refused map[string]string) (n int) {
	for _, p := range paths {
		if refused[p] != "" {
			n++
		}
	}
	return n
}

// eachOf writes workbooks one after the other.
func eachOf(t *testing.T, folder, name string, count int, write func(t *testing.T, path string, n int) []string) {
	t.Helper()
	for n := range count {
		path := filepath.Join(folder, fmt.Sprintf("%s-%03d.xlsx", name, n))
		must(t, os.WriteFile(path+".txt", []byte(strings.Join(write(t, path, n), "\n")+"\n"), 0o600))
	}
}
