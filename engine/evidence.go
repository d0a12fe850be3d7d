package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// keep makes an event durable. The answer to a paid request is kept whatever has become of
// its entry meanwhile: this process alone knows it. While the database does not answer, it
// waits, and where another process has given the attempt up, the answer is evidence.
func (w Worker) keep(ctx context.Context, d *Done) ([]ledger.Entry, error) {
	sent, answer := d.Entry, d.Event
	paid := d.Before == ledger.Intended || d.Resent && answer.Ticket.Job != ""
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		after, err := w.Store.Apply(ctx, ledger.Change{Key: d.Entry.Key, Version: d.Entry.Version, Event: d.Event})
		if paid && errors.Is(err, ledger.ErrConflict) {
			err = w.review(ctx, d, sent, answer)
			if err == nil && d.Event.Kind == "" {
				return []ledger.Entry{d.Entry}, nil
			}
		} else if !paid || !errors.Is(err, ledger.ErrUnavailable) {
			return after, err
		}
		switch {
		case err == nil:
			pause = time.Second / 2 // at the entry's version now
		case !errors.Is(err, ledger.ErrUnavailable):
			return nil, err
		default:
			time.Sleep(pause) // no signal ends it: the process would end without the ticket
		}
	}
}

// review reads an entry again that another process has changed, and makes the answer one
// about the entry as it is now.
func (w Worker) review(ctx context.Context, d *Done, sent ledger.Entry, answer ledger.Event) error {
	now, err := w.entry(ctx, sent.Key)
	if err == nil {
		d.Entry, d.Event = now, evidence(sent, answer, now)
	}
	return err
}

// evidence is what the answer to a request says about its entry as it is now. Of an attempt
// that was given up, a ticket is found again, and a request that created nothing need not be
// searched for. A ticket of any other attempt is a claim. An empty kind: it says nothing new.
func evidence(sent ledger.Entry, answer ledger.Event, now ledger.Entry) ledger.Event {
	same := now.IntendedAt.Equal(sent.IntendedAt) && now.Reference == sent.Reference
	lost := same && now.State == ledger.Unsure
	job := answer.Ticket.Job
	event := ledger.Event{
		Kind: ledger.Claim, At: answer.At, Ticket: answer.Ticket, Reason: "its answer came after the attempt had been given up",
	}
	switch {
	case same && now.State == sent.State:
		return answer
	case lost && answer.Kind == ledger.Unsend && now.Sent.Resends == 0 && len(now.Claims()) == 0:
		return answer
	case job == "" || slices.Contains(now.Tickets(), job):
		return ledger.Event{}
	case lost:
		event.Kind, event.Reason, event.Held = ledger.Adopt, sent.Session(), answer.Held
	}
	return event
}

// toldAgain is the claim of a planned entry, which a person has to decide about before the
// entry is sent: it goes on as one whose answer was lost.
func (w Worker) toldAgain(ctx context.Context, entry ledger.Entry) (Done, error) {
	return w.record(ctx, Done{Before: ledger.Intended, Entry: entry, Event: ledger.Event{
		Kind: ledger.Claim, At: w.Step.clock(), Ticket: entry.Claims()[0],
	}})
}
