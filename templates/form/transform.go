package form

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Transforms returns the changes that a mapping may ask for, by name.
func Transforms(loc *Locale) map[string]func(string) string {
	return map[string]func(string) string{
		"trim":       TrimSpace,
		"upper":      loc.Upper,
		"lower":      loc.Lower,
		"title":      loc.Title,
		"first_word": FirstWord,
		"digits":     OnlyDigits,
	}
}

// TransformNames returns the names of the transforms in order, for help and error messages.
func TransformNames() []string { return slices.Sorted(maps.Keys(Transforms(nil))) }

// Upper writes a text in capitals by the rules of the language: STRASSE, and İ in Turkish.
// A Caser keeps state, so each call makes its own.
func (l *Locale) Upper(s string) string { return cases.Upper(l.tag).String(s) }

// Lower writes a text in small letters by the rules of the language.
func (l *Locale) Lower(s string) string { return cases.Lower(l.tag).String(s) }

// TrimSpace removes white space at both ends. It also removes the invisible characters that
// come with text copied from web pages.
func TrimSpace(s string) string { return strings.TrimFunc(s, IsBlank) }

// IsBlank reports whether a character shows nothing.
func IsBlank(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// FirstWord returns the text up to its first space, without a comma behind the word.
func FirstWord(s string) string {
	s = TrimSpace(s)
	if i := strings.IndexFunc(s, IsBlank); i >= 0 {
		return strings.TrimRight(s[:i], ",;")
	}
	return s
}

// OnlyDigits returns the digits of a text, in any script.
func OnlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// Title writes names with capitals. It leaves words in mixed case alone, because McDonald,
// O'Neil and van der Berg are written so on purpose. In a text of capitals only, or of
// small letters only, it gives each word a capital, but not to particles inside a name.
// Numbers of kings stay: Henry VIII.
func (l *Locale) Title(s string) string {
	if strings.ToUpper(s) != s && strings.ToLower(s) != s {
		return l.unshout(s)
	}
	words := strings.Fields(s)
	for i, w := range words {
		small := l.Lower(w)
		switch last := i == len(words)-1; {
		// The last word of a name may be its number. The first one never is.
		case i > 0 && last && isOrdinal(small):
			words[i] = strings.ToUpper(small)
		case i > 0 && !last && isParticle(small):
			words[i] = small
		default:
			words[i] = l.capitalizeParts(small)
		}
	}
	return strings.Join(words, " ")
}

// unshout changes single words in capitals: "Ada LOVELACE". Words of up to three letters
// may be abbreviations and stay.
func (l *Locale) unshout(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if utf8.RuneCountInString(w) > 3 && strings.ToUpper(w) == w && strings.ToLower(w) != w && !isOrdinal(strings.ToLower(w)) {
			words[i] = l.capitalizeParts(l.Lower(w))
		}
	}
	return strings.Join(words, " ")
}

// capitalizeParts gives a capital to each part of a word: Anne-Marie, O'Neil, McDonald.
// Capitals hide where the parts begin, so it goes by hyphens, apostrophes and common
// prefixes.
func (l *Locale) capitalizeParts(small string) string {
	runes := []rune(small)
	start := true
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) && start:
			runes[i] = l.capital(runes, i)
			start = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			start = false
		case isApostrophe(r):
			start = apostropheStartsName(runes, i)
		default:
			start = start || strings.ContainsRune("-./&", r)
		}
	}
	// "Mc" in front of a short word may be a name of its own.
	if word := string(runes); strings.HasPrefix(word, "Mc") && len(runes) > 4 {
		runes[2] = unicode.ToTitle(runes[2])
	}
	return string(runes)
}

// capital returns the capital of a letter in the language, such as İ for a Turkish i. In
// Dutch, IJ at the start of a word is one letter.
func (l *Locale) capital(runes []rune, i int) rune {
	base, _ := l.tag.Base()
	switch base.String() {
	case "tr", "az":
		return unicode.TurkishCase.ToTitle(runes[i])
	case "nl":
		if runes[i] == 'i' && i+1 < len(runes) && runes[i+1] == 'j' {
			runes[i+1] = 'J'
		}
	}
	return unicode.ToTitle(runes[i])
}

// isOrdinal reports whether a word is the number behind a name. It leaves out numbers that
// are names, too.
func isOrdinal(w string) bool {
	switch w {
	case "ii", "iii", "iv", "vii", "viii", "ix":
		return true
	}
	return false
}

// isApostrophe reports whether a character is an apostrophe, straight or curved.
func isApostrophe(r rune) bool { return r == '\'' || r == '\u2019' }

// apostropheStartsName tells O'Neil, D'Angelo and 'Bob' from Ada's and 'n'. Only in the
// first ones a name begins behind it.
func apostropheStartsName(runes []rune, i int) bool {
	return len(runes)-i > 2 && (i > 0 || len(runes) > 4)
}

// isParticle reports whether a word inside a name stays small.
func isParticle(w string) bool {
	switch w {
	case "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "zu", "zur", "vom", "und", "y", "bin", "al":
		return true
	}
	return false
}
