package sources

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// longNumber is the size from which spreadsheet programs lose digits. They keep 15.
const longNumber = 1e15

// numberText returns the text that a cell with a number shows.
func (s *worksheet) numberText(c *rawCell) (string, Fault) {
	raw := strings.TrimSpace(string(c.value))
	// Infinity and NaN parse as numbers, but no spreadsheet program writes them.
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return raw, Fault{Code: "ROW-DAMAGED", Value: raw, Message: "the cell should have a number and has something else",
			Hint: "type the value again"}
	}
	f := s.formats.of(c.style)
	shown, err := f.show.Number(v, s.formats.date1904)
	if shown.Kind == numfmt.Date || shown.Kind == numfmt.Time {
		return s.dateText(c, f, shown, numfmt.Plain(v), err)
	}
	// The last digits of so long a number are already wrong. It is usually an id that a
	// program read as a number, so guessing would address the wrong customer.
	if math.Abs(v) >= longNumber {
		text := raw
		if strings.Trim(raw, digits) != "" {
			text = strconv.FormatFloat(v, 'f', 0, 64)
		}
		return text, tooLong(text)
	}
	if err != nil {
		return unknownNumber(f, numfmt.Plain(v), err)
	}
	s.numberNotices(c, f, v, shown)
	return shown.Text, Fault{}
}

// tooLong returns the fault of a number whose last digits are lost.
func tooLong(text string) Fault {
	return Fault{Code: "ROW-LONG-NUMBER", Value: text,
		Message: "the number has more than 15 digits, of which a spreadsheet program keeps 15",
		Hint:    "format the cells as text, then type or paste the numbers again"}
}

// unknownNumber returns a number whose format is not known. If the plain number means the
// same, it is used with a warning; otherwise the cell is faulty.
func unknownNumber(f *cellFormat, plain string, err error) (string, Fault) {
	var unknown *numfmt.UnknownError
	if !errors.As(err, &unknown) || !unknown.Plain {
		return plain, unknownFormat(f, plain, err)
	}
	return plain, Fault{Code: "ROW-NUMBER-FORMAT", Value: plain, Severity: problem.Warning,
		Message: "the cell's number format " + strconv.Quote(f.show.Code()) + " is not known here; the plain number is used",
		Hint:    "choose another number format, or set a format for the variable"}
}

// unknownFormat returns the fault of a cell whose text cannot be told.
func unknownFormat(f *cellFormat, value string, err error) Fault {
	part := "its meaning"
	var unknown *numfmt.UnknownError
	if errors.As(err, &unknown) {
		part = unknown.Part
	}
	return Fault{Code: "ROW-CELL-FORMAT", Value: value,
		Message: "what the cell shows cannot be told: in its number format " + strconv.Quote(f.show.Code()) + ", " + part + " is not known",
		Hint:    "choose another number format in the spreadsheet program, or format the cell as text and type what it should say"}
}

// numberNotices notes the parts of a number that depend on the computer's settings. The
// sheet may show them differently to somebody else.
func (s *worksheet) numberNotices(c *rawCell, f *cellFormat, v float64, shown numfmt.Shown) {
	marks := shown.Marks && strings.ContainsAny(shown.Text, ".,")
	// A cell without a format has no groups of thousands. Only a decimal point can differ.
	if shown.Kind == numfmt.General {
		marks = strings.Contains(shown.Text, ".")
		if math.Abs(v) >= 1e11 {
			s.notice(Notice{Code: "ROW-WHOLE-NUMBER", Column: c.column, Sample: shown.Text,
				Message: "numbers that the sheet shows in short form (1.2E+11) are read with all their digits",
				Hint:    "format the column as text, so that the sheet shows them, too"})
		}
	}
	if f.currency {
		s.notice(Notice{Code: "ROW-CURRENCY", Column: c.column, Sample: shown.Text,
			Message: "amounts are written with $: the cells do not say which currency, so that the sheet shows that of the computer",
			Hint:    "choose a currency for the cells, or set a format for the variable"})
	}
	if marks {
		s.notice(Notice{Code: "ROW-NUMBER-ENGLISH", Column: c.column, Sample: shown.Text,
			Message: "numbers are written with an English decimal point and comma, also on a computer that shows the sheet in another language",
			Hint:    "for another form set a format for the variable, or the campaign's locale"})
	}
}
