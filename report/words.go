package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// notKnown is what people read where there is no number.
const notKnown = "not known"

// Charged is the word behind an amount. What a test costs is never charged, so that
// it is said otherwise.
func Charged(test bool) string {
	if test {
		return "would be charged"
	}
	return "charged"
}

// amount writes an amount, or that nobody knows it.
func amount(a *credit.Amount) string {
	if a == nil {
		return notKnown
	}
	return a.Grouped()
}

// total writes what a cost comes to, likely and between, with "at least" where
// rows are unknown.
func (c Cost) total() string {
	if c.Likely == nil {
		return notKnown
	}
	return c.atLeast() + between(*c.Low, *c.Likely, *c.High)
}

// priced writes it with its unit.
func (c Cost) priced() string {
	switch {
	case c.Likely == nil:
		return notKnown
	case *c.Low == *c.High:
		return c.atLeast() + c.Likely.In(wording.Clean(c.Unit))
	}
	return c.total() + " " + wording.Clean(c.Unit)
}

func between(low, likely, high credit.Amount) string {
	if low == high {
		return likely.Grouped()
	}
	return fmt.Sprintf("%s (%s to %s)", likely.Grouped(), low.Grouped(), high.Grouped())
}

// atLeast stands before each amount of a cost that has an unknown part.
func (c Cost) atLeast() string {
	if c.UnknownRows > 0 && c.Likely != nil {
		return "at least "
	}
	return ""
}

// money writes the cost in its currency.
func (c Cost) money() string {
	if c.Money == nil {
		return ""
	}
	return c.atLeast() + between(c.Money.Low, c.Money.Likely, c.Money.High) + " " + c.Money.rate()
}

// rate names the currency, and the day of its price.
func (m Money) rate() string {
	if m.AsOf == "" {
		return wording.Clean(m.Currency)
	}
	return wording.Clean(m.Currency + ", prices of " + m.AsOf)
}

// means says in words how a number is known.
func means(b credit.Basis) string {
	switch b {
	case credit.Documented:
		return "documented: the service publishes it"
	case credit.Configured:
		return "configured: the campaign says so"
	case credit.Observed:
		return "observed: on videos of this campaign"
	case credit.Unknown:
	}
	return "unknown: nobody says"
}

// lasting writes how long a run would take.
func (t Time) lasting() string {
	if t.Likely == nil {
		return notKnown
	}
	text := span(*t.Likely)
	if t.Low != nil && t.High != nil && span(*t.Low) != span(*t.High) {
		text += fmt.Sprintf(" (%s to %s)", span(*t.Low), span(*t.High))
	}
	return text
}

// lasts says how long the plan's run would take.
func (p Plan) lasts() string {
	if p.Actions.Submit == 0 && p.Actions.InFlight == 0 {
		return "nothing to send"
	}
	return p.Time.lasting()
}

// span writes seconds.
func span(seconds float64) string {
	return wording.Lasting(time.Duration(seconds * float64(time.Second)))
}

// verdict says whether the budget covers the plan.
func (b Budget) verdict() string {
	text := b.Limit.In(wording.Clean(b.Unit)) + ": "
	reaches := ""
	if b.Reaches != nil {
		reaches = ", which comes to " + b.Reaches.Grouped() + " in all"
	}
	switch {
	case b.Enough == nil:
		return text + "nobody knows whether that is enough"
	case *b.Enough:
		return text + "enough, even at the highest estimate" + reaches
	}
	return text + "not enough for the highest estimate" + reaches + ": the run would stop at the budget"
}

// tone is "good" or "bad", or empty where nobody knows.
func (b *Budget) tone() string {
	switch {
	case b == nil || b.Enough == nil:
		return ""
	case *b.Enough:
		return "good"
	}
	return "bad"
}

// pace says how the time comes about: 1,200 rows, one at a time, about 3 min 15 s
// each; not overnight.
func (p Plan) pace() string {
	if p.Time.Likely == nil || p.Actions.Submit == 0 {
		return ""
	}
	text := wording.Plural(p.Actions.Submit, "row")
	if bound := boundWords(p.Time.BoundBy); bound != "" {
		text += ", " + bound
	}
	if p.Time.Each != nil {
		text += fmt.Sprintf(", about %s each (%s)", span(*p.Time.Each), p.Time.EachBasis)
	}
	if *p.Time.Likely > overnight.Seconds() {
		text += "; not overnight"
	}
	return text
}

// overnight is how long a run may take from six in the evening to eight in the
// morning.
const overnight = 14 * time.Hour

// boundWords says a limit in words: "active: 1" is "one at a time".
func boundWords(bound string) string {
	name, value, ok := strings.Cut(wording.Clean(bound), ": ")
	count, per, _ := strings.Cut(value, "/")
	every := map[string]string{"s": "a second", "m": "a minute", "h": "an hour", "d": "a day"}[per]
	switch {
	case !ok:
		return wording.Clean(bound)
	case name == "active" && value == "1":
		return "one at a time"
	case name == "active":
		return value + " at a time"
	case every == "":
		every = "in " + per
	}
	if name == "requests" {
		return "at most " + count + " requests " + every
	}
	return "at most " + count + " " + every
}

// stopping says what the stop time leaves undone.
func (p Plan) stopping() string {
	if p.Time.StopAt == nil || p.Time.InTime == nil || p.Actions.Submit == 0 {
		return ""
	}
	at := p.Time.StopAt.Format("Monday 15:04")
	if *p.Time.InTime >= p.Actions.Submit {
		return "all rows would be sent before it stops on " + at
	}
	return fmt.Sprintf("about %s of %s rows would be sent before it stops on %s; run it again to go on",
		wording.Count(*p.Time.InTime), wording.Count(p.Actions.Submit), at)
}
