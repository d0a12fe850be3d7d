package boltstore_test

import (
	"path/filepath"
	"testing"

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
