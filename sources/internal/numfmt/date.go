package numfmt

import (
	"strconv"
	"strings"
)

// settleDate settles a section of dates and times. The order matters: seconds and minutes
// must be told apart from points and months before the items are counted.
func (p *section) settleDate() {
	p.kind = Time
	// Two brackets may name two languages. Programs do not agree on which one wins.
	if p.tag.conflict {
		p.cannot("which of two languages it is in")
	}
	if p.tag.unknown != "" {
		p.cannot(p.tag.unknown)
	}
	p.asciiLetters()
	p.seconds()
	p.minutes()
	for i, it := range p.items {
		p.settleItem(i, it)
	}
	if p.day {
		p.kind = Date
	}
	// Hours that have passed can exceed a day. Beside a date or AM/PM, programs show
	// different hours.
	if p.elapsed && (p.day || p.twelve) {
		p.cannot("time that has passed beside a day or AM/PM")
	}
	if p.has('0', '#', '?', 'X', '%', '@', 'G') {
		p.cannot("places for digits beside dates")
		p.kind = Number
	}
	p.halves()
	p.settleCalendar()
	p.checkNumerals()
}

// asciiLetters refuses unquoted letters that mean nothing. Letters of other alphabets are
// text: 年.
func (p *section) asciiLetters() {
	for _, it := range p.items {
		if it.kind == 'x' {
			p.cannot("the letter " + strconv.Quote(it.text))
			return
		}
	}
}

// seconds joins a point and the zeros behind seconds. Together they are parts of a second.
func (p *section) seconds() {
	// A new slice: the items are still read while others are joined.
	kept := p.items[:0:0]
	for i := 0; i < len(p.items); i++ {
		it := p.items[i]
		if it.kind != '.' {
			kept = append(kept, it)
			continue
		}
		n := 0
		for i+1+n < len(p.items) && p.items[i+1+n].kind == '0' {
			n++
		}
		last := len(kept) - 1
		// A point that does not follow seconds is a plain character.
		if n == 0 || last < 0 || kept[last].kind != 's' && kept[last].kind != 'S' {
			kept = append(kept, item{kind: 'L', text: "."})
			continue
		}
		// Programs show at most thousandths, and only one length within a section.
		if n > 3 || p.places > 0 && p.places != n {
			p.cannot("parts of seconds of this form")
		}
		p.places = max(p.places, min(n, 3))
		kept = append(kept, item{kind: 'f', n: n})
		i += n
	}
	p.items = kept
}

// minutes turns months into minutes where they follow hours or precede seconds. The code
// uses the same letter m for both.
func (p *section) minutes() {
	last := -1
	for i := range p.items {
		switch p.items[i].kind {
		case 'M':
			if last >= 0 && strings.IndexByte("hHsS", p.items[last].kind) >= 0 && p.items[i].n <= 2 {
				p.items[i].kind = 'm'
			}
		case 's', 'S':
			if last >= 0 && p.items[last].kind == 'M' && p.items[last].n <= 2 {
				p.items[last].kind = 'm'
			}
		// Any other part of a date ends the neighbourhood of an hour. Literals between them
		// do not.
		case 'y', 'd', 'h', 'b', 'e', 'g', 'a', 'H', 'N':
		default:
			continue
		}
		last = i
	}
}

// settleItem notes which parts of a moment the item shows. It refuses lengths that programs
// do not know.
func (p *section) settleItem(i int, it item) {
	most := 2
	switch it.kind {
	case 'y':
		p.day = true
		most = it.n
	case 'd', 'M':
		// A name needs a language. Without one it is English, which the caller reports.
		p.day = true
		most = it.n
		p.named = p.named || it.n > 2
	case 'b':
		p.day = true
		most = 4
	case 'e':
		p.day = true
	case 'g':
		p.day = true
		most = 3
	case 'a':
		p.day = true
		most = 4
	case 'h', 'm', 's':
		p.clock = true
	case 'H', 'N', 'S':
		p.clock, p.elapsed = true, true
	case 'P':
		p.clock, p.twelve = true, true
		return
	// The date separator depends on the language, so it is resolved while writing.
	case '/':
		p.slash = true
		return
	case 'u', ',':
		p.items[i] = item{kind: 'L', text: it.text}
		return
	default:
		return
	}
	if it.n > most {
		p.cannot(strconv.Quote(it.text))
	}
}

// halves checks AM and PM. Two foreign letters around a slash may be the halves of a day in
// an unknown language, so they are refused.
func (p *section) halves() {
	for i, it := range p.items {
		// Without a time in the section the slash is the separator of a date.
		if it.kind == '/' && i > 0 && i+1 < len(p.items) && foreign(p.items[i-1]) && foreign(p.items[i+1]) && p.clock {
			p.cannot(strconv.Quote(p.items[i-1].text + "/" + p.items[i+1].text))
		}
	}
	if !p.has('P') {
		return
	}
	if l := p.tag.words(); l == nil {
		p.cannot("AM/PM of its language")
	}
}

// foreign reports whether an item is an unquoted letter beyond ASCII.
func foreign(it item) bool {
	return it.kind == 'L' && it.n == 0 && it.text != "" && it.text[0] >= 0x80
}

// date writes a moment, item by item.
func (p *section) date(m moment) (string, error) {
	var b strings.Builder
	// Only the date system of 1904 has negative times.
	if m.negative && m.units > 0 {
		b.WriteByte('-')
	}
	for i, it := range p.items {
		s, err := p.datePart(it, i, m)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// datePart writes one item of a moment.
func (p *section) datePart(it item, i int, m moment) (string, error) {
	switch it.kind {
	case 'L':
		return it.text, nil
	case '/':
		// An unknown separator is written as /; the caller reports that.
		if s := p.tag.separator(); s != "" {
			return s, nil
		}
		return "/", nil
	case 'y', 'b', 'e', 'g':
		return p.year(it, i, m.at)
	case 'M', 'd', 'a':
		return p.dayPart(it, m)
	case 'P':
		return p.half(it, m.at.Hour() >= 12)
	case 'f':
		units := p.perSecond()
		return "." + p.native(pad(m.units%units, it.n)), nil
	case 'h', 'm', 's', 'H', 'N', 'S':
		n := p.clockPart(it.kind, m)
		// Programs write 十二时 or 一十二时.
		if p.dbnum == 1 && p.tag.primary() == chinese && n >= 10 && n < 20 {
			return "", p.unsure(n)
		}
		return p.numeral(n, it.n, false)
	}
	return "", &UnknownError{Part: strconv.Quote(it.text)}
}

// dayPart writes a month, a day of the month or a day of the week.
func (p *section) dayPart(it item, m moment) (string, error) {
	name := ""
	switch {
	case it.kind == 'a' && it.n == 3, it.kind == 'd' && it.n == 3:
		name = p.tag.dayName(m.weekday, true)
	case it.kind == 'a', it.kind == 'd' && it.n > 3:
		name = p.tag.dayName(m.weekday, false)
	case it.kind == 'd':
		return p.numeral(int64(m.at.Day()), it.n, false)
	case it.n <= 2:
		return p.numeral(int64(m.at.Month()), it.n, false)
	default:
		name = p.tag.monthName(int(m.at.Month()), it.n)
	}
	// A missing name must not leave a gap in the date.
	if name == "" {
		return "", &UnknownError{Part: "a name for " + strconv.Quote(it.text) + " in its language"}
	}
	return name, nil
}

// half writes AM or PM. The names come from the code, or from the section's language.
func (p *section) half(it item, afternoon bool) (string, error) {
	names := strings.Split(it.text, "|")
	if it.text == "" {
		names = p.tag.words().half
	}
	name := known(names[0])
	if afternoon {
		name = known(names[1])
	}
	if name == "" {
		return "", &UnknownError{Part: "AM/PM in its language"}
	}
	return name, nil
}

// perSecond returns how many of the smallest shown parts make a second.
func (p *section) perSecond() int64 {
	n := int64(1)
	for range p.places {
		n *= 10
	}
	return n
}

// clockPart returns hours, minutes or seconds. Beside [h], an h counts all hours as well;
// the same holds for m and s.
func (p *section) clockPart(kind byte, m moment) int64 {
	seconds := m.units / p.perSecond()
	switch kind {
	case 'H', 'N', 'S':
	// The elapsed form elsewhere in the section turns this item into one.
	default:
		if p.has(map[byte]byte{'h': 'H', 'm': 'N', 's': 'S'}[kind]) {
			kind = map[byte]byte{'h': 'H', 'm': 'N', 's': 'S'}[kind]
		}
	}
	switch kind {
	case 'H':
		return seconds / 3600
	case 'N':
		return seconds / 60
	case 'S':
		return seconds
	case 'm':
		return seconds / 60 % 60
	case 's':
		return seconds % 60
	}
	hour := seconds / 3600 % 24
	// Hour 0 is 12 on a clock of twelve hours.
	if p.twelve {
		return (hour+11)%12 + 1
	}
	return hour
}

// pad writes a number with leading zeros.
func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	if len(s) < width {
		return strings.Repeat("0", width-len(s)) + s
	}
	return s
}
