package sources_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

const mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// strange runs cases of a workbook that has the columns id and value.
func strange(t *testing.T, books map[string]workbook, want map[string]string) {
	t.Helper()
	for name, w := range books {
		t.Run(name, func(t *testing.T) {
			if w.rows == "" && w.sheet == "" {
				w.rows = texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c>`, num("B2", 1, "0.125"))
			}
			sheetCase{file: "x.xlsx", data: w.bytes(t), want: want[name]}.run(t)
		})
	}
}

// one makes the same text wanted of all.
func every(books map[string]workbook, want string) map[string]string {
	all := map[string]string{}
	for name := range books {
		all[name] = want
	}
	return all
}

func TestElementsOfExtensionsSayNothing(t *testing.T) {
	const x15 = ` xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"`
	date := texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c>`, num("B2", 1, "44633"))
	sheets := `<sheets><sheet name="Customers" sheetId="1" r:id="rId1"/></sheets>`
	main := func(before, after string) map[string]string {
		return map[string]string{"xl/workbook.xml": `<workbook ` + mainSpace + ` xmlns:r="` + officeRelations + `"` + x15 + `>` + before + `<workbookPr date1904="1"/>` + sheets + after + `</workbook>`}
	}
	books := map[string]workbook{
		"x15:workbookPr":                     {parts: main("", `<extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}"><x15:workbookPr chartTrackingRefBase="1"/></ext></extLst>`)},
		"declared there":                     {parts: main("", `<extLst><ext><workbookPr xmlns="urn:other" date1904="0"/></ext></extLst>`)},
		"of its own name space":              {parts: main("", `<extLst><ext><workbookPr date1904="0"/><sheets><sheet name="B" r:id="rId1"/></sheets></ext></extLst>`)},
		"without a list":                     {parts: main("", `<x15:workbookPr date1904="0"/>`)},
		"before its own":                     {parts: main(`<x15:workbookPr date1904="0"><x15:sheets><x15:sheet name="B" r:id="rId1"/></x15:sheets></x15:workbookPr>`, "")},
		"a sheet of an extension":            {parts: main("", `<extLst><ext><x15:sheets><x15:sheet name="B" r:id="rId1"/></x15:sheets></ext></extLst>`)},
		"the choice of newer programs":       {parts: main("", `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15"><workbookPr date1904="0"/></mc:Choice></mc:AlternateContent>`)},
		"an attribute of another name space": {parts: map[string]string{"xl/workbook.xml": `<workbook ` + mainSpace + ` xmlns:r="` + officeRelations + `"` + x15 + `><workbookPr x15:date1904="0" date1904="1"/><sheets><sheet x15:name="B" x15:id="rId7" name="Customers" sheetId="1" r:id="rId1" x15:state="hidden"/></sheets></workbook>`}},
	}
	for name, w := range books {
		w.rows, w.formats = date, []string{"dd.mm.yyyy"}
		books[name] = w
	}
	strange(t, books, every(books, "id | value\n2: r2 | 14.03.2026"))
}

func TestCellsOfExtensionsAreNoCells(t *testing.T) {
	const z = ` xmlns:z="urn:z"`
	head, row := texts(1, "id", "value"), `<row r="2"><c r="A2" t="inlineStr"><is><t>r2</t></is></c>`
	books := map[string]workbook{
		"a row":          {rows: head + `<z:row r="2"` + z + `><z:c r="A2"><z:v>9</z:v></z:c></z:row>` + row + `<c r="B2"><v>1</v></c></row>`},
		"a cell":         {rows: head + row + `<z:c` + z + ` r="B2"><z:v>9</z:v></z:c><c r="B2"><v>1</v></c></row>`},
		"a value":        {rows: head + row + `<c r="B2"><z:v` + z + `>9</z:v><v>1</v><extLst><ext><v>8</v></ext></extLst></c></row>`},
		"a text":         {rows: head + row + `<c r="B2" t="inlineStr"><is><z:t` + z + `>9</z:t><t>1</t></is></c></row>`},
		"a formula":      {rows: head + row + `<c r="B2"><z:f` + z + `>A1</z:f><v>1</v></c></row>`},
		"merged cells":   {rows: head + row + `<c r="B2"><v>1</v></c></row>`, after: `<z:mergeCells` + z + `><z:mergeCell ref="A2:B2"/></z:mergeCells><extLst><ext><mergeCells><mergeCell ref="A2:B2"/></mergeCells></ext></extLst>`},
		"hidden columns": {rows: head + row + `<c r="B2"><v>1</v></c></row>`, before: `<z:cols` + z + `><z:col min="1" max="2" hidden="1"/></z:cols>`},
		"all the rows":   {rows: head + row + `<c r="B2"><v>1</v></c></row>`, before: `<z:sheetData` + z + `><z:row r="1"/></z:sheetData><customSheetViews><customSheetView><sheetData><row r="1"/></sheetData></customSheetView></customSheetViews>`},
	}
	strange(t, books, every(books, "id | value\n2: r2 | 1"))
}

func TestFormatsAreReadHoweverStylesAreWritten(t *testing.T) {
	const formats = `<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>`
	const wrong = `<numFmt numFmtId="164" formatCode="&quot;wrong&quot;"/>`
	xfs := `<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>`
	part := func(s string) map[string]string { return map[string]string{"xl/styles.xml": s} }
	books := map[string]workbook{
		"line breaks":             {parts: part("<styleSheet>\n" + strings.ReplaceAll(formats+xfs, "><", ">\n  <") + "\n</styleSheet>\n")},
		"comments":                {parts: part("<!-- a --><styleSheet><!-- <cellXfs><xf numFmtId=\"9\"/></cellXfs> -->" + strings.ReplaceAll(formats+xfs, "><", "><?b?><!-- c -->\t<") + "</styleSheet>")},
		"text between":            {parts: part("<styleSheet>x" + strings.ReplaceAll(formats+xfs, "><", ">x<") + "<![CDATA[<cellXfs>]]></styleSheet>")},
		"formats of conditions":   {parts: part("<styleSheet>" + formats + xfs + `<dxfs><dxf>` + wrong + `</dxf></dxfs></styleSheet>`)},
		"formats of other lists":  {parts: part("<styleSheet>" + formats + `<cellStyleXfs><xf numFmtId="1"/></cellStyleXfs>` + xfs + `<other><cellXfs><xf numFmtId="1"/></cellXfs></other></styleSheet>`)},
		"formats of an extension": {parts: part(`<styleSheet ` + mainSpace + ` xmlns:z="urn:z"><z:numFmts><z:numFmt numFmtId="164" formatCode="0"/></z:numFmts>` + formats + `<z:cellXfs><z:xf numFmtId="9"/></z:cellXfs>` + xfs + `<extLst><ext><numFmts>` + wrong + `</numFmts><cellXfs><xf/></cellXfs></ext></extLst></styleSheet>`)},
		"extensions of formats":   {parts: part(`<styleSheet ` + mainSpace + `>` + formats + `<cellXfs><xf numFmtId="0"><extLst><ext><cellXfs><xf numFmtId="1"/></cellXfs></ext></extLst></xf><xf numFmtId="164"/></cellXfs></styleSheet>`)},
		"a code over two lines":   {parts: part(strings.Replace("<styleSheet>"+formats+xfs+"</styleSheet>", "0.0%", "0.0%&#x22;&#x22;", 1))},
		"Latin-1":                 {parts: part(`<?xml version="1.0" encoding="iso-8859-1"?><styleSheet><cellXfs><xf/><xf numFmtId="164"/></cellXfs><numFmts><numFmt numFmtId="164" formatCode="0.0%;` + "\xe9" + `"/></numFmts></styleSheet>`)},
		"ends with a line break":  {parts: part("<styleSheet>" + formats + strings.ReplaceAll(xfs, "/>", "\n></xf\n>") + "</styleSheet>")},
	}
	strange(t, books, every(books, "id | value\n2: r2 | 12.5%\nnotice ROW-NUMBER-ENGLISH: 12.5%"))
}

func TestPartsThatAreNamedAndNotThere(t *testing.T) {
	list := func(more string) map[string]string {
		return map[string]string{
			"xl/styles.xml": "", "xl/sharedStrings.xml": "",
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + officeRelations + `/worksheet" Target="worksheets/sheet1.xml"/>` + more + `</Relationships>`,
		}
	}
	relation := func(kind, target string) string {
		return `<Relationship Id="rId9" Type="` + officeRelations + `/` + kind + `" Target="` + target + `"/>`
	}
	with := func(parts map[string]string, name, text string) map[string]string {
		parts[name] = text
		return parts
	}
	books := map[string]workbook{
		"texts":                  {parts: list(relation("sharedStrings", "sharedStrings.xml"))},
		"styles":                 {parts: list(relation("styles", "styles.xml"))},
		"both, and a theme":      {parts: list(relation("styles", "/xl/styles.xml") + relation("sharedStrings", "../xl/sharedStrings.xml") + relation("theme", "theme.xml"))},
		"a table of the sheet":   {parts: with(list(""), "xl/worksheets/_rels/sheet1.xml.rels", `<Relationships>`+relation("table", "../tables/table1.xml")+`</Relationships>`)},
		"texts elsewhere":        {parts: list(`<Relationship Id="rId9" Type="` + officeRelations + `/sharedStrings" Target="https://example.com/sharedStrings.xml" TargetMode="External"/>`)},
		"an empty target":        {parts: list(relation("styles", ""))},
		"another sheet":          {parts: with(list(relation("worksheet", "worksheets/sheet2.xml")), "xl/workbook.xml", `<workbook xmlns:r="`+officeRelations+`"><sheets><sheet name="A" r:id="rId1"/><sheet name="B" state="hidden" r:id="rId9"/></sheets></workbook>`)},
		"styles the second":      {parts: with(list(relation("styles", "styles.xml")+relation("styles", `theme\%53tyles.xml`)), "xl/theme/styles.xml", "<styleSheet/>")},
		"texts of another maker": {parts: with(list(`<Relationship Id="rId9" Type="http://example.com/relationships/sharedStrings" Target="other.xml"/>`), "xl/other.xml", "no XML")},
	}
	for name, w := range books {
		w.rows = texts(1, "id", "value") + texts(2, "r2", "Ada")
		books[name] = w
	}
	strange(t, books, every(books, "id | value\n2: r2 | Ada"))

	needed := workbook{rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="s"><v>0</v></c>`), parts: list(relation("sharedStrings", "sharedStrings.xml"))}
	sheetCase{file: "x.xlsx", data: needed.bytes(t), want: "id | value\n2: r2 | \n  B2 ROW-DAMAGED"}.run(t)
	gone := workbook{rows: texts(1, "id"), parts: list(relation("worksheet", "worksheets/sheet2.xml"))}
	gone.parts["xl/workbook.xml"] = `<workbook xmlns:r="` + officeRelations + `"><sheets><sheet name="A" r:id="rId9"/><sheet name="B" r:id="rId1"/></sheets></workbook>`
	sheetCase{file: "x.xlsx", data: gone.bytes(t), want: "error ROW-DAMAGED"}.run(t)
}

func TestLettersThatWereCutInTwoOrLost(t *testing.T) {
	text := func(s string) workbook { return workbook{rows: texts(1, "id", "value") + texts(2, "r2", s)} }
	shared := func(s string) workbook {
		return workbook{strings: "<si><t>" + s + "</t></si>", rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="s"><v>0</v></c>`)}
	}
	const lost = "\n  B2 (ROW-ENCODING)"
	books, want := map[string]workbook{}, map[string]string{}
	for name, c := range map[string]struct {
		book workbook
		want string
	}{
		"halves of an emoji":        {text("hi_xD83D__xDE00_"), "hi😀"},
		"in a shared text":          {shared("hi_xd83d__xde00_!"), "hi😀!"},
		"several of them":           {text("_xD83D__xDC69__x200D__xD83D__xDC67_"), "👩\\u200d👧"},
		"in two runs":               {workbook{rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="inlineStr"><is><r><t>_xD83D_</t></r><r><t>_xDE00_</t></r></is></c>`)}, "😀"},
		"the result of a formula":   {workbook{rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="str"><f>A1</f><v>_xD83D__xDE00_</v></c>`)}, "😀"},
		"escaped halves":            {text("_x005F_xD83D__x005F_xDE00_"), "_xD83D__xDE00_"},
		"the first half alone":      {text("hi_xD83D_"), "hi\ufffd" + lost},
		"the second half alone":     {shared("_xDE00_hi"), "\ufffdhi" + lost},
		"halves in the other order": {text("_xDE00__xD83D_"), "\ufffd\ufffd" + lost},
		"half a reference":          {workbook{sheet: `<worksheet><sheetData>` + texts(1, "id", "value") + texts(2, "r2", "&#xD83D;!") + `</sheetData></worksheet>`}, "\ufffd!" + lost},
		"a letter that was lost":    {text("Zo\ufffd"), "Zo\ufffd" + lost},
		"lost as a reference":       {shared("Zo&#xFFFD;"), "Zo\ufffd" + lost},
		"lost as an escape":         {text("Zo_xFFFD_"), "Zo\ufffd" + lost},
		"lost in a formula":         {workbook{rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="str"><f>A1</f><v>Zo`+"\ufffd"+`</v></c>`)}, "Zo\ufffd" + lost},
	} {
		books[name], want[name] = c.book, "id | value\n2: r2 | "+c.want
	}
	strange(t, books, want)
}

// TestHalvesAsReferencesAreOneLetter has a sheet that is no XML, and that a few
// programs write.
func TestHalvesAsReferencesAreOneLetter(t *testing.T) {
	w := workbook{rows: texts(1, "id", "value") + texts(2, "r2", "hi&#xD83D;&#xDE00;&#55357;&#56832;")}
	sheetCase{file: "x.xlsx", data: w.bytes(t), noXML: true, want: "id | value\n2: r2 | hi😀😀"}.run(t)
}

func TestTextThatLooksLikeMarkupIsText(t *testing.T) {
	merged := `<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>`
	book := func(s string) workbook {
		return workbook{rows: texts(1, "id", "value") + texts(2, "r2", s) + texts(3, "r3"), after: merged}
	}
	books, want := map[string]workbook{}, map[string]string{}
	for name, c := range map[string]struct {
		book  workbook
		shown string
	}{
		"a prefix":           {book("see excel:mergeCells"), "see excel:mergeCells"},
		"a bracket":          {book("&lt;mergeCells&gt;"), "<mergeCells>"},
		"the word":           {book("mergeCells"), "mergeCells"},
		"the end of rows":    {book("&lt;/sheetData>"), "</sheetData>"},
		"a section":          {book("<![CDATA[</sheetData><mergeCells>]]>"), "</sheetData><mergeCells>"},
		"a comment":          {book("a<!-- </sheetData><mergeCells><mergeCell ref='A1:B1'/></mergeCells> -->b"), "ab"},
		"a formula":          {workbook{rows: texts(1, "id", "value") + cellsOf(2, `<c r="A2" t="inlineStr"><is><t>r2</t></is></c><c r="B2" t="str"><f>"x:mergeCells"&amp;"&lt;mergeCells"</f><v>a</v></c>`) + texts(3, "r3"), after: merged}, "a"},
		"a link below":       {workbook{rows: texts(1, "id", "value") + texts(2, "r2", "a") + texts(3, "r3"), after: merged + `<hyperlinks><hyperlink ref="A2" display=":mergeCells" tooltip="/sheetData>"/></hyperlinks>`}, "a"},
		"the name of a view": {workbook{before: `<sheetPr codeName=":mergeCells"/><!-- <sheetData> -->`, rows: texts(1, "id", "value") + texts(2, "r2", "a") + texts(3, "r3"), after: merged}, "a"},
	} {
		books[name], want[name] = c.book, "id | value\n2: r2 | "+c.shown+"\n3: r3 | "+c.shown+"\nnotice ROW-MERGED-FILLED: "+c.shown
	}
	strange(t, books, want)
}

func TestALineEndIsALineFeed(t *testing.T) {
	w := workbook{rows: texts(1, "id", "value") + texts(2, "r2", "a\r\nb\rc&#13;d&#10;e_x000D_f<![CDATA[\r\ng]]>")}
	sheetCase{file: "x.xlsx", data: w.bytes(t), options: sources.Options{}, want: "id | value\n2: r2 | a\\nb\\nc\\rd\\ne\\rf\\ng"}.run(t)
}
