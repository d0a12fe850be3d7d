package xmltoken

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// lineFeeds makes each line end a line feed.
func lineFeeds(s []byte) []byte {
	if bytes.IndexByte(s, '\r') < 0 {
		return s
	}
	s = bytes.ReplaceAll(s, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(s, []byte("\r"), []byte("\n"))
}

// appendValue appends an attribute's value. White space in it becomes blanks, as XML
// requires; other white space must be written as a reference.
func appendValue(to, s []byte) []byte {
	if bytes.ContainsAny(s, "\t\r\n") {
		s = bytes.Map(func(r rune) rune {
			if r == '\t' || r == '\n' {
				return ' '
			}
			return r
		}, lineFeeds(s))
	}
	return appendUnescaped(to, s)
}

// whole returns how much of a text that goes on can be taken: a character and a line
// end are not cut in two.
func whole(s []byte) int {
	n := len(s)
	for back := 1; back <= min(n, utf8.UTFMax-1); back++ {
		if b := s[n-back]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(s[n-back:]) {
				n -= back
			}
			break
		}
	}
	if n > 0 && s[n-1] == '\r' {
		n--
	}
	return n
}

// wholeText is the same where references may stand: the last one is left for later,
// and one that touches it, since two may be the halves of one character.
func wholeText(s []byte) int {
	n := whole(s)
	for range 2 {
		amp := bytes.LastIndexByte(s[:n], '&')
		if amp < 0 || n-amp >= longestEntity {
			return n
		}
		if end := bytes.IndexByte(s[amp:n], ';'); end >= 0 && amp+end+1 < n {
			return n
		}
		n = amp
	}
	return n
}

// longestEntity bounds an entity: &#x0000010FFFF; is one of the longest.
const longestEntity = 16

// appendUnescaped resolves the predefined entities and character references.
// Anything else stays as it is.
func appendUnescaped(to, s []byte) []byte {
	for {
		amp := bytes.IndexByte(s, '&')
		if amp < 0 {
			return append(to, s...)
		}
		to = append(to, s[:amp]...)
		s = s[amp:]
		r, n := reference(s)
		if n == 0 {
			to, s = append(to, '&'), s[1:]
			continue
		}
		if low, m := reference(s[n:]); utf16.IsSurrogate(r) && utf16.DecodeRune(r, low) != utf8.RuneError {
			r = utf16.DecodeRune(r, low)
			n += m // some programs write an emoji as its halves
		}
		to, s = utf8.AppendRune(to, r), s[n:]
	}
}

// reference returns the character of the reference that a text begins with, and its
// length; 0 where it begins with none.
func reference(s []byte) (rune, int) {
	end := bytes.IndexByte(s[:min(len(s), longestEntity)], ';')
	if end < 2 || s[0] != '&' {
		return 0, 0
	}
	r, ok := entity(string(s[1:end]))
	if !ok {
		return 0, 0
	}
	return r, end + 1
}

// entity returns the character of an entity's name.
func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base := 10
	digits := name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base = 16
		digits = digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil
}
