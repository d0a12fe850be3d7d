package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// counted counts searches.
type counted struct {
	*shelf
	searches int
}

func (c *counted) Find(ctx context.Context, l providers.Lost) ([]providers.Ticket, error) {
	c.searches++
	return c.shelf.Find(ctx, l)
}

// TestASearchWithoutAWitnessProvesNothing loses requests that never arrived. What a
// later job of the same credentials shows is proof; where there is none, a person
// decides, and nobody goes on looking.
func TestASearchWithoutAWitnessProvesNothing(t *testing.T) {
	for _, test := range []struct {
		name       string
		before     int // rows that were made with the credentials of the lost row
		after      int // rows that this run sends
		session    string
		want       ledger.State
		mostSearch int
	}{
		{"the only row", 0, 0, "mine", ledger.Unsure, 1},
		{"a row that was made before", 1, 0, "mine", ledger.Succeeded, 2},
		{"a row that is made later", 0, 1, "mine", ledger.Succeeded, 3},
		{"rows that are made later with other credentials", 0, 40, "another's", ledger.Unsure, 6},
		{"a row from before, and other credentials that show it", 1, 3, "another's", ledger.Succeeded, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := searchable(&world{}, true), newMemory(t)
				c := &counted{shelf: s.provider.(*shelf)}
				s.provider = c
				ready := planRows(t, store, s, rows(1+test.before+test.after))
				e := newEngine(store, s)
				e.Limits = engine.Limits{Active: 1, FirstPoll: 20 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour}
				e.Session = "mine"
				if _, err := e.Run(t.Context(), ready[1:1+test.before]); err != nil {
					t.Fatal(err)
				}
				loseAs(t, store, "row-000", "mine")
				e.Session = test.session
				began := time.Now()
				if _, err := e.Run(t.Context(), ready[1+test.before:]); err != nil {
					t.Fatal(err)
				}
				if state := states(t, store)["row-000"].State; state != test.want || c.searches > test.mostSearch {
					t.Errorf("the row is %s after %d searches; want %s after at most %d", state, c.searches, test.want, test.mostSearch)
				}
				if took := time.Since(began); took > time.Duration(test.after+4)*time.Minute {
					t.Errorf("the run took %v", took)
				}
			})
		})
	}
}

// loseAs leaves a planned row with a request that never arrived, sent with some
// credentials.
func loseAs(t *testing.T, store ledger.Store, key, session string) {
	t.Helper()
	for _, event := range []ledger.Event{{Kind: ledger.Intend, Reason: session}, {Kind: ledger.Lose}} {
		event.At = time.Now()
		if _, err := store.Apply(ledger.Change{Key: key, Version: states(t, store)[key].Version, Event: event}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second) // in fake time: another run begins later
}
