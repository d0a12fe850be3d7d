package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestALostRowIsSentAgainOnlyIfTheSheetStillWantsIt searches for a row that an
// earlier run lost, and proves that nothing was created. Whether it is sent as it
// was is then for the plan to say.
func TestALostRowIsSentAgainOnlyIfTheSheetStillWantsIt(t *testing.T) {
	for _, wanted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := searchable(&world{}, true)
			store := newMemory(t)
			ready := planRows(t, store, s, rows(2))
			e := newEngine(store, s)
			if _, err := e.Run(t.Context(), ready[1:]); err != nil { // the witness
				t.Fatal(err)
			}
			lose(t, store, "row-000")
			e.Again = func(string) bool { return wanted }
			outcome, err := e.Run(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			jobs, state := s.bank()["row-000"], states(t, store)["row-000"].State
			if wanted && (jobs != 1 || state != ledger.Succeeded) || !wanted && (jobs != 0 || state != ledger.Planned || outcome.Sent != 0) {
				t.Errorf("wanted %v: %d jobs, the row is %s, %+v", wanted, jobs, state, outcome)
			}
		})
	}
}

// lose leaves a planned row with a request that never arrived.
func lose(t *testing.T, store ledger.Store, key string) {
	t.Helper()
	loseAs(t, store, key, "")
}

// TestARowBeyondTheBudgetIsNoLostRow holds the run, whatever the plan says of lost
// rows.
func TestARowBeyondTheBudgetIsNoLostRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := searchable(&world{}, true)
		store := newMemory(t)
		e := newEngine(store, s)
		limit := credit.Of(1)
		e.Budget, e.Again = &limit, func(string) bool { return false }
		outcome, err := e.Run(t.Context(), planRows(t, store, s, rows(2)))
		if err != nil {
			t.Fatal(err)
		}
		if outcome.Held == "" || outcome.Sent != 1 {
			t.Errorf("%+v", outcome)
		}
	})
}

func TestThePlanWantsLostRowsAsTheyWere(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*sheet)
		want map[string]bool
	}{
		{"unchanged", func(*sheet) {}, map[string]bool{"1": true}},
		{"another name", func(s *sheet) { s.csv = strings.Replace(s.csv, "Ada", "Adele", 1) }, map[string]bool{}},
		{"kept as it was", func(s *sheet) {
			s.csv, s.changed = strings.Replace(s.csv, "Ada", "Adele", 1), engine.KeepChanged
		}, map[string]bool{}},
		{"deleted", func(s *sheet) { s.csv = strings.Replace(s.csv, "1,Ada,first\n", "", 1) }, map[string]bool{}},
		{"refused", func(s *sheet) { s.csv = strings.Replace(s.csv, "Ada", "", 1) }, map[string]bool{}},
		{"filtered", func(s *sheet) { s.where = `notes != "first"` }, map[string]bool{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := newMemory(t)
			s := invite()
			s.plan(t, store)
			reach(t, store, ledger.Unsure)
			test.edit(&s)
			if diff := cmp.Diff(test.want, s.plan(t, store).Sendable); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRetryAfterSilencesPollsToo lets the first poll be told to come again in a
// minute: the wish is the account's, not the row's.
func TestRetryAfterSilencesPollsToo(t *testing.T) {
	now := time.Date(2026, 11, 20, 21, 0, 0, 0, time.UTC)
	p := engine.NewPace(engine.Limits{}, nil)
	p.Quiet(now.Add(time.Minute), "the service asked to slow down")
	if at := p.Poll(now); !at.Equal(now.Add(time.Minute)) {
		t.Errorf("the next poll leaves at %v", at)
	}
	if turn := p.Submit(now); !turn.At.Equal(now.Add(time.Minute)) {
		t.Errorf("the next submit leaves at %v", turn.At)
	}
	p = engine.NewPace(engine.Limits{}, nil)
	p.Pause(now.Add(time.Minute), "the service is busy with other jobs")
	if at := p.Poll(now); !at.Equal(now) {
		t.Errorf("a pause of submits keeps polls until %v", at)
	}
}

// TestADisownedRowIsNotSearchedForAgain: the search adopts the one job that fits,
// a person says that it is another row's, and the next search would find the very
// same one.
func TestADisownedRowIsNotSearchedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s, store := searchable(w, true), newMemory(t)
		ready := planRows(t, store, s, rows(1))
		w.dieAt = map[int]bool{5: true} // with the answer on its way
		_, _ = newEngine(mortalStore{store, w}, s).Run(t.Context(), ready)
		w.restart()
		run := func() ledger.Entry {
			if _, err := newEngine(store, s).Run(t.Context(), readyRows(t, store)); err != nil {
				t.Fatal(err)
			}
			return states(t, store)["row-000"]
		}
		e := run()
		if e.State != ledger.Succeeded || !e.Adopted() {
			t.Fatalf("%s: the test is broken", e.State)
		}
		if _, err := store.Apply(t.Context(), ledger.Change{Key: e.Key, Version: e.Version, Event: ledger.Event{
			Kind: ledger.Disown, At: time.Now(), By: ledger.ByPerson, Reason: "a test",
		}}); err != nil {
			t.Fatal(err)
		}
		if e = run(); e.State != ledger.Unsure || !e.Disowned() {
			t.Errorf("%s with ticket %q", e.State, e.Ticket.Job)
		}
	})
}
