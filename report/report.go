// Package report writes what a run means for people and programs: the results sheet,
// pages for readers who were not there, tables for a terminal, JSON.
//
// Every function takes plain values and writes to a writer. The package reads no ledger
// and no clock, and no file but the customer's own workbook. It keeps two promises. A
// value from a sheet or a service never becomes markup, a formula or a terminal command.
// And a number that is not known is never printed as zero.
//
// The files by what they write: plan.go holds the documents of --json, and
// json.go makes them safe to show; tables.go writes for a terminal; pages.go, cards.go,
// figures.go, chart.go, axis.go and lettering.go write the HTML pages; planbook.go and
// plansheets.go write plan.xlsx; results.go, xlsx.go, earlier.go and send.go write the
// results sheet. words.go has the sentences that all of them share.
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
