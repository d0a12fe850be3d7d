package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
)

// ErrIllegal is returned when an event does not fit the state of its entry.
var ErrIllegal = errors.New("change is not legal")

// Move is one line of the table of legal changes.
type Move struct {
	From    State // empty: there is no entry yet
	Kind    Kind
	To      State
	Person  bool   // only an explicit command may do it
	Meaning string // why it is legal, for the docs
}

// Moves is the table of legal changes: the whole truth about states.
func Moves() []Move {
	return []Move{
		{"", Plan, Planned, false, "a row of the sheet is ready to be sent"},
		{Planned, Plan, Planned, false, "the row was checked and priced anew"},
		{Failed, Plan, Planned, false, "the row was mended in the sheet, or a person retries it"},
		{Cancelled, Plan, Planned, true, "a person wants it after all"},
		{Succeeded, Plan, Planned, true, "a person wants a changed row made again"},
		{Planned, Intend, Intended, false, "money is reserved before the first byte leaves"},
		{Planned, Cancel, Cancelled, true, "stopped before it was sent"},
		{Intended, Submit, Submitted, false, "the ticket is kept before anything else happens"},
		{Intended, Succeed, Succeeded, false, "an operation that answers at once"},
		{Intended, Unsend, Planned, false, "nothing was sent, or the provider asked to come again"},
		{Intended, Reject, Failed, false, "the provider refused the request; nothing was created"},
		{Intended, Lose, Unsure, false, "the answer was lost, or the process died"},
		{Unsure, Search, Unsure, false, "looked for, and not found"},
		{Unsure, Resend, Unsure, false, "the service knows the very same request again by its key"},
		{Unsure, Observe, Unsure, false, "a resend that did not leave, or found the first request under way, does not count"},
		{Unsure, Reject, Failed, false, "the service repeated its refusal of the first request; nothing was created"},
		{Unsure, Adopt, Submitted, false, "exactly one job fits, or a person found it"},
		{Unsure, Unsend, Planned, false, "a complete search, or a person, says nothing was created"},
		{Unsure, Repeat, Planned, true, "a person accepts that it may be paid twice"},
		{Unsure, Succeed, Succeeded, false, "an authenticated callback brought the video"},
		{Unsure, Fail, Failed, false, "an authenticated callback, or a person, says it failed"},
		{Unsure, Cancel, Cancelled, true, "a person gives it up"},
		{Submitted, Observe, Submitted, false, "the job goes on"},
		{Submitted, Succeed, Succeeded, false, "the video exists"},
		{Submitted, Fail, Failed, false, "the provider could not make it"},
		{Submitted, Cancel, Cancelled, false, "the job was stopped at the provider"},
		{Submitted, Disown, Unsure, true, "the wrong job was adopted"},
		{Succeeded, Disown, Unsure, true, "the wrong job was adopted"},
		{Failed, Disown, Unsure, true, "the wrong job was adopted"},
		{Cancelled, Disown, Unsure, true, "the wrong job was adopted"},
		{Planned, Claim, Unsure, false, "an earlier request made a job after all; a person decides"},
		{Intended, Claim, Intended, false, "an earlier request made a job as well"},
		{Submitted, Claim, Submitted, false, "an earlier request made a job as well"},
		{Unsure, Claim, Unsure, false, "an earlier request made a job as well"},
		{Succeeded, Claim, Succeeded, false, "an earlier request made a job as well"},
		{Failed, Claim, Failed, false, "an earlier request made a job as well"},
		{Cancelled, Claim, Cancelled, false, "an earlier request made a job as well"},
		{Succeeded, Keep, Succeeded, true, "the changed row stays as it was bought"},
		{Submitted, Keep, Submitted, true, "the changed row stays as it was bought"},
		{Unsure, Keep, Unsure, true, "the changed row stays as it was bought"},
		{Succeeded, Purge, Succeeded, true, "values, links and results are forgotten"},
		{Failed, Purge, Failed, true, "values and reasons are forgotten"},
		{Cancelled, Purge, Cancelled, true, "values are forgotten"},
		{Succeeded, Fetch, Succeeded, false, "the file of the video is on this machine"},
	}
}

// Next returns the entry after the event. It is pure and the only place that decides
// which change is legal. An event that is not in [Moves] is [ErrIllegal] and changes
// nothing.
func Next(e Entry, ev Event) (Entry, error) {
	move, err := legal(e, ev)
	if err != nil {
		return e, err
	}
	ev.At = ev.At.UTC().Round(0)
	ev.Reason = clip(ev.Reason)
	next := e
	next.State = move.To
	next.Version = e.Version + 1
	next.History = remember(e.History, Moment{At: ev.At, Kind: ev.Kind, Detail: ev.Reason})
	apply(&next, e.State, ev)
	// A mistake in the bookkeeping must not become durable: it would be added to every
	// later sum of the account (L5).
	if !next.Money.Balanced() || next.Money.Reserved > 0 && !next.State.Open() {
		return e, fmt.Errorf("%w: %s of %s unbalances its money %+v", ErrIllegal, ev.Kind, e.State, next.Money)
	}
	return next, nil
}

// legal finds the line of the table that allows the event, and refuses the event when
// there is none, when it needs a person, or when it lacks something.
func legal(e Entry, ev Event) (Move, error) {
	for _, m := range Moves() {
		if m.From != e.State || m.Kind != ev.Kind {
			continue
		}
		if m.Person && ev.By != ByPerson {
			return m, fmt.Errorf("%w: %s of a %s entry needs a person", ErrIllegal, ev.Kind, e.State)
		}
		return m, complete(e, ev)
	}
	return Move{}, fmt.Errorf("%w: %s of a %s entry", ErrIllegal, ev.Kind, orNone(e.State))
}

func orNone(s State) State {
	if s == "" {
		return "missing"
	}
	return s
}

// complete refuses events that would leave an entry without the parts that its state
// promises, such as a submitted entry without a ticket.
func complete(e Entry, ev Event) error {
	var err error
	switch ev.Kind {
	case Plan:
		err = plannable(e, ev)
	case Submit, Adopt:
		if ev.Ticket.Job == "" {
			err = fmt.Errorf("%w: %s without a ticket", ErrIllegal, ev.Kind)
		}
	case Succeed, Fail:
		err = settleable(e, ev)
	case Resend, Reject, Observe:
		err = resendable(e, ev)
	case Disown:
		err = disownable(e)
	case Fetch:
		err = fetchable(e, ev.Fetched)
	case Intend:
		err = intendable(e, ev)
	case Claim:
		err = claimable(e, ev)
	case Unsend:
		err = unclaimed(e, ev)
	case Lose, Search, Cancel, Repeat, Keep, Purge:
	}
	switch {
	case err != nil:
		return err
	case ev.At.IsZero():
		return fmt.Errorf("%w: %s without a time", ErrIllegal, ev.Kind)
	case slices.ContainsFunc([]credit.Amount{ev.Charge.Amount, ev.Held.Amount, ev.Content.Estimate.High, ev.Estimate.High}, func(a credit.Amount) bool { return !Plausible(a) }):
		return fmt.Errorf("%w: %s with an amount that is negative or absurd", ErrIllegal, ev.Kind)
	}
	return nil
}

// plannable refuses a plan that could not be sent, and one that would send a failed row
// again by itself: the same request would probably fail again, and may cost each time.
func plannable(e Entry, ev Event) error {
	switch {
	case ev.Content.Fingerprint.IsZero():
		return fmt.Errorf("%w: a plan without a fingerprint", ErrIllegal)
	case len(ev.Content.Payload) == 0:
		return fmt.Errorf("%w: a plan without the payload that its submit needs (L11)", ErrIllegal)
	case e.State == Failed && ev.By != ByPerson && ev.Content.Fingerprint == e.Fingerprint:
		return fmt.Errorf("%w: a failed row that did not change is planned again only by a person", ErrIllegal)
	}
	return nil
}

// settleable refuses to settle an unsure entry by the program itself. It has no ticket to
// ask by, so only a callback or a person can know its outcome.
func settleable(e Entry, ev Event) error {
	switch {
	case e.State != Unsure:
		return nil
	case ev.Kind == Succeed && ev.By != ByCallback:
		return fmt.Errorf("%w: only a callback settles an unsure entry", ErrIllegal)
	case ev.By == "":
		return fmt.Errorf("%w: only a callback or a person settles an unsure entry", ErrIllegal)
	}
	return nil
}

// disownable refuses to take a job from a row when the service itself named it in its
// answer, because then it is certainly the row's. It also refuses when the payload is
// gone: the row could not be sent afterwards.
func disownable(e Entry) error {
	switch {
	case !e.Adopted():
		return fmt.Errorf("%w: its job was not adopted: the service named it in the answer to the request", ErrIllegal)
	case len(e.Payload) == 0:
		return fmt.Errorf("%w: what it would send is forgotten (L11)", ErrIllegal)
	}
	return nil
}

// resendable refuses to send an unsure entry's request again without a key, with other bytes
// than the first ones, or too often; and any news of a resend that there was none of. A
// person may send it more often.
func resendable(e Entry, ev Event) error {
	switch {
	case e.State != Unsure:
		return nil
	case e.Sent.Hash.IsZero():
		return fmt.Errorf("%w: %s of a request that had no key", ErrIllegal, ev.Kind)
	case ev.Kind != Resend && e.Sent.Resends == 0:
		return fmt.Errorf("%w: %s of an unsure entry is about its last resend alone", ErrIllegal, ev.Kind)
	case ev.Kind != Resend:
		return nil
	case ev.Sent.Hash != e.Sent.Hash:
		return fmt.Errorf("%w: a resend of another request than the first one (L3)", ErrIllegal)
	case e.Sent.Resends >= MostResends && ev.By != ByPerson:
		return fmt.Errorf("%w: it was sent again %d times already", ErrIllegal, e.Sent.Resends)
	}
	return nil
}

// fetchable refuses a file without a name, length and hash: only with those can the file
// be told from another one later.
func fetchable(e Entry, f Fetched) error {
	switch {
	case e.Purged:
		return fmt.Errorf("%w: a video of a row that is forgotten", ErrIllegal)
	case f.File == "" || len(f.File) > Longest:
		return fmt.Errorf("%w: the name of a file has 1 to %d bytes, this one %d", ErrIllegal, Longest, len(f.File))
	case f.Bytes <= 0 || !f.Proven():
		return fmt.Errorf("%w: a file without its length and hash", ErrIllegal)
	}
	return nil
}

// Plausible reports whether an amount can be booked. The bound keeps sums of millions of
// amounts far from overflow: a balance that wraps around would let any budget pass.
func Plausible(a credit.Amount) bool { return a >= 0 && a <= 1_000_000_000*credit.Unit }

// apply writes the event into the entry, which came from the given state.
func apply(e *Entry, from State, ev Event) {
	switch ev.Kind {
	case Plan:
		plan(e, from, ev)
	case Intend:
		e.IntendedAt, e.AskedAt = ev.At, ev.At
		e.Asked = 0
		e.Reason = ""
		e.InForce = ev.Estimate
		e.Sent = Sent{Hash: ev.Sent.Hash, Callback: ev.Sent.Callback, Turn: e.Sent.Turn}
		e.Filled = ev.Filled
		e.Money.reserve(e.Expected().High) // the high one: the budget must hold in the worst case (L4)
	case Submit, Adopt:
		takeClaim(e, ev.Ticket)
		accept(e, ev)
		e.Money.hold(ev.Held)
	case Claim:
		claim(e, from, ev)
	case Unsend:
		dismissClaims(e, ev.By)
		unsend(e, ev)
	case Repeat:
		dismissClaims(e, ev.By)
		settle(e, ev)
		archive(e, Unsure)
	case Lose:
		e.Reason = ev.Reason
	case Search, Resend:
		ask(e, ev)
	case Observe:
		observe(e, from, ev)
	case Reject, Succeed, Fail, Cancel:
		end(e, from, ev)
	case Keep:
		e.Kept = ev.Keep
	case Purge:
		forget(e)
	case Disown:
		disown(e, from, ev)
	case Fetch:
		e.Fetched = ev.Fetched
	}
}

// unsend makes an entry ready to be sent again, after a request that created nothing. The
// service may remember a refusal of its own, so the next request has another key.
func unsend(e *Entry, ev Event) {
	e.Money.charge(nothing())
	e.InForce = credit.Estimate{} // of an attempt that never was
	e.Sent = Sent{Turn: e.Sent.Turn}
	e.Filled = nil
	if ev.Refused {
		e.Sent.Turn++
	}
	e.Reason = ev.Reason
}

// ask counts a search, or a request that is sent again. The time of the intent stays.
func ask(e *Entry, ev Event) {
	e.AskedAt = ev.At
	if ev.Kind == Resend {
		e.Sent.Resends++
		return
	}
	e.Asked++
}

// accept records the ticket of a job that was named by the service or found again.
func accept(e *Entry, ev Event) {
	e.Ticket = ev.Ticket
	e.SubmittedAt = ev.At
	e.Reason = ""
	e.By = ev.By
}

// end settles an entry. A request that was refused, or never sent, cost nothing.
func end(e *Entry, from State, ev Event) {
	if ev.Kind == Reject || from == Planned {
		ev.Charge = nothing()
	}
	settle(e, ev)
	if ev.Kind != Succeed {
		return
	}
	e.Result = ev.Result
	// The payload is dropped, since it makes most of a ledger and will not be sent again.
	// An adopted job may turn out to be another row's: then the row needs its payload.
	if !e.Adopted() {
		e.Payload, e.Media = nil, nil
		e.Sent = Sent{}
	}
}

// disown makes an entry as unsure as it was before the adoption. The outcome of its own
// request is not known, so its whole reservation is held again. The charge of the other
// job is taken back, because it was never a cost of this row.
func disown(e *Entry, from State, ev Event) {
	if from.Settled() {
		e.Money.reopen(e.Money.Charged-chargedBefore(e), e.Expected().High)
	}
	clearAttempt(e)
	e.Reason = ev.Reason
	e.By = ev.By
	e.Overdue = false
}

// clearAttempt removes the results of the current attempt. The time of its intent stays:
// a search begins there.
func clearAttempt(e *Entry) {
	e.Ticket = job.Ticket{}
	e.Result = job.Result{}
	e.Fetched = Fetched{}
	e.Basis = credit.Unknown
	e.Kept = Fingerprint{}
	e.SubmittedAt, e.SettledAt = time.Time{}, time.Time{}
}

// nothing is the charge of a request that created nothing, which is certain.
func nothing() credit.Charge { return credit.Charge{Basis: credit.Documented} }

// plan makes an entry ready to be sent with new content. A settled attempt is archived with
// its cost first.
func plan(e *Entry, from State, ev Event) {
	if from.Settled() {
		archive(e, from)
	}
	if ev.Content.Account != e.Account {
		changeAccount(e, ev.Content.Account)
	}
	e.Content = ev.Content
	e.Filled = nil
	e.InForce = credit.Estimate{}
	e.PlannedAt = ev.At
	e.Purged = false
}

// archive keeps an attempt that has ended, with its cost, and makes room for the next
// one. The entry's balance goes on: the cost of the attempt stays paid.
func archive(e *Entry, outcome State) {
	e.Attempts = append(slices.Clip(e.Attempts), Attempt{
		Ticket: e.Ticket, Outcome: outcome, Account: e.Account, Charged: e.Money.Charged - chargedBefore(e),
		Basis: e.Basis, Reason: e.Reason, At: e.SettledAt, Fetched: e.Fetched,
	})
	clearAttempt(e)
	e.Reason = ""
	e.By = ""
	e.InForce = credit.Estimate{}
	e.Sent = Sent{}
	e.Filled = nil
	e.IntendedAt = time.Time{}
}

// chargedBefore returns the charges of earlier attempts that the entry's balance holds.
func chargedBefore(e *Entry) (sum credit.Amount) {
	for _, a := range e.Attempts {
		if a.Account == e.Account {
			sum += a.Charged
		}
	}
	return sum
}

// changeAccount puts the balance of the account that paid so far aside and goes on with
// that of another one, because amounts of two accounts are never added (L10).
func changeAccount(e *Entry, to credit.Account) {
	others := slices.Clone(e.Elsewhere)
	if !e.Money.isZero() {
		others = append(others, Balance{Account: e.Account, Money: e.Money})
	}
	e.Money = Money{}
	if i := slices.IndexFunc(others, func(b Balance) bool { return b.Account == to }); i >= 0 {
		e.Money = others[i].Money
		others = slices.Delete(others, i, i+1)
	}
	e.Elsewhere = others
}

// observe records news of a running job. Overdue stays: the job took too long, even if
// another poll says that it goes on. Of an unsure entry it takes back the last resend.
func observe(e *Entry, from State, ev Event) {
	if from == Unsure {
		e.Sent.Resends-- // its reservation and its place in the windows stay
		return
	}
	e.Overdue = e.Overdue || ev.Overdue
	if ev.Ticket.Job != "" {
		e.Ticket = ev.Ticket
	}
}

// settle books the charge and records the outcome.
func settle(e *Entry, ev Event) {
	e.Money.charge(ev.Charge)
	e.Basis = ev.Charge.Basis
	e.Reason = ev.Reason
	e.By = ev.By
	e.SettledAt = ev.At
	e.Overdue = false
}

// forget removes everything personal. It keeps the state, the amounts, the tickets and
// the times, which the balances and the service's own records need. The fingerprint goes
// as well: a reader who knows the template could try values until one gives the same.
func forget(e *Entry) {
	e.Purged = true
	e.Payload, e.Media = nil, nil
	e.Made = job.Breakdown{}
	e.Fingerprint, e.Kept = Fingerprint{}, Fingerprint{}
	e.Sent = Sent{}
	e.Fill, e.Filled = nil, nil
	e.Reference = ""
	e.File = ""
	e.Fetched = Fetched{}
	e.Result = job.Result{}
	e.Reason = ""
	e.History = slices.Clone(e.History)
	for i := range e.History {
		e.History[i].Detail = ""
	}
	e.Attempts = slices.Clone(e.Attempts)
	for i := range e.Attempts {
		e.Attempts[i].Reason = ""
		e.Attempts[i].Fetched = Fetched{}
	}
}
