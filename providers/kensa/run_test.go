package kensa_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
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
	checker := newChecker(t, published())
	e := engine.Engine{Store: store, Provider: connect(t, box, session), Checker: checker, Limits: limits, MaxWait: time.Hour}
	var ready []engine.Ready
	for _, entry := range entries(t, store) {
		if entry.State == ledger.Planned {
			ready = append(ready, engine.Ready{Key: entry.Key, Fingerprint: entry.Fingerprint, Alike: checker.Resemblance(providers.Request{Body: entry.Payload})})
		}
	}
	outcome, err := e.Run(t.Context(), ready)
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Held
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
