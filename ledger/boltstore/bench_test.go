package boltstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

func create(tb testing.TB, path string) *boltstore.Store {
	tb.Helper()
	s, err := boltstore.Create(path, ledgertest.Identity())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkCallers is what one commit for many callers is worth: compare the
// changes per second of 64 callers with those of one.
func BenchmarkCallers(b *testing.B) {
	callers(b, func(*testing.B, *boltstore.Store) {}, func(s *boltstore.Store, i int64) error {
		key := fmt.Sprintf("row %08d", i)
		_, err := s.Apply(b.Context(), ledger.Change{Key: key, Event: ledgertest.Plan(key, 1)})
		return err
	})
}

// BenchmarkIntents is what a run does before each submit: it reads an entry and
// intends it, which is counted in run.json as well.
func BenchmarkIntents(b *testing.B) {
	plan := func(b *testing.B, s *boltstore.Store) {
		for from := 0; from < b.N; from += 1000 {
			apply(b, s, from, min(from+1000, b.N), 0)
		}
	}
	callers(b, plan, func(s *boltstore.Store, i int64) error {
		key := fmt.Sprint("C-", i-1)
		for _, err := range s.Entries(b.Context(), ledger.Query{Keys: []string{key}}) {
			if err != nil {
				return err
			}
		}
		_, err := s.Apply(b.Context(), ledger.Change{Key: key, Version: 1, Event: ledgertest.Life(int(i - 1))[1]})
		return err
	})
}

// callers has many callers share the work.
func callers(b *testing.B, prepare func(*testing.B, *boltstore.Store), work func(*boltstore.Store, int64) error) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			s := create(b, filepath.Join(b.TempDir(), "ledger.db"))
			prepare(b, s)
			var n atomic.Int64
			b.ResetTimer()
			var all errgroup.Group
			for range callers {
				all.Go(func() error {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if err := work(s, i); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err := all.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

// BenchmarkSettled opens a ledger of many settled entries, a million unless
// REELMERGE_ENTRIES says otherwise.
func BenchmarkSettled(b *testing.B) {
	entries := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("REELMERGE_ENTRIES")); err == nil {
		entries = n
	}
	path := filepath.Join(b.TempDir(), "ledger.db")
	settle(b, create(b, path), entries)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for name, open := range map[string]func() (*boltstore.Store, error){
		"read":  func() (*boltstore.Store, error) { return boltstore.OpenReadOnly(path, boltstore.Options{}) },
		"write": func() (*boltstore.Store, error) { return boltstore.Open(path, boltstore.Options{}) },
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				s, err := open()
				if err != nil {
					b.Fatal(err)
				}
				if sum, err := s.Summary(b.Context()); err != nil || sum.States[ledger.Succeeded] != entries {
					b.Fatal(sum, err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(info.Size())/1e6, "MB")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/open")
		})
	}
	b.Run("verify", func(b *testing.B) {
		for range b.N {
			if problems, err := boltstore.Verify(b.Context(), path); err != nil || len(problems) > 0 {
				b.Fatal(problems, err)
			}
		}
	})
}

// settle takes rows through their lives, a part at a time, as a run does.
func settle(tb testing.TB, s *boltstore.Store, entries int) {
	const part = 1000
	steps := len(ledgertest.Life(0))
	for step := range steps { // all rows are planned before the first is sent
		if step == 1 {
			break
		}
		for from := 0; from < entries; from += part {
			apply(tb, s, from, min(from+part, entries), step)
		}
	}
	for from := 0; from < entries; from += part {
		for step := 1; step < steps; step++ {
			apply(tb, s, from, min(from+part, entries), step)
		}
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

func apply(tb testing.TB, s *boltstore.Store, from, to, step int) {
	var changes []ledger.Change
	for i := from; i < to; i++ {
		changes = append(changes, ledger.Change{Key: "C-" + strconv.Itoa(i), Version: uint64(step), Event: ledgertest.Life(i)[step]})
	}
	if _, err := s.Apply(tb.Context(), changes...); err != nil {
		tb.Fatal(err)
	}
}
