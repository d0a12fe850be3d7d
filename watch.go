package reelmerge

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// watch follows a run: it keeps status.json fresh and tells how the run goes.
//
// The engine's loop calls it and must never wait for it, so calls only leave snapshots
// and troubles behind. Everything that takes time, such as the ledger's sums, the
// forecast and the caller's own functions, belongs to one goroutine, which looks at them
// when it can.
type watch struct {
	run     *running
	start   ledger.Summary // before anything was sent
	ready   int            // rows that this run may send
	began   time.Time
	outlook *outlook      // of the goroutine of follow, once there is one
	wake    chan struct{} // there is a snapshot that was not looked at
	stop    chan struct{}
	done    sync.WaitGroup
	follows bool // that goroutine runs

	mu       sync.Mutex
	snapshot engine.Snapshot
	trouble  []Trouble // the last ones
	reasons  []Reason  // why rows failed, first come first
	others   int       // failures with other reasons than those
}

// How many troubles and reasons a run remembers; the results have all of them.
const (
	lastTroubles = 3
	mostReasons  = 5
)

// statusEvery is how often status.json is written.
const statusEvery = time.Second

// newWatch prepares to follow a run that is about to begin. The caller ends it with
// close.
func (r *running) newWatch(ctx context.Context, most int) (*watch, error) {
	start, err := r.store.Summary(context.WithoutCancel(ctx))
	if err != nil {
		return nil, ledgerFailure(err)
	}
	return &watch{run: r, start: start, ready: r.ready(most), began: time.Now(), wake: make(chan struct{}, 1), stop: make(chan struct{})}, nil
}

// progress takes a snapshot from the engine's loop. The first one comes before anything
// is sent; the first estimate is made from it, and the goroutine starts.
func (w *watch) progress(ctx context.Context, s engine.Snapshot) {
	w.mu.Lock()
	w.snapshot = s
	w.mu.Unlock()
	if w.follows {
		select {
		case w.wake <- struct{}{}:
		default: // it has not looked at the one before yet
		}
		return
	}
	w.follows = true
	w.outlook = newOutlook(w.run.forecast, w.began, s)
	w.second(ctx)
	w.done.Go(func() { w.guarded(ctx) })
}

// forecast is what the pace is run forward with, by what is known now. A run guesses
// nothing: until its first videos are made, its end is not known.
func (r *running) forecast() engine.Forecast {
	w := r.campaign.working(r.plan.Lessons)
	if w.assumed {
		w.each = 0
	}
	return r.campaign.forecast(r.plan, w)
}

// guarded catches a panic of a caller's function. The run then goes on without being
// watched: a bug in a display must not end a run that pays.
func (w *watch) guarded(ctx context.Context) {
	_ = w.run.campaign.guarded(func() error { w.follow(ctx); return nil })
}

// follow looks at the run until close: at every snapshot, and once a second, also while
// the last videos are fetched. The context says whether a person has stopped the run,
// which then goes on until its jobs are recorded.
func (w *watch) follow(ctx context.Context) {
	ticker := time.NewTicker(statusEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.wake:
			w.tell(ctx)
		case <-ticker.C:
			w.second(ctx)
		case <-w.stop:
			return
		}
	}
}

// second brings forecast and status.json up to date, and tells of it.
func (w *watch) second(ctx context.Context) {
	w.outlook.update(time.Now(), w.latest())
	if s, ok := w.tell(ctx); ok {
		// That it could not be written is no reason to stop.
		_ = writeStatus(w.run.campaign.path(statusFile), s)
		_ = w.run.tellOthers(ctx, s)
	}
}

// tell calls the caller's Progress function.
func (w *watch) tell(ctx context.Context) (Status, bool) {
	summary, err := w.run.store.Summary(context.WithoutCancel(ctx))
	if err != nil {
		return Status{}, false
	}
	s := w.status(ctx, summary)
	if w.run.chosen.Progress != nil {
		w.run.chosen.Progress(s)
	}
	return s, true
}

// latest is the last snapshot of the engine's loop.
func (w *watch) latest() engine.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snapshot
}

// status describes the run as it is now.
func (w *watch) status(ctx context.Context, summary ledger.Summary) Status {
	c := w.run.campaign
	now := time.Now()
	run := w.latest()
	s := c.StatusOf(summary)
	s.Running = true
	s.Held = run.Held
	sent := w.start.States[ledger.Planned] - summary.States[ledger.Planned]
	making := summary.States[ledger.Intended] + summary.States[ledger.Submitted] + summary.Parts[ledger.Intended] + summary.Parts[ledger.Submitted]
	left := max(0, w.ready-sent)
	// A held or stopped run sends no more, whatever is left.
	if run.Held != "" || ctx.Err() != nil {
		left = 0
	}
	p := &Progress{
		Service: c.Title(), Began: w.began, Total: w.total(), ToSend: left, Sent: sent,
		BoundBy: w.outlook.boundBy(now), Trouble: w.troubles(), Stopping: ctx.Err() != nil,
		NextAt: known(w.outlook.next.At), Ends: known(w.outlook.ends), FirstEnds: known(w.outlook.first),
	}
	if speed, ok := w.outlook.perMinute(); ok {
		p.PerMinute = &speed
	}
	if c.file.Budget != nil {
		p.Budget = &c.file.Budget.Limit
	}
	if at := c.file.Limits.StopAt; at != nil {
		p.StopAt = known(at.Next(w.began))
	}
	if left+making == 0 {
		p.CallbacksUntil = w.callbacksUntil(summary, run, now)
	}
	s.Progress = p
	return s
}

// callbacksUntil is the time until which an otherwise finished run waits for callbacks
// about unsure rows; nil if it does not wait.
func (w *watch) callbacksUntil(summary ledger.Summary, run engine.Snapshot, now time.Time) *time.Time {
	until := run.Doubted.Add(w.run.campaign.limits().Deadline)
	if w.run.client.hook.notices() == nil || summary.States[ledger.Unsure]+summary.Parts[ledger.Unsure] == 0 || !until.After(now) {
		return nil
	}
	return &until
}

// total is the number of rows that are settled already or can be settled by this run.
func (w *watch) total() (n int) {
	for state, rows := range w.start.States {
		if state != ledger.Planned {
			n += rows
		}
	}
	return n + w.ready
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// happened is called by the engine's loop, and returns at once.
func (w *watch) happened(h engine.Happening) {
	if h.What == engine.Failed || h.What == engine.Unsure {
		w.wrong(h)
	}
	if w.run.chosen.Happened != nil {
		w.run.chosen.Happened(h)
	}
}

// wrong remembers a failure by its reason. Rows that are only in doubt have no reason to
// count.
func (w *watch) wrong(h engine.Happening) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = append(w.trouble, Trouble{h.Entry.Row, KeyOf(h.Entry), PartOf(h.Entry), h.Entry.State, h.Detail})
	if len(w.trouble) > lastTroubles {
		w.trouble = slices.Delete(w.trouble, 0, 1)
	}
	if h.Entry.State != ledger.Failed {
		return
	}
	i := slices.IndexFunc(w.reasons, func(r Reason) bool { return r.Text == h.Detail })
	switch {
	case i >= 0:
		w.reasons[i].Rows++
	case len(w.reasons) < mostReasons:
		w.reasons = append(w.reasons, Reason{h.Detail, 1})
	default:
		w.others++
	}
}

// troubles are the last rows that failed or became unsure.
func (w *watch) troubles() []Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Trouble{}, w.trouble...)
}

// close ends the watch, leaves the last status.json, and says how the run went.
func (w *watch) close(ctx context.Context, out *Outcome) {
	out.Took = time.Since(w.began)
	// The goroutine must have ended before the last status.json, or it could write an
	// older one over it.
	close(w.stop)
	w.done.Wait()
	if summary, err := w.run.store.Summary(context.WithoutCancel(ctx)); err == nil {
		_ = writeStatus(w.run.campaign.path(statusFile), w.run.campaign.StatusOf(summary))
	}
	out.Reasons = w.reasons
	out.Others = w.others
	if w.outlook != nil && !w.outlook.first.IsZero() {
		out.Estimated = w.outlook.first.Sub(w.began)
	}
}
