package sources

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// maxBlanks is how many blanks one element of a text may stand for: as many as a cell can
// have characters.
const maxBlanks = maxCellText

// odsCell is a cell as the file has it.
type odsCell struct {
	column, repeated int
	right, down      int    // how many columns and rows it spans
	kind             string // the type of its value; "" where it has none
	text             string // what it shows
	shown            bool   // the file says what it shows
	formula, failed  bool
	styled           bool // it has a format
}

// cell reads one cell into the row, as often as it stands, and returns the column behind.
func (s *odsSheet) cell(column int) (int, error) {
	c := odsCell{column: column, repeated: 1, right: 1, down: 1}
	s.attributes(&c)
	if err := s.content(&c); err != nil {
		return 0, err
	}
	text, fault := s.textOf(&c)
	// A fault of the value itself says more than one about its letters.
	if fault.Code == "" {
		fault = lostLetters(text)
	}
	behind := min(column+c.repeated, maxSheetColumns)
	if c.right*c.down > 1 && len(s.ranges) < maxSheetColumns {
		s.ranges = append(s.ranges, merge{left: column, right: min(column+c.right, maxSheetColumns) - 1, bottom: min(c.down, maxSheetRows) - 1})
	}
	if text == "" && fault.Code == "" {
		return behind, nil
	}
	if column+c.repeated > maxSheetColumns {
		return 0, fmt.Errorf("a sheet ends at column %s", letters(maxSheetColumns-1))
	}
	for ; column < behind; column++ {
		if fault.Code != "" {
			fault.Column = column
			s.row.faults = append(s.row.faults, fault)
		}
		if text != "" {
			put(&s.row, column, text)
		}
	}
	return behind, nil
}

// attributes reads the place, the type and the value of a cell.
func (s *odsSheet) attributes(c *odsCell) {
	s.value = s.value[:0]
	for name, value := range s.x.Attributes() {
		switch string(name) {
		case "table:number-columns-repeated":
			c.repeated = count(value)
		case "table:number-columns-spanned":
			c.right = count(value)
		case "table:number-rows-spanned":
			c.down = count(value)
		case "table:formula":
			c.formula = true
		case "table:style-name":
			c.styled = true
		case "office:value-type":
			c.kind = valueKind(value)
		case "calcext:value-type":
			c.failed = string(value) == "error"
		case "office:value", "office:date-value", "office:string-value", "office:boolean-value":
			s.value = append(s.value[:0], value...)
		}
	}
}

// valueKind returns the type of a value without a copy.
func valueKind(value []byte) string {
	for _, kind := range []string{"string", "float", "date", "currency", "percentage", "time", "boolean"} {
		if string(value) == kind {
			return kind
		}
	}
	return "other"
}

// content reads what a cell shows: its paragraphs, each on a line of its own. Comments,
// pictures and drawings lie over the cell.
func (s *odsSheet) content(c *odsCell) error {
	s.text = s.text[:0]
	depth := s.x.Depth()
	for {
		t, err := s.x.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.Kind == xmltoken.Close && s.x.Depth() == depth:
			c.text = string(s.text)
			return nil
		case t.Kind != xmltoken.Open:
			continue
		}
		if string(s.x.Name()) != "text:p" {
			err = s.skip()
		} else {
			if c.shown {
				s.text = append(s.text, '\n')
			}
			c.shown = true
			err = s.paragraph()
		}
		if err != nil {
			return err
		}
	}
}

// paragraph appends the text of a paragraph. Elements in it mark up their text, but for
// those that stand for blanks and those that are not shown in the line.
func (s *odsSheet) paragraph() error {
	start, depth := len(s.text), s.x.Depth()
	for {
		t, err := s.x.Next()
		switch {
		case err != nil:
			return xmltoken.Unexpected(err)
		case t.IsText():
			s.text = t.AppendText(s.text)
		case t.Kind == xmltoken.Close && s.x.Depth() == depth:
			s.text = append(s.text[:start], lineOf(s.text[start:])...)
			return nil
		case t.Kind == xmltoken.Open:
			err = s.inline()
		}
		if err != nil {
			return err
		}
		if len(s.text) > MaxRecord {
			return tooLarge(fmt.Sprintf("a cell of row %d is longer than %d MiB", s.number+1, MaxRecord>>20))
		}
	}
}

// inline reads the beginning of an element of a paragraph.
func (s *odsSheet) inline() error {
	switch string(s.x.Name()) {
	case "text:line-break":
		s.text = append(s.text, lineBreak)
	case "text:tab":
		s.text = append(s.text, tab)
	case "text:s":
		n := 1
		if c := attribute(s.x, "text:c"); c != "" {
			n = count([]byte(c))
		}
		if n > maxBlanks {
			return fmt.Errorf("a cell has %d blanks in a row", n)
		}
		s.text = append(s.text, strings.Repeat(" ", n)...)
	case "office:annotation", "text:note", "text:ruby-text":
		return s.skip()
	}
	return nil
}

// Characters that XML cannot hold stand for those that elements ask for, until the
// paragraph is read.
const (
	lineBreak = '\v'
	tab       = '\f'
)

// layout is white space that lays the XML out and is no part of the text: a line end, or a
// tab, with the blanks around it.
var layout = regexp.MustCompile(`[ \n\t\r]*[\n\t\r][ \n\t\r]*`)

// lineOf returns the text of a whole paragraph. Layout is one blank, and none at its ends;
// blanks alone stay as they are, as spreadsheet programs have it.
func lineOf(text []byte) []byte {
	if bytes.ContainsAny(text, "\n\t\r") {
		text = bytes.Trim(layout.ReplaceAll(text, []byte(" ")), " ")
	}
	for i, b := range text {
		switch b {
		case lineBreak:
			text[i] = '\n'
		case tab:
			text[i] = '\t'
		}
	}
	return text
}

// textOf returns the text of a cell, or its fault.
func (s *odsSheet) textOf(c *odsCell) (string, Fault) {
	text := c.text
	switch {
	case c.failed, c.formula && calcError(text):
		return text, errorShown(text)
	case c.formula && !c.shown && c.kind == "":
		return "", noResult()
	case c.formula && !s.asShown:
		return text, s.untold(c) // such a program does not calculate either
	case c.kind == "string" && !c.shown:
		text = string(s.value)
	case c.kind != "" && c.kind != "string":
		return s.valueText(c)
	}
	return text, textFault(text)
}

// calcError reports whether the text of a formula is an error of a program that numbers
// them.
func calcError(text string) bool {
	number, ok := strings.CutPrefix(text, "Err:")
	return errorValue(text) || ok && number != "" && strings.Trim(number, digits) == ""
}

// valueText returns the text of a cell with a number, a date or a truth value.
func (s *odsSheet) valueText(c *odsCell) (string, Fault) {
	// Blanks at the edges only align numbers.
	text := strings.Trim(c.text, "\u00a0 ")
	raw := string(s.value)
	if c.kind == "date" && s.dates != "" {
		at, ok := parseISO(raw)
		if !ok {
			return text, Fault{Code: "ROW-DATE", Value: raw, Message: "the cell should have a date and has something else", Hint: "type the date again"}
		}
		return at.Format(s.dates), Fault{}
	}
	v, err := strconv.ParseFloat(raw, 64)
	switch plain, whole := plainText(c.kind, raw, v); {
	case c.kind == "float" && err == nil && math.Abs(v) >= longNumber:
		return text, tooLong(text)
	case s.asShown && c.shown:
		return text, textFault(text)
	case plain != "" && s.general(c) && (c.shown && text == plain || !c.shown && whole):
		return plain, Fault{}
	}
	return text, s.untold(c)
}

// untold returns the fault of a cell whose text is not known.
func (s *odsSheet) untold(c *odsCell) Fault {
	why := "the program that wrote the file does not say what its cells show"
	if !c.shown {
		why = "the file has its value alone"
	}
	return Fault{Code: "ROW-CELL-TEXT", Value: cmp.Or(c.text, string(s.value)), Message: "what the cell shows cannot be told: " + why,
		Hint: "open the file in a spreadsheet program, such as LibreOffice, and save it there"}
}

// plainText returns what a value without a format shows, or "". whole says that it shows
// the same on every computer, which a decimal point does not.
func plainText(kind, raw string, v float64) (text string, whole bool) {
	switch {
	case kind == "boolean" && (raw == "true" || raw == "false"):
		return strings.ToUpper(raw), false
	case kind == "float" && raw != "":
		shown, err := numfmt.Parse("").Number(v, false)
		return shown.Text, err == nil && math.Trunc(v) == v && math.Abs(v) < 1e11
	}
	return "", false
}

// general reports whether a cell surely has no format of its own.
func (s *odsSheet) general(c *odsCell) bool {
	return !c.styled && !s.format && (c.column >= len(s.styled) || !slices.Contains(s.styled[c.column:min(c.column+c.repeated, len(s.styled))], true))
}
