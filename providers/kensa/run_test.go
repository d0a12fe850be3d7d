package kensa_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// plan puts n rows into a ledger, and lists those that are to be sent.
func plan(t *testing.T, store ledger.Store, checker *kensa.Checker, n int) {
	t.Helper()
	var changes []ledger.Change
	for i := range n {
		r := fromText(i)
		changes = append(changes, ledger.Change{Key: fmt.Sprint(i), Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: ledger.Content{
			Row: i + 2, Operation: r.Operation, Payload: r.Body, Fingerprint: ledger.Fingerprint{byte(i), 1},
			Reference: fmt.Sprintf("reference-%d", i), Account: checker.Account(r), Estimate: checker.Quote(r, job.Length{}),
		}}})
	}
	if _, err := store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, store ledger.Store) (all []ledger.Entry) {
	t.Helper()
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// run sends the plan and returns why it held.
func run(t *testing.T, store ledger.Store, box *sandbox.Sandbox, limits engine.Limits) string {
	t.Helper()
	return runAs(t, "token", store, box, limits)
}

// runAs runs with a session.
func runAs(t *testing.T, session string, store ledger.Store, box *sandbox.Sandbox, limits engine.Limits) string {
	t.Helper()
	e := engineOf(t, session, store, box, limits)
	outcome, err := e.Run(t.Context(), ready(t, store, e.Checker))
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Held
}

func engineOf(t *testing.T, session string, store ledger.Store, box *sandbox.Sandbox, limits engine.Limits) *engine.Engine {
	t.Helper()
	return &engine.Engine{Store: store, Provider: connect(t, box, session), Checker: newChecker(t, published()), Limits: limits, MaxWait: time.Hour}
}

// ready lists the planned rows of a ledger.
func ready(t *testing.T, store ledger.Store, checker providers.Checker) (list []engine.Ready) {
	t.Helper()
	resembler, _ := providers.As[providers.Resembler](checker)
	for _, entry := range entries(t, store) {
		if entry.State == ledger.Planned {
			list = append(list, engine.Ready{Key: entry.Key, Fingerprint: entry.Fingerprint, Alike: resembler.Resemblance(providers.Request{Body: entry.Payload})})
		}
	}
	return list
}

// settledRight compares ledger and bank: every row made once, for its own prompt
// and at its price.
func settledRight(t *testing.T, store ledger.Store, box *sandbox.Sandbox, n int) {
	t.Helper()
	bank, err := box.Bank()
	if err != nil {
		t.Fatal(err)
	}
	var paid, charged credit.Amount
	lines := map[string]sandbox.Charge{}
	for _, line := range bank {
		lines[line.Job], paid = line, paid.Plus(line.Amount)
	}
	for _, e := range entries(t, store) {
		charged = charged.Plus(e.Money.Charged)
		var made struct{ Prompt string }
		if e.State != ledger.Succeeded {
			t.Errorf("row %s is %s: %s", e.Key, e.State, e.Reason)
		} else if err := json.Unmarshal(lines[e.Ticket.Job].Body, &made); err != nil || !strings.HasSuffix(made.Prompt, " "+e.Key) {
			t.Errorf("row %s holds the video of %q", e.Key, made.Prompt)
		}
	}
	if len(lines) != n || paid != charged || charged != credit.Of(int64(2*n)) {
		t.Errorf("%d videos for %d rows; the bank took %v, the ledger says %v", len(lines), n, paid, charged)
	}
}

func TestEveryLostVideoIsFoundAndNoneIsBoughtTwice(t *testing.T) {
	for seed := range int64(3) {
		synctest.Test(t, func(t *testing.T) {
			const n = 40
			box := play(t, func(o *sandbox.Options) {
				o.Render, o.Seed = 20*time.Second, seed
				o.Faults = "accept-then-drop=10%,accept-then-502=5%,truncated=5%,drop=4%,500=2%,429=2%,404=2%"
			})
			store, checker := ledgertest.NewMemory(ledgertest.Identity()), newChecker(t, published())
			plan(t, store, checker, n)
			limits := engine.Limits{
				Submits: []providers.Window{{Count: 4, Per: time.Second}}, Active: 8,
				FirstPoll: 5 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour,
			}
			for range 20 { // a run holds after a series of like failures
				if run(t, store, box, limits) == "" {
					break
				}
			}
			settledRight(t, store, box, n)
		})
	}
}

func TestAnEmptyBalanceHoldsTheRunUntilItIsRefilled(t *testing.T) {
	for name, behaviour := range map[string]sandbox.KensaBehaviour{"402": {}, "500": {FundsAs500: true}} {
		t.Run(name, func(t *testing.T) {
			store, checker := ledgertest.NewMemory(ledgertest.Identity()), newChecker(t, published())
			plan(t, store, checker, 4)
			state := filepath.Join(t.TempDir(), "sandbox.db")
			limits := engine.Limits{Active: 1, FirstPoll: 5 * time.Millisecond, MaxPoll: 5 * time.Millisecond, Deadline: time.Minute}
			with := func(credits int64) *sandbox.Sandbox {
				return play(t, func(o *sandbox.Options) {
					o.State, o.Balance, o.Behaviour.Kensa = state, map[string]credit.Amount{kensa.Name: credit.Of(credits)}, behaviour
				})
			}
			box := with(5)
			if held := run(t, store, box, limits); !strings.Contains(held, "cannot pay") {
				t.Errorf("held %q, want because of funds", held)
			}
			if err := box.Close(); err != nil {
				t.Fatal(err)
			}
			box = with(100)
			if held := run(t, store, box, limits); held != "" {
				t.Errorf("held %q after refilling", held)
			}
			settledRight(t, store, box, 4)
		})
	}
}

// TestAnExpiredSessionHoldsTheRunUntilThereIsANewOne: no row fails for it, and jobs
// under way are followed in the next session (KEN-R3).
func TestAnExpiredSessionHoldsTheRunUntilThereIsANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 8
		box := play(t, func(o *sandbox.Options) { o.Render, o.Behaviour.Kensa.SessionCalls = time.Minute, 10 })
		store, checker := ledgertest.NewMemory(ledgertest.Identity()), newChecker(t, published())
		plan(t, store, checker, n)
		limits := engine.Limits{Active: 2, FirstPoll: 20 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour}
		sessions, begin := 0, time.Now()
		for held := "never run"; held != "" && sessions < 20; sessions++ {
			held = runAs(t, fmt.Sprintf("sid=session-%d", sessions), store, box, limits)
			for _, e := range entries(t, store) {
				if e.State == ledger.Failed || e.State == ledger.Unsure {
					t.Fatalf("session %d left row %s %s: %s", sessions, e.Key, e.State, e.Reason)
				}
			}
			if held != "" && !strings.Contains(held, "credentials") {
				t.Fatalf("session %d held because %q", sessions, held)
			}
		}
		if took := time.Since(begin); sessions < 3 || took > time.Hour {
			t.Errorf("%d sessions in %v", sessions, took)
		}
		settledRight(t, store, box, n)
	})
}

// neighbour is an account that another campaign uses at the same time.
type neighbour struct{}

func (neighbour) Begin(time.Time, map[string]time.Time) engine.Together { return engine.Together{} }
func (neighbour) Take(now time.Time, _ string, _ time.Time) engine.Turn { return engine.Turn{At: now} }
func (neighbour) Answered(time.Time, string)                            {}
func (neighbour) Ended(time.Time, string)                               {}
func (neighbour) Obey(time.Time, engine.Order)                          {}
func (neighbour) Failing(engine.Streaks)                                {}
func (neighbour) Beside(time.Time, time.Time) bool                      { return true }

// TestAnotherCampaignsVideoIsNotAdopted: the service tells videos by their content alone, and
// two campaigns of the account order the same one. The request of the first never arrived.
// Alone, it takes the video that fits; beside the other campaign, a person decides.
func TestAnotherCampaignsVideoIsNotAdopted(t *testing.T) {
	for name, share := range map[string]engine.Share{"alone": nil, "beside another": neighbour{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := play(t, func(o *sandbox.Options) { o.Render, o.Faults = time.Hour, "drop@1" })
				limits := engine.Limits{Active: 4, FirstPoll: 5 * time.Second, MaxPoll: 10 * time.Second, Deadline: 2 * time.Hour}
				checker := newChecker(t, published())
				first, second := ledgertest.NewMemory(ledgertest.Identity()), ledgertest.NewMemory(ledgertest.Identity())
				plan(t, first, checker, 1)
				plan(t, second, checker, 1)
				var said []string
				lost := engineOf(t, "token", first, box, limits)
				lost.Share = share
				lost.Observe = func(h engine.Happening) { said = append(said, h.Detail) }
				var both sync.WaitGroup
				both.Go(func() { _, _ = lost.Run(t.Context(), ready(t, first, checker)) })
				time.Sleep(time.Second) // the request of the first is lost by now, and it has not searched yet
				if held := run(t, second, box, limits); held != "" {
					t.Error(held)
				}
				both.Wait()
				mine, theirs := entries(t, first)[0], entries(t, second)[0]
				adopted := mine.Ticket.Job == theirs.Ticket.Job
				if adopted != (share == nil) || share != nil && mine.State != ledger.Unsure {
					t.Errorf("the first is %s and holds %q; the other one holds %q", mine.State, mine.Ticket.Job, theirs.Ticket.Job)
				}
				told := slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "another campaign of this account") })
				if told != (share != nil) {
					t.Errorf("said %q", said)
				}
			})
		})
	}
}
