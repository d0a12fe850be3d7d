package report

import (
	"fmt"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// notKnown is what people read where there is no number.
const notKnown = "not known"

// number writes a count with thousands set apart: 1,187.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// amount writes an amount, or that nobody knows it.
func amount(a *credit.Amount) string {
	if a == nil {
		return notKnown
	}
	return a.String()
}

// total writes what a cost comes to, likely and between, with "at least" where
// rows are unknown.
func (c Cost) total() string {
	if c.Likely == nil {
		return notKnown
	}
	text := c.Likely.String()
	if *c.Low != *c.High {
		text = fmt.Sprintf("%s (%s to %s)", c.Likely, c.Low, c.High)
	}
	if c.UnknownRows > 0 {
		text = "at least " + text
	}
	return text
}

// money writes the cost in its currency.
func (c Cost) money() string {
	if c.Money == nil {
		return ""
	}
	text := c.Money.Likely.String() + " " + Clean(c.Money.Currency)
	if c.UnknownRows > 0 {
		text = "at least " + text
	}
	if c.Money.AsOf != "" {
		text += ", prices of " + Clean(c.Money.AsOf)
	}
	return text
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

// span writes seconds as people say them: 65 h 20 min, 3 min 15 s.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	hours, minutes, rest := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case hours >= 48:
		return fmt.Sprintf("%d days %d h", hours/24, hours%24)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, rest)
	}
	return fmt.Sprintf("%d s", rest)
}

// verdict says whether the budget covers the plan.
func (b Budget) verdict() string {
	text := b.Limit.String() + " " + Clean(b.Unit) + ": "
	switch {
	case b.Enough == nil:
		return text + "nobody knows whether that is enough"
	case *b.Enough:
		return text + "enough, even at the highest estimate"
	}
	return text + "not enough for the highest estimate: the run would stop at the budget"
}
