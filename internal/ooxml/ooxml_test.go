package ooxml_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

const list = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`

func TestRelationsLeadToParts(t *testing.T) {
	const office = ooxml.TransitionalRelations
	text := `<q:Relationships xmlns:q="u"><!-- <q:Relationship Id="no"/> --><q:Relationship Id="a" Type="` + office + `/styles" Target="styles.xml"/>` +
		`<q:Relationship Id="b" Type="` + ooxml.StrictRelations + `/worksheet" Target="/xl/worksheets/sheet%201.xml"></q:Relationship>` +
		`<q:Relationship Id="c" Type="http://example.com/styles" Target="..\theme\theme1.xml#x"/><z:Relationship xmlns:z="v" Id="no" Target="no"/>` +
		`<q:Relationship Id="d" Type="` + office + `/hyperlink" Target="https://example.com/a/../b" TargetMode="External"/><q:extLst><q:Relationship Id="no"/></q:extLst>`
	want := []ooxml.Relation{
		{ID: "a", Kind: "styles", Target: "xl/styles.xml"}, {ID: "b", Kind: "worksheet", Target: "xl/worksheets/sheet%201.xml"},
		{ID: "c", Kind: "http://example.com/styles", Target: "theme/theme1.xml"},
		{ID: "d", Kind: "hyperlink", Target: "https://example.com/a/../b", External: true},
	}
	if diff := cmp.Diff(want, ooxml.Relations("xl/workbook.xml", []byte(text))); diff != "" { // it breaks off
		t.Error(diff)
	}
	if got := ooxml.RelationsName("xl/workbook.xml") + " " + ooxml.RelationsName(""); got != "xl/_rels/workbook.xml.rels _rels/.rels" {
		t.Error(got)
	}
	if got := strings.Join(ooxml.PartNames(`/XL\sheet%201.xml`), " + "); got != "xl/sheet%201.xml + xl/sheet 1.xml" {
		t.Error(got)
	}
}

func TestWhatIsAddedStandsAtTheEnd(t *testing.T) {
	for text, want := range map[string]string{
		"<a></a>":                      "<a><b/></a>",
		"<a/>":                         "<a><b/></a>",
		"<x:a xmlns:x='u' />\n":        "<x:a xmlns:x='u' ><x:b/></x:a>\n",
		"<a><a></a></a ><!-- </a> -->": "<a><a></a><b/></a ><!-- </a> -->",
		"\ufeff<?xml version='1.0' encoding='UTF-8'?><a><![CDATA[</a>]]></a>": "<?xml version='1.0' encoding='UTF-8'?><a><![CDATA[</a>]]><b/></a>",
		"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>":              "<?xml version='1.0' encoding='UTF-8'?><a>é<b/></a>",
	} {
		got, err := ooxml.Append([]byte(text), func(prefix string) string { return "<" + prefix + "b/>" })
		if err != nil || string(got) != want {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "<a>", "<a><b></b>", "x", "<?xml version='1.0' encoding='klingon'?><a/>"} {
		if _, err := ooxml.Append([]byte(text), func(string) string { return "" }); err == nil {
			t.Errorf("%q was added to", text)
		}
	}
}

func TestElementsAreLeftOutWithWhatTheyHold(t *testing.T) {
	got := string(ooxml.Without([]byte("<a>1<b>2<b>3</b><c/></b>4<b/><z:b xmlns:z='u'/>5</a>"), func(t *xmltoken.Token) bool { return t.Is("b") }))
	if got != "<a>14<z:b xmlns:z='u'/>5</a>" {
		t.Error(got)
	}
}

// packed is an archive with parts.
func packed(t *testing.T, parts map[string]string) *zip.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range parts {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	relation := func(target string) string {
		return list + `<Relationship Id="r1" Type="` + ooxml.TransitionalRelations + `/x" Target="` + target + `"/></Relationships>`
	}
	source := map[string]string{
		"[Content_Types].xml": `<Types><Default Extension="xml"/><Default Extension="rels"/></Types>`, "_rels/.rels": relation("xl/workbook.xml"),
		"xl/workbook.xml": "<workbook/>", "xl/_rels/workbook.xml.rels": relation("gone.xml"), "xl/bad.xml": "<a>", "xl/chain.xml": "<c/>", "xl/d.vml": "<br>", "a.bin": "x",
	}
	for name, c := range map[string]struct {
		change map[string]string // an empty text leaves a part out
		want   string            // of the error
	}{
		"nothing":                          {},
		"another text":                     {change: map[string]string{"xl/workbook.xml": "<workbook>1</workbook>", "xl/d.vml": "<br><br>", "a.bin": "y"}},
		"a part that was dropped":          {change: map[string]string{"xl/chain.xml": ""}},
		"a new part":                       {change: map[string]string{"xl/new.xml": "<a/>", "[Content_Types].xml": `<Types><Default Extension="xml"/><Default Extension="rels"/> </Types>`}},
		"a part that is missing":           {change: map[string]string{"a.bin": ""}, want: `part "a.bin" is missing`},
		"a part that is no XML":            {change: map[string]string{"xl/workbook.xml": "<workbook></x>"}, want: `part "xl/workbook.xml": an element is closed under another name than it was opened with`},
		"a drawing that is none":           {change: map[string]string{"xl/new.vml": "<br>"}, want: `part "xl/new.vml": the element <br> is not closed`},
		"a list that names a missing part": {change: map[string]string{"_rels/.rels": relation("xl/other.xml")}, want: `part "_rels/.rels": it names "xl/other.xml", which is missing`},
		"one that was missing before":      {change: map[string]string{"xl/_rels/workbook.xml.rels": relation("gone.xml") + "\n"}},
		"a new part without a type":        {change: map[string]string{"xl/new.vml": "<a/>", "[Content_Types].xml": `<Types><Default Extension="xml"/><Default Extension="rels"/> </Types>`}, want: `part "[content_types].xml": part "xl/new.vml" has no type`},
	} {
		written := map[string]string{}
		for name, text := range source {
			written[name] = text
		}
		for name, text := range c.change {
			if written[name] = text; text == "" {
				delete(written, name)
			}
		}
		got := ""
		if err := ooxml.Verify(packed(t, written), packed(t, source), "XL/chain.xml"); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if err := ooxml.Verify(packed(t, source), nil); err == nil {
		t.Error("a new workbook with a part that is no XML passes")
	}
}

func TestADraftIsGoneAndDeliversOnlyWhatIsSound(t *testing.T) {
	folder := t.TempDir()
	for text, want := range map[string]bool{"<a/>": true, "<a>": false} {
		d, err := ooxml.NewDraft(folder)
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(d)
		f, err := w.Create("a.xml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := d.Deliver(&out, nil); (err == nil) != want || (out.Len() > 0) != want {
			t.Errorf("%s: %d bytes, %v", text, out.Len(), err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestColumnsAreReadAndWritten(t *testing.T) {
	for name, n := range map[string]int{"A": 1, "Z": 26, "AA": 27, "XFD": ooxml.MostColumns} {
		if ooxml.Column([]byte(name+"12")) != n || ooxml.Letters(n) != name {
			t.Errorf("%s is %d, %d is %s", name, ooxml.Column([]byte(name)), n, ooxml.Letters(n))
		}
	}
	if ooxml.Column([]byte("XFE1")) != 0 || ooxml.Column([]byte("12")) != 0 {
		t.Error("a column that cannot be was read")
	}
}

func TestSpansGoWithWhatSetsThemApart(t *testing.T) {
	for in, want := range map[string]string{
		`<row r="1" spans="1:9" ht="3">`: `<row r="1" ht="3">`, "<row\n spans = '1:9'/>": "<row/>", `<row a="spans">`: `<row a="spans">`,
		`<row a=' spans="1:1"' spans="1:9">`: `<row a=' spans="1:1"'>`,
	} {
		row, err := xmltoken.NewScanner(strings.NewReader(in)).Next()
		if got := string(ooxml.WithoutSpans(row)); err != nil || got != want {
			t.Errorf("%s becomes %s, want %s, %v", in, got, want, err)
		}
	}
}
