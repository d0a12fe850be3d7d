package sources

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/problem"
)

// longNumber is where spreadsheet programs begin to lose digits: they keep 15.
const longNumber = 1e15

// numberText returns what a cell with a number shows.
func (s *worksheet) numberText(c *rawCell) (string, Fault) {
	raw := strings.TrimSpace(string(c.value))
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return raw, Fault{Code: "ROW-DAMAGED", Value: raw, Message: "the cell should have a number and has something else",
			Hint: "type the value again"}
	}
	f := s.formats.of(c.style)
	if f.kind == asDate || f.kind == asTime {
		return s.dateText(c, f, v)
	}
	if math.Abs(v) >= longNumber {
		text := raw
		if strings.Trim(raw, "0123456789") != "" {
			text = strconv.FormatFloat(v, 'f', 0, 64)
		}
		return text, Fault{Code: "ROW-LONG-NUMBER", Value: text,
			Message: "the number has more than 15 digits, of which a spreadsheet program keeps 15",
			Hint:    "format the cells as text, then type or paste the numbers again"}
	}
	if f.kind != asNumber {
		if math.Abs(v) >= 1e11 {
			s.notice(Notice{Code: "ROW-WHOLE-NUMBER", Column: c.column, Sample: general(v),
				Message: "numbers that the sheet shows in short form (1.2E+11) are read with all their digits",
				Hint:    "format the column as text, so that the sheet shows them, too"})
		}
		text := general(v)
		s.english(c, text, strings.Contains(text, "."))
		return text, Fault{}
	}
	text, ok := f.number.number(v)
	if !ok {
		return text, Fault{Code: "ROW-NUMBER-FORMAT", Value: text, Severity: problem.Warning,
			Message: "the cell's number format " + strconv.Quote(f.code) + " is not known here; the plain number is used",
			Hint:    "choose another number format, or set a format for the variable"}
	}
	if f.currency {
		s.notice(Notice{Code: "ROW-CURRENCY", Column: c.column, Sample: text,
			Message: "amounts are written with $: the cells do not say which currency, so that the sheet shows that of the computer",
			Hint:    "choose a currency for the cells, or set a format for the variable"})
	}
	s.english(c, text, f.number.marks() && strings.ContainsAny(text, ".,"))
	return text, Fault{}
}

// english notes that a number has a point or comma, which a computer set to
// another language shows the other way round.
func (s *worksheet) english(c *rawCell, text string, marked bool) {
	if !marked {
		return
	}
	s.notice(Notice{Code: "ROW-NUMBER-ENGLISH", Column: c.column, Sample: text,
		Message: "numbers are written with an English decimal point and comma, whatever the computer that shows the sheet is set to",
		Hint:    "for another form set a format for the variable, or the campaign's locale"})
}

// dateText returns what a cell with a date shows.
func (s *worksheet) dateText(c *rawCell, f *cellFormat, v float64) (string, Fault) {
	d := s.formats.dates
	if !f.clock {
		v = math.Floor(v) // a time that is not shown must not round up to the next day
	}
	at, ok := d.moment(v)
	if !ok && (f.kind != asTime || v < 0) {
		raw := general(v)
		return raw, Fault{Code: "ROW-DATE", Value: raw, Message: "the cell is formatted as a date, but no date has its number",
			Hint: "type the date again"}
	}
	if d.layout != "" && f.kind == asDate {
		return at.Format(d.layout), Fault{}
	}
	if f.system {
		return s.isoText(c, f, at), Fault{}
	}
	text := ""
	switch {
	case f.elapsed:
		text, ok = writeElapsed(f.digits, v), true
	case f.digits != nil && ok:
		text = writeDate(f.digits, at)
	default:
		text, ok = d.custom(v, f.code)
	}
	if !ok {
		return s.isoText(c, f, at), Fault{}
	}
	s.dateNotices(c, f, text)
	return text, Fault{}
}

// dateNotices notes what a date format leaves to the computer.
func (s *worksheet) dateNotices(c *rawCell, f *cellFormat, text string) {
	const hint = "for another form set rows.dates, or a format for the variable"
	if f.named {
		s.notice(Notice{Code: "ROW-DATE-ENGLISH", Column: c.column, Sample: text, Hint: hint,
			Message: "names of months and days are written in English: the cells do not say in which language"})
	}
	if f.slash {
		s.notice(Notice{Code: "ROW-DATE-SLASH", Column: c.column, Sample: text, Hint: hint,
			Message: "dates are written with a /, which a computer set to another language shows as a point or a hyphen"})
	}
}

// isoText writes a date as ISO 8601 and says so.
func (s *worksheet) isoText(c *rawCell, f *cellFormat, at time.Time) string {
	text := iso(at, f)
	s.notice(Notice{Code: "ROW-DATE-ISO", Column: c.column, Sample: text,
		Message: "dates are written as " + text + ": how the sheet shows them depends on the computer",
		Hint:    `for another form set rows.dates, as in "2 January 2006", or a format for the variable`})
	return text
}

// isoDate returns what a cell shows that has its date as text, which a few
// programs write.
func (s *worksheet) isoDate(c *rawCell) (string, Fault) {
	raw := strings.TrimSpace(string(c.value))
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04"} {
		at, err := time.Parse(layout, raw)
		if err != nil {
			continue
		}
		if s.formats.dates.layout != "" {
			return at.Format(s.formats.dates.layout), Fault{}
		}
		s.notice(Notice{Code: "ROW-DATE-ISO", Column: c.column, Sample: raw,
			Message: "dates are written as " + raw + ": how the sheet shows them depends on the computer",
			Hint:    `for another form set rows.dates, as in "2 January 2006", or a format for the variable`})
		return raw, Fault{}
	}
	return raw, Fault{Code: "ROW-DATE", Value: raw, Message: "the cell should have a date and has something else", Hint: "type the date again"}
}
