package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// unit is what a part of a date's format writes. The zero value is text.
type unit uint8

const (
	words unit = iota
	year
	month
	day
	weekday
	hour
	halfHour // of a clock of twelve hours
	minute
	second
	half // am or pm
	zone
)

// part is a piece of a date's format: a word of Go's layouts, or text.
type part struct {
	unit unit
	word string  // of Go's layouts
	text pattern // where it is text
}

// element is a word of Go's layouts; those that begin alike stand with the longest first.
type element struct {
	word string
	unit unit
}

func elements() []element {
	return []element{
		{"January", month}, {"Jan", month}, {"Monday", weekday}, {"Mon", weekday}, {"MST", zone},
		{"2006", year}, {"002", day}, {"01", month}, {"02", day}, {"03", halfHour}, {"04", minute}, {"05", second}, {"06", year},
		{"15", hour}, {"_2", day}, {"1", month}, {"2", day}, {"3", halfHour}, {"4", minute}, {"5", second},
		{"PM", half}, {"pm", half}, {"Z07", zone}, {"-07", zone}, {"+07", zone},
	}
}

// elementAt is the word of Go's layouts at a place. The short names end at a capital or
// at no letter: Monate are no Mondays.
func elementAt(p pattern, at int) (element, bool) {
	for _, e := range elements() {
		if !p.follows(at, e.word) {
			continue
		}
		next := at + len(e.word)
		if (e.word == "Jan" || e.word == "Mon") && next < len(p.runes) && unicode.IsLower(p.runes[next]) {
			continue
		}
		return e, true
	}
	return element{}, false
}

// isLayout reports whether a format is in Go's notation: it has digits other than 0, or
// a name.
func isLayout(p pattern) bool {
	for i := range p.runes {
		if p.is(i, "123456789") {
			return true
		}
		if e, ok := elementAt(p, i); ok && (e.unit == month || e.unit == weekday) {
			return true
		}
	}
	return false
}

// layoutParts takes a layout of Go's notation apart.
func layoutParts(p pattern) []part {
	var parts []part
	for i := 0; i < len(p.runes); {
		if e, ok := elementAt(p, i); ok {
			parts = append(parts, part{unit: e.unit, word: e.word})
			i += len(e.word)
			continue
		}
		parts = appendText(parts, p, i)
		i++
	}
	return parts
}

// spreadsheetParts takes a spreadsheet's date format apart: dd.mm.yyyy, d MMMM yyyy.
func spreadsheetParts(p pattern) ([]part, error) {
	var parts []part
	for i := 0; i < len(p.runes); {
		if p.quoted[i] || p.runes[i] >= unicode.MaxASCII || !isASCIILetter(byte(p.runes[i])) {
			parts = appendText(parts, p, i)
			i++
			continue
		}
		n := 1
		for p.is(i+n, string(p.runes[i])) {
			n++
		}
		known, ok := layoutWord(byte(p.runes[i]), n)
		if !ok {
			return nil, fmt.Errorf("%q means nothing in a date's format", string(p.runes[i:i+n]))
		}
		parts = append(parts, part{unit: known.unit, word: known.word})
		i += n
	}
	return parts, nil
}

// appendText adds a character to the text at the end.
func appendText(parts []part, p pattern, at int) []part {
	if len(parts) == 0 || parts[len(parts)-1].unit != words {
		parts = append(parts, part{})
	}
	last := &parts[len(parts)-1]
	last.text.add(p.runes[at], p.quoted[at])
	return parts
}

// layoutWord is Go's word for n letters of a spreadsheet's.
func layoutWord(letter byte, n int) (element, bool) {
	known := map[byte][]element{
		'd': {{"2", day}, {"02", day}, {"Mon", weekday}, {"Monday", weekday}},
		'm': {{"1", month}, {"01", month}, {"Jan", month}, {"January", month}},
		'e': {{"Mon", weekday}, {"Mon", weekday}, {"Mon", weekday}, {"Monday", weekday}},
		'y': {{"2006", year}, {"06", year}, {"2006", year}, {"2006", year}},
	}[letter|0x20]
	if n > len(known) {
		return element{}, false
	}
	return known[n-1], true
}

// newDateFormat writes dates by their parts, with the locale's names of months and
// weekdays.
func newDateFormat(parts []part, loc *Locale) (Format, error) {
	if err := obeyable(parts); err != nil {
		return nil, err
	}
	names := loc.calendars[0]
	for i, p := range parts {
		if p.isName() && len(names.months) == 0 {
			return nil, fmt.Errorf("the names of months and days are not known in %q; use numbers", loc.tag)
		}
		if err := textFault(parts, i); err != nil {
			return nil, err
		}
	}
	return func(text string) (string, error) {
		t, err := loc.ReadDate(text)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p.write(t, names))
		}
		return b.String(), nil
	}, nil
}

// isName reports whether the part is a month or weekday in letters.
func (p part) isName() bool {
	return strings.HasPrefix(p.word, "Jan") || strings.HasPrefix(p.word, "Mon")
}

func (p part) write(t time.Time, names calendar) string {
	switch m, d := int(t.Month())-1, int(t.Weekday()); {
	case p.unit == words:
		return string(p.text.runes)
	case p.word == "January":
		return names.months[m]
	case p.word == "Jan":
		return names.shortMonths[m]
	case p.word == "Monday":
		return names.weekdays[d]
	case p.word == "Mon":
		return names.shortWeekdays[d]
	}
	return t.Format(p.word)
}

// obeyable refuses a date's format whose parts do not make a date: it is most often a
// date that a person wrote as an example, or a code of another program.
func obeyable(parts []part) error {
	count := map[unit]int{}
	for i, p := range parts {
		count[p.unit]++
		if i == 0 || p.unit == words {
			continue
		}
		before := parts[i-1]
		switch {
		case p.digits() && before.digits() && (len(p.word) == 1 || len(before.word) == 1):
			return fmt.Errorf("%s and %s stand side by side; a date is described by the 2nd of January 2006: 2 January 2006 or 02.01.2006", before.word, p.word)
		case p.unit == before.unit:
			return fmt.Errorf("%s and %s say the same", before.word, p.word)
		}
	}
	if err := obeyableDay(count); err != nil {
		return err
	}
	return obeyableClock(count)
}

// obeyableDay looks at the units of the day.
func obeyableDay(count map[unit]int) error {
	days := count[day] + count[month]
	clock := count[hour] + count[halfHour]
	switch {
	case count[year]+days+count[weekday]+clock == 0:
		return errors.New("a date is described by 2 January 2006, 02.01.2006 or Monday, or by d MMMM yyyy")
	case count[zone] > 0:
		return errors.New("the zone of a time is not written; leave it out")
	case count[year] > 0 && days > 1 && min(count[day], count[month]) == 0:
		return errors.New("the day or the month is there twice; a date is described by the 2nd of January 2006: 02.01.2006")
	case count[year] > 0 && clock > 0 && days+count[weekday] == 0:
		return errNoClock()
	}
	return nil
}

// obeyableClock looks at the units of the time of day.
func obeyableClock(count map[unit]int) error {
	switch {
	case count[halfHour] > 0 && count[half] == 0:
		return errors.New("3 is the hour on a clock of twelve hours, and needs PM; 15 is the hour of the day")
	case count[halfHour] == 0 && count[half] > 0:
		return errors.New("PM needs the hour on a clock of twelve hours, 3; with 15 leave it out")
	case count[minute] > 0 && count[hour]+count[halfHour] == 0, count[second] > 0 && count[minute] == 0:
		return errNoClock()
	}
	return nil
}

func errNoClock() error {
	return errors.New("04 is the minute and 05 the second; a date is described by the 2nd of January 2006: 02.01.2006")
}

// digits reports whether the part is written in digits.
func (p part) digits() bool { return p.unit != words && p.unit != half && !p.isName() }

// textFault refuses text outside of quotes that looks like a code nobody obeys.
func textFault(parts []part, at int) error {
	text := parts[at].text
	if parts[at].unit != words {
		return nil
	}
	if err := text.foreign("%0123456789$"); err != nil {
		return err
	}
	for from := 0; from < len(text.runes); {
		to := from
		for to < len(text.runes) && !text.quoted[to] && unicode.IsLetter(text.runes[to]) {
			to++
		}
		if to == from {
			from++
			continue
		}
		touches := from == 0 && at > 0 || to == len(text.runes) && at+1 < len(parts)
		if err := wordFault(string(text.runes[from:to]), touches, parts[max(at-1, 0)].unit); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// wordFault refuses a word that a program would take for a code, or a person for the
// date itself: MMMM, D, Januar, 2nd.
func wordFault(word string, touches bool, before unit) error {
	runes := []rune(word)
	latinWord := !slices.ContainsFunc(runes, func(r rune) bool { return !latin(r) })
	repeated := len(runes) > 1 && strings.Trim(strings.ToLower(word), strings.ToLower(word[:len(string(runes[0]))])) == ""
	isClock := before == hour || before == halfHour
	switch {
	case word == "T", isClock && (word == "h" || word == "H"):
		return nil
	case touches && latinWord:
		return fmt.Errorf("%q touches a part of the date; put it into quotes if it is to stand in the text", word)
	case repeated, latinWord && len(runes) == 1 && !strings.Contains("aeiouyhwzàó", word):
		return fmt.Errorf("%q means nothing in this format; a date is described by 2 January 2006, or by d MMMM yyyy alone", word)
	case isMonthOrDay(word):
		return fmt.Errorf("%q is always written as it is; January and Monday stand for the names of the locale", word)
	}
	return nil
}
