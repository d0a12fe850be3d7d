package report

import (
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
		return timeTicks(float64(from.Unix()), float64(from.Add(length).Unix()))
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
	for length := 8 * time.Second; length < 400*24*time.Hour; length = length * 3 / 2 {
		if n := len(over(length)); n < 1 || n > 9 {
			t.Errorf("%v has %d marks", length, n)
		}
	}
}
