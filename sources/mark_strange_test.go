package sources_test

import (
	"archive/zip"
	"bytes"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// bare is the least that a workbook may have, with a stylesheet.
func bare(t *testing.T, styles string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	const space = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + relation + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + space + ` xmlns:r="` + relation + `"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + relation + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + relation + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + space + `><sheetData><row r="1"><c r="A1" t="str"><v>name</v></c></row><row r="2"><c r="A2" t="str"><v>Ada</v></c></row></sheetData></worksheet>`},
		{"xl/styles.xml", styles},
	} {
		f, err := w.Create(part.name)
		if err == nil {
			_, err = f.Write([]byte(part.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAMarkedCopyTakesAnyStylesheet marks a cell of workbooks whose stylesheets
// leave out lists that may be left out.
func TestAMarkedCopyTakesAnyStylesheet(t *testing.T) {
	const space = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	for name, styles := range map[string]string{
		"nothing":       `<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`,
		"formats alone": `<styleSheet ` + space + `><cellXfs count="1"><xf/></cellXfs></styleSheet>`,
		"empty lists":   `<styleSheet ` + space + `><fonts count="0"/><fills/><borders/><cellXfs/></styleSheet>`,
	} {
		t.Run(name, func(t *testing.T) {
			src := writeFile(t, "rows.xlsx", bare(t, styles))
			dst := filepath.Join(t.TempDir(), "marked.xlsx")
			if err := sources.WriteMarked(src, dst, sources.Options{}, []sources.Mark{{Row: 2, Message: "too short"}}); err != nil {
				t.Fatal(err)
			}
			f, comments := marked(t, dst, "S")
			id, err := f.GetCellStyle("S", "A2")
			if err != nil || id == 0 {
				t.Fatalf("format %d: %v", id, err)
			}
			fill := f.Styles.Fills.Fill[*f.Styles.CellXfs.Xf[id].FillID].PatternFill
			if fill.FgColor.RGB != "FFFFC7CE" || comments["A2"] != "too short" {
				t.Errorf("colour %q, comments %v", fill.FgColor.RGB, comments)
			}
		})
	}
}
