package reelmerge

import "testing"

// TestAColumnIsChosenAsPeopleTypeIt: by its number in the list, or without accents, case and
// blanks.
func TestAColumnIsChosenAsPeopleTypeIt(t *testing.T) {
	columns := []string{"Kundennr.", "Verlängerung am", "Straße", "2"}
	for answer, want := range map[string]string{
		"1": "Kundennr.", "2": "Verlängerung am", "4": "2", "5": "", "0": "", "-1": "",
		"verlangerung am": "Verlängerung am", "VERLÄNGERUNG AM": "Verlängerung am", "verlangerung_am": "Verlängerung am",
		"strasse": "Straße", "kundennr": "Kundennr.", "": "", "nothing": "",
	} {
		if got := chosen(answer, columns); got != want {
			t.Errorf("%q means %q, want %q", answer, got, want)
		}
	}
}
