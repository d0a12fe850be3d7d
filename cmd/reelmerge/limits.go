package main

import (
	"cmp"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
)

// limits are the campaign's, and the service's own where it says nothing.
func (s *setup) limits() engine.Limits {
	t := s.checker.Traits()
	l := engine.Limits{
		Submits: t.Submits, Requests: t.Requests, Active: t.Active,
		FirstPoll: t.FirstPoll, MaxPoll: t.MaxPoll, Deadline: t.Deadline,
	}
	c := s.Limits
	if len(c.Submits) > 0 {
		l.Submits = nil
		for _, w := range c.Submits {
			l.Submits = append(l.Submits, window(w))
		}
	}
	if c.Requests.Count > 0 {
		l.Requests = window(c.Requests)
	}
	if c.Active > 0 {
		l.Active = c.Active
	}
	if t.HardActive && !s.Provider.Sandbox.On || t.HardActive && t.Active < l.Active {
		l.Active = min(l.Active, t.Active)
	}
	l.FirstPoll, l.MaxPoll = cmp.Or(c.Poll.First, l.FirstPoll), cmp.Or(c.Poll.Max, l.MaxPoll)
	l.Deadline = cmp.Or(c.Deadline, l.Deadline)
	return l
}

// typical is how long the service works on one video, and how that is known: the
// campaign says so, its finished videos did, or the service's own sample.
func (s *setup) typical(seen time.Duration) (time.Duration, credit.Basis) {
	switch t := s.checker.Traits().Typical; {
	case s.Limits.Typical > 0:
		return s.Limits.Typical, credit.Configured
	case seen > 0:
		return seen, credit.Observed
	case s.Provider.Sandbox.On:
		return cmp.Or(s.Provider.Sandbox.Render, defaultRender), credit.Configured
	case t > 0:
		return t, credit.Documented
	}
	return 0, credit.Unknown
}

// forecast is what the pace is run forward with at the start of a run.
func (s *setup) forecast(plan *engine.Plan) engine.Forecast {
	f := engine.Forecast{Limits: s.limits(), Active: plan.Actions.InFlight}
	f.Typical, _ = s.typical(0)
	return f
}
