package reelmerge

import (
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// TestTheCurvesOfAReportEndWhereTheRowsAre takes rows of each state through the report: what
// the curve says last is what its cards say.
func TestTheCurvesOfAReportEndWhereTheRowsAre(t *testing.T) {
	sent := time.Date(2026, 11, 30, 22, 47, 30, 0, time.UTC)
	for _, state := range ledger.States() {
		if state == ledger.Intended {
			continue // a report counts it as not known
		}
		e := ledger.Entry{Key: "1", State: state, IntendedAt: sent}
		if state.Settled() {
			e.SettledAt = sent.Add(time.Minute)
		}
		c := pricedCampaign(0)
		g := &gathering{page: &report.RunPage{}, accounts: map[credit.Account]*budgeted{}, causes: map[string]int{}, changed: map[string]bool{}}
		g.page.States = report.CountStates(map[ledger.State]int{state: 1})
		g.add(e, c)
		g.finish(c)
		last := g.page.States
		if n := len(g.page.Progress); n > 0 {
			last = g.page.Progress[n-1].States
		}
		if last != g.page.States && state != ledger.Planned || state == ledger.Planned && last.Planned != 1 {
			t.Errorf("%s: the curve ends with %+v, the rows are %+v", state, last, g.page.States)
		}
	}
}
