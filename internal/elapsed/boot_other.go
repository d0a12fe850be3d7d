//go:build !linux && !darwin

package elapsed

import "time"

// sinceBoot is not known here; the other clocks are left.
func sinceBoot() time.Duration { return 0 }
