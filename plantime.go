package reelmerge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
)

// planTime forecasts the time of the run by running its pace forward over the rows.
func (p *planning) planTime(now time.Time) report.Time {
	rows := p.result.Actions.Submit
	for _, s := range p.result.Steps[:max(0, len(p.result.Steps)-1)] {
		rows += s.Jobs // parts take their places in the windows, too
	}
	w := p.campaign.working(p.result.Lessons)
	f := p.campaign.forecast(p.result, w)
	f.Sent = p.past.sent
	if at := p.campaign.file.Limits.StopAt; at != nil {
		f.StopAt = at.Next(now)
	}
	expected := engine.ForecastRun(rows, f, now)
	expected.Chain(p.inSequence(), f)
	t := report.Time{BoundBy: expected.BoundBy, Each: report.Seconds(w.each), EachBasis: w.basis, Assumed: w.assumed}
	if !expected.Known {
		return t
	}
	t.Low, t.Likely, t.High = report.Seconds(expected.Low), report.Seconds(expected.Likely), report.Seconds(expected.High)
	t.Shorter = p.campaign.shorter(rows, f, expected)
	if !f.StopAt.IsZero() {
		t.StopAt = &f.StopAt
		t.InTime = &expected.InTime
	}
	return t
}

// inSequence is how many steps must be made one after another before the first row can be
// sent.
func (p *planning) inSequence() (n int) {
	for _, s := range p.result.Steps[:max(0, len(p.result.Steps)-1)] {
		if s.Jobs > 0 {
			n++
		}
	}
	return n
}

// longRun is the length from which on a plan says what would make the run shorter.
const longRun = 10 * time.Minute

// shorter says which setting would make the run shorter. It doubles the limit that binds
// the run, and forecasts again.
func (c *Campaign) shorter(rows int, f engine.Forecast, e engine.Expected) string {
	if e.Likely < longRun {
		return ""
	}
	traits := c.checker.Traits()
	title := c.service.Title
	what := ""
	switch name, _, _ := strings.Cut(e.BoundBy, ":"); name {
	case "active":
		if traits.HardActive && f.Limits.Active >= traits.Active {
			return fmt.Sprintf("nothing you can set: %s makes no more at a time", title)
		}
		f.Limits.Active *= 2
		what = fmt.Sprintf("limits: active: %d", f.Limits.Active)
	case "submits":
		f.Limits.Submits = slices.Clone(f.Limits.Submits)
		for i := range f.Limits.Submits {
			f.Limits.Submits[i].Count *= 2
		}
		what = "twice as many under limits: submits"
	case "requests":
		f.Limits.Requests.Count *= 2
		what = "twice as many under limits: requests"
	default:
		return ""
	}
	faster := engine.ForecastRun(rows, f, time.Now())
	// Less than a tenth of the time is not worth a change of the campaign.
	if float64(faster.Likely) > 0.9*float64(e.Likely) {
		return ""
	}
	return fmt.Sprintf("%s, if your plan with %s allows it: about %s", what, title, wording.Lasting(faster.Likely))
}
