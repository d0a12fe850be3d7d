package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// mode is a service by how well it can be searched.
type mode struct {
	name   string
	open   func(t testing.TB, w *world) service
	unsure bool // rows may stay unsure
	proves bool // not even then, once a single job is known that a search can show
}

func modes() []mode {
	return []mode{
		{"complete search", func(_ testing.TB, w *world) service { return searchable(w, true) }, false, true},
		{"partial search", func(_ testing.TB, w *world) service { return searchable(w, false) }, true, false},
		{"no search", func(t testing.TB, w *world) service {
			return unsearchable(t, w, sandbox.Options{Render: 20 * time.Second})
		}, true, false},
		{"key", func(t testing.TB, w *world) service {
			return knowing(t, mortal(w), sandbox.Options{Render: 20 * time.Second, Faults: "accept-then-drop@2"})
		}, false, false},
	}
}

// verdict is what a trial came to.
type verdict struct {
	boundaries int
	twice      int // rows with more than one job
	lost       int // rows with a job that the ledger knows nothing of
	unsettled  int // rows that are neither succeeded nor, where that may be, unsure
	unsure     int
}

// trial runs rows to their end, dying at the given boundaries and starting again.
func trial(t testing.TB, m mode, n, workers int, mutate func(providers.Provider) providers.Provider, dieAt ...int) (v verdict) {
	w := &world{dieAt: map[int]bool{}}
	for _, at := range dieAt {
		w.dieAt[at] = true
	}
	s := m.open(t, w)
	memory := newMemory(t)
	planRows(t, memory, s, rows(n))
	if mutate != nil {
		s.provider = mutate(s.provider)
	}
	for range len(dieAt) + 3 {
		w.restart()
		live(t, w, memory, &engine.Engine{
			Provider: s.provider, Checker: s.checker, Workers: workers, MaxWait: time.Minute,
			Limits: engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour, Active: workers},
		})
	}
	v.boundaries = w.boundary
	judge(&v, m, states(t, memory), s.bank())
	return v
}

// live is one process, from its start to its end or its death.
func live(t testing.TB, w *world, memory *ledgertest.Memory, e *engine.Engine) {
	e.Store = mortalStore{memory, w}
	if _, err := e.Run(t.Context(), readyRows(t, memory)); err != nil && !w.isDead() {
		t.Fatalf("run: %v", err)
	}
}

func (w *world) isDead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

// judge compares the ledger with the bank, which it cannot influence.
func judge(v *verdict, m mode, entries map[string]ledger.Entry, bank map[string]int) {
	witnesses := 0
	for _, e := range entries {
		witnesses += len(e.Tickets())
	}
	for key, e := range entries {
		jobs := bank[key]
		switch {
		case jobs > 1:
			v.twice++
		case e.State == ledger.Unsure && (m.unsure || m.proves && witnesses == 0):
			v.unsure++
		case e.State != ledger.Succeeded:
			v.unsettled++
		case jobs != 1:
			v.lost++
		}
	}
}

func (v verdict) check(t testing.TB, dieAt ...int) {
	t.Helper()
	if v.twice > 0 || v.lost > 0 || v.unsettled > 0 {
		t.Errorf("died at %v: %+v", dieAt, v)
	}
}

// TestCrashAtEveryBoundary dies at each boundary of a clean run, with one worker
// and with four, and goes on.
func TestCrashAtEveryBoundary(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d workers", m.name, workers), func(t *testing.T) {
				boundaries, unsure := atEveryBoundary(t, func(t *testing.T, dieAt ...int) verdict { return trial(t, m, 4, workers, nil, dieAt...) })
				t.Logf("%d boundaries, %d rows left unsure", boundaries, unsure)
				if m.unsure == (unsure == 0) {
					t.Errorf("%d rows unsure: the test does not reach the moment a request is on the wire", unsure)
				}
			})
		}
	}
}

// TestCrashAtEveryPair dies twice, at each pair of boundaries, with one worker.
func TestCrashAtEveryPair(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("every pair of boundaries")
	}
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			atEveryPair(t, func(t *testing.T, dieAt ...int) verdict { return trial(t, m, 2, 1, nil, dieAt...) })
		})
	}
}

// atEveryBoundary has a trial run to its end, and then die at each of its boundaries, also
// beyond those of a clean run: going on adds some. It returns how many a clean run has, and
// how many entries were left unsure.
func atEveryBoundary(t *testing.T, trial func(t *testing.T, dieAt ...int) verdict) (boundaries, unsure int) {
	t.Helper()
	var clean verdict
	synctest.Test(t, func(t *testing.T) { clean = trial(t) })
	clean.check(t)
	for at := 1; at <= clean.boundaries+10; at++ {
		synctest.Test(t, func(t *testing.T) {
			v := trial(t, at)
			v.check(t, at)
			unsure += v.unsure
		})
	}
	return clean.boundaries, unsure
}

// atEveryPair has a trial die twice: with REELMERGE_SOAK=1 at each pair of its boundaries,
// else at each fifth, so that every boundary is the first of some pairs and the second of
// others.
func atEveryPair(t *testing.T, trial func(t *testing.T, dieAt ...int) verdict) {
	t.Helper()
	var clean verdict
	synctest.Test(t, func(t *testing.T) { clean = trial(t) })
	trials := 0
	for first := 1; first <= clean.boundaries; first++ {
		for second := first + 1; second <= clean.boundaries+10; second++ {
			if (first+second)%5 != 0 && os.Getenv("REELMERGE_SOAK") == "" {
				continue
			}
			trials++
			synctest.Test(t, func(t *testing.T) { trial(t, first, second).check(t, first, second) })
		}
	}
	t.Logf("%d boundaries, %d pairs", clean.boundaries, trials)
}

// blind is a mutant: it sends again when an answer is lost.
type blind struct{ providers.Provider }

func (b blind) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	receipt, err := b.Provider.Submit(ctx, r)
	if err != nil {
		return receipt, &providers.Error{Kind: providers.NotSent, Call: "submit", Err: err}
	}
	return receipt, nil
}

// forgetful is a mutant: it loses tickets and hands out its own.
type forgetful struct{ providers.Provider }

func (f forgetful) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	receipt, err := f.Provider.Submit(ctx, r)
	receipt.Ticket = job.Ticket{}
	return receipt, err
}

// TestMutantsAreCaught shows that the judgement can fail.
func TestMutantsAreCaught(t *testing.T) {
	m := modes()[2]
	mutants := map[string]func(providers.Provider) providers.Provider{
		"blind resubmit": func(p providers.Provider) providers.Provider { return blind{p} },
		"forget ticket":  func(p providers.Provider) providers.Provider { return forgetful{p} },
	}
	lossy := m
	lossy.open = func(t testing.TB, w *world) service {
		return unsearchable(t, w, sandbox.Options{Render: 20 * time.Second, Faults: "accept-then-drop@1"})
	}
	synctest.Test(t, func(t *testing.T) {
		if v := trial(t, lossy, 2, 1, mutants["blind resubmit"]); v.twice == 0 {
			t.Errorf("blind resubmit was not caught: %+v", v)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		strict := m
		strict.unsure = false // no answer was lost, so no row may be unsure
		if v := trial(t, strict, 2, 1, mutants["forget ticket"]); v.unsettled == 0 {
			t.Errorf("forget ticket was not caught: %+v", v)
		}
	})
}
