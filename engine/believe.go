package engine

import (
	"context"
	"errors"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Believe lets an authentic notice of a webhook decide about an entry without a
// ticket: one that names a job which can be asked for is adopted; a final result
// without one is confirmed by asking its URL, and settles the entry. An entry that is
// planned again becomes unsure first, because a job of it exists. A notice that
// is not authentic changes nothing.
func (w Worker) Believe(ctx context.Context, key string, n providers.Notice) (Done, error) {
	entry, err := w.entry(ctx, key)
	if err == nil && n.Authentic && entry.State == ledger.Planned {
		entry, err = w.doubt(ctx, entry)
	}
	if err != nil || !n.Authentic || entry.State != ledger.Unsure {
		return Done{Entry: entry, Moot: true}, err
	}
	d := Done{Before: entry.State, Entry: entry}
	d.Event, d.Err = w.guarded(entry, func() (ledger.Event, error) { return w.claimed(ctx, entry, n) })
	return w.record(ctx, d)
}

// doubt makes a planned entry unsure whose job was believed never to have been
// made, until the service called back about it. It passes through intended, as
// any row that has a job does; a crash in between leaves it intended, which the next
// run makes unsure as well. No budget is asked, because the money is spent already.
func (w Worker) doubt(ctx context.Context, entry ledger.Entry) (ledger.Entry, error) {
	events := []ledger.Event{
		{Kind: ledger.Intend, At: time.Now()},
		{Kind: ledger.Lose, At: time.Now(), Reason: "the service called back about it: an earlier request did make it"},
	}
	for _, event := range events {
		after, err := w.Store.Apply(ctx, ledger.Change{Key: entry.Key, Version: entry.Version, Event: event})
		if err != nil {
			return entry, err
		}
		entry = after[0]
	}
	return entry, nil
}

// claimed is the event that a notice justifies, if any.
func (w Worker) claimed(ctx context.Context, entry ledger.Entry, n providers.Notice) (ledger.Event, error) {
	now := time.Now()
	switch {
	case n.Ticket.Job != "":
		if _, err := w.Step.Provider.Poll(ctx, entry.Operation, n.Ticket); err != nil {
			return ledger.Event{}, err
		}
		return ledger.Event{Kind: ledger.Adopt, At: now, By: ledger.ByCallback, Ticket: n.Ticket}, nil
	case n.Progress.Outcome == providers.Succeeded:
		if err := w.confirm(ctx, n.Progress.Result.VideoURL); err != nil {
			return ledger.Event{}, err
		}
	case n.Progress.Outcome != providers.Failed:
		return ledger.Event{}, nil
	}
	event := w.Step.settled(entry, n.Progress, now)
	event.By = ledger.ByCallback
	return event, nil
}

func (w Worker) confirm(ctx context.Context, url string) error {
	if w.Confirm == nil {
		return errors.New("confirm a callback: there is no way to ask for its link")
	}
	return w.Confirm(ctx, url)
}
