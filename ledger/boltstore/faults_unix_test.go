//go:build unix

package boltstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// within ends the test, with the process, when something waits for ever.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		panic(what)
	}
}

// TestAFileThatShrinksUnderAStoreIsNoPanic cuts an open ledger: its mapped pages
// are gone, and touching them faults, whether to read or to write. Whoever comes
// later is refused, and closing it does not wait for what the fault left locked.
func TestAFileThatShrinksUnderAStoreIsNoPanic(t *testing.T) {
	readIt := func(s *boltstore.Store) (last error) {
		for _, err := range s.Entries(t.Context(), ledger.Query{}) {
			last = err
		}
		return last
	}
	writeIt := func(s *boltstore.Store) error {
		_, err := s.Apply(t.Context(), ledger.Change{Key: "new", Event: ledgertest.Plan("new", 1)})
		return err
	}
	intents := func(s *boltstore.Store) error { _, err := s.Intents(t.Context(), time.Time{}); return err }
	purge := func(s *boltstore.Store) error { return s.Purge(t.Context(), nil) }
	for name, c := range map[string]struct {
		size  int64
		first func(*boltstore.Store) error
	}{
		"emptied, then read":    {0, readIt},
		"emptied, then written": {0, writeIt},
		"emptied, then counted": {0, intents},
		"emptied, then purged":  {0, purge},
		"cut, then read":        {8192, readIt},
		"cut, then written":     {8192, writeIt},
		"one page, then read":   {4096, readIt},
	} {
		t.Run(name, func(t *testing.T) {
			path := campaign(t)
			s, err := boltstore.Open(path, boltstore.Options{})
			must(t, err)
			must(t, os.Truncate(path, c.size))
			within(t, name, func() {
				if err := c.first(s); err == nil || ledger.Sound(err) {
					t.Errorf("err = %v", err)
				}
				for what, again := range map[string]func(*boltstore.Store) error{"read": readIt, "write": writeIt, "count": intents} {
					if err := again(s); err == nil || ledger.Sound(err) {
						t.Errorf("%s afterwards: %v", what, err)
					}
				}
				if _, err := s.Summary(t.Context()); err == nil {
					t.Error("a summary of nothing")
				}
				must(t, s.Close())
			})
			if c.size == 0 {
				return
			}
			again := filepath.Join(t.TempDir(), "ledger.db") // this process still has the lock of the first
			write(t, again, read(t, path))
			refused(t, again, ledger.ErrCorrupt)
		})
	}
}

// TestAFileThatIsEmptiedUnderManyHangsNobody has readers and writers at work at the
// very moment: each of them gets an answer, and the store can be closed.
func TestAFileThatIsEmptiedUnderManyHangsNobody(t *testing.T) {
	for range 20 {
		path := campaign(t)
		s, err := boltstore.Open(path, boltstore.Options{})
		must(t, err)
		var workers sync.WaitGroup
		for n := range 12 {
			workers.Go(func() {
				for i := 0; ; i++ {
					key := string(rune('a'+n)) + time.Duration(i).String()
					_, err := s.Apply(t.Context(), ledger.Change{Key: key, Event: ledgertest.Plan(key, 1)})
					for _, readErr := range s.Entries(t.Context(), ledger.Query{Keys: []string{key}}) {
						err = errors.Join(err, readErr)
					}
					if err != nil {
						return
					}
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		must(t, os.Truncate(path, 0))
		within(t, "a store in use", func() {
			workers.Wait()
			must(t, s.Close())
		})
	}
}

// TestAFileThatWasCutIntendsNothing: what is written into it may be lost with the
// process, so that nothing may be bought on its word.
func TestAFileThatWasCutIntendsNothing(t *testing.T) {
	path := campaign(t)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, os.Truncate(path, 0))
	_, err = s.Apply(t.Context(), ledger.Change{Key: "row 00", Version: 1, Event: ledgertest.Life(0)[1]})
	if !errors.Is(err, ledger.ErrCorrupt) || ledger.Sound(err) {
		t.Errorf("err = %v", err)
	}
	within(t, "close", func() { must(t, s.Close()) })
}

// TestAPipeIsNoLedger: opening one to read waits for somebody to write to it.
func TestAPipeIsNoLedger(t *testing.T) {
	for name, want := range map[string]error{
		"ledger.db": ledger.ErrForeign, "run.json": ledger.ErrUnproven, "ledger.bak": nil,
	} {
		t.Run(name, func(t *testing.T) {
			path := campaign(t)
			pipe := filepath.Join(filepath.Dir(path), name)
			must(t, errors.Join(os.RemoveAll(pipe), syscall.Mkfifo(pipe, 0o600)))
			within(t, name, func() {
				problems, err := boltstore.Verify(t.Context(), path)
				if got := errors.Join(append(problems, err)...); !errors.Is(got, want) {
					t.Errorf("verify: %v", got)
				}
				s, err := boltstore.Open(path, boltstore.Options{})
				if !errors.Is(err, want) {
					t.Errorf("open: %v, want %v", err, want)
				}
				if err == nil {
					must(t, errors.Join(s.Backup(t.Context(), filepath.Join(filepath.Dir(path), "ledger.bak")), s.Close()))
				}
			})
		})
	}
}

// TestADraftThatFailsIsRemoved has no room for a new ledger.
func TestADraftThatFailsIsRemoved(t *testing.T) {
	dir := t.TempDir()
	fails(t, dir, "8192")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("a failed creation left %v, %v", left, err)
	}
}
