package numfmt

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// languages.tsv has a line for each language: its number in hexadecimal, its names, and the
// names of months, short months, days, short days and the halves of the day. A = points to
// a line with the same names. A ? stands for a name that is not known, or on which sources
// differ.
//
// The names come from excelize 2.11.0 (BSD-3-Clause). A few differ, because Excel or
// LibreOffice 7.4 writes them otherwise; a test lists those. Where the two programs differ
// in a less common language, the name is a ?.
//
//go:embed languages.tsv
var languageTable string

// language holds the names of months, days and halves of the day.
type language struct {
	id                                   uint16
	months, short, days, shortDays, half []string
}

// table finds languages by their number or their name.
type table struct {
	byID   map[uint16]*language
	byName map[string]*language
	halves []string // AM/PM as one word: 上午/下午
}

// languages returns the table. It is read on first use, since most workbooks need only
// English.
var languages = sync.OnceValue(readLanguages)

// readLanguages reads languages.tsv. A test reads every line, so errors are ignored here.
func readLanguages() *table {
	t := &table{byID: map[uint16]*language{}, byName: map[string]*language{}}
	seen := map[string]bool{}
	for line := range strings.Lines(languageTable) {
		field := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		id, err := strconv.ParseUint(field[0], 16, 16)
		if err != nil {
			continue
		}
		l := &language{id: uint16(id)}
		if other, ok := strings.CutPrefix(field[2], "="); ok {
			n, _ := strconv.ParseUint(other, 16, 16)
			*l = *t.byID[uint16(n)]
			l.id = uint16(id)
		} else {
			l.months, l.short = strings.Split(field[2], "|"), strings.Split(field[3], "|")
			l.days, l.shortDays = strings.Split(field[4], "|"), strings.Split(field[5], "|")
			l.half = strings.Split(field[6], "|")
		}
		t.byID[l.id] = l
		for name := range strings.FieldsSeq(field[1]) {
			t.byName[strings.ToLower(name)] = l
		}
		// The halves of foreign alphabets are recognised without quotes in a code. ASCII
		// ones would be mistaken for letters of a date.
		if pair := strings.Join(l.half, "/"); pair[0] >= utf8.RuneSelf && !strings.Contains(pair, "?") && !seen[pair] {
			seen[pair] = true
			t.halves = append(t.halves, pair)
		}
	}
	return t
}

// anyCountry returns a language for a country that is not listed. It holds the names that
// are the same in all listed countries, and nil for the languages whose countries differ
// much. It has no number, because nothing else is known of that country.
func (t *table) anyCountry(primary uint16) *language {
	switch first := t.byID[primary]; {
	case first == nil, primary == chinese, primary == japaneseWords, primary == koreanWords:
		return nil
	default:
		l := &language{months: first.months, short: first.short, days: first.days, shortDays: first.shortDays, half: first.half}
		for _, other := range t.byID {
			if other.id&0x3ff == primary {
				l.months, l.short = common(l.months, other.months), common(l.short, other.short)
				l.days, l.shortDays = common(l.days, other.days), common(l.shortDays, other.shortDays)
				l.half = common(l.half, other.half)
			}
		}
		return l
	}
}

// common returns the names on which two lists agree, and a ? for the others.
func common(a, b []string) []string {
	out := make([]string, len(a))
	for i := range a {
		if out[i] = "?"; a[i] == b[i] {
			out[i] = a[i]
		}
	}
	return out
}

// halfDay returns the length of AM/PM in another alphabet at the start of s: 上午/下午.
func halfDay(s string) int {
	if s[0] < utf8.RuneSelf {
		return 0
	}
	// The longest match wins: one pair may begin like another.
	best := 0
	for _, pair := range languages().halves {
		if len(pair) > best && strings.HasPrefix(s, pair) {
			best = len(pair)
		}
	}
	return best
}

// english returns the language of codes that name none. The reader reports that the names
// are English.
func english() *language { return languages().byID[0x409] }

// words returns the language for the names of a section, or nil if it is not known.
func (t tag) words() *language {
	switch {
	case t.calendar == 2: // the Gregorian calendar in English
		return english()
	case t.calendar > buddhist && t.calendar != hebrew && t.calendar != ummAlQura:
		return nil // the Gregorian calendar in French, or in the letters of another language
	case !t.said:
		return english()
	}
	return t.language
}

// monthName returns the name of a month, or "" if it is not known. n is 3 for the short
// name, 4 for the whole name, and 5 for its first letter.
func (t tag) monthName(month, n int) string {
	l := t.words()
	if l == nil {
		return ""
	}
	if n == 3 {
		return known(l.short[month-1])
	}
	whole := known(l.months[month-1])
	if n == 5 {
		return initial(whole)
	}
	// Slavic languages decline months. Without a form in the tag the name is the nominative.
	switch {
	case t.month == 'g' && t.primary() == russian:
		return genitives("января февраля марта апреля мая июня июля августа сентября октября ноября декабря", month)
	case t.month == 'g' && t.primary() == ukrainian:
		return genitives("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня", month)
	// The forms of names in other languages are not known.
	case t.month != 0 && t.primary() != russian && t.primary() != ukrainian:
		return ""
	}
	return whole
}

// genitives returns the name of a month from a list of twelve.
func genitives(names string, month int) string { return strings.Fields(names)[month-1] }

// initial returns the first letter of a name. In scripts without separate letters there is
// none.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	if !unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian) || strings.Contains(name, " ") {
		return ""
	}
	return string(r)
}

// dayName returns the name of a weekday, or "" if it is not known.
func (t tag) dayName(weekday int, short bool) string {
	l := t.words()
	switch {
	case l == nil:
		return ""
	case short:
		return known(l.shortDays[weekday])
	}
	return known(l.days[weekday])
}

// known returns a name, and "" for a ?.
func known(name string) string {
	if name == "?" {
		return ""
	}
	return name
}
