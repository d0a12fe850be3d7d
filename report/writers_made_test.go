package report_test

import (
	"archive/zip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// dice are the same in every run.
func dice(n int) *rand.Rand { return rand.New(rand.NewPCG(1, uint64(n))) }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// people are the rows that a workbook gets: id and name.
func people(r *rand.Rand) (rows [][2]string, truth []string) {
	for i := range 3 + r.IntN(22) {
		row := [2]string{fmt.Sprintf("k%d", i), pick(r, "Ada", "Zoë", "<b>&", "Ｋen", "two\nlines", "😀 Kim", "O'Neil", " blank ", "]]>", "mergeCells")}
		rows = append(rows, row)
		truth = append(truth, row[0]+"\t"+strings.ReplaceAll(row[1], "\n", `\n`))
	}
	return rows, truth
}

// withExcelize writes a workbook with what marketers have in theirs.
func withExcelize(t *testing.T, path string, n int) []string {
	t.Helper()
	r, f := dice(n), excelize.NewFile()
	rows, truth := people(r)
	header, last := pick(r, 1, 1, 3), 0
	if header == 3 {
		must(t, f.SetCellStr("Sheet1", "A1", "Spring list"), f.MergeCell("Sheet1", "A1", "D1"))
	}
	must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", header), &[]any{"id", "name", "amount", "since"}))
	codes := []string{"0.00", "#,##0.00 [$€-407]", "dd.mm.yyyy", "0%", "00000", "[h]:mm"}
	for i, row := range rows {
		last = header + 1 + i
		must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", last), &[]any{row[0], row[1], float64(i) / 8, 46000 + i}))
		style, err := f.NewStyle(&excelize.Style{
			CustomNumFmt: &codes[r.IntN(len(codes))], Font: &excelize.Font{Bold: r.IntN(2) == 0, Color: "FF0000"},
			Border: []excelize.Border{{Type: "left", Style: 1 + r.IntN(5), Color: pick(r, "0000FF", "00FF00")}},
			Fill:   pick(r, excelize.Fill{}, excelize.Fill{Type: "gradient", Color: []string{"FFFFFF", "E0EBF5"}, Shading: 1}),
		})
		must(t, err, f.SetCellStyle("Sheet1", fmt.Sprintf("C%d", last), fmt.Sprintf("D%d", last), style))
		cell := fmt.Sprintf("A%d", last)
		switch r.IntN(6) {
		case 0:
			must(t, f.AddComment("Sheet1", excelize.Comment{Cell: cell, Author: "Ana", Text: "ask Bob"}))
		case 1:
			must(t, f.SetCellHyperLink("Sheet1", cell, "https://example.com/?a=1&b=2", "External"))
		case 2:
			must(t, f.SetRowVisible("Sheet1", last, false))
		}
	}
	for range r.IntN(5) {
		must(t, f.SetColWidth("Sheet1", pick(r, "A", "C", "F"), pick(r, "F", "J", "XFD"), float64(5+r.IntN(30))))
	}
	area := fmt.Sprintf("A%d:D%d", header, last)
	switch r.IntN(4) {
	case 0:
		must(t, f.AddTable("Sheet1", &excelize.Table{Range: area, Name: "T"}))
	case 1:
		must(t, f.AutoFilter("Sheet1", area, nil))
	case 2:
		must(t, f.SetConditionalFormat("Sheet1", area, []excelize.ConditionalFormatOptions{{Type: "2_color_scale", Criteria: "=", MinType: "min", MaxType: "max", MinColor: "#F8696B", MaxColor: "#63BE7B"}}))
	}
	must(t, f.SaveAs(path), f.Close())
	return truth
}

// withLibreOffice has LibreOffice write the workbooks of excelize anew.
func withLibreOffice(t *testing.T, folder string, count int) {
	t.Helper()
	if soffice() == "" {
		t.Skip("SKIPPED: soffice is not installed")
	}
	before := t.TempDir()
	eachOf(t, before, "libreoffice", count, func(t *testing.T, path string, n int) []string { return withExcelize(t, path, n+1000) })
	books, err := filepath.Glob(filepath.Join(before, "*.xlsx"))
	must(t, err)
	convertAll(t, "xlsx:Calc MS Excel 2007 XML", folder, books)
	for _, book := range books {
		must(t, os.Rename(book+".txt", filepath.Join(folder, filepath.Base(book)+".txt")))
	}
}

// byHand writes a workbook whose parts another function changes.
func byHand(change func(r *rand.Rand, name, text string) string) func(t *testing.T, path string, n int) []string {
	return func(t *testing.T, path string, n int) []string {
		t.Helper()
		r := dice(n)
		rows, truth := people(r)
		file, err := os.Create(path)
		must(t, err)
		z := zip.NewWriter(file)
		for _, part := range handMade(r, rows) {
			w, err := z.Create(part[0])
			must(t, err)
			_, err = io.WriteString(w, change(r, part[0], part[1]))
			must(t, err)
		}
		must(t, z.Close(), file.Close())
		return truth
	}
}

// handMade are the parts of a workbook: each list is there or not, and so is white
// space.
func handMade(r *rand.Rand, rows [][2]string) [][2]string {
	const types, office = "application/vnd.openxmlformats-officedocument.spreadsheetml.", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const list, end = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, `</Relationships>`
	relation := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="` + office + `/` + kind + `" Target="` + target + `"/>`
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	var cells, shared strings.Builder
	for i, row := range append([][2]string{{"id", "name"}}, rows...) {
		fmt.Fprintf(&cells, `<row r="%d"%s><c r="A%d" t="inlineStr"><is><t>%s</t></is></c>`, i+1, pick(r, "", ` spans="1:3"`, ` ht="20"`), i+1, escape(row[0]))
		fmt.Fprintf(&shared, `<si><t xml:space="preserve">%s</t></si>`, escape(row[1]))
		fmt.Fprintf(&cells, `<c r="B%d" t="s"%s><v>%d</v></c>%s</row>`, i+1, pick(r, "", ` s="1"`), i, pick(r, "", fmt.Sprintf(`<c r="C%d" s="1"/>`, i+1)))
	}
	styles := pick(r, "",
		`<cellXfs count="2"><xf/><xf borderId="0"/></cellXfs>`,
		`<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="2"><border/><border><left style="thin"><color auto="1"/></left></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0"><alignment wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>`)
	if styles == "" {
		text := cells.String()
		cells.Reset()
		cells.WriteString(strings.ReplaceAll(text, ` s="1"`, ""))
	}
	sheet := pick(r, "", `<dimension ref="A1:C9"/>`) +
		pick(r, "", `<cols><col min="1" max="2" width="20" customWidth="1"/></cols>`, `<cols><col min="4" max="6" width="9" customWidth="1"></col></cols>`) +
		`<sheetData>` + cells.String() + `</sheetData>` +
		pick(r, "", `<mergeCells count="1"><mergeCell ref="F1:G2"/></mergeCells>`) + pick(r, "", `<hyperlinks><hyperlink ref="A2" location="A1"/></hyperlinks>`) +
		pick(r, "", `<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/>`) + pick(r, "", `<extLst><ext xmlns:z="urn:z" uri="{z}"><z:sheetData><z:row r="1"/></z:sheetData></ext></extLst>`)
	const space = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	parts := [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + types + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + types + `styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="` + types + `sharedStrings+xml"/></Types>`},
		{"_rels/.rels", list + relation("rId1", "officeDocument", "xl/workbook.xml") + end},
		{"xl/workbook.xml", `<workbook` + space + ` xmlns:r="` + office + `"><sheets><sheet name="Customers" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", list + relation("rId1", "worksheet", "worksheets/sheet1.xml") + relation("rId2", "styles", "styles.xml") + relation("rId3", "sharedStrings", pick(r, "/xl/", "")+"sharedStrings.xml") + end},
		{"xl/worksheets/sheet1.xml", `<worksheet` + space + `>` + sheet + `</worksheet>`},
		{"xl/sharedStrings.xml", `<sst` + space + `>` + shared.String() + `</sst>`},
	}
	if styles != "" || r.IntN(2) == 0 {
		return append(parts, [2]string{"xl/styles.xml", `<styleSheet` + space + `>` + styles + `</styleSheet>`})
	}
	parts[0][1] = strings.Replace(parts[0][1], `<Override PartName="/xl/styles.xml" ContentType="`+types+`styles+xml"/>`, "", 1)
	return parts // the relation to the styles stays
}

// strictly is the stricter dialect.
func strictly(_ *rand.Rand, _, text string) string {
	return strings.NewReplacer(
		"http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(text)
}

// prefixed has a prefix on each element of sheets, and sometimes line breaks between
// them.
func prefixed(r *rand.Rand, name, text string) string {
	if !strings.HasPrefix(name, "xl/") || strings.HasSuffix(name, ".rels") {
		return text
	}
	prefix := pick(r, "x", "ss", "main")
	text = strings.NewReplacer("</z:", "</z:", "<z:", "<z:", "</", "</"+prefix+":", "<", "<"+prefix+":").Replace(text)
	if r.IntN(2) == 0 {
		text = strings.ReplaceAll(text, "><"+prefix+":", ">\n  <"+prefix+":")
	}
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + strings.Replace(text, ` xmlns="`, ` xmlns:`+prefix+`="`, 1)
}
