package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// parts are the parts of the file that are changed or read, not only copied. The sheet,
// the workbook's relations and the list of content types are always there; the others can
// be missing.
type parts struct{ sheet, relations, styles, chain, list, types *zip.File }

// mostContent bounds the size of a part that is read into memory, in bytes. A small file
// can unpack to a very large one.
const mostContent = 32 << 20

// locate finds the parts that belong to a sheet of a given name. It follows relations, as
// the format asks for: the usual names of parts are only a habit of programs.
func locate(archive *zip.Reader, sheet string) (parts, error) {
	main := "xl/workbook.xml"
	_, root, err := relations(archive, "")
	if err != nil {
		return parts{}, err
	}
	// The package's own relations name the workbook part. Most programs call it
	// xl/workbook.xml, and a file that names none is taken to do so as well.
	for _, r := range root {
		if r.Kind == "officeDocument" {
			main = r.Target
		}
	}
	id, err := sheetID(archive, main, sheet)
	if err != nil {
		return parts{}, err
	}
	p := parts{types: find(archive, ooxml.ContentTypes)}
	var list []ooxml.Relation
	if p.list, list, err = relations(archive, main); err != nil {
		return parts{}, err
	}
	for _, r := range list {
		switch {
		case r.External:
		case id != "" && r.ID == id:
			p.sheet = find(archive, r.Target)
		case r.Kind == "styles":
			p.styles = cmp.Or(p.styles, find(archive, r.Target))
		case r.Kind == "calcChain":
			p.chain = find(archive, r.Target)
		}
	}
	if p.sheet == nil || p.types == nil {
		return parts{}, badSheet(fmt.Sprintf("it has no sheet %q", sheet))
	}
	p.relations = find(archive, ooxml.RelationsName(p.sheet.Name))
	return p, nil
}

// relations reads the relations of a part; "" stands for the file as a whole.
func relations(archive *zip.Reader, of string) (*zip.File, []ooxml.Relation, error) {
	f := find(archive, ooxml.RelationsName(of))
	if f == nil {
		return nil, nil, badSheet("a part is missing")
	}
	text, err := content(f)
	if err != nil {
		return nil, nil, err
	}
	return f, ooxml.Relations(of, text), nil
}

// sheetID returns the id of a sheet's relation; an empty name stands for the first sheet.
func sheetID(archive *zip.Reader, main, sheet string) (string, error) {
	f := find(archive, main)
	if f == nil {
		return "", badSheet("it has no workbook part")
	}
	text, err := content(f)
	if err != nil {
		return "", err
	}
	x := xmltoken.NewReader(bytes.NewReader(text))
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("%w: part %q: %w", ErrWorkbook, f.Name, err)
		}
		if x.Begins("workbook/sheets/sheet") && (sheet == "" || t.Value("name") == sheet) {
			return x.ValueIn("id", ooxml.TransitionalRelations, ooxml.StrictRelations), nil
		}
	}
}

// find returns a part by its name. Names differ in case between programs.
func find(archive *zip.Reader, name string) *zip.File {
	for _, want := range ooxml.PartNames(name) {
		for _, f := range archive.File {
			if ooxml.PartName(f.Name) == want {
				return f
			}
		}
	}
	return nil
}

// content reads a whole part, converted to UTF-8.
func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	// One byte more than allowed tells a part that is too long from one that just fits.
	text, err := io.ReadAll(io.LimitReader(xmltoken.UTF8(r), mostContent+1))
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	if len(text) > mostContent {
		return nil, badSheet(f.Name + " is too big")
	}
	return text, nil
}
