package sources

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a sheet and recognises its format by its content: .csv, .tsv, .txt, .xlsx,
// .xlsm, .ods, .jsonl and .ndjson. A fault of the whole file is a [*FileError]. The caller must
// Close the reader.
func Open(path string, o Options) (Reader, error) {
	if err := lockFile(path); err != nil {
		return nil, err
	}
	name := cmp.Or(o.Name, path)
	f, err := open(path)
	if err != nil {
		return nil, openError(name, err)
	}
	r, err := openFile(path, f, o)
	if err != nil {
		_ = f.Close() // nothing was written; the first error says more
		return nil, inFile(name, err)
	}
	return r, nil
}

// lockFile refuses the file by which a spreadsheet program marks a sheet as open. It stands
// beside the sheet and looks like it in lists of files.
func lockFile(path string) error {
	name := filepath.Base(path)
	sheet := ""
	switch {
	case strings.HasPrefix(name, "~$"):
		sheet = name[len("~$"):]
	case strings.HasPrefix(name, ".~lock.") && strings.HasSuffix(name, "#"):
		sheet = strings.TrimSuffix(name[len(".~lock."):], "#")
	}
	if sheet == "" {
		return nil
	}
	return &FileError{Code: "ROW-FORMAT", Path: path, Message: "it is no sheet: a spreadsheet program keeps it beside a sheet that is open",
		Hint: "name the sheet itself: " + sheet}
}

// openError returns the error of a file that cannot be opened, with the likely cause.
func openError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &FileError{Code: "ROW-FILE", Path: path, Message: "there is no such file", Err: fs.ErrNotExist,
			Hint: "check rows.file; a relative path starts at the campaign file"}
	}
	return &FileError{Code: "ROW-FILE", Path: path, Message: "the file cannot be opened", Err: err,
		Hint: "check that you may read it, and that no other program has locked it"}
}

// openFile opens a file at random access if it can, and as a stream if not.
func openFile(path string, f *os.File, o Options) (Reader, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, openError(path, err)
	case info.IsDir():
		return nil, &FileError{Code: "ROW-FILE", Message: "it is a folder", Hint: "name the file in it"}
	// A pipe or a device has no size and can be read only once.
	case !info.Mode().IsRegular():
		return openStream(path, f, f, o)
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, openError(path, err)
	}
	k, err := kindOf(path, head[:n])
	// A workbook with a password looks like an old Excel file. It gets a message of its
	// own, because the cure is another.
	if err != nil {
		return nil, encrypted(f, head[:n], err)
	}
	t := &table{path: cmp.Or(o.Name, path), o: o, closer: f}
	if k == workbookKind {
		return t.openWorkbook(f, info.Size())
	}
	return t.openText(k, f)
}

// OpenReader reads a sheet from a stream, such as standard input. Messages use the name;
// the content decides the format. A workbook stays in Options.TempDir until Close, because
// it cannot be read in order.
func OpenReader(name string, r io.Reader, o Options) (Reader, error) {
	t, err := openStream(name, r, nil, o)
	if err != nil {
		return nil, inFile(name, err)
	}
	return t, nil
}

// openStream opens a source that can be read only once.
func openStream(name string, r io.Reader, closer io.Closer, o Options) (Reader, error) {
	br := bufio.NewReader(r)
	// Peek leaves the bytes in the stream: the reader of the format sees the file from its
	// start.
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

// openText opens a format that is plain text.
func (t *table) openText(k kind, in io.Reader) (Reader, error) {
	// A setting without effect usually means that the wrong file was named.
	if t.o.Sheet != "" {
		t.notes = append(t.notes, Notice{Code: "ROW-SHEET-UNUSED", Column: -1, Sample: t.o.Sheet,
			Message: "rows.sheet names a sheet, but the file is plain text and has none", Hint: "take rows.sheet out, or name a workbook"})
	}
	var err error
	if k == jsonKind {
		t.src, err = openJSONLines(in, t.o)
	} else {
		// A text file has no empty cells to fill in. A record of another length is a
		// mistake.
		t.strict = true
		t.src, err = openDelimited(t.path, in, t.o)
	}
	if err != nil {
		return nil, err
	}
	return newTable(t)
}
