package engine_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// cabinet is a folder of videos in memory, where strangers' files may lie.
type cabinet struct {
	mu     sync.Mutex
	names  map[string]string // name → key; a stranger's is empty
	asked  map[string][]string
	trusts map[string]int // key → files that the entry came with
}

func newCabinet(strange ...string) *cabinet {
	c := &cabinet{names: map[string]string{}, asked: map[string][]string{}, trusts: map[string]int{}}
	for _, name := range strange {
		c.names[name] = ""
	}
	return c
}

func (c *cabinet) Missing(e ledger.Entry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !e.Fetched.Proven() || c.names[e.Fetched.File] != e.Key
}

// Fetch tries the row's name and two others.
func (c *cabinet) Fetch(_ context.Context, e ledger.Entry, claim func(ledger.Fetched) (bool, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trusts[e.Key] = len(e.Files())
	for _, name := range []string{e.Key + ".mp4", e.Key + "-2.mp4", e.Key + "-3.mp4"} {
		if _, taken := c.names[name]; taken {
			continue
		}
		c.asked[e.Key] = append(c.asked[e.Key], name)
		mine, err := claim(ledger.Fetched{File: name, Bytes: 1, SHA256: ledger.Fingerprint{1}})
		if err != nil {
			return err
		}
		if mine {
			c.names[name] = e.Key
			return nil
		}
	}
	return errors.New("no name is left")
}

// fetchStore answers fetch events with an error, as often as it is told.
type fetchStore struct {
	ledger.Store
	mu    sync.Mutex
	err   error
	times int
	old   bool // entries are as the first edition left them
}

func (s *fetchStore) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	s.mu.Lock()
	fails := s.times > 0 && changes[0].Event.Kind == ledger.Fetch
	if fails {
		s.times--
	}
	s.mu.Unlock()
	if fails {
		return nil, s.err
	}
	return s.Store.Apply(ctx, changes...)
}

func (s *fetchStore) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range s.Store.Entries(ctx, q) {
			if s.old && e.State == ledger.Succeeded && !e.Fetched.Proven() {
				e.Fetched.File = e.File
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// fetchAll runs rows whose files have the names of their keys, but for those that
// are given.
func fetchAll(t *testing.T, store *fetchStore, files *cabinet, keys []string, named map[string]string) (engine.Outcome, error) {
	t.Helper()
	s := searchable(&world{}, true)
	ready := planRows(t, store.Store, s, keys)
	for _, key := range keys {
		e := states(t, store.Store)[key]
		e.File = key + ".mp4"
		if name := named[key]; name != "" {
			e.File = name
		}
		if _, err := store.Store.Apply(t.Context(), ledger.Change{Key: key, Version: e.Version, Event: ledger.Event{
			Kind: ledger.Plan, At: e.PlannedAt, Content: e.Content,
		}}); err != nil {
			t.Fatal(err)
		}
	}
	e := &engine.Engine{Provider: s.provider, Checker: s.checker, Store: store, Limits: engine.Limits{Active: 8, FirstPoll: 10 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}}
	if files != nil {
		e.Files = files
	}
	return e.Run(t.Context(), ready)
}

// TestWhatIsFetchedIsRecordedForItsRow, also when the entry changes meanwhile.
func TestWhatIsFetchedIsRecordedForItsRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &fetchStore{Store: newMemory(t), err: ledger.ErrConflict, times: 3}
		files := newCabinet("a.mp4")
		outcome, err := fetchAll(t, store, files, []string{"a", "a-2", "b"}, nil)
		if err != nil || len(outcome.FetchFailed) > 0 {
			t.Fatal(err, outcome.FetchFailed)
		}
		want := map[string]string{"a": "a-3.mp4", "a-2": "a-2.mp4", "b": "b.mp4"}
		for key, e := range states(t, store) {
			if e.Fetched.File != want[key] || files.names[want[key]] != key {
				t.Errorf("row %s has %+v, want %s; asked for %q", key, e.Fetched, want[key], files.asked[key])
			}
		}
	})
}

// TestALedgerThatTakesNoFetchEndsTheRun as any other failure of it does.
func TestALedgerThatTakesNoFetchEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the disk is broken")
		store := &fetchStore{Store: newMemory(t), err: broken, times: 100}
		files := newCabinet()
		if _, err := fetchAll(t, store, files, []string{"a", "b"}, nil); !errors.Is(err, broken) {
			t.Errorf("the run ended with %v", err)
		}
		if len(files.names) > 0 {
			t.Errorf("files that the ledger does not know: %v", files.names)
		}
	})
}

// TestAFileThatTwoRowsMayHaveIsFetchedAnewForBoth: the first edition let two rows
// write one file.
func TestAFileThatTwoRowsMayHaveIsFetchedAnewForBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &fetchStore{Store: newMemory(t), old: true}
		files := newCabinet()
		if _, err := fetchAll(t, store, nil, []string{"a", "b", "c"}, map[string]string{"b": "a.mp4"}); err != nil {
			t.Fatal(err)
		}
		outcome, err := fetchAll(t, store, files, nil, nil)
		if err != nil || len(outcome.FetchFailed) > 0 {
			t.Fatal(err, outcome.FetchFailed)
		}
		want := map[string]int{"a": 0, "b": 0, "c": 1}
		for key, n := range want {
			if files.trusts[key] != n {
				t.Errorf("row %s came with %d files to trust, want %d", key, files.trusts[key], n)
			}
		}
	})
}
