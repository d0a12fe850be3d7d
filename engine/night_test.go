package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func overnight() engine.Limits {
	return engine.Limits{
		Submits: []providers.Window{{Count: 30, Per: time.Minute}, {Count: 1000, Per: 24 * time.Hour}},
		Active:  50, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: 2 * time.Hour,
	}
}

func newEngine(store ledger.Store, s service) *engine.Engine {
	return &engine.Engine{Store: store, Provider: s.provider, Checker: s.checker, Limits: overnight(), MaxWait: 30 * time.Hour}
}

// TestNightWithDailyLimit sends 1,200 rows within 30 a minute and 1,000 a day,
// through a real ledger file, with a restart in the middle.
func TestNightWithDailyLimit(t *testing.T) {
	t.Parallel()
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := unsearchable(t, &world{}, sandbox.Options{Render: 40 * time.Second})
		store, err := boltstore.Create(filepath.Join(t.TempDir(), "ledger.db"), ledgertest.Identity())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		ledgertest.Checked(t, store)
		start := time.Now()
		ready := planRows(t, store, s, rows(1200))

		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Minute)
		defer cancel()
		out, err := newEngine(store, s).Run(ctx, ready)
		if err != nil || !out.Interrupted {
			t.Fatalf("first part: %+v, %v", out, err)
		}
		if out, err = newEngine(store, s).Run(t.Context(), readyRows(t, store)); err != nil || out.Held != "" {
			t.Fatalf("second part: %+v, %v", out, err)
		}

		sent, err := store.Intents(t.Context(), start)
		if err != nil || len(sent) != 1200 {
			t.Fatalf("%d intents, %v", len(sent), err)
		}
		if last := sent[999].Sub(start); last > 34*time.Minute {
			t.Errorf("the thousandth row left after %v", last)
		}
		if gap := sent[1000].Sub(sent[0]); gap < 24*time.Hour {
			t.Errorf("row 1,001 left %v after the first", gap)
		}
		for i := 30; i < len(sent); i++ {
			if sent[i].Sub(sent[i-30]) < time.Minute {
				t.Fatalf("31 rows within a minute, at %d", i)
			}
		}
		// The earliest legal end: row 1,200 may leave 24 h after row 200 did, and
		// takes one rendering and one poll.
		earliest := 24*time.Hour + 199*2*time.Second + 40*time.Second
		if end := time.Since(start); float64(end) > 1.02*float64(earliest) {
			t.Errorf("ended after %v, %v were possible", end, earliest)
		}
		for key, jobs := range s.bank() {
			if jobs != 1 {
				t.Errorf("%s has %d jobs", key, jobs)
			}
		}
	})
	t.Logf("a night in %v", time.Since(real).Round(time.Millisecond))
}

func TestBudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := searchable(&world{}, true)
		store := newMemory(t)
		ready := planRows(t, store, s, rows(3_000))
		e := newEngine(store, s)
		e.Limits = engine.Limits{Active: 64, FirstPoll: time.Second, MaxPoll: time.Second}
		limit := credit.Of(999)
		e.Budget = &limit
		e.Observe = func(engine.Happening) {
			summary, _ := store.Summary(t.Context())
			if !summary.Fits(s.checker.Account(providers.Request{}), limit) {
				t.Errorf("over budget: %+v", summary.Balances)
			}
		}
		out, err := e.Run(t.Context(), ready)
		if err != nil || !strings.Contains(out.Held, "budget") {
			t.Fatalf("%+v, %v", out, err)
		}
		if n := len(s.bank()); n != 999 {
			t.Errorf("%d jobs for a budget of 999", n)
		}
		e.Budget, e.Observe = nil, nil
		if out, err = e.Run(t.Context(), readyRows(t, store)); err != nil || out.Held != "" || len(s.bank()) != 3_000 {
			t.Errorf("after raising it: %+v, %v, %d jobs", out, err, len(s.bank()))
		}
	})
}

// answering replaces the answers to submits by a status.
type answering struct {
	next   http.RoundTripper
	status int
	header http.Header
	posts  atomic.Int64
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return a.next.RoundTrip(r)
	}
	a.posts.Add(1)
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: a.status, Header: header, Request: r, Body: http.NoBody}, nil
}

func TestRunHolds(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		held   string
		state  ledger.State // of the rows that were sent
		posts  int64
	}{
		{"wrong credentials", 401, "credentials", ledger.Planned, 1},
		{"no funds", 402, "cannot pay", ledger.Planned, 1},
		{"the same refusal again and again", 400, "same reason", ledger.Failed, 5},
		{"answers that get lost", 502, "same reason", ledger.Unsure, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := &answering{status: test.status}
				s := colossyanOver(t, answers)
				store := newMemory(t)
				e := newEngine(store, s)
				e.Workers = 1
				out, err := e.Run(t.Context(), planRows(t, store, s, rows(20)))
				if err != nil || !strings.Contains(out.Held, test.held) {
					t.Errorf("held %q, %v; want %q", out.Held, err, test.held)
				}
				count := map[ledger.State]int{}
				for _, entry := range states(t, store) {
					count[entry.State]++
				}
				if n := answers.posts.Load(); n != test.posts {
					t.Errorf("%d submits, want %d", n, test.posts)
				}
				if test.state != ledger.Planned && count[test.state] != int(test.posts) || count[ledger.Intended] > 0 {
					t.Errorf("states: %v", count)
				}
			})
		})
	}
}

// TestThrottledAccountWaits holds one 429 to be the account's, not the row's.
func TestThrottledAccountWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := &answering{status: 429, header: http.Header{"Retry-After": {"60"}}}
		s := colossyanOver(t, answers)
		store := newMemory(t)
		e := newEngine(store, s)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if _, err := e.Run(ctx, planRows(t, store, s, rows(100))); err != nil {
			t.Fatal(err)
		}
		if n := answers.posts.Load(); n > 15 {
			t.Errorf("%d submits in ten minutes of Retry-After: 60", n)
		}
		for key, entry := range states(t, store) {
			if entry.State != ledger.Planned || entry.Money.Reserved != 0 {
				t.Errorf("%s is %s with %v reserved", key, entry.State, entry.Money.Reserved)
			}
		}
	})
}

// failingStore fails its nth write, like a disk that is full.
type failingStore struct {
	ledger.Store
	after atomic.Int64
}

var errDisk = errors.New("no space left on device")

func (s *failingStore) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	if s.after.Add(-1) < 0 {
		return nil, errDisk
	}
	return s.Store.Apply(ctx, changes...)
}

// TestLedgerErrorIsPoison lets every write fail in turn: nothing is submitted
// after it, and the next start pays nothing twice.
func TestLedgerErrorIsPoison(t *testing.T) {
	for n := range int64(12) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := searchable(&world{}, true)
				memory := newMemory(t)
				ready := planRows(t, memory, s, rows(5))
				store := &failingStore{Store: memory}
				store.after.Store(n)
				e := newEngine(store, s)
				e.Workers = 1
				_, err := e.Run(t.Context(), ready)
				if !errors.Is(err, errDisk) {
					t.Fatalf("err = %v", err)
				}
				before := len(s.bank())
				if _, err := newEngine(memory, s).Run(t.Context(), readyRows(t, memory)); err != nil {
					t.Fatal(err)
				}
				for key, jobs := range s.bank() {
					if jobs != 1 {
						t.Errorf("%s has %d jobs (%d were sent before the failure)", key, jobs, before)
					}
				}
			})
		})
	}
}

// TestOverdueIsNotFailed gives up waiting for a job that hangs, and finds it
// again later.
func TestOverdueIsNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := unsearchable(t, &world{}, sandbox.Options{Render: 5 * time.Hour})
		store := newMemory(t)
		if _, err := newEngine(store, s).Run(t.Context(), planRows(t, store, s, rows(1))); err != nil {
			t.Fatal(err)
		}
		if e := states(t, store)["row-000"]; e.State != ledger.Submitted || !e.Overdue {
			t.Fatalf("after the deadline it is %s, overdue %v", e.State, e.Overdue)
		}
		time.Sleep(4 * time.Hour)
		if _, err := newEngine(store, s).Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if e := states(t, store)["row-000"]; e.State != ledger.Succeeded || s.bank()["row-000"] != 1 {
			t.Errorf("in the end it is %s", e.State)
		}
	})
}

// night is a run whose end is forecast.
type night struct {
	name   string
	rows   int
	render time.Duration
	limits engine.Limits
	bound  string // empty: whichever
}

// serviceNights are nights by the limits of every service.
func serviceNights(t *testing.T) (nights []night) {
	t.Helper()
	for _, service := range all.Services() {
		operation := service.Operations[0].Name
		checker, err := service.NewChecker(operation, providers.Prices{})
		if err != nil {
			t.Fatal(err)
		}
		traits := checker.Traits()
		nights = append(nights, night{operation, 200, max(traits.Typical, 90*time.Second), engine.Limits{
			Submits: traits.Submits, Requests: traits.Requests, Active: traits.Active,
			FirstPoll: traits.FirstPoll, MaxPoll: traits.MaxPoll, Deadline: traits.Deadline,
		}, ""})
	}
	return nights
}

// TestForecastAgreesWithTheRun forecasts nights of several shapes and runs them in
// fake time: the end is within 5 % of the forecast.
func TestForecastAgreesWithTheRun(t *testing.T) {
	for _, test := range append(serviceNights(t), []night{
		{"by the rate", 300, 40 * time.Second, engine.Limits{
			Submits: []providers.Window{{Count: 30, Per: time.Minute}}, Active: 100, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}, "submits: 30/m"},
		{"by what is active", 100, 3 * time.Minute, engine.Limits{
			Submits: []providers.Window{{Count: 1, Per: time.Second}}, Active: 5, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}, "active: 5"},
		{"one at a time", 20, 195 * time.Second, engine.Limits{
			Submits: []providers.Window{{Count: 30, Per: time.Minute}}, Active: 1, FirstPoll: 10 * time.Second, MaxPoll: 30 * time.Second, Deadline: time.Hour}, "active: 1"},
		{"by the day", 250, 30 * time.Second, engine.Limits{
			Submits: []providers.Window{{Count: 60, Per: time.Minute}, {Count: 100, Per: 24 * time.Hour}}, Active: 20, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}, "submits: 100/d"},
	}...) {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := unsearchable(t, &world{}, sandbox.Options{Render: test.render})
				store := newMemory(t)
				start := time.Now()
				forecast := engine.ForecastRun(test.rows, engine.Forecast{Limits: test.limits, Typical: test.render}, start)
				e := newEngine(store, s)
				e.Limits, e.MaxWait = test.limits, 30*24*time.Hour
				if out, err := e.Run(t.Context(), planRows(t, store, s, rows(test.rows))); err != nil || out.Held != "" {
					t.Fatalf("%+v, %v", out, err)
				}
				took := time.Since(start)
				if off := float64(took-forecast.Likely) / float64(took); off > 0.05 || off < -0.05 {
					t.Errorf("took %v, forecast %v", took, forecast.Likely)
				}
				if test.bound != "" && forecast.BoundBy != test.bound {
					t.Errorf("bound by %q, want %q", forecast.BoundBy, test.bound)
				}
				t.Logf("took %v, forecast %v, bound by %s", took, forecast.Likely, forecast.BoundBy)
			})
		})
	}
}

// TestForecastKnowsWhatFitsBeforeTheStopTime counts what a run sends until then.
func TestForecastKnowsWhatFitsBeforeTheStopTime(t *testing.T) {
	limits := engine.Limits{
		Submits: []providers.Window{{Count: 30, Per: time.Minute}}, Active: 1, FirstPoll: 10 * time.Second, MaxPoll: 30 * time.Second, Deadline: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		s := unsearchable(t, &world{}, sandbox.Options{Render: 195 * time.Second})
		store := newMemory(t)
		stop := time.Now().Add(30 * time.Minute)
		forecast := engine.ForecastRun(20, engine.Forecast{Limits: limits, Typical: 195 * time.Second, StopAt: stop}, time.Now())
		e := newEngine(store, s)
		e.Limits, e.StopAt = limits, stop
		out, err := e.Run(t.Context(), planRows(t, store, s, rows(20)))
		if err != nil || out.Sent != forecast.InTime || out.Sent == 0 || out.Sent == 20 {
			t.Errorf("sent %d, forecast %d, %v", out.Sent, forecast.InTime, err)
		}
	})
	long := engine.Forecast{Limits: limits, Typical: 195 * time.Second}
	now := time.Now()
	whole := engine.ForecastRun(50_000, long, now)
	long.StopAt = now.Add(whole.Likely / 2)
	if got := engine.ForecastRun(50_000, long, now).InTime; whole.InTime != 50_000 || got < 24_000 || got > 26_000 {
		t.Errorf("half of the time sends %d of 50000 rows", got)
	}
}

func TestForecastOfNothingIsNow(t *testing.T) {
	f := engine.ForecastRun(0, engine.Forecast{Limits: overnight(), Typical: time.Minute}, time.Now())
	if !f.Known || f.Likely != 0 || f.High != 0 {
		t.Errorf("forecast %+v", f)
	}
}

// TestBudgetIsUsedUp goes on when jobs cost less than was reserved for them: a
// budget holds a run only when nothing is left that could free some of it.
func TestBudgetIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := unsearchable(t, &world{}, sandbox.Options{Render: 30 * time.Second})
		store := newMemory(t)
		ready := planRows(t, store, s, rows(20)) // each reserves two minutes and takes about twenty seconds
		e := newEngine(store, s)
		e.Limits.Submits = nil
		limit := credit.Of(8)
		e.Budget = &limit
		out, err := e.Run(t.Context(), ready)
		if err != nil || out.Held == "" {
			t.Fatalf("%+v, %v", out, err)
		}
		summary, err := store.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		balance := summary.Balances[s.checker.Account(providers.Request{})]
		if balance.Charged > limit || limit.Minus(balance.Charged) >= credit.Of(2) || summary.States[ledger.Succeeded] < 10 {
			t.Errorf("held with %v of %v charged, %v", balance.Charged, limit, summary.States)
		}
	})
}
