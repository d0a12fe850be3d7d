package patience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/internal/patience"
)

// TestAttemptsEndWhenTheyMust counts the attempts of a call that fails a few times,
// and how long they take.
func TestAttemptsEndWhenTheyMust(t *testing.T) {
	lost := errors.New("lost")
	soon := func(error) (time.Duration, bool) { return 0, true }
	tests := map[string]struct {
		failures int
		again    func(error) (time.Duration, bool)
		deadline time.Duration
		attempts int
		took     time.Duration
		err      error
	}{
		"the first succeeds":            {0, soon, time.Hour, 1, 0, nil},
		"the third succeeds":            {2, soon, time.Hour, 3, 3 * time.Second, nil},
		"none succeeds":                 {9, soon, time.Hour, 4, 7 * time.Second, lost},
		"another would bring nothing":   {9, func(error) (time.Duration, bool) { return 0, false }, time.Hour, 1, 0, lost},
		"the service says when to come": {1, func(error) (time.Duration, bool) { return time.Minute, true }, time.Hour, 2, time.Minute, nil},
		"nobody waits for it any more":  {9, soon, 2 * time.Second, 2, 2 * time.Second, lost},
	}
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
			defer cancel()
			start, attempts := time.Now(), 0
			err := patience.Attempts{Most: 4, Pause: time.Second}.Do(ctx, func() error {
				if attempts++; attempts <= tt.failures {
					return lost
				}
				return nil
			}, tt.again)
			if took := time.Since(start); attempts != tt.attempts || took != tt.took || !errors.Is(err, tt.err) {
				t.Errorf("%s: %d attempts in %v, %v; want %d in %v, %v", name, attempts, took, err, tt.attempts, tt.took, tt.err)
			}
		})
	}
}
