package reelmerge

import (
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
)

// outlook says how fast a run goes and when it is expected to end. It belongs to the
// goroutine that shows progress, not to the engine's.
type outlook struct {
	forecast func() engine.Forecast // by what is known now
	began    time.Time
	first    time.Time   // the end that was expected at the start; zero if it was not known
	ends     time.Time   // zero: not known
	bound    string      // the limit that slows the run most
	next     engine.Turn // of the next submit
	speed    []speed     // one a second, over the last minute
	again    time.Time
}

// newOutlook makes the first estimate.
func newOutlook(forecast func() engine.Forecast, now time.Time, s engine.Snapshot) *outlook {
	o := &outlook{forecast: forecast, began: now}
	if s.Latest.IsZero() {
		s.Latest = now
	}
	o.update(now, s)
	o.first = o.ends
	return o
}

// speed is the number of rows that had been sent at a time.
type speed struct {
	at   time.Time
	sent int
}

// update makes a new estimate. Running the pace forward over many rows takes a while, so
// the next estimate waits a hundred times as long: estimates take at most a hundredth of
// one processor.
func (o *outlook) update(now time.Time, s engine.Snapshot) {
	o.speed = append(o.speed, speed{now, s.Sent})
	// One more than a minute has seconds, since the speed is a difference of two of them.
	if len(o.speed) > 61 {
		o.speed = slices.Delete(o.speed, 0, 1)
	}
	o.next = s.Next
	if now.Before(o.again) && s.Left > 0 {
		return
	}
	started := time.Now()
	o.look(now, s)
	o.again = now.Add(max(500*time.Millisecond, 100*time.Since(started)))
}

// look takes what this run's own videos took for what the others will take, polls included,
// while there are too few to learn from.
func (o *outlook) look(now time.Time, s engine.Snapshot) {
	forecast := o.forecast()
	forecast.Active = s.Active
	forecast.Sent = s.Intents
	// Too few videos to learn from are better than none.
	if s.Jobs > 0 && !forecast.Noticed {
		forecast.Typical = s.Typical
		forecast.Spread = engine.SpreadOf(s.Jobs)
		forecast.Noticed = true
	}
	o.ends = time.Time{}
	// The last job that was sent decides when the running ones are over.
	if forecast.Typical > 0 && s.Active > 0 {
		o.ends = later(now, later(o.began, s.Latest).Add(forecast.Typical))
	}
	if s.Left == 0 && s.Active == 0 {
		o.ends = now
	}
	if e := engine.ForecastRun(s.Left, forecast, now); s.Left > 0 && e.Known {
		o.ends = later(o.ends, now.Add(e.Likely))
		o.bound = e.BoundBy
	}
}

// boundBy names the limit that slows the run most, or the one that delays the next row
// for long.
func (o *outlook) boundBy(now time.Time) string {
	if o.bound == "" || o.next.At.Sub(now) > longWait {
		return o.next.Bound
	}
	return o.bound
}

// longWait is a wait that needs an explanation on the screen.
const longWait = 5 * time.Second

// perMinute is the speed over the last minute; false if it is too early to tell.
func (o *outlook) perMinute() (float64, bool) {
	if len(o.speed) < 3 {
		return 0, false
	}
	first, last := o.speed[0], o.speed[len(o.speed)-1]
	return float64(last.sent-first.sent) / last.at.Sub(first.at).Minutes(), last.sent > first.sent
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
