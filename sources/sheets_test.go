package sources_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// sheetCase is one file as people have it, and what must be read from it. The
// wanted text has a line for the header, one per row ("2: Ada | Riga"), its
// faults below it ("  B2 ROW-QUOTE"; a warning in brackets), then the notices
// ("notice ROW-BLANK: sample"). A refused file is "error CODE cell".
type sheetCase struct {
	name, file string
	data       []byte
	options    sources.Options
	want       string
	noXML      bool // it cannot be written in another way
}

// run reads the case's file from disk and, a second time, from a pipe.
func (c sheetCase) run(t *testing.T) {
	t.Helper()
	want := strings.TrimRight(c.want, "\n ")
	path := filepath.Join(t.TempDir(), c.file)
	if err := os.WriteFile(path, c.data, 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, transcript(sources.Open(path, c.options))); diff != "" {
		t.Errorf("from a file (-want +got):\n%s", diff)
	}
	c.options.TempDir = t.TempDir()
	pipe := io.MultiReader(bytes.NewReader(c.data)) // hides everything but Read
	if diff := cmp.Diff(want, transcript(sources.OpenReader(c.file, pipe, c.options))); diff != "" {
		t.Errorf("from a pipe (-want +got):\n%s", diff)
	}
	if left, _ := os.ReadDir(c.options.TempDir); len(left) > 0 {
		t.Errorf("temporary file %q is left over", left[0].Name())
	}
	if strings.HasSuffix(c.file, ".xlsx") && !c.noXML {
		readsTheSameRewritten(t, c.data, c.options, want)
	}
}

// transcript writes down everything a reader says.
func transcript(r sources.Reader, err error) string {
	var b strings.Builder
	if err != nil {
		refused(&b, err)
		return strings.TrimSpace(b.String())
	}
	var names []string
	for _, c := range r.Columns() {
		names = append(names, plain(c.Name))
	}
	fmt.Fprintln(&b, strings.Join(names, " | "))
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			refused(&b, err)
			break
		}
		transcribe(&b, r.Columns(), row)
	}
	for _, n := range r.Notices() {
		fmt.Fprintln(&b, strings.TrimSuffix("notice "+n.Code+": "+plain(n.Sample), ": "))
	}
	if err := r.Close(); err != nil {
		fmt.Fprintln(&b, "close:", err)
	}
	return strings.TrimRight(b.String(), "\n ")
}

// transcribe writes down one row.
func transcribe(b *strings.Builder, columns []sources.Column, row sources.Row) {
	var cells []string
	for _, c := range row.Cells {
		cells = append(cells, plain(c))
	}
	hidden := ""
	if row.Hidden {
		hidden = " (hidden)"
	}
	fmt.Fprintf(b, "%d%s: %s\n", row.Number, hidden, strings.Join(cells, " | "))
	for _, f := range row.Faults {
		place, code := "row", f.Code
		if f.Column >= 0 {
			place = columns[f.Column].Address(row.Number)
		}
		if f.Severity == problem.Warning {
			code = "(" + code + ")"
		}
		if f.Message == "" || f.Hint == "" {
			code += " without a message or hint"
		}
		fmt.Fprintf(b, "  %s %s\n", place, code)
	}
}

// refused writes down why a file cannot be read.
func refused(b *strings.Builder, err error) {
	var fe *sources.FileError
	if !errors.As(err, &fe) {
		fmt.Fprintln(b, "no FileError:", err)
		return
	}
	fmt.Fprintln(b, strings.TrimSpace("error "+fe.Code+" "+fe.Cell))
	if fe.Message == "" || fe.Path == "" {
		fmt.Fprintln(b, "without a message or path:", err)
	}
	var next *sources.FileError
	if errors.As(fe.Err, &next) {
		refused(b, next)
	}
}

// plain makes invisible characters visible.
func plain(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

const officeRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

// workbook is a workbook with one sheet, given as its rows or as a whole part.
type workbook struct {
	rows    string            // the content of sheetData
	sheet   string            // or the whole sheet
	before  string            // what stands in front of sheetData
	after   string            // and behind it
	strings string            // the content of sst
	formats []string          // cell format n is the n-th code, from 1
	ids     []int             // cell formats behind those, with built-in numbers
	pr      string            // attributes of workbookPr
	parts   map[string]string // more parts, or others
	only    map[string]string // these parts and no others
}

// bytes returns the workbook as a file.
func (w workbook) bytes(t testing.TB) []byte {
	t.Helper()
	if w.sheet == "" {
		w.sheet = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + w.before + "<sheetData>" + w.rows + "</sheetData>" + w.after + "</worksheet>"
	}
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":     `<workbook xmlns:r="` + officeRelations + `"><workbookPr ` + w.pr + `/><sheets><sheet name="Customers" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + officeRelations + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + officeRelations + `/styles" Target="styles.xml"/><Relationship Id="rId3" Type="` + officeRelations + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": w.sheet,
		"xl/styles.xml":            w.styles(),
		"xl/sharedStrings.xml":     "<sst>" + w.strings + "</sst>",
	}
	for name, p := range w.parts {
		parts[name] = p
	}
	if w.only != nil {
		parts = w.only
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) { // in order, or fuzzing finds news in every run
		if parts[name] == "" {
			continue
		}
		f, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(f, parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// styles returns the styles part.
func (w workbook) styles() string {
	var codes, xfs strings.Builder
	for i, f := range w.formats {
		f = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(f)
		fmt.Fprintf(&codes, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, f)
		fmt.Fprintf(&xfs, `<xf numFmtId="%d"/>`, 164+i)
	}
	for _, id := range w.ids {
		fmt.Fprintf(&xfs, `<xf numFmtId="%d"/>`, id)
	}
	return `<styleSheet><numFmts>` + codes.String() + `</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>` + xfs.String() + `</cellXfs></styleSheet>`
}

// texts returns a row of texts from column A on.
func texts(number int, cells ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, number)
	for i, c := range cells {
		if c != "" {
			fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, sources.Address(i, number), c)
		}
	}
	return b.String() + "</row>"
}

// cellsOf returns a row of cells as they are.
func cellsOf(number int, cells ...string) string {
	return fmt.Sprintf(`<row r="%d">%s</row>`, number, strings.Join(cells, ""))
}
