package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
)

// A process that was stopped may bring the answer to its request when another one has given
// that attempt up, and has sent the row again. The job of such an answer is a claim: it is
// kept as an attempt that is still submitted, with what it may have cost.

// Claims lists the jobs of requests that were given up, and that no person has decided
// about. An entry that has one is not sent.
func (e Entry) Claims() (tickets []job.Ticket) {
	for _, a := range e.Attempts {
		if a.claims() {
			tickets = append(tickets, a.Ticket)
		}
	}
	return tickets
}

func (a Attempt) claims() bool { return a.Outcome == Submitted }

// claim keeps a job beside the current attempt. Its cost is not known, so it counts as the
// whole estimate. A planned entry may be told again of a claim that it has.
func claim(e *Entry, from State, ev Event) {
	if from == Planned {
		e.Reason = "an earlier request made the job " + ev.Ticket.Job + " after all"
	}
	if slices.Contains(e.Tickets(), ev.Ticket.Job) {
		return
	}
	a := Attempt{
		Ticket: ev.Ticket, Outcome: Submitted, Account: e.Account, Charged: e.Expected().High,
		Basis: credit.Unknown, Reason: ev.Reason, At: ev.At,
	}
	e.Attempts = append(slices.Clip(e.Attempts), a)
	e.Money.reserve(a.Charged)
	e.Money.Reserved -= a.Charged
	e.Money.Charged += a.Charged
}

// claimable refuses a claim without a ticket, and one of a job that the entry has.
func claimable(e Entry, ev Event) error {
	switch {
	case ev.Ticket.Job == "":
		return fmt.Errorf("%w: a claim without a ticket", ErrIllegal)
	case e.State != Planned && slices.Contains(e.Tickets(), ev.Ticket.Job):
		return fmt.Errorf("%w: the job %q is the entry's already", ErrIllegal, ev.Ticket.Job)
	}
	return nil
}

// unclaimed refuses what would lead to another request while there is a claim. A person may
// dismiss claims.
func unclaimed(e Entry, ev Event) error {
	if len(e.Claims()) == 0 || ev.By == ByPerson || ev.Kind == Unsend && e.State == Intended {
		return nil
	}
	return fmt.Errorf("%w: an earlier request made the job %q after all", ErrIllegal, e.Claims()[0].Job)
}

// takeClaim makes a claim the current attempt, if it is the job that is adopted.
func takeClaim(e *Entry, t job.Ticket) {
	i := slices.IndexFunc(e.Attempts, func(a Attempt) bool { return a.claims() && a.Ticket.Job == t.Job })
	if i < 0 {
		return
	}
	charged := e.Attempts[i].Charged
	e.Attempts = slices.Delete(slices.Clone(e.Attempts), i, i+1)
	e.Money.Charged -= charged
	e.Money.Released += charged
	if e.Money.Reserved == 0 {
		e.Money.reserve(e.Expected().High)
	}
}

// dismissClaims is a person's decision that the row is sent nevertheless. The claimed jobs
// stay the entry's, with their cost.
func dismissClaims(e *Entry, by By) {
	if by != ByPerson {
		return
	}
	e.Attempts = slices.Clone(e.Attempts)
	for i := range e.Attempts {
		if e.Attempts[i].claims() {
			e.Attempts[i].Outcome = Unsure
		}
	}
}

// LeftAt returns when a request about the entry left last, at the latest. Until a quarantine
// after that it may still arrive, see [Shared].
func (e Entry) LeftAt() time.Time {
	if e.Sent.Resends > 0 {
		return e.AskedAt
	}
	return e.IntendedAt
}
