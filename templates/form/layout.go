package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// unit is the part of a date that a piece of a format writes. The zero value is text.
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

// part is a piece of a date format: a word of Go's layouts, or text.
type part struct {
	unit unit
	word string  // of Go's layouts
	text pattern // where it is text
}

// element is a word of Go's layouts.
type element struct {
	word string
	unit unit
}

// elements lists the words. Of two words that begin alike the longer one comes first.
func elements() []element {
	return []element{
		{"January", month}, {"Jan", month}, {"Monday", weekday}, {"Mon", weekday}, {"MST", zone},
		{"2006", year}, {"002", day}, {"01", month}, {"02", day}, {"03", halfHour}, {"04", minute}, {"05", second}, {"06", year},
		{"15", hour}, {"_2", day}, {"1", month}, {"2", day}, {"3", halfHour}, {"4", minute}, {"5", second},
		{"PM", half}, {"pm", half}, {"Z07", zone}, {"-07", zone}, {"+07", zone},
	}
}

// elementAt returns the word of Go's layouts at a place. A short name followed by a small
// letter is another word: "Monate" is not Monday.
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

// isLayout reports whether a format uses Go's notation, which shows in digits other than 0
// or in a name.
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

// layoutParts splits a layout of Go's notation into its parts.
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

// spreadsheetParts splits a date format of a spreadsheet into its parts: dd.mm.yyyy, d MMMM
// yyyy.
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
		// Copying an unknown letter would put it into every video.
		if !ok {
			return nil, fmt.Errorf("%q means nothing in a date's format", string(p.runes[i:i+n]))
		}
		parts = append(parts, part{unit: known.unit, word: known.word})
		i += n
	}
	return parts, nil
}

// appendText adds a character to the text at the end. Characters are joined, so that whole
// words can be checked.
func appendText(parts []part, p pattern, at int) []part {
	if len(parts) == 0 || parts[len(parts)-1].unit != words {
		parts = append(parts, part{})
	}
	last := &parts[len(parts)-1]
	last.text.add(p.runes[at], p.quoted[at])
	return parts
}

// layoutWord returns Go's word for n equal letters of a spreadsheet.
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

// newDateFormat returns a format that writes dates by their parts, with the locale's names
// of months and weekdays.
func newDateFormat(parts []part, loc *Locale) (Format, error) {
	if err := obeyable(parts); err != nil {
		return nil, err
	}
	// All checks run once, before any row. The returned function can fail only because of a
	// row.
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

// write returns the part for a date. Names come from the locale, since time.Format knows
// English only.
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

// obeyable refuses a format whose parts do not make a date. Most often it is a date that
// somebody wrote as an example, or a code of another program.
func obeyable(parts []part) error {
	count := map[unit]int{}
	for i, p := range parts {
		count[p.unit]++
		if i == 0 || p.unit == words {
			continue
		}
		before := parts[i-1]
		// "12" is a 1 and a 2 in Go's notation. Two single digits side by side are surely
		// meant as a number.
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

// obeyableDay checks the units of the day.
func obeyableDay(count map[unit]int) error {
	// A format must have a day, a month or a weekday, and each of them once.
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

// obeyableClock checks the units of the time of day.
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

// errNoClock explains digits that are minutes or seconds in Go's notation, and were meant
// as a month or a day.
func errNoClock() error {
	return errors.New("04 is the minute and 05 the second; a date is described by the 2nd of January 2006: 02.01.2006")
}

// digits reports whether the part is written in digits.
func (p part) digits() bool { return p.unit != words && p.unit != half && !p.isName() }

// textFault refuses unquoted text that looks like a code which would not be obeyed.
func textFault(parts []part, at int) error {
	text := parts[at].text
	if parts[at].unit != words {
		return nil
	}
	if err := text.foreign("%0123456789$"); err != nil {
		return err
	}
	// The text is checked word by word. A word that touches a part of the date is more
	// suspicious than one apart.
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

// wordFault refuses a word that a program would read as a code, or a person as part of the
// date: MMMM, D, Januar, 2nd.
func wordFault(word string, touches bool, before unit) error {
	runes := []rune(word)
	latinWord := !slices.ContainsFunc(runes, func(r rune) bool { return !latin(r) })
	repeated := len(runes) > 1 && strings.Trim(strings.ToLower(word), strings.ToLower(word[:len(string(runes[0]))])) == ""
	isClock := before == hour || before == halfHour
	// Some single letters are words, such as "a" and "y". T and h stand between the parts
	// of a time.
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
