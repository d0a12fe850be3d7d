package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// notKnown stands wherever a number would stand that is not known. It must never be 0.
const notKnown = "not known"

// spentWord is the word for charges. The simulator charges nothing, so a test says what
// would be charged.
func spentWord(test bool) string {
	if test {
		return "would be charged"
	}
	return "spent"
}

// amount writes an amount, or the words for one that is not known.
func amount(a *credit.Amount) string {
	if a == nil {
		return notKnown
	}
	return a.Rounded()
}

// total writes the likely cost and its range, without the unit. It says "at least" where
// the price of some rows is not known.
func (c Cost) total() string {
	if c.Likely == nil {
		return notKnown
	}
	if *c.Low == *c.High {
		return c.atLeast() + c.likely().Rounded()
	}
	return c.atLeast() + c.likely().Rounded() + fromTo(c.Low.Down().Rounded(), c.High.Up().Rounded())
}

// priced writes the cost as [Cost.total] does, with its unit.
func (c Cost) priced() string {
	if c.Likely == nil {
		return notKnown
	}
	text := c.atLeast() + c.likely().In(c.unit())
	if *c.Low == *c.High {
		return text
	}
	return text + fromTo(c.Low.Down().Rounded(), c.High.Up().Rounded())
}

// unit names the unit, and the payer unless that is the owner of the token.
func (c Cost) unit() string { return unitOf(c.Unit, c.Payer) }

func unitOf(unit, payer string) string {
	if payer == "" {
		return wording.Clean(unit)
	}
	return wording.Clean(unit + " of " + payer)
}

func fromTo(low, high string) string { return fmt.Sprintf(" (%s to %s)", low, high) }

// likely returns the likely cost. Behind the words "at least" it is rounded down: an
// amount that was rounded up would be too much.
func (c Cost) likely() credit.Amount {
	if c.UnknownRows > 0 {
		return c.Likely.Down()
	}
	return *c.Likely
}

// atLeast stands before each amount of a cost that has an unknown part.
func (c Cost) atLeast() string {
	if c.UnknownRows > 0 && c.Likely != nil {
		return "at least "
	}
	return ""
}

// dated writes the cost in its currency, with the day of the rate.
func (c Cost) dated() string {
	if c.Money == nil || c.Money.AsOf == "" {
		return c.money()
	}
	return c.money() + ", prices of " + wording.Clean(c.Money.AsOf)
}

// money writes the cost in its currency.
func (c Cost) money() string {
	if c.Money == nil {
		return ""
	}
	m := c.Money
	text := c.atLeast() + m.likely(c).Money(wording.Clean(m.Currency))
	if m.Low != m.High {
		text += fromTo(m.Low.Down().Money(""), m.High.Up().Money(""))
	}
	return text
}

// likely is [Cost.likely] in money.
func (m Money) likely(c Cost) credit.Amount {
	if c.UnknownRows > 0 {
		return m.Likely.Down()
	}
	return m.Likely
}

// Sentence says a cost in units and money, and how it is known: "about 12.79 minutes
// (10.87 to 14.71), 10.88 EUR (9.24 to 12.51); price: published by Colossyan".
func (c Cost) Sentence() string {
	switch {
	case c.Likely == nil:
		return fmt.Sprintf("not known for %s, in %s", wording.Plural(c.UnknownRows, "row"), c.unit())
	case c.UnknownRows > 0:
		return c.inBoth() + ", and " + wording.Plural(c.UnknownRows, "row") + " without a price; price: " + HowKnown(c.Basis, c.service())
	case *c.Low != *c.High:
		return c.about() + c.inBoth() + "; " + c.known()
	}
	return c.inBoth() + "; " + c.known()
}

// about stands before an amount that has a range. An amount that is written as "less than
// 0.01" needs no second word of the kind.
func (c Cost) about() string {
	if strings.HasPrefix(c.likely().Rounded(), "less") {
		return ""
	}
	return "about "
}

// inBoth writes a cost in its unit and, where the campaign has a rate, in money.
func (c Cost) inBoth() string {
	if money := c.money(); money != "" {
		return c.priced() + ", " + money
	}
	return c.priced()
}

// Brief writes a cost shortly enough for a question: "about 12.79 minutes, 10.88 EUR (at
// most 14.71 minutes, 12.51 EUR)".
func (c Cost) Brief() string {
	if c.Likely == nil {
		return fmt.Sprintf("%s whose price is not known", wording.Plural(c.UnknownRows, "video"))
	}
	likely, most := c.atLeast()+c.likely().In(c.unit()), c.High.Up().In(wording.Clean(c.Unit))
	if m := c.Money; m != nil {
		likely, most = likely+", "+m.likely(c).Money(wording.Clean(m.Currency)), most+", "+m.High.Up().Money(wording.Clean(m.Currency))
	}
	switch {
	case c.UnknownRows > 0:
		return fmt.Sprintf("%s, and %s without a price", likely, wording.Plural(c.UnknownRows, "row"))
	case *c.Low == *c.High:
		return likely
	}
	return c.about() + likely + " (at most " + most + ")"
}

// AtMost writes the highest cost, in units and money: "14.71 minutes, 12.51 EUR". A cost with
// an unknown part has none.
func (c Cost) AtMost() string {
	if c.High == nil || c.UnknownRows > 0 {
		return notKnown
	}
	text := c.High.Up().In(c.unit())
	if m := c.Money; m != nil {
		text += ", " + m.High.Up().Money(wording.Clean(m.Currency))
	}
	return text
}

// known says in a sentence how a cost is known: a known price of a length that is not known
// is no known cost.
func (c Cost) known() string {
	if c.Basis == credit.Estimated {
		return HowKnown(c.Basis, c.service())
	}
	return "price: " + HowKnown(c.Basis, c.service())
}

// HowKnown says in words how a number is known.
func HowKnown(b credit.Basis, service string) string {
	switch b {
	case credit.Documented:
		return "published by " + cmp.Or(wording.Clean(service), "the service")
	case credit.Configured:
		return "set in the campaign"
	case credit.Observed:
		return "seen on finished videos"
	case credit.Estimated:
		return "estimated by length"
	case credit.Unknown:
	}
	return notKnown
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

// verdict says whether the budget covers the plan, and how far it reaches.
func (b Budget) verdict() string {
	text := b.Limit.In(wording.Clean(b.Unit)) + ": "
	switch {
	case b.Enough == nil:
		return text + "it is not known whether that is enough"
	case *b.Enough && b.Reaches != nil:
		return text + "enough, even at the highest estimate, which comes to " + b.Reaches.Up().Rounded() + " in all"
	case *b.Enough:
		return text + "enough, even at the highest estimate"
	}
	text += "not enough for the highest estimate" + b.lack()
	if b.Covers == nil {
		return text + ". The run would stop at the budget"
	}
	return text + ". The run would stop at the budget, after about " + wording.Plural(*b.Covers, "row")
}

// lack says how much the budget lacks. It rounds up, so that a person who adds that much
// has enough.
func (b Budget) lack() string {
	if b.Reaches == nil {
		return ""
	}
	return fmt.Sprintf(", which comes to %s in all, %s beyond the limit", b.Reaches.Up().Rounded(), b.Reaches.Minus(b.Limit).Up().In(wording.Clean(b.Unit)))
}

// tone is "good" or "bad", or empty where it is not known.
func (b *Budget) tone() string {
	switch {
	case b == nil || b.Enough == nil:
		return ""
	case *b.Enough:
		return "good"
	}
	return "bad"
}

// pace says where the time comes from: "1,200 rows, one at a time, about 3 min 15 s each;
// not overnight".
func (p Plan) pace() string {
	if p.Time.Likely == nil || p.Actions.Submit == 0 {
		return ""
	}
	text := wording.Plural(p.Actions.Submit, "row")
	if bound := boundWords(p.Time.BoundBy); bound != "" {
		text += ", " + bound
	}
	if p.Time.Each != nil {
		text += fmt.Sprintf(", about %s each (%s)", span(*p.Time.Each), p.Time.each(p.Service))
	}
	if *p.Time.Likely > overnight.Seconds() {
		text += "; not overnight"
	}
	return text
}

// each says how the time of one video is known.
func (t Time) each(service string) string {
	if t.Assumed {
		return "a cautious guess of ours: " + cmp.Or(wording.Clean(service), "the service") + " publishes none"
	}
	return HowKnown(t.EachBasis, service)
}

// overnight is the longest run that starts at six in the evening and is over at eight the
// next morning.
const overnight = 14 * time.Hour

// boundWords says a limit in words: "active: 1" becomes "one at a time", and "requests:
// 60/m" becomes "at most 60 requests a minute". A limit in a form that it does not know
// is returned as it is.
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

// stopping says how many rows are sent before the campaign's stop time.
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
