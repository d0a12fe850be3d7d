package templates

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// transforms are the small changes a mapping may ask for.
func transforms(loc *locale) map[string]func(string) string {
	return map[string]func(string) string{
		"trim":       trimSpace,
		"upper":      loc.upper,
		"lower":      loc.lower,
		"title":      titleCase,
		"first_word": firstWord,
		"digits":     onlyDigits,
	}
}

func transformNames() []string { return slices.Sorted(maps.Keys(transforms(nil))) }

// upper writes capitals as the language has them: STRASSE, and İ in Turkish.
// A Caser keeps state, so each call makes its own.
func (l *locale) upper(s string) string { return cases.Upper(l.tag).String(s) }

func (l *locale) lower(s string) string { return cases.Lower(l.tag).String(s) }

// trimSpace takes white space off both ends, and the invisible characters that
// copying from web pages leaves there.
func trimSpace(s string) string { return strings.TrimFunc(s, isBlankRune) }

func isBlankRune(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

func firstWord(s string) string {
	s = trimSpace(s)
	if i := strings.IndexFunc(s, isBlankRune); i >= 0 {
		return s[:i]
	}
	return s
}

// onlyDigits keeps the digits of any script.
func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// titleCase writes names as people do. Words in mixed case are left alone,
// because their owner wrote McDonald, O'Neil or van der Berg on purpose; in a
// text that is all capitals or all small, each word gets a capital, but for
// the particles inside a name.
func titleCase(s string) string {
	if strings.ToUpper(s) != s && strings.ToLower(s) != s {
		return capitalizeShouted(s)
	}
	words := strings.Fields(s)
	for i, w := range words {
		small := strings.ToLower(w)
		if i > 0 && i < len(words)-1 && isParticle(small) {
			words[i] = small
			continue
		}
		words[i] = capitalizeParts(small)
	}
	return strings.Join(words, " ")
}

// capitalizeShouted mends single words in capitals: "Ada LOVELACE". Up to three
// letters may be an abbreviation and stay.
func capitalizeShouted(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if utf8.RuneCountInString(w) > 3 && strings.ToUpper(w) == w && strings.ToLower(w) != w {
			words[i] = capitalizeParts(strings.ToLower(w))
		}
	}
	return strings.Join(words, " ")
}

// capitalizeParts gives a capital to each part of a word: Anne-Marie, O'Neil,
// McDonald. It knows what capitals took away only by the common prefixes.
func capitalizeParts(small string) string {
	runes := []rune(small)
	start := true
	for i, r := range runes {
		if start && unicode.IsLetter(r) {
			runes[i] = unicode.ToTitle(r)
		}
		start = r == '-' || r == '.' || isApostrophe(r) && apostropheStartsName(runes, i)
	}
	word := string(runes)
	if strings.HasPrefix(word, "Mc") && len(runes) > 4 {
		runes[2] = unicode.ToTitle(runes[2])
		return string(runes)
	}
	return word
}

func isApostrophe(r rune) bool { return r == '\'' || r == '\u2019' }

// apostropheStartsName tells O'Neil and D'Angelo from Ada's.
func apostropheStartsName(runes []rune, i int) bool {
	return i >= 1 && len(runes)-i > 2
}

// isParticle knows the small words inside names that stay small.
func isParticle(w string) bool {
	switch w {
	case "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "zu", "zur", "vom", "und", "y", "bin", "al":
		return true
	}
	return false
}
