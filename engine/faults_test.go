package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// meddler comes between the client and the service.
type meddler struct {
	next   http.RoundTripper
	answer func(r *http.Request) *http.Response // nil: the service answers
	posts  atomic.Int64
	polls  atomic.Int64
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		m.posts.Add(1)
	} else {
		m.polls.Add(1)
	}
	if m.answer != nil {
		if resp := m.answer(r); resp != nil {
			resp.Request = r
			return resp, nil
		}
	}
	return m.next.RoundTrip(r)
}

func status(code int, header http.Header) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: code, Header: header, Body: http.NoBody}
}

// meddled is the real Colossyan client against the simulator, with somebody
// between them.
func meddled(t testing.TB, o sandbox.Options, answer func(*http.Request) *http.Response) (service, *meddler) {
	sb, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	m := &meddler{next: sb.Transport(), answer: answer}
	s := colossyanOver(t, m)
	s.bank = func() map[string]int { return jobsByName(t, sb) }
	return s, m
}

// TestAStormOf429FailsNoRow refuses half an hour long whatever is asked, with a
// time to come again and without: the account waits, hardly anything is asked in
// vain, and no row fails for it.
func TestAStormOf429FailsNoRow(t *testing.T) {
	const n = 300
	for name, header := range map[string]http.Header{
		"Retry-After": {"Retry-After": {"30"}}, "bare": {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now().Add(5 * time.Minute)
				vain := 0
				s, m := meddled(t, sandbox.Options{Render: 40 * time.Second}, func(r *http.Request) *http.Response {
					since := time.Since(begin)
					if r.Method != http.MethodPost || since < 0 || since > 30*time.Minute {
						return nil
					}
					vain++
					return status(http.StatusTooManyRequests, header.Clone())
				})
				store := newMemory(t)
				e := newEngine(store, s)
				out, err := e.Run(t.Context(), planRows(t, store, s, rows(n)))
				if err != nil || out.Held != "" {
					t.Fatalf("%+v, %v", out, err)
				}
				for key, entry := range states(t, store) {
					if entry.State != ledger.Succeeded || s.bank()[key] != 1 {
						t.Fatalf("%s is %s with %d jobs", key, entry.State, s.bank()[key])
					}
				}
				t.Logf("%d submits for %d rows, %d of them in vain", m.posts.Load(), n, vain)
				if vain > n/10 {
					t.Errorf("%d submits in vain", vain)
				}
			})
		})
	}
}

// TestOne429MakesTheWholeAccountSlower counts what leaves in the minute after a
// 429 without a time: all workers slow down, and the rate grows back.
func TestOne429MakesTheWholeAccountSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := false
		var sent []time.Time
		s, _ := meddled(t, sandbox.Options{Render: time.Second}, func(r *http.Request) *http.Response {
			if r.Method != http.MethodPost {
				return nil
			}
			sent = append(sent, time.Now())
			if len(sent) == 20 && !refused {
				refused = true
				return status(http.StatusTooManyRequests, nil)
			}
			return nil
		})
		store := newMemory(t)
		e := newEngine(store, s)
		e.Limits = engine.Limits{Submits: []providers.Window{{Count: 60, Per: time.Minute}}, FirstPoll: 5 * time.Second, MaxPoll: time.Minute}
		if _, err := e.Run(t.Context(), planRows(t, store, s, rows(200))); err != nil {
			t.Fatal(err)
		}
		before, after, later := sent[19].Sub(sent[9]), sent[30].Sub(sent[20]), sent[199].Sub(sent[189])
		if after < 3*before/2 {
			t.Errorf("ten rows took %v before the 429 and %v after it", before, after)
		}
		if later > 11*before/10 {
			t.Errorf("the rate never grew back: %v, at first %v", later, before)
		}
	})
}

// TestAStatusThatIsNotFoundIsNoFailure loses jobs from sight: they are asked for
// again, and never sent again.
func TestAStatusThatIsNotFoundIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := true
		s, m := meddled(t, sandbox.Options{Render: 40 * time.Second}, func(r *http.Request) *http.Response {
			if r.Method == http.MethodGet && lost {
				return status(http.StatusNotFound, nil)
			}
			return nil
		})
		store := newMemory(t)
		if _, err := newEngine(store, s).Run(t.Context(), planRows(t, store, s, rows(3))); err != nil {
			t.Fatal(err)
		}
		for key, e := range states(t, store) {
			if e.State != ledger.Submitted || !e.Overdue {
				t.Errorf("after the deadline %s is %s", key, e.State)
			}
		}
		lost = false
		if _, err := newEngine(store, s).Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for key, e := range states(t, store) {
			if e.State != ledger.Succeeded {
				t.Errorf("when it is found again %s is %s", key, e.State)
			}
		}
		if m.posts.Load() != 3 {
			t.Errorf("%d submits", m.posts.Load())
		}
	})
}

// TestAJobThatFailedMayHaveCostSomething lets jobs fail that cost all the
// same: the ledger says what the service says.
func TestAJobThatFailedMayHaveCostSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := meddled(t, sandbox.Options{Render: time.Second, Faults: "failed=100%", Behaviour: sandbox.Behaviour{FailedCost: true}}, nil)
		store := newMemory(t)
		e := newEngine(store, s)
		e.BreakAt = 100
		if _, err := e.Run(t.Context(), planRows(t, store, s, rows(3))); err != nil {
			t.Fatal(err)
		}
		summary, err := store.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := summary.States[ledger.Failed]; n != 3 {
			t.Fatalf("states: %v", summary.States)
		}
		for account, money := range summary.Balances {
			if !money.Balanced() || money.Reserved != 0 || money.Charged == 0 {
				t.Errorf("%s: %+v: the service does not say that failures are free", account, money)
			}
		}
	})
}

// buggy panics for one row, as a client might.
type buggy struct{ providers.Provider }

func (b buggy) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if strings.Contains(string(r.Body), "row-001") {
		panic("index out of range")
	}
	return b.Provider.Submit(ctx, r)
}

// TestABugInOneRowDoesNotEndTheRun has a client panic with a request on its way:
// that row is unsure, with nothing of it in the reason, and the others are made.
func TestABugInOneRowDoesNotEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := meddled(t, sandbox.Options{Render: time.Second}, nil)
		s.provider = buggy{Provider: s.provider}
		store := newMemory(t)
		if _, err := newEngine(store, s).Run(t.Context(), planRows(t, store, s, rows(3))); err != nil {
			t.Fatal(err)
		}
		for key, e := range states(t, store) {
			want, reason := ledger.Succeeded, ""
			if key == "row-001" {
				want, reason = ledger.Unsure, "internal error"
			}
			if e.State != want || e.Reason != reason {
				t.Errorf("%s is %s: %q", key, e.State, e.Reason)
			}
		}
	})
}

// clumsy panics in the middle of polls, a few times for each of two rows.
type clumsy struct {
	providers.Provider
	panics atomic.Int64
}

func (c *clumsy) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	switch c.panics.Add(1) {
	case 1, 2:
		var none []string
		_ = none[len(t.Job)] // a fault of the runtime
	case 3:
		panic("Ada Lovelace\nhas no voice") // a client that quotes a value
	}
	return c.Provider.Poll(ctx, operation, t)
}

// TestABugInAPollIsOneLine has a client panic while it asks: the row goes on being
// asked for, people read one line that quotes no value, and the stack goes only to
// whoever wants it.
func TestABugInAPollIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := meddled(t, sandbox.Options{Render: time.Second}, nil)
		s.provider = &clumsy{Provider: s.provider}
		store := newMemory(t)
		e := newEngine(store, s)
		var mu sync.Mutex
		var told, stacks []string
		e.Observe = func(h engine.Happening) { told = append(told, h.Detail) }
		e.Bug = func(row int, err error, stack []byte) {
			mu.Lock()
			defer mu.Unlock()
			stacks = append(stacks, fmt.Sprintf("%d %v %s", row, err, stack))
		}
		if _, err := e.Run(t.Context(), planRows(t, store, s, rows(2))); err != nil {
			t.Fatal(err)
		}
		for key, entry := range states(t, store) {
			if entry.State != ledger.Succeeded {
				t.Errorf("%s is %s: %s", key, entry.State, entry.Reason)
			}
		}
		said := strings.Join(told, "|")
		if strings.ContainsAny(said, "\n\t") || strings.Contains(said, "Ada") || strings.Count(said, "internal error: ") != 3 ||
			!strings.Contains(said, "index out of range") {
			t.Errorf("people read %q", said)
		}
		if all := strings.Join(stacks, ""); len(stacks) != 3 || !strings.Contains(all, "faults_test.go") || strings.Contains(all, "Ada") {
			t.Errorf("%d stacks: %s", len(stacks), all)
		}
	})
}

// TestLatencyAndLossCostNoRowAndLittleTime loses every twentieth request before
// it leaves, and lets every other one take 50 to 200 ms: the run is no slower than
// its limits make it.
func TestLatencyAndLossCostNoRowAndLittleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := meddled(t, sandbox.Options{Render: 5 * time.Second}, nil)
		var calls atomic.Int64
		slow := providerFunc{s.provider, func(call func() error) error {
			n := calls.Add(1)
			time.Sleep(time.Duration(50+37*n%150) * time.Millisecond)
			if n%20 == 0 {
				return &providers.Error{Kind: providers.NotSent, Call: "any", Message: "connection refused"}
			}
			return call()
		}}
		s.provider = slow
		store := newMemory(t)
		e := newEngine(store, s)
		e.Limits = engine.Limits{Submits: []providers.Window{{Count: 60, Per: time.Minute}}, Active: 64, FirstPoll: 5 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour}
		begin := time.Now()
		const n = 600
		out, err := e.Run(t.Context(), planRows(t, store, s, rows(n)))
		if err != nil || out.Held != "" {
			t.Fatalf("%+v, %v", out, err)
		}
		// One row a second, and one slot for each request that was lost.
		model := (n + n/20) * time.Second
		if took := time.Since(begin); float64(took) > 1.1*float64(model) {
			t.Errorf("%v, the limits allow %v", took, model)
		}
		for key, jobs := range s.bank() {
			if jobs != 1 {
				t.Errorf("%s has %d jobs", key, jobs)
			}
		}
	})
}

// providerFunc does something around every call.
type providerFunc struct {
	providers.Provider
	around func(call func() error) error
}

func (p providerFunc) Submit(ctx context.Context, r providers.Request) (receipt providers.Receipt, err error) {
	err = p.around(func() (err error) { receipt, err = p.Provider.Submit(ctx, r); return err })
	return receipt, err
}

func (p providerFunc) Poll(ctx context.Context, operation string, t job.Ticket) (progress providers.Progress, err error) {
	err = p.around(func() (err error) { progress, err = p.Provider.Poll(ctx, operation, t); return err })
	return progress, err
}
