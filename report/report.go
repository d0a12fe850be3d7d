// Package report writes what a run means for people and programs: the results
// sheet, pages for those who were not there, tables for a terminal, JSON.
//
// Every function takes plain values and writes to a writer; nothing here reads a
// ledger, a clock or a file but the customer's own workbook. Two promises hold
// for all of it. A value from a sheet or a service never becomes markup, a
// formula or a terminal command. And a number that nobody knows is never printed
// as zero.
package report

import (
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
		case unicode.IsControl(r) || r == utf8.RuneError || isInvisible(r):
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

// isInvisible recognizes bidirectional controls and other characters that change
// how their neighbours look. The joiners of emoji and of Persian stay.
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' || r >= 0xfff9 && r <= 0xfffb ||
		r == '\u200b' || r == '\u2060' || r >= 0xe0000 && r <= 0xe007f || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// Shorten cuts text to so many characters, with an ellipsis for the rest.
func Shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s[:min(len(s), 4*most)]) // no character has more than four bytes
	return strings.TrimRight(string(runes[:most-1]), " ") + "…"
}
