package colossyan

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitMinutes is the unit of a Colossyan plan: minutes of finished video.
const unitMinutes = "minutes"

// price is the cost of one job: an amount per job, and an amount per minute of video.
type price struct {
	perMinute credit.Amount
	perJob    credit.Amount
	basis     credit.Basis // Unknown if the price of a job is not known
	asOf      string
}

// priceOf reads the campaign's prices. Without any, a minute of video costs one minute of
// the plan, as Colossyan documents. In another unit, or for an operation that makes no
// video, the price is not known.
func priceOf(operation string, p providers.Prices) price {
	if p.PerMinute != nil || p.PerJob != nil {
		return price{perMinute: amount(p.PerMinute), perJob: amount(p.PerJob), basis: credit.Configured, asOf: p.AsOf}
	}
	if unitOf(p) == unitMinutes && makesVideo(operation) {
		return price{perMinute: credit.Unit, basis: credit.Documented}
	}
	return price{}
}

func amount(a *credit.Amount) credit.Amount {
	if a == nil {
		return 0
	}
	return *a
}

func unitOf(p providers.Prices) string {
	if p.Unit == "" {
		return unitMinutes
	}
	return p.Unit
}

// of returns the cost of a video of some length. It divides once, after multiplying whole
// milliseconds, so that no rounding adds up.
func (p price) of(length time.Duration) credit.Amount {
	const minute = int64(time.Minute / time.Millisecond)
	return p.perJob.Plus(p.perMinute.Ratio(length.Milliseconds(), minute))
}

// Quote prices a request by the expected length of its video. If the length is not known,
// the price is not known either, unless it is per job alone.
func (c *Checker) Quote(_ providers.Request, length job.Length) credit.Estimate {
	p := c.price
	if !makesVideo(c.operation) {
		length = job.Length{}
		p.perMinute = 0
	}
	if p.basis == credit.Unknown || p.perMinute != 0 && !length.Known() {
		return credit.Estimate{}
	}
	return credit.Estimate{
		Low: p.of(length.Low), Likely: p.of(length.Likely), High: p.of(length.High),
		Basis: p.basis, PriceDate: p.asOf,
	}
}

// Charge computes the cost of a finished job from the length of its video: the service
// reports seconds and no cost. The cost of a failed or cancelled job is not documented,
// so it stays unknown.
func (c *Checker) Charge(_ credit.Estimate, p providers.Progress) credit.Charge {
	if p.Outcome != providers.Succeeded || c.price.basis == credit.Unknown {
		return credit.Charge{}
	}
	if !makesVideo(c.operation) {
		return credit.Charge{Amount: c.price.perJob, Basis: c.price.basis}
	}
	if c.price.perMinute != 0 && p.Result.Duration <= 0 {
		return credit.Charge{}
	}
	return credit.Charge{Amount: c.price.of(p.Result.Duration), Basis: c.price.basis.Weaker(credit.Observed)}
}

// Account is the workspace's plan.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: c.unit}
}
