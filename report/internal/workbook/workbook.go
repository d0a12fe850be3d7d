// Package workbook adds columns to one sheet of an XLSX file, or puts their cells into
// columns that the sheet has. It leaves the rest as it is, byte for byte: other sheets,
// formats, formulas, pictures, widths, and parts that no library knows.
//
// It never holds a sheet in memory. The sheet is read twice, once to find out how far its
// content reaches and once to copy it; every other part of the file is copied without
// being unpacked.
//
// The files follow the work: parts.go finds the parts of the file, layout.go is the first
// reading, sheet.go the second, with edit.go for what stands around the rows; styles.go
// adds our formats; replace.go handles the columns of earlier results. workbook.go has
// the API and the order of these steps.
package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// ErrWorkbook is returned, wrapped, for a file that cannot be extended.
var ErrWorkbook = errors.New("the workbook cannot be extended")

// Limits of the format, as Excel's specifications and limits give them. A program calls
// a file beyond them damaged.
const (
	mostRows  = 1_048_576 // of a sheet
	mostLinks = 65_529    // of one sheet
	mostText  = 32_767    // UTF-16 units of a cell
	mostLink  = 2_079     // characters of a link
)

// Addition describes the columns that are added.
type Addition struct {
	Sheet     string // empty: the first
	HeaderRow int    // counted from 1; 0 finds it: the last row with content above the first added row
	Columns   []Column
	Fills     []Fill // the styles that a cell can name
}

// Column is one added column.
type Column struct {
	Name  string
	Width float64 // in characters
	Wrap  bool    // long texts take several lines, and numbers stand on the left
	// At is the sheet's own column, counted from 1, whose cells below the header
	// give way to this one's; 0 adds a column behind the others.
	At int
}

// Row is what is added to one row of the sheet.
type Row struct {
	Number int
	// Source is written where the sheet has no such row.
	Source []string
	Cells  []Cell
}

// Cell is one added cell.
type Cell struct {
	Text   string
	Number bool // Text is a decimal number, and is written as one
	Amount bool // it is a number that is shown with two decimals
	Link   bool // Text is a web address, and is one to click
	Fill   int  // counted from 1 in the addition's fills; 0 is none

	stays bool // the sheet's own cell is not replaced
}

// Extend writes the workbook at a path with the addition. Rows must come in the order of
// the sheet; each is written before the next is asked for. The result is drafted in a
// temporary file and read back before its first byte goes to w, so that a damaged
// workbook is never delivered.
func Extend(w io.Writer, source string, a Addition, rows iter.Seq2[Row, error]) (err error) {
	archive, err := zip.OpenReader(source)
	if err != nil {
		return fmt.Errorf("open workbook: %w: %w", ErrWorkbook, err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	// The draft is a temporary file: a workbook can be larger than the memory.
	draft, err := ooxml.NewDraft("")
	if err != nil {
		return err
	}
	defer func() { _ = draft.Close() }() // what it holds was written, or there is an error
	e := extension{Addition: a, archive: &archive.Reader, out: newArchive(draft)}
	defer e.close()
	for row, err := range rows {
		if err == nil {
			err = e.add(row)
		}
		if err != nil {
			return err
		}
	}
	if err := e.finish(); err != nil {
		return err
	}
	return draft.Deliver(w, e.archive, e.dropped()...)
}

// dropped names the parts that the new workbook no longer has.
func (e *extension) dropped() []string {
	if chain := e.parts.chain; chain != nil && e.layout.replaced.formulas {
		return []string{chain.Name}
	}
	return nil
}

// newArchive compresses at the fastest level. Compression takes half of the time that a
// sheet takes, and the best level saves at most a fifth of the size.
func newArchive(w io.Writer) *zip.Writer {
	out := zip.NewWriter(w)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	return out
}

// extension is a workbook that is being written. Its fields are filled in by begin, with
// the first row.
type extension struct {
	Addition
	archive *zip.Reader
	out     *zip.Writer

	parts  parts
	sheet  *sheetWriter // nil until the first row came
	layout *layout
	styles styleIDs
	links  [][]link // for each of our columns; where the format has not room for all, the first columns win
	places []place  // of our cells in a row, from left to right
	prefix string   // of the relations of our links
}

// place is where one of our columns is: in the sheet, and in the addition.
type place struct{ column, own int }

// lastColumn is the last column with content once ours are added.
func (e *extension) lastColumn() int {
	return e.layout.last + len(e.Columns) - len(e.layout.replaced.columns)
}

// arrange finds the place of each of our columns.
func (e *extension) arrange() {
	next := e.layout.last
	for i, c := range e.Columns {
		at := c.At
		if at == 0 {
			next++
			at = next
		}
		e.places = append(e.places, place{at, i})
	}
	slices.SortFunc(e.places, func(a, b place) int { return cmp.Compare(a.column, b.column) })
}

// link is a cell that leads to the web.
type link struct{ address, target string }

// add writes one row and everything before it. The first call begins the workbook: only
// then is it known above which row the header must be.
func (e *extension) add(row Row) error {
	if e.sheet == nil {
		if err := e.begin(row.Number); err != nil {
			return err
		}
	}
	return e.sheet.add(row)
}

// finish writes everything after the last added row. A workbook without any added row is
// begun here.
func (e *extension) finish() error {
	if e.sheet == nil {
		if err := e.begin(mostRows + 1); err != nil {
			return err
		}
	}
	if err := e.sheet.finish(); err != nil {
		return err
	}
	if err := e.relations(); err != nil {
		return err
	}
	return e.out.Close()
}

// close may be called at any time, also after an error.
func (e *extension) close() {
	if e.sheet != nil {
		e.sheet.close()
	}
}

// begin writes all parts except the sheet and its links, and then the sheet up to its
// header. The sheet and its links come last, since they grow while rows arrive.
func (e *extension) begin(first int) (err error) {
	if e.parts, err = locate(e.archive, e.Sheet); err != nil {
		return err
	}
	if e.layout, err = e.survey(first); err != nil {
		return err
	}
	if e.lastColumn() > ooxml.MostColumns {
		return badSheet("it has no room for more columns")
	}
	e.HeaderRow = e.layout.header
	e.arrange()
	if e.prefix, err = e.freePrefix(); err != nil {
		return err
	}
	e.links = make([][]link, len(e.Columns))
	styles, err := e.dress()
	if err != nil {
		return err
	}
	// Parts keep the order of the source. Some programs read the list of content types
	// first and expect it at the beginning.
	for _, f := range e.archive.File {
		if err := e.part(f, styles); err != nil {
			return fmt.Errorf("copy part %q of the workbook: %w", f.Name, err)
		}
	}
	if e.sheet, err = newSheetWriter(e); err != nil {
		return err
	}
	return e.sheet.add(e.header())
}

// survey reads the sheet once. Where the caller named no header row, it is the last row
// with content before the first added one.
func (e *extension) survey(first int) (*layout, error) {
	r, err := e.parts.sheet.Open()
	if err != nil {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	defer func() { _ = r.Close() }()
	return survey(r, e.replaced(), func(row int) bool { return row == e.HeaderRow || e.HeaderRow == 0 && row < first })
}

// part copies one part of the file, or writes what replaces it. The sheet and its links
// are left out here; they are written at the end.
func (e *extension) part(f *zip.File, styles []byte) error {
	switch {
	case f == e.parts.sheet || f == e.parts.relations || f == e.parts.chain && e.layout.replaced.formulas:
		return nil
	case f == e.parts.styles && styles != nil:
		return e.write(f.Name, styles)
	}
	if text, ok, err := e.chainless(f); ok || err != nil {
		return errors.Join(err, e.write(f.Name, text))
	}
	return e.out.Copy(f)
}

func (e *extension) write(name string, text []byte) error {
	w, err := e.out.Create(name)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// relations writes the targets of our links behind those that the sheet had. A link of a
// sheet only names a relation; its address is in this part.
func (e *extension) relations() error {
	folder, name := path.Split(e.parts.sheet.Name)
	links := e.chosen()
	if len(links) == 0 && e.parts.relations == nil {
		return nil
	}
	w, err := e.out.Create(folder + "_rels/" + name + ".rels")
	if err != nil {
		return err
	}
	old, err := e.oldRelations()
	if err != nil {
		return err
	}
	// All links are external relations: the target is a web address, not a part.
	text, err := ooxml.Append(old, func(space string) string {
		var b strings.Builder
		for i, l := range links {
			b.WriteString(`<` + space + `Relationship Id="` + e.relation(i) + `" Type="` + e.dialect() + `/hyperlink" Target="` +
				attributeText(l.target) + `" TargetMode="External"/>`)
		}
		return b.String()
	})
	if err != nil {
		return badSheet("its relations do not end")
	}
	_, err = w.Write(text)
	return err
}

// relation returns the id of a link's relation.
func (e *extension) relation(i int) string { return e.prefix + strconv.Itoa(i+1) }

// ownRelations begins the ids of our links. Other programs use "rId1" and the like, so
// ours never meet theirs. A results sheet of an earlier campaign has such ids already.
const ownRelations = "rIdReelmerge"

// freePrefix returns a prefix that no id among the sheet's relations begins with.
func (e *extension) freePrefix() (string, error) {
	old, err := e.oldRelations()
	prefix := ownRelations
	for bytes.Contains(old, []byte(prefix)) {
		prefix += "N"
	}
	return prefix, err
}

// noRelations is the part for a sheet that had no relations.
const noRelations = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`

// oldRelations returns the sheet's relations without those of links that ours replace.
func (e *extension) oldRelations() ([]byte, error) {
	if e.parts.relations == nil {
		return []byte(noRelations), nil
	}
	text, err := content(e.parts.relations)
	if err != nil {
		return nil, err
	}
	return ooxml.Without(text, func(t *xmltoken.Token) bool {
		id := t.Value("Id")
		return t.Is("Relationship") && strings.HasPrefix(id, ownRelations) && e.layout.replaced.links[id]
	}), nil
}

// chosen returns as many links as the format has room for, those of the first column
// first. The cells beyond them keep their address as text.
func (e *extension) chosen() []link {
	var all []link
	for _, column := range e.links {
		all = append(all, column...)
	}
	return all[:min(len(all), e.room())]
}

// room is how many links the sheet can still take.
func (e *extension) room() int { return max(0, mostLinks-e.layout.links) }

// Check returns nil if the file is a workbook that can be extended, as far as that can be
// told from the beginning of the sheet. Where our cells replace others, it reads the
// whole sheet, since merged cells and formulas can stand in the way.
func Check(source string, a Addition) (err error) {
	archive, err := zip.OpenReader(source)
	if err != nil {
		return fmt.Errorf("open workbook: %w: %w", ErrWorkbook, err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	found, err := locate(&archive.Reader, a.Sheet)
	if err != nil {
		return err
	}
	if found.relations != nil {
		if err := reread(found.relations, xmltoken.WellFormed); err != nil {
			return fmt.Errorf("%w: %w", ErrWorkbook, err)
		}
	}
	gives := a.replaced()
	return reread(found.sheet, func(r io.Reader) error {
		if len(gives.columns) == 0 {
			return (&layout{}).readHead(xmltoken.NewScanner(xmltoken.UTF8(r)))
		}
		_, err := survey(r, gives, func(row int) bool { return row == a.HeaderRow })
		return err
	})
}

// reread opens a part and reads it from its beginning.
func reread(part *zip.File, read func(io.Reader) error) error {
	r, err := part.Open()
	if err != nil {
		return fmt.Errorf("read workbook: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read
	return read(r)
}

func badSheet(why string) error { return fmt.Errorf("%w: %s", ErrWorkbook, why) }
