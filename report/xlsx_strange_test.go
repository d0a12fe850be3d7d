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
	"golang.org/x/text/encoding/unicode"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
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

// sheetOf is a workbook of one sheet, which is given as its text, with other parts.
func sheetOf(t *testing.T, sheet string, more map[string]string) string {
	t.Helper()
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + mainSpace + ` xmlns:r="` + office + `"><sheets><sheet name="Customers" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
		"xl/styles.xml":              `<styleSheet ` + mainSpace + `><cellXfs count="1"><xf/></cellXfs></styleSheet>`,
	}
	for name, text := range more {
		parts[name] = text
	}
	path := filepath.Join(t.TempDir(), "strange.xlsx")
	file, err := os.Create(path)
	must(t, err)
	w := zip.NewWriter(file)
	for name, text := range parts {
		if text == "" {
			continue
		}
		part, err := w.Create(name)
		must(t, err)
		_, err = io.WriteString(part, text)
		must(t, err)
	}
	must(t, w.Close(), file.Close())
	return path
}

// textRows are the rows of a sheet with a title above its table, with a prefix.
func textRows(prefix string) string {
	var b strings.Builder
	for row, cells := range [][]string{{"Spring list"}, {"ID", "First Name"}, {"000", "Ada"}, {"001", "Zoë"}} {
		fmt.Fprintf(&b, `<:row r="%d" spans="1:2">`, row+2)
		for i, c := range cells {
			fmt.Fprintf(&b, `<:c r="%c%d" t="inlineStr"><:is><:t>%s</:t></:is></:c>`, 'A'+i, row+2, c)
		}
		b.WriteString("</:row>")
	}
	return strings.NewReplacer("<:", "<"+prefix, "</:", "</"+prefix).Replace(b.String())
}

// takesResults writes results of a workbook, which must be XML in every part, and
// say what they should where a spreadsheet program and our own reader look.
func takesResults(t *testing.T, source string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.xlsx")
	sheet := report.Results{Path: path, Source: report.Source{Path: source, Sheet: "Customers", HeaderRow: 3, Columns: []string{"ID", "First Name"}}}
	_, err := sheet.Save(all(report.RowResult{Row: 4, Cells: []string{"000", "Ada"}, Entry: made("000")}, report.RowResult{Row: 5, Cells: []string{"001", "Zoë"}, Entry: failed("x")}))
	must(t, err)
	wellFormed(t, path)
	r, err := sources.Open(path, sources.Options{HeaderRow: 3})
	must(t, err)
	defer func() { must(t, r.Close()) }()
	if n := len(r.Columns()); n != 2+len(report.ResultColumns()) || r.Columns()[2].Name != "video_status" {
		t.Fatalf("%d columns: %v", n, r.Columns())
	}
	for _, want := range []string{"000 Ada made https://videos.example/000.mp4?a=1&b=2", "001 Zoë failed "} {
		row, err := r.Next()
		must(t, err)
		if got := strings.Join(row.Cells[:4], " "); got != want {
			t.Errorf("row %d is %q, want %q", row.Number, got, want)
		}
	}
}

// utf16 writes a text as UTF-16 with a byte order mark.
func utf16(t *testing.T, text string) string {
	t.Helper()
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	must(t, err)
	return out
}

// TestSheetsOfAnyWriterTakeResults: widths, rows, links and names as other programs
// write them.
func TestSheetsOfAnyWriterTakeResults(t *testing.T) {
	const office = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	rows := "<sheetData>" + textRows("") + "</sheetData>"
	sheet := func(before, data, after string) string {
		return `<worksheet ` + mainSpace + `>` + before + data + after + `</worksheet>`
	}
	link := map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": `<x:Relationships xmlns:x="http://schemas.openxmlformats.org/package/2006/relationships"><!-- <x:Relationships> --></x:Relationships ><!-- end -->` + "\n"}
	for name, c := range map[string]struct {
		sheet string
		more  map[string]string
	}{
		"widths with ends, beside the table":   {sheet: sheet(`<cols><col min="1" max="2" width="20"></col><col min="4" max="6" width="9"></col></cols>`, rows, "")},
		"widths with something in them":        {sheet: sheet("<cols>\n<col min='4' max='6' width='9'>\n<!-- a --><![CDATA[ ]]></col>\n</cols>", rows, "")},
		"all widths beside the table":          {sheet: sheet(`<cols><col min="9" max="9" width="9"></col></cols>`, rows, "")},
		"widths in two lists":                  {sheet: sheet(`<cols><col min="1" max="1" width="9"/></cols><cols><col min="2" max="9" width="9"></col></cols>`, rows, "")},
		"widths under another prefix":          {sheet: `<worksheet ` + mainSpace + ` xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><q:cols><q:col min="1" max="9" width="9"></q:col></q:cols>` + rows + `</worksheet>`},
		"foreign widths":                       {sheet: sheet(`<z:cols xmlns:z="urn:z"><z:col min="4" max="6"/></z:cols>`, rows, "")},
		"an empty list of widths":              {sheet: sheet(`<cols></cols>`, rows, "")},
		"no extent":                            {sheet: sheet(`<dimension ref=""></dimension>`, rows, "")},
		"rows under another prefix":            {sheet: `<worksheet ` + mainSpace + ` xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><q:sheetData>` + textRows("q:") + `</q:sheetData></worksheet>`},
		"names declared at the rows":           {sheet: `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData ` + mainSpace + ` xmlns:z="urn:z">` + strings.ReplaceAll(textRows(""), "<row ", `<row z:a="1" `) + `</sheetData></x:worksheet>`},
		"rows and cells without addresses":     {sheet: sheet("", `<sheetData><row r="2"></row>`+strings.NewReplacer(` r="A3"`, "", ` r="B3"`, "", ` r="3"`, "").Replace(textRows("")[strings.Index(textRows(""), `<row r="3"`):])+`</sheetData>`, "")},
		"rows with line breaks":                {sheet: sheet("", "<sheetData>\n"+strings.ReplaceAll(textRows(""), "><c", ">\n <c")+"\n</sheetData\n>", "")},
		"an end of a row in a text":            {sheet: sheet("", "<sheetData>"+strings.Replace(textRows(""), "Spring list", "<![CDATA[</row></sheetData>]]><!-- </row> -->", 1)+"</sheetData>", "")},
		"foreign rows in a row":                {sheet: sheet("", "<sheetData>"+strings.Replace(textRows(""), "</row>", `<row xmlns="urn:z" r="9"><c r="Z9"><v>1</v></c></row></row>`, 1)+"</sheetData>", "")},
		"links that are there":                 {sheet: `<worksheet ` + mainSpace + ` ` + office + `>` + rows + "<hyperlinks>\n<hyperlink ref='A4' r:id='r1'></hyperlink>\n</hyperlinks><pageMargins left='1'/></worksheet>", more: map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://a.example" TargetMode="External"/></Relationships>`}},
		"links under another prefix":           {sheet: `<worksheet ` + mainSpace + ` xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + rows + `<q:hyperlinks><q:hyperlink ref="A4" location="A1"/></q:hyperlinks></worksheet>`},
		"relations with a prefix":              {sheet: sheet("", rows, ""), more: link},
		"relations closed at once":             {sheet: sheet("", rows, ""), more: map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": `<x:Relationships xmlns:x="http://schemas.openxmlformats.org/package/2006/relationships"/>`}},
		"foreign elements behind the rows":     {sheet: sheet("", rows, `<z:autoFilter xmlns:z="urn:z"/><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="z"/></mc:AlternateContent><extLst><ext><hyperlinks/><autoFilter ref="A1"/></ext></extLst>`)},
		"a filter behind a foreign element":    {sheet: sheet("", rows, `<z:a xmlns:z="urn:z"/><autoFilter ref="A3:B5"></autoFilter>`)},
		"UTF-16":                               {sheet: utf16(t, `<?xml version="1.0" encoding="UTF-16"?>`+sheet("", rows, ""))},
		"Latin-1":                              {sheet: `<?xml version="1.0" encoding="ISO-8859-1"?>` + strings.ReplaceAll(sheet("", rows, ""), "ë", "\xeb")},
		"a byte order mark":                    {sheet: "\ufeff" + sheet("", rows, "")},
		"styles in UTF-16":                     {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": utf16(t, `<styleSheet `+mainSpace+`/>`)}},
		"no styles":                            {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": ""}},
		"styles that are no XML":               {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": `<styleSheet ` + mainSpace + ` a="1" a="1"/>`}},
		"styles with a list twice":             {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": `<styleSheet ` + mainSpace + `><fonts/><fonts/></styleSheet>`}},
		"styles without cellXfs":               {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": `<styleSheet ` + mainSpace + `><fonts/><cellStyles/></styleSheet>`}},
		"styles that are full":                 {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": `<styleSheet ` + mainSpace + `><cellXfs>` + strings.Repeat("<xf/>", 65_430) + `</cellXfs></styleSheet>`}},
		"styles with fonts that are not there": {sheet: sheet("", rows, ""), more: map[string]string{"xl/styles.xml": `<styleSheet ` + mainSpace + `><cellXfs><xf fontId="99" fillId="-1" borderId="x"/></cellXfs></styleSheet>`}},
		"the strict dialect": {sheet: strings.ReplaceAll(sheet("", rows, ""), mainSpace, `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`), more: map[string]string{
			"xl/workbook.xml": `<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:r="http://purl.oclc.org/ooxml/officeDocument/relationships"><sheets><sheet name="Customers" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/styles.xml":   `<styleSheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>`}},
	} {
		t.Run(name, func(t *testing.T) { takesResults(t, sheetOf(t, c.sheet, c.more)) })
	}
}

// TestASheetThatIsNoXMLIsRefused: a copy of it would be none either, and nothing is
// written in its place.
func TestASheetThatIsNoXMLIsRefused(t *testing.T) {
	rows := textRows("")
	for name, sheet := range map[string]string{
		"an undeclared prefix": `<worksheet ` + mainSpace + `><sheetData>` + strings.Replace(rows, "<row ", `<row z:a="1" `, 1) + `</sheetData></worksheet>`,
		"an unknown entity":    `<worksheet ` + mainSpace + `><sheetData>` + strings.Replace(rows, "Ada", "&nbsp;", 1) + `</sheetData></worksheet>`,
		"a control character":  `<worksheet ` + mainSpace + `><sheetData>` + strings.Replace(rows, "Ada", "\x01", 1) + `</sheetData></worksheet>`,
		"crossed tags":         `<worksheet ` + mainSpace + `><sheetData>` + rows + `</sheetData><a><b></a></b></worksheet>`,
		"an attribute twice":   `<worksheet ` + mainSpace + `><sheetData>` + strings.Replace(rows, `<row `, `<row ht="1" ht="2" `, 1) + `</sheetData></worksheet>`,
		"no end":               `<worksheet ` + mainSpace + `><sheetData>` + rows + `</sheetData>`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "results.xlsx")
			sheet := report.Results{Path: path, Source: report.Source{Path: sheetOf(t, sheet, nil), Sheet: "Customers", HeaderRow: 3, Columns: []string{"ID", "First Name"}}}
			if _, err := sheet.Save(all(report.RowResult{Row: 4, Cells: []string{"000", "Ada"}, Entry: made("000")})); err == nil || !strings.Contains(err.Error(), "read workbook back") {
				t.Errorf("err = %v", err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
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
