package boltstore_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestAMovedLedgerIsRefusedWithItsPlace, by the file alone and by its run.json alone.
func TestAMovedLedgerIsRefusedWithItsPlace(t *testing.T) {
	there := ledger.MovedError{Store: "db.example.com/reelmerge", Ledger: "spring"}
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := create(t, path)
	intended(t, s, "a")
	must(t, s.Move(t.Context(), there))
	must(t, s.Close())
	isMoved(t, path, there)

	path = filepath.Join(t.TempDir(), "ledger.db")
	s = create(t, path)
	intended(t, s, "a")
	must(t, s.Close())
	said, err := json.Marshal(map[string]any{"store": there.Store, "name": there.Ledger, "ledger": ledgertest.Identity()})
	must(t, err)
	write(t, witness(path), said)
	isMoved(t, path, there)
	empty := filepath.Join(t.TempDir(), "ledger.db")
	write(t, witness(empty), said)
	isMoved(t, empty, there)
}

// isMoved holds every way to open a ledger to its answer.
func isMoved(t *testing.T, path string, there ledger.MovedError) {
	t.Helper()
	_, opened := boltstore.Open(path, boltstore.Options{})
	_, older := boltstore.Open(path, boltstore.Options{Older: true})
	_, read := boltstore.OpenReadOnly(path, boltstore.Options{})
	_, created := boltstore.Create(path, ledgertest.Identity())
	for name, err := range map[string]error{"open": opened, "open an earlier copy": older, "read": read} {
		if moved, is := errors.AsType[*ledger.MovedError](err); !is || *moved != there {
			t.Errorf("%s: %v", name, err)
		}
	}
	if created == nil {
		t.Error("a new ledger was made in its place")
	}
}
