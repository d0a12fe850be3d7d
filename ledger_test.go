package reelmerge

import (
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestAStoreThatKeepsNoCopies runs as any other; what needs a file is refused before
// anything is changed.
func TestAStoreThatKeepsNoCopies(t *testing.T) {
	store := ledgertest.NewMemory(ledger.Identity{ID: "kept elsewhere"})
	c := &Campaign{}
	if err := c.backUp(t.Context(), store); err != nil {
		t.Errorf("back up: %v", err)
	}
	if err := c.sameHost(t.Context(), store, false); err != nil {
		t.Errorf("same host: %v", err)
	}
	if _, err := keeperOf(store); CauseOf(err) != Usage {
		t.Errorf("purge or restore: %v", err)
	}
}
