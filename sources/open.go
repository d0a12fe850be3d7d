package sources

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a sheet by its content: .csv, .tsv, .txt, .xlsx, .xlsm, .jsonl
// and .ndjson files. Faults of the file as a whole are a [*FileError]. The
// caller must Close the reader.
func Open(path string, o Options) (Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	r, err := openFile(path, f, o)
	if err != nil {
		_ = f.Close() // nothing was written; the first error says more
		return nil, inFile(path, err)
	}
	return r, nil
}

// openError says why a file cannot be opened.
func openError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &FileError{Code: "ROW-FILE", Path: path, Message: "there is no such file", Err: fs.ErrNotExist,
			Hint: "check rows.file; a relative path starts at the campaign file"}
	}
	return &FileError{Code: "ROW-FILE", Path: path, Message: "the file cannot be opened", Err: err,
		Hint: "check that you may read it, and that no other program has locked it"}
}

// openFile opens a file that can be read at any place, or else as a stream.
func openFile(path string, f *os.File, o Options) (Reader, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, openError(path, err)
	case info.IsDir():
		return nil, &FileError{Code: "ROW-FILE", Message: "it is a folder", Hint: "name the file in it"}
	case !info.Mode().IsRegular():
		return openStream(path, f, f, o)
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, openError(path, err)
	}
	k, err := kindOf(path, head[:n])
	if err != nil {
		return nil, encrypted(f, head[:n], err)
	}
	t := &table{path: path, o: o, closer: f}
	if k == workbookKind {
		return t.openWorkbook(f, info.Size())
	}
	return t.openText(k, f)
}

// OpenReader reads a sheet from a stream, such as standard input. The name is
// what messages call it; the content says which format it is. A workbook is
// kept in Options.TempDir until Close.
func OpenReader(name string, r io.Reader, o Options) (Reader, error) {
	t, err := openStream(name, r, nil, o)
	if err != nil {
		return nil, inFile(name, err)
	}
	return t, nil
}

// openStream opens what can be read only once.
func openStream(name string, r io.Reader, closer io.Closer, o Options) (Reader, error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, openError(name, err)
	}
	k, err := kindOf(name, head)
	if err != nil {
		return nil, err
	}
	t := &table{path: name, o: o, closer: closer}
	if k == workbookKind {
		return t.spoolWorkbook(br)
	}
	return t.openText(k, br)
}

// openText opens a format that is text.
func (t *table) openText(k kind, in io.Reader) (Reader, error) {
	if t.o.Sheet != "" {
		t.notes = append(t.notes, Notice{Code: "ROW-SHEET-UNUSED", Column: -1, Sample: t.o.Sheet,
			Message: "rows.sheet names a sheet, but the file is plain text and has none", Hint: "take rows.sheet out, or name a workbook"})
	}
	var err error
	if k == jsonKind {
		t.src, err = openJSONLines(in, t.o)
	} else {
		t.strict = true
		t.src, err = openDelimited(t.path, in, t.o)
	}
	if err != nil {
		return nil, err
	}
	return newTable(t)
}

// kind is a file format.
type kind int

const (
	delimitedKind kind = iota
	workbookKind
	jsonKind
)

// kindOf names the format of a file by its first bytes; for text the name
// decides.
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
	if markup(text) && !strings.HasPrefix(ext, ".xls") {
		return 0, &FileError{Code: "ROW-FORMAT", Message: "it is a web page or another XML file, not a table",
			Hint: "open it in a spreadsheet program and save it as .xlsx"}
	}
	switch ext {
	case ".csv", ".tsv", ".txt", ".tab":
		return delimitedKind, nil
	case ".jsonl", ".ndjson", ".json":
		return jsonKind, nil
	case ".xlsx", ".xlsm", ".xls":
		return 0, notWorkbook(text)
	}
	if bytes.HasPrefix(text, []byte("{")) {
		return jsonKind, nil
	}
	return delimitedKind, nil
}

// markup reports whether a text begins as web pages and XML files do. A cell of
// a table may begin with a bracket, but not like this.
func markup(text []byte) bool {
	start := bytes.ToLower(text[:min(len(text), 16)])
	for _, mark := range []string{"<!doctype", "<html", "<table", "<?xml"} {
		if bytes.HasPrefix(start, []byte(mark)) {
			return true
		}
	}
	return false
}

// notWorkbook says what a text that is named like a workbook really is.
func notWorkbook(text []byte) error {
	e := &FileError{Code: "ROW-FORMAT", Message: "it is named like a workbook but is plain text",
		Hint: "if it is CSV, name it .csv; else open it in a spreadsheet program and save it as .xlsx"}
	if bytes.HasPrefix(text, []byte("<")) {
		e.Message = "it is named like a workbook but is a web page"
		e.Hint = "open it in a spreadsheet program and save it as .xlsx"
	}
	return e
}

// encrypted replaces the refusal of an old Excel file where it is a workbook
// with a password: that is kept in the same container, under a name that its
// directory has.
func encrypted(f io.ReaderAt, head []byte, refusal error) error {
	if !bytes.HasPrefix(head, []byte(oleMagic)) || len(head) < 52 {
		return refusal
	}
	shift, sector := binary.LittleEndian.Uint16(head[30:]), binary.LittleEndian.Uint32(head[48:])
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

// foreign refuses formats that are known and not read.
func foreign(head []byte) *FileError {
	switch {
	case bytes.HasPrefix(head, []byte(oleMagic)):
		return &FileError{Code: "ROW-FORMAT", Message: "it is an old Excel file (.xls), or a workbook with a password",
			Hint: "open it in a spreadsheet program, take the password off if it has one, and save it as .xlsx"}
	case bytes.HasPrefix(head, []byte("%PDF")):
		return &FileError{Code: "ROW-FORMAT", Message: "it is a PDF", Hint: "ask for the sheet itself, as .xlsx or .csv"}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return &FileError{Code: "ROW-FORMAT", Message: "it is compressed (gzip)", Hint: "unpack it first"}
	case bytes.HasPrefix(head, []byte("PK\x05\x06")), bytes.HasPrefix(head, []byte("PK\x07\x08")):
		return &FileError{Code: "ROW-FORMAT", Message: "it is a zip archive without a workbook in it", Hint: "save the sheet as .xlsx or .csv"}
	}
	return nil
}
