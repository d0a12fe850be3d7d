package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

func workerOf(store ledger.Store, s service) engine.Worker {
	return engine.Worker{Store: store, Step: engine.Stepper{Provider: s.provider, Checker: s.checker}}
}

// TestAWorkerNeedsNoLoop sends a row and asks for it until it is settled. What was
// done already is moot, so nothing is paid twice.
func TestAWorkerNeedsNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := searchable(&world{}, true), newMemory(t)
		planRows(t, store, s, rows(1))
		w, key := workerOf(store, s), rows(1)[0]
		for _, step := range []struct {
			name  string
			call  func() (engine.Done, error)
			after time.Duration
			want  ledger.State
			moot  bool
		}{
			{"ask for what was not sent", func() (engine.Done, error) { return w.Ask(t.Context(), key) }, 0, ledger.Planned, true},
			{"send", func() (engine.Done, error) { return w.Send(t.Context(), key) }, 0, ledger.Submitted, false},
			{"send again", func() (engine.Done, error) { return w.Send(t.Context(), key) }, 0, ledger.Submitted, true},
			{"ask too soon", func() (engine.Done, error) { return w.Ask(t.Context(), key) }, 0, ledger.Submitted, false},
			{"ask", func() (engine.Done, error) { return w.Ask(t.Context(), key) }, time.Minute, ledger.Succeeded, false},
			{"ask again", func() (engine.Done, error) { return w.Ask(t.Context(), key) }, 0, ledger.Succeeded, true},
		} {
			time.Sleep(step.after)
			d, err := step.call()
			if err != nil || d.Err != nil || d.Entry.State != step.want || d.Moot != step.moot {
				t.Errorf("%s: %s, moot %v, %v, %v", step.name, d.Entry.State, d.Moot, d.Err, err)
			}
		}
		if jobs := s.bank()[key]; jobs != 1 {
			t.Errorf("%d jobs", jobs)
		}
	})
}

// renamed is a service with a new word for how its jobs are doing.
type renamed struct{ providers.Provider }

func (p renamed) Poll(_ context.Context, _ string, t job.Ticket) (providers.Progress, error) {
	return providers.Progress{Strange: "MARINATING", Ticket: t}, nil
}

// TestAWorkerTellsAWordThatItDoesNotKnow: the job goes on, and a person can find out
// what the word means.
func TestAWorkerTellsAWordThatItDoesNotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := searchable(&world{}, true), newMemory(t)
		planRows(t, store, s, rows(1))
		w, key := workerOf(store, s), rows(1)[0]
		if _, err := w.Send(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		w.Step.Provider = renamed{w.Step.Provider}
		d, err := w.Ask(t.Context(), key)
		if err != nil || d.Err != nil || d.Entry.State != ledger.Submitted || d.Event.Kind != "" || !strings.Contains(d.Event.Reason, `"MARINATING"`) {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// TestAWorkerObeysItsBudget leaves the row planned.
func TestAWorkerObeysItsBudget(t *testing.T) {
	s, store := searchable(&world{}, true), newMemory(t)
	planRows(t, store, s, rows(1))
	w, none := workerOf(store, s), credit.Amount(0)
	w.Budget = &none
	d, err := w.Send(t.Context(), rows(1)[0])
	if err != nil || d.Err == nil || d.Before != ledger.Planned || d.Entry.State != ledger.Planned || len(s.bank()) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestAWorkerBelievesNoStranger: an unsigned notice changes nothing, and the
// same one, signed, is adopted.
func TestAWorkerBelievesNoStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := searchable(&world{}, true), newMemory(t)
		planRows(t, store, s, rows(1))
		key := rows(1)[0]
		receipt, err := s.provider.Submit(t.Context(), providers.Request{Reference: key})
		if err != nil {
			t.Fatal(err)
		}
		notice := providers.Notice{Reference: key, Ticket: job.Ticket{Job: receipt.Ticket.Job}}
		for _, authentic := range []bool{false, true} {
			want := map[bool]ledger.State{false: ledger.Planned, true: ledger.Submitted}[authentic]
			notice.Authentic = authentic
			d, err := workerOf(store, s).Confirm(t.Context(), key, notice)
			if err != nil || d.Err != nil || d.Moot == authentic || d.Entry.State != want {
				t.Errorf("authentic %v: %s, moot %v, %v, %v", authentic, d.Entry.State, d.Moot, d.Err, err)
			}
		}
	})
}
