package wording

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"template", "template", 0},
		{"tamplate", "template", 1}, {"tmeplate", "template", 1}, {"templat", "template", 1}, {"rows", "limits", 5},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestLongTextsAreNotCompared(t *testing.T) {
	if got := distance(strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<20)); got > 128 {
		t.Errorf("distance %d", got)
	}
}

func TestNearestIsOneEditAwayAndOneMoreForEachFourLetters(t *testing.T) {
	candidates := []string{"Rows", "rover", "template", "a"}
	for word, want := range map[string]string{
		"row": "Rows", "ROWS": "Rows", "rovr": "rover", "tmplte": "template", "temp": "", "limits": "", "": "", "x": "",
	} {
		if got := Nearest(word, candidates, strings.ToLower); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestOverlappingIsTheFirstThatHoldsTheWordOrStandsInIt(t *testing.T) {
	candidates := []string{"no", "First_Name", "name"}
	for word, want := range map[string]string{"name": "First_Name", "nickname": "name", "no": "", "note": "", "NAM": "First_Name"} {
		if got := Overlapping(word, candidates, strings.ToLower, 3); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestNothingIsAskedAboutNoWord(t *testing.T) {
	if got := DidYouMean("a b"); got != `did you mean "a b"?` || DidYouMean("") != "" {
		t.Error(got)
	}
}
