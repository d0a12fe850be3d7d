package workbook

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// sheetWriter copies one sheet, with the added columns.
type sheetWriter struct {
	*extension
	from  io.Closer
	w     *bufio.Writer
	in    *xmltoken.Scanner
	space string // the prefix of the row that is being written

	next  xmltoken.Token // the sheet's next row, while there is one
	at    ooxml.Position // of it
	ended bool           // the sheet has no more rows
	asked int            // the last row that was added to
	done  int            // the last row that was written
}

// newSheetWriter writes the sheet up to its rows.
func newSheetWriter(e *extension) (*sheetWriter, error) {
	r, err := e.parts.sheet.Open()
	if err != nil {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	w, err := e.out.Create(e.parts.sheet.Name)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	s := &sheetWriter{extension: e, from: r, w: bufio.NewWriterSize(w, 1<<16), in: xmltoken.NewScanner(xmltoken.UTF8(r)), ended: e.layout.noRows}
	if err := s.skipHead(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	s.raw(editHead(e))
	s.text(e.layout.rows)
	return s, s.look()
}

func (s *sheetWriter) close() { _ = s.from.Close() } // what was read has been checked by then

// add copies the rows before one, and writes it.
func (s *sheetWriter) add(row Row) error {
	if row.Number <= s.asked || row.Number > mostRows {
		return fmt.Errorf("add to row %d of the sheet: it comes after row %d", row.Number, s.asked)
	}
	s.asked = row.Number
	for !s.ended && s.at.Row < row.Number {
		if err := s.row(nil); err != nil {
			return err
		}
	}
	if !s.ended && s.at.Row == row.Number {
		return s.row(&row)
	}
	s.insert(row)
	return nil
}

// finish copies what is left of the sheet.
func (s *sheetWriter) finish() error {
	for !s.ended {
		if err := s.row(nil); err != nil {
			return err
		}
	}
	s.text(s.layout.rowsEnd)
	s.raw(editTail(s.extension, s.done))
	return s.w.Flush()
}

// raw and text leave errors to the last Flush, which reports the first.
func (s *sheetWriter) raw(b []byte)    { _, _ = s.w.Write(b) }
func (s *sheetWriter) text(str string) { _, _ = s.w.WriteString(str) }

// header returns our column names. Where cells give way, the sheet's own name of
// the column stays, which a table may have a second record of.
func (e *extension) header() Row {
	row := Row{Number: e.HeaderRow}
	for _, c := range e.Columns {
		row.Cells = append(row.Cells, Cell{Text: c.Name, stays: c.At > 0})
	}
	return row
}

func (s *sheetWriter) skipHead() error {
	for {
		t, err := s.in.Next()
		if err != nil || t.Begins("sheetData") && s.in.Depth() == 2 {
			return err
		}
	}
}

// look reads up to the next row of the sheet.
func (s *sheetWriter) look() error {
	for !s.ended {
		t, err := s.in.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.Ends("sheetData"):
			s.ended = true
		case t.Begins("row"):
			kept := s.next.Raw[:0]
			s.next = *t
			s.next.Raw = append(kept, t.Raw...)
			if s.at.ToRow(t); s.at.Row > mostRows {
				return badSheet("it has too many rows")
			}
			return nil
		default:
			s.raw(t.Raw)
		}
	}
	return nil
}

// insert writes a row that the sheet does not have.
func (s *sheetWriter) insert(row Row) {
	s.space = s.layout.rowSpace
	s.text("<" + s.space + `row r="` + strconv.Itoa(row.Number) + `">`)
	first, rest := max(1, s.layout.first), s.places
	for i, c := range row.Source {
		if column := first + i; column <= s.layout.last && !s.layout.replaced.columns[column] {
			rest = s.added(row, rest, column)
			s.cell(column, row.Number, Cell{Text: c}, 0)
		}
	}
	s.added(row, rest, ooxml.MostColumns)
	s.text("</" + s.space + "row>")
}

// row copies the sheet's next row, with what is added to it, if anything is.
func (s *sheetWriter) row(ours *Row) error {
	s.done = max(s.done, s.at.Row)
	raw, tag := s.next.Raw, string(s.next.Tag())
	s.space = s.next.Prefix()
	if ours != nil {
		raw = ooxml.WithoutSpans(&s.next)
	}
	var err error
	rest := s.places
	switch {
	case s.next.Kind == xmltoken.Open:
		s.raw(raw)
		rest, err = s.cells(ours, tag)
	case ours == nil:
		s.raw(raw)
		return s.look()
	default:
		s.text(ooxml.Opened(raw))
	}
	if err != nil {
		return err
	}
	if ours != nil {
		s.added(*ours, rest, ooxml.MostColumns)
	}
	s.text("</" + tag + ">")
	return s.look()
}

// cells copies the cells of a row, with ours in between where they take the place
// of the sheet's own, and returns which of ours are left. Empty cells where ours go
// are left out: they hold a format alone.
func (s *sheetWriter) cells(ours *Row, tag string) (rest []place, err error) {
	rest = s.places
	if s.layout.plain && len(s.layout.replaced.columns) == 0 {
		return rest, xmltoken.Unexpected(s.in.CopyUntil(s.w, []byte("</"+tag+">")))
	}
	skipping := false
	for {
		t, err := s.in.Next()
		switch {
		case err != nil:
			return rest, xmltoken.Unexpected(err)
		case t.Ends("row"):
			return rest, nil
		case t.Begins("c"):
			s.at.ToCell(t)
			if ours != nil {
				rest = s.added(*ours, rest, s.at.Column)
			}
			if skipping = s.givesWay(ours); skipping && !s.isFilled(ours) {
				s.emptied(t)
			}
		}
		if !skipping {
			s.raw(t.Raw)
		}
		if t.Ends("c") {
			skipping = false
		}
	}
}

// givesWay reports whether the sheet's cell that is being read is not copied. In a
// row to which nothing is added, what earlier results said of it goes as well.
func (s *sheetWriter) givesWay(ours *Row) bool {
	column := s.at.Column
	switch {
	case s.at.Row == s.HeaderRow && s.layout.replaced.columns[column]:
		return false
	case s.at.Row > s.HeaderRow && s.layout.replaced.columns[column]:
		return true
	}
	return ours != nil && column > s.layout.last
}

// isFilled reports whether the cell that is being read is not to be left with its
// format alone.
func (s *sheetWriter) isFilled(ours *Row) bool {
	column := s.at.Column
	if !s.layout.replaced.columns[column] {
		return true
	}
	i := slices.IndexFunc(s.places, func(p place) bool { return p.column == column })
	return ours != nil && i >= 0 && ours.Cells[s.places[i].own].Text != ""
}

// emptied writes a cell's format without its content.
func (s *sheetWriter) emptied(cell *xmltoken.Token) {
	if style := ooxml.Value(cell, "s"); style != "" {
		s.text("<" + cell.Prefix() + `c r="` + ooxml.Letters(s.at.Column) + strconv.Itoa(s.at.Row) + `" s="` + style + `"/>`)
	}
}

// added writes our cells of a row up to a column, and returns the places of the
// others.
func (s *sheetWriter) added(row Row, places []place, upTo int) []place {
	number := row.Number
	s.done = max(s.done, number)
	for len(places) > 0 && places[0].column <= upTo {
		p := places[0]
		places = places[1:]
		if p.own >= len(row.Cells) || row.Cells[p.own].stays {
			continue
		}
		c := row.Cells[p.own]
		style := s.style(c)
		if number == s.HeaderRow {
			style = s.headerStyle()
		}
		s.cell(p.column, number, c, style)
		if c.Link && isLink(c.Text) && len(s.links[p.own]) < s.room() {
			s.links[p.own] = append(s.links[p.own], link{ooxml.Letters(p.column) + strconv.Itoa(number), c.Text})
		}
	}
	return places
}

func (s *sheetWriter) style(c Cell) int {
	switch {
	case c.Fill > 0 && c.Fill <= len(s.styles.fills):
		return s.styles.fills[c.Fill-1]
	case c.Link && c.Text != "":
		return s.styles.link
	}
	return s.styles.text
}

// headerStyle is the source's own, so that our columns look like theirs.
func (s *sheetWriter) headerStyle() int {
	if id, err := strconv.Atoi(s.layout.headerStyle); err == nil && id > 0 {
		return id
	}
	return s.styles.header
}

// cell writes one cell; an empty one is left out.
func (s *sheetWriter) cell(column, row int, c Cell, style int) {
	if c.Text == "" || column > ooxml.MostColumns {
		return
	}
	b := append(append(s.w.AvailableBuffer(), '<'), s.space...)
	b = append(append(b, `c r="`...), ooxml.Letters(column)...)
	b = append(strconv.AppendInt(b, int64(row), 10), '"')
	if style > 0 {
		b = append(strconv.AppendInt(append(b, ` s="`...), int64(style), 10), '"')
	}
	s.raw(s.cellValue(b, c))
}

func (s *sheetWriter) cellValue(b []byte, c Cell) []byte {
	open := func(name string) { b = append(append(append(b, '<'), s.space...), name...) }
	shut := func(name string) { b = append(append(append(append(b, "</"...), s.space...), name...), '>') }
	if c.Number {
		b = append(b, '>')
		open("v>")
		b = append(b, escape(c.Text)...)
		shut("v")
	} else {
		b = append(b, ` t="inlineStr">`...)
		open("is>")
		open(`t xml:space="preserve">`)
		b = append(b, escape(clip(c.Text))...)
		shut("t")
		shut("is")
	}
	shut("c")
	return b
}

// isLink reports whether a spreadsheet program takes a text for a link.
func isLink(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && len(s) <= mostLink &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == utf8.RuneError || r == '"' || r == '<' || r == '>' })
}

// clip cuts a text to what a cell can hold.
func clip(s string) string {
	if len(s) <= mostText {
		return s
	}
	units := 0
	for i, r := range s {
		if units++; r > 0xffff {
			units++
		}
		if units > mostText-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// attributeText writes a text into an attribute that is no cell's.
func attributeText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// escape writes a cell's text into XML. What XML cannot hold becomes U+FFFD, and an
// underscore that a spreadsheet program would read as the beginning of an escape
// sequence is escaped itself.
func escape(s string) string {
	if !strings.ContainsFunc(s, isSpecial) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && isEscape(s[i:]):
			b.WriteString("_x005F_")
		case r == '\r':
			b.WriteString("_x000D_")
		case !isXML(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isSpecial(r rune) bool {
	switch r {
	case '&', '<', '>', '"', '_':
		return true
	}
	return r < ' ' || !isXML(r)
}

func isXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xfffe && r != utf8.RuneError || r > 0xffff
}

// isEscape recognizes _x0041_, which stands for "A" in a workbook.
func isEscape(s string) bool {
	if len(s) < 7 || s[1] != 'x' && s[1] != 'X' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}
