package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// Worker does one thing for one entry, and makes the result durable before it answers. It
// holds settings, and what the run has learnt and risks, which are locked: any number of
// goroutines may share it. Of two calls about the
// same entry at a time, the ledger refuses the later one.
//
// The error of its methods is the ledger's, after which nothing more may be sent
// (invariant L12). The answer of the service, failures included, is in [Done].
type Worker struct {
	Store ledger.Store
	// Step does the side effects. Its questions about other rows (Taken, Doubtful,
	// Holder) are answered from Store.
	Step      Stepper
	Budget    *credit.Amount                              // no intent goes beyond it; nil: no budget
	Caps      map[credit.Account]credit.Amount            // see [Engine.Caps]
	Lessons   *learn.Lessons                              // see [Engine.Lessons]
	CheckLink func(ctx context.Context, url string) error // see [Engine.CheckLink]
	Bug       func(row int, err error, stack []byte)      // see [Engine.Bug]
	// Tell is told by Send when an entry's turn has come for the first time, and when
	// its intent is durable, and by Resend when that is; the request leaves after it returns. Nil is not called.
	Tell func(What, ledger.Entry)

	exposure *exposure // of the jobs under way; nil: there is no budget
}

// Done is the result of one call of a [Worker].
type Done struct {
	Before  ledger.State  // of the entry when the call began; Planned: it was not even intended
	Entry   ledger.Entry  // as it is now
	Event   ledger.Event  // what was recorded last; an empty kind: nothing
	Err     error         // the failure of the call, for the pace
	Resent  bool          // it was about sending a lost request again
	Moot    bool          // the entry had moved on before the call began: nothing was done
	Price   Price         // what the charge of a settled entry shows
	Overrun credit.Amount // what a settled entry cost beyond its reservation
}

// Send intends one planned entry and submits it. The entry is read again first, so
// one that was sent or cancelled since is moot. An intent that the ledger refuses,
// for the budget, leaves the entry planned.
func (w Worker) Send(ctx context.Context, key string) (Done, error) {
	entry, err := w.entry(ctx, key)
	if err != nil || entry.State != ledger.Planned {
		return Done{Entry: entry, Moot: true}, err
	}
	if len(entry.Claims()) > 0 {
		return w.toldAgain(ctx, entry)
	}
	if entry.IntendedAt.IsZero() {
		w.announce(Planned, entry)
	}
	filled, fault, err := w.fill(ctx, entry)
	if err != nil {
		return Done{}, err
	}
	if fault != nil {
		return Done{Before: ledger.Planned, Entry: entry, Err: fault}, nil
	}
	// The intent is durable before the first byte leaves (L1). A crash from here on
	// finds the entry intended: the next run looks for its job instead of paying again.
	intended, err := w.intend(ctx, entry, filled)
	switch {
	case err == nil:
		w.announce(Intended, intended[0])
		return w.perform(ctx, intended[0])
	case ledger.Sound(err):
		return Done{Before: ledger.Planned, Entry: entry, Err: err}, nil
	}
	return Done{}, err // the intent may be durable or not: nothing is sent
}

// intend makes the intent of an entry durable, with the estimate that is in force now. With
// a budget, one intent at a time counts on the room that the open jobs leave. What fills the
// entry's holes is part of it: the request can be made again, byte for byte.
func (w Worker) intend(ctx context.Context, entry ledger.Entry, filled []ledger.Filled) ([]ledger.Entry, error) {
	entry.Filled = filled
	expected := w.expect(entry)
	inForce := credit.Estimate{}
	if expected.Cost != entry.Estimate {
		inForce = expected.Cost
	}
	change := ledger.Change{Key: entry.Key, Version: entry.Version, Budget: w.limit(entry.Account), Event: ledger.Event{
		Kind: ledger.Intend, At: w.Step.clock(), Reason: w.Step.Session, Estimate: inForce, Sent: w.Step.sent(entry), Filled: filled,
	}}
	if w.exposure == nil || change.Budget == nil {
		return w.Store.Apply(ctx, change)
	}
	w.exposure.mu.Lock()
	defer w.exposure.mu.Unlock()
	room := w.exposure.room(*change.Budget, expected, w.expect)
	change.Budget = &room
	intended, err := w.Store.Apply(ctx, change)
	if err == nil {
		w.exposure.set(intended[0])
	}
	return intended, err
}

// limit is what an account may be charged at most; nil where nothing limits it.
func (w Worker) limit(account credit.Account) *credit.Amount {
	most, capped := w.Caps[account]
	if !capped || w.Budget != nil && *w.Budget < most {
		return w.Budget
	}
	return &most
}

// expect is what an entry is expected to cost, by what was learnt until now.
func (w Worker) expect(e ledger.Entry) learn.Expected {
	request := w.Step.request(e)
	return w.Lessons.Expect(e.Content, func(l job.Length) credit.Estimate { return w.Step.rulesOf(e.Operation).Quote(request, l) })
}

// announce calls Tell, if it is set.
func (w Worker) announce(what What, entry ledger.Entry) {
	if w.Tell != nil {
		w.Tell(what, entry)
	}
}

// Ask polls for one submitted entry, or searches for an unsure one.
func (w Worker) Ask(ctx context.Context, key string) (Done, error) {
	entry, err := w.entry(ctx, key)
	switch {
	case err != nil || !entry.State.Open() && entry.State != ledger.Planned:
		return Done{Entry: entry, Moot: true}, err
	case entry.State == ledger.Planned: // another process knew that nothing was created
		return Done{Before: ledger.Unsure, Entry: entry, Moot: true}, nil
	}
	return w.perform(ctx, entry)
}

// perform does an entry's side effect and records its event.
func (w Worker) perform(ctx context.Context, entry ledger.Entry) (Done, error) {
	d := Done{Before: entry.State, Entry: entry}
	d.Event, d.Err = w.guarded(entry, func() (ledger.Event, error) { return w.stepper().Step(ctx, entry) })
	return w.record(ctx, d)
}

// record makes an event durable, if there is one. After a submit that is the ticket,
// before anything else happens with the entry (L2): a crash before it leaves the
// entry intended, to be searched for; a crash after it loses nothing.
//
// An answer that the ledger refuses, such as a ticket that another row holds, does
// the ledger no harm: an adoption then leaves the entry unsure, news of a running job
// are no news, and a submit that was answered so has an unknown outcome.
func (w Worker) record(ctx context.Context, d Done) (Done, error) {
	if d.Event.Kind == "" {
		return d, nil
	}
	d.Price = w.judge(d.Entry, d.Event)
	after, err := w.keep(ctx, &d)
	if err != nil && ledger.Sound(err) {
		d.Err = err
		if d.Entry.State != ledger.Intended {
			d.Event = ledger.Event{}
			return d, nil
		}
		// The submit may have been paid for, so its entry must not stay intended in a
		// process that goes on. A crash before this write has the next run write the same.
		d.Event = ledger.Event{Kind: ledger.Lose, At: d.Event.At, Reason: whyLost(err)}
		after, err = w.keep(ctx, &d)
	}
	if err != nil {
		return d, err
	}
	d.Overrun = after[0].Money.Overrun.Minus(d.Entry.Money.Overrun)
	d.Entry = after[0]
	return d, nil
}

// whyLost returns the reason why an answer to a submit could not be kept.
func whyLost(err error) string {
	if errors.Is(err, ledger.ErrTaken) {
		return "the service answered with the job of another row"
	}
	return "the service gave an answer that cannot be kept: " + err.Error()
}

// guarded keeps a bug in one row from ending the run. The outcome of an intended entry
// is then unknown, as after a crash, so the entry is recorded as lost.
func (w Worker) guarded(entry ledger.Entry, act func() (ledger.Event, error)) (event ledger.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			event = ledger.Event{}
			err = w.caught(entry.Row, p)
			if entry.State == ledger.Intended {
				event = ledger.Event{Kind: ledger.Lose, At: w.Step.clock(), Reason: "internal error"}
			}
		}
	}()
	return act()
}

// entry reads the entry as it is now: the caller may have known it for hours, and every
// change must name its current version.
func (w Worker) entry(ctx context.Context, key string) (ledger.Entry, error) {
	entry, err := ledger.Find(ctx, w.Store, key)
	if err == nil && entry.Key == "" {
		err = fmt.Errorf("read entry %q: it is missing", key)
	}
	return entry, err
}

// stepper asks this worker's ledger about other rows.
func (w Worker) stepper() Stepper {
	s := w.Step
	s.Taken = w.taken
	s.Doubtful = w.doubtful
	s.Holder = w.holder
	return s
}

// taken reports whether a row of this ledger holds a job. It is also true when that
// cannot be read: adopting the job of another row would be worse than waiting.
func (w Worker) taken(ctx context.Context, job string) bool {
	entry, err := ledger.Holder(ctx, w.Store, job)
	return err != nil || entry.Key != ""
}

// holder returns the row of this ledger that holds a job.
func (w Worker) holder(ctx context.Context, job string) (ledger.Entry, bool) {
	entry, err := ledger.Holder(ctx, w.Store, job)
	return entry, err == nil && entry.Key != ""
}

// doubtful lists the other rows that may have a job which no row holds yet. A search
// must not adopt a job that could just as well be one of theirs.
func (w Worker) doubtful(ctx context.Context, key string) (others []ledger.Entry, _ error) {
	for entry, err := range w.Store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Intended, ledger.Unsure}}) {
		if err != nil {
			return nil, fmt.Errorf("read rows in doubt: %w", err)
		}
		if entry.Key != key {
			others = append(others, entry)
		}
	}
	return others, nil
}
