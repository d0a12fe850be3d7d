package workbook

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"
)

// The two dialects of relationships.
const (
	transitionalLinks = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	strictLinks       = "http://purl.oclc.org/ooxml/officeDocument/relationships"
)

// parts are the parts of the file that are not only copied. All but the sheet, the
// list of the workbook's relations and that of all types may be missing.
type parts struct{ sheet, relations, styles, chain, list, types *zip.File }

// mostContent bounds a part that is read as a whole.
const mostContent = 32 << 20

type (
	workbookXML struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	relationsXML struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
)

// locate finds a sheet by its name.
func locate(archive *zip.Reader, sheet string) (parts, error) {
	main, err := mainPart(archive)
	if err != nil {
		return parts{}, err
	}
	var book workbookXML
	if err := decode(find(archive, main), &book); err != nil {
		return parts{}, err
	}
	folder, name := path.Split(main)
	p := parts{list: find(archive, folder+"_rels/"+name+".rels"), types: find(archive, "[Content_Types].xml")}
	var relations relationsXML
	if err := decode(p.list, &relations); err != nil {
		return parts{}, err
	}
	id := book.id(sheet)
	for _, r := range relations.List {
		switch {
		case id != "" && r.ID == id:
			p.sheet = find(archive, resolve(folder, r.Target))
		case strings.HasSuffix(r.Type, "/relationships/styles"):
			p.styles = find(archive, resolve(folder, r.Target))
		case strings.HasSuffix(r.Type, "/relationships/calcChain"):
			p.chain = find(archive, resolve(folder, r.Target))
		}
	}
	if p.sheet == nil {
		return parts{}, badSheet(fmt.Sprintf("it has no sheet %q", sheet))
	}
	folder, name = path.Split(p.sheet.Name)
	p.relations = find(archive, folder+"_rels/"+name+".rels")
	return p, nil
}

// mainPart finds the workbook in the package.
func mainPart(archive *zip.Reader) (string, error) {
	var root relationsXML
	if err := decode(find(archive, "_rels/.rels"), &root); err != nil {
		return "", err
	}
	for _, r := range root.List {
		if strings.HasSuffix(r.Type, "/relationships/officeDocument") {
			return resolve("", r.Target), nil
		}
	}
	return "", badSheet("it has no workbook part")
}

// id returns the relation of a sheet; an empty name is the first sheet.
func (b workbookXML) id(sheet string) string {
	for _, s := range b.Sheets {
		if s.Name != sheet && sheet != "" {
			continue
		}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && strings.HasSuffix(a.Name.Space, "/relationships") {
				return a.Value
			}
		}
	}
	return ""
}

// resolve places a target that is named from a folder of the package.
func resolve(folder, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(target, "/")
	}
	return path.Join(folder, target)
}

// find returns a part by its name, whose case does not matter.
func find(archive *zip.Reader, name string) *zip.File {
	for _, f := range archive.File {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// content reads a part as a whole.
func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, mostContent+1))
	if err != nil {
		return nil, fmt.Errorf("read part %q of the workbook: %w", f.Name, err)
	}
	if len(text) > mostContent {
		return nil, badSheet(f.Name + " is too big")
	}
	return text, nil
}

func decode(f *zip.File, into any) error {
	if f == nil {
		return badSheet("a part is missing")
	}
	text, err := content(f)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%w: part %q: %w", ErrWorkbook, f.Name, err)
	}
	return nil
}
