package sources_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/sources"
)

// num returns a cell with a number in a cell format.
func num(ref string, format int, value string) string {
	return `<c r="` + ref + `" s="` + string(rune('0'+format)) + `"><v>` + value + `</v></c>`
}

func TestWorkbooksReadAsTheyAreShown(t *testing.T) {
	head := texts(1, "name", "value")
	one := func(cells ...string) string {
		return head + cellsOf(2, append([]string{`<c r="A2" t="inlineStr"><is><t>Ada</t></is></c>`}, cells...)...)
	}
	for _, c := range []struct {
		name    string
		book    workbook
		options sources.Options
		want    string
	}{
		{name: "texts", book: workbook{rows: head + texts(2, "Ada", "x &amp; y")}, want: "name | value\n2: Ada | x & y"},
		{name: "shared and rich texts", book: workbook{
			strings: `<si><t>name</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">Anne </t></r><r><t>Marie</t></r><rPh sb="0" eb="1"><t>アン</t></rPh></si><si><t>two_x000D_&#10;lines _x005F_x000D_</t></si><si/>`,
			rows:    cellsOf(1, `<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><r><t>va</t></r><r><t>lue</t></r></is></c>`) + cellsOf(2, `<c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>2</v></c>`) + cellsOf(3, `<c r="A3" t="s"><v>1</v></c><c r="B3" t="s"><v>3</v></c>`)},
			want: "name | value\n2: Anne Marie | two\\r\\nlines _x000D_\n3: Anne Marie | "},
		{name: "a text that is missing in the table", book: workbook{rows: one(`<c r="B2" t="s"><v>7</v></c>`)}, want: "name | value\n2: Ada | \n  B2 ROW-DAMAGED"},
		{name: "cells without addresses", book: workbook{rows: `<row><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>value</t></is></c></row><row><c t="inlineStr"><is><t>Ada</t></is></c><c><v>5</v></c></row>`}, want: "name | value\n2: Ada | 5"},
		{name: "prefixed elements, CDATA and comments", book: workbook{sheet: `<?xml version="1.0"?><x:worksheet xmlns:x="u"><!-- <x:row> --><x:sheetData><x:row r='1'><x:c r="A1" t="inlineStr"><x:is><x:t><![CDATA[na<me]]></x:t></x:is></x:c></x:row><x:row r='2'><x:c r="A2" t="inlineStr"><x:is><x:t>A&#x64;a</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`},
			want: "na<me\n2: Ada"},
		{name: "plain numbers", book: workbook{rows: head + cellsOf(2, num("A2", 0, "7501"), num("B2", 0, "0.30000000000000004")) + cellsOf(3, num("A3", 0, "1E-5"), num("B3", 0, "1234567.891")) + cellsOf(4, num("A4", 0, "-0"), num("B4", 0, "2.5E2"))},
			want: "name | value\n2: 7501 | 0.3\n3: 1E-05 | 1234567.891\n4: 0 | 250\nnotice ROW-NUMBER-ENGLISH: 0.3"},
		{name: "leading zeros", book: workbook{formats: []string{"00000"}, rows: one(num("B2", 1, "7501"))}, want: "name | value\n2: Ada | 07501"},
		{name: "currency", book: workbook{formats: []string{"€#,##0.00", `#,##0.00\ [$€-407];[Red]\-#,##0.00\ [$€-407]`}, rows: one(num("B2", 1, "1234.5")) + cellsOf(3, num("A3", 1, "-3"), num("B3", 2, "-1234567.895"))},
			want: "name | value\n2: Ada | €1,234.50\n3: -€3.00 | -1,234,567.90 €\nnotice ROW-NUMBER-ENGLISH: €1,234.50\nnotice ROW-NUMBER-ENGLISH: -€3.00"},
		{name: "accounting, zero as a dash", book: workbook{formats: []string{`_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-;_-* "-"??\ "€"_-;_-@_-`}, rows: one(num("B2", 1, "0")) + cellsOf(3, num("A3", 1, "12"), num("B3", 1, "-12.345"))},
			want: "name | value\n2: Ada | -   €\n3: 12.00 € | -12.35 €\nnotice ROW-NUMBER-ENGLISH: 12.00 €\nnotice ROW-NUMBER-ENGLISH: -12.35 €"},
		{name: "percent", book: workbook{ids: []int{9, 10}, rows: one(num("B2", 1, "0.15")) + cellsOf(3, num("A3", 2, "0.1525"), num("B3", 1, "1.005"))},
			want: "name | value\n2: Ada | 15%\n3: 15.25% | 101%\nnotice ROW-NUMBER-ENGLISH: 15.25%"},
		{name: "half is rounded up as in the sheet", book: workbook{ids: []int{2}, rows: one(num("B2", 1, "1.005")) + cellsOf(3, num("A3", 1, "2.675"), num("B3", 1, "-0.125"))},
			want: "name | value\n2: Ada | 1.01\n3: 2.68 | -0.13\nnotice ROW-NUMBER-ENGLISH: 1.01\nnotice ROW-NUMBER-ENGLISH: 2.68"},
		{name: "phone numbers", book: workbook{formats: []string{"[<=9999999]###-####;(###) ###-####"}, rows: one(num("B2", 1, "5551234")) + cellsOf(3, num("A3", 1, "4155551234"))},
			want: "name | value\n2: Ada | 555-1234\n3: (415) 555-1234 | "},
		{name: "thousands and millions", book: workbook{formats: []string{`0.0,,"M"`, "#,##0"}, rows: one(num("B2", 1, "1234567")) + cellsOf(3, num("B3", 2, "1234567"))},
			want: "name | value\n2: Ada | 1.2M\n3:  | 1,234,567\nnotice ROW-NUMBER-ENGLISH: 1.2M"},
		{name: "words for numbers", book: workbook{formats: []string{`"Yes";"Minus";"No"`, `"No. "0`, `;;;`}, rows: one(num("B2", 1, "0")) + cellsOf(3, num("A3", 1, "2"), num("B3", 2, "7")) + cellsOf(4, num("A4", 1, "-1"), num("B4", 3, "9"))},
			want: "name | value\n2: Ada | No\n3: Yes | No. 7\n4: Minus | "},
		{name: "a format around a text", book: workbook{formats: []string{`"Dr. "@`}, rows: one(`<c r="B2" s="1" t="inlineStr"><is><t>Lee</t></is></c>`)}, want: "name | value\n2: Ada | Dr. Lee"},
		{name: "styles with line breaks between their elements", book: workbook{parts: map[string]string{"xl/styles.xml": "<styleSheet>\n<cellXfs>\n<xf numFmtId='0'/>\n<xf numFmtId='9'/>\n</cellXfs>\n</styleSheet>"}, rows: one(num("B2", 1, "0.15"))},
			want: "name | value\n2: Ada | 15%"},
		{name: "a format nobody reads", book: workbook{ids: []int{11}, rows: one(num("B2", 1, "0.5"))}, want: "name | value\n2: Ada | 0.5\n  B2 (ROW-NUMBER-FORMAT)"},
		{name: "text format on a number", book: workbook{ids: []int{49}, rows: one(num("B2", 1, "7501"))}, want: "name | value\n2: Ada | 7501"},
		{name: "long ids", book: workbook{rows: one(num("B2", 0, "1.2345678901234499E+16")) + cellsOf(3, num("B3", 0, "999999999999999")) + cellsOf(4, num("B4", 0, "1000000000000000"))},
			want: "name | value\n2: Ada | 12345678901234500\n  B2 ROW-LONG-NUMBER\n3:  | 999999999999999\n4:  | 1000000000000000\n  B4 ROW-LONG-NUMBER\nnotice ROW-WHOLE-NUMBER: 999999999999999"},
		{name: "built-in dates", book: workbook{ids: []int{14, 22}, rows: one(num("B2", 1, "46095")) + cellsOf(3, num("A3", 2, "46095.631550925924"), num("B3", 1, "46095.9999999"))},
			want: "name | value\n2: Ada | 2026-03-14\n3: 2026-03-14T15:09:26 | 2026-03-14\nnotice ROW-DATE-ISO: 2026-03-14\nnotice ROW-DATE-ISO: 2026-03-14T15:09:26"},
		{name: "dates since 1904", book: workbook{pr: `date1904="1"`, ids: []int{14}, formats: []string{"dd.mm.yyyy"}, rows: one(num("B2", 2, "44633")) + cellsOf(3, num("B3", 1, "44633"))},
			want: "name | value\n2: Ada | 2026-03-14\n3:  | 14.03.2026\nnotice ROW-DATE-ISO: 2026-03-14"},
		{name: "dates in their own format", book: workbook{formats: []string{"dd.mm.yyyy", "[$-407]d. mmmm yyyy", "d mmmm yyyy", `yyyy\-mm\-dd\ hh:mm`}, rows: one(num("B2", 1, "46095")) + cellsOf(3, num("A3", 2, "46095"), num("B3", 3, "46095")) + cellsOf(4, num("A4", 4, "46095.5"))},
			want: "name | value\n2: Ada | 14.03.2026\n3: 14. März 2026 | 14 March 2026\n4: 2026-03-14 12:00 | \nnotice ROW-DATE-ENGLISH: 14 March 2026"},
		{name: "the date separator of a language", book: workbook{formats: []string{"[$-407]dd/mm/yyyy", "[$-809]d/m/yy;@", "[$-413]d/m/yyyy h:mm AM/PM", "m/d/yyyy"}, rows: one(num("B2", 1, "46095")) + cellsOf(3, num("A3", 2, "46095"), num("B3", 3, "46095.5")) + cellsOf(4, num("A4", 4, "46095"))},
			want: "name | value\n2: Ada | 14.03.2026\n3: 14/3/26 | 14-3-2026 12:00 PM\n4: 3/14/2026 | \nnotice ROW-DATE-SLASH: 3/14/2026"},
		{name: "dates as the computer shows them", book: workbook{formats: []string{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`}, rows: one(num("B2", 1, "46095"))}, want: "name | value\n2: Ada | 2026-03-14\nnotice ROW-DATE-ISO: 2026-03-14"},
		{name: "dates as the campaign wants them", book: workbook{ids: []int{14, 20}, formats: []string{"dd.mm.yyyy"}, rows: one(num("B2", 2, "46095")) + cellsOf(3, num("A3", 1, "46095"), num("B3", 3, "0.5"))}, options: sources.Options{Dates: "2 January 2006"},
			want: "name | value\n2: Ada | 14 March 2026\n3: 14 March 2026 | 12:00"},
		{name: "dates as nobody writes them", book: workbook{rows: one()}, options: sources.Options{Dates: "dd.mm.yyyy"}, want: "error ROW-DATES"},
		{name: "times", book: workbook{ids: []int{18, 20, 46}, rows: one(num("B2", 1, "0.631550925925926")) + cellsOf(3, num("A3", 2, "0.631550925925926"), num("B3", 3, "1.5"))},
			want: "name | value\n2: Ada | 3:09 PM\n3: 15:09 | 36:00:00"},
		{name: "dates that are none", book: workbook{ids: []int{14}, rows: one(num("B2", 1, "-1")) + cellsOf(3, num("A3", 1, "0"), num("B3", 1, "60")) + cellsOf(4, num("A4", 1, "9999999"))},
			want: "name | value\n2: Ada | -1\n  B2 ROW-DATE\n3: 0 | 60\n  A3 ROW-DATE\n  B3 ROW-DATE\n4: 9999999 | \n  A4 ROW-DATE"},
		{name: "dates as text", book: workbook{rows: one(`<c r="B2" t="d"><v>2026-03-14</v></c>`) + cellsOf(3, `<c r="B3" t="d"><v>soon</v></c>`)},
			want: "name | value\n2: Ada | 2026-03-14\n3:  | soon\n  B3 ROW-DATE\nnotice ROW-DATE-ISO: 2026-03-14"},
		{name: "formulas", book: workbook{rows: one(`<c r="B2"><f>1+1</f><v>2</v></c>`) + cellsOf(3, `<c r="A3" t="str"><f>A2</f><v>Ada</v></c>`, `<c r="B3" t="str"><f>""</f><v></v></c>`) + cellsOf(4, `<c r="A4"><f t="shared" si="0"/><v>4</v></c>`)},
			want: "name | value\n2: Ada | 2\n3: Ada | \n4: 4 | "},
		{name: "formulas without a result", book: workbook{rows: one(`<c r="B2"><f>1+1</f></c>`) + cellsOf(3, `<c r="A3"><f>1+1</f><v></v></c>`, `<c r="B3" t="str"><f>A1</f></c>`)},
			want: "name | value\n2: Ada | \n  B2 ROW-NO-RESULT\n3:  | \n  A3 ROW-NO-RESULT\n  B3 ROW-NO-RESULT"},
		{name: "errors", book: workbook{rows: one(`<c r="B2" t="e"><f>NA()</f><v>#N/A</v></c>`) + texts(3, "#REF!", "#1")},
			want: "name | value\n2: Ada | #N/A\n  B2 ROW-ERROR-VALUE\n3: #REF! | #1\n  A3 ROW-ERROR-VALUE"},
		{name: "yes and no", book: workbook{rows: one(`<c r="B2" t="b"><v>1</v></c>`) + cellsOf(3, `<c r="A3" t="b"><v>0</v></c>`)}, want: "name | value\n2: Ada | TRUE\n3: FALSE | "},
		{name: "a number that is none", book: workbook{rows: one(`<c r="B2"><v>twelve</v></c>`) + cellsOf(3, `<c r="B3"><v>NaN</v></c>`)}, want: "name | value\n2: Ada | twelve\n  B2 ROW-DAMAGED\n3:  | NaN\n  B3 ROW-DAMAGED"},
		{name: "hidden rows are read", book: workbook{rows: head + strings.Replace(texts(2, "Ada", "x"), "<row", `<row hidden="1"`, 1) + texts(3, "Bob", "y")}, want: "name | value\n2 (hidden): Ada | x\n3: Bob | y\nnotice ROW-HIDDEN"},
		{name: "hidden rows are skipped", book: workbook{rows: head + strings.Replace(texts(2, "Ada", "x"), "<row", `<row hidden="true"`, 1) + texts(3, "Bob", "y")}, options: sources.Options{SkipHidden: true}, want: "name | value\n3: Bob | y\nnotice ROW-HIDDEN"},
		{name: "hidden columns", book: workbook{before: `<cols><col min="2" max="2" hidden="1"/><col min="9" max="16384" hidden="1"/></cols>`, rows: head + texts(2, "Ada", "x")}, want: "name | value\n2: Ada | x\nnotice ROW-HIDDEN-COLUMN"},
		{name: "cells merged over rows", book: workbook{rows: head + texts(2, "Ada", "x") + texts(3, "", "y") + texts(4, "Bob", "z"), after: `<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>`},
			want: "name | value\n2: Ada | x\n3: Ada | y\n4: Bob | z\nnotice ROW-MERGED-FILLED: Ada"},
		{name: "an error merged over rows", book: workbook{rows: head + cellsOf(2, `<c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>1</v></c>`) + cellsOf(3, `<c r="B3"><v>2</v></c>`), after: `<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>`},
			want: "name | value\n2: #N/A | 1\n  A2 ROW-ERROR-VALUE\n3: #N/A | 2\n  A3 ROW-ERROR-VALUE\nnotice ROW-MERGED-FILLED: #N/A"},
		{name: "the totals row of a table", book: workbook{rows: head + texts(2, "Ada", "x") + texts(3, "Total", "1"), parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + officeRelations + `/table" Target="../tables/table1.xml"/></Relationships>`,
			"xl/tables/table1.xml":                `<?xml version="1.0"?><table id="1" ref="A1:B3" totalsRowCount="1"><autoFilter ref="A1:B2"/></table>`}},
			want: "name | value\n2: Ada | x\n3: Total | 1\n  row ROW-TOTALS"},
		{name: "cells merged over columns", book: workbook{rows: head + texts(2, "Ada", "x") + texts(3, "Northern region") + texts(4, "Bob", "z"), after: `<mergeCells><mergeCell ref="A3:B3"/></mergeCells>`},
			want: "name | value\n2: Ada | x\n3: Northern region | \n  B3 ROW-MERGED\n4: Bob | z"},
		{name: "a merged header", book: workbook{rows: texts(1, "name", "", "city") + texts(2, "Ada", "Lee", "Riga"), after: `<mergeCells><mergeCell ref="A1:B1"/></mergeCells>`}, want: "error ROW-EMPTY-HEADER B1"},
		{name: "a table that starts at C4", book: workbook{rows: texts(4, "", "", "name", "city") + texts(5, "", "", "Ada", "Riga") + texts(7, "", "", "Bob", "#N/A", "note")},
			want: "name | city\n5: Ada | Riga\n7: Bob | #N/A\n  D7 ROW-ERROR-VALUE\n  row (ROW-NO-HEADER)\nnotice ROW-BLANK"},
		{name: "a title above the table", book: workbook{rows: texts(1, "Customers of 2026") + texts(3, "name", "city") + texts(4, "Ada", "Riga")}, want: "name | city\n4: Ada | Riga\nnotice ROW-HEADER-FOUND: name | city"},
		{name: "header row, named", book: workbook{rows: texts(1, "a", "b") + texts(2, "name", "city") + texts(3, "Ada", "Riga")}, options: sources.Options{HeaderRow: 2}, want: "name | city\n3: Ada | Riga"},
		{name: "header row, missing", book: workbook{rows: texts(1, "a", "b") + texts(3, "Ada", "Riga")}, options: sources.Options{HeaderRow: 2}, want: "error ROW-HEADER-ROW"},
		{name: "empty rows with a format", book: workbook{rows: head + `<row r="2" s="1" customFormat="1"/><row r="3"><c r="A3" s="1"/></row>` + texts(1000, "Ada", "x")}, want: "name | value\n1000: Ada | x\nnotice ROW-BLANK"},
		{name: "columns without a name at the edges", book: workbook{rows: texts(1, "", "name", "city", "") + texts(2, "", "Ada", "Riga")}, want: "name | city\n2: Ada | Riga"},
		{name: "a column without a name but with values", book: workbook{rows: texts(1, "", "name", "city") + texts(2, "0", "Ada", "Riga")}, want: "error ROW-EMPTY-HEADER A1"},
		{name: "same name twice", book: workbook{rows: texts(1, "x", "", "name", "NAME") + texts(2, "0")}, options: sources.Options{}, want: "error ROW-EMPTY-HEADER B1\nerror ROW-DUPLICATE-HEADER D1"},
		{name: "an empty sheet", book: workbook{rows: ""}, want: "error ROW-EMPTY"},
		{name: "a quote prefix is data", book: workbook{rows: head + texts(2, "'=1", "=1")}, want: "name | value\n2: '=1 | =1"},
		{name: "rows out of order", book: workbook{rows: head + texts(3, "Ada", "x") + texts(2, "Bob", "y")}, want: "error ROW-DAMAGED"},
		{name: "a cell in another row", book: workbook{rows: head + cellsOf(2, `<c r="A3"><v>1</v></c>`)}, want: "error ROW-DAMAGED"},
		{name: "XML that breaks off", book: workbook{sheet: "<worksheet><sheetData>" + head + `<row r="2"><c r="A2" t="inl`}, want: "error ROW-DAMAGED"},
		{name: "XML with a document type", book: workbook{sheet: `<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData>` + head + "</sheetData></worksheet>"}, want: "error ROW-DAMAGED"},
		{name: "XML that is too deep", book: workbook{sheet: strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)}, want: "error ROW-DAMAGED"},
		{name: "no sheet of that name", book: workbook{rows: head}, options: sources.Options{Sheet: "Kunden"}, want: "error ROW-SHEET"},
		{name: "a sheet by its name in other letters", book: workbook{rows: head + texts(2, "Ada", "x")}, options: sources.Options{Sheet: "customers "}, want: "name | value\n2: Ada | x"},
		{name: "without styles and texts", book: workbook{rows: head + texts(2, "Ada", "x"), parts: map[string]string{"xl/styles.xml": "", "xl/sharedStrings.xml": "",
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + officeRelations + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`}}, want: "name | value\n2: Ada | x"},
		{name: "binary workbook", book: workbook{parts: map[string]string{"xl/workbook.bin": "x"}}, want: "error ROW-FORMAT"},
		{name: "bytes that are no letters", book: workbook{rows: texts(1, "name", "city") + texts(2, "A\xe8\x03", "Riga")}, want: "name | city\n2: A\\xe8\\x03 | Riga\n  A2 ROW-ENCODING"},
		{name: "a Word document with a part over the limit", book: workbook{parts: map[string]string{
			"word/document.xml": strings.Repeat("x", sources.MaxOtherPart+1), "xl/workbook.xml": ""}}, want: "error ROW-FORMAT"},
		{name: "OpenDocument of no known kind", book: workbook{parts: map[string]string{"content.xml": "<x/>", "xl/workbook.xml": ""}}, want: "error ROW-FORMAT"},
		{name: "a Word document", book: workbook{parts: map[string]string{"word/document.xml": "<x/>"}}, want: "error ROW-FORMAT"},
		{name: "another zip file", book: workbook{parts: map[string]string{"_rels/.rels": "", "xl/workbook.xml": "", "photo.jpg": "x"}}, want: "error ROW-FORMAT"},
	} {
		t.Run(c.name, sheetCase{file: "customers.xlsx", data: c.book.bytes(t), options: c.options, want: c.want}.run)
	}
}

func TestWorkbooksOfExcelizeReadAsTheyAreShown(t *testing.T) {
	f := excelize.NewFile()
	var more bytes.Buffer
	must := func(values ...any) {
		t.Helper()
		if err, bad := values[len(values)-1].(error); bad {
			t.Fatal(err)
		}
	}
	style := func(code string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		must(err)
		return id
	}
	day := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	must(f.SetSheetRow("Sheet1", "A1", &[]any{"name", "when", "zip", "share", "sum", "paid"}))
	must(f.SetSheetRow("Sheet1", "A2", &[]any{"Zoë & <Co>", day, 7501, 0.155, nil, true}))
	must(f.SetCellFormula("Sheet1", "E2", "1+1"))
	must(f.SetCellStyle("Sheet1", "C2", "C2", style("00000")))
	must(f.SetCellStyle("Sheet1", "D2", "D2", style("0.0%")))
	_, err := f.NewSheet("Other")
	must(err)
	must(f.SetSheetRow("Other", "B2", &[]any{"a", "b"}))
	must(f.SetSheetRow("Other", "B3", &[]any{"1", 2}))
	f.SetActiveSheet(1)
	must(f.SetSheetVisible("Sheet1", false))
	b, err := f.WriteToBuffer()
	must(err)
	path := writeFile(t, "x.xlsx", b.Bytes())

	want := "a | b\n3: 1 | 2"
	if diff := cmp.Diff(want, transcript(sources.Open(path, sources.Options{}))); diff != "" {
		t.Errorf("first visible sheet (-want +got):\n%s", diff)
	}
	want = "name | when | zip | share | sum | paid\n2: Zoë & <Co> | 2026-03-14T15:09:26 | 07501 | 15.5% |  | TRUE\n  E2 ROW-NO-RESULT\n" +
		"notice ROW-DATE-ISO: 2026-03-14T15:09:26\nnotice ROW-NUMBER-ENGLISH: 15.5%"
	if diff := cmp.Diff(want, transcript(sources.Open(path, sources.Options{Sheet: "Sheet1"}))); diff != "" {
		t.Errorf("named sheet (-want +got):\n%s", diff)
	}
	must(f.NewSheet("Third"))
	must(f.WriteTo(&more))
	want = "a | b\n3: 1 | 2\nnotice ROW-SHEET-CHOSEN: \"Other\", \"Third\""
	if diff := cmp.Diff(want, transcript(sources.OpenReader("-", &more, sources.Options{}))); diff != "" {
		t.Errorf("several sheets (-want +got):\n%s", diff)
	}
	sheets, err := sources.Sheets(path)
	must(err)
	if diff := cmp.Diff([]sources.SheetInfo{{Name: "Sheet1", Hidden: true}, {Name: "Other"}}, sheets); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
}

func TestWorkbooksOfOtherProgramsReadAsTheyAreShown(t *testing.T) {
	books, err := filepath.Glob("testdata/books/*.xlsx")
	if err != nil || len(books) < 3 {
		t.Fatalf("%d workbooks, %v", len(books), err)
	}
	for _, book := range books {
		want, err := os.ReadFile(strings.TrimSuffix(book, ".xlsx") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		got := transcript(sources.Open(book, sources.Options{}))
		if diff := cmp.Diff(strings.TrimRight(string(want), "\n"), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", book, diff)
		}
	}
}

func TestXMLReadsTheSameAcrossEachBoundary(t *testing.T) {
	row := `<!--c--><row r="1"><c r="A1" t="inlineStr"><is><t>na&amp;me</t><t><![CDATA[]]]]></t></is></c></row><?pi?><row r="2" x='>'><c r="A2" t="inlineStr"><is><t>A&#x64;a<![CDATA[<a>]]]></t></is></c></row>`
	for pad := 64<<10 - len(row) - 20; pad < 64<<10+20; pad++ {
		w := workbook{sheet: "<worksheet><sheetData>" + strings.Repeat(" ", pad) + row + "</sheetData></worksheet>"}
		r, err := sources.OpenReader("x.xlsx", bytes.NewReader(w.bytes(t)), sources.Options{TempDir: t.TempDir()})
		if got, want := transcript(r, err), "na&me]]\n2: Ada<a>]"; got != want {
			t.Fatalf("behind %d bytes: %q, want %q", pad, got, want)
		}
	}
}
