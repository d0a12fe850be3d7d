// Package patience repeats calls that cost nothing.
//
// A lost answer is no reason to give up a download, or a search that needs many answers.
// Calls that may cost money must not go through this package: only the engine can decide
// that a submit may be repeated.
package patience

import (
	"context"
	"time"
)

// Attempts says how often something is tried, and how long the first pause is.
// Each further one is twice as long.
type Attempts struct {
	Most  int
	Pause time.Duration
}

// Do tries until an attempt succeeds, until again says that another would bring
// nothing, until all are used up, or until ctx is done, and returns the last
// attempt's error. again also says how long to wait at least.
func (a Attempts) Do(ctx context.Context, attempt func() error, again func(error) (atLeast time.Duration, worthwhile bool)) error {
	pause := a.Pause
	for try := 1; ; try++ {
		err := attempt()
		if err == nil || try >= a.Most {
			return err
		}
		atLeast, worthwhile := again(err)
		if !worthwhile || !Wait(ctx, max(pause, atLeast)) {
			return err
		}
		pause *= 2
	}
}

// Wait reports whether the time has passed; ctx may end before.
func Wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
