package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// open creates the ledger of a folder, or opens it again.
func open(t *testing.T, dir string) ledger.Store {
	t.Helper()
	path := filepath.Join(dir, "ledger.db")
	there, err := boltstore.Exists(path)
	if err != nil {
		t.Fatal(err)
	}
	var s *boltstore.Store
	if there {
		s, err = boltstore.Open(path, boltstore.Options{})
	} else {
		s, err = boltstore.Create(path, ledgertest.Identity())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBoltstoreIsAStore(t *testing.T) { ledgertest.Run(t, open) }

func TestASecondProcessIsToldWhoHasTheLedger(t *testing.T) {
	path := campaign(t)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	for name, open := range map[string]func() (*boltstore.Store, error){
		"read": func() (*boltstore.Store, error) { return boltstore.OpenReadOnly(path, boltstore.Options{}) },
		"write": func() (*boltstore.Store, error) {
			return boltstore.Open(path, boltstore.Options{Timeout: time.Millisecond})
		},
	} {
		_, err := open()
		var locked *ledger.LockedError
		if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Started.IsZero() || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("open to %s: %v", name, err)
		}
	}
	must(t, s.Close())
	reader, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	must(t, err)
	if _, err := reader.Apply(t.Context()); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("change of a read-only store: %v", err)
	}
	another, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	must(t, err)
	_, err = boltstore.Open(path, boltstore.Options{Timeout: time.Millisecond})
	var locked *ledger.LockedError
	if !errors.As(err, &locked) || locked.PID != 0 {
		t.Errorf("open while others read: %v", err)
	}
	must(t, errors.Join(reader.Close(), another.Close()))
}

func TestBackupIsTheLedgerAndIsMadeOnlyAfterChanges(t *testing.T) {
	path := campaign(t)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	dir := t.TempDir()
	backup := filepath.Join(dir, "ledger.db")
	name(t, backup)
	made := func() os.FileInfo {
		must(t, s.Backup(t.Context(), backup))
		info, err := os.Stat(backup)
		must(t, err)
		return info
	}
	first := made()
	if problems, err := boltstore.Verify(t.Context(), backup); err != nil || len(problems) > 0 {
		t.Errorf("the backup is broken: %v, %v", problems, err)
	}
	if again := made(); !os.SameFile(first, again) {
		t.Error("an unchanged ledger was copied again")
	}
	_, err = s.Apply(t.Context(), ledger.Change{Key: "new", Event: ledgertest.Plan("new", 1)})
	must(t, err)
	if changed := made(); os.SameFile(first, changed) {
		t.Error("a changed ledger was not copied")
	}
	r, err := boltstore.OpenReadOnly(backup, boltstore.Options{})
	must(t, err)
	if sum, err := r.Summary(t.Context()); err != nil || sum.States[ledger.Planned] != 16 {
		t.Errorf("the backup has %v, %v", sum.States, err)
	}
	must(t, r.Close())
}

func TestNothingIsAnsweredAfterClose(t *testing.T) {
	s, err := boltstore.Open(campaign(t), boltstore.Options{})
	must(t, err)
	must(t, s.Close())
	must(t, s.Close())
	_, apply := s.Apply(t.Context())
	_, summary := s.Summary(t.Context())
	if !errors.Is(apply, ledger.ErrClosed) || !errors.Is(summary, ledger.ErrClosed) {
		t.Errorf("apply: %v, summary: %v", apply, summary)
	}
}

// TestAChangeThatIsQueuedRunsToItsEnd stops callers at any moment: each is told that
// nothing was changed, or gets its answer.
func TestAChangeThatIsQueuedRunsToItsEnd(t *testing.T) {
	s, err := boltstore.Open(campaign(t), boltstore.Options{})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	answers := make([]error, 400)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			key := fmt.Sprint("stopped ", i)
			if _, answers[i] = s.Apply(ctx, ledger.Change{Key: key, Event: ledgertest.Plan(key, 1)}); i == len(answers)/2 {
				stop()
			}
		})
	}
	group.Wait()
	kept := map[bool]int{}
	for i, err := range answers {
		e, readErr := ledger.Find(t.Context(), s, fmt.Sprint("stopped ", i))
		must(t, readErr)
		there := e.Version == 1
		if there != (err == nil) || err != nil && !errors.Is(err, ledger.ErrStopped) {
			t.Errorf("change %d was answered with %v; it is there: %v", i, err, there)
		}
		kept[there]++
	}
	if kept[true] == 0 {
		t.Errorf("kept or not: %v", kept)
	}
}

// TestALedgerOfSomethingElseIsNotOpened: its tickets and its money mean nothing to
// another provider. It is left as it was.
func TestALedgerOfSomethingElseIsNotOpened(t *testing.T) {
	path := campaign(t)
	own := ledgertest.Identity()
	own.ID, own.Created = "", time.Time{}
	other := own
	other.Provider = "another"
	for name, c := range map[string]struct {
		wanted *ledger.Identity
		want   error
	}{"anything": {nil, nil}, "its own": {&own, nil}, "another provider": {&other, ledger.ErrOther}} {
		for how, open := range map[string]func(string, boltstore.Options) (*boltstore.Store, error){
			"write": boltstore.Open, "read": boltstore.OpenReadOnly,
		} {
			before, err := os.ReadFile(path)
			must(t, err)
			s, err := open(path, boltstore.Options{Identity: c.wanted})
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%s, to %s: %v, want %v", name, how, err, c.want)
			}
			if s != nil {
				must(t, s.Close())
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("%s, to %s: the file has changed (%v)", name, how, err)
			}
		}
	}
}
