package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	Checkers map[string]providers.Checker               // of the other steps of a chain, by their operations
	Callback string                                     // https URL of the receiver, empty when there is none
	Folder   string                                     // that paths of media files are relative to
	Kept     string                                     // the folder of what rows name by web addresses, each file called by its SHA-256
	Taken    func(ctx context.Context, job string) bool // does another row hold it?
	// Allowance is told how many calls the service says are left; nil is not called. It
	// is called from the goroutine that steps, so it must be safe for concurrent use.
	Allowance func(providers.RateHint)
	// Doubtful lists the other rows that may have a job which no row holds yet;
	// nil where there are none.
	Doubtful func(ctx context.Context, key string) ([]ledger.Entry, error)
	// Holder returns the row that holds a job; nil where no search needs proof.
	Holder func(ctx context.Context, job string) (ledger.Entry, bool)
	// Beside reports whether another ledger of the account may have made jobs in a span of
	// time; nil where there is no other.
	Beside     func(from, to time.Time) bool
	Lease      Lease            // see [Engine.Lease]
	Now        func() time.Time // see [Engine.Now]
	Quarantine time.Duration    // see [Engine.Quarantine]
	// Session names the credentials that requests are sent with, without showing
	// them: the same name, the same credentials.
	Session string
}

// errNothing is returned when an entry's state asks for no side effect.
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

// told passes on the service's hint about the account's allowance.
func (s Stepper) told(h providers.RateHint) {
	if s.Allowance != nil && h.Known {
		s.Allowance(h)
	}
}

// submit sends the request once. Every answer becomes an event, also a broken one: the
// request may have been paid for, so an entry must never stay intended after it.
func (s Stepper) submit(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	ctx, over := s.paid(ctx, s.driven)
	defer over()
	receipt, err := s.Provider.Submit(ctx, s.request(e))
	now := s.clock()
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
		Ticket: receipt.Ticket, Held: plausible(receipt.Held),
	}, nil
}

// lostOrRefused decides whether a failed submit may be sent again by itself. An error of
// which it is not certain that nothing was created makes the row lost: a wrong "not sent"
// pays twice, while a wrong "lost" only costs a search or a question.
func lostOrRefused(err error, now time.Time) ledger.Event {
	event := ledger.Event{Kind: ledger.Lose, At: now, Reason: err.Error()}
	switch kind := providers.KindOf(err); kind {
	case providers.NotSent, providers.Busy, providers.Throttled, providers.Auth, providers.Funds:
		event.Kind, event.Refused = ledger.Unsend, kind != providers.NotSent
	case providers.Invalid, providers.Conflict, providers.NotFound:
		event.Kind = ledger.Reject
	case providers.Unknown, providers.Transient, providers.Contract:
	}
	return event
}

// request makes the provider's request from the entry alone, so that the sheet is not
// needed any more (L11). What was sent with a key is made again as it was.
func (s Stepper) request(e ledger.Entry) providers.Request {
	r := providers.Request{
		Operation: e.Operation, Body: e.Body(), Reference: e.Reference, Callback: s.Callback,
	}
	if e.Unfilled() {
		r.Body = standIn(e.Payload, e.Fill) // it is not sent so: prices and rules are asked for it
	}
	folders := mediaFolders{named: s.Folder, kept: s.Kept}
	for _, m := range e.Media {
		r.Media = append(r.Media, providers.Media{Part: m.Part, Path: folders.open(m), Type: m.Type, SHA256: m.SHA256})
	}
	if !e.Sent.Hash.IsZero() {
		r.Callback, r.Key = e.Sent.Callback, submitKey(e)
	}
	return r
}

// submitKey names a request for a service that knows a submit again by a key. The reference
// stands for the ledger, the row and its attempt, so a retry has another key.
func submitKey(e ledger.Entry) string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%q %d %d %s", e.Reference, len(e.Attempts), e.Sent.Turn, e.Sent.Hash) // a hash takes everything
	return hex.EncodeToString(sum.Sum(nil)[:20])
}

// poll asks for a job by its ticket. A failed poll gives no event: it says nothing about
// the job, which the next poll asks for again.
func (s Stepper) poll(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	progress, err := s.Provider.Poll(ctx, e.Operation, e.Ticket)
	if err != nil {
		return ledger.Event{}, err
	}
	s.told(progress.Rate)
	now := s.clock()
	ticket := progress.Ticket
	// A service may name another id for the same job. One that belongs to another row
	// shows a mistake, and two rows must never be settled by one job.
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
		Charge: plausible(s.rulesOf(e.Operation).Charge(e.Expected(), p)),
	}
	switch p.Outcome {
	case providers.Failed:
		event.Kind = ledger.Fail
		event.Result = job.Result{}
	case providers.Cancelled:
		event.Kind = ledger.Cancel
		event.Result = job.Result{}
	case providers.Running, providers.Succeeded:
	}
	return event
}

// plausible returns a charge that the ledger accepts. An amount that cannot be true
// counts as unknown, and the ledger then books the reservation: if it refused the event
// instead, the ticket of a paid job would be lost.
func plausible(c credit.Charge) credit.Charge {
	if c.Basis == credit.Unknown || !ledger.Plausible(c.Amount) {
		return credit.Charge{}
	}
	return c
}
