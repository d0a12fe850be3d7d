package sources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// oddities lists the odd cells of one column.
func oddities(values ...string) string {
	o := sources.NewOdd(0)
	for i, v := range values {
		o.Take(i+2, []string{v})
	}
	var list []string
	for _, c := range o.Cells(0) {
		list = append(list, fmt.Sprintf("%d: %s", c.Row, c.Message))
	}
	return strings.Join(list, "\n")
}

func times(n int, value string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.ReplaceAll(value, "#", fmt.Sprint(10+i%18))
	}
	return list
}

// TestCellsThatAreNotWhatTheOthersAreAreFound: a sheet that people filled in by hand has
// words among its dates and its amounts.
func TestCellsThatAreNotWhatTheOthersAreAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   string
	}{
		"a word among dates": {append(times(28, "2027-04-#"), "next month", "15.04.2027"),
			"30: \"next month\" is no date, as 29 of 30 cells of the column are\n" +
				"31: \"15.04.2027\" is written in another way than 2027-04-10, as 28 of 29 dates of the column are"},
		"dates in words":   {append(times(20, "# April 2027"), "April 3, 2027"), "22: \"April 3, 2027\" is written in another way than 10 April 2027, as 20 of 21 dates of the column are"},
		"days and times":   {append(times(20, "#.04.2027 10:30"), "1.4.2027 9:05"), ""},
		"a word in prices": {append(times(28, "€#.50"), "free", "-20", "0", "EUR 7"), "30: \"free\" is no number, as 31 of 32 cells of the column are\n31: \"-20\" is not above zero, as 29 of 31 numbers of the column are\n32: \"0\" is not above zero, as 29 of 31 numbers of the column are"},
		"a balance":        {append(times(10, "-#"), times(10, "#")...), ""},
		"blanks":           {append(times(10, "#"), "", " ", ""), ""},
		"texts":            {append(times(20, "Gold"), "7", "2027-01-01"), ""},
		"a short sheet":    {append(times(5, "#"), "free"), ""},
		"half and half":    {append(times(10, "#"), times(10, "2027-01-#")...), ""},
		"ids":              {append(times(20, "C-#"), "7"), ""},
	} {
		if got := oddities(c.values...); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestAMillionOddCellsTakeLittleMemory: only the first cells of a form are remembered.
func TestAMillionOddCellsTakeLittleMemory(t *testing.T) {
	o := sources.NewOdd(0)
	for row := range 20_000 {
		value := "2027-01-01"
		if row%11 == 0 {
			value = "soon"
		}
		o.Take(row, []string{value})
	}
	if n := len(o.Cells(0)); n != 1000 {
		t.Errorf("%d cells", n)
	}
}
