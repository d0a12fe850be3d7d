package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// counted counts searches.
type counted struct {
	*shelf
	searches int
}

func (c *counted) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	c.searches++
	return c.shelf.Find(ctx, l)
}

// TestASearchWithoutAWitnessProvesNothing loses requests that never arrived. What a
// later job of the same credentials shows is proof; where there is none, a person
// decides, and the search ends.
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
		if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: states(t, store)[key].Version, Event: event}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second) // in fake time: another run begins later
}

// rivalry is a service whose submits take long, and of whose jobs a search cannot
// tell the owners while more than one row is in doubt.
type rivalry struct {
	*shelf
	searches int
}

func (r *rivalry) Submit(ctx context.Context, q providers.Request) (providers.Receipt, error) {
	time.Sleep(5 * time.Minute)
	return r.shelf.Submit(ctx, q)
}

func (r *rivalry) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	r.searches++
	if len(l.Others) == 0 {
		return r.shelf.Find(ctx, l)
	}
	e := &providers.Error{Kind: providers.Conflict, Call: "find", Message: "whose is it?"}
	for i := range l.Others {
		e.Rivals = append(e.Rivals, i)
	}
	return nil, e
}

// TestAContestWaitsForARivalOnTheWire finds a job that could be a row's which is
// just being sent. Once that has its answer, it is clear whose the job is; there
// is no search in between.
func TestAContestWaitsForARivalOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := searchable(&world{}, true), newMemory(t)
		r := &rivalry{shelf: s.provider.(*shelf)}
		s.provider = r
		ready := planRows(t, store, s, rows(2))
		if _, err := r.shelf.Submit(t.Context(), providers.Request{Reference: "row-000"}); err != nil {
			t.Fatal(err)
		}
		lose(t, store, "row-000")
		if _, err := newEngine(store, s).Run(t.Context(), ready[1:]); err != nil {
			t.Fatal(err)
		}
		for key, e := range states(t, store) {
			if e.State != ledger.Succeeded || s.bank()[key] != 1 {
				t.Errorf("%s is %s with %d jobs", key, e.State, s.bank()[key])
			}
		}
		if r.searches > 2 {
			t.Errorf("%d searches", r.searches)
		}
	})
}
