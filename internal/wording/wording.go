// Package wording writes the text that users read and copy. It writes counts and
// durations the same way everywhere, and suggests the word that was meant. It removes
// control characters from strangers' text, and writes commands whose words can all be
// typed exactly.
package wording

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns text that a terminal or a page shows as one line and does
// nothing else with: without escape sequences' introducers, controls and marks
// that turn the direction of writing, and with plain spaces.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || IsInvisible(r):
			return -1
		}
		return r
	}, s)
}

// isPlain recognizes printable ASCII, which is most text.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// IsInvisible recognizes bidirectional controls and other characters that change
// how their neighbours look. The joiners of emoji and of Persian stay.
func IsInvisible(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' || r >= 0xfff9 && r <= 0xfffb ||
		r == '\u200b' || r == '\u2060' || r >= 0xe0000 && r <= 0xe007f || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// Untypable returns the first character that a person who sees a word cannot
// type: one that does not show, that looks like a plain space, or that is no
// character at all. Bytes that are not UTF-8 are [utf8.RuneError].
func Untypable(word string) (r rune, found bool) {
	if isPlain(word) {
		return 0, false
	}
	for _, r := range word {
		if r == utf8.RuneError || !unicode.IsPrint(r) || isBlank(r) {
			return r, true
		}
	}
	return 0, false
}

// isBlank recognizes what counts as a letter, a mark or a symbol, and leaves no
// ink.
func isBlank(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800' || r == '\u17b4' || r == '\u17b5'
}

// Character names a character that does not show: "U+200B (zero width space)".
func Character(r rune) string {
	if r == utf8.RuneError {
		return "a byte that is no text"
	}
	names := map[rune]string{
		'\t': "tab", '\n': "line break", '\r': "line break", 0x1b: "escape", 0xa0: "no-break space", 0xad: "soft hyphen",
		0x2003: "em space", 0x200b: "zero width space", 0x200c: "zero width non-joiner", 0x200d: "zero width joiner",
		0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x202e: "right-to-left override",
		0x202f: "narrow no-break space", 0x2060: "word joiner", 0x3000: "ideographic space", 0xfeff: "byte order mark",
	}
	if name := names[r]; name != "" {
		return fmt.Sprintf("U+%04X (%s)", r, name)
	}
	return fmt.Sprintf("U+%04X", r)
}

// Shorten cuts a text to 80 characters, so that a list of problems stays readable.
func Shorten(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
