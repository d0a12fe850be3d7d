package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
)

// meanwhile is a service that answers a submit after another process has changed the entry.
type meanwhile struct {
	*shelf
	act func(key string)
	err error
}

func (m meanwhile) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	m.act(r.Reference)
	if m.err != nil {
		return providers.Receipt{}, m.err
	}
	return m.shelf.Submit(ctx, r)
}

// onlyRow is a ledger with one planned row, and a service without a stock.
func onlyRow(t *testing.T) (*ledgertest.Memory, *shelf, string) {
	t.Helper()
	memory, s := newMemory(t), &shelf{&world{}, newStock(true)}
	planRows(t, memory, service{provider: s, checker: s, operation: "shelf/make", payload: `{"name":%q}`}, rows(1))
	return memory, s, rows(1)[0]
}

// change makes changes of an entry, as another process does.
func change(t *testing.T, m ledger.Store, key string, events ...ledger.Event) {
	t.Helper()
	for _, event := range events {
		event.At = time.Now()
		e := states(t, m)[key]
		if _, err := m.Apply(t.Context(), ledger.Change{Key: key, Version: e.Version, Event: event}); err != nil {
			t.Errorf("%s: %v", event.Kind, err)
		}
	}
}

// TestALateAnswerIsEvidence: another process has given the attempt up, and the answer says
// what became of it. No ticket is lost, and no row is sent beside a job that it has.
func TestALateAnswerIsEvidence(t *testing.T) {
	lose, unsend, intend := ledger.Event{Kind: ledger.Lose}, ledger.Event{Kind: ledger.Unsend}, ledger.Event{Kind: ledger.Intend}
	stopped := ledger.Event{Kind: ledger.Cancel, By: ledger.ByPerson}
	late := rows(1)[0] + "/0"
	found := ledger.Event{Kind: ledger.Adopt, Ticket: job.Ticket{Job: late}}
	notSent := &providers.Error{Kind: providers.NotSent, Call: "submit"}
	for name, c := range map[string]struct {
		meanwhile []ledger.Event
		err       error
		state     ledger.State
		job       string
		claims    int
	}{
		"given up":                         {[]ledger.Event{lose}, nil, ledger.Submitted, late, 0},
		"found":                            {[]ledger.Event{lose, found}, nil, ledger.Submitted, late, 0},
		"planned again":                    {[]ledger.Event{lose, unsend}, nil, ledger.Unsure, "", 1},
		"intended anew":                    {[]ledger.Event{lose, unsend, intend}, nil, ledger.Intended, "", 1},
		"cancelled by a person":            {[]ledger.Event{lose, stopped}, nil, ledger.Cancelled, "", 1},
		"not sent, given up":               {[]ledger.Event{lose}, notSent, ledger.Planned, "", 0},
		"not sent, planned again":          {[]ledger.Event{lose, unsend}, notSent, ledger.Planned, "", 0},
		"not sent, intended anew":          {[]ledger.Event{lose, unsend, intend}, notSent, ledger.Intended, "", 0},
		"its answer is lost, and given up": {[]ledger.Event{lose}, errors.New("lost"), ledger.Unsure, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory, s, key := onlyRow(t)
				provider := meanwhile{s, func(string) {
					time.Sleep(time.Second) // an intent of the same instant would be the same attempt
					change(t, memory, key, c.meanwhile...)
				}, c.err}
				w := engine.Worker{Store: memory, Step: engine.Stepper{Provider: provider, Checker: s}}
				done, err := w.Send(t.Context(), key)
				e := states(t, memory)[key]
				if err != nil || done.Entry.Version != e.Version {
					t.Errorf("%v; the answer is about version %d of %d", err, done.Entry.Version, e.Version)
				}
				if e.State != c.state || e.Ticket.Job != c.job || len(e.Claims()) != c.claims {
					t.Errorf("%s with job %q and %d claims, want %s with %q and %d", e.State, e.Ticket.Job, len(e.Claims()), c.state, c.job, c.claims)
				}
				if c.err == nil && !slices.Contains(e.Tickets(), late) {
					t.Error("the ticket is lost")
				}
			})
		})
	}
}

// TestARequestThatDidNotLeaveSaysNothingOfALaterOne: another process has sent it again under
// its key, which may be on the wire.
func TestARequestThatDidNotLeaveSaysNothingOfALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s, key := onlyRow(t)
		sent := ledger.Sent{Hash: ledger.Fingerprint{1}}
		change(t, memory, key, ledger.Event{Kind: ledger.Intend, Sent: sent})
		provider := meanwhile{s, func(string) {
			change(t, memory, key, ledger.Event{Kind: ledger.Lose}, ledger.Event{Kind: ledger.Resend, Sent: sent})
		}, &providers.Error{Kind: providers.NotSent, Call: "submit"}}
		w := engine.Worker{Store: memory, Step: engine.Stepper{Provider: provider, Checker: s}}
		if _, err := w.Ask(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if e := states(t, memory)[key]; e.State != ledger.Unsure {
			t.Errorf("it is %s", e.State)
		}
	})
}

// TestARowThatAnotherProcessClearsUpIsSent by the run that waits for its search.
func TestARowThatAnotherProcessClearsUpIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s, key := onlyRow(t)
		change(t, memory, key, ledger.Event{Kind: ledger.Intend}, ledger.Event{Kind: ledger.Lose})
		time.AfterFunc(10*time.Second, func() { change(t, memory, key, ledger.Event{Kind: ledger.Unsend}) })
		e := &engine.Engine{Store: memory, Provider: s, Checker: s, Limits: engine.Limits{FirstPoll: 10 * time.Second}}
		if _, err := e.Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if e := states(t, memory)[key]; e.State != ledger.Succeeded || s.bank()[key] != 1 {
			t.Errorf("it is %s, with %d jobs", e.State, s.bank()[key])
		}
	})
}

// TestAClaimedRowIsNotSent: a person decides about it, also where it is planned.
func TestAClaimedRowIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s, key := onlyRow(t)
		change(t, memory, key, ledger.Event{Kind: ledger.Intend}, ledger.Event{Kind: ledger.Claim, Ticket: job.Ticket{Job: "late"}}, ledger.Event{Kind: ledger.Unsend})
		e := &engine.Engine{Store: memory, Provider: s, Checker: s}
		out, err := e.Run(t.Context(), readyRows(t, memory))
		if err != nil || out.Held != "" {
			t.Errorf("%v, held %q", err, out.Held)
		}
		if e := states(t, memory)[key]; e.State != ledger.Unsure || len(e.Claims()) != 1 || len(s.bank()) != 0 {
			t.Errorf("it is %s with %d claims; jobs: %v", e.State, len(e.Claims()), s.bank())
		}
	})
}

// TestALostLeaseEndsTheSending: what is on the wire is recorded, nothing more is sent or asked,
// and the run says why.
func TestALostLeaseEndsTheSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s := newMemory(t), newStock(true)
		d := newDriver("first", memory, s)
		planRows(t, memory, service{provider: d.shelf, checker: d.shelf, operation: "shelf/make", payload: `{"name":%q}`}, rows(3))
		lease := d.acquire(t)
		o := takeover{workers: 1, mutate: func(_ string, e *engine.Engine) {
			e.Provider = meanwhile{d.shelf, func(string) {
				d.process.Cut() // no renewal arrives
				time.Sleep(leaseTTL + time.Second)
				d.process.Mend()
			}, &providers.Error{Kind: providers.Unknown, Call: "submit"}}
		}}
		out := d.run(t.Context(), t, lease, o)
		if out.HeldFor != engine.HoldDriven || out.Held != "another process drives this campaign now" || out.Sent != 1 {
			t.Errorf("%+v", out)
		}
		entries := states(t, memory)
		if e := entries[rows(3)[0]]; e.State != ledger.Unsure {
			t.Errorf("the row on the wire is %s", e.State)
		}
		if e := entries[rows(3)[1]]; e.State != ledger.Planned {
			t.Errorf("the next row is %s", e.State)
		}
	})
}

// TestALostLeaseEndsThePolls: the process that drives now asks for the jobs.
func TestALostLeaseEndsThePolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s := newMemory(t), newStock(true)
		d := newDriver("first", memory, s)
		planRows(t, memory, service{provider: d.shelf, checker: d.shelf, operation: "shelf/make", payload: `{"name":%q}`}, rows(1))
		lease := d.acquire(t)
		d.process.Stop()
		time.AfterFunc(leaseTTL+time.Second, d.process.Continue) // before the job is made
		out := d.run(t.Context(), t, lease, takeover{workers: 1})
		if e := states(t, memory)[rows(1)[0]]; out.HeldFor != engine.HoldDriven || e.State != ledger.Submitted {
			t.Errorf("held for %q, the row is %s", out.HeldFor, e.State)
		}
	})
}

// gone is a store whose database does not answer for a number of calls about events of a kind.
type gone struct {
	ledger.Store
	kind  ledger.Kind
	calls *int
}

func (g gone) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	if changes[0].Event.Kind == g.kind && *g.calls > 0 {
		*g.calls--
		return nil, ledger.ErrUnavailable
	}
	return g.Store.Apply(ctx, changes...)
}

// TestADatabaseThatDoesNotAnswer: before an intent and about a poll it ends the run. The answer
// to a paid request is kept until it can be recorded.
func TestADatabaseThatDoesNotAnswer(t *testing.T) {
	for kind, want := range map[ledger.Kind]struct {
		hold  engine.Hold
		state ledger.State
	}{
		ledger.Intend:  {engine.HoldOutage, ledger.Planned},
		ledger.Submit:  {"", ledger.Succeeded},
		ledger.Succeed: {engine.HoldOutage, ledger.Submitted},
	} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory, s, key := onlyRow(t)
				calls := 5
				e := &engine.Engine{Store: gone{memory, kind, &calls}, Provider: s, Checker: s, Limits: engine.Limits{FirstPoll: 10 * time.Second}}
				out, err := e.Run(t.Context(), readyRows(t, memory))
				if err != nil || out.HeldFor != want.hold {
					t.Errorf("%v, held for %q", err, out.HeldFor)
				}
				if e := states(t, memory)[key]; e.State != want.state {
					t.Errorf("the row is %s", e.State)
				}
			})
		})
	}
}

// TestARowThatAPersonChangesMeanwhileHoldsNoRun: its intent is refused, and it is read again.
func TestARowThatAPersonChangesMeanwhileHoldsNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s, key := onlyRow(t)
		cancel := before{memory, func() { change(t, memory, key, ledger.Event{Kind: ledger.Cancel, By: ledger.ByPerson}) }}
		e := &engine.Engine{Store: cancel, Provider: s, Checker: s}
		out, err := e.Run(t.Context(), readyRows(t, memory))
		if e := states(t, memory)[key]; err != nil || out.Held != "" || e.State != ledger.Cancelled {
			t.Errorf("%v, held %q, the row is %s", err, out.Held, e.State)
		}
	})
}

// before is a store in which something happens directly before an intent.
type before struct {
	ledger.Store
	act func()
}

func (b before) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	if changes[0].Event.Kind == ledger.Intend {
		b.act()
	}
	return b.Store.Apply(ctx, changes...)
}

// TestASharedRequestIsGivenUp when the quarantine counts on that, whatever time the service's
// client gives it.
func TestASharedRequestIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, s := newMemory(t), newStock(true)
		d := newDriver("first", memory, s)
		planRows(t, memory, service{provider: d.shelf, checker: d.shelf, operation: "shelf/make", payload: `{"name":%q}`}, rows(1))
		began := time.Now()
		d.run(t.Context(), t, d.acquire(t), takeover{workers: 1, mutate: func(_ string, e *engine.Engine) {
			e.Provider = unanswering{d.shelf}
		}})
		e := states(t, memory)[rows(1)[0]]
		if e.History[2].Kind != ledger.Lose || e.History[2].At.Sub(began) != ledger.LongestSubmit {
			t.Errorf("%+v, began at %s", e.History, began)
		}
	})
}

// unanswering is a service that never answers a submit.
type unanswering struct{ *shelf }

func (unanswering) Submit(ctx context.Context, _ providers.Request) (providers.Receipt, error) {
	<-ctx.Done()
	return providers.Receipt{}, ctx.Err()
}
