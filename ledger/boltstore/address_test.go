package boltstore_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestALedgerThatSentNothingTakesAnotherAddress opens ledgers for another address: those
// by which no job can have been created take it for good, the others are refused.
func TestALedgerThatSentNothingTakesAnotherAddress(t *testing.T) {
	const p, i, u, l = ledger.Plan, ledger.Intend, ledger.Unsend, ledger.Lose
	full := []ledger.Kind{p}
	for range 20 {
		full = append(full, i, u)
	}
	for name, test := range map[string]struct {
		events []ledger.Kind
		moves  bool
	}{
		"no row":                       {nil, true},
		"planned":                      {[]ledger.Kind{p}, true},
		"no connection":                {[]ledger.Kind{p, i, u}, true},
		"refused":                      {[]ledger.Kind{p, i, ledger.Reject}, true},
		"cancelled before it was sent": {[]ledger.Kind{p, ledger.Cancel}, true},
		"being sent":                   {[]ledger.Kind{p, i}, false},
		"unsure":                       {[]ledger.Kind{p, i, l}, false},
		"repeated by a person":         {[]ledger.Kind{p, i, l, ledger.Repeat}, false},
		"given up by a person":         {[]ledger.Kind{p, i, l, ledger.Cancel}, false},
		"being made":                   {[]ledger.Kind{p, i, ledger.Submit}, false},
		"failed with a ticket":         {[]ledger.Kind{p, i, ledger.Submit, ledger.Fail}, false},
		"made":                         {[]ledger.Kind{p, i, ledger.Submit, ledger.Succeed}, false},
		"a story that is full":         {full, false},
	} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		store, err := boltstore.Create(path, ledgertest.Identity())
		must(t, err)
		bought(t, store, "Ada", test.events...)
		must(t, store.Close())
		old := ledgertest.Identity()
		moved := old
		moved.BaseURL = "https://eu.example.com"
		for _, open := range []func(string, boltstore.Options) (*boltstore.Store, error){boltstore.OpenReadOnly, boltstore.Open} {
			store, err := open(path, boltstore.Options{Identity: &moved})
			if test.moves != (err == nil) || err != nil && !errors.Is(err, ledger.ErrOther) {
				t.Errorf("%s: %v", name, err)
			}
			if store != nil {
				must(t, store.Close())
			}
		}
		store, err = boltstore.Open(path, boltstore.Options{})
		must(t, err)
		summary, err := store.Summary(t.Context())
		must(t, err)
		if is := summary.Identity.BaseURL == moved.BaseURL; is != test.moves || summary.Identity.ID != old.ID {
			t.Errorf("%s: the ledger is now of %+v", name, summary.Identity)
		}
		must(t, store.Close())
		if is := strings.Contains(string(read(t, witness(path))), moved.BaseURL); is != test.moves {
			t.Errorf("%s: run.json says %s", name, read(t, witness(path)))
		}
	}
}
