package workbook

import (
	"bytes"
	"cmp"
	"errors"
	"io"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// layout is what one look through a sheet tells: where our columns go, and what
// stands around the rows.
type layout struct {
	head, tail []byte // before and after the rows
	space      string // the prefix of the sheet's elements, with its colon
	linkSpace  string // the prefix of relationships; empty where it is not declared
	strict     bool   // of the stricter of the two dialects
	noRows     bool   // <sheetData/>

	last        int  // the last column with content
	plain       bool // no row holds anything but cells up to that column
	header      int  // the header's row
	first       int  // the first column of the header row; 0 where it is empty
	lastRow     int
	headerStyle string // of the header's last cell
	links       int    // that the sheet has already, and keeps
	replaced    replaced
}

// mostAround bounds what stands around the rows.
const mostAround = 64 << 20

// survey reads a sheet once.
func survey(r io.Reader, gives replaced, isHeader func(row int) bool) (*layout, error) {
	s, l := xmltoken.NewScanner(r), &layout{header: 1, replaced: gives}
	if err := l.readHead(s); err != nil {
		return nil, err
	}
	if !l.noRows {
		if err := l.readRows(s, isHeader); err != nil {
			return nil, err
		}
	}
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Begins("hyperlink") {
			l.link(t)
		}
		if t.Begins("mergeCell") && l.replaced.hides(value(t, "ref"), l.header) {
			return nil, badSheet("cells of earlier results are merged")
		}
		if l.tail = append(l.tail, t.Raw...); len(l.tail) > mostAround {
			return nil, badSheet("too much follows its rows")
		}
	}
}

// link counts a link, unless its cell gives way.
func (l *layout) link(t *xmltoken.Token) {
	if l.replaced.isLink(t) {
		l.replaced.links[relationOf(t)] = true
		return
	}
	l.links++
}

// readHead reads up to the rows.
func (l *layout) readHead(s *xmltoken.Scanner) error {
	for {
		t, err := s.Next()
		if err != nil {
			return badSheet("it has no rows part")
		}
		if t.Begins("worksheet") {
			l.readRoot(t.Raw)
		}
		if t.Begins("sheetData") {
			l.noRows = t.Kind == xmltoken.Single
			return nil
		}
		if l.head = append(l.head, t.Raw...); len(l.head) > mostAround {
			return badSheet("too much precedes its rows")
		}
	}
}

// readRoot finds out which names the sheet uses.
func (l *layout) readRoot(raw []byte) {
	l.space = xmltoken.Prefix(raw)
	l.strict = bytes.Contains(raw, []byte("http://purl.oclc.org/ooxml/spreadsheetml/main"))
	for _, uri := range []string{transitionalLinks, strictLinks} {
		if i := bytes.Index(raw, []byte(`="`+uri+`"`)); i >= 0 {
			if colon := bytes.LastIndex(raw[:i], []byte("xmlns:")); colon >= 0 {
				l.linkSpace = string(raw[colon+len("xmlns:"):i]) + ":"
			}
		}
	}
}

// readRows remembers how far the content reaches.
func (l *layout) readRows(s *xmltoken.Scanner, isHeader func(row int) bool) error {
	var at position
	var style string // of the cell that is being read, in the header
	widest := 0      // the last column with a cell, empty or not
	l.plain = true
	for {
		t, err := s.NextMarkup()
		switch {
		case err != nil:
			return badSheet("its rows do not end")
		case t.Ends("sheetData"):
			l.plain = l.plain && widest <= l.last
			return nil
		case !t.IsElement():
			l.plain = false // a comment can hold anything
		case t.Kind == xmltoken.Close && t.Is("row"):
			l.plain = l.plain && len(t.Raw) == len("</row>")+len(l.space)
		case t.Begins("row"):
			at.row(t)
			l.lastRow = max(l.lastRow, at.number)
		case t.Begins("c"):
			at.cell(t)
			widest = max(widest, at.column)
			if isHeader(at.number) {
				style = value(t, "s")
			}
		case isContent(t):
			if err := l.content(at, t); err != nil {
				return err
			}
			if isHeader(at.number) {
				l.headerCell(at, style)
			}
		}
	}
}

// content notes what a cell holds.
func (l *layout) content(at position, t *xmltoken.Token) error {
	l.last = max(l.last, at.column)
	if t.Is("f") {
		return l.replaced.formula(at, t)
	}
	return nil
}

func (l *layout) headerCell(at position, style string) {
	if l.header != at.number {
		l.header, l.first = at.number, 0
	}
	l.headerStyle, l.first = style, cmp.Or(l.first, at.column)
}

// isContent recognizes the parts of a cell that is more than a format.
func isContent(t *xmltoken.Token) bool { return t.Begins("v") || t.Begins("f") || t.Begins("is") }

// position follows rows and cells, which may leave their addresses out.
type position struct{ number, column int }

func (p *position) row(t *xmltoken.Token) {
	p.column = 0
	if n := number(t, "r"); n > 0 {
		p.number = n
		return
	}
	p.number++
}

func (p *position) cell(t *xmltoken.Token) {
	address, plain := bytes.CutPrefix(t.Raw, []byte(`<c r="`)) // nearly every cell
	if !plain {
		from, to, _ := t.Find("r")
		address = t.Raw[from:to]
	}
	if c := columnOf(address); c > 0 {
		p.column = c
		return
	}
	p.column++
}
