// Package marking writes a copy of a workbook in which cells of one sheet are coloured and
// carry a comment. Everything else stays byte for byte, so that nothing of the user's work
// is lost. A coloured cell gets a new format, otherwise equal to its own, and parts without
// marks are copied without unpacking them.
package marking

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/stylesheet"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Cell is a cell that gets a mark.
type Cell struct {
	Row, Column int    // both from 1
	Text        string // of the comment; empty: none
	Colour      string // "RRGGBB"
}

// address returns the cell's address.
func (c *Cell) address() string { return ooxml.Letters(c.Column) + strconv.Itoa(c.Row) }

// Author is the name under which the comments appear.
const Author = "Reelmerge"

// Options name the sheet to mark.
type Options struct {
	Workbook string // the part that lists the sheets
	Sheet    string // the sheet's own
	TempDir  string
}

// Copy writes the copy. It reads the finished copy back before it writes a byte, because a
// broken workbook is worse than none. The cells may come in any order.
func Copy(w io.Writer, source *zip.Reader, o Options, cells []Cell) error {
	draft, err := ooxml.NewDraft(o.TempDir)
	if err != nil {
		return err
	}
	defer func() { _ = draft.Close() }() // its content was written, or there is an error
	// The sheet is copied in one pass, which needs the marks in its own order.
	cells = slices.Clone(cells)
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Or(a.Row-b.Row, a.Column-b.Column) })
	c := &copier{Options: o, source: source, out: zip.NewWriter(draft), cells: cells, texts: map[string][]byte{}}
	if err := c.copy(); err != nil {
		return err
	}
	return draft.Deliver(w, source)
}

// copier holds the state of one copy.
type copier struct {
	Options
	source *zip.Reader
	out    *zip.Writer
	cells  []Cell
	texts  map[string][]byte // parts that are new or changed, by their names in the archive

	styles     *stylesheet.Sheet // nil where no format can be added
	stylesPart string
	dialect    string // the name space of relations
	drawing    string // the relation of the existing shapes; empty: none
	relation   string // the relation that the sheet gets for its new shapes
}

// copy writes all parts. Changed parts come last, because copying the sheet adds formats to
// the styles.
func (c *copier) copy() error {
	sheet := c.find(c.Sheet)
	if sheet == nil {
		return fmt.Errorf("part %q is missing", c.Sheet)
	}
	if err := c.look(sheet); err != nil {
		return err
	}
	if err := c.readStyles(); err != nil {
		return err
	}
	if err := c.comments(); err != nil {
		return err
	}
	// Unchanged parts are copied compressed, which is fast and keeps every byte.
	for _, f := range c.source.File {
		if f == sheet || c.texts[f.Name] != nil || f.Name == c.stylesPart {
			continue
		}
		if err := c.out.Copy(f); err != nil {
			return err
		}
	}
	if err := c.sheet(sheet); err != nil {
		return err
	}
	// Only now are all formats known.
	if c.styles != nil {
		c.texts[c.stylesPart] = c.styles.Bytes()
	}
	// Sorted names make two copies of a workbook equal.
	for _, name := range slices.Sorted(maps.Keys(c.texts)) {
		w, err := c.out.Create(name)
		if err == nil {
			_, err = w.Write(c.texts[name])
		}
		if err != nil {
			return err
		}
	}
	return c.out.Close()
}

// look finds the drawing and the dialect of the sheet. The sheet must be read once before
// it is copied, since the drawing is named behind the rows.
func (c *copier) look(sheet *zip.File) error {
	r, err := sheet.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	s := xmltoken.NewScanner(xmltoken.UTF8(r))
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// Strict workbooks use other name spaces. A relation in the wrong one would be
		// ignored.
		if s.Depth() == 1 {
			c.dialect = ooxml.TransitionalRelations
			if s.Space() == ooxml.StrictMain {
				c.dialect = ooxml.StrictRelations
			}
		}
		// The rows are the bulk of the sheet, and have nothing to find.
		if t.Kind == xmltoken.Open && t.Is("sheetData") && s.Depth() == 2 {
			if err := s.Skip(append([]byte("</"), t.Tag()...)); err != nil {
				return err
			}
		}
		if t.Begins("legacyDrawing") && s.Depth() == 2 {
			c.drawing = s.ValueIn("id", ooxml.TransitionalRelations, ooxml.StrictRelations)
		}
	}
}

// find returns a part of the source, or nil.
func (c *copier) find(name string) *zip.File {
	for _, want := range ooxml.PartNames(name) {
		for _, f := range c.source.File {
			if ooxml.PartName(f.Name) == want {
				return f
			}
		}
	}
	return nil
}

// mostContent bounds the size of a part that is read as a whole.
const mostContent = 64 << 20

// load returns the name of a part in the archive and its current text, or nil if there is
// none. An earlier change of this copy counts.
func (c *copier) load(name string) (string, []byte, error) {
	f := c.find(name)
	if f == nil {
		return name, c.texts[name], nil
	}
	if text := c.texts[f.Name]; text != nil {
		return f.Name, text, nil
	}
	r, err := f.Open()
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	// One byte more than allowed shows that the part is too big. The declared size may lie.
	text, err := io.ReadAll(io.LimitReader(xmltoken.UTF8(r), mostContent+1))
	if err == nil && len(text) > mostContent {
		err = errors.New("it is too big")
	}
	if err != nil {
		return "", nil, fmt.Errorf("part %q: %w", name, err)
	}
	return f.Name, text, nil
}

// related returns a relation of a part. The caller says which one it wants by kind and id.
// If there is none, it adds one to a free name. The target of an existing relation may be
// missing.
func (c *copier) related(of string, wanted func(ooxml.Relation) bool, add ooxml.Relation) (ooxml.Relation, error) {
	list, text, err := c.load(ooxml.RelationsName(of))
	if err != nil {
		return add, err
	}
	if text == nil {
		text = []byte(noRelations)
	}
	// Links to places outside of the workbook have relations of the same kinds, and are not
	// meant.
	ids := map[string]bool{}
	for _, r := range ooxml.Relations(of, text) {
		if r.Kind == add.Kind && !r.External && wanted(r) {
			return r, nil
		}
		ids[r.ID] = true
	}
	// The id must be free, or two relations would share it.
	for n := 1; add.ID == "" || ids[add.ID]; n++ {
		add.ID = "rIdMark" + strconv.Itoa(n)
	}
	c.texts[list], err = ooxml.Append(text, func(prefix string) string {
		return "<" + prefix + `Relationship Id="` + add.ID + `" Type="` + c.dialect + "/" + add.Kind + `" Target="/` + add.Target + `"/>`
	})
	return add, err
}

// first accepts any relation of the kind.
func first(ooxml.Relation) bool { return true }

// noRelations is a list of relations without any.
const noRelations = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`

// free returns the name of a part that the workbook does not have.
func (c *copier) free(before, after string) string {
	folder := path.Dir(path.Dir(c.Sheet))
	for n := 1; ; n++ {
		name := path.Join(folder, before+strconv.Itoa(n)+after)
		if c.find(name) == nil {
			return name
		}
	}
}

// typed gives a part a content type if it has none. Programs refuse parts without one.
func (c *copier) typed(part, typ string) error {
	list, text, err := c.load(ooxml.ContentTypes)
	if err != nil {
		return err
	}
	if text == nil {
		return fmt.Errorf("part %q is missing", ooxml.ContentTypes)
	}
	with, err := ooxml.WithType(text, part, typ)
	if err == nil && !bytes.Equal(with, text) {
		c.texts[list] = with
	}
	return err
}

const officeType = "application/vnd.openxmlformats-officedocument."

// readStyles reads the formats of the workbook, and adds an empty part of formats if there
// is none. If the formats cannot be extended, they stay, and the marks have comments but no
// colour.
func (c *copier) readStyles() error {
	free := path.Join(path.Dir(c.Workbook), "styles.xml")
	if c.find(free) != nil {
		free = c.free("styles", ".xml")
	}
	// A relation to a missing part counts as none.
	there := func(r ooxml.Relation) bool { return c.find(r.Target) != nil }
	r, err := c.related(c.Workbook, there, ooxml.Relation{Kind: "styles", Target: free})
	if err != nil {
		return err
	}
	name, text, err := c.load(r.Target)
	if err != nil {
		return err
	}
	if text == nil {
		if text, err = []byte(stylesheet.New), c.typed(name, officeType+"spreadsheetml.styles+xml"); err != nil {
			return err
		}
		// A part of a strict workbook needs the name space of strict ones.
		if c.dialect == ooxml.StrictRelations {
			text = bytes.Replace(text, []byte("http://schemas.openxmlformats.org/spreadsheetml/2006/main"), []byte(ooxml.StrictMain), 1)
		}
	}
	if c.styles, err = stylesheet.Read(text); err == nil {
		c.stylesPart = name
	}
	// An error here costs only the colours. The comments say the same.
	return nil
}
