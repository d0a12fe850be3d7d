package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Policy decides what follows from one answer. It is a value and changes nothing. So a
// loop can apply its verdicts to an agenda, and another machine to a queue of its own.
type Policy struct {
	Limits       Limits
	MaxWait      time.Duration // how long a service may be down before the run holds; 0: for ever
	AcceptPrices bool          // charges that no length explains do not hold the run

	Tries     int // failed polls before an overdue job is left to the next run; refusals of the credentials before nothing is asked
	Searches  int // searches that find nothing, or fail for good, before a lost job is left to a person
	Surprises int // charges in a row that no length explains before the run holds

	ThrottlePause time.Duration // after a 429 that names no time
	DailyPause    time.Duration // the same, where the limit is a day's
	BusyPause     time.Duration // after a refusal for other jobs that names no time
	OutagePause   time.Duration // how seldom a service that is down is tried
	// LongestQuiet is the length from which a pause stops submits only. A service that
	// asks to wait so long limits paid calls: polls go on, so that finished videos are
	// settled.
	LongestQuiet time.Duration
}

// Defaults returns the numbers that a run uses. Every question is repeated a few times,
// because one lost connection or one bad answer must not leave jobs for another run.
func Defaults() Policy {
	return Policy{
		Tries: 5, Searches: 3, Surprises: 3,
		ThrottlePause: time.Second, DailyPause: time.Hour, BusyPause: 10 * time.Second,
		OutagePause: 5 * time.Minute, LongestQuiet: time.Hour,
	}
}

// Standing is the state of the run that a verdict depends on, beyond the answer itself.
type Standing struct {
	Account
	Active      int                // jobs that may be running, the answer's included
	FailedPolls int                // polls of this overdue job that failed
	Wanted      bool               // an entry that is planned again may be sent by this run
	Alike       string             // what has failed alike too often, with its reason; empty: nothing
	Dear        string             // why the sum of the latest charges is too high; empty: it is not
	Hint        providers.RateHint // what the service says of the account's allowance
}

// Account counts what happened to the account from one answer to the next. A verdict
// returns the new counts, so that a policy can be a value.
type Account struct {
	Refused     int       // calls in a row that the credentials were refused for
	Surprised   int       // charges in a row that no length explains
	Outage      time.Time // since when the service cannot be reached; zero: it can
	Unreachable bool      // it could not be reached for so long that the run holds
}

// Verdict is what follows from one answer. The zero value means that nothing follows.
type Verdict struct {
	Pace    []Order // what the account must obey
	Stop    string  // why the account takes nothing more; empty: it does
	StopFor Hold    // the kind of that
	Crowded bool    // the service is busy, although this ledger has no other job there

	Release    bool      // the job no longer counts as active
	PutBack    bool      // the row goes back to the head of the queue
	Unsent     bool      // it does not count as sent
	Again      time.Time // when to ask next; zero: not by the clock
	Overdue    bool      // the job is left to the next run, which is durable
	Search     bool      // it waits as an unsure row does: for a search, a callback or a person
	BudgetFull bool      // the budget has no room until a job ends

	Tell    What // of the entry; empty: nothing
	Detail  string
	Hold    string // why nothing more is sent, once that is told; empty: more is sent
	HoldFor Hold   // the kind of that

	Account     Account // as it stands now
	FailedPolls int
}

// Order is something that the pace of an account must obey.
type Order struct {
	Do    Command
	Until time.Time
	Why   string
}

// Command is a kind of order.
type Command uint8

// The commands, which are the methods of [Pace].
const (
	GoWell  Command = iota // the call went well
	GoSlow                 // the service asked to slow down
	DoPause                // submit nothing until then
	DoQuiet                // call nothing until then
)

// Verdict decides what follows from an answer.
func (p Policy) Verdict(now time.Time, d Done, s Standing) Verdict {
	v := Verdict{Account: s.Account, FailedPolls: s.FailedPolls}
	switch {
	case d.Moot:
		v.Release = true
		v.PutBack = d.Before == ledger.Unsure && s.Wanted
		return v
	case d.Before == ledger.Planned:
		var call *providers.Error
		if errors.As(d.Err, &call) { // a free question before the intent, which can be asked again
			v.back(d, s)
			p.obey(now, call, &v)
			return v
		}
		v.refused(d, s)
		return v
	}
	p.account(now, d, s, &v)
	switch d.Entry.State {
	case ledger.Planned:
		v.back(d, s)
	case ledger.Submitted:
		p.goesOn(now, d, &v)
	case ledger.Unsure:
		v.Search = true
		if d.Before == ledger.Intended {
			v.Tell = Unsure
			v.Detail = d.Entry.Reason
		}
	case ledger.Succeeded, ledger.Failed, ledger.Cancelled:
		v.Release = true
		v.Tell = ending(d.Entry.State)
		v.Detail = d.Entry.Reason
		p.price(d, s, &v)
	case ledger.Intended: // a step of an intended entry always has an event
	}
	return v
}

// refused handles an intent that the ledger refused. One that exceeds the budget waits
// until a job ends, because a job that costs less than its reservation frees the rest.
func (v *Verdict) refused(d Done, s Standing) {
	v.back(d, s)
	var why *keptError
	if errors.As(d.Err, &why) {
		v.PutBack, v.Tell, v.Detail = false, Waits, why.why
		return
	}
	if errors.Is(d.Err, ledger.ErrConflict) { // the row has changed meanwhile: it is read again
		return
	}
	if !errors.Is(d.Err, ledger.ErrBudget) {
		v.Hold = fmt.Sprintf("%s cannot be set aside for: %v", Who(d.Entry), d.Err) // it would be tried again for ever
		v.HoldFor = HoldDoubt
		return
	}
	v.BudgetFull = true
	if s.Active <= 1 {
		v.Hold = "the budget is reached"
		v.HoldFor = HoldBudget
	}
}

// back handles an entry that is still planned, or planned again: nothing was created
// for it, so it does not count as sent.
func (v *Verdict) back(d Done, s Standing) {
	v.Release = true
	v.PutBack = s.Wanted
	v.Unsent = d.Before != ledger.Unsure // a lost row was counted by the run that sent it
	v.Tell = Planned
	v.Detail = d.Event.Reason
}

// account decides what the answer means for the whole account, beyond its own row.
func (p Policy) account(now time.Time, d Done, s Standing, v *Verdict) {
	p.obeyAllowance(now, s.Hint, v)
	var call *providers.Error
	switch {
	case errors.As(d.Err, &call):
		p.obey(now, call, v)
		v.Crowded = call.Kind == providers.Busy && s.Active == 1 // the row itself, and no other of ours
	case d.Err == nil:
		v.Pace = append(v.Pace, Order{Do: GoWell})
		v.Account.Outage = time.Time{}
		v.Account.Unreachable = false
		v.Account.Refused = 0
	}
	if call != nil && call.Key == providers.KeyChanged {
		v.stopSubmits(HoldDoubt, fmt.Sprintf("the service says that the key of %s was used for another request: %v", Who(d.Entry), call))
	}
	if errors.Is(d.Err, ledger.ErrTaken) && (d.Before == ledger.Intended || d.Resent) {
		v.stopSubmits(HoldDoubt, fmt.Sprintf("the service gave %s the job of another row", Who(d.Entry)))
	}
	v.stopSubmits(HoldAlike, s.Alike)
}

// stopSubmits keeps the first reason: later ones usually follow from it.
func (v *Verdict) stopSubmits(kind Hold, why string) {
	if v.Stop == "" && why != "" {
		v.Stop = why
		v.StopFor = kind
	}
}

// obeyAllowance pauses while the service says that the account's allowance is used up.
// Waiting costs nothing, and calls that are refused may be counted against the account.
func (p Policy) obeyAllowance(now time.Time, h providers.RateHint, v *Verdict) {
	if h.Exhausted() && h.Reset > 0 {
		p.rest(now, h.Reset, "the service's own limit", v)
	}
}

// rest pauses all calls for a short wait, and only submits for a long one; see
// LongestQuiet.
func (p Policy) rest(now time.Time, wait time.Duration, why string, v *Verdict) {
	do := DoQuiet
	if wait >= p.LongestQuiet {
		do = DoPause
	}
	v.Pace = append(v.Pace, Order{do, now.Add(wait), why})
}

// obey decides what a failed call means for the whole account. Kinds that concern one
// row alone change nothing here.
func (p Policy) obey(now time.Time, e *providers.Error, v *Verdict) {
	p.obeyAllowance(now, e.Rate, v)
	switch e.Kind {
	case providers.Auth:
		v.Account.Refused++
		v.stopSubmits(HoldCredentials, "the service refuses the credentials: "+e.Answer())
	case providers.Funds:
		v.stopSubmits(HoldFunds, "the account cannot pay: "+e.Answer())
	case providers.Throttled:
		v.Pace = append(v.Pace, Order{Do: GoSlow})
		pause := p.ThrottlePause
		if e.Daily {
			pause = p.DailyPause
		}
		p.rest(now, max(e.After, pause), "the service asked to slow down", v)
	case providers.Busy:
		v.Pace = append(v.Pace, Order{DoPause, now.Add(max(e.After, p.BusyPause)), "the service is busy with other jobs"})
	case providers.NotSent, providers.Transient:
		p.down(now, e, v)
	case providers.Unknown, providers.Invalid, providers.Conflict, providers.NotFound, providers.Contract:
	}
}

// down waits ever longer for a service that cannot be reached, and holds the run when
// the outage has lasted too long. Each row that is sent meanwhile might get lost.
func (p Policy) down(now time.Time, e *providers.Error, v *Verdict) {
	if v.Account.Outage.IsZero() {
		v.Account.Outage = now
	}
	lasted := now.Sub(v.Account.Outage)
	if p.MaxWait > 0 && lasted >= p.MaxWait {
		v.Account.Unreachable = true
		v.stopSubmits(HoldOutage, fmt.Sprintf("the service has not answered for %s: %s", wording.Lasting(lasted), e.Answer()))
		return
	}
	wait := min(max(time.Second, lasted/2, e.After), p.OutagePause)
	if p.MaxWait > 0 {
		wait = min(wait, max(time.Second, p.MaxWait-lasted))
	}
	v.Pace = append(v.Pace, Order{DoPause, now.Add(wait), "the service cannot be reached"})
}

// goesOn makes the next appointment of a running job. A job that was just found again
// is asked for at once, since it may have finished long ago. A job past its deadline is
// overdue but not failed, because it may still be made and charged: the next run asks
// for it again.
func (p Policy) goesOn(now time.Time, d Done, v *Verdict) {
	v.Tell = news(d.Event.Kind)
	v.Detail = errorText(d.Err)
	if d.Event.Kind == "" && d.Err == nil {
		v.Detail = d.Event.Reason
	}
	late := p.Limits.Deadline > 0 && now.Sub(d.Entry.SubmittedAt) >= p.Limits.Deadline
	if late && d.Err != nil {
		v.FailedPolls++
	}
	switch {
	case late && (d.Err == nil || v.FailedPolls >= p.Tries):
		v.Release, v.Overdue = true, true
	case d.Event.Kind == ledger.Adopt:
		v.Again = now
	default:
		v.Again = p.Limits.NextPoll(d.Entry.SubmittedAt, now)
	}
}

// news returns the word for an event of a job that goes on.
func news(k ledger.Kind) What {
	if k == ledger.Submit {
		return Submitted
	}
	if k == ledger.Adopt {
		return Found
	}
	return Polled
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// price holds the run when several charges in a row are higher than their videos explain:
// the price has probably changed, and the rest of the sheet would be paid at it. A person
// may accept that. A single one is only told, because it may be a mistake of the service.
func (p Policy) price(d Done, s Standing, v *Verdict) {
	switch d.Price {
	case PriceDearer:
		v.Account.Surprised++
	case PriceExplained:
		v.Account.Surprised = 0
	case PriceUnknown:
	}
	if p.AcceptPrices {
		return
	}
	if s.Dear != "" {
		v.Hold = s.Dear
		v.HoldFor = HoldPrices
	}
	if v.Account.Surprised < p.Surprises {
		return
	}
	v.HoldFor = HoldPrices
	v.Hold = fmt.Sprintf("%d rows one after another cost more than the length of their videos explains, the last of them %s with %s: a price may have changed",
		v.Account.Surprised, Who(d.Entry), d.Event.Charge.Amount.In(d.Entry.Account.Unit))
}
