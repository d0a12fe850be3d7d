package reelmerge

import (
	"context"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
)

// emptyService can be searched completely, and has nothing.
type emptyService struct {
	providers.Provider
	providers.Checker
}

func (emptyService) Find(context.Context, providers.Lost) ([]job.Ticket, error) {
	return nil, nil
}
func (emptyService) Traits() providers.Traits { return providers.Traits{FindComplete: true} }

// TestAnEmptySearchProvesNothingAfterARestore: the row may have been refused and
// sent once more since the copy, under a name that the copy does not know.
func TestAnEmptySearchProvesNothingAfterARestore(t *testing.T) {
	since := time.Now().Add(-time.Hour)
	step := engine.Stepper{Provider: emptyService{}, Checker: emptyService{}}
	for _, before := range [][]ledger.Event{
		{},
		{{Kind: ledger.Intend, At: since}, {Kind: ledger.Reject, At: since}},
		{{Kind: ledger.Intend, At: since}},
		{{Kind: ledger.Intend, At: since}, {Kind: ledger.Lose, At: since}},
		{{Kind: ledger.Intend, At: since}, {Kind: ledger.Lose, At: since}, {Kind: ledger.Search, At: since}},
		{{Kind: ledger.Cancel, At: since, By: ledger.ByPerson}},
	} {
		e := after(t, ledger.Entry{Key: "C1"}, append([]ledger.Event{ledgertest.Plan("C1", 1)}, before...)...)
		from := e.State
		for _, c := range lostSince([]ledger.Entry{e}, since) {
			if c.Version != e.Version {
				t.Fatalf("version %d, want %d", c.Version, e.Version)
			}
			e = after(t, e, c.Event)
		}
		if e.State != ledger.Unsure || !e.IntendedAt.Equal(since) {
			t.Fatalf("%s became %s, sent at %v", from, e.State, e.IntendedAt)
		}
		for range 3 {
			event, err := step.Step(t.Context(), e)
			if err != nil || event.Kind != ledger.Search {
				t.Fatalf("a row that was %s: %s, %v", from, event.Kind, err)
			}
			e = after(t, e, event)
		}
	}
}

func after(t *testing.T, e ledger.Entry, events ...ledger.Event) ledger.Entry {
	t.Helper()
	for _, ev := range events {
		next, err := ledger.Next(e, ev)
		if err != nil {
			t.Fatal(err)
		}
		e = next
	}
	return e
}
