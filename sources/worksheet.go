package sources

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/problem"
)

// worksheet reads the rows of one sheet from its XML, one at a time.
type worksheet struct {
	merging
	part    string
	x       *xmltoken.Reader
	closer  io.Closer
	texts   []string
	formats *formats
	earlier *earlierReader // nil where it is not asked for
	hidden  []int          // columns
	totals  map[int]bool
	done    bool
	number  int // of the last row
	width   int // cells of the last row
	value   []byte
	notes   []Notice
	noted   map[note]bool
}

// note identifies a notice, so that a column gets it only once.
type note struct {
	code   string
	column int
}

// next returns the next row. An error ends the sheet, because the XML behind it cannot be
// trusted.
func (s *worksheet) next() (record, error) {
	if s.done {
		return record{}, io.EOF
	}
	rec, err := s.read()
	if errors.Is(err, io.EOF) {
		s.done = true
		return record{}, io.EOF
	}
	if err != nil {
		s.done = true
		return record{}, damaged(s.part, err)
	}
	s.spread(&rec)
	s.markTotals(&rec)
	return rec, nil
}

// read finds the next row element.
func (s *worksheet) read() (record, error) {
	for {
		t, err := s.x.Next()
		if err != nil {
			return record{}, err
		}
		switch {
		// Merged cells and drawings follow the rows. They were read before, or do not
		// matter.
		case s.x.Ends("worksheet/sheetData"):
			return record{}, io.EOF
		case s.x.Begins("worksheet/cols/col"):
			s.column(t)
		case s.x.Begins("worksheet/sheetData/row"):
			return s.row(t)
		}
	}
}

// column notes the columns that the sheet hides.
func (s *worksheet) column(t *xmltoken.Token) {
	if v := t.Value("hidden"); v != "1" && v != "true" {
		return
	}
	from, err1 := strconv.Atoi(t.Value("min"))
	to, err2 := strconv.Atoi(t.Value("max"))
	if err1 != nil || err2 != nil || from < 1 {
		return
	}
	// One element may name a range of any size. The limits keep a forged one small.
	for c := from; c <= min(to, maxSheetColumns) && len(s.hidden) < maxSheetColumns; c++ {
		s.hidden = append(s.hidden, c-1)
	}
}

// row reads one row.
func (s *worksheet) row(start *xmltoken.Token) (record, error) {
	number := s.number + 1
	if v := start.Value("r"); v != "" {
		n, err := strconv.Atoi(v)
		// Numbers may be left out, but must rise. Two rows of one number would make two
		// cells of one address.
		if err != nil || n < number {
			return record{}, fmt.Errorf("row %q follows row %d", clip(v), s.number)
		}
		number = n
	}
	if number > maxSheetRows {
		return record{}, fmt.Errorf("a sheet ends at row %d", maxSheetRows)
	}
	s.number = number
	hidden := start.Value("hidden")
	rec := record{number: number, hidden: hidden == "1" || hidden == "true", cells: make([]string, 0, s.width)}
	column := -1
	for {
		t, err := s.x.Next()
		if err != nil {
			return record{}, err
		}
		switch {
		case s.x.Ends("worksheet/sheetData/row"):
			s.width = max(len(rec.cells), 8)
			return rec, nil
		case s.x.Begins("worksheet/sheetData/row/c"):
			if column, err = s.cell(&rec, t, column); err != nil {
				return record{}, err
			}
		}
	}
}

// rawCell is a cell as the file has it.
type rawCell struct {
	column  int
	style   int
	kind    byte // first letter of the type and, for "str", 'f'
	value   []byte
	formula bool
	cached  bool // the cell has a <v>
}

// cell reads one cell into the record and returns its column. A cell without an address
// follows the one before it.
func (s *worksheet) cell(rec *record, start *xmltoken.Token, before int) (int, error) {
	c := rawCell{column: before + 1, kind: 'n'}
	if err := cellAttributes(&c, start, rec.number); err != nil {
		return 0, err
	}
	if err := s.cellContent(&c); err != nil {
		return 0, err
	}
	text, fault := s.text(&c)
	if s.earlier != nil {
		rec.readEarlier(c.column, s.earlier.cell(s, &c, text), text)
	}
	// A fault of the value itself says more than one about its letters.
	if fault.Code == "" {
		fault = lostLetters(text)
	}
	if fault.Code != "" {
		fault.Column = c.column
		rec.faults = append(rec.faults, fault)
	}
	if text != "" {
		put(rec, c.column, text)
	}
	return c.column, nil
}

// lostLetters returns the fault of a text with missing or broken letters.
func lostLetters(text string) Fault {
	const again = "open the workbook in a spreadsheet program, type the cell again and save it"
	switch {
	case !utf8.ValidString(text):
		return Fault{Code: "ROW-ENCODING", Value: strings.ToValidUTF8(text, "\ufffd"), Hint: again,
			Message: "the cell has bytes that are no letters in the file's encoding"}
	case strings.Contains(text, "\ufffd"):
		return Fault{Code: "ROW-ENCODING", Value: text, Severity: problem.Warning, Hint: again,
			Message: "a letter was lost before this file was written: it is \ufffd now"}
	}
	return Fault{}
}

// cellAttributes reads the place, the format and the type of a cell.
func cellAttributes(c *rawCell, start *xmltoken.Token, row int) error {
	for name, value, rest := xmltoken.Attribute(start.Attributes()); len(name) > 0; name, value, rest = xmltoken.Attribute(rest) {
		switch string(name) {
		case "r":
			column, number, ok := place(value)
			// A cell in another row means that the part was put together wrongly. Its value
			// would go to the wrong customer.
			if !ok || number != row {
				return fmt.Errorf("a cell of row %d calls itself %q", row, clip(string(value)))
			}
			c.column = column
		case "s":
			// A style without a valid number means no format.
			c.style, _ = strconv.Atoi(string(value))
		case "t":
			c.kind = cellKind(string(value))
		}
	}
	if c.column >= maxSheetColumns {
		return fmt.Errorf("a sheet ends at column %s", letters(maxSheetColumns-1))
	}
	return nil
}

// cellKind shortens the type of a cell to one letter.
func cellKind(t string) byte {
	switch t {
	case "s", "b", "e", "d", "n":
		return t[0]
	case "str":
		return 'f'
	case "inlineStr":
		return 'i'
	}
	return 'n'
}

// cellContent reads the value and the formula of a cell.
func (s *worksheet) cellContent(c *rawCell) error {
	s.value = s.value[:0]
	inValue := false
	for {
		t, err := s.x.Next()
		if err != nil {
			return err
		}
		switch {
		case inValue && t.IsText():
			s.value = t.AppendText(s.value)
		case s.x.Begins("worksheet/sheetData/row/c/v"):
			inValue, c.cached = true, true
		case s.x.Begins("worksheet/sheetData/row/c/f"):
			c.formula = true
		// Text in the cell itself has runs of its own, which are joined here.
		case s.x.Begins("worksheet/sheetData/row/c/is"):
			c.cached = true
			if s.value, err = richText(s.x, s.value); err != nil {
				return err
			}
		case s.x.Ends("worksheet/sheetData/row/c"):
			c.value = s.value
			return nil
		case s.x.Ends("worksheet/sheetData/row/c/v"):
			inValue = false
		}
	}
}

// text returns the text of a cell, or its fault.
func (s *worksheet) text(c *rawCell) (string, Fault) {
	// Some programs write formulas without results. Such a cell looks empty here, but not
	// in a spreadsheet program.
	if c.formula && (!c.cached || len(c.value) == 0 && c.kind != 'f') {
		return "", noResult()
	}
	switch c.kind {
	case 's':
		return s.sharedText(c)
	case 'f', 'i':
		return s.shown(c, string(unescapeX(c.value)))
	case 'b':
		if len(c.value) == 0 {
			return "", Fault{}
		}
		if c.value[0] == '1' || c.value[0] == 't' {
			return "TRUE", Fault{}
		}
		return "FALSE", Fault{}
	case 'e':
		return string(c.value), errorShown(string(c.value))
	case 'd':
		return s.isoDate(c)
	}
	if len(c.value) == 0 {
		return "", Fault{}
	}
	return s.numberText(c)
}

// noResult returns the fault of a formula that was never worked out.
func noResult() Fault {
	return Fault{Code: "ROW-NO-RESULT", Message: "the cell has a formula whose result is not in the file",
		Hint: "open the workbook in a spreadsheet program and save it there"}
}

// errorShown returns the fault of a cell that shows an error.
func errorShown(v string) Fault {
	return Fault{Code: "ROW-ERROR-VALUE", Value: v, Message: "the cell shows the error " + v, Hint: "repair its formula, or type the value"}
}

// sharedText returns the shared text of a cell. An index without a text is a fault; the
// number itself is never shown.
func (s *worksheet) sharedText(c *rawCell) (string, Fault) {
	n, err := strconv.Atoi(strings.TrimSpace(string(c.value)))
	if err != nil || n < 0 || n >= len(s.texts) {
		return "", Fault{Code: "ROW-DAMAGED", Value: string(c.value), Message: "the text of the cell is missing in the workbook",
			Hint: "open the workbook in a spreadsheet program and save it again"}
	}
	return s.shown(c, s.texts[n])
}

// shown applies the cell's format to a text. Few formats change a text.
func (s *worksheet) shown(c *rawCell, text string) (string, Fault) {
	if fault := textFault(text); fault.Code != "" {
		return text, fault
	}
	if c.style == 0 {
		return text, Fault{}
	}
	f := s.formats.of(c.style)
	out, err := f.show.Text(text)
	if err != nil {
		return text, unknownFormat(f, text, err)
	}
	return out, Fault{}
}

// textFault returns the fault of a text that is an error, or was damaged.
func textFault(text string) Fault {
	if text != "" && text[0] == '#' && errorValue(text) {
		return Fault{Code: "ROW-ERROR-VALUE", Value: text, Message: "the cell shows the error " + text, Hint: "type the value"}
	}
	// The byte begins the letters of damaged text. The search is fast enough for every
	// cell.
	if strings.IndexByte(text, 0xC3) >= 0 {
		if faults := mojibakeFaults(-1, text); len(faults) > 0 {
			return faults[0]
		}
	}
	return Fault{}
}

// notices returns the assumptions about columns.
func (s *worksheet) notices() []Notice {
	out := append([]Notice(nil), s.notes...)
	return append(append(out, s.filled...), hiddenColumns(s.hidden)...)
}

// notice adds a notice about a column, unless the column has it already.
func (s *worksheet) notice(n Notice) {
	key := note{n.Code, n.Column}
	if s.noted[key] {
		return
	}
	if s.noted == nil {
		s.noted = map[note]bool{}
	}
	s.noted[key] = true
	s.notes = append(s.notes, n)
}

// close ends the reading of the part.
func (s *worksheet) close() error { return s.closer.Close() }
