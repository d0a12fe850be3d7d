package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// resendUntil returns until when a row's request can be sent again under its key, and is
// one job; zero where it cannot.
func resendUntil(e ledger.Entry, t providers.Traits, now time.Time) time.Time {
	until := engine.KeyUntil(e, t)
	if !now.Before(until) || e.Disowned() || engine.SetBack(e, now) {
		return time.Time{}
	}
	return until
}

// resendable returns the change that makes a row ready to be sent again under its key: an
// intended one was being sent when its process died.
func resendable(e ledger.Entry, now time.Time) ([]ledger.Change, error) {
	switch {
	case e.State != ledger.Unsure && e.State != ledger.Intended:
		return nil, fmt.Errorf("row %q is %s: there is nothing to decide", e.Key, e.State)
	case e.Sent.Hash.IsZero():
		return nil, fmt.Errorf("row %q was sent without a key: the service would make a second video", e.Key)
	case e.State == ledger.Intended:
		return []ledger.Change{{Key: e.Key, Version: e.Version, Event: engine.Lost(now)}}, nil
	}
	return nil, nil
}

// resend sends requests again under their keys, one after another. What is not clear
// after that is told, and the rows wait as before.
func (c *Campaign) resend(ctx context.Context, store ledger.Store, service *client, decisions []Decision) error {
	var unclear []error
	for _, d := range decisions {
		if !d.resends() {
			continue
		}
		worker := engine.Worker{Store: store, Step: engine.Stepper{
			Provider: service.provider, Checker: c.checker, Checkers: c.checkers(), Folder: c.file.Dir, Kept: c.path(mediaFolder), Session: service.session,
		}}
		// An answer that may be paid is kept, also after an interrupt.
		done, err := worker.Resend(context.WithoutCancel(ctx), d.Key, ledger.ByPerson)
		switch {
		case err != nil:
			return ledgerFailure(err)
		case ctx.Err() != nil:
			return stopped(ctx)
		case done.Entry.State == ledger.Unsure:
			unclear = append(unclear, fmt.Errorf("row %d is still not known: %w", done.Entry.Row, orUnclear(done.Err)))
		default:
			c.note("row %d: %s", done.Entry.Row, afterResend(done.Entry))
		}
	}
	if len(unclear) > 0 {
		return fail(Undecided, errors.Join(unclear...), "try again later, or decide otherwise", next("resolve").to("list what can be done"))
	}
	return nil
}

func orUnclear(err error) error {
	if err == nil {
		return errors.New("the service is still working on the first request")
	}
	return err
}

// afterResend says what became of a row that was sent again.
func afterResend(e ledger.Entry) string {
	switch e.State {
	case ledger.Submitted:
		return "its job is " + wording.Clean(e.Ticket.Job)
	case ledger.Planned:
		return "the service says that it refused the first request; the next run sends it"
	case ledger.Failed:
		return "the service says that it refused the first request: " + wording.Clean(e.Reason)
	case ledger.Intended, ledger.Unsure, ledger.Succeeded, ledger.Cancelled:
	}
	return "it is " + string(e.State)
}
