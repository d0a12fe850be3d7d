package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) string {
	var list []string
	for _, tick := range ticks {
		list = append(list, tick.Label)
	}
	return strings.Join(list, " ")
}

func TestAxesAreMarkedAtRoundNumbers(t *testing.T) {
	from := time.Date(2026, 11, 20, 21, 3, 5, 0, time.UTC)
	over := func(length time.Duration) []plot.Tick {
		return canvas{width: wide}.timeTicks(float64(from.Unix()), float64(from.Add(length).Unix()))
	}
	for want, ticks := range map[string][]plot.Tick{
		"22:00 23:00 00:00 01:00 02:00 03:00 04:00 05:00": over(8 * time.Hour),
		"21:05 21:10 21:15 21:20 21:25 21:30":             over(30 * time.Minute),
		"21:03:05 21:03:06 21:03:07":                      over(2 * time.Second),
		"21 Nov 23 Nov 25 Nov 27 Nov 29 Nov":              over(9 * 24 * time.Hour),
		"0 1 2 3 4 5":                                     wholeTicks(0, 5),
		"0 20,000 40,000 60,000 80,000 100,000":           wholeTicks(0, 100_000),
	} {
		if got := labels(ticks); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, ticks := range map[string][]plot.Tick{
		"0 20 40 60 80":                 canvas{width: wide}.roundTicks(0, 83.9),
		"0.0 0.2 0.4 0.6":               canvas{width: narrow}.roundTicks(0, 0.7),
		"0.00 0.01 0.02 0.03 0.04 0.05": canvas{width: wide}.roundTicks(0, 0.05999),
		"0 500 1,000":                   canvas{width: narrow}.roundTicks(0, 1400),
		"21.5 22.0 22.5 23.0":           canvas{width: narrow}.roundTicks(21.4, 23.2),
		"0 20,000 40,000 60,000":        canvas{width: narrow}.roundTicks(0, 79_000),
	} {
		if got := labels(ticks); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for length := 8 * time.Second; length < 400*24*time.Hour; length = length * 3 / 2 {
		if n := len(over(length)); n < 1 || n > 9 {
			t.Errorf("%v has %d marks", length, n)
		}
		if n := len(canvas{width: narrow}.timeTicks(float64(from.Unix()), float64(from.Add(length).Unix()))); n > 5 {
			t.Errorf("%v has %d marks on a phone", length, n)
		}
	}
}

// TestEveryVideoIsInABin counts lengths that lie on the edges of bins.
func TestEveryVideoIsInABin(t *testing.T) {
	var lengths []time.Duration
	for i := range 500 {
		lengths = append(lengths, time.Duration(21_700+i*7)*time.Millisecond, 22*time.Second, 23_100*time.Millisecond)
	}
	counted, n := bins(lengths, slices.Min(lengths), slices.Max(lengths)), 0.0
	for i, b := range counted {
		n += b.Weight
		if b.Max <= b.Min || i > 0 && b.Min-counted[i-1].Max > 1e-6 {
			t.Errorf("bin %d reaches from %v to %v", i, b.Min, b.Max)
		}
	}
	if int(n) != len(lengths) || len(counted) < 5 || len(counted) > 25 {
		t.Errorf("%d bins hold %v of %d videos", len(counted), n, len(lengths))
	}
}
