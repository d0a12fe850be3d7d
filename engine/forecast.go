package engine

import (
	"container/heap"
	"time"
)

// Forecast is what the time of a run follows from.
type Forecast struct {
	Limits  Limits
	Typical time.Duration // how long the service works on one video; 0: nobody knows
	Noticed bool          // Typical lasts until a poll has noticed the end
	Spread  float64       // Typical is right within this factor; 0 means 2
	Active  int           // jobs that are running already
	Sent    []time.Time   // intents that the windows remember
	StopAt  time.Time     // nothing is sent after; zero: the run goes on to its end
}

// Expected is when a run would end. The zero value says that nobody knows.
type Expected struct {
	Known             bool
	Low, Likely, High time.Duration
	BoundBy           string // the limit that binds most of the time
	// InTime is how many of the rows would be sent before the forecast's stop
	// time; all of them where there is none.
	InTime int
}

// spread is how far one job's time may be from a sample's.
const spread = 2

// ForecastRun runs the pace forward over a number of rows, and says when the
// last of them would be settled.
func ForecastRun(rows int, f Forecast, now time.Time) Expected {
	if f.Typical <= 0 && rows > 0 {
		return Expected{}
	}
	factor := f.Spread
	if factor == 0 {
		factor = spread
	}
	e := Expected{Known: true}
	likely := forward(rows, f, f.Typical, now)
	e.Likely, e.BoundBy, e.InTime = likely.takes, likely.binding(), likely.inTime
	e.Low = forward(rows, f, time.Duration(float64(f.Typical)/factor), now).takes
	e.High = forward(rows, f, time.Duration(float64(f.Typical)*factor), now).takes
	return e
}

// steady is how many rows are run through one by one. Beyond, the rhythm has
// long settled, and the rest follows from it.
const steady = 20_000

func forward(rows int, f Forecast, job time.Duration, start time.Time) *simulation {
	n := min(rows, steady)
	s := &simulation{Forecast: f, pace: NewPace(f.Limits, f.Sent), now: start, last: start, job: job, bound: map[string]time.Duration{}}
	for range f.Active {
		s.pace.Resumed()
		s.last = s.settled(start)
		heap.Push(&s.ends, appointment{at: s.last})
	}
	half := start
	for i := range n {
		if i == n/2 {
			half = s.now
		}
		s.send()
	}
	rest, each := rows-n, time.Duration(0)
	if rest > 0 {
		each = s.now.Sub(half) / time.Duration(n-n/2)
	}
	s.takes = s.last.Sub(start) + time.Duration(rest)*each
	s.inTime += s.fit(rest, each)
	return s
}

// fit is how many of the rows beyond those that were run through are sent in
// time, one every so often.
func (s *simulation) fit(rows int, each time.Duration) int {
	switch left := s.StopAt.Sub(s.now); {
	case s.StopAt.IsZero():
		return rows
	case left <= 0:
		return 0
	case each <= 0:
		return rows
	default:
		return min(rows, int(left/each))
	}
}

// simulation is a run without a service: jobs take the time they are given.
type simulation struct {
	Forecast
	pace  *Pace
	now   time.Time
	job   time.Duration
	ends  appointments
	last  time.Time
	bound map[string]time.Duration

	inTime int           // rows sent before the stop time
	takes  time.Duration // until the last row is settled
}

func (s *simulation) send() {
	for {
		for len(s.ends) > 0 && !s.ends[0].at.After(s.now) {
			heap.Pop(&s.ends)
			s.pace.Ended()
		}
		turn := s.pace.Submit(s.now)
		if turn.Now(s.now) {
			break
		}
		at := turn.At
		if at.IsZero() {
			at = s.ends[0].at
		}
		s.bound[turn.Bound] += at.Sub(s.now)
		s.now = at
	}
	s.pace.Sent(s.now)
	if s.StopAt.IsZero() || s.now.Before(s.StopAt) {
		s.inTime++
	}
	end := s.settled(s.now)
	heap.Push(&s.ends, appointment{at: end})
	if end.After(s.last) {
		s.last = end
	}
}

// settled is when a job's end would be noticed: at the first poll after it.
func (s *simulation) settled(submitted time.Time) time.Time {
	done := submitted.Add(s.job)
	if s.Noticed {
		return done
	}
	at := submitted
	for at.Before(done) {
		at = s.Limits.NextPoll(submitted, at)
	}
	return at
}

func (s *simulation) binding() (name string) {
	for bound, waited := range s.bound {
		if waited > s.bound[name] || waited == s.bound[name] && bound < name {
			name = bound
		}
	}
	return name
}
