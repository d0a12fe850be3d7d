package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
		"read": func() (*boltstore.Store, error) { return boltstore.OpenReadOnly(path) },
		"write": func() (*boltstore.Store, error) {
			return boltstore.Open(path, boltstore.Options{Timeout: time.Millisecond})
		},
	} {
		_, err := open()
		var locked *boltstore.LockedError
		if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Started.IsZero() || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("open to %s: %v", name, err)
		}
	}
	must(t, s.Close())
	reader, err := boltstore.OpenReadOnly(path)
	must(t, err)
	if _, err := reader.Apply(); !errors.Is(err, boltstore.ErrReadOnly) {
		t.Errorf("change of a read-only store: %v", err)
	}
	another, err := boltstore.OpenReadOnly(path)
	must(t, err)
	_, err = boltstore.Open(path, boltstore.Options{Timeout: time.Millisecond})
	var locked *boltstore.LockedError
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
		must(t, s.Backup(backup))
		info, err := os.Stat(backup)
		must(t, err)
		return info
	}
	first := made()
	if problems, err := boltstore.Verify(backup); err != nil || len(problems) > 0 {
		t.Errorf("the backup is broken: %v, %v", problems, err)
	}
	if again := made(); !os.SameFile(first, again) {
		t.Error("an unchanged ledger was copied again")
	}
	_, err = s.Apply(ledger.Change{Key: "new", Event: ledgertest.Plan("new", 1)})
	must(t, err)
	if changed := made(); os.SameFile(first, changed) {
		t.Error("a changed ledger was not copied")
	}
	r, err := boltstore.OpenReadOnly(backup)
	must(t, err)
	if sum, err := r.Summary(); err != nil || sum.States[ledger.Planned] != 16 {
		t.Errorf("the backup has %v, %v", sum.States, err)
	}
	must(t, r.Close())
}

func TestNothingIsAnsweredAfterClose(t *testing.T) {
	s, err := boltstore.Open(campaign(t), boltstore.Options{})
	must(t, err)
	must(t, s.Close())
	must(t, s.Close())
	_, apply := s.Apply()
	_, summary := s.Summary()
	if !errors.Is(apply, boltstore.ErrClosed) || !errors.Is(summary, boltstore.ErrClosed) {
		t.Errorf("apply: %v, summary: %v", apply, summary)
	}
}
