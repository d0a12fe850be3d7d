package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reelmerge/reelmerge/internal/elapsed"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// unkeyedError says why a lost request must not be sent again under its key. It is no
// failure of the service: the next way to clear the row up is tried.
type unkeyedError struct{ why string }

// Error says why.
func (u *unkeyedError) Error() string { return "it is not sent again under its key: " + u.why }

var errForgotten = &unkeyedError{"the service may have forgotten the key"}

// keyPart is how much of the time that a service knows a key is used: clocks differ, and
// the request takes a while to arrive.
const keyPart = 9.0 / 10

// KeyUntil returns when an entry's request can be sent again under its key for the last
// time; zero where it never could.
func KeyUntil(e ledger.Entry, t providers.Traits) time.Time {
	if e.State != ledger.Unsure && e.State != ledger.Intended || e.Sent.Hash.IsZero() || t.KeyHolds <= 0 {
		return time.Time{}
	}
	return e.IntendedAt.Add(time.Duration(keyPart * float64(t.KeyHolds)))
}

// resendable returns nil if a lost request may be sent again under its key, as far as the
// entry and the clock tell. What the request would send is compared later.
func (s Stepper) resendable(e ledger.Entry, now time.Time, by ledger.By) error {
	keyed, knows := providers.As[providers.Keyed](s.Provider)
	until := KeyUntil(e, s.rulesOf(e.Operation).Traits())
	switch {
	case !knows || until.IsZero():
		return errNothing
	case e.Disowned():
		return &unkeyedError{"its job was another row's"}
	case e.Session() != s.Session:
		// Another account does not know the key, and would be paid as well.
		return &unkeyedError{"it was sent with other credentials"}
	case SetBack(e, now):
		return &unkeyedError{"the clock was set back, or an earlier copy of the ledger restored, since it was sent"}
	case !later(keyed.Now(), now).Before(until):
		return errForgotten
	case e.Sent.Resends >= ledger.MostResends && by != ledger.ByPerson:
		return &unkeyedError{fmt.Sprintf("it was sent again %d times", e.Sent.Resends)}
	}
	return nil
}

// sent describes what a submit of an entry will send, where the service knows requests by a
// key. A request that cannot be made has no key either, and fails by itself.
func (s Stepper) sent(e ledger.Entry) ledger.Sent {
	keyed, knows := providers.As[providers.Keyed](s.Provider)
	if !knows {
		return ledger.Sent{}
	}
	e.Sent = ledger.Sent{}
	hash, err := keyed.Sent(s.request(e))
	if err != nil {
		return ledger.Sent{}
	}
	return ledger.Sent{Hash: hash, Callback: s.Callback}
}

// same returns nil if the request that an entry makes now is the one that was sent: of
// other bytes under a key it is not known what the service makes.
func (s Stepper) same(e ledger.Entry) error {
	keyed, knows := providers.As[providers.Keyed](s.Provider)
	if !knows {
		return errNothing
	}
	switch hash, err := keyed.Sent(s.request(e)); {
	case err != nil:
		return &unkeyedError{err.Error()}
	case hash != e.Sent.Hash:
		return &unkeyedError{"its request would not be the same any more: the address or secret of the webhook, a setting or the service's description has changed"}
	}
	return nil
}

// Resend sends the request of an unsure entry again, if the service knows it by its key and
// every byte of it is the same. That it is about to leave is durable before it does. An
// entry that may not be sent again so stays as it is.
func (w Worker) Resend(ctx context.Context, key string, by ledger.By) (Done, error) {
	entry, err := w.entry(ctx, key)
	if err != nil || entry.State != ledger.Unsure {
		return Done{Entry: entry, Moot: true}, err
	}
	d := Done{Before: ledger.Unsure, Entry: entry, Resent: true}
	began := elapsed.Start()
	if d.Err = w.Step.resendable(entry, w.Step.clock(), by); d.Err == nil {
		d.Err = w.Step.same(entry)
	}
	if d.Err != nil {
		return d, nil
	}
	after, err := w.Store.Apply(ctx, ledger.Change{Key: key, Version: entry.Version, Event: ledger.Event{
		Kind: ledger.Resend, At: w.Step.clock(), By: by, Sent: entry.Sent,
	}})
	switch {
	case errors.Is(err, ledger.ErrConflict):
		return Done{Entry: entry, Moot: true}, nil
	case err != nil && ledger.Sound(err):
		d.Err = err
		return d, nil
	case err != nil:
		return Done{}, err
	}
	w.announce(Resent, after[0])
	d.Entry = after[0]
	d.Event, d.Err = w.guarded(d.Entry, func() (ledger.Event, error) { return w.stepper().resend(ctx, d.Entry, began) })
	return w.record(ctx, d)
}

// resend makes the call. A ticket is the row's. What the service marks as its answer to the
// first request counts as that; any other refusal is about this call alone, and says
// nothing about the first one.
func (s Stepper) resend(ctx context.Context, e ledger.Entry, began elapsed.Clock) (ledger.Event, error) {
	until := KeyUntil(e, s.rulesOf(e.Operation).Traits())
	var over atomic.Bool
	// The machine may sleep between this check and the first byte, so the connection
	// asks once more.
	open := func() error {
		if err := s.driven(); err != nil {
			return err
		}
		keyed, knows := providers.As[providers.Keyed](s.Provider)
		if knows && later(keyed.Now(), began.Now()).Before(until) {
			return nil
		}
		over.Store(true)
		return errForgotten
	}
	ctx, done := s.paid(ctx, open)
	defer done()
	receipt, err := s.Provider.Submit(ctx, s.request(e))
	now := s.clock()
	s.told(receipt.Rate)
	switch {
	case err != nil && over.Load() && providers.KindOf(err) == providers.NotSent:
		return aboutFirst(err, now), errForgotten // and no outage of the service
	case err != nil:
		return aboutFirst(err, now), err
	case receipt.Ticket.Job == "" || len(receipt.Ticket.Job) > ledger.Longest:
		return ledger.Event{}, &providers.Error{Kind: providers.Contract, Call: "submit", Message: "the answer names no job"}
	}
	return ledger.Event{Kind: ledger.Adopt, At: now, Reason: s.Session, Ticket: receipt.Ticket}, nil
}

// aboutFirst is what a failed resend says about the first request; mostly nothing.
func aboutFirst(err error, now time.Time) ledger.Event {
	var call *providers.Error
	switch {
	case !errors.As(err, &call):
	case call.Kind == providers.NotSent, call.Key == providers.KeyInProgress:
		return ledger.Event{Kind: ledger.Observe, At: now, Reason: err.Error()}
	case call.Key == providers.KeyReplayed:
		if event := lostOrRefused(err, now); event.Kind != ledger.Lose {
			return event
		}
	}
	return ledger.Event{}
}

// pauses are how long a run waits before each resend.
func pauses() [ledger.MostResends]time.Duration {
	return [...]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}
}

// sendsNothing reports whether the run holds and sends nothing again either. One that holds
// for the budget does: the row's is set aside.
func (r *run) sendsNothing() bool { return r.held != "" && r.heldFor != HoldBudget }

// giveUpResends lets the rows that wait to be sent again try the next way, once the run
// holds. The next run may send them.
func (r *run) giveUpResends(now time.Time) {
	if !r.sendsNothing() {
		return
	}
	for key, entry := range r.patience.keyed {
		r.due.drop(key)
		r.patience.begin(key)
		r.lookAgain(now, Done{Before: ledger.Unsure, Entry: entry})
	}
}

// resendAt returns when a lost row is to be sent again under its key, and whether it may be.
func (r *run) resendAt(now time.Time, d Done) (at time.Time, may bool) {
	entry, p := d.Entry, &r.patience
	if d.Resent && d.Event.Kind == ledger.Observe {
		p.waits[entry.Key]++
	}
	r.noteUnkeyed(entry, d.Err)
	waits := p.waits[entry.Key]
	switch {
	case p.unkeyed[entry.Key] || r.sendsNothing() || r.pastStop(now) || !r.mine(entry):
		return at, false
	case waits > 0 && r.engine.MaxWait > 0 && now.Sub(later(entry.IntendedAt, r.began)) > 2*max(r.engine.MaxWait, time.Minute):
		return at, false // the first request is in progress for too long; an outage would have held the run
	}
	if err := r.worker.Step.resendable(entry, now, ""); err != nil {
		r.noteUnkeyed(entry, err)
		return at, false
	}
	pause := pauses()[min(entry.Sent.Resends+waits, ledger.MostResends-1)]
	return now.Add(min(pause, max(0, pause-now.Sub(entry.AskedAt)))), true
}

// noteUnkeyed tells once why a row is not sent again under its key.
func (r *run) noteUnkeyed(entry ledger.Entry, err error) {
	var unkeyed *unkeyedError
	if errors.As(err, &unkeyed) && !r.patience.unkeyed[entry.Key] {
		r.patience.unkeyed[entry.Key] = true
		r.engine.tell(Unsure, entry, unkeyed.Error())
	}
}

// startResend sends a lost row again that is due, when the limits of paid calls let it. It
// returns false while all workers are busy.
func (r *run) startResend(wire context.Context, now time.Time, entry ledger.Entry) bool {
	turn := r.pace.Resend(now)
	_, may := r.resendAt(now, Done{Before: ledger.Unsure, Entry: entry})
	if may && turn.Now(now) && r.working < r.engine.workerCount() {
		turn = r.engine.shared().Take(now, entry.Key, now.Add(r.engine.Limits.Deadline))
	}
	switch {
	case !may || r.engine.MaxWait > 0 && turn.At.Sub(now) > r.engine.MaxWait:
		r.due.next()
		r.patience.unkeyed[entry.Key] = true // in this run
		r.patience.begin(entry.Key)
		r.lookAgain(now, Done{Before: ledger.Unsure, Entry: entry})
	case !turn.Now(now):
		r.due.next()
		r.due.add(later(turn.At, now.Add(askAgain)), entry.Key)
	case !r.work(entry.Key, func() (Done, error) { return r.worker.Resend(wire, entry.Key, "") }):
		return false
	default:
		r.due.next()
		delete(r.patience.keyed, entry.Key) // its answer decides
		r.wire[entry.Key] = true
		r.pace.Resent(now)
	}
	return true
}
