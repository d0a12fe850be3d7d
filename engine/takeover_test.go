package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
)

// leaseTTL is how long a lease holds without a renewal, and look how often a standby tries.
const (
	leaseTTL = 15 * time.Second
	look     = 200 * time.Millisecond
)

// takeover is a trial of several processes on one ledger. Each drives until it dies, is
// stopped or is done, and then the next one takes over.
type takeover struct {
	rows, workers int
	stops         []stop // of the first processes; the others run to their end
	mutate        func(name string, e *engine.Engine)
}

// stop is where a process is stopped, and for how long; 0: it dies.
type stop struct {
	at    int
	pause time.Duration
}

// taken is what a trial came to.
type taken struct {
	verdict
	after   time.Duration // from the end of the first process to the lease of the next one
	claimed int
}

// driver is one process: its handle on the ledger, and the service as it sees it.
type driver struct {
	w       *world
	process *ledgertest.Process
	shelf   *shelf
	name    string
}

func newDriver(name string, m *ledgertest.Memory, s *stock) *driver {
	p := m.Open()
	w := &world{dieAt: map[int]bool{}, process: p}
	return &driver{w, p, &shelf{w, s}, name}
}

// mortalLease is a lease of a process that may die or be stopped at each write.
type mortalLease struct {
	ledger.Lease
	mortal mortalStore
}

func (l mortalLease) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return l.mortal.Apply(ctx, changes...)
}

// acquire waits for the lease, as a standby does.
func (d *driver) acquire(t testing.TB) ledger.Lease {
	t.Helper()
	for {
		lease, err := d.process.Acquire(t.Context(), ledger.Drive{Who: d.name, Account: "shelf", TTL: leaseTTL})
		var driven *ledger.DrivenError
		if err == nil {
			return lease
		}
		if !errors.As(err, &driven) {
			t.Fatal(err)
		}
		time.Sleep(look)
	}
}

// run drives the ledger to its end, with the lease that it gives back.
func (d *driver) run(ctx context.Context, t testing.TB, lease ledger.Lease, o takeover) engine.Outcome {
	t.Helper()
	e := &engine.Engine{
		Provider: d.shelf, Checker: d.shelf, Workers: o.workers, MaxWait: time.Minute,
		Limits: engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: time.Hour, Active: o.workers},
	}
	if err := e.Drive(t.Context(), d.process, mortalLease{lease, mortalStore{lease, d.w}}); err != nil {
		t.Error(err)
	}
	if o.mutate != nil {
		o.mutate(d.name, e)
	}
	out, err := e.Run(ctx, readyRows(t, e.Store))
	switch {
	case d.w.isDead():
		return out // and gives nothing back
	case err != nil:
		t.Errorf("%s: %v", d.name, err)
	}
	if err := lease.Release(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
	return out
}

// try runs a trial: the processes that are stopped, the one that stands by, and one more that
// does what is left.
func (o takeover) try(t testing.TB) (v taken) {
	t.Helper()
	memory, s := newMemory(t), newStock(true)
	var all []*driver
	var running sync.WaitGroup
	for i := range len(o.stops) + 1 {
		d := newDriver(fmt.Sprint("process ", i), memory, s)
		all = append(all, d)
		if i < len(o.stops) {
			d.w.stop(o.stops[i])
		}
		if i == 0 {
			planRows(t, memory, service{provider: d.shelf, checker: d.shelf, operation: "shelf/make", payload: `{"name":%q}`}, rows(o.rows))
		}
		lease := d.acquire(t)
		if first := all[0].w; i == 1 && !first.ended.IsZero() {
			v.after = time.Since(first.ended)
		}
		running.Go(func() { d.run(t.Context(), t, lease, o) })
	}
	running.Wait()
	rest := newDriver("the rest", memory, s)
	rest.run(t.Context(), t, rest.acquire(t), o)
	v.boundaries = all[0].w.boundary
	entries := states(t, memory)
	judge(&v.verdict, mode{proves: true}, entries, s.bank())
	for _, e := range entries {
		v.claimed += len(e.Claims())
	}
	return v
}

// check fails when a row was paid twice or lost, or waits for a person although a search could
// find out.
func (v taken) check(t testing.TB, o takeover) {
	t.Helper()
	if v.twice > 0 || v.lost > 0 || v.unsettled > 0 || v.claimed > 0 {
		t.Errorf("stopped at %v: %+v", o.stops, v)
	}
}

// pauses are how long the first process is stopped: it dies; it wakes before the second one
// has looked for what is lost; it wakes while a request may still arrive; and when all is done.
func (takeover) pauses() []time.Duration {
	return []time.Duration{0, leaseTTL + 5*time.Second, ledger.LongestSubmit - 10*time.Second, time.Hour}
}

// clean runs a trial in which no process is stopped, and returns its boundaries.
func (o takeover) clean(t *testing.T) (boundaries int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := o.try(t)
		v.check(t, o)
		boundaries = v.boundaries
	})
	return boundaries
}

// each runs trials at every boundary of a clean run, with every pause.
func (o takeover) each(t *testing.T, found func(o takeover, v taken)) (boundaries int) {
	t.Helper()
	boundaries = o.clean(t)
	for at := 1; at <= boundaries; at++ {
		for _, pause := range o.pauses() {
			o.stops = []stop{{at, pause}}
			synctest.Test(t, func(t *testing.T) { found(o, o.try(t)) })
		}
	}
	return boundaries
}

// TestTakeoverAtEveryBoundary: wherever the first process dies or is stopped, and whenever it
// goes on, the second one takes over within two leases. No row is paid twice, and none is lost.
func TestTakeoverAtEveryBoundary(t *testing.T) {
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			var after []time.Duration
			boundaries := takeover{rows: 3, workers: workers}.each(t, func(o takeover, v taken) {
				v.check(t, o)
				after = append(after, v.after)
			})
			slices.Sort(after)
			median, most := after[len(after)/2], after[len(after)-1]
			t.Logf("%d boundaries, %d trials, taken over after %s in the median, %s at most", boundaries, len(after), median, most)
			if median >= 2*leaseTTL || most >= 2*leaseTTL {
				t.Errorf("taken over after %s in the median, %s at most", median, most)
			}
		})
	}
}

// TestTakeoverAtEveryPair stops two processes after one another, each at one of its own
// boundaries: the first one may go on before or after the second one is stopped.
func TestTakeoverAtEveryPair(t *testing.T) {
	if testing.Short() {
		t.Skip("every pair of boundaries")
	}
	o := takeover{rows: 2, workers: 2}
	boundaries, trials := o.clean(t), 0
	for first := 1; first <= boundaries; first++ {
		for second := 1; second <= boundaries; second++ {
			pauses := o.pauses()
			o.stops = []stop{{first, pauses[trials%len(pauses)]}, {second, pauses[trials/len(pauses)%len(pauses)]}}
			trials++
			synctest.Test(t, func(t *testing.T) { o.try(t).check(t, o) })
		}
	}
	t.Logf("%d boundaries, %d pairs", boundaries, trials)
}

// TestAReleasedLeaseIsTakenOverAtOnce: a run that a signal ends waits for what is on the wire,
// and then hands over.
func TestAReleasedLeaseIsTakenOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := takeover{rows: 3, workers: 1}
		memory, s := newMemory(t), newStock(true)
		first, second := newDriver("first", memory, s), newDriver("second", memory, s)
		planRows(t, memory, service{provider: first.shelf, checker: first.shelf, operation: "shelf/make", payload: `{"name":%q}`}, rows(o.rows))
		lease := first.acquire(t)
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, stop)
		began := time.Now()
		go first.run(ctx, t, lease, o)
		next := second.acquire(t)
		if after := time.Since(began); after > 5*time.Second+2*look {
			t.Errorf("taken over after %s", after)
		}
		second.run(t.Context(), t, next, o)
		for key, e := range states(t, memory) {
			if e.State != ledger.Succeeded || s.bank()[key] != 1 {
				t.Errorf("%s is %s, with %d jobs", key, e.State, s.bank()[key])
			}
		}
	})
}

// unguarded is a mutant: a request leaves whatever the lease says.
type unguarded struct{ *shelf }

func (u unguarded) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	return u.shelf.Submit(providers.Guarded(ctx, func() error { return nil }), r)
}

// overwriting is a mutant: its intents ask neither for the lease nor for the version.
type overwriting struct{ ledger.Store }

func (o overwriting) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	before, err := ledger.Find(ctx, o.Store, changes[0].Key)
	after, applied := o.Store.Apply(ctx, changes...)
	if applied == nil || err != nil || changes[0].Event.Kind != ledger.Intend {
		return after, applied
	}
	entry, err := ledger.Next(before, changes[0].Event)
	return []ledger.Entry{entry}, err
}

// TestTakeoverMutants: without the guard, without the quarantine, and without the comparison
// of versions, the same trials find rows that are paid twice.
func TestTakeoverMutants(t *testing.T) {
	for name, mutate := range map[string]func(name string, e *engine.Engine){
		"no guard":      func(_ string, e *engine.Engine) { e.Provider = unguarded{e.Provider.(*shelf)} },
		"no quarantine": func(_ string, e *engine.Engine) { e.Quarantine = 0 },
		"no fence and no compare-and-set": func(name string, e *engine.Engine) {
			if name == "process 0" {
				e.Store, e.Lease = overwriting{e.Store}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			twice := 0
			takeover{rows: 2, workers: 1, mutate: mutate}.each(t, func(_ takeover, v taken) { twice += v.twice })
			t.Logf("%d rows paid twice", twice)
			if twice == 0 {
				t.Error("the mutant was not caught")
			}
		})
	}
}
