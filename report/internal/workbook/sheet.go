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

// sheetWriter is the second reading: it copies one sheet with the added columns.
type sheetWriter struct {
	*extension
	from  io.Closer
	w     *bufio.Writer
	in    *xmltoken.Scanner
	space string // the prefix of the row that is being written

	next  xmltoken.Token // the sheet's next row, while there is one
	at    ooxml.Position // where that row is, and while its cells are read, the cell
	ended bool           // the sheet has no more rows
	asked int            // the last row that was added to
	done  int            // the last row that was written
}

// newSheetWriter creates the sheet's part and writes it up to its rows.
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

// add copies the rows before the given one, and writes that one with its addition.
func (s *sheetWriter) add(row Row) error {
	if row.Number <= s.asked || row.Number > mostRows {
		return fmt.Errorf("add to row %d of the sheet: it comes after row %d", row.Number, s.asked)
	}
	s.asked = row.Number
	// Rows of the sheet that get nothing, such as those that the filter leaves out, are
	// copied on the way.
	for !s.ended && s.at.Row < row.Number {
		if err := s.row(nil); err != nil {
			return err
		}
	}
	// A sheet may leave out rows, for instance empty ones; such a row is inserted.
	if !s.ended && s.at.Row == row.Number {
		return s.row(&row)
	}
	s.insert(row)
	return nil
}

// finish copies the rest of the sheet.
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

// raw and text return no error: a bufio.Writer keeps its first error and reports it at
// the last Flush.
func (s *sheetWriter) raw(b []byte)    { _, _ = s.w.Write(b) }
func (s *sheetWriter) text(str string) { _, _ = s.w.WriteString(str) }

// header returns our column names as a row. A replaced column keeps the sheet's own name
// cell: a table repeats its column names in a part of its own, and both must agree.
func (e *extension) header() Row {
	row := Row{Number: e.HeaderRow}
	for _, c := range e.Columns {
		row.Cells = append(row.Cells, Cell{Text: c.Name, stays: c.At > 0})
	}
	return row
}

// skipHead reads up to the rows; [editHead] writes that part.
func (s *sheetWriter) skipHead() error {
	for {
		t, err := s.in.Next()
		if err != nil || t.Begins("sheetData") && s.in.Depth() == 2 {
			return err
		}
	}
}

// look reads up to the next row of the sheet, and copies the space between.
func (s *sheetWriter) look() error {
	for !s.ended {
		t, err := s.in.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.Ends("sheetData"):
			s.ended = true
		case t.Begins("row"):
			// The scanner reuses the bytes of a token at the next call, so they are
			// copied, into the memory of the row before.
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

// insert writes a row that the sheet does not have: the source's cells as text, and ours.
func (s *sheetWriter) insert(row Row) {
	s.space = s.layout.rowSpace
	s.text("<" + s.space + `row r="` + strconv.Itoa(row.Number) + `"` + s.height(row) + `>`)
	first := max(1, s.layout.first)
	rest := s.places
	for i, c := range row.Source {
		if column := first + i; column <= s.layout.last && !s.layout.replaced.columns[column] {
			rest = s.added(row, rest, column)
			s.cell(column, row.Number, Cell{Text: c}, 0)
		}
	}
	s.added(row, rest, ooxml.MostColumns)
	s.text("</" + s.space + "row>")
}

// lineHeight is that of a line in points; highest is the format's highest row.
const (
	lineHeight = 15
	highest    = 409
)

// height is the attribute for a row with texts of several lines. Excel would find it by
// itself, LibreOffice does not. A column holds more letters than its width in digits says,
// which makes up for lines that end with whole words.
func (s *sheetWriter) height(row Row) string {
	lines := 1
	for i, c := range row.Cells {
		if column := s.Columns[i]; column.Wrap && column.Width > 0 {
			lines = max(lines, 1+int(float64(utf8.RuneCountInString(c.Text)-1)/column.Width))
		}
	}
	if lines == 1 {
		return ""
	}
	return ` ht="` + strconv.Itoa(min(highest, lines*lineHeight)) + `" customHeight="1"`
}

// row copies the sheet's next row. With an addition it drops the row's "spans" attribute,
// which names the first and last column and would be wrong.
func (s *sheetWriter) row(ours *Row) error {
	s.done = max(s.done, s.at.Row)
	raw := s.next.Raw
	tag := string(s.next.Tag())
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
	// <row/> has no cells and gets none: its tag is copied as it is.
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

// cells copies the cells of a row, with ours between them where ours replace the sheet's
// own, and returns the places of ours that are left. A cell that only has a format is
// dropped where one of ours goes.
func (s *sheetWriter) cells(ours *Row, tag string) (rest []place, err error) {
	rest = s.places
	// The fast way: nearly all sheets are plain, and copying bytes up to the closing tag
	// is several times as fast as reading tokens.
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

// givesWay reports whether the cell that is being read is not copied. Results of an
// earlier campaign are dropped from all rows, also from those without a new result: old
// and new results must not mix.
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

// isFilled reports whether the cell that is being read needs no empty cell in its place.
// An empty cell would keep the format of a replaced one that gets no text.
func (s *sheetWriter) isFilled(ours *Row) bool {
	column := s.at.Column
	if !s.layout.replaced.columns[column] {
		return true
	}
	i := slices.IndexFunc(s.places, func(p place) bool { return p.column == column })
	return ours != nil && i >= 0 && ours.Cells[s.places[i].own].Text != ""
}

// emptied writes a cell with the format of another and no content.
func (s *sheetWriter) emptied(cell *xmltoken.Token) {
	if style := ooxml.Value(cell, "s"); style != "" {
		s.text("<" + cell.Prefix() + `c r="` + ooxml.Letters(s.at.Column) + strconv.Itoa(s.at.Row) + `" s="` + style + `"/>`)
	}
}

// added writes our cells of a row as far as a column, and returns the places that are
// left.
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
		style := s.style(c, s.Columns[p.own])
		if number == s.HeaderRow {
			style = s.headerStyle()
		}
		s.cell(p.column, number, c, style)
		// The link itself is written behind the rows, so its address is remembered. The
		// memory is bounded by the number of links that the format allows.
		if c.Link && isLink(c.Text) && len(s.links[p.own]) < s.room() {
			s.links[p.own] = append(s.links[p.own], link{ooxml.Letters(p.column) + strconv.Itoa(number), c.Text})
		}
	}
	return places
}

// style returns the number of a cell's format.
func (s *sheetWriter) style(c Cell, column Column) int {
	switch {
	case c.Fill > 0 && c.Fill <= len(s.styles.fills):
		return s.styles.fills[c.Fill-1]
	case c.Link && c.Text != "":
		return s.styles.link
	case c.Amount:
		return s.styles.amount
	case column.Wrap:
		return s.styles.wrapped
	}
	return s.styles.text
}

// headerStyle is the format of the source's last header cell, so that our names look like
// the customer's.
func (s *sheetWriter) headerStyle() int {
	if id, err := strconv.Atoi(s.layout.headerStyle); err == nil && id > 0 {
		return id
	}
	return s.styles.header
}

// cell writes one cell; an empty one is left out. It appends to the writer's own buffer,
// since a sheet of a million rows gets twelve million cells.
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

// cellValue writes the inside of a cell and its closing tag. Texts are written inline:
// the list of shared strings would have to be read and rewritten as a whole.
func (s *sheetWriter) cellValue(b []byte, c Cell) []byte {
	open := func(name string) { b = append(append(append(b, '<'), s.space...), name...) }
	shut := func(name string) { b = append(append(append(append(b, "</"...), s.space...), name...), '>') }
	// Numbers are written as decimal text: an amount keeps every digit.
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

// isLink reports whether a text can be a link that Excel accepts. One that it does not
// accept would make it call the whole workbook damaged.
func isLink(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && len(s) <= mostLink &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == utf8.RuneError || r == '"' || r == '<' || r == '>' })
}

// clip cuts a text to the length that a cell can hold, counted in UTF-16 units.
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

// attributeText escapes a text for an attribute.
func attributeText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// escape writes a cell's text as XML. Characters that XML cannot hold become U+FFFD. A
// workbook writes such characters as _x0041_, so an underscore that would begin such a
// sequence is escaped as well.
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
