package sources_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/sources"
)

// marked opens a marked copy and returns its comments by cell.
func marked(t *testing.T, path, sheet string) (*excelize.File, map[string]string) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	comments, err := f.GetComments(sheet)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range comments {
		got[c.Cell] = c.Text
		for _, run := range c.Paragraph {
			got[c.Cell] += run.Text
		}
		if c.Author != "Reelmerge" {
			t.Errorf("author of %s = %q", c.Cell, c.Author)
		}
	}
	return f, got
}

// colour returns a cell's fill.
func colour(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(s.Fill.Color, "")
}

func TestMarkedCopyOfCSVReadsBackAsTheSame(t *testing.T) {
	src := writeFile(t, "customers.csv", []byte("Report;;\n;;\nname;zip;note\nAda;07501;=1+1\n\nBob;1;\"two\nlines\"\n"))
	dst := filepath.Join(t.TempDir(), "marked.xlsx")
	o := sources.Options{HeaderRow: 3}
	err := sources.WriteMarked(src, dst, o, []sources.Mark{
		{Row: 6, Column: 1, Message: "too short"}, {Row: 4, Column: -1, Message: "the row", Warning: true},
		{Row: 6, Column: 1, Message: "and wrong", Warning: true}})
	if err != nil {
		t.Fatal(err)
	}
	want := "name | zip | note\n4: Ada | 07501 | =1+1\n6: Bob | 1 | two\\nlines\nnotice ROW-BLANK"
	if diff := cmp.Diff(want, transcript(sources.Open(dst, o))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f, comments := marked(t, dst, "Sheet1")
	if diff := cmp.Diff(map[string]string{"A4": "the row", "B6": "too short\nand wrong"}, comments); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
	if got := colour(t, f, "Sheet1", "B6") + " " + colour(t, f, "Sheet1", "A4") + " " + colour(t, f, "Sheet1", "A6"); got != "FFC7CE FFEB9C " {
		t.Errorf("colours = %q", got)
	}
	if info, err := os.Stat(dst); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v; want 0600", info.Mode(), err)
	}
}

func TestMarkedCopyOfAWorkbookKeepsTheRest(t *testing.T) {
	f := excelize.NewFile()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(nil, f.SetSheetRow("Sheet1", "C4", &[]any{"name", "fee"}))
	must(nil, f.SetSheetRow("Sheet1", "C5", &[]any{"Ada", 12.5}))
	code := "€0.00"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code, Font: &excelize.Font{Bold: true}})
	must(nil, err)
	must(nil, f.SetCellStyle("Sheet1", "D5", "D5", style))
	must(nil, f.AddComment("Sheet1", excelize.Comment{Cell: "D5", Author: "Reelmerge", Paragraph: []excelize.RichTextRun{{Text: "ask Bob"}}}))
	must(f.NewSheet("Other"))
	must(nil, f.SetCellFormula("Other", "A1", "SUM(Sheet1!D5)"))
	src := filepath.Join(t.TempDir(), "src.xlsx")
	must(nil, f.SaveAs(src))

	dst := filepath.Join(t.TempDir(), "marked.xlsx")
	if err := sources.WriteMarked(src, dst, sources.Options{}, []sources.Mark{{Row: 5, Column: 1, Message: "too much"}}); err != nil {
		t.Fatal(err)
	}
	want := "name | fee\n5: Ada | €12.50\nnotice ROW-SHEET-CHOSEN: \"Sheet1\", \"Other\"\nnotice ROW-NUMBER-ENGLISH: €12.50"
	if diff := cmp.Diff(want, transcript(sources.Open(dst, sources.Options{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	g, comments := marked(t, dst, "Sheet1")
	if diff := cmp.Diff(map[string]string{"D5": "ask Bob\ntoo much"}, comments); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
	if got := colour(t, g, "Sheet1", "D5"); got != "FFC7CE" {
		t.Errorf("colour = %q", got)
	}
	if got, err := g.GetCellFormula("Other", "A1"); err != nil || got != "SUM(Sheet1!D5)" {
		t.Errorf("formula of the other sheet = %q, %v", got, err)
	}
}

func TestMarkedCopyOfJSONLinesHasAHeader(t *testing.T) {
	src := writeFile(t, "c.jsonl", []byte(`{"name":"Ada","n":1}`+"\n"+`{"name":"Bob","n":2}`+"\n"))
	dst := filepath.Join(t.TempDir(), "marked.xlsx")
	if err := sources.WriteMarked(src, dst, sources.Options{}, []sources.Mark{{Row: 2, Column: 1, Message: "x"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("name | n\n2: Ada | 1\n3: Bob | 2", transcript(sources.Open(dst, sources.Options{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, comments := marked(t, dst, "Sheet1"); comments["B3"] != "x" {
		t.Errorf("comments = %v, want one at B3", comments)
	}
}

func TestAThousandBadCellsInAHundredThousandRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,name,city\n")
	var marks []sources.Mark
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d,Ada,Riga\n", i)
		if i%100 == 0 {
			marks = append(marks, sources.Mark{Row: i + 2, Column: 2, Message: "no such city"})
		}
	}
	dst := filepath.Join(t.TempDir(), "marked.xlsx")
	if err := sources.WriteMarked(writeFile(t, "c.csv", []byte(b.String())), dst, sources.Options{}, marks); err != nil {
		t.Fatal(err)
	}
	_, comments := marked(t, dst, "Sheet1")
	if len(comments) != 1000 || comments["C99902"] != "no such city" {
		t.Errorf("%d comments, C99902 = %q", len(comments), comments["C99902"])
	}
}

func TestAMarkedCopyNeverReplacesItsSource(t *testing.T) {
	src := writeFile(t, "c.csv", []byte("a,b\n1,2\n"))
	if err := sources.WriteMarked(src, src, sources.Options{}, nil); err == nil {
		t.Error("the sheet itself was overwritten")
	}
	if b, err := os.ReadFile(src); err != nil || string(b) != "a,b\n1,2\n" {
		t.Errorf("the sheet is now %q, %v", b, err)
	}
}
