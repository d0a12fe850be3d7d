package vidgen

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitJobs is the unit if the campaign names none. The service documents neither prices nor
// credits.
const unitJobs = "jobs"

// of returns the price of a job with a video of some length.
func of(p providers.Prices, length time.Duration) (sum credit.Amount) {
	if p.PerJob != nil {
		sum = *p.PerJob
	}
	if p.PerMinute != nil {
		sum = sum.Plus(p.PerMinute.Ratio(length.Milliseconds(), time.Minute.Milliseconds()))
	}
	return sum
}

// Quote prices a job by the campaign's prices. It returns no estimate if there are none, or
// if there is a price per minute and the length is not known.
func (c *Checker) Quote(_ providers.Request, length job.Length) credit.Estimate {
	p := c.prices
	if p.PerJob == nil && p.PerMinute == nil || p.PerMinute != nil && !length.Known() {
		return credit.Estimate{}
	}
	return credit.Estimate{
		Low: of(p, length.Low), Likely: of(p, length.Likely), High: of(p, length.High),
		Basis: credit.Configured, PriceDate: p.AsOf,
	}
}

// Measure returns the length of the sound as that of the video. The documentation does not
// say so, but a talking video ends with its sound.
func (c *Checker) Measure(r providers.Request) job.Length {
	for _, m := range r.Media {
		if m.Part == partAudio && m.Length > 0 {
			return job.Length{Low: m.Length, Likely: m.Length, High: m.Length}
		}
	}
	return job.Length{}
}

// Charge computes the cost of a completed job. The documentation does not say what a failed
// or cancelled one costs. The service does not report the length of a video either, so the
// quoted length of the sound counts.
func (c *Checker) Charge(quoted credit.Estimate, done providers.Progress) credit.Charge {
	p := c.prices
	switch {
	case done.Outcome != providers.Succeeded, p.PerJob == nil && p.PerMinute == nil:
		return credit.Charge{}
	case p.PerMinute != nil && done.Result.Duration <= 0:
		if quoted.Known() && quoted.Low == quoted.High {
			return credit.Charge{Amount: quoted.Likely, Basis: credit.Configured}
		}
		return credit.Charge{}
	case p.PerMinute != nil:
		return credit.Charge{Amount: of(p, done.Result.Duration), Basis: credit.Observed}
	}
	return credit.Charge{Amount: *p.PerJob, Basis: credit.Configured}
}

// Account returns the account of the key.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: c.prices.Unit}
}
