package reelmerge

import (
	"cmp"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// limits are those of the campaign, and the service's own where the campaign sets none.
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

// typical is how long the service works on one video, and how that is known: set in the
// campaign, observed on its finished videos, or documented by the service.
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

// cautious is assumed if neither the campaign nor the service nor a finished video tells
// how long a video takes. Renderers that publish a time are faster, so a plan with it is
// rather too long than too short.
const cautious = 5 * time.Minute

// guessed is [Campaign.typical], or a cautious guess; assumed reports which.
func (c *Campaign) guessed(seen time.Duration) (each time.Duration, basis credit.Basis, assumed bool) {
	if each, basis = c.typical(seen); each == 0 {
		return cautious, basis, true
	}
	return each, basis, false
}

// forecast returns the start of a run for a forecast of its pace.
func (c *Campaign) forecast(plan *engine.Plan) engine.Forecast {
	f := engine.Forecast{Limits: c.limits(), Active: plan.Actions.InFlight}
	f.Typical, _ = c.typical(0)
	return f
}
