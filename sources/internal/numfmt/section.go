package numfmt

import (
	"slices"
	"strconv"
	"strings"
)

// section is one of up to four parts of a format code.
type section struct {
	items   []item
	kind    Kind
	general bool // it has General, or an @ that a number takes as General

	cond  string // "<", "<=", "=", "<>", ">", ">=" or ""
	limit float64

	ints     int // places for digits before the decimal point
	fracs    int // and behind it
	thousand bool
	scale    int  // powers of ten to multiply with: 2 for %, -3 for a trailing comma
	fraction bool // there is a / between places for digits: "# ?/?"

	day, clock, elapsed, twelve bool // of dates: it shows days, a time, time that has passed, AM or PM
	named, slash                bool // it shows a name, a date separator
	places                      int  // digits of parts of a second
	tag                         tag
	dbnum                       int  // Chinese numerals: 1, 2, 3, or 0
	hijri                       bool // B2
	system                      bool

	unknown string // the unknown part of it; "" if all is known
	plain   bool   // and the plain number says the same
}

// item is a part of a section. Its kind is
//
//	L           literal text
//	x u         an unquoted letter, of ASCII or another
//	0 # ?       a place for a digit
//	. , % / X   point, comma, percent, slash, exponent
//	@ G         the text, General
//	y M d h s   year, month, day, hour, second; m is minutes
//	b e g a     Buddhist year, year of an era, name of the era, weekday
//	H N S       all hours, minutes, seconds that have passed
//	f           parts of a second
//	P           AM or PM; the text has their names
type item struct {
	kind byte
	n    int // how often the letter stands there
	text string
}

// place reports whether the item is a place for a digit.
func (it item) place() bool { return it.kind == '0' || it.kind == '#' || it.kind == '?' }

// splitSections cuts a code at each semicolon that is not quoted or escaped.
func splitSections(code string) []string {
	var out []string
	from := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += closing(code[i+1:], '"')
		case '[':
			i += closing(code[i+1:], ']')
		// A character behind one of these is text, even if it is a semicolon.
		case '\\', '_', '*':
			i += runeLen(code[i+1:])
		case ';':
			out = append(out, code[from:i])
			from = i + 1
		}
	}
	return append(out, code[from:])
}

// closing returns the number of bytes up to and including a mark, or all of them.
func closing(s string, mark byte) int {
	if i := strings.IndexByte(s, mark); i >= 0 {
		return i + 1
	}
	return len(s)
}

// runeLen returns the length of the first character.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// parseSection reads one section and settles its meaning.
func parseSection(s string) *section {
	p := &section{}
	for i := 0; i < len(s); {
		i += p.take(s[i:])
	}
	p.settle()
	return p
}

// add appends an item.
func (p *section) add(kind byte, n int, text string) {
	p.items = append(p.items, item{kind: kind, n: n, text: text})
}

// cannot notes an unknown part. Only the first one is kept, since one is enough for the
// message.
func (p *section) cannot(what string) {
	if p.unknown == "" {
		p.unknown = what
	}
}

// has reports whether the section has an item of one of the kinds.
func (p *section) has(kinds ...byte) bool {
	for _, it := range p.items {
		if strings.IndexByte(string(kinds), it.kind) >= 0 {
			return true
		}
	}
	return false
}

// settle finds the meaning of the section. It runs once per code, so that each cell only
// writes.
func (p *section) settle() {
	switch {
	case p.tag.system != 0:
		p.kind = Time
		p.system = true
		p.clock, p.day = p.tag.system == 't', p.tag.system == 'd'
		if p.day {
			p.kind = Date
		}
		// The code beside such a tag has no effect, so its unknown parts have none either.
		p.unknown = ""
	// One letter of a date makes the whole section a date, even beside digits.
	case p.has('y', 'M', 'd', 'h', 's', 'b', 'e', 'g', 'a', 'H', 'N', 'S', 'P'):
		p.settleDate()
	case p.has('G', '@'):
		p.general = true
		p.settleGeneral()
	default:
		p.kind = Number
		p.settleNumber()
	}
	// The condition was unreadable. Clearing it lets the section be picked, and then
	// refused.
	if p.cond == "bad" {
		p.cond = ""
		p.cannot("a condition without a number")
	}
}

// settleGeneral settles a section with General or a text.
func (p *section) settleGeneral() {
	if p.has('0', '#', '?', 'X') {
		p.cannot("General beside places for digits")
	}
	if p.has('x') && !p.has('@') {
		p.letters()
	}
	if p.numerals() && !p.has('@') {
		p.checkNumerals()
	}
	// The remaining characters have no meaning here. They are text.
	for i, it := range p.items {
		switch it.kind {
		case 'x', 'u', '.', ',', '%', '/':
			p.items[i] = item{kind: 'L', text: it.text}
		}
	}
	if len(p.items) > 1 || p.numerals() {
		p.kind = Number
	}
}

// settleNumber settles a section of digits.
func (p *section) settleNumber() {
	if p.has('X') {
		p.plain = true
		p.cannot("scientific notation")
	}
	if !p.has('0', '#', '?') && p.has('x', 'u') {
		p.letters()
	}
	if p.hijri {
		p.cannot("B2 beside digits")
	}
	// Each % multiplies by a hundred and is also shown.
	for i, it := range p.items {
		switch it.kind {
		case '%':
			p.scale += 2
			p.items[i] = item{kind: 'L', text: "%"}
		case 'x', 'u':
			p.items[i] = item{kind: 'L', text: it.text}
		case '/':
			// A slash between digits makes a fraction. Anywhere else it is text.
			if p.between(i) {
				p.fraction = true
				continue
			}
			p.items[i] = item{kind: 'L', text: "/"}
		}
	}
	p.commas()
	if p.numerals() {
		p.checkNumerals()
	}
	// Only forms that are known exactly may be written.
	if p.fraction && p.unknown == "" {
		if _, ok := p.parts(); !ok {
			p.plain = true
			p.cannot("a fraction of this form")
		}
	}
}

// between reports whether an item stands between places for digits, or before the digits of
// a denominator.
func (p *section) between(i int) bool {
	digit := func(it item) bool { return it.place() || it.kind == 'L' && it.text >= "1" && it.text <= "9" }
	return slices.ContainsFunc(p.items[:i], item.place) && slices.ContainsFunc(p.items[i+1:], digit)
}

// letters refuses letters without a meaning.
func (p *section) letters() {
	for _, it := range p.items {
		if it.kind == 'x' || it.kind == 'u' {
			p.cannot("the letter " + strconv.Quote(it.text))
			return
		}
	}
}

// commas decides the meaning of each comma: it groups thousands, divides by a thousand, or
// is text. It also counts the places for digits.
func (p *section) commas() {
	point := false
	last := -1
	for i, it := range p.items {
		switch {
		case it.kind == '.':
			// Only the first point is the decimal point.
			if point {
				p.items[i] = item{kind: 'L', text: "."}
			}
			point = true
		case it.place():
			last = i
			if point {
				p.fracs++
			} else {
				p.ints++
			}
		}
	}
	// The loop above counted all places, so this one may reuse the slice.
	kept := p.items[:0]
	seen, behind := false, false
	for i, it := range p.items {
		switch {
		case it.kind != ',':
			seen = seen || it.place()
			behind = behind || it.kind == '.'
			kept = append(kept, it)
		// A comma in front of all places is text, one behind them divides by a thousand.
		case !seen:
			kept = append(kept, item{kind: 'L', text: ","})
		case i > last:
			p.scale -= 3
		case !behind:
			p.scaleOrGroup(i)
		}
	}
	p.items = kept
}

// scaleOrGroup decides on a comma between places for digits. Directly before the point it
// divides, otherwise it groups.
func (p *section) scaleOrGroup(at int) {
	for _, it := range p.items[at+1:] {
		switch it.kind {
		case ',':
			continue
		case '.':
			p.scale -= 3
			return
		}
		break
	}
	p.thousand = true
}
