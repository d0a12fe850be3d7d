package engine_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestAServiceThatIsGoneEndsTheRun loses the service with jobs under way. A run
// that holds must end then: asking until the deadline would keep a nightly script
// waiting for hours. The next run settles every job, and buys none again.
func TestAServiceThatIsGoneEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone atomic.Bool
		s, calls := meddled(t, sandbox.Options{Render: time.Minute}, func(r *http.Request) *http.Response {
			if gone.Load() && r.Method != http.MethodPost {
				return status(http.StatusServiceUnavailable, nil)
			}
			return nil
		})
		store := newMemory(t)
		e := newEngine(store, s)
		e.MaxWait = 5 * time.Minute
		gone.Store(true)
		began := time.Now()
		out, err := e.Run(t.Context(), planRows(t, store, s, rows(3)))
		if err != nil || !strings.Contains(out.Held, "not answered for 5 min") {
			t.Errorf("held %q, %v", out.Held, err)
		}
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("the run ended %v after it began, and waits at most 5m", took)
		}
		gone.Store(false)
		if out, err = e.Run(t.Context(), readyRows(t, store)); err != nil || out.Held != "" {
			t.Errorf("second run: held %q, %v", out.Held, err)
		}
		for key, entry := range states(t, store) {
			if entry.State != ledger.Succeeded {
				t.Errorf("%s is %s", key, entry.State)
			}
		}
		if n := calls.posts.Load(); n != 3 {
			t.Errorf("%d submits for 3 rows", n)
		}
	})
}
