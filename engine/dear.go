package engine

import (
	"fmt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
)

// dear adds up what the latest videos cost, and the most that they should have cost by what
// was learnt until then. A single video may be an outlier. When the sum of twenty is above
// the sum of their highest estimates, the estimates are wrong, and a person has to look
// before the rest of the sheet is paid for.
type dear struct {
	charged, highest []credit.Amount // of the latest videos, oldest first
	account          credit.Account
}

// dearOver is how many videos are added up.
const dearOver = 20

// note takes the entry of a finished video with what is expected of it now, and returns why
// the run should hold; it is empty while there is no reason. Estimates that no video has
// confirmed do not count: they are corrected first.
func (d *dear) note(e ledger.Entry, expected learn.Expected) string {
	if e.Basis == credit.Unknown || len(e.Attempts) > 0 || expected.Cost.Basis != credit.Observed {
		return ""
	}
	if e.Account != d.account {
		*d = dear{account: e.Account}
	}
	d.charged, d.highest = append(d.charged, e.Money.Charged), append(d.highest, expected.Cost.High)
	if len(d.charged) < dearOver {
		return ""
	}
	var paid, most credit.Amount
	for i := range d.charged {
		paid, most = paid.Plus(d.charged[i]), most.Plus(d.highest[i])
	}
	d.charged, d.highest = d.charged[1:], d.highest[1:]
	if paid <= most {
		return ""
	}
	return fmt.Sprintf("the latest %d videos cost %s, more than the %s that they should have cost at most by what earlier ones taught", dearOver, paid.In(e.Account.Unit), most.Up().In(e.Account.Unit))
}
