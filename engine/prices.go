package engine

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// Price says whether a charge agrees with the prices that a plan was made with.
type Price uint8

// The answers of a [Price].
const (
	PriceUnknown   Price = iota // nothing: the charge or the price is not known
	PriceExplained              // the video's length explains it
	PriceDearer                 // no length explains it: the price may have changed
)

// judge compares the charge of a settled entry with the price of its request for the true
// length of the video. It needs the payload, so it runs before the entry is settled. The
// charge of a failed job is no price.
func (w Worker) judge(e ledger.Entry, ev ledger.Event) Price {
	made := ev.Kind == ledger.Succeed
	switch {
	case ev.Charge.Basis == credit.Unknown || !e.Expected().Known():
		return PriceUnknown
	case made && ev.Charge.Amount > w.highestFor(e, ev.Result.Duration), !made && ev.Charge.Amount > highest(e):
		return PriceDearer
	case made:
		return PriceExplained
	}
	return PriceUnknown
}

// highestFor is the highest charge that the length of a video explains: its price
// by today's plan, and one step more, since services round lengths up. Where the
// length is not known it is the highest estimate.
func (w Worker) highestFor(e ledger.Entry, length time.Duration) credit.Amount {
	quote := func(d time.Duration) credit.Estimate {
		return w.Step.rulesOf(e.Operation).Quote(w.Step.request(e), job.Length{Low: d, Likely: d, High: d})
	}
	price := quote(length)
	if length <= 0 || !price.Known() {
		return highest(e)
	}
	step := quote(length + time.Second).High.Minus(price.High)
	return price.High.Plus(max(0, step))
}

// highest is the most that was ever expected of an entry. What finished videos taught may
// be less than its prices allow, and a charge in between is no new price.
func highest(e ledger.Entry) credit.Amount { return max(e.Estimate.High, e.Expected().High) }
