package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Policy decides what follows from one answer. It is a value and changes nothing, so
// a loop may apply its verdicts to an agenda, another machine to a queue of its own.
type Policy struct {
	Limits       Limits
	MaxWait      time.Duration // how long a service may be down before the run holds; 0: for ever
	AcceptPrices bool          // charges that no length explains do not hold the run

	Hearings  int // failed polls before an overdue job is left to the next run; refusals of the credentials before nothing is asked
	Searches  int // searches that find nothing, or fail for good, before a lost job is left to a person
	Surprises int // charges in a row that no length explains before the run holds

	ThrottlePause time.Duration // after a 429 that names no time
	DailyPause    time.Duration // the same, where the limit is a day's
	BusyPause     time.Duration // after a refusal for other jobs that names no time
	OutagePause   time.Duration // how seldom a service that is down is tried
	// LongestQuiet is from when on a pause stops submits alone. A limit that lasts so
	// long is one on what is paid for: polls go on, so that finished videos are settled.
	LongestQuiet time.Duration
}

// Defaults are the numbers that a run goes by. One lost connection, or one bad answer,
// must not leave jobs for another run, so everything is asked more than once.
func Defaults() Policy {
	return Policy{
		Hearings: 5, Searches: 3, Surprises: 3,
		ThrottlePause: time.Second, DailyPause: time.Hour, BusyPause: 10 * time.Second,
		OutagePause: 5 * time.Minute, LongestQuiet: time.Hour,
	}
}

// Standing is what a verdict needs to know beyond the answer.
type Standing struct {
	Account
	Active  int                // jobs that may be running, the answer's included
	Unheard int                // polls of this overdue job that failed
	Wanted  bool               // an entry that is planned again may be sent by this run
	Alike   string             // what has failed alike too often, with its reason; empty: nothing
	Hint    providers.RateHint // what the service says of the account's allowance
}

// Account is how it stands with the account: counters from one answer to the next.
type Account struct {
	Refused   int       // calls in a row that the credentials were refused for
	Surprised int       // charges in a row that no length explains
	Outage    time.Time // since when the service cannot be reached; zero: it can
	Gone      bool      // it could not be reached for so long that the run holds
}

// Verdict is what follows from one answer. The zero value is that nothing does.
type Verdict struct {
	Pace    []Order // what the account must obey
	Stop    string  // why the account takes nothing more; empty: it does
	StopFor Hold    // the kind of that
	Crowded bool    // the service is busy with jobs of somebody else

	Release bool      // the job no longer counts as active
	PutBack bool      // the row goes back to the head of the queue
	Unsent  bool      // it does not count as sent
	Again   time.Time // when to ask next; zero: not by the clock
	Overdue bool      // the job is left to the next run, which is durable
	Search  bool      // it waits for what a lost row waits for
	Short   bool      // the budget has no room until a job ends

	Tell    What // of the entry; empty: nothing
	Detail  string
	Hold    string // why nothing more is sent, once that is told; empty: more is sent
	HoldFor Hold   // the kind of that

	Account Account // as it stands now
	Unheard int
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
	v := Verdict{Account: s.Account, Unheard: s.Unheard}
	switch {
	case d.Moot:
		v.Release = true
		return v
	case d.Before == ledger.Planned:
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
			v.Tell, v.Detail = Unsure, d.Entry.Reason
		}
	case ledger.Succeeded, ledger.Failed, ledger.Cancelled:
		v.Release, v.Tell, v.Detail = true, ending(d.Entry.State), d.Entry.Reason
		p.price(d, &v)
	case ledger.Intended: // a step of an intended entry always has an event
	}
	return v
}

// refused handles an intent that the ledger refused. One beyond the budget waits
// until a job ends: what that does not need of its reservation is free again.
func (v *Verdict) refused(d Done, s Standing) {
	v.back(d, s)
	if !errors.Is(d.Err, ledger.ErrBudget) {
		v.Hold = fmt.Sprintf("row %d cannot be set aside for: %v", d.Entry.Row, d.Err) // it would be tried again for ever
		v.HoldFor = HoldDoubt
		return
	}
	v.Short = true
	if s.Active <= 1 {
		v.Hold, v.HoldFor = "the budget is reached", HoldBudget
	}
}

// back is for an entry that is still planned, or again.
func (v *Verdict) back(d Done, s Standing) {
	v.Release, v.PutBack, v.Unsent = true, s.Wanted, d.Before != ledger.Unsure
	v.Tell, v.Detail = Planned, d.Event.Reason
}

// account says what the answer means for the account.
func (p Policy) account(now time.Time, d Done, s Standing, v *Verdict) {
	p.spare(now, s.Hint, v)
	var call *providers.Error
	switch {
	case errors.As(d.Err, &call):
		p.obey(now, call, v)
		v.Crowded = call.Kind == providers.Busy && s.Active == 1 // the row itself, and no other of ours
	case d.Err == nil:
		v.Pace = append(v.Pace, Order{Do: GoWell})
		v.Account.Outage, v.Account.Gone, v.Account.Refused = time.Time{}, false, 0
	}
	if errors.Is(d.Err, ledger.ErrTaken) && d.Before == ledger.Intended {
		v.stop(HoldDoubt, fmt.Sprintf("the service gave row %d the job of another row", d.Entry.Row))
	}
	v.stop(HoldAlike, s.Alike)
}

// stop keeps the first reason.
func (v *Verdict) stop(kind Hold, why string) {
	if v.Stop == "" && why != "" {
		v.Stop, v.StopFor = why, kind
	}
}

// spare leaves the account alone while the service says that nothing is left.
func (p Policy) spare(now time.Time, h providers.RateHint, v *Verdict) {
	if h.Exhausted() && h.Reset > 0 {
		p.rest(now, h.Reset, "the service's own limit", v)
	}
}

// rest makes no call for a while, or only sends nothing for a long one.
func (p Policy) rest(now time.Time, wait time.Duration, why string, v *Verdict) {
	do := DoQuiet
	if wait >= p.LongestQuiet {
		do = DoPause
	}
	v.Pace = append(v.Pace, Order{do, now.Add(wait), why})
}

// obey does what a failed call asks of the whole account.
func (p Policy) obey(now time.Time, e *providers.Error, v *Verdict) {
	p.spare(now, e.Rate, v)
	switch e.Kind {
	case providers.Auth:
		v.Account.Refused++
		v.stop(HoldCredentials, "the service refuses the credentials: "+e.Error())
	case providers.Funds:
		v.stop(HoldFunds, "the account cannot pay: "+e.Error())
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

// down waits ever longer for a service that cannot be reached, and holds when
// that has lasted too long.
func (p Policy) down(now time.Time, e *providers.Error, v *Verdict) {
	if v.Account.Outage.IsZero() {
		v.Account.Outage = now
	}
	lasted := now.Sub(v.Account.Outage)
	if p.MaxWait > 0 && lasted >= p.MaxWait {
		v.Account.Gone = true
		v.stop(HoldOutage, fmt.Sprintf("the service has not answered for %s: %v", wording.Lasting(lasted), e))
		return
	}
	wait := min(max(time.Second, lasted/2, e.After), p.OutagePause)
	if p.MaxWait > 0 {
		wait = min(wait, max(time.Second, p.MaxWait-lasted))
	}
	v.Pace = append(v.Pace, Order{DoPause, now.Add(wait), "the service cannot be reached"})
}

// goesOn makes the next appointment of a running job: at once after it was found
// again, since it may be long finished. A job past its deadline is overdue, which is
// not failed: the next run asks for it again.
func (p Policy) goesOn(now time.Time, d Done, v *Verdict) {
	v.Tell, v.Detail = news(d.Event.Kind), errorText(d.Err)
	if d.Event.Kind == "" && d.Err == nil {
		v.Detail = d.Event.Reason
	}
	late := p.Limits.Deadline > 0 && now.Sub(d.Entry.SubmittedAt) >= p.Limits.Deadline
	if late && d.Err != nil {
		v.Unheard++
	}
	switch {
	case late && (d.Err == nil || v.Unheard >= p.Hearings):
		v.Release, v.Overdue = true, true
	case d.Event.Kind == ledger.Adopt:
		v.Again = now
	default:
		v.Again = p.Limits.NextPoll(d.Entry.SubmittedAt, now)
	}
}

// news is the word for what was learnt about a job that goes on.
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

// price holds the run when a price seems to have changed, unless a person accepts
// that. One dear video is booked in full and told.
func (p Policy) price(d Done, v *Verdict) {
	switch d.Price {
	case PriceDearer:
		v.Account.Surprised++
	case PriceExplained:
		v.Account.Surprised = 0
	case PriceUnknown:
	}
	if v.Account.Surprised < p.Surprises || p.AcceptPrices {
		return
	}
	v.HoldFor = HoldPrices
	v.Hold = fmt.Sprintf("%d rows one after another cost more than the length of their videos explains, the last of them row %d with %s: a price may have changed",
		v.Account.Surprised, d.Entry.Row, d.Event.Charge.Amount.In(d.Entry.Account.Unit))
}
