//go:build linux || darwin

package elapsed

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is how long the machine runs, the time that it slept included.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(bootClock, &t) != nil {
		return 0 // the other clocks are left
	}
	return time.Duration(t.Nano())
}
