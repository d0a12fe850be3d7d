// Package workbook adds columns to one sheet of an XLSX file, or puts their cells
// into columns that it has, and leaves the rest as it is, byte for byte: other
// sheets, formats, formulas, pictures, widths, and whatever else a customer's
// workbook holds that no library knows.
//
// It never holds a sheet in memory. The sheet is read twice, once to find out
// how far its content reaches and once to copy it; every other part of the file
// is copied without being unpacked.
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

// Limits of the format.
const (
	mostRows  = 1_048_576
	mostLinks = 65_529 // of one sheet
	mostText  = 32_767 // UTF-16 units of a cell
	mostLink  = 2_079  // characters of a link
)

// Addition describes the columns that are added.
type Addition struct {
	Sheet     string // empty: the first
	HeaderRow int    // counted from 1; 0: the last row with content above the first that is added to
	Columns   []Column
	Fills     []Fill // the styles that a cell can name
}

// Column is one added column.
type Column struct {
	Name  string
	Width float64 // in characters
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
	Link   bool // Text is a web address, and is one to click
	Fill   int  // counted from 1 in the addition's fills; 0 is none

	stays bool // the sheet's own cell is not replaced
}

// Extend writes the workbook at a path with the addition. The rows come in the
// order of the sheet; each is written before the next is asked for. The workbook is
// read back before a byte of it is written.
func Extend(w io.Writer, source string, a Addition, rows iter.Seq2[Row, error]) (err error) {
	archive, err := zip.OpenReader(source)
	if err != nil {
		return fmt.Errorf("open workbook: %w: %w", ErrWorkbook, err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
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

// dropped names the parts that the workbook does not have any more.
func (e *extension) dropped() []string {
	if chain := e.parts.chain; chain != nil && e.layout.replaced.formulas {
		return []string{chain.Name}
	}
	return nil
}

// newArchive packs at the fastest level: half of the time of writing a sheet goes
// into packing it, for a file that is a fifth smaller at best.
func newArchive(w io.Writer) *zip.Writer {
	out := zip.NewWriter(w)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	return out
}

// extension is one workbook on its way.
type extension struct {
	Addition
	archive *zip.Reader
	out     *zip.Writer

	parts  parts
	sheet  *sheetWriter // nil until the first row came
	layout *layout
	styles styleIDs
	links  [][]link // of the video, of the sharing page, …: the first column's go first
	places []place  // of our cells in a row, from left to right
	prefix string   // of the relations of our links
}

// place is where one of our columns is: in the sheet, and in the addition.
type place struct{ column, own int }

// lastColumn is the last one with content when ours are there.
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

// add writes one row, and everything that stands before it.
func (e *extension) add(row Row) error {
	if e.sheet == nil {
		if err := e.begin(row.Number); err != nil {
			return err
		}
	}
	return e.sheet.add(row)
}

// finish writes what is left.
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

func (e *extension) close() {
	if e.sheet != nil {
		e.sheet.close()
	}
}

// begin writes all parts but the sheet and its links, which come last, and the
// sheet up to its header. It knows by now where the first row is.
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

// survey reads the sheet once. Where nobody said which row is the header, the
// last one before the first row is.
func (e *extension) survey(first int) (*layout, error) {
	r, err := e.parts.sheet.Open()
	if err != nil {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	defer func() { _ = r.Close() }()
	return survey(r, e.replaced(), func(row int) bool { return row == e.HeaderRow || e.HeaderRow == 0 && row < first })
}

// part copies one part of the file, or what takes its place.
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

// relations writes the targets of the links, behind those that the sheet had.
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

// relation names a link.
func (e *extension) relation(i int) string { return e.prefix + strconv.Itoa(i+1) }

// ownRelations begins the names of our links; no other program that writes
// workbooks uses such names. Those of earlier results may be there still.
const ownRelations = "rIdReelmerge"

// freePrefix returns what no relation of the sheet begins with.
func (e *extension) freePrefix() (string, error) {
	old, err := e.oldRelations()
	prefix := ownRelations
	for bytes.Contains(old, []byte(prefix)) {
		prefix += "N"
	}
	return prefix, err
}

const noRelations = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`

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

// chosen returns the links that the format has room for, the first column's
// first.
func (e *extension) chosen() []link {
	var all []link
	for _, column := range e.links {
		all = append(all, column...)
	}
	return all[:min(len(all), e.room())]
}

func (e *extension) room() int { return max(0, mostLinks-e.layout.links) }

// Check returns nil if the file is a workbook that can be extended, as far as can
// be told without reading the sheet. Where cells give way, the sheet is read.
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

// reread has a part read from its beginning.
func reread(part *zip.File, read func(io.Reader) error) error {
	r, err := part.Open()
	if err != nil {
		return fmt.Errorf("read workbook: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read
	return read(r)
}

func badSheet(why string) error { return fmt.Errorf("%w: %s", ErrWorkbook, why) }
