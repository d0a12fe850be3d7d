package sources

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// checkLayout refuses a layout that would write the same for every date, as
// "dd.mm.yyyy" does.
func checkLayout(layout string) error {
	// Two dates that differ in year, month and day must not look the same.
	a, b := time.Date(2031, 11, 23, 0, 0, 0, 0, time.UTC), time.Date(1999, 4, 5, 0, 0, 0, 0, time.UTC)
	if layout == "" || a.Format(layout) != b.Format(layout) {
		return nil
	}
	return &FileError{Code: "ROW-DATES", Message: "rows.dates " + strconv.Quote(layout) + " has neither year, month nor day in it",
		Hint: `write how 2 January 2006 should look: "2 January 2006", "02.01.2006", "2006-01-02"`}
}

// dateText returns the text that a date cell shows. raw is the cell's number, or its date
// as the file writes it, and stands in for a date that cannot be shown.
func (s *worksheet) dateText(c *rawCell, f *cellFormat, shown numfmt.Shown, raw string, err error) (string, Fault) {
	switch {
	// A wrong date must never look like a right one, so the raw number goes out with a
	// fault.
	case errors.Is(err, numfmt.ErrNoDate):
		return raw, Fault{Code: "ROW-DATE", Value: raw, Message: "the cell is formatted as a date, but no date has its number",
			Hint: "type the date again"}
	case s.formats.layout != "" && shown.Kind == numfmt.Date && !shown.At.IsZero():
		return shown.At.Format(s.formats.layout), Fault{}
	case err != nil:
		return raw, unknownFormat(f, raw, err)
	}
	s.dateNotices(c, shown)
	return shown.Text, Fault{}
}

// dateNotices notes the parts of a date format that depend on the computer's settings. Two
// people may see different texts in the same cell.
func (s *worksheet) dateNotices(c *rawCell, shown numfmt.Shown) {
	const hint = "for another form set rows.dates, or a format for the variable"
	if shown.System {
		s.isoNotice(c, shown.Text, "how the sheet shows them depends on the computer")
	}
	if shown.Named {
		s.notice(Notice{Code: "ROW-DATE-ENGLISH", Column: c.column, Sample: shown.Text, Hint: hint,
			Message: "names of months and days are written in English: the cells do not say in which language"})
	}
	if shown.Slash {
		s.notice(Notice{Code: "ROW-DATE-SLASH", Column: c.column, Sample: shown.Text, Hint: hint,
			Message: "dates are written with a /, which a computer set to another language shows as a point or a hyphen"})
	}
}

// isoNotice says that dates are written as ISO 8601, and why.
func (s *worksheet) isoNotice(c *rawCell, text, why string) {
	s.notice(Notice{Code: "ROW-DATE-ISO", Column: c.column, Sample: text,
		Message: "dates are written as " + text + ": " + why,
		Hint:    `for another form set rows.dates, as in "2 January 2006", or a format for the variable`})
}

// isoDate returns the text of a cell that stores its date as text. Few programs write such
// cells. The format of the cell counts as it does for a number.
func (s *worksheet) isoDate(c *rawCell) (string, Fault) {
	raw := strings.TrimSpace(string(c.value))
	f := s.formats.of(c.style)
	var shown numfmt.Shown
	var err error
	// A cell of this type may hold a date, or only a time. The two need different formats.
	if at, ok := parseISO(raw); ok {
		shown, err = f.show.Moment(at)
	} else if days, ok := parseClock(raw); ok {
		if shown, err = f.show.Number(days, false); shown.Kind != numfmt.Time {
			shown = numfmt.Shown{}
			err = nil // a time has no day to show
		}
	} else {
		return raw, Fault{Code: "ROW-DATE", Value: raw, Message: "the cell should have a date and has something else", Hint: "type the date again"}
	}
	if shown.Kind == numfmt.Date || shown.Kind == numfmt.Time {
		return s.dateText(c, f, shown, raw, err)
	}
	if s.formats.layout != "" && !shown.At.IsZero() {
		return shown.At.Format(s.formats.layout), Fault{}
	}
	s.isoNotice(c, raw, "the cells have no date format")
	return raw, Fault{}
}

// parseISO reads a date with or without a time. It keeps the clock and drops the zone,
// because the cell shows the time as it stands there.
func parseISO(s string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02Z07:00", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			_, offset := at.Zone()
			// Converting to UTC would move the clock, and near midnight the day; adding the
			// offset undoes that.
			return at.UTC().Add(time.Duration(offset) * time.Second), true
		}
	}
	return time.Time{}, false
}

// parseClock reads a time of day, or a duration such as PT1H30M, as days.
func parseClock(s string) (days float64, ok bool) {
	for _, layout := range []string{"15:04:05", "15:04", "15:04:05Z07:00", "T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			clock := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location()))
			return clock.Hours() / 24, true
		}
	}
	return parseDuration(s)
}

// parseDuration reads an ISO 8601 duration, and returns it in days. It refuses years and
// months, whose length in days varies.
func parseDuration(s string) (days float64, ok bool) {
	rest, isDuration := strings.CutPrefix(s, "P")
	date, clock, hasClock := strings.Cut(rest, "T")
	if !isDuration || rest == "" || hasClock && clock == "" {
		return 0, false
	}
	// An M before the T means months, one behind it minutes. Each half has its own list of
	// units.
	first, ok1 := sumOf(date, "D", 1)
	second, ok2 := sumOf(clock, "HMS", 24, 1440, 86400)
	return first + second, ok1 && ok2
}

// sumOf adds numbers that have a unit behind them. Each unit may stand once and only in
// order; perDay says how many of each make a day.
func sumOf(s, units string, perDay ...float64) (days float64, ok bool) {
	for s != "" {
		n := strings.IndexAny(s, units)
		if n <= 0 || strings.Trim(s[:n], "0123456789.") != "" {
			return 0, false
		}
		v, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return 0, false
		}
		// The units up to this one are used up. "1M2H" and "1H1H" therefore fail.
		at := strings.IndexByte(units, s[n])
		days += v / perDay[at]
		s = s[n+1:]
		units = units[at+1:]
		perDay = perDay[at+1:]
	}
	return days, true
}
