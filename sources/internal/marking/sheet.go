package marking

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// sheetCopy copies the sheet token by token.
type sheetCopy struct {
	*copier
	in      *xmltoken.Scanner
	w       *bufio.Writer
	at      ooxml.Position
	todo    []Cell // marks that are still to come
	columns []columns
	row     struct {
		prefix string
		style  int
	}
	drawn bool // the sheet names its drawing
}

// columns is a range of columns with a format.
type columns struct{ from, to, style int }

// sheet copies the sheet and adds its marks.
func (c *copier) sheet(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	w, err := c.out.Create(f.Name)
	if err != nil {
		return err
	}
	// Without a relation there is no drawing to name, so it counts as named.
	s := &sheetCopy{copier: c, in: xmltoken.NewScanner(xmltoken.UTF8(r)), w: bufio.NewWriterSize(w, 1<<16), todo: c.cells, drawn: c.relation == ""}
	for {
		t, err := s.in.Next()
		if errors.Is(err, io.EOF) {
			return s.w.Flush()
		}
		if err == nil {
			err = s.token(t)
		}
		if err != nil {
			return err
		}
	}
}

// raw and text ignore errors, since a bufio.Writer keeps the first one for Flush.
func (s *sheetCopy) raw(b []byte)    { _, _ = s.w.Write(b) }
func (s *sheetCopy) text(str string) { _, _ = s.w.WriteString(str) }

// token copies a token. At the places where marks belong, it also writes missing rows and
// cells.
func (s *sheetCopy) token(t *xmltoken.Token) error {
	depth := s.in.Depth()
	switch {
	case depth == 3 && t.Begins("col"):
		if style := ooxml.Number(t, "style"); style > 0 {
			// New cells take the format of their column, as they would in a spreadsheet
			// program.
			s.columns = append(s.columns, columns{ooxml.Number(t, "min"), ooxml.Number(t, "max"), style})
		}
	case depth == 2 && t.Is("sheetData"):
		s.rows(t)
		return nil
	case depth == 3 && t.Begins("row"):
		return s.beginRow(t)
	// The format of a sheet prescribes the order of its elements. The drawing goes in front
	// of the first one that must follow it, or at the end.
	case depth == 2 && !s.drawn && t.Kind != xmltoken.Close && t.IsElement() && behindDrawing(string(t.Name())), depth == 1 && !s.drawn && t.Kind == xmltoken.Close:
		s.shapes()
	}
	s.raw(t.Raw)
	return nil
}

// rows copies the start or the end of the rows. At the end it adds the marked rows that the
// sheet lacks.
func (s *sheetCopy) rows(t *xmltoken.Token) {
	end := "</" + string(t.Tag()) + ">"
	switch {
	case t.Kind == xmltoken.Open:
		s.raw(t.Raw)
		return
	case t.Kind == xmltoken.Single && len(s.todo) > 0:
		s.text(ooxml.Opened(t.Raw))
	case t.Kind == xmltoken.Single:
		end = string(t.Raw)
	}
	s.missingRows(0, t.Prefix())
	s.text(end)
}

// missingRows writes marked rows that the sheet lacks, up to a row number. 0 means all that
// are left.
func (s *sheetCopy) missingRows(upTo int, prefix string) {
	for len(s.todo) > 0 && (upTo == 0 || s.todo[0].Row < upTo) {
		row := s.todo[0].Row
		s.text("<" + prefix + `row r="` + strconv.Itoa(row) + `">`)
		s.row.prefix = prefix
		s.row.style = 0
		s.missingCells(row, 0)
		s.text("</" + prefix + "row>")
	}
}

// missingCells writes marked cells that a row lacks, up to a column. 0 means all that are
// left.
func (s *sheetCopy) missingCells(row, upTo int) {
	for len(s.todo) > 0 && s.todo[0].Row == row && (upTo == 0 || s.todo[0].Column < upTo) {
		style := s.style(s.plain(s.todo[0].Column))
		s.text("<" + s.row.prefix + `c r="` + s.todo[0].address() + `"` + attribute(style) + "/>")
		s.todo = s.todo[1:]
	}
}

// plain returns the format of a cell that the sheet lacks: that of its row, or else that of
// its column.
func (s *sheetCopy) plain(column int) int {
	if s.row.style > 0 {
		return s.row.style
	}
	for _, c := range s.columns {
		if c.from <= column && column <= c.to {
			return c.style
		}
	}
	return 0
}

// style returns the format of the next mark on top of another format. It returns the other
// one if no format can be added.
func (s *sheetCopy) style(base int) int {
	if s.styles == nil {
		return base
	}
	id, err := s.styles.Like(base, s.todo[0].Colour)
	// The workbook has as many formats as a workbook can have.
	if err != nil {
		return base
	}
	return id
}

// attribute returns the attribute of a format. The default format needs none.
func attribute(style int) string {
	if style == 0 {
		return ""
	}
	return ` s="` + strconv.Itoa(style) + `"`
}

// beginRow copies a row. A row without a mark is copied as it is.
func (s *sheetCopy) beginRow(t *xmltoken.Token) error {
	s.at.ToRow(t)
	number := s.at.Row
	tag := string(t.Tag())
	s.missingRows(number, t.Prefix())
	if len(s.todo) == 0 || s.todo[0].Row != number {
		s.raw(t.Raw)
		// The cells of the row follow as tokens of their own.
		return nil
	}
	s.row.prefix = t.Prefix()
	s.row.style = 0
	// A row has a format for its empty cells only if it says so.
	if v := ooxml.Value(t, "customFormat"); v == "1" || v == "true" {
		s.row.style = ooxml.Number(t, "s")
	}
	// The attribute "spans" promises a range of columns. A new cell may lie outside of it.
	raw := ooxml.WithoutSpans(t)
	if t.Kind == xmltoken.Single {
		s.text(ooxml.Opened(raw))
		s.missingCells(number, 0)
		s.text("</" + tag + ">")
		return nil
	}
	s.raw(raw)
	for {
		t, err := s.in.Next()
		if err != nil {
			return xmltoken.Unexpected(err)
		}
		if s.in.Depth() == 3 && t.Kind == xmltoken.Close {
			s.missingCells(number, 0)
			s.raw(t.Raw)
			return nil
		}
		if s.in.Depth() == 4 && t.Begins("c") {
			s.cell(t)
			continue
		}
		s.raw(t.Raw)
	}
}

// cell copies the tag of a cell, and replaces its format if it has a mark. Marked cells
// that the row lacks go in front of it, because cells must be in order.
func (s *sheetCopy) cell(t *xmltoken.Token) {
	s.at.ToCell(t)
	s.missingCells(s.at.Row, s.at.Column)
	// Cells without a mark, which are nearly all, keep every byte.
	if len(s.todo) == 0 || s.todo[0].Row != s.at.Row || s.todo[0].Column != s.at.Column {
		s.raw(t.Raw)
		return
	}
	style := s.style(ooxml.Number(t, "s"))
	s.todo = s.todo[1:]
	// The attribute is replaced where it stands, so that all others keep their order.
	if _, _, has := t.Find("s"); has {
		s.raw(ooxml.WithValue(t, "s", strconv.Itoa(style)))
		return
	}
	name := len("<") + len(t.Tag())
	s.raw(t.Raw[:name])
	s.text(attribute(style))
	s.raw(t.Raw[name:])
}

// behindDrawing reports whether an element must follow the drawing of a sheet. Elements of
// other name spaces count as such, since they stand at the end.
func behindDrawing(name string) bool {
	switch name {
	case "", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst":
		return true
	}
	return false
}

// shapes writes the element that names the drawing with the boxes.
func (s *sheetCopy) shapes() {
	s.drawn = true
	prefix, known := s.in.PrefixOf(ooxml.TransitionalRelations, ooxml.StrictRelations)
	declare := ""
	// The sheet may not have declared the prefix of relations.
	if !known {
		prefix, declare = "r:", ` xmlns:r="`+s.dialect+`"`
	}
	s.text("<" + s.in.RootPrefix() + "legacyDrawing" + declare + " " + prefix + `id="` + s.relation + `"/>`)
}
