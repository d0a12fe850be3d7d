package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// watch follows a run: it keeps status.json fresh and shows people, or with
// --json programs, how it goes.
//
// The engine's loop tells it what happens and never waits for it: events are
// counted in a tally, lines are posted to an outbox, and everything that takes
// time (the ledger's summary, the forecast, the terminal) belongs to one
// goroutine that looks at them on its own time.
type watch struct {
	app   *app
	setup *setup
	job   sending
	start ledger.Summary // before anything was sent
	ready int            // rows that this run may send
	begun time.Time
	tally *tally
	lines *outbox // where there is no live display
	stop  chan struct{}
	done  sync.WaitGroup

	wrongs   int // belongs to the engine's loop
	overruns int // rows that cost more than was set aside for them

	// These belong to the goroutine of follow.
	canvas  *canvas // nil where there is no live display
	outlook *outlook
	told    heartbeat
	waits   bool // it has been said that the run waits for callbacks
}

// eventJSON is one line of `run --json`.
type eventJSON struct {
	Time   time.Time   `json:"time"`
	Event  engine.What `json:"event"`
	Key    string      `json:"key,omitempty"`
	Row    int         `json:"row,omitempty"`
	Ticket string      `json:"ticket,omitempty"`
	Detail string      `json:"detail,omitempty"`
}

const statusEvery = time.Second

// newWatch starts to follow a run that is about to begin; close ends it.
func (a *app) newWatch(ctx context.Context, s *setup, j sending) (*watch, error) {
	whole := context.WithoutCancel(ctx)
	start, err := j.store.Summary(whole)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	limits := s.limits()
	doubted, err := latestDoubt(whole, j.store)
	if err != nil {
		return nil, err
	}
	sent, err := j.store.Intents(whole, time.Now().Add(-limits.Memory()))
	if err != nil {
		return nil, ledgerFailure(err)
	}
	w := &watch{
		app: a, setup: s, job: j, start: start, ready: j.ready(), begun: time.Now(),
		tally: newTally(limits, sent), stop: make(chan struct{}), canvas: a.newCanvas(a.screen.err),
	}
	w.tally.doubted = doubted
	forecast := s.forecast(j.plan)
	forecast.Sent = sent
	w.outlook = newOutlook(forecast, w.begun, w.work(ctx, start, facts{}))
	switch {
	case a.json:
		w.lines = newOutbox(a.out)
	case w.canvas == nil:
		w.lines = newOutbox(a.err)
	}
	w.second(ctx)
	w.done.Go(func() { w.guarded(ctx) })
	return w, nil
}

// latestDoubt is when the latest row left that nobody knows about; zero when
// there is none.
func latestDoubt(ctx context.Context, store ledger.Store) (latest time.Time, _ error) {
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Unsure}}) {
		if err != nil {
			return latest, ledgerFailure(err)
		}
		latest = later(latest, e.IntendedAt)
	}
	return latest, nil
}

// ready is how many rows a run may send.
func (j sending) ready() int {
	if j.flags.limit > 0 {
		return min(j.flags.limit, len(j.plan.Ready))
	}
	return len(j.plan.Ready)
}

// guarded keeps a bug in the display from ending a run that pays: it then goes on
// unseen.
func (w *watch) guarded(ctx context.Context) {
	defer func() { _ = recover() }()
	w.follow(ctx)
}

// follow looks at the run until it is over. It is the only goroutine that draws. The
// context says whether a person has stopped the run, which goes on until it has
// drained.
func (w *watch) follow(ctx context.Context) {
	status, frames := time.NewTicker(statusEvery), time.NewTicker(frameEvery)
	defer status.Stop()
	defer frames.Stop()
	if w.canvas == nil {
		frames.Stop()
	}
	for {
		select {
		case <-status.C:
			w.second(ctx)
		case <-frames.C:
			w.frame(ctx)
		case <-w.stop:
			return
		}
	}
}

// second brings forecast and status.json up to date and says so.
func (w *watch) second(ctx context.Context) {
	summary, err := w.job.store.Summary(context.WithoutCancel(ctx))
	if err != nil {
		return
	}
	now, f := time.Now(), w.tally.facts()
	w.outlook.update(now, w.work(ctx, summary, f), f)
	doc := w.document(ctx, summary, f)
	// That status.json could not be written is no reason to stop.
	_ = writeStatus(w.setup.path(statusFile), doc)
	w.show(doc, now)
}

func (w *watch) frame(ctx context.Context) {
	if summary, err := w.job.store.Summary(context.WithoutCancel(ctx)); err == nil {
		w.show(w.document(ctx, summary, w.tally.facts()), time.Now())
	}
}

func (w *watch) show(doc statusJSON, now time.Time) {
	switch {
	case w.canvas != nil:
		w.canvas.draw(screen{statusJSON: doc, look: w.canvas.look, now: now}.draw)
	case w.app.json:
	case doc.Progress.CallbacksUntil != nil && !w.waits:
		w.waits = true
		w.say("%s; Ctrl-C ends the wait, and then: %s", awaited(doc, now), w.setup.command("resolve"))
	case w.told.due(doc, now):
		w.say("%s", heartbeatLine(doc, now))
	}
}

// work is what is left, by the ledger's own count.
func (w *watch) work(ctx context.Context, now ledger.Summary, f facts) work {
	sent := w.start.States[ledger.Planned] - now.States[ledger.Planned]
	left := max(0, w.ready-sent)
	if f.held != "" || ctx.Err() != nil {
		left = 0
	}
	return work{left: left, sent: sent, active: now.States[ledger.Intended] + now.States[ledger.Submitted]}
}

// document is status.json while the run goes.
func (w *watch) document(ctx context.Context, summary ledger.Summary, f facts) statusJSON {
	doc := w.setup.statusDocument(summary)
	doc.Running, doc.Held = true, f.held
	now, left := time.Now(), w.work(ctx, summary, f)
	p := &progressJSON{
		Service: w.setup.title(), Began: w.begun, Total: w.total(), ToSend: left.left, Sent: left.sent,
		BoundBy: w.outlook.boundBy(now), Trouble: f.trouble, Stopping: ctx.Err() != nil,
		NextAt: known(w.outlook.now.At), Ends: known(w.outlook.ends), FirstEnds: known(w.outlook.first),
	}
	if speed, ok := w.outlook.perMinute(); ok {
		p.PerMinute = &speed
	}
	if w.setup.Budget != nil {
		p.Budget = &w.setup.Budget.Limit
	}
	if at := w.setup.Limits.StopAt; at != nil {
		p.StopAt = known(at.Next(w.begun))
	}
	if left.left+left.active == 0 {
		p.CallbacksUntil = w.callbacksUntil(summary, f, now)
	}
	doc.Progress = p
	return doc
}

// callbacksUntil is until when a run that has nothing else to do waits for
// callbacks about rows that nobody knows about; nil when it does not.
func (w *watch) callbacksUntil(summary ledger.Summary, f facts, now time.Time) *time.Time {
	until := f.doubted.Add(w.setup.limits().Deadline)
	if w.job.client.hook.notices() == nil || summary.States[ledger.Unsure] == 0 || !until.After(now) {
		return nil
	}
	return &until
}

// total is every row that is settled, or that this run is to settle.
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

// happened is told by the engine's loop, and returns at once.
func (w *watch) happened(h engine.Happening) {
	w.tally.note(h)
	switch {
	case w.app.json:
		_ = json.NewEncoder(w.lines).Encode(eventJSON{h.At, h.What, h.Entry.Key, h.Entry.Row, h.Entry.Ticket.Job, h.Detail})
	case w.canvas != nil:
	case h.What == engine.Failed || h.What == engine.Unsure:
		w.wrong(h)
	case h.What == engine.Overrun:
		w.overrun(h)
	case h.What == engine.Held:
		w.say("held: %s", h.Detail)
	}
}

// overrun says of the first rows that they cost more than was set aside for them;
// the end says how much it was in all.
func (w *watch) overrun(h engine.Happening) {
	switch w.overruns++; {
	case w.overruns <= sayWrong:
		w.say("%s", h.Detail)
	case w.overruns == sayWrong+1:
		w.say("more rows cost more than was set aside for them; the end says how much in all")
	}
}

// wrong says the first rows that went wrong one by one; a log of thousands of
// them would be read by nobody.
func (w *watch) wrong(h engine.Happening) {
	switch w.wrongs++; {
	case w.wrongs <= sayWrong:
		w.say("row %d %s: %s", h.Entry.Row, words(h.Entry.State), h.Detail)
	case w.wrongs == sayWrong+1:
		w.say("more rows go wrong; the results will have all of them, with reasons")
	}
}

const sayWrong = 20

// say posts a line for people.
func (w *watch) say(format string, args ...any) {
	if !w.app.quiet {
		fmt.Fprintln(w.lines, wording.Clean(fmt.Sprintf(format, args...)))
	}
}

// words says a state of a row that went wrong.
func words(s ledger.State) string {
	if s == ledger.Unsure {
		return "is not known"
	}
	return string(s)
}

// close takes the display away, leaves the last status.json, and returns how the
// run went.
func (w *watch) close(ctx context.Context) course {
	took := time.Since(w.begun)
	close(w.stop)
	w.done.Wait()
	if w.canvas != nil {
		w.canvas.clear()
	}
	if w.lines != nil {
		w.lines.close()
	}
	if summary, err := w.job.store.Summary(context.WithoutCancel(ctx)); err == nil {
		_ = writeStatus(w.setup.path(statusFile), w.setup.statusDocument(summary))
	}
	c := course{took: took, reasons: w.tally.reasons, others: w.tally.others}
	if !w.outlook.first.IsZero() {
		c.estimated = w.outlook.first.Sub(w.begun)
	}
	return c
}

// course is how a run went.
type course struct {
	took      time.Duration
	estimated time.Duration // at the start; 0: nobody knew
	reasons   []reason
	others    int // failures for yet other reasons
}
