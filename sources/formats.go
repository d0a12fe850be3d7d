package sources

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// kind is a file format.
type kind int

const (
	delimitedKind kind = iota
	workbookKind
	jsonKind
	openDocumentKind // told from a workbook when its archive is open
)

// kindOf names the format of a file by its first bytes. The name decides only for text:
// files are renamed more often than they are converted.
func kindOf(name string, head []byte) (kind, error) {
	if len(head) == 0 {
		return 0, &FileError{Code: "ROW-EMPTY", Message: "the file is empty", Hint: "export the sheet again"}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return workbookKind, nil
	}
	if e := foreign(head); e != nil {
		return 0, e
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	ext := strings.ToLower(filepath.Ext(name))
	// A text named .xls comes from web systems that export HTML. Excel opens it, so people
	// take it for a workbook.
	switch {
	case bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<office:document")):
		return 0, &FileError{Code: "ROW-FORMAT", Message: "it is a flat OpenDocument file (.fods), which is read only as .ods",
			Hint: "open it in a spreadsheet program and save it as .ods or .xlsx"}
	case strings.HasPrefix(ext, ".xls"), ext == ".ods":
		return 0, notWorkbook(text)
	case markup(text):
		return 0, &FileError{Code: "ROW-FORMAT", Message: "it is a web page or another XML file, not a table",
			Hint: "open it in a spreadsheet program and save it as .xlsx"}
	// A CSV cell may begin with {, so the bracket alone does not make a file JSON.
	case bytes.HasPrefix(text, []byte(`{"`)), ext == ".jsonl", ext == ".ndjson", ext == ".json":
		return jsonKind, nil
	case ext == "" && bytes.HasPrefix(text, []byte("{")):
		return jsonKind, nil
	}
	return delimitedKind, nil
}

// markup reports whether a text begins like a web page or an XML file. A cell of a table
// may begin with <, but not with these words.
func markup(text []byte) bool {
	start := bytes.ToLower(text[:min(len(text), 16)])
	for _, mark := range []string{"<!doctype", "<html", "<table", "<?xml"} {
		if bytes.HasPrefix(start, []byte(mark)) {
			return true
		}
	}
	return false
}

// notWorkbook explains what a text named like a workbook really is.
func notWorkbook(text []byte) error {
	e := &FileError{Code: "ROW-FORMAT", Message: "it is named like a workbook but is plain text",
		Hint: "if it is CSV, name it .csv; else open it in a spreadsheet program and save it as .xlsx"}
	switch {
	case bytes.HasPrefix(text, []byte("<?xml")):
		e.Message = "it is named like a workbook but is an XML file"
	case bytes.HasPrefix(text, []byte("<")), bytes.HasPrefix(text, []byte("MIME-Version:")):
		e.Message = "it is named like a workbook but is a web page"
	default:
		return e
	}
	e.Hint = "open it in a spreadsheet program and save it as .xlsx"
	return e
}

// encrypted replaces the refusal of an old Excel file if the file is a workbook with a
// password. Both use the same container; only a name in its directory tells them apart.
func encrypted(f io.ReaderAt, head []byte, refusal error) error {
	if !bytes.HasPrefix(head, []byte(oleMagic)) || len(head) < 52 {
		return refusal
	}
	// The header of the container holds the sector size as a power of two, and the number
	// of the directory's first sector. Sector 0 follows the header, which is as long as a
	// sector.
	shift := binary.LittleEndian.Uint16(head[30:])
	sector := binary.LittleEndian.Uint32(head[48:])
	if shift > 12 {
		return refusal
	}
	directory := make([]byte, 16<<10)
	n, err := f.ReadAt(directory, (int64(sector)+1)<<shift)
	if err != nil && !errors.Is(err, io.EOF) {
		return refusal
	}
	if !bytes.Contains(directory[:n], []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
		return refusal
	}
	return &FileError{Code: "ROW-ENCRYPTED", Message: "it has a password",
		Hint: "open it in a spreadsheet program, take the password off and save it under another name"}
}

// oleMagic begins the files of old Office programs, and those with a password.
const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// Foreign says what a file is that is no text, by its first bytes: "a PDF". It is empty
// for a text, and where that is not known.
func Foreign(head []byte) string {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return "a workbook, a document or another ZIP archive"
	}
	if e := foreign(head); e != nil {
		return strings.TrimPrefix(e.Message, "it is ")
	}
	return ""
}

// foreign refuses known formats that this package does not read. Naming the format tells
// the user what to do with the file.
func foreign(head []byte) *FileError {
	const unpack, sheet, convert = "unpack it first", "ask for the sheet itself, as .xlsx or .csv", "open it in a spreadsheet program and save it as .xlsx"
	for _, f := range []struct{ magic, is, hint string }{
		{oleMagic, "an old Excel file (.xls), or a workbook with a password", "open it in a spreadsheet program, take the password off if it has one, and save it as .xlsx"},
		{"%PDF", "a PDF", sheet},
		{"\x1f\x8b", "compressed (gzip)", unpack},
		{"BZh", "compressed (bzip2)", unpack},
		{"\xfd7zXZ\x00", "compressed (xz)", unpack},
		{"\x28\xb5\x2f\xfd", "compressed (zstd)", unpack},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", unpack},
		{"Rar!\x1a\x07", "a RAR archive", unpack},
		{"PK\x05\x06", "a zip archive without a workbook in it", "save the sheet as .xlsx or .csv"},
		{"PK\x07\x08", "a zip archive without a workbook in it", "save the sheet as .xlsx or .csv"},
		{"\x89PNG\r\n", "a picture", sheet},
		{"\xff\xd8\xff", "a picture", sheet},
		{"GIF8", "a picture", sheet},
		{"SQLite format 3\x00", "a database", "export its table as .csv"},
		{`{\rtf`, "a text document (RTF)", "copy its table into a spreadsheet program and save it as .xlsx"},
		{"ID;PCALC", "a SYLK file", convert},
		{"ID;PWXL", "a SYLK file", convert},
		{"TABLE\r\n0,1", "a DIF file", convert},
		{"TABLE\n0,1", "a DIF file", convert},
		{"BEGIN:VCARD", "an address book (vCard)", "export the contacts as .csv"},
		{"BEGIN:VCALENDAR", "a calendar", sheet},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return &FileError{Code: "ROW-FORMAT", Message: "it is " + f.is, Hint: f.hint}
		}
	}
	return nil
}
