package sources_test

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"github.com/reelmerge/reelmerge/sources"
)

const styleSpace = `<styleSheet ` + mainSpace + `>`

// bare is the least that a workbook may have, with a sheet and a stylesheet; more are
// other parts, and an empty text leaves one out.
func bare(t *testing.T, sheet, styles string, more map[string]string) []byte {
	t.Helper()
	const types = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	const list = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + officeRelations
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + types + `worksheet+xml"/></Types>`,
		"_rels/.rels":                list + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + mainSpace + ` xmlns:r="` + officeRelations + `"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": list + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + officeRelations + `/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
		"xl/styles.xml":              styles,
	}
	for name, text := range more {
		parts[name] = text
	}
	return workbook{only: parts}.bytes(t)
}

// names is a sheet with a column name, in a variable form: with a prefix, a cell format and
// elements around the rows.
func names(prefix, format, before, after string) string {
	root, end := "worksheet "+mainSpace, "</worksheet>"
	rows := `<:sheetData><:row r="1"><:c r="A1" t="str"><:v>name</:v></:c></:row><:row r="2" spans="1:1"><:c r="A2" t="str"` + format + `><:v>Ada</:v></:c></:row><:row r="3"/><:row r="5"><:c r="A5" t="str"><:v>Bob</:v></:c></:row></:sheetData>`
	if prefix != "" {
		root, end = prefix+`worksheet xmlns:`+strings.Replace(mainSpace, "xmlns", strings.TrimSuffix(prefix, ":"), 1), "</"+prefix+"worksheet>"
	}
	return "<" + root + ">" + before + strings.NewReplacer("<:", "<"+prefix, "</:", "</"+prefix).Replace(rows) + after + end
}

// valid checks that each part is XML, and each colour one.
func valid(t *testing.T, path string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(strings.NewReader(string(text))); err == nil; {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) && f.Name != "xl/drawings/vmlDrawing1.vml" {
			t.Errorf("part %q: %v in %s", f.Name, err, text)
		}
		for _, colour := range regexp.MustCompile(`rgb="([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			if len(colour[1]) != 8 {
				t.Errorf("part %q has the colour %q", f.Name, colour[1])
			}
		}
	}
}

// fillOf returns a cell's fill, which excelize tells only where there is a theme.
func fillOf(t *testing.T, f *excelize.File, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle("S", cell)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.GetStyle(0); err != nil { // reads the stylesheet
		return ""
	}
	xf := f.Styles.CellXfs.Xf[id]
	if xf.FillID == nil || *xf.FillID < 2 || *xf.FillID >= len(f.Styles.Fills.Fill) {
		return ""
	}
	fill := f.Styles.Fills.Fill[*xf.FillID].PatternFill
	if fill == nil || fill.FgColor == nil {
		return ""
	}
	return fill.FgColor.RGB[2:]
}

// takesMarks marks cells that are there and some that are not. The copy reads as the
// workbook does, and has the marks.
func takesMarks(t *testing.T, data []byte, coloured bool) string {
	t.Helper()
	src := writeFile(t, "rows.xlsx", data)
	dst := filepath.Join(t.TempDir(), "marked.xlsx")
	err := sources.WriteMarked(src, dst, sources.Options{}, []sources.Mark{
		{Row: 2, Message: "too <short> & \x01"}, {Row: 3, Message: "nothing"}, {Row: 4, Message: "no row", Warning: true}, {Row: 5, Message: "x"}, {Row: 9, Message: "below"}})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, dst)
	if diff := cmp.Diff(transcript(sources.Open(src, sources.Options{})), transcript(sources.Open(dst, sources.Options{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f, comments := marked(t, dst, "S")
	for cell, want := range map[string]string{"A2": "too <short> & \ufffd", "A3": "nothing", "A4": "no row", "A5": "x", "A9": "below"} {
		if got := comments[cell]; got != want && !strings.HasSuffix(got, "\n"+want) {
			t.Errorf("comment of %s: %q, want %q", cell, got, want)
		}
		if got := fillOf(t, f, cell); coloured != (got == "FFC7CE" || got == "FFEB9C" && cell == "A4") {
			t.Errorf("colour of %s: %q", cell, got)
		}
	}
	return dst
}

// TestAMarkedCopyTakesAnyStylesheet marks a cell of workbooks whose stylesheets
// leave out lists that may be left out.
func TestAMarkedCopyTakesAnyStylesheet(t *testing.T) {
	for name, styles := range map[string]string{
		"nothing":       `<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`,
		"formats alone": styleSpace + `<cellXfs count="1"><xf/></cellXfs></styleSheet>`,
		"empty lists":   styleSpace + `<fonts count="0"/><fills/><borders/><cellXfs/></styleSheet>`,
	} {
		t.Run(name, func(t *testing.T) { takesMarks(t, bare(t, names("", "", "", ""), styles, nil), true) })
	}
}

// TestAMarkedCopyKeepsTheFormatsOfOthers marks cells whose formats excelize writes
// otherwise than it reads them. All of the old stylesheet is in the new one.
func TestAMarkedCopyKeepsTheFormatsOfOthers(t *testing.T) {
	xfs := `<cellXfs count="2"><xf/><xf fontId="1" fillId="1" borderId="1" numFmtId="164" applyBorder="1"><alignment wrapText="1"/></xf></cellXfs>`
	for name, styles := range map[string]string{
		"a border in an automatic colour": `<borders><border/><border><left style="thin"><color auto="1"/></left></border></borders>` + xfs,
		"an indexed colour":               `<borders><border/><border><left style="thin"><color indexed="64"/></left><right/></border></borders>` + xfs,
		"a colour of the theme":           `<borders><border/><border diagonalUp="1"><top style="thin"><color theme="1" tint="-0.25"/></top></border></borders>` + xfs,
		"a border without a colour":       `<borders><border/><border><left style="thin"/><vertical/><horizontal/></border></borders>` + xfs,
		"a font of the theme":             `<fonts><font/><font><sz val="10.5"/><color theme="4" tint="0.4"/><scheme val="minor"/></font></fonts>` + xfs,
		"a run of colours":                `<fills><fill/><fill><gradientFill degree="90"><stop position="0"><color theme="0"/></stop><stop position="1"><color rgb="FF00FF00"/></stop></gradientFill></fill></fills>` + xfs,
		"a pattern":                       `<fills><fill/><fill><patternFill patternType="lightUp"><fgColor auto="1"/></patternFill></fill></fills>` + xfs,
		"formats of conditions":           `<numFmts><numFmt numFmtId="164" formatCode="0.0"/></numFmts>` + xfs + `<dxfs count="1"><dxf><border><left><color auto="1"/></left></border></dxf></dxfs><tableStyles count="0"/><colors><mruColors><color rgb="FF112233"/></mruColors></colors><extLst><ext uri="x"/></extLst>`,
		"a protected cell":                `<cellXfs><xf/><xf quotePrefix="1" applyProtection="1"><protection locked="0"/><extLst><ext uri="x"/></extLst></xf></cellXfs>`,
		"an index that is none":           `<cellXfs><xf/><xf fontId="77" fillId="77" borderId="77" xfId="77"/></cellXfs>`,
		"prefixes":                        strings.NewReplacer("</", "</q:", "<", "<q:").Replace(`<borders><border/><border><left style="thin"><color auto="1"/></left></border></borders>` + xfs),
	} {
		t.Run(name, func(t *testing.T) {
			root := styleSpace
			if strings.Contains(styles, "q:") {
				root = strings.Replace(styleSpace, "xmlns=", "xmlns:q=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns=", 1)
			}
			dst := takesMarks(t, bare(t, names("", ` s="1"`, "", ""), root+styles+"</styleSheet>", nil), true)
			got := string(partOf(t, dst, "xl/styles.xml"))
			for _, element := range regexp.MustCompile(`<(?:q:)?(?:border|font|dxf|numFmt|xf)[ >].*?(?:/>|</(?:q:)?(?:border|font|dxf|xf)>)`).FindAllString(styles, -1) {
				if !strings.Contains(got, element) {
					t.Errorf("%s is gone in %s", element, got)
				}
			}
		})
	}
}

// TestAnyWorkbookTakesMarks: sheets, lists and drawings as other programs write them.
func TestAnyWorkbookTakesMarks(t *testing.T) {
	const styles = styleSpace + `<cellXfs><xf/></cellXfs></styleSheet>`
	const list = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	relation := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="` + officeRelations + `/` + kind + `" Target="` + target + `"/>`
	}
	drawn := func(after string) string {
		return strings.Replace(names("", "", "", after), "<worksheet ", `<worksheet xmlns:r="`+officeRelations+`" `, 1)
	}
	old := map[string]string{
		"xl/worksheets/_rels/sheet1.xml.rels": list + relation("r1", "comments", "../comments1.xml") + relation("r7", "vmlDrawing", "/xl/drawings/vmlDrawing1.vml") + "</Relationships>",
		"xl/comments1.xml":                    `<x:comments xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:authors><x:author>Reelmerge</x:author></x:authors><x:commentList><x:comment ref="A2" authorId="0"><x:text><x:r><x:rPr><x:b/></x:rPr><x:t>ask Bob</x:t></x:r><x:phoneticPr fontId="0"/></x:text></x:comment><x:comment ref="A5" authorId="0"><x:text/></x:comment></x:commentList></x:comments>`,
		"xl/drawings/vmlDrawing1.vml":         `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s2049"><br></v:shape></xml>`,
	}
	for name, c := range map[string]struct {
		sheet, styles string
		more          map[string]string
	}{
		"no styles":                         {names("", "", "", ""), "", nil},
		"no relation to styles":             {names("", "", "", ""), "", map[string]string{"xl/_rels/workbook.xml.rels": list + relation("r1", "worksheet", "/xl/worksheets/sheet1.xml") + "</Relationships>"}},
		"prefixes":                          {names("x:", "", "", ""), styles, nil},
		"UTF-16":                            {string(in(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), names("", "", "", ""))), styles, nil},
		"widths and formats of rows":        {strings.Replace(names("", "", `<cols><col min="1" max="9" style="0"></col></cols>`, ""), `<row r="3"/>`, `<row r="3" s="0" customFormat="1"></row>`, 1), styles, nil},
		"comments that are there":           {drawn(`<legacyDrawing r:id="r7"/><extLst/>`), styles, old},
		"a drawing of the page alone":       {drawn(`<pageMargins left="1"/><legacyDrawingHF r:id="r1"/><tableParts count="0"/>`), styles, map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": list + relation("r1", "vmlDrawing", "../drawings/vmlDrawing1.vml") + "</Relationships>", "xl/drawings/vmlDrawing1.vml": old["xl/drawings/vmlDrawing1.vml"]}},
		"comments that are missing":         {drawn(`<legacyDrawing r:id="r7"/>`), styles, map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": old["xl/worksheets/_rels/sheet1.xml.rels"]}},
		"a drawing that is missing":         {drawn(`<legacyDrawing r:id="r9"/>`), styles, nil},
		"an empty list of comments":         {names("", "", "", ""), styles, map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": list + relation("r1", "comments", "../comments1.xml") + "</Relationships>", "xl/comments1.xml": `<comments ` + mainSpace + `/>`}},
		"authors without comments":          {names("", "", "", ""), styles, map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": list + relation("r1", "comments", "../comments1.xml") + "</Relationships>", "xl/comments1.xml": `<comments ` + mainSpace + `><authors/><commentList/></comments>`}},
		"the strict dialect":                {strings.ReplaceAll(names("", "", "", ""), mainSpace, `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`), strings.ReplaceAll(styles, mainSpace, `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`), nil},
		"a foreign element behind the rows": {names("", "", "", `<z:a xmlns:z="urn:z"/><extLst><ext><legacyDrawing/></ext></extLst>`), styles, nil},
	} {
		t.Run(name, func(t *testing.T) {
			data := bare(t, c.sheet, c.styles, c.more)
			dst := takesMarks(t, data, true)
			z, err := zip.OpenReader(dst)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = z.Close() }()
			boxes := 0
			for _, f := range z.File {
				if strings.HasSuffix(f.Name, ".vml") {
					boxes += strings.Count(string(partOf(t, dst, f.Name)), `ObjectType="Note"`)
				}
			}
			sheet := string(partOf(t, dst, "xl/worksheets/sheet1.xml"))
			if n := strings.Count(sheet, "legacyDrawing "); n != 1 && !strings.Contains(name, "foreign") || boxes < 3 {
				t.Errorf("%d drawings with %d boxes: %s", n, boxes, sheet)
			}
		})
	}
}

// TestAStylesheetThatTakesNoFormatHasNoColours: the comments are there all the same.
func TestAStylesheetThatTakesNoFormatHasNoColours(t *testing.T) {
	for _, styles := range []string{styleSpace + "<fonts/><fonts/></styleSheet>", styleSpace + `<cellXfs>` + strings.Repeat("<xf/>", 65_430) + `</cellXfs></styleSheet>`} {
		takesMarks(t, bare(t, names("", "", "", ""), styles, nil), false)
	}
}
