package stylesheet_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/stylesheet"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// lists are all lists of a stylesheet, each with an entry of its own.
func lists() map[string]string {
	return map[string]string{
		"fonts":        `<fonts count="1"><font><sz val="7"/></font></fonts>`,
		"fills":        `<fills count="1"><fill><patternFill patternType="solid"><fgColor rgb="FF00FF00"/></patternFill></fill></fills>`,
		"borders":      `<borders count="1"><border><left/></border></borders>`,
		"cellStyleXfs": `<cellStyleXfs count="1"><xf/></cellStyleXfs>`,
		"cellXfs":      `<cellXfs count="1"><xf fontId="0"/></cellXfs>`,
	}
}

func sheet(lists ...string) []byte {
	return []byte(`<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + strings.Join(lists, "") + `</x:styleSheet>`)
}

// stranges are stylesheets that miss a list, have an empty one, or lie about a length.
func stranges() map[string][]byte {
	all := map[string][]byte{"none": sheet()}
	for gone := range lists() {
		var rest []string
		for name, text := range lists() {
			if name != gone {
				rest = append(rest, text)
			}
		}
		all["without "+gone] = sheet(rest...)
		all["empty "+gone] = sheet(append(rest, "<"+gone+" count=\"9\"/>")...)
		all["alone "+gone] = sheet(lists()[gone])
		all["miscounted "+gone] = sheet(append(rest, strings.Replace(lists()[gone], `count="1"`, `count="40"`, 1))...)
		all["uncounted "+gone] = sheet(append(rest, strings.Replace(lists()[gone], ` count="1"`, "", 1))...)
	}
	return all
}

// opened is a file with a stylesheet, as excelize reads it.
func opened(t *testing.T, part []byte) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	reflect.ValueOf(f).Elem().FieldByName("Styles").Set(reflect.New(reflect.TypeOf(f.Styles).Elem()))
	if err := xml.Unmarshal(part, f.Styles); err != nil {
		t.Fatalf("%v in %s", err, part)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestAnyStylesheetTakesFormats adds formats to stylesheets that miss a list, have an
// empty one, or lie about a length: each format reads back as it was asked for, and
// what was there is there still.
func TestAnyStylesheetTakesFormats(t *testing.T) {
	for name, part := range stranges() {
		s, err := stylesheet.Read(part)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		id, err := s.Add(stylesheet.Format{Bold: true, Underline: true, Top: true, Color: "0563C1", Fill: "E2F0D9"})
		like, err2 := s.Like(0, "FFC7CE")
		again, err3 := s.Like(0, "FFC7CE")
		if err != nil || err2 != nil || err3 != nil || id == 0 || like == 0 || like == id || again != like {
			t.Errorf("%s: formats %d, %d, %d: %v %v %v", name, id, like, again, err, err2, err3)
			continue
		}
		out := s.Bytes()
		if err := xmltoken.WellFormed(bytes.NewReader(out)); err != nil {
			t.Errorf("%s: %v in %s", name, err, out)
		}
		for _, text := range lists() {
			entry := text[strings.IndexByte(text, '>')+1 : strings.LastIndexByte(text, '<')]
			if strings.Contains(string(part), entry) && !strings.Contains(string(out), entry) {
				t.Errorf("%s: %s is gone", name, entry)
			}
		}
		f := opened(t, out)
		got, err := f.GetStyle(id)
		if err != nil || got.Font == nil || !got.Font.Bold || got.Font.Underline != "single" || got.Font.Color != "0563C1" || fmt.Sprint(got.Fill.Color) != "[E2F0D9]" || got.Alignment == nil || got.Alignment.Vertical != "top" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if got, err := f.GetStyle(like); err != nil || fmt.Sprint(got.Fill.Color) != "[FFC7CE]" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if n := len(f.Styles.CellXfs.Xf); f.Styles.CellXfs.Count != n && strings.Contains(string(out), "<cellXfs count") {
			t.Errorf("%s: %d formats are counted as %d", name, n, f.Styles.CellXfs.Count)
		}
		if len(f.Styles.Fills.Fill) < 3 || *f.Styles.CellXfs.Xf[id].FillID < 2 {
			t.Errorf("%s: a colour is among the first two fills, which no program shows", name)
		}
	}
}

// TestAFormatIsLikeAnotherButForItsColour: borders, fonts, number formats and
// alignment of strangers are as they were, however they are written.
func TestAFormatIsLikeAnotherButForItsColour(t *testing.T) {
	for name, c := range map[string]struct{ xf, want string }{
		"all of it":       {`<xf numFmtId="164" fontId="3" fillId="2" borderId="5" xfId="1" applyNumberFormat="1" applyFill="0" quotePrefix="1"/>`, `<xf numFmtId="164" fontId="3" borderId="5" xfId="1" applyNumberFormat="1" quotePrefix="1" fillId="2" applyFill="1"/>`},
		"with children":   {`<xf fillId="1"><alignment wrapText="1"/><protection locked="0"/></xf>`, `<xf fillId="2" applyFill="1"><alignment wrapText="1"/><protection locked="0"/></xf>`},
		"single quotes":   {"<xf\n\tborderId='5'\n/>", `<xf borderId="5" fillId="2" applyFill="1"/>`},
		"open and closed": {`<xf borderId="5"></xf>`, `<xf borderId="5" fillId="2" applyFill="1"></xf>`},
		"another prefix":  {`<q:xf xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main" borderId="5"><q:alignment/></q:xf>`, `<q:xf xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main" borderId="5" fillId="2" applyFill="1"><q:alignment/></q:xf>`},
		"of an extension": {`<xf xmlns:z="urn:z" z:fillId="7" borderId="5"/>`, `<xf xmlns:z="urn:z" z:fillId="7" borderId="5" fillId="2" applyFill="1"/>`},
	} {
		before := `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><borders><border><left style="thin"><color auto="1"/></left></border></borders><cellXfs count="2"><xf/>` + c.xf
		s, err := stylesheet.Read([]byte(before + "</cellXfs>\n<extLst/></styleSheet>\n"))
		if err != nil {
			t.Fatal(err)
		}
		id, err := s.Like(1, "FFC7CE")
		out := string(s.Bytes())
		if err != nil || id != 2 || !strings.Contains(out, c.xf+c.want+"</cellXfs>") || !strings.Contains(out, `<border><left style="thin"><color auto="1"/></left></border>`) || !strings.HasSuffix(out, "\n<extLst/></styleSheet>\n") {
			t.Errorf("%s: format %d, %v in\n%s", name, id, err, out)
		}
	}
}

// TestAListThatIsMissingComesWhereTheFormatWantsIt: programs refuse another order.
func TestAListThatIsMissingComesWhereTheFormatWantsIt(t *testing.T) {
	for _, text := range []string{"", "<numFmts/>", "<numFmts/><cellStyles/>", "<fonts/><dxfs/><extLst/>", "<cellXfs/>", "<cellStyleXfs></cellStyleXfs>\n<tableStyles/><colors/>", "<borders/><extLst/>"} {
		for _, root := range []string{"<styleSheet>%s</styleSheet>", "<x:styleSheet xmlns:x='u'>%s</x:styleSheet>"} {
			if root[1] == 'x' {
				text = strings.NewReplacer("</", "</x:", "<", "<x:").Replace(text)
			}
			part := fmt.Sprintf(root, text)
			if text == "" {
				part = strings.Replace(part[:strings.IndexByte(part, '>')]+"/>", "//", "/", 1)
			}
			s, err := stylesheet.Read([]byte(part))
			if err != nil {
				t.Fatalf("%s: %v", part, err)
			}
			if _, err := s.Add(stylesheet.Format{Bold: true, Fill: "E2F0D9"}); err != nil {
				t.Fatal(err)
			}
			out := s.Bytes()
			if err := xmltoken.WellFormed(bytes.NewReader(out)); err != nil {
				t.Errorf("%s becomes %s: %v", part, out, err)
			}
			at := -1
			for _, name := range []string{"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst"} {
				i := strings.Index(string(out), name+">")
				if j := strings.Index(string(out), name+" "); j >= 0 && (i < 0 || j < i) {
					i = j
				}
				if j := strings.Index(string(out), name+"/>"); j >= 0 && (i < 0 || j < i) {
					i = j
				}
				if i >= 0 && i < at || i < 0 && (strings.Contains(part, name) || name == "fonts" || name == "cellXfs") {
					t.Errorf("%s becomes %s: %s stands at %d", part, out, name, i)
				}
				at = max(at, i)
			}
		}
	}
}

func TestABrokenStylesheetIsAnError(t *testing.T) {
	for _, text := range []string{"", "<styleSheet", `<fonts/>`, `<styleSheet><fonts></styleSheet>`, `<styleSheet><fonts/><fonts/></styleSheet>`, "<styleSheet>&nbsp;</styleSheet>"} {
		if _, err := stylesheet.Read([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	full, err := stylesheet.Read([]byte("<styleSheet><cellXfs>" + strings.Repeat("<xf/>", 65_430) + "</cellXfs></styleSheet>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := full.Like(0, "FFFFFF"); !errors.Is(err, stylesheet.ErrFull) {
		t.Errorf("err = %v", err)
	}
}

// FuzzStylesheet: whatever is read takes a format, and is XML with it.
func FuzzStylesheet(f *testing.F) {
	for _, part := range stranges() {
		f.Add(part, 0)
	}
	f.Add([]byte(`<a:styleSheet xmlns:a="u"><a:fonts><a:font><a:b/></a:font></a:fonts><!-- c --><a:cellXfs><a:xf fontId="0" b='"'><a:alignment/></a:xf></a:cellXfs></a:styleSheet>`), 1)
	f.Fuzz(func(t *testing.T, part []byte, base int) {
		s, err := stylesheet.Read(part)
		if err != nil {
			return
		}
		_, _ = s.Like(base, "FFC7CE")
		_, _ = s.Add(stylesheet.Format{Bold: true, Top: true, Color: "0563C1", Fill: "E2F0D9"})
		if err := xmltoken.WellFormed(bytes.NewReader(s.Bytes())); err != nil {
			t.Errorf("%q becomes %q: %v", part, s.Bytes(), err)
		}
	})
}
