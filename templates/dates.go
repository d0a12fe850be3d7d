package templates

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
)

// readDate reads a day as sheets write it: ISO 8601, with points or strokes in
// the locale's order, or with the month's name. The time of day, if there is
// one, is kept. What could be two different days is refused.
func (l *locale) readDate(text string) (time.Time, error) {
	s := trimSpace(text)
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
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
	return time.Time{}, &convertError{want: fmt.Sprintf("%q is not a date", shortened(text)), hint: "write it like 2026-03-31"}
}

// calendarDay refuses the 31st of April, which time.Date would move on.
func calendarDay(text string, year, month, day int) (time.Time, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return time.Time{}, &convertError{want: fmt.Sprintf("there is no day %q", shortened(text)), hint: "write it like 2026-03-31"}
	}
	return t, nil
}

// numericDate reads 31.3.2026, 31/03/2026 and their like. A year of 0 says it
// is not of that form.
func (l *locale) numericDate(s string) (year, month, day int, err error) {
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
		return 0, 0, 0, &convertError{want: fmt.Sprintf("the year of %q has not four digits", s), hint: "write the date like 2026-03-31"}
	case s[sign] == '.' || n[0] == n[1]:
		return n[2], n[1], n[0], nil
	}
	monthFirst, known := l.monthFirst()
	if !known {
		return 0, 0, 0, &convertError{want: fmt.Sprintf("%q can be read in two ways", s), hint: "say the campaign's locale, en-GB or en-US, or write the date like 2026-03-31"}
	}
	if monthFirst {
		return n[2], n[0], n[1], nil
	}
	return n[2], n[1], n[0], nil
}

// monthFirst says in which order the locale writes 3/4/2026, when it is known:
// English without a country is not.
func (l *locale) monthFirst() (monthFirst, known bool) {
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
func (l *locale) namedDate(s string) (year, month, day int, ok bool) {
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
func (l *locale) monthOf(word string) int {
	word = foldName(word)
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
		month := foldName(name)
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

// newDateFormat writes dates in a layout of Go's notation, with the locale's
// names of months and weekdays.
func newDateFormat(layout string, loc *locale) (formatter, error) {
	layout = unquoteLiterals(layout)
	if !namesADay(layout) {
		return nil, errors.New("a date is described by 2 January 2006, 02.01.2006 or Monday, or by d MMMM yyyy")
	}
	names := loc.calendars[0]
	if len(names.months) == 0 && containsAny(layout, "Jan", "Mon") {
		return nil, fmt.Errorf("the names of months and days are not known in %q; use numbers", loc.tag)
	}
	return func(text string) (string, error) {
		t, err := loc.readDate(text)
		if err != nil {
			return "", err
		}
		return names.write(t, layout), nil
	}, nil
}

// namesADay tries a layout on two days that differ in everything.
func namesADay(layout string) bool {
	one, other := time.Date(2019, 11, 28, 17, 18, 19, 0, time.UTC), time.Date(2024, 5, 7, 8, 9, 10, 0, time.UTC)
	return one.Format(layout) != layout && one.Format(layout) != other.Format(layout)
}

// goLayout turns a spreadsheet's date format into Go's: dd.mm.yyyy, d MMMM yyyy.
func goLayout(pattern string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		n := 1
		for i+n < len(pattern) && pattern[i+n] == pattern[i] {
			n++
		}
		word, ok := layoutWord(pattern[i], n)
		if !ok {
			return "", fmt.Errorf("%q means nothing in a date's format", pattern[i:i+n])
		}
		if word == "" {
			word = pattern[i : i+n]
		}
		b.WriteString(word)
		i += n
	}
	return b.String(), nil
}

// layoutWord is Go's word for n letters of a spreadsheet's; empty for what is
// no letter.
func layoutWord(letter byte, n int) (string, bool) {
	words := map[byte][]string{
		'd': {"2", "02", "Mon", "Monday"},
		'm': {"1", "01", "Jan", "January"},
		'e': {"Mon", "Mon", "Mon", "Monday"},
		'y': {"2006", "06", "2006", "2006"},
	}
	if !isASCIILetter(letter) {
		return "", true
	}
	known := words[letter|0x20]
	if n > len(known) {
		return "", false
	}
	return known[n-1], true
}
