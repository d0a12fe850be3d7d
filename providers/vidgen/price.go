package vidgen

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitJobs is what is counted where the campaign says nothing else: the service
// documents no prices and no credits.
const unitJobs = "jobs"

// of returns what a job costs whose video has some length.
func of(p providers.Prices, length time.Duration) (sum credit.Amount) {
	if p.PerJob != nil {
		sum = *p.PerJob
	}
	if p.PerMinute != nil {
		sum = sum.Plus(p.PerMinute.Ratio(length.Milliseconds(), time.Minute.Milliseconds()))
	}
	return sum
}

// Quote prices a job by the campaign's prices. Without any nobody knows what it
// costs, nor with a price per minute where nobody knows its length.
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

// Measure says that a video is as long as its sound. That is nowhere documented,
// and what talking videos are.
func (c *Checker) Measure(r providers.Request) job.Length {
	for _, m := range r.Media {
		if m.Part == partAudio && m.Length > 0 {
			return job.Length{Low: m.Length, Likely: m.Length, High: m.Length}
		}
	}
	return job.Length{}
}

// Charge computes what a completed job cost. What a failed or cancelled one costs
// is documented nowhere. Nor does the service say how long a video became: one
// that was quoted by the length of its sound cost that.
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

// Account is whoever the key belongs to.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: c.prices.Unit}
}
