package form

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes an identifier of a column's name: lower case, no accents, one
// underscore for each run of anything that is neither letter nor digit.
// "E-Mail (privat)" becomes e_mail_privat.
func Fold(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteString(plainLetter(r))
		default:
			gap = true
		}
	}
	folded := b.String()
	if folded != "" && folded[0] >= '0' && folded[0] <= '9' {
		return "_" + folded
	}
	return folded
}

// plainLetter spells the letters whose accents cannot be taken off.
func plainLetter(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	}
	return string(r)
}
