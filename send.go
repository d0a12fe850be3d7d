package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
)

// Outcome is the end of a run.
type Outcome struct {
	engine.Outcome
	Plan     *engine.Plan   // of the run; nil when the rows were not read
	Summary  ledger.Summary // after the run
	Changed  int            // rows whose content in the sheet has changed since they were bought
	Blocked  []engine.Wait  // the parts that keep rows from being sent
	Tally    Tally          // of the sheet as it is now
	Cure     string         // what a person must do before a held run goes on
	GoOn     string         // the command that goes on; empty for the command of this run
	Webhooks *Webhooks      // nil where no webhooks are received
	Seen     learn.Seen     // the finished videos, compared with their first estimates
	Took     time.Duration
	// Estimated is how long the run was to take, as it was expected at its start; 0: that
	// was not known.
	Estimated time.Duration
	Reasons   []Reason // why rows failed in this run, first come first
	Others    int      // failures for other reasons than those
	// Unapproved is how many rows wait for an approval, Unnamed their keys, the first ones.
	Unapproved int
	Waits      string
	CapReached bool // the run held because it has spent what was approved
	// Approval says how many of the rows that are left are approved; nil: none is asked for.
	Approval *report.Approval
	Results  string // the file of results; empty: it could not be written
	// Unread are the problems for which the sheet could not be read again for them.
	Unread problem.List
}

// Reason is why rows failed.
type Reason struct {
	Text string
	Rows int
}

// Cause is what a run leaves open; if there is more than one cause, the gravest. It is
// [Done] if every row is settled well.
func (o *Outcome) Cause() Cause {
	states := o.Summary.States
	switch {
	case o.Interrupted:
		return Stopped
	case o.Held != "" && !o.CapReached:
		return Held
	case o.CapReached || o.Unapproved > 0:
		return Undecided
	case states[ledger.Unsure] > 0 || o.Changed > 0 || o.waitsFor(ledger.Unsure, ledger.Intended):
		return Undecided
	case len(o.Blocked)+len(o.Kept) > 0:
		return BadRows
	case o.Plan != nil && (o.Plan.Found > 0 || o.Plan.NoneLeft()), states[ledger.Failed] > 0, states[ledger.Submitted] > 0, len(o.FetchFailed) > 0:
		return BadRows
	}
	return Done
}

// send runs the engine. Afterwards it tells how the run ended and writes the results, in
// this order. An interrupt ends the sending, but not these two.
func (r *running) send(ctx context.Context, out *Outcome) error {
	if err := r.follow(ctx, r.chosen.Limit, out); err != nil {
		return err
	}
	// The rest only reads and writes files here, and a person needs it most after an
	// interrupt.
	whole := context.WithoutCancel(ctx)
	var err error
	if out.Summary, err = r.store.Summary(whole); err != nil {
		return ledgerFailure(err)
	}
	if err := r.keepHold(whole, out); err != nil {
		return err
	}
	r.handOver()
	r.tellKept(out)
	out.Seen = r.plan.Lessons.Seen()
	r.campaign.keepVoices(r.plan.Lessons)
	r.tally(whole, out)
	r.tellWaiting(out)
	if out.Cure, err = r.cure(whole, out); err != nil {
		return ledgerFailure(err)
	}
	// The end is told before the results are written: writing a large sheet can take a
	// minute.
	told := r.campaign.guarded(func() error {
		if r.chosen.Ended == nil {
			return nil
		}
		return r.chosen.Ended(out)
	})
	unwritten := r.handBack(whole, out)
	return errors.Join(told, unwritten)
}

// tally counts the rows of the sheet as it is now. If the sheet cannot be read any more,
// the run's own reading counts. A panic in the reading must not hide how the run ended.
func (r *running) tally(ctx context.Context, out *Outcome) {
	out.Changed = r.plan.Actions.Changed
	out.Blocked = blockedBy(out.Summary)
	status := r.campaign.StatusOf(out.Summary)
	status.Changed = out.Changed
	out.Tally = TallyOf(status)
	_ = r.campaign.guarded(func() error { // the log has the panic
		if found := r.campaign.compare(ctx, r.store); found != nil {
			out.Tally = found.tally()
			out.Changed = out.Tally.Changed
			out.Approval = found.approval
			out.Blocked = found.Waits
		}
		return nil
	})
}

// handBack writes the results of a run. If the sheet has changed or is gone since the run
// read it, only the results are not written.
func (r *running) handBack(ctx context.Context, out *Outcome) error {
	err := r.campaign.guarded(func() error {
		sheet, err := r.campaign.writeResults(ctx, r.store, sheetOut{})
		out.Results = sheet.Path
		return err
	})
	if list, unread := errors.AsType[problem.List](err); unread {
		out.Unread = list
		return fail(BadRows, errors.New("write results: the sheet is not as the run has read it"),
			"all that was made is in the ledger; put the sheet back, and then:", next("results"))
	}
	return err
}

// follow runs the engine for at most so many rows, and tells how it goes.
func (r *running) follow(ctx context.Context, most int, out *Outcome) error {
	watch, err := r.newWatch(ctx, most)
	if err != nil {
		return err
	}
	e := r.engine(most)
	share, leave := r.share(ctx, e.Limits)
	defer leave()
	e.Share = share
	if r.shared != nil {
		if err := e.Drive(ctx, r.shared, r.lease); err != nil {
			return ledgerFailure(err)
		}
	}
	e.Observe = watch.happened
	e.Bug = r.campaign.logBug
	e.Progress = func(s engine.Snapshot) { watch.progress(ctx, s) }
	e.Every = r.chosen.Every
	r.campaign.logRun("started", "ready", len(r.plan.Ready))
	out.Outcome, err = e.Run(ctx, r.plan.Ready)
	r.tellUnfetched(&out.Outcome)
	r.campaign.logRun("ended", "sent", out.Sent, "interrupted", out.Interrupted)
	watch.close(ctx, out)
	out.Webhooks = r.client.hook.count(out.Ignored)
	return ledgerFailure(err)
}

// engine fills in the engine for this run. The budget and the stop time are the
// campaign's own, so that no caller can send without them.
func (r *running) engine(most int) *engine.Engine {
	r.sparing(r.ready(most))
	e := &engine.Engine{
		Store: r.store, Provider: r.client.provider, Checker: r.campaign.checker, Checkers: r.campaign.checkers(), Parts: r.plan.Parts, Limits: r.campaign.limits(),
		MaxWait: r.chosen.MaxWait, Most: most, Files: r.client.files(),
		Callback: r.campaign.file.Webhook.URL, Notices: r.client.hook.notices(), CheckLink: r.client.confirm,
		Folder: r.campaign.file.Dir, Kept: r.campaign.path(mediaFolder), Again: func(key string) bool { return r.plan.Sendable[key] }, Session: r.client.session,
		AcceptPrices: r.chosen.AcceptPrices, Lessons: r.plan.Lessons,
	}
	if r.campaign.file.Budget != nil {
		e.Budget = &r.campaign.file.Budget.Limit
	}
	e.Caps = r.gate.limits()
	if r.campaign.file.Limits.StopAt != nil {
		e.StopAt = r.campaign.file.Limits.StopAt.Next(time.Now())
	}
	return e
}

// ready is the number of rows that a run may send.
func (r *running) ready(most int) int {
	if most > 0 {
		return min(most, len(r.plan.Ready))
	}
	return len(r.plan.Ready)
}

// riskyPerCanary is how many risky rows are looked for, for each row that is sent first: some
// of them have problems, and are not sent.
const riskyPerCanary = 6

// putRiskyFirst moves the riskiest rows to the front of those that are sent.
func (r *running) putRiskyFirst() {
	rank := map[string]int{}
	for i, row := range r.plan.Risky {
		rank[row.Entry] = i - len(r.plan.Risky)
	}
	slices.SortStableFunc(r.plan.Ready, func(a, b engine.Ready) int { return rank[a.Key] - rank[b.Key] })
}

// canary sends the first rows and waits for their end before the others are sent. It compares
// their cost with the estimates, so that a wrong price costs only these rows.
func (r *running) canary(ctx context.Context, out *Outcome) error {
	if len(r.plan.Ready) == 0 {
		return nil
	}
	first := min(r.chosen.Canary, len(r.plan.Ready))
	if first == 1 {
		r.campaign.note("one row first, and the others when it is made")
	} else {
		r.campaign.note("%d rows first, and the others when they are made", first)
	}
	if err := r.follow(ctx, first, out); err != nil {
		return err
	}
	if out.Interrupted {
		r.campaign.note("go on with: %s", r.campaign.Command("run"))
		return nil
	}
	for _, ready := range r.plan.Ready[:first] {
		entry, err := ledger.Find(ctx, r.store, ready.Key)
		if err != nil {
			return ledgerFailure(err)
		}
		if err := r.judgeCanary(entry); err != nil {
			return err
		}
	}
	return nil
}

// judgeCanary decides after one of the first rows whether the others are sent.
func (r *running) judgeCanary(e ledger.Entry) error {
	cost := r.campaign.Balance(e.Account, e.Money).Spent() + ", " + report.HowKnown(e.Basis, r.campaign.service.Title)
	estimate := e.Expected()
	expected := estimate.Low.Down().Rounded() + " to " + estimate.High.Up().Rounded()
	switch {
	case e.State != ledger.Succeeded:
		return fail(Held, fmt.Errorf("the first row is %s: %s; nothing else was sent", report.StatusOf(&e), cmp.Or(e.Reason, "not finished yet")),
			r.campaign.RowCommand("status", e.Key))
	// The price list is wrong, and every other row would cost too much as well.
	case e.Money.Overrun > 0 && estimate.Known():
		return fail(Held, fmt.Errorf("the first row cost %s, and at most %s was expected; nothing else was sent", cost, estimate.High.Up().Rounded()),
			"correct prices: or the template's duration, and run again")
	}
	r.campaign.note("the first row cost %s, and %s was expected; going on", cost, expected)
	return nil
}
