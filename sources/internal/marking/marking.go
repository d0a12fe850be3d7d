// Package marking writes a copy of a workbook in which cells of one sheet are coloured
// and carry a comment. Everything else stays as it is, byte for byte: the colour is one
// more format that is otherwise like the cell's own, and the parts that no mark is in
// are copied without being unpacked.
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

// Author is who the comments are by.
const Author = "Reelmerge"

// Options say which sheet is marked.
type Options struct {
	Workbook string // the part that lists the sheets
	Sheet    string // the sheet's own
	TempDir  string
}

// Copy writes the copy. It is read back before a byte of it is written. The cells are
// marked in any order.
func Copy(w io.Writer, source *zip.Reader, o Options, cells []Cell) error {
	draft, err := ooxml.NewDraft(o.TempDir)
	if err != nil {
		return err
	}
	defer func() { _ = draft.Close() }() // what it holds was written, or there is an error
	cells = slices.Clone(cells)
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Or(a.Row-b.Row, a.Column-b.Column) })
	c := &copier{Options: o, source: source, out: zip.NewWriter(draft), cells: cells, texts: map[string][]byte{}}
	if err := c.copy(); err != nil {
		return err
	}
	return draft.Deliver(w, source)
}

// copier is a copy on its way.
type copier struct {
	Options
	source *zip.Reader
	out    *zip.Writer
	cells  []Cell
	texts  map[string][]byte // parts that are new or changed, by their names in the archive

	styles     *stylesheet.Sheet // nil where no format can be added
	stylesPart string
	dialect    string // the name space of relations
	drawing    string // the relation of the shapes that are there; empty: there are none
	relation   string // the one that the sheet gets for its shapes, where it has none
}

// copy writes all parts, those that are changed last.
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
	if c.styles != nil {
		c.texts[c.stylesPart] = c.styles.Bytes()
	}
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

// look finds out what the sheet has already.
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
		if s.Depth() == 1 {
			c.dialect = ooxml.TransitionalRelations
			if s.Space() == ooxml.StrictMain {
				c.dialect = ooxml.StrictRelations
			}
		}
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

// find returns a part of the source; nil where there is none.
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

// mostContent bounds a part that is read as a whole.
const mostContent = 64 << 20

// load returns a part's name in the archive and its text, as it is by now; nil where
// there is none.
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
	text, err := io.ReadAll(io.LimitReader(xmltoken.UTF8(r), mostContent+1))
	if err == nil && len(text) > mostContent {
		err = errors.New("it is too big")
	}
	if err != nil {
		return "", nil, fmt.Errorf("part %q: %w", name, err)
	}
	return f.Name, text, nil
}

// related returns the target of a part's relation: of the one that the caller wants,
// by its kind and id. A part that has none gets one, to a name that is free. A target
// may be missing.
func (c *copier) related(of string, wanted func(ooxml.Relation) bool, add ooxml.Relation) (ooxml.Relation, error) {
	list, text, err := c.load(ooxml.RelationsName(of))
	if err != nil {
		return add, err
	}
	if text == nil {
		text = []byte(noRelations)
	}
	ids := map[string]bool{}
	for _, r := range ooxml.Relations(of, text) {
		if r.Kind == add.Kind && !r.External && wanted(r) {
			return r, nil
		}
		ids[r.ID] = true
	}
	for n := 1; add.ID == "" || ids[add.ID]; n++ {
		add.ID = "rIdMark" + strconv.Itoa(n)
	}
	c.texts[list], err = ooxml.Append(text, func(prefix string) string {
		return "<" + prefix + `Relationship Id="` + add.ID + `" Type="` + c.dialect + "/" + add.Kind + `" Target="/` + add.Target + `"/>`
	})
	return add, err
}

// first wants the first relation of a kind.
func first(ooxml.Relation) bool { return true }

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

// typed gives a part a type where it has none.
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

// readStyles reads the workbook's formats. To one that has none they are added; those
// that cannot be added to stay, and the marks have no colour.
func (c *copier) readStyles() error {
	free := path.Join(path.Dir(c.Workbook), "styles.xml")
	if c.find(free) != nil {
		free = c.free("styles", ".xml")
	}
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
		if c.dialect == ooxml.StrictRelations {
			text = bytes.Replace(text, []byte("http://schemas.openxmlformats.org/spreadsheetml/2006/main"), []byte(ooxml.StrictMain), 1)
		}
	}
	if c.styles, err = stylesheet.Read(text); err == nil {
		c.stylesPart = name
	}
	return nil // see above: without colours
}
