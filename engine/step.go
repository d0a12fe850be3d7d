package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Stepper does the one side effect that an entry's state asks for. It holds no
// state of its own: another machine could call it.
type Stepper struct {
	Provider providers.Provider
	Checker  providers.Checker
	Callback string                                     // https URL of the receiver, empty when there is none
	Folder   string                                     // that paths of media files are relative to
	Kept     string                                     // the folder of what rows name by web addresses, each file called by its SHA-256
	Taken    func(ctx context.Context, job string) bool // does another row hold it?
	// Allowance is told what the service says is left; nil when nobody asks. It is
	// called from whichever goroutine steps.
	Allowance func(providers.RateHint)
	// Doubtful lists the other rows that may have a job which no row holds yet;
	// nil where there are none.
	Doubtful func(ctx context.Context, key string) ([]ledger.Entry, error)
	// Holder returns the row that holds a job; nil where no search needs proof.
	Holder func(ctx context.Context, job string) (ledger.Entry, bool)
	// Session names the credentials that requests are sent with, without showing
	// them: the same name, the same credentials.
	Session string
}

// errNothing says that an entry's state asks for nothing.
var errNothing = errors.New("nothing to do")

// Step performs one side effect for one entry and returns what happened, ready
// for [ledger.Next].
//
//	intended  → submit: the caller has just made the intent durable
//	unsure    → look for it
//	submitted → poll
//
// The error is the failure of the call, for the pace; the event stands
// nevertheless, unless its kind is empty: then nothing is to be recorded, and its reason
// says what is strange about a job that goes on.
func (s Stepper) Step(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	switch e.State {
	case ledger.Intended:
		return s.submit(ctx, e)
	case ledger.Unsure:
		return s.search(ctx, e)
	case ledger.Submitted:
		return s.poll(ctx, e)
	case ledger.Planned, ledger.Succeeded, ledger.Failed, ledger.Cancelled:
		return ledger.Event{}, errNothing
	}
	return ledger.Event{}, errNothing
}

// told passes on what the service says about the account's allowance.
func (s Stepper) told(h providers.RateHint) {
	if s.Allowance != nil && h.Known {
		s.Allowance(h)
	}
}

func (s Stepper) submit(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	receipt, err := s.Provider.Submit(ctx, s.request(e))
	now := time.Now()
	s.told(receipt.Rate)
	if err != nil {
		return lostOrRefused(err, now), err
	}
	if receipt.Result != nil {
		done := providers.Progress{Outcome: providers.Succeeded, Result: *receipt.Result, Reported: receipt.Held}
		return s.settled(e, done, now), nil
	}
	if job := receipt.Ticket.Job; job == "" || len(job) > ledger.Longest {
		err := &providers.Error{Kind: providers.Contract, Call: "submit", Message: "the answer names no job"}
		return lostOrRefused(err, now), err
	}
	return ledger.Event{
		Kind: ledger.Submit, At: now,
		Ticket: receipt.Ticket, Held: bookable(receipt.Held),
	}, nil
}

// lostOrRefused is where it is decided whether a failed submit may ever be sent
// again by itself. Whatever is not certain to have created nothing is lost.
func lostOrRefused(err error, now time.Time) ledger.Event {
	event := ledger.Event{Kind: ledger.Lose, At: now, Reason: err.Error()}
	switch kind := providers.KindOf(err); kind {
	case providers.NotSent, providers.Busy, providers.Throttled, providers.Auth, providers.Funds:
		event.Kind = ledger.Unsend
	case providers.Invalid, providers.Conflict, providers.NotFound:
		event.Kind = ledger.Reject
	case providers.Unknown, providers.Transient, providers.Contract:
	}
	return event
}

func (s Stepper) request(e ledger.Entry) providers.Request {
	r := providers.Request{
		Operation: e.Operation, Body: e.Payload, Reference: e.Reference, Callback: s.Callback,
	}
	folders := mediaFolders{named: s.Folder, kept: s.Kept}
	for _, m := range e.Media {
		r.Media = append(r.Media, providers.Media{Part: m.Part, Path: folders.open(m), Type: m.Type, SHA256: m.SHA256})
	}
	return r
}

func (s Stepper) poll(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	progress, err := s.Provider.Poll(ctx, e.Operation, e.Ticket)
	if err != nil {
		return ledger.Event{}, err
	}
	s.told(progress.Rate)
	now, ticket := time.Now(), progress.Ticket
	if ticket.Job != "" && ticket.Job != e.Ticket.Job && s.Taken != nil && s.Taken(ctx, ticket.Job) {
		return ledger.Event{}, &providers.Error{Kind: providers.Contract, Call: "poll", Message: "the answer is about the job of another row"}
	}
	if progress.Outcome != providers.Running {
		return s.settled(e, progress, now), nil
	}
	if ticket.Job != "" && ticket != e.Ticket {
		return ledger.Event{Kind: ledger.Observe, At: now, Ticket: ticket}, nil
	}
	return ledger.Event{Reason: strange(progress)}, nil
}

// strange says that a job goes on because the service's word for it is not known. It may
// be finished by a new name, which only a person can find out.
func strange(p providers.Progress) string {
	if p.Strange == "" {
		return ""
	}
	return fmt.Sprintf("the service says %q, a word that is not known here and is taken for \"not finished\"", p.Strange)
}

// settled turns a final progress into the event that settles the entry, with
// what it cost.
func (s Stepper) settled(e ledger.Entry, p providers.Progress, now time.Time) ledger.Event {
	event := ledger.Event{
		Kind: ledger.Succeed, At: now, Reason: p.Reason,
		Result: p.Result,
		Charge: bookable(s.Checker.Charge(e.Estimate, p)),
	}
	switch p.Outcome {
	case providers.Failed:
		event.Kind, event.Result = ledger.Fail, job.Result{}
	case providers.Cancelled:
		event.Kind, event.Result = ledger.Cancel, job.Result{}
	case providers.Running, providers.Succeeded:
	}
	return event
}

// bookable is a charge as the ledger takes it. An amount that cannot be true is
// one that nobody knows, for which the ledger books the reservation: a service
// that names it must not keep us from keeping the job.
func bookable(c credit.Charge) credit.Charge {
	if c.Basis == credit.Unknown || !ledger.Plausible(c.Amount) {
		return credit.Charge{}
	}
	return c
}
