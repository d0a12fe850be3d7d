package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestOneEntryIsFoundByKeyOrTicket: no key and no ticket are no entry's, although an
// empty query selects all.
func TestOneEntryIsFoundByKeyOrTicket(t *testing.T) {
	ctx, s := t.Context(), ledgertest.NewMemory(ledgertest.Identity())
	_, err := s.Apply(ctx,
		ledger.Change{Key: "a", Event: ledgertest.Plan("a", 1)}, ledger.Change{Key: "b", Event: ledgertest.Plan("b", 1)},
		ledger.Change{Key: "b", Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: start()}},
		ledger.Change{Key: "b", Version: 2, Event: ledger.Event{Kind: ledger.Submit, At: start(), Ticket: job.Ticket{Job: "job"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	find := func(keys ...string) func() (ledger.Entry, error) {
		return func() (ledger.Entry, error) { return ledger.Find(ctx, s, keys...) }
	}
	holder := func(ticket string) func() (ledger.Entry, error) {
		return func() (ledger.Entry, error) { return ledger.Holder(ctx, s, ticket) }
	}
	for name, c := range map[string]struct {
		ask  func() (ledger.Entry, error)
		want string
	}{
		"a key": {find("b"), "b"}, "one of two keys": {find("c", "b"), "b"}, "a strange key": {find("c"), ""}, "no key": {find(), ""},
		"a ticket": {holder("job"), "b"}, "a strange ticket": {holder("other"), ""}, "no ticket": {holder(""), ""},
	} {
		if e, err := c.ask(); err != nil || e.Key != c.want {
			t.Errorf("%s: %q, %v, want %q", name, e.Key, err, c.want)
		}
	}
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := ledger.Find(ended, s, "a"); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("after a signal: %v", err)
	}
}
