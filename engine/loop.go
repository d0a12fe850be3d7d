package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// run is one call of [Engine.Run]. Its fields belong to the loop's goroutine, so they
// need no locks; workers answer through results.
type run struct {
	engine *Engine
	worker Worker
	pace   *Pace
	queue  queue           // to send
	due    agenda          // open entries, by when to ask for them
	active map[string]bool // keys of jobs that may be running
	busy   map[string]bool // keys that a call is about
	doubts doubts
	// patience is what lost rows wait for, beyond the next search.
	patience    patience
	inbox       inbox
	failedPolls map[string]int // polls of overdue jobs that failed
	policy      Policy
	account     Account // as the last answer left it
	crowded     int     // see [Outcome]
	breaker     breaker
	dear        dear
	results     chan answer
	calls       *errgroup.Group
	working     int
	sent        int
	wire        map[string]bool // keys with a paid call on the wire
	began       time.Time
	held        string
	heldFor     Hold
	gone        bool            // the ledger is another process's, or cannot be reached
	lost        <-chan struct{} // see [Lease]; nil: it cannot be lost
	budgetFull  bool            // the budget has no room for the next row until a job ends
	files       downloads
	hints       hints
	course      course
	chain       chain
	keptBack    []Kept
	tick        <-chan time.Time // when to tell how the run goes; nil: never
}

// answer is one message of a worker to the loop: the end of its call, or an event on
// the way there that the observer should hear of.
type answer struct {
	done  Done
	fatal error // the ledger's: nothing more may be sent (invariant L12)
	what  What  // empty: the call is over
	about ledger.Entry
}

// perCall is how many answers a call sends at most. The channel has room for those of
// all workers, because the loop may have ended: a worker that waits for it would never
// end, and Run waits for the workers.
const perCall = 3

// begin reads what earlier runs left, and starts nothing. The order matters: the inbox
// must know all references before a notice can arrive, and intended entries must be
// unsure before the loop can look at them.
func (e *Engine) begin(ctx context.Context, ready []Ready) (*run, error) {
	now := e.clock()
	sent, err := e.Store.Intents(ctx, now.Add(-e.Limits.Memory()))
	if err != nil {
		return nil, fmt.Errorf("read intents: %w", err)
	}
	r := &run{
		engine: e, pace: NewPace(e.Limits, sent),
		active: map[string]bool{}, busy: map[string]bool{}, wire: map[string]bool{}, failedPolls: map[string]int{},
		doubts: newDoubts(e.findsByContent()), patience: newPatience(), breaker: newBreaker(e.breakAfter()), began: now, lost: e.lost(),
		results: make(chan answer, perCall*e.workerCount()), calls: new(errgroup.Group),
	}
	r.files.names = namesOnce(ctx, e.Store)
	r.calls.SetLimit(e.workerCount())
	r.files.group.SetLimit(fetchers)
	r.policy = Defaults()
	r.policy.Limits = e.Limits
	r.policy.MaxWait = e.MaxWait
	r.policy.AcceptPrices = e.AcceptPrices
	r.worker = e.newWorker(r.hints.note)
	if e.Observe != nil {
		r.worker.Tell = r.pass
	}
	if e.Budget != nil || len(e.Caps) > 0 {
		if r.worker.exposure, err = newExposure(ctx, e.Store); err != nil {
			return nil, fmt.Errorf("read open entries: %w", err)
		}
	}
	if err := r.lineUp(ctx, ready); err != nil {
		return nil, err
	}
	if err := r.listen(ctx); err != nil {
		return nil, err
	}
	if err := r.recover(ctx, now); err != nil {
		return nil, err
	}
	if err := r.resume(ctx, now); err != nil {
		return nil, err
	}
	return r, r.join(ctx, now)
}

// join tells the account which jobs are open, and takes over how it stands: a restart buys
// no new allowance.
func (r *run) join(ctx context.Context, now time.Time) error {
	jobs := map[string]time.Time{}
	for entry, err := range r.engine.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Submitted, ledger.Unsure}}) {
		if err != nil {
			return fmt.Errorf("read open entries: %w", err)
		}
		if r.active[entry.Key] {
			jobs[entry.Key] = entry.IntendedAt.Add(r.engine.Limits.Deadline)
		}
	}
	together := r.engine.shared().Begin(now, jobs)
	r.breaker.Streaks = together.Failing
	r.pace.Pause(together.Paused, together.Why)
	if together.Factor > 0 && together.Factor < 1 { // zero: nothing is shared
		r.pace.setFactor(now, together.Factor)
	}
	return nil
}

// recover makes every intended entry unsure (invariant L3). Its request was on the
// wire when its process died, so it may have been paid for. A crash in here leaves
// entries intended or unsure, and the next run does the same again.
func (r *run) recover(ctx context.Context, now time.Time) error {
	var changes []ledger.Change
	for entry, err := range r.engine.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Intended}}) {
		if err != nil {
			return fmt.Errorf("read intended entries: %w", err)
		}
		changes = append(changes, ledger.Change{Key: entry.Key, Version: entry.Version, Event: Lost(now)})
	}
	entries, err := r.applyAll(ctx, changes)
	if err != nil {
		return fmt.Errorf("recover intended entries: %w", err)
	}
	for _, entry := range entries {
		r.engine.tell(Unsure, entry, entry.Reason)
	}
	return nil
}

// applyAll makes changes together. Where an entry has moved on since it was read, because
// the answer of another process came late, it makes them one by one without that.
func (r *run) applyAll(ctx context.Context, changes []ledger.Change) (entries []ledger.Entry, _ error) {
	if len(changes) == 0 {
		return nil, nil
	}
	entries, err := r.engine.Store.Apply(ctx, changes...)
	if !errors.Is(err, ledger.ErrConflict) {
		return entries, err
	}
	for _, change := range changes {
		switch after, err := r.engine.Store.Apply(ctx, change); {
		case err == nil:
			entries = append(entries, after...)
		case !errors.Is(err, ledger.ErrConflict):
			return entries, err
		}
	}
	return entries, nil
}

// Lost returns the event for an entry that is intended while no run goes on: its
// process ended while the request was on its way.
func Lost(at time.Time) ledger.Event {
	return ledger.Event{Kind: ledger.Lose, At: at, Reason: "the program ended while the request was on its way"}
}

// resume makes appointments for the jobs that earlier runs left open. They count as
// active, because they take up places at the service.
func (r *run) resume(ctx context.Context, now time.Time) error {
	for entry, err := range r.engine.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Submitted, ledger.Unsure}}) {
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
	// A request that may have been paid for must be answered and recorded, so calls
	// get a context that no signal ends. They have time limits of their own.
	wire := context.WithoutCancel(ctx)
	if r.engine.Progress != nil {
		ticker := time.NewTicker(cmp.Or(r.engine.Every, defaultEvery))
		defer ticker.Stop()
		r.tick = ticker.C
	}
	for {
		now := r.engine.clock()
		draining := ctx.Err() != nil || r.gone
		r.giveUpResends(now)
		wake := r.startConfirming(wire, now)
		if !draining {
			wake = earlier(wake, earlier(r.startSubmits(wire, now), r.startAsking(wire, now)))
		}
		if r.working == 0 && (draining || r.finished()) {
			return nil
		}
		if err := r.await(ctx, wake); err != nil && !r.obeyLedger(err) {
			return err
		}
	}
}

// finished reports whether nothing is left that this run could do.
func (r *run) finished() bool {
	return (r.due.Len() == 0 || r.lockedOut()) && len(r.inbox.claims) == 0 && (r.held != "" || r.pick() < 0)
}

// lockedOut reports whether further questions are useless: the credentials are refused,
// or the service is down for longer than the run may wait. Jobs under way are left to
// the next run.
func (r *run) lockedOut() bool { return r.account.Refused >= r.policy.Tries || r.account.Unreachable }

// await waits for an answer, a notice, the next turn or the end.
func (r *run) await(ctx context.Context, wake time.Time) error {
	var timer <-chan time.Time
	if !wake.IsZero() {
		t := time.NewTimer(max(0, wake.Sub(r.engine.clock())))
		defer t.Stop()
		timer = t.C
	}
	wire := context.WithoutCancel(ctx)
	done := ctx.Done()
	if ctx.Err() != nil {
		done = nil // it is closed already: waiting for it would make the loop spin
	}
	select {
	case a := <-r.results:
		return r.take(wire, a)
	case notice := <-r.engine.Notices:
		return r.notice(wire, notice)
	case <-r.tick:
		r.tellProgress(ctx)
	case <-r.lost:
		r.lost = nil
		r.leave(HoldDriven, elsewhere)
	case <-timer:
	case <-done:
	}
	return nil
}

// take absorbs the end of a call, or tells the observer what a worker reports.
func (r *run) take(ctx context.Context, a answer) error {
	if a.what != "" {
		r.engine.tell(a.what, a.about, "")
		return nil
	}
	r.working--
	if a.fatal != nil {
		return a.fatal
	}
	if err := r.absorb(ctx, a.done); err != nil {
		return err
	}
	r.callEnded(a.done.Entry)
	return nil
}

// pass hands an event of a worker to the loop, which tells the observer: that is called
// from one goroutine only, so it needs no locks.
func (r *run) pass(what What, entry ledger.Entry) { r.results <- answer{what: what, about: entry} }

// pick returns the place in the queue of the next row to send: the first whose content
// is not in doubt for another row. It is negative when there is none.
func (r *run) pick() int {
	if r.budgetFull || r.engine.Most > 0 && r.sent >= r.engine.Most {
		return -1
	}
	return r.queue.find(func(row Ready) bool { return !r.doubts.about(row) })
}

// startSubmits sends the rows that may be sent now, and returns when to look again. A
// zero time means that an answer, not the clock, makes room for the next row.
func (r *run) startSubmits(wire context.Context, now time.Time) time.Time {
	for r.held == "" && r.working < r.engine.workerCount() {
		i := r.pick()
		if i < 0 {
			return time.Time{}
		}
		if turn := r.turn(now, i); !turn.Now(now) || r.pastStop(now) {
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

// depart counts a row as sent. It is done before the worker has even intended it: the
// loop goes on at once, and a row that is counted late would let one too many leave.
func (r *run) depart(now time.Time, row Ready) {
	if !ledger.IsPart(row.Key) { // a limit counts rows
		r.sent++
	}
	r.active[row.Key] = true
	r.wire[row.Key] = true
	r.pace.Sent(now)
	r.course.depart(now)
	r.doubts.raise(row)
	r.patience.hopes[row.Key] = true
}

// turn is when a row of the queue may be sent. Only when the run's own limits let it, its
// place in those of the account is taken.
func (r *run) turn(now time.Time, i int) Turn {
	turn := r.pace.Submit(now)
	if !turn.Now(now) || r.pastStop(now) {
		return turn
	}
	return r.engine.shared().Take(now, r.queue.at(i).Key, now.Add(r.engine.Limits.Deadline))
}

// landed notes that the paid call about a row is over, if there was one. Until then it
// counts in every window: it may arrive at the service at any time.
func (r *run) landed(now time.Time, key string) {
	if r.wire[key] {
		delete(r.wire, key)
		r.pace.Answered(now)
		r.engine.shared().Answered(now, key)
	}
}

func (r *run) pastStop(now time.Time) bool {
	return !r.engine.StopAt.IsZero() && !now.Before(r.engine.StopAt)
}

// giveUpWaiting holds the run when its next turn comes too late to wait for. The run
// then still follows its jobs to their end; only nothing more is sent.
func (r *run) giveUpWaiting(now time.Time, turn Turn) {
	at := turn.At.Format(time.DateTime)
	switch {
	case r.pastStop(now):
		r.hold(HoldStopTime, "the stop time has come")
	case turn.At.IsZero(): // when a job ends
	case r.pastStop(turn.At):
		r.hold(HoldStopTime, fmt.Sprintf("the next row could be sent at %s (%s), after the stop time", at, turn.Bound))
	case r.engine.MaxWait > 0 && turn.At.Sub(now) > r.engine.MaxWait:
		r.hold(HoldLimit, fmt.Sprintf("the next row could be sent at %s (%s), more than %s from now", at, turn.Bound, wording.Lasting(r.engine.MaxWait)))
	}
}

// startAsking polls and searches for the entries that are due, and returns when to look
// again. Free calls have a pace of their own, so that they cannot starve submits.
func (r *run) startAsking(wire context.Context, now time.Time) time.Time {
	for r.due.Len() > 0 && !r.lockedOut() {
		first := r.due.first()
		if first.at.After(now) {
			return first.at
		}
		if entry, lost := r.patience.keyed[first.key]; lost {
			if !r.startResend(wire, now, entry) {
				return time.Time{}
			}
			continue
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
	if r.working >= r.engine.workerCount() {
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

// release stops counting a job as active, which makes room for the next one.
func (r *run) release(key string) {
	if r.active[key] {
		delete(r.active, key)
		r.pace.Ended()
		r.engine.shared().Ended(r.engine.clock(), key)
		r.budgetFull = false // it may have freed some of the budget
	}
}

// waiting returns an entry in the form that the queue and the doubts use.
func (r *run) waiting(e ledger.Entry) Ready {
	e.Filled = nil // as it was planned
	return Ready{Key: e.Key, Fingerprint: e.Fingerprint, Alike: resemblance(r.worker.Step.rulesOf(e.Operation), r.worker.Step.request(e))}
}

// resemblance returns the part of a request that a search compares, where the service
// lists less than all of it; it is empty where a search compares everything.
func resemblance(c providers.Checker, r providers.Request) string {
	if resembler, ok := providers.As[providers.Resembler](c); ok {
		return resembler.Resemblance(r)
	}
	return ""
}

// hold keeps the run from sending more rows. The first reason counts: later ones, such
// as the same refusal of calls that were on the wire, follow from it.
func (r *run) hold(kind Hold, why string) {
	if r.held == "" {
		r.held = why
		r.heldFor = kind
		r.engine.tell(Held, ledger.Entry{}, why)
	}
}

// outcome says how the run ended. Rows that wait for another one are counted only when
// nothing else kept the run from sending them.
func (r *run) outcome(ctx context.Context) Outcome {
	o := Outcome{Held: r.held, HeldFor: r.heldFor, Interrupted: ctx.Err() != nil, Sent: r.sent, FetchFailed: r.files.failed, Ignored: r.inbox.ignored, Crowded: r.crowded, Kept: r.keptBack}
	if o.Held == "" && !o.Interrupted && (r.engine.Most == 0 || r.sent < r.engine.Most) {
		o.Waiting = r.queue.Len()
	}
	return o
}

// earlier returns the earlier of two times, of which a zero one stands for never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
