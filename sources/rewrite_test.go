package sources_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/reelmerge/reelmerge/sources"
)

// otherwise is how another program would write a part: the same document for anyone
// who reads XML, in other bytes.
type otherwise struct {
	between string // stands between elements
	inside  string // stands in texts, where it is no text
	prefix  string // of the elements of the main name space
	twins   bool   // each element is preceded by a foreign one of the same name
	ext     bool   // the document ends with a list of extensions that holds it once more
	lines   bool   // line feeds are written as the two characters of Windows
	write   func(string) (string, error)
}

// rewritings are the ways in which each workbook of the tests is written anew.
func rewritings() map[string]otherwise {
	latin1 := func(s string) (string, error) { // what it has no letter for is a reference
		var b strings.Builder
		for _, r := range s {
			if c, ok := charmap.ISO8859_1.EncodeRune(r); ok {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "&#x%X;", r)
			}
		}
		return `<?xml version="1.0" encoding="ISO-8859-1"?>` + b.String(), nil
	}
	return map[string]otherwise{
		"line breaks":        {between: "\n\t"},
		"Windows line ends":  {between: "\r\n  ", lines: true},
		"comments":           {between: "<!-- <row r=\"1\"/> --><?x y?>", inside: "<!-- &amp; -->"},
		"sections":           {inside: "<![CDATA[]]>", between: " <!--</sheetData>--> "},
		"prefixes":           {prefix: "q"},
		"foreign twins":      {twins: true, between: "\n"},
		"foreign twins of x": {twins: true, prefix: "x"},
		"extensions":         {ext: true, prefix: "p", between: "\n"},
		"UTF-16":             {between: "\n", write: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String},
		"UTF-16BE, declared": {prefix: "y", write: func(s string) (string, error) {
			return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16" standalone="yes"?>` + s)
		}},
		"Latin-1": {write: latin1},
		"UTF-8 with a mark": {write: func(s string) (string, error) {
			return "\ufeff" + `<?xml version='1.0' encoding='utf-8'?>` + "\n" + s, nil
		}},
	}
}

// book writes a workbook anew; ok is false where a part of it is no XML.
func (o otherwise) book(t *testing.T, data []byte) (out []byte, ok bool) {
	t.Helper()
	old, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, false
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range old.File {
		r, err := f.Open()
		if err != nil {
			return nil, false
		}
		text, err := io.ReadAll(r)
		_ = r.Close() // it was only read
		if err != nil {
			return nil, false
		}
		if ext := filepath.Ext(f.Name); ext == ".xml" || ext == ".rels" {
			if text, ok = o.part(t, text); !ok {
				return nil, false
			}
		}
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), true
}

// rewriter is a part on its way.
type rewriter struct {
	otherwise
	b     strings.Builder
	stack []open
}

// open is an element whose end is still to come.
type open struct {
	name  string
	text  bool // text of its own, and no element, may stand in it
	plain bool // its name has no prefix because it says so itself
}

// part writes one part.
func (o otherwise) part(t *testing.T, text []byte) ([]byte, bool) {
	t.Helper()
	if xml.Unmarshal(text, &struct{}{}) != nil {
		return nil, false
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	w := rewriter{otherwise: o}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			w.start(token)
		case xml.EndElement:
			w.end()
		case xml.CharData:
			w.text(string(token))
		case xml.Directive:
			return nil, false
		}
	}
	out := w.b.String()
	if o.write != nil {
		var err error
		if out, err = o.write(out); err != nil {
			t.Fatal(err)
		}
	}
	return []byte(out), true
}

func (w *rewriter) start(e xml.StartElement) {
	o := open{name: qualified(e.Name), text: e.Name.Local == "t" || e.Name.Local == "v" || e.Name.Local == "f"}
	for _, a := range e.Attr {
		o.plain = o.plain || a.Name.Local == "xmlns" && len(w.stack) > 0
	}
	if n := len(w.stack); n > 0 {
		o.plain = o.plain || w.stack[n-1].plain
		w.b.WriteString(w.between)
	}
	if w.prefix != "" && e.Name.Space == "" && !o.plain {
		o.name = w.prefix + ":" + o.name
	}
	if w.twins && len(w.stack) > 0 {
		fmt.Fprintf(&w.b, `<twin:%s xmlns:twin="urn:twin"%s>9<%s>8</%s></twin:%s>`, e.Name.Local, attributes(e.Attr, "7"), o.name, o.name, e.Name.Local)
	}
	w.b.WriteString("<" + o.name)
	if w.prefix != "" && len(w.stack) == 0 {
		space := "urn:none"
		for i, a := range e.Attr {
			if a.Name.Space == "" && a.Name.Local == "xmlns" {
				space = a.Value
				e.Attr = append(e.Attr[:i], e.Attr[i+1:]...)
				break
			}
		}
		w.b.WriteString(` xmlns:` + w.prefix + `="` + space + `"`)
	}
	w.b.WriteString(attributes(e.Attr, "") + ">")
	w.stack = append(w.stack, o)
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// attributes writes attributes in the other order, with other quotes; with a value
// all of them that are no declarations have that one.
func attributes(list []xml.Attr, value string) string {
	var b strings.Builder
	for i := len(list) - 1; i >= 0; i-- {
		a := list[i]
		if value != "" {
			if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
				continue
			}
			a.Value = value
		}
		v := strings.NewReplacer("&", "&amp;", "<", "&lt;", "'", "&#39;", "\n", "&#10;", "\t", "&#9;", "\r", "&#13;").Replace(a.Value)
		b.WriteString("\n" + qualified(a.Name) + " = '" + v + "'")
	}
	return b.String()
}

func (w *rewriter) end() {
	o := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	if !o.text {
		w.b.WriteString(w.between)
	}
	if len(w.stack) == 0 && w.ext {
		again := w.b.String()[strings.IndexByte(w.b.String(), '>')+1:]
		ext := strings.TrimSuffix(o.name, o.name[strings.IndexByte(o.name, ':')+1:]) + "extLst"
		w.b.WriteString("<" + ext + ">" + again + `<z:ext xmlns:z="urn:z">` + again + "</z:ext></" + ext + ">")
	}
	w.b.WriteString("</" + o.name + ">")
}

func (w *rewriter) text(s string) {
	if len(w.stack) == 0 {
		return
	}
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;").Replace(s)
	if w.lines {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	if w.stack[len(w.stack)-1].text && w.inside != "" {
		middle := []rune(s)
		at := len(middle) / 2
		if amp := strings.LastIndexByte(string(middle[:at]), '&'); amp >= 0 {
			at = len([]rune(string(middle[:at])[:amp])) // not in a reference
		}
		s = string(middle[:at]) + w.inside + string(middle[at:])
	}
	w.b.WriteString(s)
}

// readsTheSameRewritten writes a workbook anew in every way, and expects the same of
// each.
func readsTheSameRewritten(t *testing.T, data []byte, o sources.Options, want string) {
	t.Helper()
	o.TempDir = t.TempDir()
	for name, way := range rewritings() {
		book, ok := way.book(t, data)
		if !ok {
			return // a part is no XML: there is no other way to write it
		}
		r, err := sources.OpenReader("x.xlsx", bytes.NewReader(book), o)
		if diff := cmp.Diff(want, transcript(r, err)); diff != "" {
			t.Errorf("written with %s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWorkbooksReadTheSameWrittenAnew writes real workbooks anew: each reads as it
// did. The small ones of the other tests are written anew where they are read.
func TestWorkbooksReadTheSameWrittenAnew(t *testing.T) {
	books, err := filepath.Glob("testdata/books/*.xlsx")
	if err != nil || len(books) < 3 {
		t.Fatalf("%d workbooks, %v", len(books), err)
	}
	for n := range 12 {
		books = append(books, generated(t, n))
	}
	for _, book := range books {
		data, err := os.ReadFile(book)
		if err != nil {
			t.Fatal(err)
		}
		want := transcript(sources.Open(book, sources.Options{}))
		if strings.HasPrefix(want, "error") {
			t.Fatalf("%s: %s", book, want)
		}
		readsTheSameRewritten(t, data, sources.Options{}, want)
	}
}

// generated writes a workbook with a bit of everything.
func generated(t *testing.T, n int) string {
	t.Helper()
	f := excelize.NewFile()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	codes := []string{"0.00", "#,##0.00 [$€-407]", "dd.mm.yyyy", "0%", "00000", `"No. "0`, "[h]:mm", "d mmmm yyyy"}
	must(nil, f.SetSheetRow("Sheet1", "A1", &[]any{"id", "value", "note", "other"}))
	for row := 2; row < 8; row++ {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &codes[(n+row)%len(codes)], Font: &excelize.Font{Bold: n%2 == 0}})
		must(nil, err)
		cell := fmt.Sprintf("B%d", row)
		must(nil, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row), &[]any{fmt.Sprintf("r%d", row), float64(row*n) / 8, "a <b> & \"c\"\nd", row%2 == 0}))
		must(nil, f.SetCellStyle("Sheet1", cell, cell, style))
	}
	must(nil, f.SetCellRichText("Sheet1", "C3", []excelize.RichTextRun{{Text: "Zoë "}, {Text: "😀", Font: &excelize.Font{Bold: true}}}))
	switch n % 4 {
	case 1:
		must(nil, f.MergeCell("Sheet1", "C4", "C6"))
	case 2:
		must(nil, f.SetColVisible("Sheet1", "C", false))
		must(nil, f.SetRowVisible("Sheet1", 4, false))
	case 3:
		must(f.NewSheet("Other"))
		must(nil, f.AddTable("Sheet1", &excelize.Table{Range: "A1:D7", Name: "T"}))
	}
	path := filepath.Join(t.TempDir(), "generated.xlsx")
	must(nil, f.SaveAs(path))
	return path
}
