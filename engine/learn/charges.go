package learn

import (
	"cmp"
	"slices"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// charges is what jobs cost whose price no length decides.
type charges struct {
	pairs   []pair          // from the cheapest to the dearest, as shares of their plans
	amounts []credit.Amount // of jobs without a plan
}

// pair is a charge beside the likely amount that was planned.
type pair struct{ charged, planned credit.Amount }

// of applies the share to another plan.
func (p pair) of(planned credit.Amount) credit.Amount {
	return planned.Ratio(int64(p.charged), int64(p.planned))
}

func chargesOf(samples []sample) (c charges) {
	for _, s := range samples {
		switch {
		case !s.paid:
		case s.priced && s.planned == 0: // free, as planned
		case s.priced:
			c.pairs = append(c.pairs, pair{s.charged, s.planned})
		default:
			c.amounts = append(c.amounts, s.charged)
		}
	}
	slices.SortFunc(c.pairs, func(a, b pair) int { return cmp.Compare(a.of(credit.Of(1000)), b.of(credit.Of(1000))) })
	return c
}

// join adds charges of another class.
func (c *charges) join(o *charges) { c.amounts = append(c.amounts, o.amounts...) }

// expect corrects the plan of a row by what others cost. Its range closes in on what was
// seen as jobs are added: three alike may be chance.
func (c *charges) expect(row ledger.Content) Expected {
	planned := row.Estimate
	n := int64(len(c.pairs))
	switch {
	case !planned.Known():
		return Expected{Cost: c.absolute()}
	case n < few, planned.Low == planned.High:
		return Expected{Cost: planned}
	}
	least, middle, greatest := c.pairs[0].of(planned.Likely), c.pairs[n/2].of(planned.Likely), c.pairs[n-1].of(planned.Likely)
	below, above := max(0, least.Minus(planned.Low)).Ratio(few, n), max(0, planned.High.Minus(greatest)).Ratio(few, n)
	cost := credit.Estimate{
		Low: least.Minus(below), Likely: middle, High: greatest.Plus(above),
		Basis: planned.Basis.Weaker(credit.Observed), PriceDate: planned.PriceDate,
	}
	mean := c.total().of(planned.Likely)
	own := max(greatest.Minus(mean), mean.Minus(least))
	doubt := own.Ratio(2, isqrt(n)) // of the mean; own is no less than a standard deviation
	return Expected{Cost: cost, Videos: len(c.pairs), Mean: credit.Mean{
		Low: max(0, mean.Minus(doubt).Minus(below.Ratio(few, n))), Likely: mean, High: mean.Plus(doubt).Plus(above.Ratio(few, n)), Own: own,
	}}
}

// total is the share that all jobs together cost of their plans.
func (c *charges) total() (sum pair) {
	for _, p := range c.pairs {
		sum = pair{sum.charged.Plus(p.charged), sum.planned.Plus(p.planned)}
	}
	return sum
}

// absolute is what a job without a plan costs: the least, the mean and the most.
func (c *charges) absolute() credit.Estimate {
	if len(c.amounts) == 0 {
		return credit.Estimate{}
	}
	var sum credit.Amount
	for _, a := range c.amounts {
		sum = sum.Plus(a)
	}
	return credit.Estimate{
		Low: slices.Min(c.amounts), Likely: sum.Ratio(1, int64(len(c.amounts))), High: slices.Max(c.amounts), Basis: credit.Observed,
	}
}

// isqrt is the whole part of a square root.
func isqrt(n int64) (root int64) {
	for (root+1)*(root+1) <= n {
		root++
	}
	return root
}
