package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// shop is a place of videos, none of which is there yet.
type shop struct {
	fetch func(ctx context.Context, call int64) error
	calls atomic.Int64
}

func (s *shop) Missing(ledger.Entry) bool { return true }

func (s *shop) Fetch(ctx context.Context, _ ledger.Entry, _ func(ledger.Fetched) (bool, error)) error {
	return s.fetch(ctx, s.calls.Add(1))
}

// shopping is an engine with rows to make and videos to fetch.
func shopping(t *testing.T, n int, fetch func(context.Context, int64) error) (*engine.Engine, *shop, []engine.Ready, *ledgertest.Memory) {
	t.Helper()
	s, _ := meddled(t, sandbox.Options{Render: time.Second}, nil)
	store := newMemory(t)
	e, files := newEngine(store, s), &shop{fetch: fetch}
	e.Files = files
	return e, files, planRows(t, store, s, rows(n)), store
}

// wait takes a time, as a download does, unless it is ended.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// TestASignalEndsDownloadsAtOnce stops a run whose videos would take for ever: they go
// on where they stopped, so nothing is waited for.
func TestASignalEndsDownloadsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, ready, store := shopping(t, 6, func(ctx context.Context, _ int64) error { return wait(ctx, 1000*time.Hour) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		outcome, err := e.Run(ctx, ready)
		if took := time.Since(began); err != nil || !outcome.Interrupted || took > time.Hour+time.Second || len(outcome.FetchFailed) > 0 {
			t.Errorf("after %v: %+v, %v", took, outcome, err)
		}
		for key, entry := range states(t, store) {
			if entry.State != ledger.Succeeded {
				t.Errorf("%s is %s", key, entry.State)
			}
		}
	})
}

// TestDownloadsThatBringNothingEndTheRun has a place of videos that keeps each download
// waiting: after some in a row the rest is left to the next run.
func TestDownloadsThatBringNothingEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, files, ready, _ := shopping(t, 200, func(ctx context.Context, _ int64) error {
			return errors.Join(errors.New("too slow"), wait(ctx, time.Minute))
		})
		began := time.Now()
		outcome, err := e.Run(t.Context(), ready)
		if took := time.Since(began); err != nil || took > 10*time.Minute {
			t.Errorf("after %v and %d downloads: %v", took, files.calls.Load(), err)
		}
		last := fmt.Sprint(outcome.FetchFailed[len(outcome.FetchFailed)-1])
		if !strings.Contains(last, "since the last 8 downloads brought nothing") {
			t.Errorf("%d failed, the last with %s", len(outcome.FetchFailed), last)
		}
	})
}

// TestAFullDiskEndsDownloads has no room for videos: none is begun once that is known.
func TestAFullDiskEndsDownloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, files, ready, _ := shopping(t, 50, func(_ context.Context, call int64) error {
			if call < 10 {
				return nil
			}
			return fmt.Errorf("write: %w", syscall.ENOSPC)
		})
		outcome, err := e.Run(t.Context(), ready)
		last := fmt.Sprint(outcome.FetchFailed[len(outcome.FetchFailed)-1])
		if n := files.calls.Load(); err != nil || n > 20 || !strings.Contains(last, "since the disk has no room for them") {
			t.Errorf("%d downloads, %v: %s", n, err, last)
		}
	})
}

// TestADownloadThatMakesProgressIsWaitedFor lasts beyond the stop time and the longest
// wait: both are for the service.
func TestADownloadThatMakesProgressIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, files, ready, _ := shopping(t, 3, func(ctx context.Context, _ int64) error { return wait(ctx, 5*time.Hour) })
		e.MaxWait, e.StopAt = time.Minute, time.Now().Add(time.Hour)
		outcome, err := e.Run(t.Context(), ready)
		if err != nil || len(outcome.FetchFailed) > 0 || outcome.Held != "" || files.calls.Load() < 3 {
			t.Errorf("%d downloads: %+v, %v", files.calls.Load(), outcome, err)
		}
	})
}

// TestABugInADownloadIsTheVideosAlone panics while one video is fetched.
func TestABugInADownloadIsTheVideosAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, ready, _ := shopping(t, 3, func(context.Context, int64) error {
			var none []string
			_ = none[3]
			return nil
		})
		outcome, err := e.Run(t.Context(), ready)
		if err != nil || len(outcome.FetchFailed) != 3 || !strings.Contains(outcome.FetchFailed[0].Error(), "internal error: runtime error") {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}

// TestABugInTheLoopHoldsTheRun panics between two answers, with requests on the wire:
// the run sends nothing more, keeps the answers, and says that it holds.
func TestABugInTheLoopHoldsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := meddled(t, sandbox.Options{Render: time.Second}, nil)
		store := newMemory(t)
		e := newEngine(store, s)
		seen := 0
		e.Observe = func(engine.Happening) {
			if seen++; seen > 3 {
				panic("Ada Lovelace")
			}
		}
		outcome, err := e.Run(t.Context(), planRows(t, store, s, rows(20)))
		if err != nil || outcome.Held != "internal error: this is a bug in reelmerge" {
			t.Errorf("%+v, %v", outcome, err)
		}
		for key, entry := range states(t, store) {
			if entry.State == ledger.Intended {
				t.Errorf("%s is %s: its answer was lost", key, entry.State)
			}
		}
	})
}
