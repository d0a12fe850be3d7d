// Package report writes what a run means for people and programs: the results
// sheet, pages for those who were not there, tables for a terminal, JSON.
//
// Every function takes plain values and writes to a writer; nothing here reads a
// ledger, a clock or a file but the customer's own workbook. Two promises hold
// for all of it. A value from a sheet or a service never becomes markup, a
// formula or a terminal command. And a number that is not known is never printed
// as zero.
package report

import (
	"strings"
	"unicode/utf8"
)

// Shorten cuts text to so many characters, with an ellipsis for the rest.
func Shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s[:min(len(s), 4*most)]) // no character has more than four bytes
	return strings.TrimRight(string(runes[:most-1]), " ") + "…"
}
