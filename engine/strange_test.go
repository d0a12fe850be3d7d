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

// strange changes what a service says of one row, the way a service that is being
// deployed might. What it says must not keep a ticket from being kept, nor end the
// run as if the ledger could not be written.
type strange struct {
	providers.Provider
	receipt  func(*providers.Receipt)
	progress func(*providers.Progress)
}

func (s strange) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	receipt, err := s.Provider.Submit(ctx, r)
	if r.Reference == "row-000" && s.receipt != nil && err == nil {
		s.receipt(&receipt)
	}
	return receipt, err
}

func (s strange) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	progress, err := s.Provider.Poll(ctx, operation, t)
	if strings.HasPrefix(t.Job, "row-000/") && s.progress != nil && err == nil {
		s.progress(&progress)
	}
	return progress, err
}

// reporting charges what the service reports, as clients do.
type reporting struct{ providers.Checker }

func (r reporting) Charge(q credit.Estimate, p providers.Progress) credit.Charge {
	if p.Reported.Basis != credit.Unknown {
		return p.Reported
	}
	return r.Checker.Charge(q, p)
}

func TestStrangeWordsOfAServiceDoNotLoseAJob(t *testing.T) {
	absurd := []credit.Charge{
		{Amount: -credit.Of(1), Basis: credit.Observed},
		{Amount: credit.Of(9_000_000_000), Basis: credit.Observed},
	}
	type story struct {
		receipt  func(*providers.Receipt)
		progress func(*providers.Progress)
		want     ledger.State
		basis    credit.Basis
	}
	stories := map[string]story{
		"a ticket without end": {receipt: func(r *providers.Receipt) { r.Ticket.Job = strings.Repeat("x", ledger.Longest+1) }, want: ledger.Unsure},
		"a running job gets a ticket without end": {progress: func(p *providers.Progress) {
			*p = providers.Progress{Ticket: job.Ticket{Job: strings.Repeat("x", ledger.Longest+1)}}
		}, want: ledger.Submitted},
		"a running job becomes another row's": {progress: func(p *providers.Progress) {
			*p = providers.Progress{Ticket: job.Ticket{Job: "row-001/0"}}
		}, want: ledger.Submitted},
		"a finished job is another row's": {progress: func(p *providers.Progress) {
			if p.Outcome == providers.Succeeded {
				p.Ticket.Job = "row-001/0"
			}
		}, want: ledger.Submitted},
	}
	for _, charge := range absurd {
		stories["it cost "+charge.Amount.String()] = story{
			progress: func(p *providers.Progress) { p.Reported = charge }, want: ledger.Succeeded, basis: credit.Unknown,
		}
		stories["it holds "+charge.Amount.String()] = story{
			receipt: func(r *providers.Receipt) { r.Held = charge }, want: ledger.Succeeded, basis: credit.Documented,
		}
	}
	for name, c := range stories {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := searchable(&world{}, false), newMemory(t)
				s.provider, s.checker = strange{s.provider, c.receipt, c.progress}, reporting{s.checker}
				e := newEngine(store, s)
				e.Limits = engine.Limits{Active: 4, FirstPoll: 5 * time.Second, MaxPoll: 5 * time.Second, Deadline: time.Minute}
				if _, err := e.Run(t.Context(), planRows(t, store, s, rows(2))); err != nil {
					t.Fatal(err)
				}
				entries := states(t, store)
				if e := entries["row-000"]; e.State != c.want || e.Basis != c.basis {
					t.Errorf("%s (%s): %s", e.State, e.Basis, e.Reason)
				}
				if e := entries["row-001"]; e.State != ledger.Succeeded {
					t.Errorf("the other row is %s: %s", e.State, e.Reason)
				}
			})
		})
	}
}
