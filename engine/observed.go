package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// Observed has the true lengths, costs and times of a campaign's finished videos. The
// zero value means that too few are finished to learn from.
type Observed struct {
	Videos  int             // finished videos that were looked at
	Lengths int             // of them, those whose length was both expected and told
	Stretch float64         // their real length divided by the expected one; 0: not known
	Dearer  float64         // their real cost divided by the expected one; 0: not known
	Work    time.Duration   // how long the service worked on one, at the median; 0: not known
	Cost    credit.Estimate // what one cost: the least, the mean and the most
}

const (
	observedFew  = 3    // fewer videos teach nothing
	observedMost = 1000 // more teach nothing new
)

// Learn reads the finished videos of a ledger and compares them with their estimates.
func Learn(ctx context.Context, store ledger.Store) (Observed, error) {
	var o observer
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if err != nil {
			return Observed{}, fmt.Errorf("read finished videos: %w", err)
		}
		if o.add(e); o.Videos >= observedMost {
			break
		}
	}
	return o.result(), nil
}

type observer struct {
	Observed
	real, expected time.Duration
	works          []time.Duration
	paid, planned  credit.Amount // of those whose cost was both expected and told
	priced         int
	costs          []credit.Amount
}

// add learns from one entry. Only rows with a single attempt teach a cost: the balance of
// an entry holds the charges of all its attempts.
func (o *observer) add(e ledger.Entry) {
	o.Videos++
	if e.Result.Duration > 0 && e.Seconds.Likely > 0 {
		o.Lengths++
		o.real, o.expected = o.real+e.Result.Duration, o.expected+e.Seconds.Likely
	}
	if work := e.SettledAt.Sub(e.SubmittedAt); !e.SubmittedAt.IsZero() && work > 0 {
		o.works = append(o.works, work)
	}
	if e.Basis != credit.Unknown && len(e.Attempts) == 0 {
		o.costs = append(o.costs, e.Money.Charged)
		if e.Estimate.Known() {
			o.priced++
			o.paid, o.planned = o.paid.Plus(e.Money.Charged), o.planned.Plus(e.Estimate.Likely)
		}
	}
}

// result computes the ratios, as far as there are enough videos for each.
func (o *observer) result() Observed {
	if o.Lengths >= observedFew {
		o.Stretch = float64(o.real) / float64(o.expected)
	}
	if o.priced >= observedFew && o.planned > 0 {
		o.Dearer = float64(o.paid) / float64(o.planned) // a ratio to talk about; no amount comes from it
	}
	if len(o.works) >= observedFew {
		slices.Sort(o.works)
		o.Work = o.works[len(o.works)/2]
	}
	if len(o.costs) > 0 {
		o.Cost = spreadOf(o.costs)
	}
	return o.Observed
}

func spreadOf(costs []credit.Amount) credit.Estimate {
	var sum credit.Amount
	for _, c := range costs {
		sum = sum.Plus(c)
	}
	return credit.Estimate{
		Low: slices.Min(costs), Likely: sum.Ratio(1, int64(len(costs))), High: slices.Max(costs), Basis: credit.Observed,
	}
}

// String says how far the first estimate was off; it is empty while too few
// videos are finished.
func (o Observed) String() string {
	if o.Stretch == 0 && o.Dearer == 0 {
		return ""
	}
	parts := append(offBy(o.Stretch, "longer", "shorter"), offBy(o.Dearer, "dearer", "cheaper")...)
	if len(parts) == 0 {
		return fmt.Sprintf("%d finished videos were as estimated", o.Videos)
	}
	return fmt.Sprintf("%d finished videos were %s than estimated", o.Videos, strings.Join(parts, " and "))
}

// FarOff reports whether the finished videos differ from the estimates by more than a
// quarter.
func (o Observed) FarOff() bool { return FarOff(o.Stretch) || FarOff(o.Dearer) }

// FarOff reports whether a ratio is more than a quarter away from one; 0 is one that is
// not known.
func FarOff(ratio float64) bool { return ratio > 0 && math.Abs(ratio-1) > 0.25 }

// offBy writes how far a ratio is from one; it is empty when the ratio is not known or
// rounds to one.
func offBy(ratio float64, more, less string) []string {
	switch percent := math.Round((ratio - 1) * 100); {
	case ratio == 0, percent == 0:
		return nil
	case percent > 0:
		return []string{fmt.Sprintf("%.0f%% %s", percent, more)}
	default:
		return []string{fmt.Sprintf("%.0f%% %s", -percent, less)}
	}
}
