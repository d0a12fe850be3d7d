// Package elapsed measures time so that neither a clock which is set back nor a machine
// that slept makes it shorter. What is decided by it errs on the side of too long.
package elapsed

import "time"

// Clock counts from its start.
type Clock struct {
	began time.Time // with Go's monotonic time, which stands still while some systems sleep
	boot  time.Duration
}

// Start returns a clock that has just been started.
func Start() Clock { return Clock{time.Now(), sinceBoot()} }

// Elapsed is the time since the start, by the clock of the machine that has gone furthest.
func (c Clock) Elapsed() time.Duration {
	now := time.Now()
	return furthest(now.Sub(c.began), now.Round(0).Sub(c.began.Round(0)), sinceBoot()-c.boot)
}

// Now is the time of day at the start, and what has elapsed since.
func (c Clock) Now() time.Time { return c.began.Round(0).Add(c.Elapsed()) }

func furthest(monotonic, wall, boot time.Duration) time.Duration { return max(monotonic, wall, boot) }
