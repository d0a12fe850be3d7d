package ledgertest_test

import (
	"testing"
	"testing/synctest"

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

func TestMemoryIsShared(t *testing.T) {
	databases := map[string]*ledgertest.Memory{}
	ledgertest.RunShared(t, func(t *testing.T, id ledger.Identity) (ledger.Shared, ledgertest.Link) {
		m := databases[id.ID]
		switch first := databases[t.Name()]; {
		case m == nil && first == nil:
			m = ledgertest.NewMemory(id)
		case m == nil:
			m = first.Beside(id)
		}
		databases[id.ID] = m
		p := m.Open()
		t.Cleanup(p.Cut) // a lease that a failed test leaves would renew itself for ever
		return p, p
	}, synctest.Test)
}
