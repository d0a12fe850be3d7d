package engine

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// run is one call of [Engine.Run]. Its fields belong to the loop's goroutine;
// workers answer through results.
type run struct {
	*Engine
	worker Worker
	pace   *Pace
	queue  queue           // to send
	due    agenda          // open entries, by when to ask for them
	active map[string]bool // keys of jobs that may be running
	busy   map[string]bool // keys that a call is about
	doubts doubts
	// patience is what lost rows wait for, beyond the next search.
	patience patience
	inbox    inbox
	unheard  map[string]int // polls of overdue jobs that failed
	policy   Policy
	account  Account // as the last answer left it
	crowded  int     // see [Outcome]
	breaker  breaker
	results  chan answer
	calls    *errgroup.Group
	working  int
	sent     int
	began    time.Time
	held     string
	heldFor  Hold
	short    bool // the budget has no room for the next row until a job ends
	files    downloads
	hints    hints
	course   course
	tick     <-chan time.Time // when to tell how the run goes; nil: never
}

// answer is what a worker brings back to the loop: what it has done, or on the way
// there something to tell.
type answer struct {
	done  Done
	fatal error // the ledger's: nothing more may be sent (invariant L12)
	what  What  // empty: the call is over
	about ledger.Entry
}

// perCall is how many answers a call brings at the most: the loop has room for those
// of all workers, so none of them waits for a loop that has ended.
const perCall = 3

// hints keeps the latest word of the service on the account's allowance, which
// workers bring and the loop obeys.
type hints struct {
	mu   sync.Mutex
	last providers.RateHint
}

func (h *hints) note(hint providers.RateHint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = hint
}

// take returns the latest word once.
func (h *hints) take() providers.RateHint {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.last
	h.last = providers.RateHint{}
	return last
}

// begin reads what earlier runs left.
func (e *Engine) begin(ctx context.Context, ready []Ready) (*run, error) {
	now := time.Now()
	sent, err := e.Store.Intents(ctx, now.Add(-e.Limits.Memory()))
	if err != nil {
		return nil, fmt.Errorf("read intents: %w", err)
	}
	r := &run{
		Engine: e, pace: NewPace(e.Limits, sent), queue: newQueue(ready),
		active: map[string]bool{}, busy: map[string]bool{}, unheard: map[string]int{},
		doubts: newDoubts(e.Checker.Traits().FindByContent), patience: newPatience(), breaker: newBreaker(e.breakAt()), began: now,
		results: make(chan answer, perCall*e.workers()), calls: new(errgroup.Group),
	}
	r.files.names = namesOnce(ctx, e.Store)
	r.calls.SetLimit(e.workers())
	r.files.group.SetLimit(fetchers)
	r.policy = Defaults()
	r.policy.Limits, r.policy.MaxWait, r.policy.AcceptPrices = e.Limits, e.MaxWait, e.AcceptPrices
	r.worker = e.newWorker(r.hints.note)
	if e.Observe != nil {
		r.worker.Tell = r.pass
	}
	if err := r.listen(ctx); err != nil {
		return nil, err
	}
	if err := r.recover(ctx, now); err != nil {
		return nil, err
	}
	return r, r.resume(ctx, now)
}

// recover makes unsure whatever is intended: it was on the wire when its process
// died, and nobody knows what became of it (invariant L3).
func (r *run) recover(ctx context.Context, now time.Time) error {
	var changes []ledger.Change
	for entry, err := range r.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Intended}}) {
		if err != nil {
			return fmt.Errorf("read intended entries: %w", err)
		}
		changes = append(changes, ledger.Change{Key: entry.Key, Version: entry.Version, Event: Lost(now)})
	}
	if len(changes) == 0 {
		return nil
	}
	entries, err := r.Store.Apply(ctx, changes...)
	if err != nil {
		return fmt.Errorf("recover intended entries: %w", err)
	}
	for _, entry := range entries {
		r.tell(Unsure, entry, entry.Reason)
	}
	return nil
}

// Lost is what became of an entry that is intended while no run goes on: its process
// ended while the request was on its way.
func Lost(at time.Time) ledger.Event {
	return ledger.Event{Kind: ledger.Lose, At: at, Reason: "the program ended while the request was on its way"}
}

// resume makes appointments for the jobs that earlier runs left open.
func (r *run) resume(ctx context.Context, now time.Time) error {
	for entry, err := range r.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Submitted, ledger.Unsure}}) {
		if err != nil {
			return fmt.Errorf("read open entries: %w", err)
		}
		r.occupy(entry.Key)
		r.course.note(Done{Entry: entry})
		if entry.State == ledger.Submitted {
			r.due.add(now, entry.Key)
		} else {
			r.lookAgain(now, Done{Before: ledger.Unsure, Entry: entry})
		}
	}
	return nil
}

// loop is the only place that waits. Requests on the wire are never torn: they
// run to their own time limits when ctx is done.
func (r *run) loop(ctx context.Context) error {
	wire := context.WithoutCancel(ctx)
	if r.Progress != nil {
		ticker := time.NewTicker(cmp.Or(r.Every, defaultEvery))
		defer ticker.Stop()
		r.tick = ticker.C
	}
	for {
		now := time.Now()
		draining := ctx.Err() != nil
		wake := r.startBelieving(wire, now)
		if !draining {
			wake = earlier(wake, earlier(r.startSubmits(wire, now), r.startAsking(wire, now)))
		}
		if r.working == 0 && (draining || r.finished()) {
			return nil
		}
		if err := r.await(ctx, wake); err != nil {
			return err
		}
	}
}

// finished reports whether nothing is left that this run could do.
func (r *run) finished() bool {
	return (r.due.Len() == 0 || r.lockedOut()) && len(r.inbox.claims) == 0 && (r.held != "" || r.pick() < 0)
}

// lockedOut reports whether there is no use in asking any more: a person must bring
// other credentials, or the service is down for longer than the run may wait. Jobs
// under way are left to the next run.
func (r *run) lockedOut() bool { return r.account.Refused >= r.policy.Hearings || r.account.Gone }

// await waits for an answer, a notice, the next turn or the end.
func (r *run) await(ctx context.Context, wake time.Time) error {
	var timer <-chan time.Time
	if !wake.IsZero() {
		t := time.NewTimer(max(0, time.Until(wake)))
		defer t.Stop()
		timer = t.C
	}
	wire, done := context.WithoutCancel(ctx), ctx.Done()
	if ctx.Err() != nil {
		done = nil
	}
	select {
	case a := <-r.results:
		return r.take(wire, a)
	case notice := <-r.Notices:
		return r.notice(wire, notice)
	case <-r.tick:
		r.progress(ctx)
	case <-timer:
	case <-done:
	}
	return nil
}

// take draws the conclusions of an answer, or tells what a worker wants told.
func (r *run) take(ctx context.Context, a answer) error {
	if a.what != "" {
		r.tell(a.what, a.about, "")
		return nil
	}
	r.working--
	if a.fatal != nil {
		return a.fatal
	}
	if err := r.absorb(ctx, a.done); err != nil {
		return err
	}
	r.answered(a.done.Entry)
	return nil
}

// pass has the loop tell what a worker says: an observer hears one goroutine alone.
func (r *run) pass(what What, entry ledger.Entry) { r.results <- answer{what: what, about: entry} }

// pick finds the next row to send: the first whose content no other row has in
// doubt. It is negative when there is none.
func (r *run) pick() int {
	if r.short || r.Most > 0 && r.sent >= r.Most {
		return -1
	}
	return r.queue.find(func(row Ready) bool { return !r.doubts.about(row) })
}

// startSubmits sends what may be sent now and says when to look again.
func (r *run) startSubmits(wire context.Context, now time.Time) time.Time {
	for r.held == "" {
		i := r.pick()
		if i < 0 {
			return time.Time{}
		}
		if turn := r.pace.Submit(now); !turn.Now(now) || r.pastStop(now) {
			r.giveUpWaiting(now, turn)
			return turn.At
		}
		row := r.queue.at(i)
		if !r.work(row.Key, func() (Done, error) { return r.worker.Send(wire, row.Key) }) {
			return time.Time{}
		}
		r.queue.take(i)
		r.depart(now, row)
	}
	return time.Time{}
}

func (r *run) depart(now time.Time, row Ready) {
	r.sent++
	r.active[row.Key] = true
	r.pace.Sent(now)
	r.course.depart(now)
	r.doubts.raise(row)
	r.patience.hopes[row.Key] = true
}

func (r *run) pastStop(now time.Time) bool { return !r.StopAt.IsZero() && !now.Before(r.StopAt) }

// giveUpWaiting holds the run when its turn comes too late to wait for.
func (r *run) giveUpWaiting(now time.Time, turn Turn) {
	at := turn.At.Format(time.DateTime)
	switch {
	case r.pastStop(now):
		r.hold(HoldStopTime, "the stop time has come")
	case turn.At.IsZero(): // when a job ends
	case r.pastStop(turn.At):
		r.hold(HoldStopTime, fmt.Sprintf("the next row could be sent at %s (%s), after the stop time", at, turn.Bound))
	case r.MaxWait > 0 && turn.At.Sub(now) > r.MaxWait:
		r.hold(HoldLimit, fmt.Sprintf("the next row could be sent at %s (%s), more than %s from now", at, turn.Bound, wording.Lasting(r.MaxWait)))
	}
}

// startAsking polls and searches what is due and says when to look again.
func (r *run) startAsking(wire context.Context, now time.Time) time.Time {
	for r.due.Len() > 0 && !r.lockedOut() {
		first := r.due.first()
		if first.at.After(now) {
			return first.at
		}
		if at := r.pace.Poll(now); at.After(now) {
			return at
		}
		if !r.work(first.key, func() (Done, error) { return r.worker.Ask(wire, first.key) }) {
			return time.Time{}
		}
		r.due.next()
		r.pace.Polled(now)
	}
	return time.Time{}
}

// work hands a call about a row to a worker, unless all are busy: then the next
// answer wakes the loop. A worker that has answered is about to end, so Go hardly
// blocks.
func (r *run) work(key string, call func() (Done, error)) bool {
	if r.working >= r.workers() {
		return false
	}
	r.working++
	r.busy[key] = true
	r.calls.Go(func() error {
		done, fatal := call()
		r.results <- answer{done: done, fatal: fatal}
		return nil
	})
	return true
}

// occupy counts a job that an earlier run left as active.
func (r *run) occupy(key string) {
	r.active[key] = true
	r.pace.Resumed()
}

// release ends that a job counts as active.
func (r *run) release(key string) {
	if r.active[key] {
		delete(r.active, key)
		r.pace.Ended()
		r.short = false // it may have freed some of the budget
	}
}

// waiting is an entry as the queue knows it.
func (r *run) waiting(e ledger.Entry) Ready {
	return Ready{e.Key, e.Fingerprint, resemblance(r.Checker, r.worker.Step.request(e))}
}

// resemblance is what a search may take for a request's content, where that is
// less than all of it.
func resemblance(c providers.Checker, r providers.Request) string {
	if resembler, ok := c.(providers.Resembler); ok {
		return resembler.Resemblance(r)
	}
	return ""
}

func (r *run) hold(kind Hold, why string) {
	if r.held == "" {
		r.held, r.heldFor = why, kind
		r.tell(Held, ledger.Entry{}, why)
	}
}

func (r *run) outcome(ctx context.Context) Outcome {
	o := Outcome{Held: r.held, HeldFor: r.heldFor, Interrupted: ctx.Err() != nil, Sent: r.sent, FetchFailed: r.files.failed, Mail: r.inbox.mail, Crowded: r.crowded}
	if o.Held == "" && !o.Interrupted && (r.Most == 0 || r.sent < r.Most) {
		o.Waiting = r.queue.Len()
	}
	return o
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
