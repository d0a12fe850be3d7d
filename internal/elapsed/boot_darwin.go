package elapsed

import "golang.org/x/sys/unix"

// bootClock goes on while the machine sleeps, unlike Go's own monotonic time.
const bootClock = unix.CLOCK_MONOTONIC
