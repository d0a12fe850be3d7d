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
	limits  Limits
	base    rate.Limit    // the full rate of submits
	bound   string        // the limit that sets it
	spacing *rate.Limiter // nil without one
	polls   *rate.Limiter // nil without a limit on requests
	sent    []time.Time   // intents of the longest window, oldest first
	active  int
	paused  time.Time // nothing is submitted before
	why     string    // who paused
	quiet   time.Time // nothing is asked before, either
	factor  float64   // of the full rate, after the service asked to slow down
	changed time.Time // when factor was last changed
}

// NewPace returns a pace that knows of the intents that the ledger remembers,
// oldest first, so that a restart buys no new allowance.
func NewPace(l Limits, sent []time.Time) *Pace {
	l = l.careful()
	p := &Pace{limits: l, sent: sent, factor: 1}
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
	At    time.Time // zero: not before a job ends
	Bound string    // the limit that binds, for people; empty when nothing does
}

// Now reports whether the turn has come.
func (t Turn) Now(now time.Time) bool { return !t.At.IsZero() && !t.At.After(now) }

// Submit says when the next paid call may leave.
func (p *Pace) Submit(now time.Time) Turn {
	if p.limits.Active > 0 && p.active >= p.limits.Active {
		return Turn{Bound: fmt.Sprintf("active: %d", p.limits.Active)}
	}
	turn := Turn{At: now}
	turn.later(p.paused, p.why)
	if p.spacing != nil {
		turn.later(now.Add(untilToken(p.spacing, now)), p.bound)
	}
	for _, w := range p.limits.Submits {
		turn.later(p.free(w), "submits: "+windowText(w))
	}
	return turn
}

func (t *Turn) later(at time.Time, bound string) {
	if at.After(t.At) {
		t.At, t.Bound = at, bound
	}
}

func untilToken(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(missing / float64(l.Limit()) * float64(time.Second)))
}

// free is when a window has room again: when the oldest of its last Count
// intents leaves it.
func (p *Pace) free(w providers.Window) time.Time {
	if w.Count <= 0 || len(p.sent) < w.Count {
		return time.Time{}
	}
	return p.sent[len(p.sent)-w.Count].Add(w.Per)
}

// Sent notes that a paid call is about to leave and that its job is active.
func (p *Pace) Sent(now time.Time) {
	p.active++
	p.sent = append(p.sent, now)
	if keep := p.remembered(); len(p.sent) > 2*keep+64 {
		p.sent = append([]time.Time(nil), p.sent[len(p.sent)-keep:]...)
	}
	if p.spacing != nil {
		p.spacing.ReserveN(now, 1)
	}
}

func (p *Pace) remembered() int {
	most := 1
	for _, w := range p.limits.Submits {
		most = max(most, w.Count)
	}
	return most
}

// Resumed counts a job that an earlier run left active.
func (p *Pace) Resumed() { p.active++ }

// Ended notes that an active job is over, or never was.
func (p *Pace) Ended() { p.active = max(0, p.active-1) }

// Active is how many jobs are running.
func (p *Pace) Active() int { return p.active }

// Poll says when the next free call may leave.
func (p *Pace) Poll(now time.Time) time.Time {
	turn := Turn{At: now}
	turn.later(p.quiet, "")
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

// Pause lets nothing be submitted until a time; jobs are still asked for.
func (p *Pace) Pause(until time.Time, why string) {
	if until.After(p.paused) {
		p.paused, p.why = until, why
	}
}

// Quiet lets nothing leave until a time.
func (p *Pace) Quiet(until time.Time, why string) {
	p.Pause(until, why)
	if until.After(p.quiet) {
		p.quiet = until
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

func (p *Pace) setFactor(now time.Time, factor float64) {
	p.factor, p.changed = factor, now
	if p.spacing != nil {
		p.spacing.SetLimitAt(now, p.base*rate.Limit(factor))
	}
}
