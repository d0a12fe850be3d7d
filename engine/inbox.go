package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// inbox remembers what notices need: whose reference is whose, and notices that
// came before the answer to their own submit.
type inbox struct {
	keys  map[string]string // reference → key
	early map[string]providers.Notice
}

// listen learns the references of all entries that a notice may concern.
func (r *run) listen() error {
	r.inbox = inbox{keys: map[string]string{}, early: map[string]providers.Notice{}}
	if r.Notices == nil {
		return nil
	}
	open := []ledger.State{ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure}
	for entry, err := range r.Store.Entries(ledger.Query{States: open}) {
		if err != nil {
			return fmt.Errorf("read references: %w", err)
		}
		r.inbox.keys[entry.Reference] = entry.Key
	}
	return nil
}

// notice takes a push of the service as what it is: a reason to ask at once. Only
// an unsure entry, for which there is nothing to ask, is settled by it, and only
// when it is authentic.
func (r *run) notice(wire context.Context, n providers.Notice) error {
	key, known := r.inbox.keys[n.Reference]
	if !known {
		return nil
	}
	entry, err := r.entry(key)
	if err != nil {
		return err
	}
	now := time.Now()
	switch entry.State {
	case ledger.Submitted:
		if !r.due.hasten(key, now) {
			r.inbox.early[key] = n
		}
	case ledger.Intended:
		r.inbox.early[key] = n
	case ledger.Unsure:
		r.byCallback(wire, entry, n)
	case ledger.Planned, ledger.Succeeded, ledger.Failed, ledger.Cancelled: // late, or not ours to act on
	}
	return nil
}

// early settles an entry whose notice was quicker than the loss of its answer.
func (r *run) early(wire context.Context, entry ledger.Entry) error {
	if n, ok := r.inbox.early[entry.Key]; ok {
		delete(r.inbox.early, entry.Key)
		r.byCallback(wire, entry, n)
	}
	return nil
}

// byCallback lets an authentic notice decide about an unsure entry: a ticket is
// adopted and then polled; a final result without one is confirmed by asking its
// URL, and settles the entry.
func (r *run) byCallback(wire context.Context, entry ledger.Entry, n providers.Notice) {
	if !n.Authentic {
		return
	}
	r.work(func() result { return r.believe(wire, entry, n) })
}

func (r *run) believe(ctx context.Context, entry ledger.Entry, n providers.Notice) result {
	now := time.Now()
	res := result{before: entry.State, entry: entry}
	switch {
	case n.Ticket.Job != "":
		res.event = ledger.Event{Kind: ledger.Adopt, At: now, By: ledger.ByCallback, Ticket: ledger.Ticket(n.Ticket)}
	case n.Progress.Outcome == providers.Succeeded:
		if res.err = r.confirm(ctx, n.Progress.Result.VideoURL); res.err != nil {
			return res
		}
		fallthrough
	case n.Progress.Outcome == providers.Failed:
		res.event = r.stepper.settled(entry, n.Progress, now)
		res.event.By = ledger.ByCallback
	default:
		return res
	}
	return r.record(res)
}

func (r *run) confirm(ctx context.Context, url string) error {
	if r.Confirm == nil {
		return fmt.Errorf("confirm a callback: nothing to confirm with")
	}
	return r.Confirm(ctx, url)
}
