package engine

import (
	"container/heap"
	"math"
	"slices"
	"sync"
	"time"
)

// Forecast holds the assumptions that the time of a run is computed from.
type Forecast struct {
	Limits  Limits
	Typical time.Duration // how long the service works on one video; 0: not known
	Noticed bool          // Typical lasts until a poll has noticed the end
	// Took is how long single videos took, of which Typical is the mean; nil: all take the
	// same. A run ends with its slowest job, not with an average one.
	Took   []time.Duration
	Spread float64     // Typical is right within this factor; 0 means 2
	Active int         // jobs that are running already
	Sent   []time.Time // intents that the windows remember
	StopAt time.Time   // nothing is sent after; zero: the run goes on to its end
}

// Expected is when a run would end. The zero value means that it is not known.
type Expected struct {
	Known             bool
	Low, Likely, High time.Duration
	BoundBy           string // the limit that binds most of the time
	// InTime is how many of the rows would be sent before the forecast's stop
	// time; all of them where there is none.
	InTime int
}

// spread is the factor by which one job's time may differ from that of a sample.
const spread = 2

// SpreadOf is the spread of a mean of so many jobs. One may be off by the factor that
// estimates are off by; many are not.
func SpreadOf(jobs int) float64 { return 1 + 1/math.Sqrt(float64(max(1, jobs))) }

// ForecastRun runs the pace forward over a number of rows, and returns when the last of
// them would be settled. It uses the same [Pace] as a run, so both obey the same limits.
func ForecastRun(rows int, f Forecast, now time.Time) Expected {
	if f.Typical <= 0 && rows > 0 {
		return Expected{}
	}
	factor := f.Spread
	if factor == 0 {
		factor = spread
	}
	e := Expected{Known: true}
	f.Sent = slices.Clip(f.Sent) // each simulation appends to its own copy
	var wait sync.WaitGroup
	wait.Go(func() { e.Low = forward(rows, f, time.Duration(float64(f.Typical)/factor), now).takes })
	wait.Go(func() { e.High = forward(rows, f, time.Duration(float64(f.Typical)*factor), now).takes })
	likely := forward(rows, f, f.Typical, now)
	e.Likely = likely.takes
	e.BoundBy = likely.binding()
	e.InTime = likely.inTime
	wait.Wait()
	return e
}

// Chain adds the time of steps that are made one after another before the first row can be
// sent: nothing else can be done meanwhile.
func (e *Expected) Chain(steps int, f Forecast) {
	if !e.Known || steps == 0 {
		return
	}
	factor := f.Spread
	if factor == 0 {
		factor = spread
	}
	each := float64(f.Typical) * float64(steps)
	e.Low += time.Duration(each / factor)
	e.Likely += time.Duration(each)
	e.High += time.Duration(each * factor)
}

// steady is how many rows are run through one by one. Beyond, the rhythm has
// long settled, and the rest follows from it.
const steady = 20_000

// forward simulates the first rows one by one, and extends the rhythm of the second half
// of them over the rest: the first half is faster, since no window is full yet.
func forward(rows int, f Forecast, job time.Duration, start time.Time) *simulation {
	n := min(rows, steady)
	s := &simulation{forecast: f, pace: NewPace(f.Limits, f.Sent), now: start, last: start, job: job, bound: map[string]time.Duration{}}
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
	rest := rows - n
	each := time.Duration(0)
	if rest > 0 {
		each = s.now.Sub(half) / time.Duration(n-n/2)
	}
	s.takes = s.last.Sub(start) + time.Duration(rest)*each
	s.inTime += s.fit(rest, each)
	return s
}

// fit returns how many of the remaining rows are sent before the stop time, at the pace
// of one per given duration.
func (s *simulation) fit(rows int, each time.Duration) int {
	switch left := s.forecast.StopAt.Sub(s.now); {
	case s.forecast.StopAt.IsZero():
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
	forecast Forecast
	pace     *Pace
	now      time.Time
	job      time.Duration // how long one takes, on average
	jobs     int           // that have got a time of their own
	ends     appointments
	last     time.Time
	bound    map[string]time.Duration

	inTime int           // rows sent before the stop time
	takes  time.Duration // until the last row is settled
}

// send moves the clock to the next turn and submits one row. The wait is counted for the
// limit that caused it, so that the forecast can name the one that matters most.
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
		if at.IsZero() { // all places are taken: the next turn comes when a job ends
			at = s.ends[0].at
		}
		s.bound[turn.Bound] += at.Sub(s.now)
		s.now = at
	}
	s.pace.Sent(s.now)
	s.pace.Answered(s.now)
	if s.forecast.StopAt.IsZero() || s.now.Before(s.forecast.StopAt) {
		s.inTime++
	}
	end := s.settled(s.now)
	heap.Push(&s.ends, appointment{at: end})
	if end.After(s.last) {
		s.last = end
	}
}

// takesJob is how long the next job takes: as the videos of the forecast did, one after
// another, stretched to the mean that is assumed.
func (s *simulation) takesJob() time.Duration {
	took := s.forecast.Took
	if len(took) == 0 {
		return s.job
	}
	one := took[s.jobs%len(took)]
	s.jobs++
	return time.Duration(float64(one) * float64(s.job) / float64(s.forecast.Typical))
}

// settled returns when a job's end would be noticed: at the first poll after it.
func (s *simulation) settled(submitted time.Time) time.Time {
	done := submitted.Add(s.takesJob())
	if s.forecast.Noticed {
		return done
	}
	at := submitted
	for at.Before(done) {
		at = s.forecast.Limits.NextPoll(submitted, at)
	}
	return at
}

// binding returns the limit that was waited for longest. Equal waits go by name, because
// the order of a map would make the forecast differ from call to call.
func (s *simulation) binding() (name string) {
	for bound, waited := range s.bound {
		if waited > s.bound[name] || waited == s.bound[name] && bound < name {
			name = bound
		}
	}
	return name
}
