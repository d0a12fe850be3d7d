package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// FuzzSurveyTakesAnySheet: whatever the sheet, a survey ends with a layout or an
// error, and what it kept can be edited.
func FuzzSurveyTakesAnySheet(f *testing.F) {
	f.Add(`<worksheet><dimension ref="A1"/><cols><col min="1" max="16384"/></cols><sheetData><row r="1" spans="1:1"><c r="A1" s="2"><v>1</v></c></row></sheetData><hyperlinks><hyperlink ref="A1"/></hyperlinks></worksheet>`)
	f.Add(`<x:worksheet xmlns:x="u"><x:sheetData/></x:worksheet>`)
	f.Add(`<worksheet><sheetData><row><c/><c r="ZZZZ1"><is><t>x</t></is></c></row></sheetData>`)
	f.Fuzz(func(t *testing.T, text string) {
		a := Addition{HeaderRow: 1, Columns: []Column{{Name: "a", Width: 1}, {Name: "b", At: 2}}}
		l, err := survey(strings.NewReader(text), a.replaced(), func(row int) bool { return row <= 1 })
		if err != nil {
			return
		}
		e := &extension{layout: l, Addition: a, links: [][]link{{{"B2", "https://x.example"}}}, prefix: ownRelations}
		e.arrange()
		editTail(e, 2)
		if head := editHead(e); l.last > ooxml.MostColumns || !bytes.Contains(head, []byte("customWidth")) {
			t.Errorf("%+v", l)
		}
	})
}

// FuzzExtendedSheetsAreXML: what is XML before is XML afterwards, or refused before a
// row is asked for.
func FuzzExtendedSheetsAreXML(f *testing.F) {
	const space = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	f.Add(`<worksheet `+space+`><cols><col min="4" max="9"></col></cols><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"/></sheetData><hyperlinks></hyperlinks></worksheet>`, 2)
	f.Add(`<x:worksheet xmlns:x="u"><sheetData xmlns="u"><row><c><v/></c></row></sheetData><!-- </x:worksheet> --></x:worksheet>`, 1)
	f.Add(`<worksheet><z:cols xmlns:z="u"/><sheetData/><hyperlinks><hyperlink ref="B2"/></hyperlinks></worksheet>`, 3)
	f.Fuzz(func(t *testing.T, sheet string, number int) {
		if xmltoken.WellFormed(strings.NewReader(sheet)) != nil || number < 1 {
			return
		}
		path := filepath.Join(t.TempDir(), "x.xlsx")
		pack(t, path, map[string]string{
			"[Content_Types].xml":        `<Types><Default Extension="xml"/><Default Extension="rels"/></Types>`,
			"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="` + ooxml.TransitionalRelations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
			"xl/workbook.xml":            `<workbook xmlns:r="` + ooxml.TransitionalRelations + `"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + ooxml.TransitionalRelations + `/worksheet" Target="s.xml"/><Relationship Id="r2" Type="` + ooxml.TransitionalRelations + `/styles" Target="t.xml"/></Relationships>`,
			"xl/s.xml":                   sheet,
			"xl/t.xml":                   `<styleSheet/>`,
		})
		a := Addition{HeaderRow: 1, Columns: []Column{{Name: "a", Width: 1}, {Name: "b", At: 2}}, Fills: []Fill{{"FFFFFF", "000000"}}}
		err := Extend(io.Discard, path, a, func(yield func(Row, error) bool) {
			yield(Row{Number: 1 + number, Source: []string{"x"}, Cells: []Cell{{Text: "a<b", Fill: 1}, {Text: "https://a.example", Link: true}}}, nil)
		})
		if err != nil && strings.Contains(err.Error(), "read workbook back") {
			t.Errorf("%q: %v", sheet, err)
		}
	})
}

func pack(t *testing.T, path string, parts map[string]string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	for name, text := range parts {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestSheetsOfOtherProgramsAreExtended(t *testing.T) {
	const pane = `pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`
	const view = `<sheetViews><sheetView workbookViewId="0"><` + pane + `</sheetView></sheetViews>`
	for name, c := range map[string]struct{ head, tail, wantHead, wantTail string }{
		"no cols": {
			`<worksheet xmlns:r="` + ooxml.TransitionalRelations + `"><dimension ref="A1:B2"/>`, `<pageMargins left="1"/></worksheet>`,
			`<worksheet xmlns:r="` + ooxml.TransitionalRelations + `"><dimension ref="A1:C2"/>` + view + `<cols><col min="3" max="3" width="9" customWidth="1"/></cols>`,
			`<autoFilter ref="A1:C2"/><hyperlinks><hyperlink ref="C2" r:id="rIdReelmerge1"/></hyperlinks><pageMargins left="1"/></worksheet>`,
		},
		"prefixed": {
			`<x:worksheet xmlns:x="u"><x:cols><x:col min="2" max="9" width="5"/><x:col min="10" max="12"/></x:cols>`, `</x:worksheet>`,
			`<x:worksheet xmlns:x="u"><x:sheetViews><x:sheetView workbookViewId="0"><x:` + pane + `</x:sheetView></x:sheetViews>` +
				`<x:cols><x:col min="2" max="2" width="5"/><x:col min="3" max="3" width="9" customWidth="1"/></x:cols>`,
			`<x:autoFilter ref="A1:C2"/><x:hyperlinks><x:hyperlink ref="C2" xmlns:r="` + ooxml.TransitionalRelations + `" r:id="rIdReelmerge1"/></x:hyperlinks></x:worksheet>`,
		},
		"links and merges": {
			`<worksheet>`, `<sheetProtection sheet="1"/><mergeCells><mergeCell ref="A1:B1"/></mergeCells><hyperlinks><hyperlink ref="A1"/></hyperlinks><drawing/></worksheet>`,
			`<worksheet>` + view + `<cols><col min="3" max="3" width="9" customWidth="1"/></cols>`,
			`<sheetProtection sheet="1"/><autoFilter ref="A1:C2"/><mergeCells><mergeCell ref="A1:B1"/></mergeCells><hyperlinks><hyperlink ref="A1"/>` +
				`<hyperlink ref="C2" xmlns:r="` + ooxml.TransitionalRelations + `" r:id="rIdReelmerge1"/></hyperlinks><drawing/></worksheet>`,
		},
	} {
		space := xmltoken.Prefix([]byte(c.head))
		rows := `<` + space + `sheetData><` + space + `row r="1"><` + space + `c r="A1"><` + space + `v>1</` + space + `v></` + space + `c><` + space +
			`c r="B1"><` + space + `v>1</` + space + `v></` + space + `c></` + space + `row></` + space + `sheetData>`
		l, err := survey(strings.NewReader(c.head+rows+c.tail), replaced{}, func(row int) bool { return row == 1 })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := &extension{layout: l, Addition: Addition{HeaderRow: 1, Columns: []Column{{Name: "a", Width: 9}}}, links: [][]link{{{"C2", "https://x.example"}}}, prefix: ownRelations}
		e.arrange()
		if got := string(editHead(e)); got != c.wantHead {
			t.Errorf("%s: head\n got %s\nwant %s", name, got, c.wantHead)
		}
		if got := string(editTail(e, 2)); got != c.wantTail {
			t.Errorf("%s: tail\n got %s\nwant %s", name, got, c.wantTail)
		}
	}
}

func TestTextIsEscapedForCellsAndForAttributes(t *testing.T) {
	for in, want := range map[string]string{
		"a<b>&\"": "a&lt;b&gt;&amp;&quot;", "_x0041_": "_x005F_x0041_", "_x00": "_x00", "a\r\n": "a_x000D_\n", "\x00\ufffe": "\ufffd\ufffd",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
	if got := attributeText("https://x.example/_x0041_?a=1&b='\""); got != "https://x.example/_x0041_?a=1&amp;b=&#39;&#34;" {
		t.Errorf("got %q", got)
	}
	if got := clip(strings.Repeat("😀", 20_000)); len(got) != 4*16_383+len("…") {
		t.Errorf("%d bytes are left", len(got))
	}
}

func TestNoMoreLinksThanTheFormatHolds(t *testing.T) {
	e := &extension{layout: &layout{links: mostLinks - 3}, links: [][]link{{{"A1", "1"}, {"A2", "2"}}, {{"B1", "3"}, {"B2", "4"}}}}
	if got := e.chosen(); len(got) != 3 || got[0].target != "1" || got[2].target != "3" {
		t.Errorf("chosen %v", got)
	}
}
