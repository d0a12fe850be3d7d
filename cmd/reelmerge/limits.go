package main

import (
	"cmp"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
)

// limits are the campaign's, and the service's own where it says nothing.
func (s *setup) limits() engine.Limits {
	c := s.Limits
	own := engine.Limits{
		Requests: window(c.Requests), Active: c.Active, FirstPoll: c.Poll.First, MaxPoll: c.Poll.Max, Deadline: c.Deadline,
	}
	for _, w := range c.Submits {
		own.Submits = append(own.Submits, window(w))
	}
	return engine.LimitsOf(s.checker.Traits()).With(own)
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
