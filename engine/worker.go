package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// result is what a worker brings back to the loop.
type result struct {
	before ledger.State // of the entry when the call began; Planned: it was not even intended
	entry  ledger.Entry // as it is now
	event  ledger.Event // what was recorded; an empty kind: nothing
	err    error        // the failure of the call, for the pace
	fatal  error        // the ledger's: nothing more may be sent (invariant L12)
	moot   bool         // the entry had moved on before the call began

	verdict verdict       // on what a settled entry cost
	overrun credit.Amount // what it cost beyond its reservation
}

// send intends one planned entry and submits it. The intent is durable before
// the first byte leaves (L1), the ticket before anything else happens (L2).
func (r *run) send(ctx context.Context, key string) result {
	entry, err := r.entry(key)
	if err != nil || entry.State != ledger.Planned {
		return result{entry: entry, fatal: err, moot: true}
	}
	intended, err := r.Store.Apply(ledger.Change{
		Key: key, Version: entry.Version, Budget: r.Budget,
		Event: ledger.Event{Kind: ledger.Intend, At: time.Now(), Reason: r.Session},
	})
	switch {
	case err == nil:
		return r.step(ctx, intended[0])
	case ledger.Sound(err):
		return result{before: ledger.Planned, entry: entry, err: err}
	}
	return result{fatal: err}
}

// ask polls or searches for one open entry.
func (r *run) ask(ctx context.Context, key string) result {
	entry, err := r.entry(key)
	if err != nil || !entry.State.Open() {
		return result{entry: entry, fatal: err, moot: true}
	}
	return r.step(ctx, entry)
}

// step does an entry's side effect and makes what came of it durable.
func (r *run) step(ctx context.Context, entry ledger.Entry) result {
	res := result{before: entry.State, entry: entry}
	res.event, res.err = r.guarded(entry, func() (ledger.Event, error) { return r.stepper.Step(ctx, entry) })
	return r.record(res)
}

// record makes a result's event durable, if it has one. An answer that the ledger
// refuses, such as a ticket that another row holds, does it no harm: an adoption
// then leaves the entry unsure, news of a running job are no news, and a submit
// that was answered so has an unknown outcome.
func (r *run) record(res result) result {
	if res.event.Kind == "" {
		return res
	}
	res.verdict = r.judge(res.entry, res.event)
	after, err := r.apply(res)
	if err != nil && ledger.Sound(err) {
		res.err = err
		if res.before != ledger.Intended {
			res.event = ledger.Event{}
			return res
		}
		res.event = ledger.Event{Kind: ledger.Lose, At: res.event.At, Reason: whyLost(err)}
		after, err = r.apply(res)
	}
	if err != nil {
		res.fatal = err
		return res
	}
	res.overrun = after[0].Money.Overrun.Minus(res.entry.Money.Overrun)
	res.entry = after[0]
	return res
}

// whyLost says why an answer to a submit could not be kept.
func whyLost(err error) string {
	if errors.Is(err, ledger.ErrTaken) {
		return "the service answered with the job of another row"
	}
	return "the service gave an answer that cannot be kept: " + err.Error()
}

func (r *run) apply(res result) ([]ledger.Entry, error) {
	return r.Store.Apply(ledger.Change{Key: res.entry.Key, Version: res.entry.Version, Event: res.event})
}

// guarded keeps a bug in one row from ending the run: after an intent the
// outcome is then unknown, as after a crash.
func (r *run) guarded(entry ledger.Entry, act func() (ledger.Event, error)) (event ledger.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			event, err = ledger.Event{}, r.caught(entry.Row, p)
			if entry.State == ledger.Intended {
				event = ledger.Event{Kind: ledger.Lose, At: time.Now(), Reason: "internal error"}
			}
		}
	}()
	return act()
}

func (r *run) entry(key string) (ledger.Entry, error) {
	for entry, err := range r.Store.Entries(ledger.Query{Keys: []string{key}}) {
		return entry, err
	}
	return ledger.Entry{}, fmt.Errorf("read entry %q: it is missing", key)
}
