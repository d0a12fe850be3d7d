package engine

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/reelmerge/reelmerge/providers"
)

// Share is what the runs of one account have in common, in other processes too. A run takes
// its place there before its intent, so that the limits of the service hold for all of them
// together. It is used by the loop alone.
type Share interface {
	// Begin says which jobs the run's ledger has open, each with the time from which it
	// counts no longer, and returns how the account stands.
	Begin(now time.Time, jobs map[string]time.Time) Together
	// Take takes a place for a paid call, and for its job unless that counts already. Where
	// there is none, it says when to ask again.
	Take(now time.Time, job string, until time.Time) Turn
	// Answered says that a call is over. Until then it may arrive at the service, and
	// counts in every window.
	Answered(now time.Time, job string)
	// Ended says that a job is over, or never was.
	Ended(now time.Time, job string)
	// Obey passes on what the service asked of the whole account.
	Obey(now time.Time, o Order)
	// Failing keeps the run's streaks of like failures.
	Failing(s Streaks)
	// Beside reports whether another ledger of the account may have made jobs in a span of
	// time. It is also true where that is not known. Unlike the others, it is called from
	// any goroutine.
	Beside(from, to time.Time) bool
}

// Together is how an account stands when a run begins.
type Together struct {
	Factor  float64 // of the full rate, after the service asked to slow down
	Paused  time.Time
	Why     string
	Failing Streaks // of the run before on the same ledger
}

// SharedLimits is the document that runs of one account share. It names ledgers and jobs by
// ids, and holds no row and no text of one. Its methods are pure but for the document: the
// caller locks it.
type SharedLimits struct {
	Version int                             `json:"version"`
	Slot    time.Time                       `json:"slot,omitzero"`   // of the latest call, by the spacing
	Calls   []sharedCall                    `json:"calls,omitempty"` // of the longest window
	Jobs    map[string]map[string]time.Time `json:"jobs,omitempty"`  // by ledger: open ones, and until when they count
	Failing map[string]Streaks              `json:"failing,omitempty"`
	Factor  float64                         `json:"factor,omitempty"`
	Changed time.Time                       `json:"changed,omitzero"`
	Paused  time.Time                       `json:"paused,omitzero"`
	Why     string                          `json:"why,omitempty"`
	Paying  map[string][]span               `json:"paying,omitempty"` // by ledger: when it made paid calls, oldest first
	// Paid reports whether a change has changed Paying. What it says must survive a loss of
	// power before the call leaves; the rest need not.
	Paid bool `json:"-"`
}

// span is a time in which a ledger made paid calls.
type span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Of a ledger, so many spans are kept; older ones are joined, which only makes searches more
// careful. Calls are of one span when they are no further apart than the slack. It is also how
// much later than its call a job may be dated: a gateway may hold a request back.
const (
	mostSpans = 32
	spanSlack = 10 * time.Minute
	spanStep  = time.Minute // the end of a span is noted so often
)

// sharedCall is a paid call of a ledger. Of one that was answered only the time is kept: there
// may be hundreds of them, and the document is written at each call.
type sharedCall struct {
	Ledger   string    `json:"ledger,omitempty"`
	Job      string    `json:"job,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
}

// Begin takes the place of the ledger's run before. What that one had on the wire has
// arrived by now.
func (s *SharedLimits) Begin(now time.Time, ledger string, jobs map[string]time.Time) Together {
	s.Version = 1
	s.end(now, func(l string) bool { return l == ledger })
	s.openOf(ledger)
	s.Jobs[ledger] = jobs
	return Together{Factor: s.slowness(now), Paused: s.Paused, Why: s.Why, Failing: s.Failing[ledger]}
}

// Take is [Share.Take] for a ledger. Of a run that has died, calls on the wire are over now,
// and jobs count until their time.
func (s *SharedLimits) Take(now time.Time, ledger, job string, until time.Time, l Limits, alive func(ledger string) bool) Turn {
	l = l.careful()
	dead := map[string]bool{}
	for _, c := range s.Calls {
		if _, known := dead[c.Ledger]; !known && c.Answered.IsZero() {
			dead[c.Ledger] = c.Ledger != ledger && !alive(c.Ledger)
		}
	}
	s.end(now, func(l string) bool { return dead[l] })
	s.forget(now, l.Memory())
	_, counts := s.Jobs[ledger][job]
	if l.Active > 0 && !counts && s.active(now, ledger, alive) >= l.Active {
		return Turn{At: now.Add(askAgain), Bound: fmt.Sprintf("active: %d, by all campaigns of the account", l.Active)}
	}
	turn := Turn{At: now}
	turn.later(s.Paused, s.Why)
	turn.later(s.spaced(now, l))
	for _, w := range l.Submits {
		turn.later(s.free(now, w), "submits: "+windowText(w)+", by all campaigns of the account")
	}
	if !turn.Now(now) {
		return turn
	}
	gap := s.gap(now, l)
	s.Slot = later(s.Slot.Add(gap), now.Add(-madeUp(gap)))
	s.Calls = append(s.Calls, sharedCall{Ledger: ledger, Job: job, At: now})
	s.pays(now, ledger)
	s.openOf(ledger)[job] = until
	return turn
}

// openOf are the jobs of a ledger, made where there were none.
func (s *SharedLimits) openOf(ledger string) map[string]time.Time {
	if s.Jobs == nil {
		s.Jobs = map[string]map[string]time.Time{}
	}
	if s.Jobs[ledger] == nil {
		s.Jobs[ledger] = map[string]time.Time{}
	}
	return s.Jobs[ledger]
}

// askAgain is how soon a run looks again for a place that another one has: nothing wakes it.
const askAgain = 200 * time.Millisecond

// end ends the calls on the wire of some ledgers.
func (s *SharedLimits) end(now time.Time, of func(ledger string) bool) {
	for i := range s.Calls {
		if s.Calls[i].Answered.IsZero() && of(s.Calls[i].Ledger) {
			s.Calls[i] = sharedCall{Answered: now}
		}
	}
}

// forget drops the calls that no window counts any more, but for the latest one, which the
// spacing goes by.
func (s *SharedLimits) forget(now time.Time, memory time.Duration) {
	latest := len(s.Calls) - 1
	kept := s.Calls[:0]
	for i, c := range s.Calls {
		if i == latest || c.Answered.IsZero() || now.Sub(c.Answered) < memory {
			kept = append(kept, c)
		}
	}
	s.Calls = kept
}

// active is how many jobs the account has. Those of a run that goes on count until it ends
// them.
func (s *SharedLimits) active(now time.Time, ledger string, alive func(string) bool) (n int) {
	for of, jobs := range s.Jobs {
		goes := of == ledger || alive(of)
		for job, until := range jobs {
			if !goes && !now.Before(until) {
				delete(jobs, job)
				continue
			}
			n++
		}
		if len(jobs) == 0 && !goes {
			delete(s.Jobs, of)
		}
	}
	return n
}

// slowness is the part of the full rate that is used now. It grows back with time alone, as the
// run that slowed down may have ended.
func (s *SharedLimits) slowness(now time.Time) float64 {
	if s.Factor == 0 {
		return 1
	}
	return min(1, s.Factor+0.01*max(0, now.Sub(s.Changed)).Seconds())
}

// gap is the spacing between two calls; 0 without one.
func (s *SharedLimits) gap(now time.Time, l Limits) time.Duration {
	full, _ := l.submitRate()
	if full == rate.Inf {
		return 0
	}
	return time.Duration(float64(time.Second) / float64(full) / s.slowness(now))
}

// spaced is when the spacing between two calls allows the next one.
func (s *SharedLimits) spaced(now time.Time, l Limits) (at time.Time, bound string) {
	if len(s.Calls) == 0 {
		return time.Time{}, ""
	}
	_, bound = l.submitRate()
	return s.Slot.Add(s.gap(now, l)), bound
}

// madeUp is how late a call may be without those after it being late as well. Several runs
// that wait for one lock are late by milliseconds each time, which counts where calls follow
// each other closely. The windows hold all the same.
func madeUp(gap time.Duration) time.Duration {
	const most = 250 * time.Millisecond
	if gap > most {
		return 0
	}
	return most
}

// free is when a window has room. A call counts from when it was about to leave until it
// was answered, and for the window's length after that: whenever it arrived, it is counted
// then.
func (s *SharedLimits) free(now time.Time, w providers.Window) time.Time {
	var over []time.Time
	open := 0
	for _, c := range s.Calls {
		switch {
		case c.Answered.IsZero():
			open++
		case now.Sub(c.Answered) < w.Per:
			over = append(over, c.Answered.Add(w.Per))
		}
	}
	most := open + len(over) + 1 - w.Count // so many must leave the window first
	if w.Count <= 0 || most <= 0 {
		return time.Time{}
	}
	slices.SortFunc(over, time.Time.Compare)
	if most > len(over) {
		return now.Add(askAgain) // an answer has to come
	}
	return over[most-1]
}

// Answered ends the latest call about a job.
func (s *SharedLimits) Answered(now time.Time, ledger, job string) {
	for i, c := range slices.Backward(s.Calls) {
		if c.Ledger == ledger && c.Job == job && c.Answered.IsZero() {
			s.Calls[i] = sharedCall{Answered: now}
			s.pays(now, ledger)
			return
		}
	}
}

// pays notes that a ledger makes paid calls now. A clock that was set back begins a new span.
func (s *SharedLimits) pays(now time.Time, ledger string) {
	spans := s.Paying[ledger]
	last := len(spans) - 1
	if last >= 0 && !now.Before(spans[last].From) && now.Sub(spans[last].To) <= spanSlack {
		if now.Sub(spans[last].To) >= spanStep {
			spans[last].To, s.Paid = now, true
		}
		return
	}
	if spans = append(spans, span{From: now, To: now}); len(spans) > mostSpans {
		joined := span{From: earlier(spans[0].From, spans[1].From), To: later(spans[0].To, spans[1].To)}
		spans = append([]span{joined}, spans[2:]...)
	}
	if s.Paying == nil {
		s.Paying = map[string][]span{}
	}
	s.Paying[ledger], s.Paid = spans, true
}

// Beside is [Share.Beside] for a ledger.
func (s *SharedLimits) Beside(ledger string, from, to time.Time) bool {
	for of, spans := range s.Paying {
		if of != ledger && slices.ContainsFunc(spans, func(p span) bool { return !p.From.After(to) && !p.To.Add(spanStep+spanSlack).Before(from) }) {
			return true
		}
	}
	return false
}

// Ended frees the place of a job.
func (s *SharedLimits) Ended(ledger, job string) { delete(s.Jobs[ledger], job) }

// Obey keeps what the service asked for, as [Pace] does.
func (s *SharedLimits) Obey(now time.Time, o Order) {
	p := &Pace{factor: s.slowness(now), changed: s.Changed, pausedUntil: s.Paused, why: s.Why}
	p.obey(now, o)
	s.Factor, s.Changed = p.factor, p.changed
	s.Paused, s.Why = p.pausedUntil, p.why
}

// Others is how many jobs other campaigns of the account have open, and how many campaigns.
func (s *SharedLimits) Others(now time.Time, ledger string, alive func(string) bool) (campaigns, jobs int) {
	all := s.active(now, ledger, alive)
	for of := range s.Jobs {
		if of != ledger && alive(of) {
			campaigns++
		}
	}
	return campaigns, all - len(s.Jobs[ledger])
}

// Fail keeps the streaks of a ledger.
func (s *SharedLimits) Fail(ledger string, f Streaks) {
	if s.Failing == nil {
		s.Failing = map[string]Streaks{}
	}
	s.Failing[ledger] = f
	if f == (Streaks{}) {
		delete(s.Failing, ledger)
	}
}

// obey applies an order.
func (p *Pace) obey(now time.Time, o Order) {
	switch o.Do {
	case GoWell:
		p.Well(now)
	case GoSlow:
		p.Slow(now)
	case DoPause:
		p.Pause(o.Until, o.Why)
	case DoQuiet:
		p.Quiet(o.Until, o.Why)
	}
}

// shared returns the account's share; one that shares nothing, where there is none.
func (e *Engine) shared() Share {
	if e.Share != nil {
		return e.Share
	}
	return alone{}
}

// alone is the share of a run whose account has no other run.
type alone struct{}

// Begin implements [Share].
func (alone) Begin(time.Time, map[string]time.Time) Together { return Together{} }

// Take implements [Share].
func (alone) Take(now time.Time, _ string, _ time.Time) Turn { return Turn{At: now} }

// Answered implements [Share].
func (alone) Answered(time.Time, string) {}

// Ended implements [Share].
func (alone) Ended(time.Time, string) {}

// Obey implements [Share].
func (alone) Obey(time.Time, Order) {}

// Failing implements [Share].
func (alone) Failing(Streaks) {}

// Beside implements [Share].
func (alone) Beside(time.Time, time.Time) bool { return false }
