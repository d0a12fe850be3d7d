package sources

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// maxSpool is the largest workbook that is read from a pipe. It has to be stored on disk
// first.
const maxSpool = 256 << 20

// SheetInfo is one worksheet of a workbook.
type SheetInfo struct {
	Name   string
	Hidden bool
}

// Sheets lists the worksheets of a workbook in their order. It returns none for other
// files.
func Sheets(path string) ([]SheetInfo, error) {
	f, err := open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil || string(head) != "PK\x03\x04" {
		return nil, nil // too short to be a workbook
	}
	info, err := f.Stat()
	if err != nil {
		return nil, openError(path, err)
	}
	w, err := openBook(f, info.Size())
	if err != nil {
		return nil, inFile(path, err)
	}
	// The list has hidden sheets, too, since one of them may be named in the campaign.
	var out []SheetInfo
	for _, s := range w.sheets {
		out = append(out, SheetInfo{Name: s.name, Hidden: s.hidden})
	}
	return out, nil
}

// book is the structure of a workbook: its parts and its sheets.
type book struct {
	*archive
	main     string // the part that lists the sheets
	sheets   []sheetPart
	date1904 bool
	styles   string // names of parts, "" where there is none
	strings  string
}

// sheetPart is the place of one worksheet in the archive.
type sheetPart struct {
	name, id, part string
	hidden         bool
}

// openBook reads the structure of a workbook.
func openBook(in io.ReaderAt, size int64) (*book, error) {
	a, err := openArchive(in, size)
	if err != nil {
		return nil, err
	}
	w := &book{archive: a}
	if w.openDocument() {
		if err := w.readTables(); err != nil {
			return nil, damaged(odsContent, err)
		}
		return w, nil
	}
	// Most workbooks use the usual name. A relation of the package may name another one.
	w.main = "xl/workbook.xml"
	for _, r := range w.relations("") {
		if r.Kind == "officeDocument" {
			w.main = r.Target
		}
	}
	if err := w.readStructure(); err != nil {
		return nil, damaged(w.main, err)
	}
	w.readParts()
	// Charts and macros are listed as sheets, but have no worksheet part.
	w.sheets = slices.DeleteFunc(w.sheets, func(s sheetPart) bool { return s.part == "" })
	return w, nil
}

// readParts finds the parts that the workbook names. It ignores names of styles and texts
// that are not there: some programs write the name without the part.
func (w *book) readParts() {
	for _, r := range w.relations(w.main) {
		switch r.Kind {
		case "styles":
			if w.part(r.Target) != nil {
				w.styles = r.Target
			}
		case "sharedStrings":
			if w.part(r.Target) != nil {
				w.strings = r.Target
			}
		case "worksheet":
			for i := range w.sheets {
				// The list of sheets names a relation, and the relation names the part.
				if w.sheets[i].id == r.ID {
					w.sheets[i].part = r.Target
				}
			}
		}
	}
}

// relations returns the relations of a part; "" stands for the package. It leaves out links
// to places outside of the archive.
func (a *archive) relations(of string) []ooxml.Relation {
	b, err := a.load(ooxml.RelationsName(of))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(ooxml.Relations(of, b), func(r ooxml.Relation) bool { return r.External })
}

// readStructure reads the list of sheets.
func (w *book) readStructure() error {
	b, err := w.load(w.main)
	if err != nil {
		return err
	}
	x := xmltoken.NewReader(bytes.NewReader(b))
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case x.Begins("workbook/workbookPr"):
			// Programs write booleans in three ways.
			v := t.Value("date1904")
			w.date1904 = v == "1" || v == "true" || v == "on"
		case x.Begins("workbook/sheets/sheet"):
			state := t.Value("state")
			// The relation has one name space in the usual files and another in strict
			// ones.
			id := x.ValueIn("id", ooxml.TransitionalRelations, ooxml.StrictRelations)
			w.sheets = append(w.sheets, sheetPart{name: t.Value("name"), id: id, hidden: state == "hidden" || state == "veryHidden"})
		}
	}
}

// pick returns the worksheet of a name, or the first visible one.
func (w *book) pick(name string) (sheetPart, error) {
	names := make([]string, 0, len(w.sheets))
	for _, s := range w.sheets {
		switch {
		case name == "" && !s.hidden, name != "" && s.name == name:
			return s, nil
		}
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	// A name with other case or spaces is surely meant, since a workbook cannot have two
	// sheets that differ only in case.
	for _, s := range w.sheets {
		if name != "" && strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
			return s, nil
		}
	}
	if name == "" {
		return sheetPart{}, &FileError{Code: "ROW-SHEET", Message: "it has no visible worksheet", Hint: "name one with rows.sheet: " + strings.Join(names, ", ")}
	}
	return sheetPart{}, &FileError{Code: "ROW-SHEET", Message: fmt.Sprintf("it has no worksheet %q", name),
		Hint: "its worksheets are " + strings.Join(names, ", ")}
}

// chosen returns a notice if the first of several sheets was taken. The user may have meant
// another.
func (w *book) chosen(name string) *Notice {
	var visible []string
	for _, s := range w.sheets {
		if !s.hidden {
			visible = append(visible, fmt.Sprintf("%q", s.name))
		}
	}
	if name != "" || len(visible) < 2 {
		return nil
	}
	return &Notice{Code: "ROW-SHEET-CHOSEN", Column: -1, Sample: strings.Join(visible, ", "),
		Message: fmt.Sprintf("the workbook has %d sheets; the first one, %s, is read", len(visible), visible[0]),
		Hint:    "for another one set rows.sheet"}
}

// openWorkbook reads the structure and the texts of a workbook, and begins its sheet.
func (t *table) openWorkbook(in io.ReaderAt, size int64) (Reader, error) {
	w, err := openBook(in, size)
	if err != nil {
		return nil, err
	}
	part, err := w.pick(t.o.Sheet)
	if err != nil {
		return nil, err
	}
	// A bad layout concerns the campaign. It is reported before any row is read.
	if err := checkLayout(t.o.Dates); err != nil {
		return nil, err
	}
	t.sheet = part.name
	if n := w.chosen(t.o.Sheet); n != nil {
		t.notes = append(t.notes, *n)
	}
	if t.src, err = w.openSheet(part, t.o); err != nil {
		return nil, err
	}
	return newTable(t)
}

// openSheet begins a sheet of either kind of workbook.
func (w *book) openSheet(part sheetPart, o Options) (recordSource, error) {
	if w.openDocument() {
		return w.openTable(part, o)
	}
	return w.openWorksheet(part.part, o)
}

// openWorksheet begins a worksheet. It reads the shared texts and the merged cells first, both
// at once, because each means expanding a large part.
func (w *book) openWorksheet(part string, o Options) (*worksheet, error) {
	s := &worksheet{part: part, totals: w.totals(part), earlier: w.earlierReader(o)}
	// Each function writes to fields of its own, and Wait ends before they are read.
	var g errgroup.Group
	g.Go(func() (err error) {
		s.merges, err = w.findMerges(part)
		return err
	})
	g.Go(func() (err error) {
		if s.formats, err = w.loadFormats(o.Dates); err != nil || w.strings == "" {
			return err
		}
		r, err := w.open(w.strings)
		if err != nil {
			return err
		}
		if s.texts, err = loadStrings(r); err != nil {
			err = damaged(w.strings, err)
		}
		_ = r.Close() // it was only read
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	// Findings of the first pass are complete. The rows themselves are streamed.
	r, err := w.open(part)
	if err != nil {
		return nil, err
	}
	s.closer = r
	s.x = xmltoken.NewReader(r)
	return s, nil
}

// spoolWorkbook stores a workbook from a pipe in a temporary file. The directory of an
// archive is at its end, so a stream cannot be read in order.
func (t *table) spoolWorkbook(r io.Reader) (Reader, error) {
	f, err := os.CreateTemp(t.o.TempDir, "reelmerge-*.xlsx")
	if err != nil {
		return nil, &FileError{Code: "ROW-FILE", Message: "the workbook cannot be kept while it is read", Err: err,
			Hint: "free some space in the folder for temporary files"}
	}
	s := &spool{File: f, pipe: t.closer}
	out, err := t.fromSpool(s, r)
	// The caller of Open closes the pipe itself after an error. Closing it here as well
	// would report a second one.
	if err != nil {
		t.closer = nil
		s.pipe = nil
		_ = s.Close()
		return nil, err
	}
	return out, nil
}

// fromSpool copies the pipe to the file and opens it.
func (t *table) fromSpool(s *spool, r io.Reader) (Reader, error) {
	n, err := io.Copy(s.File, io.LimitReader(r, maxSpool+1))
	// One byte more than allowed shows that the pipe was not at its end.
	switch {
	case err != nil:
		return nil, &FileError{Code: "ROW-FILE", Message: "the workbook cannot be kept while it is read", Err: err,
			Hint: "free some space in the folder for temporary files"}
	case n > maxSpool:
		return nil, tooLarge(fmt.Sprintf("it is larger than %d MiB", maxSpool>>20))
	}
	t.closer = s
	return t.openWorkbook(s.File, n)
}

// spool is a temporary file that is deleted when it is closed.
type spool struct {
	*os.File
	pipe io.Closer
}

// Close deletes the file and closes the pipe.
func (s *spool) Close() error {
	err := errors.Join(s.File.Close(), os.Remove(s.Name()))
	if s.pipe != nil {
		err = errors.Join(err, s.pipe.Close())
	}
	return err
}
