package main

import (
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestAStoreThatKeepsNoCopies runs as any other; what needs a file is refused before
// anything is changed.
func TestAStoreThatKeepsNoCopies(t *testing.T) {
	store := ledgertest.NewMemory(ledger.Identity{ID: "kept elsewhere"})
	a, s := &app{}, &setup{}
	if err := s.backUp(t.Context(), store); err != nil {
		t.Errorf("back up: %v", err)
	}
	if err := a.sameHost(t.Context(), s, store, runFlags{}); err != nil {
		t.Errorf("same host: %v", err)
	}
	if _, err := keeperOf(store); codeOf(err) != exitUsage {
		t.Errorf("purge or restore: %v", err)
	}
	if n, err := a.doubt(t.Context(), s, store); codeOf(err) != exitUsage || n != 0 {
		t.Errorf("restore: %d rows, %v", n, err)
	}
}
