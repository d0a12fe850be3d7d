package sources_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/sources"
)

const (
	odsNames = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
		` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
		` xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"` +
		` xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"`
	odsLibreOffice = "LibreOffice/7.4.7.2$Linux_X86_64"
)

// openDocument is an OpenDocument spreadsheet with one sheet, given as its rows or as
// whole parts.
type openDocument struct {
	table   string            // the content of the sheet
	body    string            // or all sheets
	styles  string            // automatic styles
	program string            // that wrote it; default: LibreOffice
	parts   map[string]string // more parts, or others
}

// openDocumentOf returns the part with the sheets, of which one has these rows.
func openDocumentOf(rows string) string {
	return `<office:document-content ` + odsNames + `><office:body><office:spreadsheet><table:table table:name="S">` + rows + `</table:table></office:spreadsheet></office:body></office:document-content>`
}

func (d openDocument) bytes(t testing.TB) []byte {
	t.Helper()
	if d.body == "" {
		d.body = `<table:table table:name="Customers">` + d.table + `</table:table>`
	}
	if d.program == "" {
		d.program = odsLibreOffice
	}
	parts := map[string]string{
		"mimetype":    "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": `<office:document-content ` + odsNames + `><office:automatic-styles>` + d.styles + `</office:automatic-styles><office:body><office:spreadsheet>` + d.body + `</office:spreadsheet></office:body></office:document-content>`,
		"meta.xml":    `<office:document-meta ` + odsNames + `><office:meta><meta:generator>` + d.program + `</meta:generator></office:meta></office:document-meta>`,
	}
	for name, part := range d.parts {
		parts[name] = part
	}
	return workbook{only: parts}.bytes(t)
}

// odsTexts returns a row of texts.
func odsTexts(cells ...string) string {
	var b strings.Builder
	b.WriteString("<table:table-row>")
	for _, c := range cells {
		b.WriteString(odsText(c))
	}
	return b.String() + "</table:table-row>"
}

// odsText returns a cell with a text.
func odsText(text string) string {
	return `<table:table-cell office:value-type="string"><text:p>` + text + `</text:p></table:table-cell>`
}

// odsRow returns a row of cells as they are.
func odsRow(cells ...string) string {
	return "<table:table-row>" + strings.Join(cells, "") + "</table:table-row>"
}

// odsCell returns a cell with attributes and a content.
func odsCell(attributes, content string) string {
	return "<table:table-cell " + attributes + ">" + content + "</table:table-cell>"
}

func TestOpenDocumentReadsAsItIsShown(t *testing.T) {
	head := odsTexts("name", "value")
	one := func(cell string) openDocument { return openDocument{table: head + odsRow(odsText("Ada"), cell)} }
	by := func(program string, d openDocument) openDocument { d.program = program; return d }
	number := func(value, text string) string {
		return odsCell(`office:value-type="float" office:value="`+value+`"`, "<text:p>"+text+"</text:p>")
	}
	for _, c := range []struct {
		name    string
		book    openDocument
		options sources.Options
		want    string
	}{
		{name: "texts", book: one(odsText("x &amp; y")), want: "name | value\n2: Ada | x & y"},
		{name: "paragraphs, blanks, tabs and line breaks", book: one(odsCell(`office:value-type="string"`, `<text:p>a<text:s/><text:s text:c="2"/>b<text:tab/>c<text:line-break/>d</text:p><text:p/><text:p> e  f </text:p>`)),
			want: `name | value` + "\n" + `2: Ada | a   b\tc\nd\n\n e  f `},
		{name: "layout is no text", book: one(odsCell(`office:value-type="string"`, "\n  <text:p>\n   Ada\n   <text:span>Love\tlace</text:span>\n  </text:p>\n")), want: "name | value\n2: Ada | Ada Love lace"},
		{name: "spans, links and hints of pronunciation", book: one(odsCell(`office:value-type="string"`, `<text:p>A<text:span>d<text:span>a</text:span></text:span> <text:a>link</text:a><text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>かん</text:ruby-text></text:ruby></text:p>`)),
			want: "name | value\n2: Ada | Ada link漢"},
		{name: "comments, notes and drawings are not in the cell", book: one(odsCell(`office:value-type="string"`, `<office:annotation><text:p>why</text:p></office:annotation><draw:frame><text:p>x</text:p></draw:frame><text:p>Ada<text:note><text:note-body><text:p>n</text:p></text:note-body></text:note><office:annotation><text:p>y</text:p></office:annotation></text:p>`)),
			want: "name | value\n2: Ada | Ada"},
		{name: "other prefixes", book: openDocument{parts: map[string]string{"content.xml": `<?xml version="1.0"?><o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><o:body><o:spreadsheet><table t:name="S"><table-row><table-cell o:value-type="string"><x:p xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0">name</x:p></table-cell></table-row><table-row t:number-rows-repeated="2"><table-cell><p xmlns="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><![CDATA[A<b]]></p></table-cell></table-row></table></o:spreadsheet></o:body></o:document-content>`}},
			want: "name\n2: A<b\n3: A<b"},
		{name: "numbers as the program showed them", book: one(number("1234.5", "1.234,50 €")), want: "name | value\n2: Ada | 1.234,50 €"},
		{name: "blanks that align a number", book: one(number("12", " 12.00 €\u00a0")), want: "name | value\n2: Ada | 12.00 €"},
		{name: "a format that shows nothing", book: one(number("12", "")), want: "name | value\n2: Ada | "},
		{name: "a date that is none", book: one(number("123456789", "#FMT")), want: "name | value\n2: Ada | #FMT\n  B2 ROW-ERROR-VALUE"},
		{name: "digits that were lost", book: one(number("1.23456789012346E+019", "1.23456789012346E+019")), want: "name | value\n2: Ada | 1.23456789012346E+019\n  B2 ROW-LONG-NUMBER"},
		{name: "a date in the format of the campaign", options: sources.Options{Dates: "2 January 2006"},
			book: openDocument{table: head + odsRow(odsCell(`office:value-type="date" office:date-value="2026-03-14T09:30:00"`, "<text:p>14.03.26</text:p>"), odsCell(`office:value-type="date" office:date-value="x"`, "<text:p>14.03.26</text:p>"))},
			want: "name | value\n2: 14 March 2026 | 14.03.26\n  B2 ROW-DATE"},
		{name: "a value alone", book: openDocument{table: head + odsRow(odsCell(`office:value-type="float" office:value="7501"`, ""), odsCell(`office:value-type="float" office:value="0.5"`, "")) +
			odsRow(odsCell(`office:value-type="string" office:string-value="Ada &amp; Bob"`, ""), odsCell(`office:value-type="date" office:date-value="2026-03-14"`, "")) +
			odsRow(odsText("Ada"), odsCell(`office:value-type="float" office:value="7501" table:style-name="ce1"`, ""))},
			want: "name | value\n2: 7501 | \n  B2 ROW-CELL-TEXT\n3: Ada & Bob | \n  B3 ROW-CELL-TEXT\n4: Ada | \n  B4 ROW-CELL-TEXT"},
		{name: "columns and rows with a format", book: openDocument{table: `<table:table-column/><table:table-column table:default-cell-style-name="ce1" table:number-columns-repeated="2"/>` + head +
			odsRow(odsCell(`office:value-type="float" office:value="1"`, ""), odsCell(`office:value-type="float" office:value="2"`, "")) +
			`<table:table-row table:default-cell-style-name="ce1">` + odsCell(`office:value-type="float" office:value="1"`, "") + `</table:table-row>`},
			want: "name | value\n2: 1 | \n  B2 ROW-CELL-TEXT\n3:  | \n  A3 ROW-CELL-TEXT"},
		{name: "a program that does not say what it shows", book: by("ODFPY/1.4.1", openDocument{table: head +
			odsRow(number("7501", "7501"), number("0.5", "0.5")) +
			odsRow(number("1", "1.0"), odsCell(`office:value-type="date" office:date-value="2026-03-14"`, "<text:p>Sat Mar 14 00:00:00 2026</text:p>")) +
			odsRow(odsText("Ada"), odsCell(`office:value-type="float" office:value="46095" table:style-name="ce1"`, "<text:p>46095</text:p>")) +
			odsRow(odsCell(`office:value-type="boolean" office:boolean-value="true"`, "<text:p>TRUE</text:p>"), odsCell(`office:value-type="boolean" office:boolean-value="true"`, "<text:p>yes</text:p>"))}),
			want: "name | value\n2: 7501 | 0.5\n3: 1.0 | Sat Mar 14 00:00:00 2026\n  A3 ROW-CELL-TEXT\n  B3 ROW-CELL-TEXT\n4: Ada | 46095\n  B4 ROW-CELL-TEXT\n5: TRUE | yes\n  B5 ROW-CELL-TEXT"},
		{name: "formulas and errors", book: openDocument{table: head +
			odsRow(odsCell(`table:formula="of:=1+1" office:value-type="float" office:value="2"`, "<text:p>2</text:p>"), odsCell(`table:formula="of:=1+1"`, "")) +
			odsRow(odsCell(`table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"`, "<text:p>#N/A</text:p>"), odsCell(`table:formula="of:=SUM(" office:value-type="string"`, "<text:p>Err:502</text:p>")) +
			odsRow(odsText("#N/A"), odsText("Err:502")) + odsRow(odsText("Bob"), odsCell(`table:formula="of:=&quot;&quot;"`, "<text:p/>"))},
			want: "name | value\n2: 2 | \n  B2 ROW-NO-RESULT\n3: #N/A | Err:502\n  A3 ROW-ERROR-VALUE\n  B3 ROW-ERROR-VALUE\n4: #N/A | Err:502\n  A4 ROW-ERROR-VALUE\n5: Bob | "},
		{name: "repeated rows and cells", book: openDocument{table: `<table:table-column table:number-columns-repeated="16384"/>` + head +
			`<table:table-row table:number-rows-repeated="2">` + odsCell(`table:number-columns-repeated="2" office:value-type="string"`, "<text:p>Ada</text:p>") + odsCell(`table:number-columns-repeated="16382"`, "") + `</table:table-row>` +
			`<table:table-row table:number-rows-repeated="1000000">` + odsCell(`table:number-columns-repeated="16384"`, "") + `</table:table-row>` + odsTexts("Bob") + `<table:table-row table:number-rows-repeated="48571"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`},
			want: "name | value\n2: Ada | Ada\n3: Ada | Ada\n1000004: Bob | \nnotice ROW-BLANK"},
		{name: "groups, headers and what is hidden", book: openDocument{table: `<table:table-column-group><table:table-header-columns><table:table-column/></table:table-header-columns><table:table-column table:visibility="collapse"/></table:table-column-group><table:table-header-rows>` + head + `</table:table-header-rows>` +
			`<table:table-row-group table:display="false"><table:table-row table:visibility="collapse">` + odsText("Ada") + `</table:table-row><table:table-row table:visibility="filter" table:number-rows-repeated="2">` + odsText("Bob") + `</table:table-row></table:table-row-group>` + odsTexts("Cleo") + `<calcext:conditional-formats><table:table-row/></calcext:conditional-formats>`},
			want: "name | value\n2 (hidden): Ada | \n3 (hidden): Bob | \n4 (hidden): Bob | \n5: Cleo | \nnotice ROW-HIDDEN-COLUMN\nnotice ROW-HIDDEN"},
		{name: "hidden rows are left out", options: sources.Options{SkipHidden: true}, book: openDocument{table: head + `<table:table-row table:visibility="filter">` + odsText("Ada") + `</table:table-row>` + odsTexts("Bob")},
			want: "name | value\n3: Bob | \nnotice ROW-HIDDEN"},
		{name: "merged cells", book: openDocument{table: odsTexts("city", "name", "note") +
			odsRow(odsCell(`table:number-rows-spanned="3" office:value-type="string"`, "<text:p>Riga</text:p>"), odsText("Ada"), odsText("x")) +
			odsRow(`<table:covered-table-cell/>`, odsText("Bob"), odsText("x")) + odsRow(`<table:covered-table-cell office:value-type="string"><text:p>below</text:p></table:covered-table-cell>`) +
			odsRow(odsText("Oslo"), odsCell(`table:number-columns-spanned="2" table:number-rows-spanned="1" office:value-type="string"`, "<text:p>wide</text:p>"), `<table:covered-table-cell/>`)},
			want: "city | name | note\n2: Riga | Ada | x\n3: Riga | Bob | x\n4: Riga |  | \n5: Oslo | wide | \n  C5 ROW-MERGED\nnotice ROW-MERGED-FILLED: Riga"},
		{name: "a repeated row of which a merged cell covers the first", book: openDocument{table: odsTexts("city", "name") +
			odsRow(odsCell(`table:number-rows-spanned="2" office:value-type="string"`, "<text:p>Riga</text:p>"), odsText("Ada")) +
			`<table:table-row table:number-rows-repeated="2"><table:covered-table-cell/>` + odsText("Bob") + `</table:table-row>`},
			want: "city | name\n2: Riga | Ada\n3: Riga | Bob\n4:  | Bob\nnotice ROW-MERGED-FILLED: Riga"},
		{name: "the first sheet that is visible", book: openDocument{styles: `<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>`,
			body: `<table:table table:name="Old" table:style-name="h">` + odsTexts("x") + `</table:table><table:table table:name="A">` + odsTexts("name") + odsTexts("Ada") + `</table:table><table:table table:name="B">` + odsTexts("y") + `</table:table>`},
			want: `name` + "\n" + `2: Ada` + "\n" + `notice ROW-SHEET-CHOSEN: "A", "B"`},
		{name: "a sheet by its name", options: sources.Options{Sheet: "b "}, book: openDocument{body: `<table:table table:name="A">` + odsTexts("x") + `</table:table><table:table table:name="B">` + odsTexts("name") + odsTexts("Ada") + `</table:table>`},
			want: "name\n2: Ada"},
		{name: "no sheet of the name", options: sources.Options{Sheet: "C"}, book: openDocument{table: head}, want: "error ROW-SHEET"},
		{name: "a header below a title", book: openDocument{table: odsTexts("Spring 2026") + `<table:table-row/>` + head + odsTexts("Ada", "1")}, want: "name | value\n4: Ada | 1\nnotice ROW-HEADER-FOUND: name | value"},
		{name: "letters that were damaged", book: one(odsText("ZoÃ«")), want: "name | value\n2: Ada | ZoÃ«\n  B2 (ROW-ENCODING)"},
		{name: "a password", book: openDocument{parts: map[string]string{"content.xml": "\x8f\x13", "META-INF/manifest.xml": `<!DOCTYPE x><manifest:manifest><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`}}, want: "error ROW-ENCRYPTED"},
		{name: "a password over the whole file", book: openDocument{parts: map[string]string{"content.xml": "", "encrypted-package": "x"}}, want: "error ROW-ENCRYPTED"},
		{name: "a text document", book: openDocument{parts: map[string]string{"content.xml": `<office:document-content ` + odsNames + `><office:body><office:text><text:p>x</text:p></office:text></office:body></office:document-content>`}}, want: "error ROW-FORMAT"},
		{name: "a file of OpenOffice.org 1", book: openDocument{parts: map[string]string{"content.xml": `<office:document-content xmlns:office="http://openoffice.org/2000/office"><office:body/></office:document-content>`}}, want: "error ROW-FORMAT"},
		{name: "a document type", book: openDocument{parts: map[string]string{"content.xml": `<!DOCTYPE x [<!ENTITY a "b">]><x/>`}}, want: "error ROW-DAMAGED"},
		{name: "a part that breaks off", book: openDocument{parts: map[string]string{"content.xml": `<office:document-content ` + odsNames + `><office:body><office:spreadsheet><table:table>` + odsTexts("name")}}, want: "error ROW-DAMAGED"},
		{name: "a cell behind the last column", book: one(odsCell(`table:number-columns-repeated="16384"`, "") + odsText("x")), want: "error ROW-DAMAGED"},
		{name: "a row behind the last one", book: openDocument{table: head + odsTexts("Ada") + `<table:table-row table:number-rows-repeated="99999999999999999999"/>` + odsTexts("x")}, want: "error ROW-DAMAGED"},
		{name: "blanks without end", book: one(odsText(`a<text:s text:c="2000000000"/>`)), want: "error ROW-DAMAGED"},
	} {
		t.Run(c.name, sheetCase{file: "customers.ods", data: c.book.bytes(t), options: c.options, want: c.want}.run)
	}
}

func TestRepeatedRowsAndCellsAreBounded(t *testing.T) {
	wide := odsCell(`table:number-columns-repeated="16384" office:value-type="string"`, "<text:p>x</text:p>")
	long := odsText("x" + strings.Repeat(`<text:s text:c="32000"/>`, 250))
	for name, row := range map[string]string{
		"rows and cells":  `<table:table-row table:number-rows-repeated="1048000">` + wide + `</table:table-row>`,
		"long texts":      `<table:table-row table:number-rows-repeated="1048000">` + long + `</table:table-row>`,
		"too long a text": odsRow(odsText("x" + strings.Repeat(`<text:s text:c="32000"/>`, 300))),
		"faults":          `<table:table-row table:number-rows-repeated="1048000">` + odsCell(`table:number-columns-repeated="16384" table:formula="x"`, "") + `</table:table-row>`,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := sources.Open(writeFile(t, "x.ods", openDocument{table: odsTexts("name") + row}.bytes(t)), sources.Options{})
			rows := 0
			for err == nil {
				_, err = r.Next()
				rows++
			}
			var fe *sources.FileError
			if !errors.As(err, &fe) || fe.Code != "ROW-TOO-LARGE" || fe.Hint == "" {
				t.Errorf("err = %v", err)
			}
			if most := 40_000; rows > most {
				t.Errorf("%d rows were read, want at most %d", rows, most)
			}
		})
	}
}

func TestOpenDocumentBombsAreRefusedByTheirDirectory(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	p, err := w.Create("content.xml")
	if err == nil {
		_, err = io.Copy(p, &repeated{left: 64 << 20})
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for want, data := range map[string][]byte{"ROW-TOO-LARGE": b.Bytes(), "ROW-DAMAGED": lie(t, b.Bytes(), "content.xml", 900_000)} {
		var fe *sources.FileError
		if _, err := sources.Open(writeFile(t, "x.ods", data), sources.Options{}); !errors.As(err, &fe) || fe.Code != want {
			t.Errorf("err = %v, want %s", err, want)
		}
	}
}

func TestFilesThatAreOnlyNamedLikeAnOpenDocument(t *testing.T) {
	for name, want := range map[string]string{
		"named like a workbook but is plain text": "name,city\nAda,Riga\n",
		"a flat OpenDocument file (.fods)":        `<?xml version="1.0" encoding="UTF-8"?>` + "\n\n<office:document " + odsNames + "/>",
		"named like a workbook but is a web page": "<html><table>",
		"a PDF": "%PDF-1.7",
	} {
		for _, file := range []string{"x.ods", "x.fods"} {
			_, err := sources.Open(writeFile(t, file, []byte(want)), sources.Options{})
			var fe *sources.FileError
			if plain := file == "x.fods" && strings.HasPrefix(name, "named"); plain {
				continue // text of any other name is read
			}
			if !errors.As(err, &fe) || fe.Code != "ROW-FORMAT" || !strings.Contains(fe.Message, name) || fe.Hint == "" {
				t.Errorf("%s: err = %v", file, err)
			}
		}
	}
	book := workbook{rows: texts(1, "name") + texts(2, "Ada")}.bytes(t)
	if got := transcript(sources.Open(writeFile(t, "x.ods", book), sources.Options{})); got != "name\n2: Ada" {
		t.Errorf("a workbook under the name: %s", got)
	}
}

func TestOpenDocumentsOfLibreOfficeReadAsTheyAreShown(t *testing.T) {
	books, err := filepath.Glob("testdata/ods/*.ods")
	if err != nil || len(books) < 3 {
		t.Fatalf("%d files, %v", len(books), err)
	}
	for _, book := range books {
		want, err := os.ReadFile(strings.TrimSuffix(book, ".ods") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		got := transcript(sources.Open(book, sources.Options{}))
		if diff := cmp.Diff(strings.TrimRight(string(want), "\n"), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", book, diff)
		}
	}
}

func TestSheetsOfAnOpenDocument(t *testing.T) {
	d := openDocument{styles: `<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>`,
		body: `<table:table table:name="Old &amp; gone" table:style-name="h">` + odsTexts("x") + `</table:table><table:table table:name="New"/>`}
	got, err := sources.Sheets(writeFile(t, "x.ods", d.bytes(t)))
	if diff := cmp.Diff([]sources.SheetInfo{{Name: "Old & gone", Hidden: true}, {Name: "New"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAMarkedCopyOfAnOpenDocumentIsAWorkbook(t *testing.T) {
	for name, sheet := range map[string]string{"Customers": "Customers", "a name that is longer than Excel allows": "Sheet1"} {
		d := openDocument{body: fmt.Sprintf(`<table:table table:name="%s">`, name) + odsTexts("id", "name") + `<table:table-row table:number-rows-repeated="2"/>` + odsRow(odsText("007"), odsCell(`office:value-type="date" office:date-value="2026-03-14"`, "<text:p>14.03.26</text:p>")) + "</table:table>"}
		path := writeFile(t, "x.ods", d.bytes(t))
		marked := path + ".xlsx"
		if err := sources.WriteMarked(path, marked, sources.Options{}, []sources.Mark{{Row: 4, Column: 1, Message: "look here"}}); err != nil {
			t.Fatal(err)
		}
		r, err := sources.Open(marked, sources.Options{})
		if err != nil || r.Sheet() != sheet {
			t.Fatalf("%v; sheet %q", err, r.Sheet())
		}
		if got := transcript(r, nil); got != "id | name\n4: 007 | 14.03.26\nnotice ROW-BLANK" {
			t.Errorf("the copy reads as\n%s", got)
		}
		if comments := string(partOf(t, marked, "xl/comments1.xml")); !strings.Contains(comments, "look here") || !strings.Contains(comments, `ref="B4"`) {
			t.Errorf("comments: %s", comments)
		}
	}
}
