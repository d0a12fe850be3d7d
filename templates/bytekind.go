package templates

import (
	"strings"
	"unicode/utf8"
)

// byteKind is a set of meanings that a byte can have. The sets of all bytes of a value,
// joined in one pass, tell which of the slower checks the value needs.
type byteKind uint8

const (
	digit byteKind = 1 << iota
	lower
	upper
	space
	dot
	special // a brace, or a character of web and e-mail addresses
	unusual // may belong to a placeholder of another program, a space outside of ASCII, or a symbol
	beyond  // not printable ASCII
)

// byteKinds has the kind of each byte.
var byteKinds = func() (all [256]byteKind) {
	for b := range all {
		all[b] = kindOf(byte(b))
	}
	return all
}()

// kindOf returns the meanings of one byte.
func kindOf(b byte) byteKind {
	switch {
	case b >= '0' && b <= '9':
		return digit
	case b >= 'a' && b <= 'z':
		return lower
	case b >= 'A' && b <= 'Z':
		return upper
	case b == ' ':
		return space
	case b == '.':
		return dot
	case strings.IndexByte("{}/@", b) >= 0:
		return special
	case strings.IndexByte("<[%*", b) >= 0:
		return unusual
	case b < ' ', b == 0x7f, strings.IndexByte("\xc2\xe1\xe2\xe3\xef\xf0", b) >= 0: // Unicode spaces, controls and pictographs begin like these
		return unusual | beyond
	case b >= utf8.RuneSelf:
		return beyond
	}
	return 0
}
