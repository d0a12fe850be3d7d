package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// estimated is a checker for which a video lasts as the simulator's first guess,
// give or take eight per cent.
type estimated struct{ providers.Checker }

func (e estimated) Quote(r providers.Request, l job.Length) credit.Estimate {
	if l.Low == time.Minute { // the length that the tests plan with
		const likely = 20*time.Second + 7*60*time.Millisecond
		l = job.Length{Low: likely * 92 / 100, Likely: likely, High: likely * 108 / 100}
	}
	return e.Checker.Quote(r, l)
}

func activeFive() engine.Limits {
	return engine.Limits{Active: 5, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: 2 * time.Hour}
}

// TestLongVideosDoNotEndTheRun makes a hundred videos that last longer than their
// highest estimates, and has the budget alone hold them.
func TestLongVideosDoNotEndTheRun(t *testing.T) {
	for _, test := range []struct {
		name, faults string
		budget       credit.Amount
		least        int // overruns
	}{
		{"1.3 times as long", "longer=30%", 0, 100},
		{"1.16 times as long, with noise", "longer=16%,uneven=8%", 0, 60},
		{"right, with noise", "uneven=8%", 0, 5},
		{"one of twice the length", "longer@40", 0, 1},
		{"1.3 times as long, with room", "longer=30%", credit.Of(50), 100},
		{"1.3 times as long, with a budget that does not hold them", "longer=30%", credit.Of(20), 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := unsearchable(t, &world{}, sandbox.Options{Render: 40 * time.Second, Faults: test.faults})
				s.checker = estimated{s.checker}
				store := newMemory(t)
				ready := planRows(t, store, s, rows(100))
				account := s.checker.Account(providers.Request{})
				e := newEngine(store, s)
				e.Limits = activeFive()
				if test.budget > 0 {
					e.Budget = &test.budget
					e.Store = watched{store, func(after ledger.Summary) {
						if !after.Fits(account, test.budget) {
							t.Errorf("an intent went beyond the budget: %+v", after.Balances[account])
						}
					}}
				}
				told := 0
				e.Observe = func(h engine.Happening) {
					balance := summaryOf(t, store).Balances[account]
					if !balance.Balanced() {
						t.Errorf("unbalanced: %+v", balance)
					}
					if h.What == engine.Overrun && strings.Contains(h.Detail, "more than was set aside for it") {
						told++
					}
				}
				out, err := e.Run(t.Context(), ready)
				if err != nil {
					t.Fatal(err)
				}
				summary := summaryOf(t, store)
				balance, made := summary.Balances[account], summary.States[ledger.Succeeded]
				bank := charged(t, s)
				if balance.Reserved != 0 || balance.Charged != bank || balance.Overrun == 0 || told < test.least {
					t.Errorf("balance %+v, the bank took %v, %d overruns were told", balance, bank, told)
				}
				if test.budget != credit.Of(20) {
					if out.Held != "" || made != 100 {
						t.Errorf("held %q with %d made", out.Held, made)
					}
					return
				}
				// Each intent fitted, so beyond the budget are the overruns of five at most.
				over := balance.Charged.Minus(test.budget)
				if out.Held != "the budget is reached" || made < 40 || made == 100 || over > 5*balance.Overrun/credit.Amount(made)+1 {
					t.Errorf("held %q with %d made, %v beyond the budget", out.Held, made, over)
				}
			})
		})
	}
}

func summaryOf(t *testing.T, store ledger.Store) ledger.Summary {
	t.Helper()
	summary, err := store.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// watched shows the balance after each intent.
type watched struct {
	ledger.Store
	intended func(ledger.Summary)
}

func (w watched) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	entries, err := w.Store.Apply(ctx, changes...)
	if summary, e := w.Summary(ctx); err == nil && e == nil && changes[0].Event.Kind == ledger.Intend {
		w.intended(summary)
	}
	return entries, err
}

// charged is what the simulator's bank took.
func charged(t *testing.T, s service) (sum credit.Amount) {
	t.Helper()
	for _, amount := range s.taken() {
		sum = sum.Plus(amount)
	}
	return sum
}

// raised charges more than was quoted, whatever the length of the video: a price
// went up.
type raised struct {
	providers.Checker
	times credit.Amount
	from  int64 // the charge from which on it does
	count *atomic.Int64
}

func (r raised) Charge(q credit.Estimate, p providers.Progress) credit.Charge {
	c := r.Checker.Charge(q, p)
	if r.count.Add(1) >= r.from {
		c.Amount *= r.times
	}
	return c
}

// perJob asks the same for every video.
type perJob struct{ providers.Checker }

func (perJob) Quote(providers.Request, job.Length) credit.Estimate {
	return credit.Exactly(credit.Of(2), credit.Configured)
}

func (perJob) Charge(credit.Estimate, providers.Progress) credit.Charge {
	return credit.Charge{Amount: credit.Of(2), Basis: credit.Observed}
}

// TestADearerPriceHoldsTheRun has the service charge what no length explains: the
// third such row in a row stops the others, until a person accepts the prices.
func TestADearerPriceHoldsTheRun(t *testing.T) {
	for _, test := range []struct {
		name    string
		faults  string
		perJob  bool
		accept  bool
		from    int64
		holds   bool
		longest int // rows that are bought
	}{
		{"a minute costs twice as much", "", false, false, 1, true, 8},
		{"a minute costs twice as much, from the middle on", "", false, false, 51, true, 58},
		{"a minute costs twice as much, and videos are longer", "longer=30%", false, false, 1, true, 8},
		{"a job costs twice as much", "", true, false, 1, true, 8},
		{"it is accepted", "", false, true, 1, false, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := unsearchable(t, &world{}, sandbox.Options{Render: 40 * time.Second, Faults: test.faults})
				if test.perJob {
					s.checker = perJob{s.checker}
				} else {
					s.checker = estimated{s.checker}
				}
				s.checker = raised{s.checker, 2, test.from, new(atomic.Int64)}
				store := newMemory(t)
				e := newEngine(store, s)
				e.Limits, e.AcceptPrices = activeFive(), test.accept
				out, err := e.Run(t.Context(), planRows(t, store, s, rows(100)))
				if err != nil || (out.Held != "") != test.holds || test.holds && !strings.Contains(out.Held, "price") {
					t.Fatalf("%+v, %v", out, err)
				}
				if n := len(s.bank()); n > test.longest || !test.holds && n != 100 {
					t.Errorf("%d rows were bought", n)
				}
				for account, money := range summaryOf(t, store).Balances {
					if money.Overrun == 0 || !money.Balanced() {
						t.Errorf("%s: %+v", account, money)
					}
				}
			})
		})
	}
}
