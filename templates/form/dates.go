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

// ReadDate reads a day as sheets write it: ISO 8601, with points or strokes in
// the locale's order, or with the month's name. The time of day, if there is
// one, is kept. What could be two different days is refused. An offset says where the
// clock hung, and moves nothing: half past midnight on 1 May in Berlin is 1 May.
func (l *Locale) ReadDate(text string) (time.Time, error) {
	s := TrimSpace(text)
	if t, ok := timestamp(s); ok {
		return t, nil
	}
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

// stamp is a date of ISO 8601 with a time, as programs write it: with T or a space, an
// offset or a zone's name, or neither.
var stamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:[Tt]|\s+)(\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s?(?:Z|z|[A-Z]{3,5}|[+\-\x{2212}](?:[01]\d|2[0-3])(?::?[0-5]\d)?(?: [A-Z]{3,5})?)?(?:\[[\w/+\-]+\])?$`)

// timestamp reads a date of ISO 8601 as it is written, on the clock of its zone.
func timestamp(s string) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	found := stamp.FindStringSubmatch(s)
	if found == nil {
		return time.Time{}, false
	}
	for _, clock := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(time.DateOnly+" "+clock, found[1]+" "+found[2]); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// calendarDay refuses the 31st of April, which time.Date would move on.
func calendarDay(text string, year, month, day int) (time.Time, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return time.Time{}, &Error{Want: fmt.Sprintf("there is no day %q", wording.Shorten(text)), Hint: "write it like 2026-03-31"}
	}
	return t, nil
}

// numericDate reads 31.3.2026, 31/03/2026 and their like. A year of 0 says it
// is not of that form.
func (l *Locale) numericDate(s string) (year, month, day int, err error) {
	sign := strings.IndexAny(s, "./-")
	if sign < 0 {
		return 0, 0, 0, nil
	}
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
	switch {
	case len(strings.TrimSpace(parts[0])) == 4:
		return n[0], n[1], n[2], nil
	case len(strings.TrimSpace(parts[2])) != 4:
		return 0, 0, 0, &Error{Want: fmt.Sprintf("the year of %q has not four digits", s), Hint: "write the date like 2026-03-31"}
	case s[sign] == '.' || n[0] == n[1]:
		return n[2], n[1], n[0], nil
	}
	monthFirst, known := l.monthFirst()
	if !known {
		return 0, 0, 0, &Error{Want: fmt.Sprintf("%q can be read in two ways", s), Hint: "say the campaign's locale, en-GB or en-US, or write the date like 2026-03-31"}
	}
	if monthFirst {
		return n[2], n[0], n[1], nil
	}
	return n[2], n[1], n[0], nil
}

// monthFirst says in which order the locale writes 3/4/2026, when it is known:
// English without a country is not.
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

// namedDate reads 31 March 2026, March 31, 2026 and 31. März 2026.
func (l *Locale) namedDate(s string) (year, month, day int, ok bool) {
	for _, w := range dateWords(s) {
		n, err := strconv.Atoi(strings.TrimRight(w, "sterndh"))
		into := &day
		switch {
		case err != nil && (w == "de" || w == "of"):
			continue
		case err != nil:
			into, n = &month, l.monthOf(w)
		case n >= 1000:
			into = &year
		}
		if *into != 0 || n <= 0 || n > 9999 {
			return 0, 0, 0, false // said twice, or no word of a date
		}
		*into = n
	}
	return year, month, day, year > 0 && month > 0 && day > 0
}

func dateWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
}

// monthOf knows the locale's months and the English ones, whole or by their
// first letters, three at least; letters that begin two months are none.
func (l *Locale) monthOf(word string) int {
	word = Fold(word)
	for _, c := range l.calendars {
		if m := c.monthOf(word); m > 0 {
			return m
		}
	}
	return 0
}

func (c calendar) monthOf(folded string) int {
	found := 0
	for i, name := range c.months {
		month := Fold(name)
		switch {
		case folded == month:
			return i + 1
		case len(folded) < 3 || !strings.HasPrefix(month, folded):
		case found > 0:
			return 0
		default:
			found = i + 1
		}
	}
	return found
}
