package colossyan

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitMinutes is the unit of a Colossyan plan: minutes of finished video.
const unitMinutes = "minutes"

// price is what one job costs: so much per job, and so much per minute of video.
type price struct {
	perMinute credit.Amount
	perJob    credit.Amount
	basis     credit.Basis // unknown: nobody can say what a job costs
	asOf      string
}

// priceOf reads the campaign's prices. Without any, a minute of video costs one
// minute of the plan, which is documented; in another unit, or for an operation
// that makes no video, it is unknown.
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

// of returns what a video of some length costs.
func (p price) of(length time.Duration) credit.Amount {
	const minute = int64(time.Minute / time.Millisecond)
	return p.perJob.Plus(p.perMinute.Ratio(length.Milliseconds(), minute))
}

// Quote prices a request by the length that its video is expected to have. When
// nobody knows the length, nobody knows the price, unless it is per job alone.
func (c *Checker) Quote(_ providers.Request, length job.Length) credit.Estimate {
	p := c.price
	if !makesVideo(c.operation) {
		length, p.perMinute = job.Length{}, 0
	}
	if p.basis == credit.Unknown || p.perMinute != 0 && !length.Known() {
		return credit.Estimate{}
	}
	return credit.Estimate{
		Low: p.of(length.Low), Likely: p.of(length.Likely), High: p.of(length.High),
		Basis: p.basis, PriceDate: p.asOf,
	}
}

// Charge computes what a finished job cost from how long its video is: the
// service reports seconds and no cost. What a failed or cancelled job costs is
// documented nowhere.
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
