package numfmt

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// take reads the item at the start of s and returns its length.
func (p *section) take(s string) int {
	switch c := s[0]; c {
	case '"':
		n := closing(s[1:], '"')
		// A quote without an end takes the rest of the code.
		p.add('L', 0, strings.TrimSuffix(s[1:1+n], `"`))
		return 1 + n
	case '[':
		n := closing(s[1:], ']')
		if inside, ok := strings.CutSuffix(s[1:1+n], "]"); ok {
			p.bracket(inside)
		} else {
			p.cannot("a bracket without an end")
		}
		return 1 + n
	case '\\':
		n := runeLen(s[1:])
		p.add('L', 0, s[1:1+n])
		return 1 + n
	case '_':
		// An underscore reserves the width of the next character. A blank is the nearest
		// text.
		p.add('L', 0, " ")
		return 1 + runeLen(s[1:])
	// An asterisk fills the width of the cell, which a text does not have.
	case '*':
		return 1 + runeLen(s[1:])
	case '0', '#', '?', '.', ',', '@', '%', '/':
		p.add(c, 1, s[:1])
		return 1
	}
	return p.word(s)
}

// word reads a word of letters, or else a literal character.
func (p *section) word(s string) int {
	lower := strings.ToLower(s[:min(len(s), 7)])
	switch {
	case strings.HasPrefix(lower, "general"):
		p.add('G', 1, "")
		return 7
	case strings.HasPrefix(lower, "am/pm"):
		p.add('P', 5, "")
		return 5
	case strings.HasPrefix(lower, "a/p"):
		p.add('P', 3, s[:1]+"|"+s[2:3])
		return 3
	case strings.HasPrefix(lower, "e+"), strings.HasPrefix(lower, "e-"):
		// E is an exponent only behind digits. In front of them it is the year of an era.
		if p.has('0', '#', '?') {
			p.add('X', 2, "")
			return 2
		}
	// B1 and B2 choose the Islamic calendar, and show nothing themselves.
	case lower[0] == 'b' && len(s) > 1 && (s[1] == '1' || s[1] == '2'):
		p.hijri = s[1] == '2'
		return 2
	}
	return p.letter(s)
}

// letter reads a letter and its repetitions. Their number decides the form: m, mm, mmm.
func (p *section) letter(s string) int {
	lower := s[0] | 0x20
	n := 1
	for n < len(s) && s[n]|0x20 == lower {
		n++
	}
	switch {
	case strings.IndexByte("yhdsbeg", lower) >= 0:
		p.add(lower, n, s[:n])
		return n
	case lower == 'm':
		p.add('M', n, s[:n])
		return n
	case lower == 'a' && n >= 3:
		p.add('a', n, s[:n])
		return n
	}
	// The halves of the day in another alphabet are one word.
	if n := halfDay(s); n > 0 {
		p.add('P', n, strings.Replace(s[:n], "/", "|", 1))
		return n
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case size == 1 && unicode.IsLetter(r):
		if r == 't' && len(p.items) == 0 {
			p.cannot("t in front, which asks for Thai digits on a Thai computer")
		}
		p.add('x', 1, s[:1])
	case unicode.IsLetter(r):
		p.add('u', 1, s[:size])
	default:
		p.add('L', 0, s[:size])
	}
	return size
}

// bracket reads the content of brackets: a currency, a language, a condition, elapsed time
// or numerals. Colours have no effect on the text.
func (p *section) bracket(s string) {
	lower := strings.ToLower(s)
	switch {
	case strings.HasPrefix(s, "$"):
		// The part behind the hyphen names language, calendar and digits.
		symbol, rest, _ := strings.Cut(s[1:], "-")
		if symbol != "" {
			p.add('L', 0, symbol)
		}
		p.merge(parseTag(rest, symbol != ""))
	case s != "" && strings.IndexByte("<>=", s[0]) >= 0:
		p.condition(s)
	case lower == "h", lower == "hh":
		p.add('H', len(s), s)
	case lower == "m", lower == "mm":
		p.add('N', len(s), s)
	case lower == "s", lower == "ss":
		p.add('S', len(s), s)
	case strings.HasPrefix(lower, "dbnum"):
		p.dbnum, _ = strconv.Atoi(lower[5:])
		if p.dbnum < 1 || p.dbnum > 3 {
			p.cannot("[" + s + "]")
		}
	// An unknown bracket may change the value. It must not pass as a colour.
	case !colour(lower):
		p.cannot("[" + s + "]")
	}
}

// colour reports whether a word in brackets only colours the cell.
func colour(s string) bool {
	switch s {
	case "black", "blue", "cyan", "green", "magenta", "red", "white", "yellow":
		return true
	}
	rest, ok := strings.CutPrefix(s, "color")
	n, err := strconv.Atoi(strings.TrimSpace(rest))
	return ok && err == nil && n > 0 && n <= 56
}

// condition reads a condition such as [<=9999999].
func (p *section) condition(s string) {
	n := len(s) - len(strings.TrimLeft(s, "<>="))
	limit, err := strconv.ParseFloat(strings.TrimSpace(s[n:]), 64)
	switch s[:n] {
	case "<", "<=", "=", "<>", ">", ">=":
		if err == nil {
			p.cond = s[:n]
			p.limit = limit
			return
		}
	}
	// The code is not refused yet: another section may apply to the number.
	p.cond = "bad"
}

// merge adds the language, calendar and digits of a bracket. A second bracket that says
// otherwise is a conflict.
func (p *section) merge(t tag) {
	switch {
	case !t.any():
	case !p.tag.any():
		p.tag = t
	case p.tag != t:
		p.tag.conflict = true
	}
}
