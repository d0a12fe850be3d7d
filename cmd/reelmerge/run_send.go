package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// sending is one run that is about to send.
type sending struct {
	store  ledger.Store
	plan   *engine.Plan
	client *client
	flags  runFlags
}

// send runs the engine, keeps status.json fresh, and then, in this order, says how
// it ended, writes the results, and returns the code of the outcome.
func (a *app) send(ctx context.Context, s *setup, j sending) error {
	outcome, course, err := a.runWatched(ctx, s, j)
	if err != nil {
		return err
	}
	whole := context.WithoutCancel(ctx) // a signal ends a run, not the account of it
	end := ending{outcome: outcome, course: course, mail: j.client.hook.count(outcome.Mail)}
	if end.summary, err = j.store.Summary(whole); err != nil {
		return ledgerFailure(err)
	}
	if end.seen, err = engine.Observe(whole, j.store); err != nil {
		return ledgerFailure(err)
	}
	end.changed = a.changedSince(whole, s, j)
	code := s.runCode(ctx, j.plan, end)
	told := a.guarded(func() error { return a.tellEnd(s, end) })
	written, unwritten := a.handBack(whole, s, j.store)
	if !a.json {
		a.tellNext(s, j, end, written)
	}
	return concluded(code, end.outcome.Held, errors.Join(told, unwritten))
}

// runWatched runs the engine and shows how it goes.
func (a *app) runWatched(ctx context.Context, s *setup, j sending) (engine.Outcome, course, error) {
	watch, err := a.newWatch(ctx, s, j)
	if err != nil {
		return engine.Outcome{}, course{}, err
	}
	e := s.engine(j)
	e.Observe, e.Bug = a.logged(watch.happened), a.logBug
	a.logRun("started", s.Name, "ready", len(j.plan.Ready))
	outcome, err := e.Run(ctx, j.plan.Ready)
	a.logRun("ended", s.Name, "sent", outcome.Sent, "interrupted", outcome.Interrupted)
	return outcome, watch.close(ctx), ledgerFailure(err)
}

func (s *setup) engine(j sending) *engine.Engine {
	s.sparing(j)
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
	changed int           // bought rows that the sheet, as it is now, says otherwise
	mail    *webhooksJSON // nil where no webhooks are received
	course  course
	seen    engine.Observed // what the finished videos say of the first estimates
}

// tellEnd says what happened and what it cost. An error means that it
// could not be written.
func (a *app) tellEnd(s *setup, end ending) error {
	if a.json {
		return a.summarise(s, end)
	}
	for _, l := range s.lastScreen(end) {
		a.print(l)
	}
	return nil
}

// tellNext says where the results are, if they could be written, and what to do
// next.
func (a *app) tellNext(s *setup, j sending, end ending, results string) {
	if results != "" {
		a.print(note("results", results))
	}
	a.printNext(s.nextSteps(j, end)...)
}

// handBack writes the results of a run. The run has read the sheet before it sent
// anything: what became of the sheet since keeps the results from being written, and
// nothing else.
func (a *app) handBack(ctx context.Context, s *setup, store ledger.Store) (written string, err error) {
	to := *a
	to.json, to.out = false, a.err // what is wrong with the sheet is no document of a run
	err = a.guarded(func() error {
		sheet, err := to.writeResults(ctx, s, store, sheetOut{})
		written = sheet.path
		return err
	})
	var f *failure
	if errors.As(err, &f) && f.err == nil {
		return written, fail(f.code, errors.New("write results: the sheet is not as the run has read it"),
			"all that was made is in the ledger; put the sheet back, and then: "+s.command("results"))
	}
	return written, err
}

// summarise is the last event of `run --json`.
func (a *app) summarise(s *setup, end ending) error {
	event := struct {
		Time  time.Time `json:"time"`
		Event string    `json:"event"`
		statusJSON
		Webhooks *webhooksJSON `json:"webhooks,omitempty"`
	}{time.Now(), "summary", s.statusDocument(end.summary), end.mail}
	event.Held, event.Changed = end.outcome.Held, end.changed
	if err := json.NewEncoder(a.out).Encode(event); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
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
