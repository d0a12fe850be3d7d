package ledgertest_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

func TestMemoryIsAStore(t *testing.T) {
	ledgertest.Run(t, func() ledgertest.Opener {
		stores := map[string]*ledgertest.Memory{}
		return func(_ *testing.T, dir string) ledger.Store {
			if stores[dir] == nil {
				stores[dir] = ledgertest.NewMemory(ledgertest.Identity())
			}
			return stores[dir]
		}
	}())
}
