package pgstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// TestAPoolerThatSharesByTransactionIsFine: a ledger is driven through it, by many callers.
// One that shares by statement is a fault.
func TestAPoolerThatSharesByTransactionIsFine(t *testing.T) {
	direct := database(t)
	url := server.get(t).Pooler(t, "transaction")(direct)
	must(t, pgstore.Migrate(t.Context(), url))
	r, err := pgstore.Check(t.Context(), url)
	if must(t, err); r.Pooler != pgstore.ByWork || len(r.Faults) > 0 {
		t.Errorf("pooler %q, faults %v", r.Pooler, r.Faults)
	}
	s, err := dial(t, url).Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	checked(t, s)
	l := &load{t: t, store: take(t, s, "test", "acme")}
	over := make(chan struct{})
	time.AfterFunc(time.Second, func() { close(over) })
	l.run(8, over)
	l.enough()
	must(t, l.store.(ledger.Lease).Release(t.Context()))
	l.survived(s)
}

// TestAPoolerThatSharesByStatementIsAFault, because it tears transactions apart.
func TestAPoolerThatSharesByStatementIsAFault(t *testing.T) {
	direct := database(t)
	url := server.get(t).Pooler(t, "statement")(direct)
	r, err := pgstore.Check(t.Context(), url)
	if must(t, err); r.Pooler != pgstore.ByCall || len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Cure, "pool_mode") {
		t.Errorf("pooler %q, faults %v", r.Pooler, r.Faults)
	}
}
