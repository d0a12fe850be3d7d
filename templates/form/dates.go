package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// ReadDate reads a day as people write it in sheets: in ISO 8601, with points or strokes in
// the locale's order, or with the name of the month. It keeps a time of day. It refuses a
// text that may be two different days. An offset names the zone of the clock and does not
// move it: half past midnight on 1 May in Berlin stays 1 May.
func (l *Locale) ReadDate(text string) (time.Time, error) {
	s := TrimSpace(text)
	if t, ok := timestamp(s); ok {
		return t, nil
	}
	// The order of the forms does not matter, since no text has two of them. ISO 8601 comes
	// first because it is the most frequent.
	if year, month, day, err := l.numericDate(s); err != nil || year > 0 {
		if err != nil {
			return time.Time{}, err
		}
		return calendarDay(s, year, month, day)
	}
	if year, month, day, ok := l.namedDate(s); ok {
		return calendarDay(s, year, month, day)
	}
	return time.Time{}, &Error{Want: fmt.Sprintf("%q is not a date", wording.Shorten(text)), Hint: "write it like 2026-03-31"}
}

// stamp matches a date of ISO 8601 with a time, as programs write it: with T or a space,
// and with an offset, the name of a zone, or neither.
var stamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:[Tt]|\s+)(\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s?(?:Z|z|[A-Z]{3,5}|[+\-\x{2212}](?:[01]\d|2[0-3])(?::?[0-5]\d)?(?: [A-Z]{3,5})?)?(?:\[[\w/+\-]+\])?$`)

// timestamp reads a date of ISO 8601 and keeps the clock as it is written.
func timestamp(s string) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	found := stamp.FindStringSubmatch(s)
	if found == nil {
		return time.Time{}, false
	}
	// The zone is left out, so that the day is that of the clock in the sheet.
	for _, clock := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(time.DateOnly+" "+clock, found[1]+" "+found[2]); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// calendarDay refuses days such as the 31st of April. time.Date would turn that into 1 May.
func calendarDay(text string, year, month, day int) (time.Time, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return time.Time{}, &Error{Want: fmt.Sprintf("there is no day %q", wording.Shorten(text)), Hint: "write it like 2026-03-31"}
	}
	return t, nil
}

// numericDate reads 31.3.2026, 31/03/2026 and similar forms. A year of 0 means that the
// text has another form.
func (l *Locale) numericDate(s string) (year, month, day int, err error) {
	sign := strings.IndexAny(s, "./-")
	if sign < 0 {
		return 0, 0, 0, nil
	}
	// Only one kind of separator is allowed. "31.3/2026" is a typing error.
	parts := strings.Split(s, s[sign:sign+1])
	if len(parts) != 3 {
		return 0, 0, 0, nil
	}
	var n [3]int
	for i, p := range parts {
		var bad error
		if n[i], bad = strconv.Atoi(strings.TrimSpace(p)); bad != nil || n[i] <= 0 {
			return 0, 0, 0, nil
		}
	}
	// A year in front is ISO order. Points are always day, month, year. Strokes depend on
	// the country.
	switch {
	case len(strings.TrimSpace(parts[0])) == 4:
		return n[0], n[1], n[2], nil
	case len(strings.TrimSpace(parts[2])) != 4:
		return 0, 0, 0, &Error{Want: fmt.Sprintf("the year of %q has not four digits", s), Hint: "write the date like 2026-03-31"}
	case s[sign] == '.' || n[0] == n[1]:
		return n[2], n[1], n[0], nil
	}
	// A wrong guess here would print a date that exists and is wrong.
	monthFirst, known := l.monthFirst()
	if !known {
		return 0, 0, 0, &Error{Want: fmt.Sprintf("%q can be read in two ways", s), Hint: "say the campaign's locale, en-GB or en-US, or write the date like 2026-03-31"}
	}
	if monthFirst {
		return n[2], n[0], n[1], nil
	}
	return n[2], n[1], n[0], nil
}

// monthFirst reports whether the locale writes 3/4/2026 with the month first. It is not
// known for English without a country.
func (l *Locale) monthFirst() (monthFirst, known bool) {
	base, _ := l.tag.Base()
	region, confidence := l.tag.Region()
	if base.String() == "en" && confidence != language.Exact {
		return false, false
	}
	switch region.String() {
	case "US", "PH", "PR", "GU":
		return true, true
	}
	return false, true
}

// namedDate reads dates with the name of a month: 31 March 2026, March 31, 2026, 31. März
// 2026.
func (l *Locale) namedDate(s string) (year, month, day int, ok bool) {
	for _, w := range dateWords(s) {
		// The letters of st, nd, rd and th, which English puts behind the day.
		n, err := strconv.Atoi(strings.TrimRight(w, "sterndh"))
		into := &day
		switch {
		case err != nil && (w == "de" || w == "of"):
			continue
		case err != nil:
			into = &month
			n = l.monthOf(w)
		case n >= 1000:
			into = &year
		}
		// Each part may occur once. A second number would be a time or another date.
		if *into != 0 || n <= 0 || n > 9999 {
			return 0, 0, 0, false
		}
		*into = n
	}
	return year, month, day, year > 0 && month > 0 && day > 0
}

// dateWords splits a date at everything but letters and digits. Accents stay with their
// letters.
func dateWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
}

// monthOf returns the number of a month by its name in the locale or in English. At least
// three first letters are enough, unless two months begin with them.
func (l *Locale) monthOf(word string) int {
	word = Fold(word)
	for _, c := range l.calendars {
		if m := c.monthOf(word); m > 0 {
			return m
		}
	}
	return 0
}

// monthOf returns the number of a month, or 0. The name must be folded.
func (c calendar) monthOf(folded string) int {
	found := 0
	for i, name := range c.months {
		month := Fold(name)
		switch {
		case folded == month:
			return i + 1
		case len(folded) < 3 || !strings.HasPrefix(month, folded):
		// Two months that begin alike leave no answer.
		case found > 0:
			return 0
		default:
			found = i + 1
		}
	}
	return found
}
