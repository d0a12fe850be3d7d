package speech

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain removes the markup of a text and writes its digits as 0 to 9. It also returns the
// seconds of silence that the markup asks for. A text without either is returned as it is,
// which costs no memory.
func plain(text string) (clean string, asked float64) {
	if !needsPlain(text) {
		return text, 0
	}
	return cleaned(text)
}

// cleaned does the work of [plain] for any text.
func cleaned(text string) (clean string, asked float64) {
	var b strings.Builder
	for i, skip := 0, 0; i < len(text); i += skip {
		part, seconds, size := markup(text[i:])
		if size == 0 {
			r, n := utf8.DecodeRuneInString(text[i:])
			// Invalid bytes become a mark that is not heard.
			b.WriteRune(digitOf(r))
			skip = n
			continue
		}
		b.WriteString(part)
		asked += seconds
		skip = size
	}
	return b.String(), asked
}

// hint says what a byte may be the start of, as a set. Nearly every text has none, which
// takes one look at each byte to see.
type hint uint8

const (
	opens  hint = 1 << iota // a tag, or a pause in brackets
	and                     // an entity, if a semicolon comes, too
	closes                  // the end of an entity
	far                     // a letter or digit from Arabic on
)

// hints has the hint of each byte.
var hints = func() (all [256]hint) {
	all['<'], all['['], all['&'], all[';'] = opens, opens, and, closes
	for b := firstFar; b < len(all); b++ {
		all[b] = far
	}
	return all
}()

// firstFar is the first byte of U+0660, the first digit of another script.
const firstFar = 0xd9

// needsPlain reports whether a text may have markup, entities or other digits. Most texts
// have none, and are not copied.
func needsPlain(text string) bool {
	var seen hint
	for i := range len(text) {
		seen |= hints[text[i]]
	}
	const entity = and | closes // "Smith & Co" is plain
	return seen&opens != 0 || seen&entity == entity || seen&far != 0 && strings.IndexFunc(text, isOtherDigit) >= 0
}

// markup reads a tag, an entity or a pause in square brackets at the start of s. It returns
// the text to say instead, the silence it asks for, and its size, or 0 if there is none.
func markup(s string) (instead string, seconds float64, size int) {
	switch s[0] {
	case '<':
		return tag(s)
	case '[':
		return bracket(s)
	case '&':
		// The longest common entity is short. A longer search would be slow in a text full
		// of &.
		if end := strings.IndexByte(s[:min(len(s), 12)], ';'); end > 1 {
			if said := html.UnescapeString(s[:end+1]); said != s[:end+1] {
				return said, 0, end + 1
			}
		}
	}
	return "", 0, 0
}

// tag reads a tag. <break time="2s"/> is silence, <p> and <br> end a sentence, and all
// others make no sound.
func tag(s string) (instead string, seconds float64, size int) {
	end := strings.IndexAny(s[1:min(len(s), longestTag)], "<>") + 1
	// "a < b" is no tag. The sign stays and is not heard.
	if end < 2 || s[end] != '>' || s[1] != '/' && !isASCIILetter(rune(s[1])) {
		return "", 0, 0
	}
	name := strings.Trim(strings.ToLower(s[1:end]), "/ ")
	name, rest, _ := strings.Cut(name, " ")
	switch name {
	case "break", "pause":
		if seconds := secondsIn(rest); seconds > 0 {
			return " ", seconds, end + 1
		}
		// A pause without a length is like the end of a sentence.
		return "\n", 0, end + 1
	case "p", "br", "s", "li", "div", "h1", "h2", "h3":
		return "\n", 0, end + 1
	}
	return "", 0, end + 1
}

const longestTag = 400 // bytes

// bracket reads [pause 2s] as silence. Any other text in square brackets is spoken.
func bracket(s string) (instead string, seconds float64, size int) {
	end := strings.IndexByte(s[:min(len(s), 24)], ']')
	if end < 0 {
		return "", 0, 0
	}
	inner := strings.ToLower(s[1:end])
	word := strings.TrimLeft(inner, " ")
	for _, name := range []string{"pause", "break", "silence"} {
		rest, ok := strings.CutPrefix(word, name)
		// "[paused]" is a word.
		if !ok || rest != "" && isASCIILetter(rune(rest[0])) {
			continue
		}
		if seconds := secondsIn(rest); seconds > 0 {
			return " ", seconds, end + 1
		}
		return "\n", 0, end + 1
	}
	return "", 0, 0
}

// secondsIn reads the first length in a text such as time="500ms" or 1.5 s. It returns 0 if
// there is none. A number without a unit is in seconds.
func secondsIn(s string) float64 {
	start := strings.IndexAny(s, "0123456789")
	if start < 0 {
		return 0
	}
	end := start
	for end < len(s) && (isDigit(s[end]) || s[end] == '.') {
		end++
	}
	number, err := strconv.ParseFloat(strings.TrimRight(s[start:end], "."), 64)
	if err != nil {
		return 0
	}
	// Any other unit, or none, means seconds.
	if strings.HasPrefix(strings.TrimLeft(s[end:], " "), "ms") {
		number /= 1000
	}
	return min(number, mostAsked)
}

// mostAsked bounds a silence in seconds. A longer one is surely a typing error.
const mostAsked = 60

// isOtherDigit reports whether a character is a digit of another script, or a letter or
// digit in full width.
func isOtherDigit(r rune) bool {
	// No script before Arabic has digits of its own. This settles nearly every character.
	if r < 0x0660 {
		return false
	}
	return r < 0x3000 && unicode.Is(unicode.Nd, r) || r > 0x9fff && (unicode.Is(unicode.Nd, r) || isFullWidth(r)) || r == '٫' || r == '٬'
}

// isFullWidth reports whether a character is the wide form of an ASCII letter or digit.
func isFullWidth(r rune) bool {
	return r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ' || r >= '０' && r <= '９'
}

// digitOf returns the ASCII form of a digit in another script, or else the character
// itself. Every script has its ten digits in a row.
func digitOf(r rune) rune {
	switch {
	case !isOtherDigit(r):
		return r
	case isFullWidth(r):
		return r - 'Ａ' + 'A'
	case r == '٫':
		return '.'
	case r == '٬':
		return ','
	}
	for _, span := range unicode.Nd.R16 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return '0' + (r-rune(span.Lo))%10
		}
	}
	for _, span := range unicode.Nd.R32 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return '0' + (r-rune(span.Lo))%10
		}
	}
	return r
}
