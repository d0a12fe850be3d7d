package sources

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Places in the parts of an OpenDocument file. Its sheets are all in one part.
const (
	odsContent   = "content.xml"
	odsEncrypted = "encrypted-package" // in its place, where the whole file has a password
	odsBody      = "office:document-content/office:body/"
	odsTable     = odsBody + "office:spreadsheet/table:table"
	odsStyle     = "office:document-content/office:automatic-styles/style:style"
	odsProgram   = "office:document-meta/office:meta/meta:generator"
)

// odsSpaces returns the name spaces that say what a sheet of OpenDocument shows.
func odsSpaces() map[string]string {
	const oasis = "urn:oasis:names:tc:opendocument:xmlns:"
	return map[string]string{
		oasis + "office:1.0": "office:", oasis + "table:1.0": "table:", oasis + "text:1.0": "text:",
		oasis + "style:1.0": "style:", oasis + "meta:1.0": "meta:",
		"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext:",
	}
}

// openDocument reports whether an archive is an OpenDocument file and no other workbook.
func (a *archive) openDocument() bool {
	return a.parts[odsContent] != nil && a.parts["xl/workbook.xml"] == nil
}

// checkPassword refuses an OpenDocument file whose parts are encrypted. Its directory is
// not, and says so. The word is searched for, since old files have a document type there.
func (a *archive) checkPassword() error {
	const manifest = "META-INF/manifest.xml"
	var b []byte
	var err error
	if a.part(manifest) != nil {
		b, err = a.load(manifest)
	}
	if a.parts[odsEncrypted] != nil || bytes.Contains(b, []byte(":encryption-data")) {
		return &FileError{Code: "ROW-ENCRYPTED", Message: "it has a password",
			Hint: "open it in a spreadsheet program, take the password off and save it under another name"}
	}
	return err
}

// readTables lists the sheets of an OpenDocument file. It also proves that the part is
// whole: the sheet is streamed later.
func (w *book) readTables() error {
	r, err := w.open(odsContent)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	x := xmltoken.NewReaderOf(r, odsSpaces())
	hidden := map[string]bool{} // styles of tables
	style, body := "", ""
	for {
		_, err := x.Next()
		if errors.Is(err, io.EOF) {
			return w.checkBody(body)
		}
		switch {
		case err != nil:
			return err
		case x.Begins(odsStyle):
			style = attribute(x, "style:name")
		case x.Begins(odsStyle + "/style:table-properties"):
			if attribute(x, "table:display") == "false" && len(hidden) < maxStyles {
				hidden[style] = true
			}
		case x.Begins(odsTable):
			w.sheets = append(w.sheets, sheetPart{name: attribute(x, "table:name"), part: odsContent, hidden: hidden[attribute(x, "table:style-name")]})
			err = x.SkipContent()
		case x.Depth() == 3 && x.Begins(odsBody+string(x.Name())):
			body = string(x.Name())
		}
		if err != nil {
			return err
		}
	}
}

// checkBody refuses OpenDocument files of other programs.
func (w *book) checkBody(body string) error {
	if body == "office:spreadsheet" && len(w.sheets) > 0 {
		return nil
	}
	is := "an OpenDocument file without a sheet in it"
	switch body {
	case "office:text":
		is = "a text document (.odt)"
	case "office:presentation":
		is = "a presentation (.odp)"
	case "office:drawing":
		is = "a drawing (.odg)"
	case "office:database":
		is = "a database (.odb)"
	}
	return &FileError{Code: "ROW-FORMAT", Message: "it is " + is, Hint: "open it in the program it comes from and save the sheet as .xlsx or .csv"}
}

// attribute returns an attribute of the last token, or "".
func attribute(x *xmltoken.Reader, want string) string {
	for name, value := range x.Attributes() {
		if string(name) == want {
			return string(value)
		}
	}
	return ""
}

// writtenAsShown reports whether the file was written by a program that stores beside each
// value the text that it shows. Programs that only write files often store another text:
// the number of a date, or a date in their own form.
func (w *book) writtenAsShown() bool {
	b, err := w.load("meta.xml")
	if err != nil {
		return false
	}
	x := xmltoken.NewReaderOf(bytes.NewReader(b), odsSpaces())
	var program []byte
	for t, err := x.Next(); err == nil; t, err = x.Next() {
		if t.IsText() && x.At(odsProgram) {
			program = t.AppendText(program)
		}
	}
	name := strings.ToLower(strings.TrimSpace(string(program)))
	return slices.ContainsFunc([]string{"libreoffice", "openoffice", "collabora", "microsoftoffice", "gnumeric"},
		func(known string) bool { return strings.HasPrefix(name, known) })
}

// openTable begins a sheet of an OpenDocument file.
func (w *book) openTable(part sheetPart, o Options) (*odsSheet, error) {
	r, err := w.open(odsContent)
	if err != nil {
		return nil, err
	}
	s := &odsSheet{x: xmltoken.NewReaderOf(r, odsSpaces()), closer: r, dates: o.Dates, asShown: w.writtenAsShown()}
	// Sheets have no part of their own, so those before it are skipped.
	for left := slices.IndexFunc(w.sheets, func(p sheetPart) bool { return p == part }); ; {
		if _, err = s.x.Next(); err != nil {
			break
		}
		if !s.x.Begins(odsTable) {
			continue
		}
		if left == 0 {
			s.depth = s.x.Depth()
			return s, nil
		}
		left--
		if err = s.x.SkipContent(); err != nil {
			break
		}
	}
	_ = r.Close() // the first error says more
	return nil, damaged(odsContent, fmt.Errorf("the sheet %q is not in it: %w", clip(part.name), xmltoken.Unexpected(err)))
}
