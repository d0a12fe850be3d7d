package nearest_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/nearest"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"template", "template", 0},
		{"tamplate", "template", 1}, {"tmeplate", "template", 1}, {"templat", "template", 1}, {"rows", "limits", 5},
	} {
		if got := nearest.Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestLongTextsAreNotCompared(t *testing.T) {
	if got := nearest.Distance(strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<20)); got > 128 {
		t.Errorf("distance %d", got)
	}
}
