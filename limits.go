package reelmerge

import (
	"cmp"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
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

// working is how long the service works on one video, and how that is known.
type working struct {
	each    time.Duration // 0: not known
	basis   credit.Basis
	noticed bool            // each lasts until a poll has noticed the end
	took    []time.Duration // what single videos took, of which each is the mean
	spread  float64         // each is right within this factor; 0: that of an estimate
	assumed bool            // each is our cautious guess
}

// cautious is assumed if neither the campaign nor the service nor a finished video tells
// how long a video takes. Renderers that publish a time are faster, so a plan with it is
// rather too long than too short.
const cautious = 5 * time.Minute

// working tells what finished videos show, else what the campaign says, else the service's
// own sample, and guesses where nothing is known.
func (c *Campaign) working(lessons *learn.Lessons) working {
	seen, videos := lessons.Work()
	switch t := c.checker.Traits().Typical; {
	case seen > 0:
		return working{each: seen, basis: credit.Observed, noticed: true, took: lessons.Took(), spread: engine.SpreadOf(videos)}
	case c.file.Limits.Typical > 0:
		return working{each: c.file.Limits.Typical, basis: credit.Configured}
	case c.file.Provider.Sandbox.On:
		return working{each: cmp.Or(c.file.Provider.Sandbox.Render, sandbox.DefaultRender), basis: credit.Configured}
	case t > 0:
		return working{each: t, basis: credit.Documented}
	}
	return working{each: cautious, assumed: true}
}

// forecast is what the pace is run forward with: for a plan, and during a run.
func (c *Campaign) forecast(plan *engine.Plan, w working) engine.Forecast {
	return engine.Forecast{
		Limits: c.limits(), Active: plan.Actions.InFlight, Typical: w.each, Noticed: w.noticed, Took: w.took, Spread: w.spread,
	}
}
