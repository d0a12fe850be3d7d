package form

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold turns the name of a column into an identifier: lower case, without accents, and with
// one underscore for each run of other signs. "E-Mail (privat)" becomes e_mail_privat.
// Columns and variables are compared by it, because people rarely write a name twice the
// same way.
func Fold(name string) string {
	var b strings.Builder
	gap := false
	// NFD puts each accent behind its letter, where it can be dropped.
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
	// An identifier must not begin with a digit.
	folded := b.String()
	if folded != "" && folded[0] >= '0' && folded[0] <= '9' {
		return "_" + folded
	}
	return folded
}

// plainLetter spells letters whose accents are part of them, and so cannot be dropped.
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

// Variable makes the name of a variable from that of a column, or of a field at a service:
// [Fold] without letters that a variable cannot have. Größe 2 becomes grosse_2, and 2. Name
// _2_name. It is empty where nothing is left.
func Variable(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return ' '
		}
		return r
	}, Fold(name))
	return Fold(plain)
}
