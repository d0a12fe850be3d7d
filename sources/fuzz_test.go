package sources_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/sources"
)

// seeds returns the files of a folder in testdata; an empty corpus would make
// a fuzz target that finds nothing look clean.
func seeds(t testing.TB, folder string) [][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	if len(out) < 5 {
		t.Fatalf("testdata/%s has %d seeds", folder, len(out))
	}
	return out
}

func TestSeedsAreThere(t *testing.T) {
	for _, folder := range []string{"csv", "sheet", "jsonl", "header", "books"} {
		for i, s := range seeds(t, folder) {
			if len(s) == 0 {
				t.Errorf("seed %d of %s is empty", i, folder)
			}
		}
	}
}

// drain reads a stream to its end and checks the rules that hold for every file.
func drain(t *testing.T, r sources.Reader, err error) {
	t.Helper()
	var fe *sources.FileError
	if err != nil {
		if !errors.As(err, &fe) || fe.Code == "" || fe.Message == "" {
			t.Fatalf("open: %v", err)
		}
		return
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	columns := r.Columns()
	if len(columns) == 0 {
		t.Fatal("a table without columns")
	}
	for i, c := range columns {
		if c.Name == "" || !utf8.ValidString(c.Name) || c.Letter == "" || c.Index != i {
			t.Fatalf("column %d = %+v", i, c)
		}
	}
	for last := 0; ; {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if !errors.As(err, &fe) {
				t.Fatalf("next: %v", err)
			}
			return
		}
		checkRow(t, row, len(columns), last)
		last = row.Number
	}
	for _, n := range r.Notices() {
		if n.Code == "" || n.Message == "" || n.Column >= len(columns) || !utf8.ValidString(n.Sample) {
			t.Fatalf("notice %+v", n)
		}
	}
}

// checkRow checks the rules that hold for every row.
func checkRow(t *testing.T, row sources.Row, width, last int) {
	t.Helper()
	if row.Number <= last || len(row.Cells) != width {
		t.Fatalf("row %d with %d cells follows row %d; the header has %d", row.Number, len(row.Cells), last, width)
	}
	bad := map[int]bool{}
	for _, f := range row.Faults {
		if f.Code == "" || f.Message == "" || f.Hint == "" || f.Column < -1 || f.Column >= width {
			t.Fatalf("fault %+v", f)
		}
		bad[f.Column] = true
	}
	for i, c := range row.Cells {
		if !utf8.ValidString(c) && !bad[i] && !bad[-1] {
			t.Fatalf("cell %d of row %d is no UTF-8 and has no fault: %q", i, row.Number, c)
		}
	}
}

func FuzzDelimited(f *testing.F) {
	for _, s := range seeds(f, "csv") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := sources.OpenReader("x.csv", bytes.NewReader(b), sources.Options{})
		drain(t, r, err)
	})
}

func FuzzSheet(f *testing.F) {
	for _, s := range seeds(f, "sheet") {
		f.Add(string(s), "dd.mm.yyyy", "<si><t>a</t></si>")
		f.Add(string(s), `[<=9]"x"0.0,%;@`, "<si><r><t>b</t></r></si>")
		f.Add(string(s), `"c. "#\ ??/16" cups"`, "<si><t>ZoÃ«</t></si>")
		f.Add(string(s), "[hh]:mm:ss", "<si><t>Total</t></si>")
	}
	f.Fuzz(func(t *testing.T, sheet, code, shared string) {
		if sheet == "" || strings.ContainsAny(code, "\x00") {
			return // the helper leaves empty parts out
		}
		w := workbook{sheet: sheet, formats: []string{code}, strings: shared, ids: []int{14, 22, 10}}
		r, err := sources.OpenReader("x.xlsx", bytes.NewReader(w.bytes(t)), sources.Options{TempDir: t.TempDir()})
		drain(t, r, err)
	})
}

func FuzzWorkbookFile(f *testing.F) {
	for _, s := range seeds(f, "sheet") {
		f.Add(workbook{sheet: string(s)}.bytes(f))
	}
	for _, s := range seeds(f, "books") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := sources.OpenReader("x.xlsx", bytes.NewReader(b), sources.Options{TempDir: t.TempDir()})
		drain(t, r, err)
	})
}

// FuzzOpenDocument: the part with the sheets, written by a program that stores what it shows
// and by one that does not.
func FuzzOpenDocument(f *testing.F) {
	books, err := filepath.Glob("testdata/ods/*.ods")
	if err != nil || len(books) < 3 {
		f.Fatalf("%d files, %v", len(books), err)
	}
	for _, book := range books {
		f.Add(string(partOf(f, book, "content.xml")), true)
	}
	f.Add(openDocumentOf(odsRow(odsCell(`table:number-columns-spanned="3" table:number-rows-spanned="2" table:number-columns-repeated="2"`, "<text:p>a<text:s text:c='9'/></text:p>"))+`<table:table-row table:number-rows-repeated="7">`+odsText("x")+`</table:table-row>`), false)
	f.Add(openDocumentOf(`<table:table-column table:visibility="collapse" table:number-columns-repeated="3"/>`+odsTexts("a", "b")+odsRow(odsCell(`office:value-type="float" office:value="1e16"`, ""), odsCell(`table:formula="x"`, ""))), false)
	f.Fuzz(func(t *testing.T, content string, shows bool) {
		d := openDocument{parts: map[string]string{"content.xml": content}}
		if !shows {
			d.program = "x"
		}
		r, err := sources.OpenReader("x.ods", bytes.NewReader(d.bytes(t)), sources.Options{TempDir: t.TempDir()})
		drain(t, r, err)
	})
}

// FuzzMarkedCopy: a sheet that is XML has a marked copy that is, or is refused before
// anything is written.
func FuzzMarkedCopy(f *testing.F) {
	for _, s := range seeds(f, "sheet") {
		f.Add(string(s), 2)
	}
	f.Add(`<x:worksheet xmlns:x="u"><sheetData xmlns="u"><row><c s="x"/><c r="C1"><v>1</v></c></row><row r="7"/></sheetData><x:extLst/></x:worksheet>`, 1)
	f.Fuzz(func(t *testing.T, sheet string, row int) {
		if sheet == "" || xmltoken.WellFormed(strings.NewReader(sheet)) != nil {
			return
		}
		path := writeFile(t, "x.xlsx", workbook{sheet: sheet}.bytes(t))
		err := sources.WriteMarkedTo(io.Discard, path, sources.Options{}, []sources.Mark{{Row: max(row, 1), Message: "<"}, {Row: 9, Column: -1, Message: "x"}})
		if err != nil && strings.Contains(err.Error(), "read workbook back") {
			t.Errorf("%q: %v", sheet, err)
		}
	})
}

func FuzzJSONLines(f *testing.F) {
	for _, s := range seeds(f, "jsonl") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := sources.OpenReader("x.jsonl", bytes.NewReader(b), sources.Options{})
		drain(t, r, err)
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range seeds(f, "header") {
		f.Add(string(s), 0)
		f.Add(string(s), 2)
	}
	f.Fuzz(func(t *testing.T, head string, row int) {
		r, err := sources.OpenReader("x.csv", strings.NewReader(head+"\nAda,Riga\n"), sources.Options{HeaderRow: row, Encoding: "utf-8", Delimiter: ","})
		drain(t, r, err)
	})
}
