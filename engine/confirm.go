package engine

import (
	"context"
	"errors"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Confirm asks the service whether an authentic notice about an entry without a ticket is
// true, and records what follows. A job that the notice names, and that can be asked for,
// is adopted; a final result without a job settles the entry once its URL answers. An
// entry that is planned again becomes unsure first, because a job of it exists. A notice
// that is not authentic changes nothing.
func (w Worker) Confirm(ctx context.Context, key string, n providers.Notice) (Done, error) {
	entry, err := w.entry(ctx, key)
	if err == nil && n.Authentic && entry.State == ledger.Planned {
		entry, err = w.makeUnsure(ctx, entry)
	}
	if err != nil && ledger.Sound(err) { // the entry is another process's now, or a person's
		return Done{Entry: entry, Moot: true, Err: err}, nil
	}
	if err != nil || !n.Authentic || entry.State != ledger.Unsure {
		return Done{Entry: entry, Moot: true}, err
	}
	d := Done{Before: entry.State, Entry: entry}
	d.Event, d.Err = w.guarded(entry, func() (ledger.Event, error) { return w.confirmed(ctx, entry, n) })
	return w.record(ctx, d)
}

// makeUnsure makes a planned entry unsure. It was planned again because a search found no
// job, and a callback now shows that there is one. The entry passes through intended, as
// every row with a job does; a crash in between leaves it intended, which the next run
// makes unsure as well. No budget is asked, because the money is spent already.
func (w Worker) makeUnsure(ctx context.Context, entry ledger.Entry) (ledger.Entry, error) {
	events := []ledger.Event{
		{Kind: ledger.Intend, At: w.Step.clock()},
		{Kind: ledger.Lose, At: w.Step.clock(), Reason: "the service called back about it: an earlier request did make it"},
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

// confirmed returns the event that a notice justifies once it is confirmed; its kind is
// empty when there is none.
func (w Worker) confirmed(ctx context.Context, entry ledger.Entry, n providers.Notice) (ledger.Event, error) {
	now := w.Step.clock()
	switch {
	case n.Ticket.Job != "":
		if _, err := w.Step.Provider.Poll(ctx, entry.Operation, n.Ticket); err != nil {
			return ledger.Event{}, err
		}
		return ledger.Event{Kind: ledger.Adopt, At: now, By: ledger.ByCallback, Ticket: n.Ticket}, nil
	case n.Progress.Outcome == providers.Succeeded:
		if err := w.linkAnswers(ctx, n.Progress.Result.VideoURL); err != nil {
			return ledger.Event{}, err
		}
	case n.Progress.Outcome != providers.Failed:
		return ledger.Event{}, nil
	}
	event := w.Step.settled(entry, n.Progress, now)
	event.By = ledger.ByCallback
	return event, nil
}

// linkAnswers asks for the link of a result. Without a way to ask, the claim fails: a
// forged link must not settle a row.
func (w Worker) linkAnswers(ctx context.Context, url string) error {
	if w.CheckLink == nil {
		return errors.New("confirm a callback: there is no way to ask for its link")
	}
	return w.CheckLink(ctx, url)
}
