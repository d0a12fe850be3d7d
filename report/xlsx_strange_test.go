package report_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/report"
)

// withParts copies a workbook with other texts for some of its parts; an empty text
// leaves the part out.
func withParts(t *testing.T, source string, texts map[string]string) string {
	t.Helper()
	old, err := zip.OpenReader(source)
	must(t, err)
	defer func() { _ = old.Close() }()
	path := filepath.Join(t.TempDir(), "strange.xlsx")
	file, err := os.Create(path)
	must(t, err)
	w := zip.NewWriter(file)
	for _, f := range old.File {
		text, change := texts[f.Name]
		if !change {
			must(t, w.Copy(f))
		} else if text != "" {
			part, err := w.Create(f.Name)
			must(t, err)
			_, err = io.WriteString(part, text)
			must(t, err)
		}
	}
	must(t, w.Close(), file.Close())
	return path
}

const mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// TestAStylesheetThatMissesListsTakesOurColours writes results of workbooks whose
// stylesheets leave out what excelize takes for granted.
func TestAStylesheetThatMissesListsTakesOurColours(t *testing.T) {
	fonts, xfs := `<fonts count="1"><font><sz val="11"/></font></fonts>`, `<cellXfs count="1"><xf/></cellXfs>`
	for name, text := range map[string]string{
		"nothing":                `<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`,
		"formats alone":          `<styleSheet ` + mainSpace + `>` + xfs + `</styleSheet>`,
		"no fills":               `<styleSheet ` + mainSpace + `>` + fonts + xfs + `</styleSheet>`,
		"empty lists":            `<styleSheet ` + mainSpace + `><fonts/><fills/><borders/><cellXfs/></styleSheet>`,
		"a length that is wrong": `<styleSheet ` + mainSpace + `>` + strings.Replace(fonts, "1", "77", 1) + xfs + `</styleSheet>`,
	} {
		t.Run(name, func(t *testing.T) {
			_, f := extend(t, withParts(t, customers(t, nil), map[string]string{"xl/styles.xml": text}), four())
			id, err := f.GetCellStyle("Customers", "F4")
			must(t, err)
			style, err := f.GetStyle(id)
			must(t, err)
			if got := fmt.Sprint(style.Fill.Color); got != "[E2F0D9]" || style.Font == nil || style.Font.Color != "1E4620" {
				t.Errorf("the status has the colour %s in %+v", got, style.Font)
			}
			if got := cell(t, f, "Customers", "F4"); got != "made" {
				t.Errorf("status %q", got)
			}
		})
	}
}

// TestAPanicWhileResultsAreWrittenIsAnError has the rows panic, as a library may
// with a stranger's workbook: nothing is left behind, and it is told apart.
func TestAPanicWhileResultsAreWrittenIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.xlsx")
	sheet := report.Results{Path: path, Source: report.Source{Path: customers(t, nil), Sheet: "Customers"}}
	_, err := sheet.Save(func(func(report.RowResult, error) bool) {
		var f *excelize.File
		_ = f.Styles
	})
	if err == nil || !strings.Contains(err.Error(), "write results: internal error: runtime error: invalid memory address") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
