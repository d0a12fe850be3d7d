package form

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Transforms are the small changes a mapping may ask for.
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

// TransformNames are the names that they are asked for by.
func TransformNames() []string { return slices.Sorted(maps.Keys(Transforms(nil))) }

// Upper writes capitals as the language has them: STRASSE, and İ in Turkish.
// A Caser keeps state, so each call makes its own.
func (l *Locale) Upper(s string) string { return cases.Upper(l.tag).String(s) }

// Lower writes small letters as the language has them.
func (l *Locale) Lower(s string) string { return cases.Lower(l.tag).String(s) }

// TrimSpace takes white space off both ends, and the invisible characters that
// copying from web pages leaves there.
func TrimSpace(s string) string { return strings.TrimFunc(s, IsBlank) }

// IsBlank reports whether a character shows nothing.
func IsBlank(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// FirstWord is the text up to its first space. It leaves a comma behind the word out.
func FirstWord(s string) string {
	s = TrimSpace(s)
	if i := strings.IndexFunc(s, IsBlank); i >= 0 {
		return strings.TrimRight(s[:i], ",;")
	}
	return s
}

// OnlyDigits keeps the digits of any script.
func OnlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// Title writes names as people do. Words in mixed case are left alone, because
// their owner wrote McDonald, O'Neil or van der Berg on purpose; in a text that
// is all capitals or all small, each word gets a capital, but for the particles
// inside a name. The number of a king stays: Henry VIII.
func (l *Locale) Title(s string) string {
	if strings.ToUpper(s) != s && strings.ToLower(s) != s {
		return l.unshout(s)
	}
	words := strings.Fields(s)
	for i, w := range words {
		small := l.Lower(w)
		switch last := i == len(words)-1; {
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

// unshout mends single words in capitals: "Ada LOVELACE". Up to three letters
// may be an abbreviation and stay.
func (l *Locale) unshout(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if utf8.RuneCountInString(w) > 3 && strings.ToUpper(w) == w && strings.ToLower(w) != w && !isOrdinal(strings.ToLower(w)) {
			words[i] = l.capitalizeParts(l.Lower(w))
		}
	}
	return strings.Join(words, " ")
}

// capitalizeParts gives a capital to each part of a word: Anne-Marie, O'Neil,
// McDonald. It knows what capitals took away only by the common prefixes.
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
	if word := string(runes); strings.HasPrefix(word, "Mc") && len(runes) > 4 {
		runes[2] = unicode.ToTitle(runes[2])
	}
	return string(runes)
}

// capital is the capital of a letter in the language: İ of a Turkish i. In Dutch
// the j behind an I at the start of a word is one letter with it.
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

// isOrdinal knows the numbers behind names, but for those that are names as well.
func isOrdinal(w string) bool {
	switch w {
	case "ii", "iii", "iv", "vii", "viii", "ix":
		return true
	}
	return false
}

func isApostrophe(r rune) bool { return r == '\'' || r == '\u2019' }

// apostropheStartsName tells O'Neil, D'Angelo and 'Bob' from Ada's and 'n'.
func apostropheStartsName(runes []rune, i int) bool {
	return len(runes)-i > 2 && (i > 0 || len(runes) > 4)
}

// isParticle knows the small words inside names that stay small.
func isParticle(w string) bool {
	switch w {
	case "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "zu", "zur", "vom", "und", "y", "bin", "al":
		return true
	}
	return false
}
