package sources

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// odsSheet reads the rows of one sheet of an OpenDocument file from its XML, one at a time.
type odsSheet struct {
	merging
	x       *xmltoken.Reader
	closer  io.Closer
	dates   string // rows.dates
	asShown bool   // see [book.writtenAsShown]
	depth   int    // of the sheet's element
	hidden  []int  // columns
	styled  []bool // columns that have a format
	number  int    // of the last row
	width   int    // cells of the last row
	weight  int    // of all rows so far
	done    bool

	row    record  // the last one that was read
	left   int     // how often it is still to be given
	ranges []merge // that begin in it
	format bool    // it has a format
	value  []byte  // of the last cell, and its text
	text   []byte
}

// next returns the next row that shows something. An error ends the sheet, because the XML
// behind it cannot be trusted.
func (s *odsSheet) next() (record, error) {
	if s.done {
		return record{}, io.EOF
	}
	rec, err := s.give()
	if err == nil {
		return rec, nil
	}
	s.done = true
	if errors.Is(err, io.EOF) {
		return record{}, io.EOF
	}
	return record{}, damaged(odsContent, err)
}

// give returns the last row that was read once more, or reads the next one. One element may
// stand for a million blank rows, which are only counted.
func (s *odsSheet) give() (record, error) {
	for s.left == 0 {
		if err := s.read(); err != nil {
			return record{}, err
		}
		if s.row.blank() {
			s.number = min(s.number+s.left, maxSheetRows)
			s.left = 0
		}
	}
	s.left--
	s.number++
	if s.number > maxSheetRows {
		return record{}, fmt.Errorf("a sheet ends at row %d", maxSheetRows)
	}
	if err := s.weigh(&s.row); err != nil {
		return record{}, err
	}
	rec := s.row
	rec.number = s.number
	// Merged cells write into the row, and its owner may.
	rec.cells = slices.Clone(rec.cells)
	rec.faults = slices.Clone(rec.faults)
	for _, m := range s.ranges {
		m.bottom += s.number - m.top
		m.top = s.number
		// Ranges do not overlap, so there are no more of them than columns.
		if len(s.active) < maxSheetColumns {
			s.active = append(s.active, &m)
		}
	}
	s.spread(&rec)
	return rec, nil
}

// What a row, a cell and a fault weigh beside their text.
const (
	rowWeight   = 40
	cellWeight  = 16
	faultWeight = 64
)

// weigh adds what a row would take without repeated rows and cells, and refuses the file
// when it is more than any workbook may expand to.
func (s *odsSheet) weigh(rec *record) error {
	s.weight += rowWeight + cellWeight*len(rec.cells) + faultWeight*len(rec.faults)
	for _, c := range rec.cells {
		s.weight += len(c)
	}
	if s.weight > MaxExpanded {
		return tooLarge(fmt.Sprintf("with its repeated rows and cells it would be more than %d MiB", MaxExpanded>>20))
	}
	return nil
}

// read finds the next row element. Rows and columns may stand in groups.
func (s *odsSheet) read() error {
	for {
		t, err := s.x.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.Kind == xmltoken.Close && s.x.Depth() == s.depth:
			return io.EOF
		case t.Kind != xmltoken.Open:
			continue
		}
		switch string(s.x.Name()) {
		case "table:table-row":
			return s.readRow()
		case "table:table-column":
			s.column()
		case "table:table-rows", "table:table-header-rows", "table:table-row-group",
			"table:table-columns", "table:table-header-columns", "table:table-column-group":
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

// skip skips the element that the last token began.
func (s *odsSheet) skip() error {
	depth := s.x.Depth()
	for {
		t, err := s.x.Next()
		if err != nil {
			return xmltoken.Unexpected(err)
		}
		if t.Kind == xmltoken.Close && s.x.Depth() == depth {
			return nil
		}
	}
}

// column notes which columns the sheet hides, and which have a format.
func (s *odsSheet) column() {
	repeated := 1
	hidden, styled := false, false
	for name, value := range s.x.Attributes() {
		switch string(name) {
		case "table:number-columns-repeated":
			repeated = count(value)
		case "table:visibility":
			hidden = string(value) != "visible"
		case "table:default-cell-style-name":
			styled = true
		}
	}
	for ; repeated > 0 && len(s.styled) < maxSheetColumns; repeated-- {
		if hidden {
			s.hidden = append(s.hidden, len(s.styled))
		}
		s.styled = append(s.styled, styled)
	}
}

// count reads how often something stands. What is no number stands once; no sheet has room
// for more than a million.
func count(value []byte) int {
	n, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n == 0 {
		return 1
	}
	return int(min(n, math.MaxInt32/2))
}

// readRow reads one row and how often it stands.
func (s *odsSheet) readRow() error {
	s.row = record{cells: make([]string, 0, s.width)}
	s.ranges = s.ranges[:0]
	s.left = 1
	s.format = false
	for name, value := range s.x.Attributes() {
		switch string(name) {
		case "table:number-rows-repeated":
			s.left = count(value)
		case "table:visibility":
			s.row.hidden = string(value) != "visible"
		case "table:default-cell-style-name":
			s.format = true
		}
	}
	depth, column := s.x.Depth(), 0
	for {
		t, err := s.x.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.Kind == xmltoken.Close && s.x.Depth() == depth:
			s.width = len(s.row.cells)
			return nil
		case t.Kind != xmltoken.Open:
			continue
		}
		// A cell that a merged one covers may have a value that nobody sees. It counts
		// as it does in other workbooks: the merged cell's faults say more.
		if name := string(s.x.Name()); name == "table:table-cell" || name == "table:covered-table-cell" {
			column, err = s.cell(column)
		} else {
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

// notices returns the assumptions about columns.
func (s *odsSheet) notices() []Notice {
	return append(slices.Clone(s.filled), hiddenColumns(s.hidden)...)
}

// close ends the reading of the part.
func (s *odsSheet) close() error { return s.closer.Close() }
