package boltstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestALedgerThatWasTakenAwayIntendsNothing deletes or moves the folder of a
// ledger in use: nothing more may be bought on its word, but a ticket that is on
// its way is written, for a moved file keeps it.
func TestALedgerThatWasTakenAwayIntendsNothing(t *testing.T) {
	for name, take := range map[string]func(dir string) error{
		"deleted": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+"-moved") },
		"swapped": func(dir string) error {
			data, err := os.ReadFile(filepath.Join(dir, "ledger.db"))
			return errors.Join(err, os.Remove(filepath.Join(dir, "ledger.db")), os.WriteFile(filepath.Join(dir, "ledger.db"), data, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			store, err := boltstore.Create(filepath.Join(dir, "ledger.db"), ledgertest.Identity())
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			bought(t, store, "Ada", ledger.Plan, ledger.Intend)
			bought(t, store, "Grace", ledger.Plan)
			if err := take(dir); err != nil {
				t.Skipf("an open file cannot be taken away here: %v", err)
			}
			_, err = store.Apply(t.Context(), ledger.Change{Key: "Grace", Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: time.Now()}})
			if !errors.Is(err, ledger.ErrMissing) || ledger.Sound(err) {
				t.Errorf("intend: %v", err)
			}
			event := ledger.Event{Kind: ledger.Submit, At: time.Now(), Ticket: job.Ticket{Job: "job"}}
			if _, err := store.Apply(t.Context(), ledger.Change{Key: "Ada", Version: 2, Event: event}); err != nil {
				t.Errorf("the ticket on its way: %v", err)
			}
		})
	}
}
