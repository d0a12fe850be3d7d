package report

import (
	"cmp"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// card is one of the large figures at the top of a page, with a word about it. Its tone
// is "", "good", "bad" or "warn".
type card struct{ Figure, About, Tone string }

// counted makes a card of a number; a number that is not zero has the tone.
func counted(n int, about, tone string) card {
	if n == 0 {
		tone = ""
	}
	return card{wording.Count(n), about, tone}
}

// some drops the cards that count zero: they would only say what did not happen.
func some(cards ...card) (kept []card) {
	for _, c := range cards {
		if c.Figure != "0" {
			kept = append(kept, c)
		}
	}
	return kept
}

// mostCards is how many accounts have a card of their own; the table has all.
const mostCards = 2

// cards returns the figures at the top of plan.html. The first ones are there even when
// they are zero, so that every plan begins alike.
func (p PlanPage) cards() []card {
	cards := []card{counted(p.Actions.Submit, "videos to send", "")}
	for _, c := range p.Cost[:min(len(p.Cost), mostCards)] {
		if c.Likely != nil {
			cards = append(cards, c.cards()...)
		}
	}
	if p.Time.Likely != nil && p.Actions.Submit > 0 {
		cards = append(cards, card{span(*p.Time.Likely), "to make them", ""})
	}
	cards = append(cards, counted(p.Rows.Total, "rows in the sheet", ""), counted(p.Rows.Refused, "with problems", "bad"))
	return append(cards, some(
		counted(p.Rows.Filtered, StatusLeftOut, ""), counted(p.Actions.Done, "made already", "good"),
		counted(p.Actions.InFlight, StatusBeingMade, ""), counted(p.Actions.Unsure, "not known: to decide", "warn"),
		counted(p.Actions.Failed, "failed before", "bad"), counted(p.Actions.Cancelled, "cancelled", ""),
		counted(p.Actions.Changed, "changed since they were made", "warn"), counted(p.Actions.Removed, "gone from the sheet", "warn"),
	)...)
}

// cards returns the figures at the top of report.html.
func (r RunPage) cards() []card {
	made := StatusMade
	if r.Test {
		made = "test videos made"
	}
	cards := []card{counted(r.Rows.Total, "rows in the sheet", ""), counted(r.States.Succeeded, made, "good"), counted(r.States.Failed, StatusFailed, "bad")}
	cards = append(cards, some(
		counted(r.States.Unsure, StatusNotKnown+": to decide", "warn"), counted(r.States.Intended+r.States.Submitted, StatusBeingMade, ""),
		counted(r.States.Planned, StatusToSend, ""), counted(r.States.Cancelled, StatusCancelled, ""),
		counted(r.Changed, "changed since they were bought: to decide", "warn"),
		counted(r.Rows.Refused, "with problems", "bad"), counted(r.Rows.Filtered, StatusLeftOut, ""),
	)...)
	for _, c := range r.Credits[:min(len(r.Credits), mostCards)] {
		cards = append(cards, card{c.Charged.Rounded(), wording.Clean(c.Unit) + " " + spentWord(r.Test), ""})
		if c.Money != nil {
			cards = append(cards, card{c.Money.Charged.Money(wording.Clean(c.Money.Currency)), spentWord(r.Test), ""})
		}
	}
	return cards
}

// cards returns a card for the cost in the service's unit and, when the campaign has a
// rate, one for the cost in money.
func (c Cost) cards() []card {
	cards := []card{{c.atLeast() + c.likely().Rounded(), "likely, in " + c.account(), ""}}
	if m := c.Money; m != nil {
		cards = append(cards, card{c.atLeast() + m.likely(c).Money(wording.Clean(m.Currency)), "likely", ""})
	}
	return cards
}

// figure is a number in a column of a table. Pad holds zeros that the page draws
// invisibly, so that the decimal points of the column are below each other.
type figure struct{ Text, Pad string }

// written is a figure of an amount, as people read it; [align] adds the padding.
func written(a credit.Amount) figure { return figure{Text: a.Rounded()} }

// align pads the numbers of each column over so many lines. A number without a decimal
// point gets an invisible point as well.
func align(lines int, columns func(line int) []*figure) {
	var most []int
	for i := range lines {
		for j, f := range columns(i) {
			if j == len(most) {
				most = append(most, 0)
			}
			most[j] = max(most[j], f.places())
		}
	}
	for i := range lines {
		for j, f := range columns(i) {
			if f.Text != notKnown {
				f.Pad = strings.Repeat("0", most[j]-f.places())
			}
			if f.places() == 0 && f.Pad != "" {
				f.Pad = "." + f.Pad
			}
		}
	}
}

// places is how many decimal places a number has.
func (f figure) places() int {
	_, fraction, _ := strings.Cut(f.Text, ".")
	return len(fraction)
}

// aligned aligns the three amounts of each line.
func aligned(lines []amounts) []amounts {
	align(len(lines), func(i int) []*figure {
		l := &lines[i]
		return []*figure{&l.Low, &l.Likely, &l.High}
	})
	return lines
}

// amounts is one line of a table of costs.
type amounts struct {
	Row, Rows         int // Row is the number of a single row; Rows counts those of a group
	Name, Account     string
	Low, Likely, High figure
	Basis             string
	Money             bool // the line repeats the one above in a currency
}

// amounts rounds the low end down and the high end up: the range on the page must never
// be narrower than the estimate is.
func (c Cost) amounts() amounts {
	line := amounts{Account: c.account(), Low: figure{Text: notKnown}, Likely: figure{Text: notKnown}, High: figure{Text: notKnown}, Basis: HowKnown(c.Basis, c.service())}
	if c.Likely != nil {
		at := func(a credit.Amount) figure { return figure{Text: c.atLeast() + a.Rounded()} }
		line.Low, line.Likely, line.High = at(c.Low.Down()), at(c.likely()), at(c.High.Up())
	}
	return line
}

// lines are the accounts of a plan, each followed by its cost in a currency.
func (p PlanPage) lines() (lines []amounts) {
	for _, c := range p.Cost {
		line := c.amounts()
		line.Name = c.account()
		if c.UnknownRows > 0 {
			line.Basis += "; rows without a price: " + wording.Count(c.UnknownRows)
		}
		lines = append(lines, line)
		if m := c.Money; m != nil {
			at := func(a credit.Amount) figure { return figure{Text: c.atLeast() + a.Money("")} }
			lines = append(lines, amounts{
				Name: "in " + wording.Clean(m.Currency), Low: at(m.Low.Down()), Likely: at(m.likely(c)), High: at(m.High.Up()), Basis: m.dated(), Money: true,
			})
		}
	}
	return aligned(lines)
}

// dated says how a rate is known.
func (m Money) dated() string {
	if m.AsOf == "" {
		return "at the campaign's rate"
	}
	return "at the campaign's rate of " + wording.Clean(m.AsOf)
}

// groupLines are the lines of the table of groups.
func groupLines(groups []Group) (lines []amounts) {
	for _, g := range groups {
		line := g.Cost.amounts()
		line.Name = Shorten(g.name(), mostWords)
		line.Rows = g.Rows
		lines = append(lines, line)
	}
	return aligned(lines)
}

// dearestLines are the lines of the table of the dearest rows.
func dearestLines(rows []RowCost) (lines []amounts) {
	for _, r := range rows {
		line := r.Cost.amounts()
		line.Name = Shorten(wording.Clean(r.Key), mostWords)
		line.Row = r.Row
		lines = append(lines, line)
	}
	return aligned(lines)
}

// name is what a group is called.
func (g Group) name() string { return cmp.Or(wording.Clean(g.Name), "(empty)") }

// spending is one line of a table of what an account pays before and by a plan.
type spending struct {
	Name                                   string
	Charged, InFlight, Unsure, Adds, InAll figure
}

// spending puts what is spent beside what the run would add at the most; nil while
// nothing is.
func (p PlanPage) spending() (lines []spending) {
	for _, s := range p.Spent {
		all := s.Charged.Plus(s.InFlight).Plus(s.Unsure)
		line := spending{s.account(), written(s.Charged), written(s.InFlight.Up()), written(s.Unsure.Up()), written(0), written(all.Up())}
		for _, c := range p.Cost {
			if c.account() != s.account() {
				continue
			}
			line.Adds.Text, line.InAll.Text = notKnown, notKnown
			if c.High != nil {
				line.Adds.Text, line.InAll.Text = c.atLeast()+c.High.Up().Rounded(), c.atLeast()+all.Plus(*c.High).Up().Rounded()
			}
		}
		lines = append(lines, line)
	}
	align(len(lines), func(i int) []*figure {
		l := &lines[i]
		return []*figure{&l.Charged, &l.InFlight, &l.Unsure, &l.Adds, &l.InAll}
	})
	return lines
}

// book is one line of a table of what was spent.
type book struct {
	Name                                 string
	Charged, Reserved, Released, Overrun figure
	Money                                bool
}

// books are the accounts of a report, each followed by its amounts in a currency.
func (r RunPage) books() (books []book) {
	for _, c := range r.Credits {
		books = append(books, book{c.account(), written(c.Charged), written(c.Reserved.Up()), written(c.Released), written(c.Overrun), false})
		if m := c.Money; m != nil {
			in := func(a credit.Amount) figure { return figure{Text: a.Money("")} }
			books = append(books, book{"in " + m.rate(), in(m.Charged), in(m.Reserved.Up()), in(m.Released), in(m.Overrun), true})
		}
	}
	align(len(books), func(i int) []*figure {
		b := &books[i]
		return []*figure{&b.Charged, &b.Reserved, &b.Released, &b.Overrun}
	})
	return books
}

// rate names the currency, and the day of its price.
func (b Converted) rate() string {
	if b.AsOf == "" {
		return wording.Clean(b.Currency)
	}
	return wording.Clean(b.Currency + ", prices of " + b.AsOf)
}

// of is an amount in the rate's currency.
func (r Rate) of(a credit.Amount) credit.Amount {
	return a.Ratio(int64(r.PerUnit), int64(credit.Unit))
}
