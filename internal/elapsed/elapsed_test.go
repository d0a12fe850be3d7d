package elapsed

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestNoClockMakesTimeShorter: the one that has gone furthest counts, so a machine that
// slept, and a clock that was set back, make nothing young again.
func TestNoClockMakesTimeShorter(t *testing.T) {
	for _, spans := range [][3]time.Duration{
		{time.Hour, time.Minute, time.Minute}, {time.Minute, time.Hour, -time.Hour}, {0, -time.Hour, time.Hour},
	} {
		if got := furthest(spans[0], spans[1], spans[2]); got != time.Hour {
			t.Errorf("%v: %s", spans, got)
		}
	}
	if a, b := sinceBoot(), sinceBoot(); b < a {
		t.Errorf("since boot: %s, then %s", a, b)
	}
	synctest.Test(t, func(t *testing.T) {
		c := Start()
		c.boot -= 3 * time.Hour // as if it had slept
		time.Sleep(time.Hour)
		if slept := c.Elapsed(); slept < 3*time.Hour && sinceBoot() > 0 {
			t.Errorf("%s have passed", slept)
		}
	})
}
