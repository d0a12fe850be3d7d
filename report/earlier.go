package report

import (
	"slices"
	"strings"
)

// EarlierResults returns which of a sheet's columns, counted from 0, have the name
// of one of ours: most often the sheet is the results of an earlier campaign. A
// results sheet has each name once, so ours take their place.
func EarlierResults(columns []string) (places []int) {
	for i, name := range columns {
		if ownColumn(name) >= 0 {
			places = append(places, i)
		}
	}
	return places
}

// ownColumn returns which of our columns has a name, as a reader of sheets tells
// names apart; -1 for none.
func ownColumn(name string) int {
	return slices.IndexFunc(ResultColumns(), func(own string) bool { return strings.EqualFold(own, strings.TrimSpace(name)) })
}

// but returns the cells that are not at the places.
func but(cells []string, places []int) []string {
	if len(places) == 0 {
		return cells
	}
	var kept []string
	for i, c := range cells {
		if !slices.Contains(places, i) {
			kept = append(kept, c)
		}
	}
	return kept
}

// numberOf returns the number of the spreadsheet's column with such letters, A
// being 1.
func numberOf(letters string) (n int) {
	for _, r := range strings.ToUpper(letters) {
		n = n*26 + int(r-'A') + 1
	}
	return n
}
