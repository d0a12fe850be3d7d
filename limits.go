package reelmerge

import (
	"cmp"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// limits are the campaign's, and the service's own where it says nothing.
func (c *Campaign) limits() engine.Limits {
	set := c.file.Limits
	own := engine.Limits{
		Requests: window(set.Requests), Active: set.Active, FirstPoll: set.Poll.First, MaxPoll: set.Poll.Max, Deadline: set.Deadline,
	}
	for _, w := range set.Submits {
		own.Submits = append(own.Submits, window(w))
	}
	return engine.LimitsOf(c.checker.Traits()).With(own)
}

// typical is how long the service works on one video, and how that is known: the
// campaign says so, its finished videos did, or the service's own sample.
func (c *Campaign) typical(seen time.Duration) (time.Duration, credit.Basis) {
	switch t := c.checker.Traits().Typical; {
	case c.file.Limits.Typical > 0:
		return c.file.Limits.Typical, credit.Configured
	case seen > 0:
		return seen, credit.Observed
	case c.file.Provider.Sandbox.On:
		return cmp.Or(c.file.Provider.Sandbox.Render, sandbox.DefaultRender), credit.Configured
	case t > 0:
		return t, credit.Documented
	}
	return 0, credit.Unknown
}

// cautious is how long we take a service to work on one video of which nothing is
// known: it says nothing, and no video of the campaign is made yet. Renderers that
// publish a time are faster, so that a plan is rather too long.
const cautious = 5 * time.Minute

// guessed is [Campaign.typical], and a cautious guess where nothing is known.
func (c *Campaign) guessed(seen time.Duration) (each time.Duration, basis credit.Basis, assumed bool) {
	if each, basis = c.typical(seen); each == 0 {
		return cautious, basis, true
	}
	return each, basis, false
}

// forecast is what the pace is run forward with at the start of a run.
func (c *Campaign) forecast(plan *engine.Plan) engine.Forecast {
	f := engine.Forecast{Limits: c.limits(), Active: plan.Actions.InFlight}
	f.Typical, _ = c.typical(0)
	return f
}
