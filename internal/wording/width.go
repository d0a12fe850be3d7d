package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Cells is how many columns of a terminal a text takes. Where terminals differ,
// it is rather more.
func Cells(text string) (n int) {
	for _, r := range text {
		n += CellsOf(r)
	}
	return n
}

// CellsOf is how many columns of a terminal a character takes: 0, 1 or 2.
func CellsOf(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.Neutral, width.EastAsianAmbiguous, width.EastAsianNarrow, width.EastAsianHalfwidth:
	}
	return 1
}

// Wrap breaks a text between words, so that each line fits into a width; 0 breaks none.
// The lines behind the first begin with the indent. A word that is too long has a line
// of its own.
func Wrap(text string, width int, indent string) []string {
	lines := []string{""}
	empty := true
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case empty:
			*last += word
		case width > 0 && Cells(*last)+1+Cells(word) > width:
			lines = append(lines, indent+word)
		default:
			*last += " " + word
		}
		empty = false
	}
	return lines
}

// Prose breaks a line at words where a terminal would break it inside one; 0 breaks none.
// A line with a command stays whole, so that it can be copied.
func Prose(text string, width int) []string {
	if width == 0 || Cells(text) < width || strings.Contains(text, "reelmerge ") {
		return []string{text}
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	lines := Wrap(text, width-1-len(indent), "  ")
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return lines
}
