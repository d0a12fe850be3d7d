package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// absorb asks the policy what follows from one answer, and applies that to the pace, the
// queue and the agenda. The orders for the account come first: a row that is put back
// must not be sent before the pause that its answer asked for.
func (r *run) absorb(ctx context.Context, d Done) error {
	now := r.engine.clock()
	r.obeyLedger(d.Err)
	r.patience.begin(d.Entry.Key)
	r.landed(now, d.Entry.Key)
	r.course.note(d)
	tooDear := r.learn(d)
	v := r.policy.Verdict(now, d, r.standing(d, tooDear))
	r.obey(now, v)
	r.moveRow(now, d, v)
	r.kept(d)
	err := r.follow(ctx, now, d, v)
	if err == nil {
		err = r.free(ctx, d.Entry)
	}
	r.reconsider(now, d)
	return err
}

// learn takes the lesson of an answer. It returns why the videos so far are too dear, after
// the entry was compared with what those before it taught; empty: they are not.
func (r *run) learn(d Done) (tooDear string) {
	if d.Moot {
		return ""
	}
	r.worker.exposure.keep(d.Entry)
	if d.Entry.State == ledger.Succeeded {
		tooDear = r.dear.note(d.Entry, r.worker.expect(d.Entry))
		r.engine.Lessons.Add(d.Entry)
	}
	return tooDear
}

// standing collects the state of the run that the policy's verdict depends on.
func (r *run) standing(d Done, tooDear string) Standing {
	s := Standing{
		Account: r.account, Active: len(r.active), FailedPolls: r.failedPolls[d.Entry.Key],
		Dear:   tooDear,
		Wanted: d.Before != ledger.Unsure || d.Entry.State == ledger.Planned && r.mine(d.Entry),
	}
	before := r.breaker.Streaks
	alike := r.breaker.note(d)
	if r.breaker.Streaks != before {
		r.engine.shared().Failing(r.breaker.Streaks)
	}
	if alike != "" {
		s.Alike = fmt.Sprintf("%d rows went wrong one after another for the same reason: %s", r.breaker.at, alike)
	}
	if !d.Moot && d.Before != ledger.Planned {
		s.Hint = r.hints.take()
	}
	return s
}

// mine reports whether this run may send a lost row again: it sent the row itself, or the
// plan still wants the content that an earlier run sent. The sheet may have changed since
// then, and the old content would be the wrong video.
func (r *run) mine(e ledger.Entry) bool {
	return r.engine.Again == nil || !e.IntendedAt.Before(r.began) || r.engine.Again(e.Key)
}

// obey applies a verdict to the account.
func (r *run) obey(now time.Time, v Verdict) {
	r.account = v.Account
	for _, o := range v.Pace {
		if o.Do != GoWell || r.pace.factor < 1 {
			r.engine.shared().Obey(now, o)
		}
		r.pace.obey(now, o)
	}
	if v.Crowded {
		r.crowded++
	}
	if v.Stop != "" {
		r.hold(v.StopFor, v.Stop)
	}
}

// moveRow applies a verdict to the row: whether it counts as active and as sent, and which
// rows of the same content wait for it.
func (r *run) moveRow(now time.Time, d Done, v Verdict) {
	key := d.Entry.Key
	switch {
	case v.Release:
		r.release(key)
	case d.Entry.State == ledger.Submitted && !r.active[key]:
		r.occupy(key) // it had been given up
	}
	switch {
	case d.Moot:
		r.doubts.forget(key)
	case !v.Search:
		r.doubts.clear(r.waiting(d.Entry))
	}
	if v.PutBack {
		r.queue.putBack(r.waiting(d.Entry))
	}
	if v.Unsent && !d.Entry.IsPart() {
		r.sent--
	}
	if v.Tell != "" {
		r.engine.tell(v.Tell, d.Entry, v.Detail)
	}
	if v.Search {
		r.lookAgain(now, d)
	}
}

// follow makes the appointments of a verdict, and holds the run if the verdict says so.
func (r *run) follow(ctx context.Context, now time.Time, d Done, v Verdict) error {
	if v.FailedPolls > 0 {
		r.failedPolls[d.Entry.Key] = v.FailedPolls
	}
	r.budgetFull = r.budgetFull || v.BudgetFull
	if d.Overrun > 0 && d.Entry.Expected().Known() && d.Entry.State.Settled() {
		r.engine.tell(Overrun, d.Entry, fmt.Sprintf("%s cost %s more than was set aside for it", Who(d.Entry), d.Overrun.In(d.Entry.Account.Unit)))
	}
	if v.Hold != "" {
		r.hold(v.HoldFor, v.Hold)
	}
	switch {
	case v.Overdue:
		return r.overdue(ctx, now, d.Entry)
	case !v.Again.IsZero():
		r.due.add(v.Again, d.Entry.Key)
	case d.Entry.State == ledger.Succeeded && !d.Moot && !d.Entry.IsPart(): // a part has no file to fetch
		r.fetch(d.Entry)
	}
	return nil
}

// overdue records that a job takes too long, so that status and reports can show it after
// this run has ended.
func (r *run) overdue(ctx context.Context, now time.Time, entry ledger.Entry) error {
	if entry.Overdue {
		return nil
	}
	d, err := r.worker.record(ctx, Done{Before: entry.State, Entry: entry, Event: ledger.Event{
		Kind: ledger.Observe, At: now, Overdue: true, Reason: "overdue: it goes on at the service",
	}})
	r.engine.tell(Polled, d.Entry, d.Event.Reason)
	return err
}
