package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/report"
)

// TestAMarkedCopySaysWhatIsWrongWithEachRow reads the last column of marked copies. It is
// filtered by a spreadsheet program, it is replaced by the next copy, and it is no obstacle
// for reading the mended copy.
func TestAMarkedCopySaysWhatIsWrongWithEachRow(t *testing.T) {
	const template = `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
 "variables": {"name": {"type": "string", "minLength": 1}, "email": {"type": "string", "minLength": 1}}, "duration": {"base_seconds": 60}}`
	r := newRig(t, 0, false)
	r.write("t.json", template)
	r.write("g.csv", "name;email\nAda;a@x.org\n;b@x.org\nCy;\n")
	r.write("g.jsonl", `{"name":"Ada","email":"a@x.org"}`+"\n"+`{"name":"","email":"b@x.org"}`+"\n"+`{"name":"Cy","email":""}`+"\n")
	t.Setenv("TMPDIR", t.TempDir())
	book := excelize.NewFile()
	for i, row := range [][]any{{"Customers of spring"}, nil, {"name", "email"}, {"Ada", "a@x.org"}, {"", "b@x.org"}, {"Cy", ""}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(r.path("g.xlsx")); err != nil {
		t.Fatal(err)
	}
	for sheet, header := range map[string]int{"g.csv": 1, "g.jsonl": 1, "g.xlsx": 3} {
		marked := "marked-" + sheet + ".xlsx"
		r.run("check", sheet, "--template", "t.json", "--marked", marked).wants(t, exitRows, "wrote "+marked)
		// Marked again, the copy still has one column of problems.
		r.run("check", marked, "--template", "t.json", "--marked", "again-"+marked).wants(t, exitRows, "wrote again-"+marked)
		for _, name := range []string{marked, "again-" + marked} {
			f, err := excelize.OpenFile(r.path(name))
			if err != nil {
				t.Fatal(err)
			}
			for row, want := range map[int]string{0: report.ProblemColumn, 1: "", 2: `COL-V5: "name" is empty`, 3: `COL-V5: "email" is empty`} {
				if got, err := f.GetCellValue("Sheet1", fmt.Sprintf("C%d", header+row)); err != nil || !strings.HasPrefix(got, want) || want == "" && got != "" {
					t.Errorf("%s: C%d is %q, want %q (%v)", name, header+row, got, want, err)
				}
			}
			if more, _ := f.GetCellValue("Sheet1", fmt.Sprintf("D%d", header)); more != "" {
				t.Errorf("%s has one more column, %q", name, more)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		mended, err := excelize.OpenFile(r.path(marked))
		if err != nil {
			t.Fatal(err)
		}
		for cell, value := range map[string]string{"A%d": "Bob", "B%d": "c@x.org"} {
			row := header + 2
			if cell == "B%d" {
				row++
			}
			if err := mended.SetCellStr("Sheet1", fmt.Sprintf(cell, row), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := mended.Save(); err != nil {
			t.Fatal(err)
		}
		r.run("check", marked, "--template", "t.json").wants(t, exitDone, "")
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "reelmerge-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
