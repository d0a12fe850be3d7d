package engine

import "time"

// clock measures the time since it was started so that neither a clock which is set back
// nor a machine that slept makes it shorter.
type clock struct {
	began time.Time // with Go's monotonic time, which stands still while some systems sleep
	boot  time.Duration
}

func startClock() clock { return clock{time.Now(), sinceBoot()} }

// now is the time by the clock that has gone furthest since the start.
func (c clock) now() time.Time {
	now := time.Now()
	return c.began.Round(0).Add(furthest(now.Sub(c.began), now.Round(0).Sub(c.began.Round(0)), sinceBoot()-c.boot))
}

func furthest(monotonic, wall, boot time.Duration) time.Duration { return max(monotonic, wall, boot) }
