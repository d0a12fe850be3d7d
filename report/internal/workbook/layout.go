package workbook

import (
	"bytes"
	"cmp"
	"errors"
	"io"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// layout is what the first reading of a sheet finds out: where our columns go, and the
// text before and behind the rows.
type layout struct {
	head, tail []byte // before and after the rows
	root       []byte // the tag that the sheet begins with
	space      string // the prefix of the sheet's elements, with its colon
	strict     bool   // the workbook is of ECMA-376's strict dialect
	rows       string // the tag before the rows, opened even where the sheet has it as <sheetData/>
	rowsEnd    string // the tag that closes it
	rowSpace   string // the prefix of that tag
	noRows     bool   // <sheetData/>

	last        int  // the last column with content
	plain       bool // rows hold only cells, and none behind the last column, so they can be copied unread
	header      int  // the header's row
	first       int  // the first column of the header row; 0 where it is empty
	lastRow     int
	headerStyle string // of the header's last cell
	links       int    // number of the sheet's links that are kept
	tables      int
	filtered    bool // the sheet has a filter of its own
	pane        bool // the sheet's window is divided
	replaced    replaced
}

// mostAround bounds the bytes before and behind the rows, which are held in memory.
const mostAround = 64 << 20

// survey reads a sheet once. Its errors are those of [Extend] and [Check]: after it the
// second reading finds nothing new.
func survey(r io.Reader, gives replaced, isHeader func(row int) bool) (*layout, error) {
	s := xmltoken.NewScanner(xmltoken.UTF8(r))
	l := &layout{header: 1, replaced: gives}
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
		if err == nil {
			err = l.behind(s, t)
		}
		if err != nil {
			return nil, err
		}
		if l.tail = append(l.tail, t.Raw...); len(l.tail) > mostAround {
			return nil, badSheet("too much follows its rows")
		}
	}
}

// behind looks at a token that follows the rows.
func (l *layout) behind(s *xmltoken.Scanner, t *xmltoken.Token) error {
	switch {
	case t.Begins("hyperlink"):
		l.link(s, t)
	case t.Begins("tablePart"):
		l.tables++
	case t.Begins("autoFilter") && s.Depth() == 2:
		l.filtered = true
	case t.Begins("mergeCell") && l.replaced.hides(ooxml.Value(t, "ref"), l.header):
		return badSheet("cells of earlier results are merged")
	}
	return nil
}

// link counts a link that is kept, and remembers the relation of one that is replaced.
func (l *layout) link(s *xmltoken.Scanner, t *xmltoken.Token) {
	if l.replaced.isLink(t) {
		l.replaced.links[s.ValueIn("id", ooxml.TransitionalRelations, ooxml.StrictRelations)] = true
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
		if t.Begins("worksheet") && s.Depth() == 1 {
			l.root = bytes.Clone(t.Raw)
			l.space = t.Prefix()
			l.strict = s.Space() == ooxml.StrictMain
		}
		l.pane = l.pane || t.Begins("pane")
		if t.Begins("sheetData") && s.Depth() == 2 {
			l.readRowsTag(t)
			return nil
		}
		if l.head = append(l.head, t.Raw...); len(l.head) > mostAround {
			return badSheet("too much precedes its rows")
		}
	}
}

// readRowsTag keeps the tag around the rows with its attributes: it can declare prefixes
// that the rows use.
func (l *layout) readRowsTag(t *xmltoken.Token) {
	l.noRows = t.Kind == xmltoken.Single
	l.rowSpace = t.Prefix()
	l.rows, l.rowsEnd = ooxml.Opened(t.Raw), "</"+string(t.Tag())+">"
}

// readRows finds the last column with content, the header, and whether the rows are
// plain.
func (l *layout) readRows(s *xmltoken.Scanner, isHeader func(row int) bool) error {
	var at ooxml.Position
	var style string // of the cell that is being read, in the header
	widest := 0      // the last column with a cell, empty or not
	l.plain = true
	for {
		t, err := s.NextMarkup()
		if err != nil {
			return badSheet("its rows do not end")
		}
		// One row that is not plain makes the whole sheet one that is read cell by cell:
		// a decision for each row would have to be kept until the second reading.
		l.plain = l.plain && l.takesPlain(t)
		switch {
		case t.Ends("sheetData"):
			// An empty cell behind the last column holds a format alone, and ours go into
			// its place: it must be dropped, so rows with such a cell cannot be copied
			// unread.
			l.plain = l.plain && widest <= l.last
			return nil
		case t.Begins("row"):
			at.ToRow(t)
			l.lastRow = max(l.lastRow, at.Row)
		case t.Begins("c"):
			at.ToCell(t)
			widest = max(widest, at.Column)
			if isHeader(at.Row) {
				style = ooxml.Value(t, "s")
			}
		case isContent(t):
			if err := l.content(at, t); err != nil {
				return err
			}
			if isHeader(at.Row) {
				l.headerCell(at, style)
			}
		}
	}
}

// takesPlain reports whether a row with this token can be copied unread up to the text of
// its closing tag. Comments and foreign elements have no name here, and could contain
// that text.
func (l *layout) takesPlain(t *xmltoken.Token) bool {
	if t.Kind == xmltoken.Close && t.Is("row") {
		return string(t.Raw) == "</"+l.rowSpace+"row>"
	}
	return len(t.Name()) > 0
}

// content notes that a cell holds something.
func (l *layout) content(at ooxml.Position, t *xmltoken.Token) error {
	l.last = max(l.last, at.Column)
	if t.Is("f") {
		return l.replaced.formula(at, t)
	}
	return nil
}

// headerCell notes a header's cell. A later row that is a header too, by a caller that
// does not know which one it is, replaces the row before.
func (l *layout) headerCell(at ooxml.Position, style string) {
	if l.header != at.Row {
		l.header, l.first = at.Row, 0
	}
	l.headerStyle = style
	l.first = cmp.Or(l.first, at.Column)
}

// isContent recognizes the parts that a cell with content has: a value, a formula or an
// inline text. A cell without them holds a format alone.
func isContent(t *xmltoken.Token) bool { return t.Begins("v") || t.Begins("f") || t.Begins("is") }
