package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// job is one run that is about to send.
type job struct {
	store  *boltstore.Store
	plan   *engine.Plan
	client *client
	flags  runFlags
}

// send runs the engine, keeps status.json fresh, writes the results, and says
// how it ended.
func (a *app) send(ctx context.Context, s *setup, j job) error {
	outcome, course, err := a.runWatched(ctx, s, j)
	if err != nil {
		return err
	}
	summary, err := j.store.Summary()
	if err != nil {
		return ledgerFailure(err)
	}
	seen, err := engine.Observe(j.store)
	if err != nil {
		return ledgerFailure(err)
	}
	written, err := a.writeResults(s, j.store, sheetOut{})
	if err != nil {
		return err
	}
	return a.conclude(ctx, s, j, ending{outcome, summary, written.path, written.changed, j.client.hook.count(outcome.Mail), course, seen})
}

// runWatched runs the engine and shows how it goes.
func (a *app) runWatched(ctx context.Context, s *setup, j job) (engine.Outcome, course, error) {
	watch, err := a.newWatch(ctx, s, j)
	if err != nil {
		return engine.Outcome{}, course{}, err
	}
	e := s.engine(j)
	e.Observe, e.Bug = a.logged(watch.happened), a.logBug
	a.logRun("started", s.Name, "ready", len(j.plan.Ready))
	outcome, err := e.Run(ctx, j.plan.Ready)
	a.logRun("ended", s.Name, "sent", outcome.Sent, "interrupted", outcome.Interrupted)
	return outcome, watch.close(), ledgerFailure(err)
}

func (s *setup) engine(j job) *engine.Engine {
	e := &engine.Engine{
		Store: j.store, Provider: j.client.provider, Checker: s.checker, Limits: s.limits(),
		MaxWait: j.flags.maxWait, Most: j.flags.limit, Files: j.client.files(),
		Callback: s.Webhook.URL, Notices: j.client.hook.notices(), Confirm: j.client.confirm,
		Folder: s.Dir, Kept: s.path(mediaFolder), Again: func(key string) bool { return j.plan.Lost[key] }, Session: j.client.session,
		AcceptPrices: j.flags.acceptPrices,
	}
	if s.Budget != nil {
		e.Budget = &s.Budget.Limit
	}
	if s.Limits.StopAt != nil {
		e.StopAt = s.Limits.StopAt.Next(time.Now())
	}
	return e
}

// ending is how a run ended.
type ending struct {
	outcome engine.Outcome
	summary ledger.Summary
	results string        // the file that was written
	changed int           // bought rows that the sheet, as it is now, says otherwise
	mail    *webhooksJSON // nil where no webhooks are received
	course  course
	seen    engine.Observed // what the finished videos say of the first estimates
}

// conclude says what happened, what it cost and what to do next.
func (a *app) conclude(ctx context.Context, s *setup, j job, end ending) error {
	code := s.runCode(ctx, j.plan, end)
	if a.json {
		return a.summarise(s, end, code)
	}
	for _, l := range s.lastScreen(j, end) {
		a.print(l)
	}
	if end.outcome.Held != "" {
		return &failure{code: code, held: end.outcome.Held}
	}
	return exit(code)
}

// summarise is the last event of `run --json`.
func (a *app) summarise(s *setup, end ending, code int) error {
	event := struct {
		Time  time.Time `json:"time"`
		Event string    `json:"event"`
		statusJSON
		Webhooks *webhooksJSON `json:"webhooks,omitempty"`
	}{time.Now(), "summary", s.statusDocument(end.summary), end.mail}
	event.Held, event.Changed = end.outcome.Held, end.changed
	if err := json.NewEncoder(a.out).Encode(event); err != nil {
		return err
	}
	return exit(code)
}

// runCode is the exit code of a run: the highest reason wins.
func (s *setup) runCode(ctx context.Context, plan *engine.Plan, end ending) int {
	states := end.summary.States
	code := exitDone
	if plan.Found > 0 || states[ledger.Failed] > 0 || states[ledger.Submitted] > 0 || len(end.outcome.FetchFailed) > 0 {
		code = exitRows
	}
	if states[ledger.Unsure] > 0 || end.changed > 0 {
		code = exitDecide
	}
	if end.outcome.Held != "" {
		code = exitHeld
	}
	if end.outcome.Interrupted {
		code = signalCode(ctx)
	}
	return code
}
