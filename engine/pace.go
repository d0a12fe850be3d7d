package engine

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/reelmerge/reelmerge/providers"
)

// Pace says when the next call of an account may leave. Every method takes the
// time and answers at once; nothing in it sleeps, so the forecast, the rehearsal
// and the run share it. It is used by one goroutine.
type Pace struct {
	limits      Limits
	base        rate.Limit    // the full rate of submits
	bound       string        // the limit that sets it
	spacing     *rate.Limiter // nil without one
	polls       *rate.Limiter // nil without a limit on requests
	intents     []time.Time   // ends of paid calls of the longest window, oldest first
	wire        int           // paid calls that are not answered yet
	running     int
	pausedUntil time.Time // nothing is submitted before
	why         string    // who paused
	quietUntil  time.Time // nothing is asked before, either
	factor      float64   // of the full rate, after the service asked to slow down
	changed     time.Time // when factor was last changed
}

// NewPace returns a pace that already counts the intents of earlier runs, oldest first:
// a restart must not exceed the service's limits.
func NewPace(l Limits, sent []time.Time) *Pace {
	l = l.careful()
	p := &Pace{limits: l, intents: sent, factor: 1}
	p.base, p.bound = l.submitRate()
	if p.bound != "" {
		p.spacing = rate.NewLimiter(p.base, 1)
		if len(sent) > 0 {
			p.spacing.ReserveN(sent[len(sent)-1], 1)
		}
	}
	if l.Requests.Count > 0 {
		p.polls = rate.NewLimiter(every(l.Requests)-p.base, max(1, l.Requests.Count/60))
	}
	return p
}

// Turn is when something may be done and what it waits for.
type Turn struct {
	At    time.Time // zero: not before a job ends, or a call is answered
	Bound string    // the limit that binds, as text to show; empty when none does
}

// Now reports whether the turn has come.
func (t Turn) Now(now time.Time) bool { return !t.At.IsZero() && !t.At.After(now) }

// Submit says when the next paid call may leave.
func (p *Pace) Submit(now time.Time) Turn {
	if p.limits.Active > 0 && p.running >= p.limits.Active {
		return Turn{Bound: fmt.Sprintf("active: %d", p.limits.Active)}
	}
	return p.Resend(now)
}

// Resend says when a paid call may leave whose job counts as active already.
func (p *Pace) Resend(now time.Time) Turn {
	turn := Turn{At: now}
	turn.later(p.pausedUntil, p.why)
	if p.spacing != nil {
		turn.later(now.Add(untilToken(p.spacing, now)), p.bound)
	}
	for _, w := range p.limits.Submits {
		// The text is made where it is needed: a forecast asks for many thousand turns.
		switch at, full := p.free(w); {
		case full:
			return Turn{Bound: "submits: " + windowText(w)}
		case at.After(turn.At):
			turn = Turn{At: at, Bound: "submits: " + windowText(w)}
		}
	}
	return turn
}

func (t *Turn) later(at time.Time, bound string) {
	if at.After(t.At) {
		t.At = at
		t.Bound = bound
	}
}

// untilToken returns how long to wait for the next token. It rounds up: a call that leaves
// a nanosecond too early is refused by a strict service.
func untilToken(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(missing / float64(l.Limit()) * float64(time.Second)))
}

// free returns when a window has room again: when the oldest of its last Count calls leaves
// it. A call counts until it is answered, and for the length of the window after that: the
// service may count it at any time in between. It is full while as many are on the wire.
func (p *Pace) free(w providers.Window) (at time.Time, full bool) {
	if w.Count <= 0 || len(p.intents)+p.wire < w.Count {
		return time.Time{}, false
	}
	if p.wire >= w.Count {
		return time.Time{}, true
	}
	return p.intents[len(p.intents)+p.wire-w.Count].Add(w.Per), false
}

// Sent counts a paid call that is about to leave, and its job as active.
func (p *Pace) Sent(now time.Time) {
	p.running++
	p.Resent(now)
}

// Resent counts a paid call that is about to leave once more.
func (p *Pace) Resent(now time.Time) {
	p.wire++
	if p.spacing != nil {
		p.spacing.ReserveN(now, 1)
	}
}

// Answered notes that a paid call is over.
func (p *Pace) Answered(now time.Time) {
	p.wire = max(0, p.wire-1)
	p.intents = append(p.intents, now)
	// Only the calls of the fullest window are needed. They are cut now and then, so
	// that a run of days does not keep all of them and does not copy at each call either.
	if keep := p.remembered(); len(p.intents) > 2*keep+64 {
		p.intents = append([]time.Time(nil), p.intents[len(p.intents)-keep:]...)
	}
}

// remembered returns how many intents the fullest window holds.
func (p *Pace) remembered() int {
	most := 1
	for _, w := range p.limits.Submits {
		most = max(most, w.Count)
	}
	return most
}

// Resumed counts a job that an earlier run left active.
func (p *Pace) Resumed() { p.running++ }

// Ended notes that an active job is over, or never was.
func (p *Pace) Ended() { p.running = max(0, p.running-1) }

// Active is how many jobs are running.
func (p *Pace) Active() int { return p.running }

// Poll says when the next free call may leave.
func (p *Pace) Poll(now time.Time) time.Time {
	turn := Turn{At: now}
	turn.later(p.quietUntil, "")
	if p.polls != nil {
		turn.later(now.Add(untilToken(p.polls, now)), "")
	}
	return turn.At
}

// Polled notes that a free call left.
func (p *Pace) Polled(now time.Time) {
	if p.polls != nil {
		p.polls.ReserveN(now, 1)
	}
}

// slowest is the least part of the full rate that slowing down leads to.
const slowest = 1.0 / 64

// Pause stops submits until a time; polls go on. A shorter pause never ends a longer one.
func (p *Pace) Pause(until time.Time, why string) {
	if until.After(p.pausedUntil) {
		p.pausedUntil = until
		p.why = why
	}
}

// Quiet stops all calls until a time.
func (p *Pace) Quiet(until time.Time, why string) {
	p.Pause(until, why)
	if until.After(p.quietUntil) {
		p.quietUntil = until
	}
}

// Slow halves the rate after the service asked for it, at most once a second:
// answers to requests that left together are one wish.
func (p *Pace) Slow(now time.Time) {
	if now.Sub(p.changed) < time.Second && p.factor < 1 {
		return
	}
	p.setFactor(now, max(slowest, p.factor/2))
}

// Well lets the rate grow back by a hundredth of the full one a second, up to
// what is configured.
func (p *Pace) Well(now time.Time) {
	if p.factor < 1 {
		p.setFactor(now, min(1, p.factor+0.01*now.Sub(p.changed).Seconds()))
	}
}

// setFactor changes the rate of submits from now on. The time is given, because tokens
// that have gathered until now must be counted at the old rate.
func (p *Pace) setFactor(now time.Time, factor float64) {
	p.factor = factor
	p.changed = now
	if p.spacing != nil {
		p.spacing.SetLimitAt(now, p.base*rate.Limit(factor))
	}
}
