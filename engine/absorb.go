package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// absorb draws the conclusions of one answer: what comes next for the entry,
// for the pace and for the run.
func (r *run) absorb(d Done) error {
	now := time.Now()
	r.patience.begin(d.Entry.Key)
	err := r.conclude(now, d)
	r.reconsider(now, d)
	return err
}

func (r *run) conclude(now time.Time, d Done) error {
	switch {
	case d.Moot:
		r.release(d.Entry.Key)
		r.doubts.forget(d.Entry.Key)
		return nil
	case d.Before == ledger.Planned:
		r.unsent(d)
		return nil
	}
	r.tempo(now, d)
	switch d.Entry.State {
	case ledger.Planned:
		r.again(d)
	case ledger.Submitted:
		return r.followUp(now, d)
	case ledger.Unsure:
		r.lookAgain(now, d)
	case ledger.Succeeded, ledger.Failed, ledger.Cancelled:
		r.settled(d)
	case ledger.Intended: // a step of an intended entry always has an event
	}
	return nil
}

// unsent handles a reservation that the ledger refused.
func (r *run) unsent(d Done) {
	r.again(d)
	if !errors.Is(d.Err, ledger.ErrBudget) {
		r.hold(fmt.Sprintf("row %d cannot be set aside for: %v", d.Entry.Row, d.Err)) // it would be tried again for ever
		return
	}
	r.short = true // until a job ends: what it does not need of its reservation is free again
	if len(r.active) == 0 {
		r.hold("the budget is reached")
	}
}

// again puts an entry that is still planned back to the head of the queue, if
// this run may send it.
func (r *run) again(d Done) {
	r.release(d.Entry.Key)
	r.doubts.clear(r.waiting(d.Entry))
	if d.Before != ledger.Unsure || r.mine(d.Entry) {
		r.queue.putBack(r.waiting(d.Entry))
	}
	if d.Before != ledger.Unsure {
		r.sent--
	}
	r.tell(Planned, d.Entry, d.Event.Reason)
}

// mine reports whether this run may send what was lost: it did so before, or the
// plan still wants what an earlier run sent.
func (r *run) mine(e ledger.Entry) bool {
	return r.Again == nil || !e.IntendedAt.Before(r.began) || r.Again(e.Key)
}

// tempo tells the pace and the breaker how the call went.
func (r *run) tempo(now time.Time, d Done) {
	r.spare(now, r.hints.take())
	var call *providers.Error
	switch {
	case errors.As(d.Err, &call):
		r.obey(now, call)
		if call.Kind == providers.Busy && len(r.active) == 1 { // the row itself, and no other of ours
			r.crowded++
		}
	case d.Err == nil:
		r.pace.Well(now)
		r.outage, r.gone, r.refused = time.Time{}, false, 0
	}
	if errors.Is(d.Err, ledger.ErrTaken) && d.Before == ledger.Intended {
		r.hold(fmt.Sprintf("the service gave row %d the job of another row", d.Entry.Row))
	}
	if alike := r.breaker.note(d); alike != "" {
		r.hold(fmt.Sprintf("%d rows in a row failed alike: %s", r.breaker.at, alike))
	}
}

// spare leaves the account alone while the service says that nothing is left.
func (r *run) spare(now time.Time, h providers.RateHint) {
	if h.Exhausted() && h.Reset > 0 {
		r.rest(now, h.Reset, "the service's own limit")
	}
}

// longestQuiet is how long jobs in flight are not asked for. A longer limit is
// one on what is paid for: it must not keep finished videos from being settled.
const longestQuiet = time.Hour

// rest makes no call for a while, or only sends nothing for a long one.
func (r *run) rest(now time.Time, wait time.Duration, why string) {
	if wait >= longestQuiet {
		r.pace.Pause(now.Add(wait), why)
		return
	}
	r.pace.Quiet(now.Add(wait), why)
}

// obey does what a failed call asks of the whole account.
func (r *run) obey(now time.Time, e *providers.Error) {
	r.spare(now, e.Rate)
	switch e.Kind {
	case providers.Auth:
		r.refused++
		r.hold("the service refuses the credentials: " + e.Error())
	case providers.Funds:
		r.hold("the account cannot pay: " + e.Error())
	case providers.Throttled:
		r.pace.Slow(now)
		r.rest(now, max(e.After, throttlePause(e)), "the service asked to slow down")
	case providers.Busy:
		r.pace.Pause(now.Add(max(e.After, busyPause)), "the service is busy with other jobs")
	case providers.NotSent, providers.Transient:
		r.down(now, e)
	case providers.Unknown, providers.Invalid, providers.Conflict, providers.NotFound, providers.Contract:
	}
}

// throttlePause is the wait after a 429 that names none.
func throttlePause(e *providers.Error) time.Duration {
	if e.Daily {
		return time.Hour
	}
	return time.Second
}

const (
	busyPause          = 10 * time.Second // after a refusal that names no time
	longestOutagePause = 5 * time.Minute  // how seldom a service that is down is tried
)

// down waits ever longer for a service that cannot be reached, and holds when
// that has lasted too long.
func (r *run) down(now time.Time, e *providers.Error) {
	if r.outage.IsZero() {
		r.outage = now
	}
	lasted := now.Sub(r.outage)
	if r.MaxWait > 0 && lasted >= r.MaxWait {
		r.gone = true
		r.hold(fmt.Sprintf("the service has not answered for %v: %v", lasted.Round(time.Second), e))
		return
	}
	wait := min(max(time.Second, lasted/2, e.After), longestOutagePause)
	if r.MaxWait > 0 {
		wait = min(wait, max(time.Second, r.MaxWait-lasted))
	}
	r.pace.Pause(now.Add(wait), "the service cannot be reached")
}

// followUp makes the next appointment of a running job. A job past its deadline
// is overdue, which is not failed: the next run asks for it again.
func (r *run) followUp(now time.Time, d Done) error {
	entry := d.Entry
	if !r.active[entry.Key] {
		r.occupy(entry.Key) // it had been given up
	}
	r.tell(news(d.Event.Kind), entry, errorText(d.Err))
	r.doubts.clear(r.waiting(entry))
	if deadline := r.Limits.Deadline; deadline > 0 && now.Sub(entry.SubmittedAt) >= deadline && r.heard(d) {
		return r.overdue(now, entry)
	}
	r.due.add(r.nextPoll(entry, d, now), entry.Key)
	return nil
}

// news is the word for what was learnt about a job that goes on.
func news(k ledger.Kind) What {
	if k == ledger.Submit {
		return Submitted
	}
	if k == ledger.Adopt {
		return Found
	}
	return Polled
}

// nextPoll is at once after a job was found again: it may be long finished.
func (r *run) nextPoll(entry ledger.Entry, d Done, now time.Time) time.Time {
	if d.Event.Kind == ledger.Adopt {
		return now
	}
	return r.Limits.NextPoll(entry.SubmittedAt, now)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// hearings is how often a run asks for an overdue job that gives no answer, and how
// often in a row it hears that its credentials are refused: one lost connection, or
// one bad answer, must not leave jobs for another run.
const hearings = 5

// heard reports whether a run has asked often enough for an overdue job.
func (r *run) heard(d Done) bool {
	if d.Err == nil {
		return true
	}
	r.unheard[d.Entry.Key]++
	return r.unheard[d.Entry.Key] >= hearings
}

func (r *run) overdue(now time.Time, entry ledger.Entry) error {
	r.release(entry.Key)
	if entry.Overdue {
		return nil
	}
	d, err := r.worker.record(Done{Before: entry.State, Entry: entry, Event: ledger.Event{
		Kind: ledger.Observe, At: now, Overdue: true, Reason: "overdue: it goes on at the service",
	}})
	r.tell(Polled, d.Entry, d.Event.Reason)
	return err
}

// settled draws the conclusions of the end of a row, and has its file fetched.
func (r *run) settled(d Done) {
	entry := d.Entry
	r.release(entry.Key)
	r.doubts.clear(r.waiting(entry))
	r.tell(ending(entry.State), entry, entry.Reason)
	r.charged(d)
	if entry.State == ledger.Succeeded {
		r.fetch(entry)
	}
}
