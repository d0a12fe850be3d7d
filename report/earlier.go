package report

import (
	"slices"
	"strings"
)

// EarlierResults returns which of a sheet's columns, counted from 0, have the name of one
// of ours. Most often the sheet is the results sheet of an earlier campaign. Ours take
// the place of those columns, since a results sheet must have each name once: otherwise a
// mailing program could read the links of the earlier campaign.
func EarlierResults(columns []string) (places []int) {
	for i, name := range columns {
		if ownColumn(name) >= 0 {
			places = append(places, i)
		}
	}
	// The name of that column alone is no sign: it is one of ours beside others only.
	if len(places) == 1 && ownColumn(columns[places[0]]) == columnCorrected {
		return nil
	}
	return places
}

// ownColumn returns which of our columns has a name, or -1. It compares names as the
// reader of sheets does, without regard to case and surrounding spaces.
func ownColumn(name string) int {
	return slices.IndexFunc(columnNames(), func(own string) bool { return strings.EqualFold(own, strings.TrimSpace(name)) })
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

// numberOf returns the number of a spreadsheet's column from its letters; A is 1.
func numberOf(letters string) (n int) {
	for _, r := range strings.ToUpper(letters) {
		n = n*26 + int(r-'A') + 1
	}
	return n
}
