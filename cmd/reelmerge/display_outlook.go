package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// tally is what a run's events add up to. The engine's loop tells it, and must
// never wait for it: each event costs a few assignments.
type tally struct {
	windows int // how many intents the rate windows remember

	mu      sync.Mutex
	sent    []time.Time // intents, oldest first, as far as windows remember
	latest  time.Time   // of all intents
	jobs    int         // that were made in this run
	worked  time.Duration
	trouble []troubleJSON // the last ones
	reasons []reason      // why rows failed, first come first
	others  int           // failures with yet other reasons
	held    string
	doubted time.Time // when the latest row left that nobody knows about
}

// reason is why rows failed.
type reason struct {
	text string
	rows int
}

// What a run remembers of what went wrong; the results have all of it.
const (
	lastTroubles = 3
	mostReasons  = 5
)

func newTally(limits engine.Limits, sent []time.Time) *tally {
	t := &tally{sent: slices.Clone(sent)}
	for _, w := range limits.Submits {
		t.windows = max(t.windows, w.Count)
	}
	return t
}

func (t *tally) note(h engine.Happening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch h.What {
	case engine.Submitted:
		t.departed(h.Entry.IntendedAt)
	case engine.Polled, engine.Found:
		t.latest = later(t.latest, h.Entry.IntendedAt)
	case engine.Succeeded:
		t.made(h.Entry)
	case engine.Unsure:
		t.doubted = later(t.doubted, h.Entry.IntendedAt)
		t.wrong(h)
	case engine.Failed:
		t.wrong(h)
	case engine.Held:
		t.held = h.Detail
	case engine.Planned, engine.Intended, engine.Cancelled, engine.Overrun: // nothing to add up
	}
}

func (t *tally) departed(at time.Time) {
	t.latest = later(t.latest, at)
	if t.windows == 0 {
		return
	}
	t.sent = append(t.sent, at)
	if len(t.sent) > 2*t.windows+64 {
		t.sent = slices.Clone(t.sent[len(t.sent)-t.windows:])
	}
}

// made learns how long a job occupied the service.
func (t *tally) made(e ledger.Entry) {
	if d := e.SettledAt.Sub(e.IntendedAt); d > 0 && !e.IntendedAt.IsZero() {
		t.jobs++
		t.worked += d
	}
}

func (t *tally) wrong(h engine.Happening) {
	t.trouble = append(t.trouble, troubleJSON{h.Entry.Row, h.Entry.Key, h.Entry.State, h.Detail})
	if len(t.trouble) > lastTroubles {
		t.trouble = slices.Delete(t.trouble, 0, 1)
	}
	if h.Entry.State != ledger.Failed {
		return
	}
	i := slices.IndexFunc(t.reasons, func(r reason) bool { return r.text == h.Detail })
	switch {
	case i >= 0:
		t.reasons[i].rows++
	case len(t.reasons) < mostReasons:
		t.reasons = append(t.reasons, reason{h.Detail, 1})
	default:
		t.others++
	}
}

// facts is a tally at one instant; it shares nothing with it.
type facts struct {
	sent    []time.Time
	latest  time.Time
	jobs    int
	typical time.Duration // of the jobs made in this run
	trouble []troubleJSON
	held    string
	doubted time.Time
}

func (t *tally) facts() facts {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := facts{
		sent: slices.Clone(t.sent), latest: t.latest, jobs: t.jobs,
		trouble: append([]troubleJSON{}, t.trouble...), held: t.held, doubted: t.doubted,
	}
	if t.jobs > 0 {
		f.typical = t.worked / time.Duration(t.jobs)
	}
	return f
}

// outlook says how fast a run goes and when it would end. It belongs to one
// goroutine, which is not the engine's.
type outlook struct {
	forecast engine.Forecast // of the start
	begun    time.Time
	first    time.Time // the end as it was expected at the start; zero: nobody knew
	ends     time.Time // zero: nobody knows
	bound    string    // what binds most of the time
	now      engine.Turn
	speed    []speed // one a second, over the last minute
	again    time.Time
}

// newOutlook makes the first estimate.
func newOutlook(forecast engine.Forecast, now time.Time, w work) *outlook {
	o := &outlook{forecast: forecast, begun: now}
	o.update(now, w, facts{latest: now, sent: forecast.Sent})
	o.first = o.ends
	return o
}

// speed is how many rows had been sent at a time.
type speed struct {
	at   time.Time
	sent int
}

// work is what is left of a run.
type work struct {
	left, active, sent int
}

// update looks again. Running the pace forward over many rows takes a while, so
// it is repeated the more seldom the longer it takes: it never uses more than a
// hundredth of one processor.
func (o *outlook) update(now time.Time, w work, f facts) {
	o.speed = append(o.speed, speed{now, w.sent})
	if len(o.speed) > 61 {
		o.speed = slices.Delete(o.speed, 0, 1)
	}
	o.now = o.turn(now, w, f)
	if now.Before(o.again) && w.left > 0 {
		return
	}
	started := time.Now()
	o.look(now, w, f)
	o.again = now.Add(max(500*time.Millisecond, 100*time.Since(started)))
}

// look takes what this run's own videos took for what the others will take,
// polls included, as soon as there are some. One sample may be off by the factor
// that estimates are off by; many are not.
func (o *outlook) look(now time.Time, w work, f facts) {
	forecast := o.forecast
	forecast.Active, forecast.Sent = w.active, f.sent
	if f.jobs > 0 {
		forecast.Typical, forecast.Spread = f.typical, 1+1/math.Sqrt(float64(f.jobs))
		forecast.Noticed = true
	}
	o.ends = time.Time{}
	if forecast.Typical > 0 && w.active > 0 {
		o.ends = later(now, later(o.begun, f.latest).Add(forecast.Typical))
	}
	if w.left == 0 && w.active == 0 {
		o.ends = now
	}
	if e := engine.ForecastRun(w.left, forecast, now); w.left > 0 && e.Known {
		o.ends, o.bound = later(o.ends, now.Add(e.Likely)), e.BoundBy
	}
}

// turn asks a pace that knows what the engine's knows when the next row may
// leave.
func (o *outlook) turn(now time.Time, w work, f facts) engine.Turn {
	limits := o.forecast.Limits
	if limits.Active > 0 && w.active >= limits.Active {
		return engine.Turn{Bound: fmt.Sprintf("active: %d", limits.Active)}
	}
	return engine.NewPace(limits, f.sent).Submit(now)
}

// boundBy is what binds most of the time, or what keeps the next row waiting for
// long.
func (o *outlook) boundBy(now time.Time) string {
	if o.bound == "" || o.now.At.Sub(now) > longWait {
		return o.now.Bound
	}
	return o.bound
}

// longWait is a wait that people wonder about.
const longWait = 5 * time.Second

// perMinute is the speed over the last minute; false when it is too early.
func (o *outlook) perMinute() (float64, bool) {
	if len(o.speed) < 3 {
		return 0, false
	}
	first, last := o.speed[0], o.speed[len(o.speed)-1]
	return float64(last.sent-first.sent) / last.at.Sub(first.at).Minutes(), last.sent > first.sent
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
