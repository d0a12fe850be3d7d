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

// parts are the parts of the file that are not only copied. All but the sheet, the
// list of the workbook's relations and that of all types may be missing.
type parts struct{ sheet, relations, styles, chain, list, types *zip.File }

// mostContent bounds a part that is read as a whole.
const mostContent = 32 << 20

// locate finds a sheet by its name.
func locate(archive *zip.Reader, sheet string) (parts, error) {
	main := "xl/workbook.xml"
	_, root, err := relations(archive, "")
	if err != nil {
		return parts{}, err
	}
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

// relations reads the relations of a part; "" stands for the package.
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

// sheetID returns the relation of a sheet; an empty name is the first sheet.
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

// find returns a part by its name, whose case does not matter.
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

// content reads a part as a whole, as UTF-8.
func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(xmltoken.UTF8(r), mostContent+1))
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	if len(text) > mostContent {
		return nil, badSheet(f.Name + " is too big")
	}
	return text, nil
}
