package report

import (
	"cmp"

	"github.com/reelmerge/reelmerge/credit"
)

// card is a figure that people look for first, with a word about it. Its tone is
// "", "good", "bad" or "warn".
type card struct{ Figure, About, Tone string }

// counted makes a card of a number; a number that is not zero has the tone.
func counted(n int, about, tone string) card {
	if n == 0 {
		tone = ""
	}
	return card{number(n), about, tone}
}

// some leaves out what there is none of.
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

func (p PlanPage) cards() []card {
	cards := []card{counted(p.Actions.Submit, "videos to send", "")}
	for _, c := range p.Cost[:min(len(p.Cost), mostCards)] {
		if c.Likely != nil {
			cards = append(cards, card{c.atLeast() + c.Likely.Grouped(), "likely, in " + c.account(), ""})
		}
	}
	if p.Time.Likely != nil && p.Actions.Submit > 0 {
		cards = append(cards, card{span(*p.Time.Likely), "to make them", ""})
	}
	cards = append(cards, counted(p.Rows.Total, "rows in the sheet", ""), counted(p.Rows.Refused, "rows refused", "bad"))
	return append(cards, some(
		counted(p.Rows.Filtered, "left out by the filter", ""), counted(p.Actions.Done, "made already", "good"),
		counted(p.Actions.InFlight, "in progress", ""), counted(p.Actions.Unsure, "not known: to decide", "warn"),
		counted(p.Actions.Failed, "failed before", "bad"), counted(p.Actions.Cancelled, "cancelled", ""),
		counted(p.Actions.Changed, "changed since they were made", "warn"), counted(p.Actions.Removed, "gone from the sheet", "warn"),
	)...)
}

func (r RunPage) cards() []card {
	cards := []card{counted(r.Rows.Total, "rows in the sheet", ""), counted(r.States.Succeeded, StatusMade, "good"), counted(r.States.Failed, StatusFailed, "bad")}
	cards = append(cards, some(
		counted(r.States.Unsure, StatusNotKnown+": to decide", "warn"), counted(r.States.Intended+r.States.Submitted, StatusInProgress, ""),
		counted(r.States.Planned, StatusPlanned, ""), counted(r.States.Cancelled, StatusCancelled, ""),
		counted(r.Rows.Refused, StatusRefused, "bad"), counted(r.Rows.Filtered, "left out by the filter", ""),
	)...)
	for _, c := range r.Credits[:min(len(r.Credits), mostCards)] {
		cards = append(cards, card{c.Charged.Grouped(), "charged, in " + c.account(), ""})
	}
	return cards
}

// amounts is one line of a table of costs.
type amounts struct {
	Row, Rows         int // of one row, its number; of several, how many
	Name, Account     string
	Low, Likely, High string
	Basis             string
	Money             bool // it says the line above in a currency
}

func (c Cost) amounts() amounts {
	at := func(a *credit.Amount) string { return c.atLeast() + amount(a) }
	return amounts{Account: c.account(), Low: at(c.Low), Likely: at(c.Likely), High: at(c.High), Basis: c.Basis.String()}
}

// lines are the accounts of a plan, each followed by its cost in a currency.
func (p PlanPage) lines() (lines []amounts) {
	for _, c := range p.Cost {
		line := c.amounts()
		line.Name, line.Basis = c.account(), means(c.Basis)
		if c.UnknownRows > 0 {
			line.Basis += "; rows without a price: " + number(c.UnknownRows)
		}
		lines = append(lines, line)
		if m := c.Money; m != nil {
			at := func(a credit.Amount) string { return c.atLeast() + a.Grouped() }
			lines = append(lines, amounts{Name: "in " + Clean(m.Currency), Low: at(m.Low), Likely: at(m.Likely), High: at(m.High), Basis: m.dated(), Money: true})
		}
	}
	return lines
}

// dated says how a rate is known.
func (m Money) dated() string {
	if m.AsOf == "" {
		return "at the campaign's rate"
	}
	return "at the campaign's rate of " + Clean(m.AsOf)
}

func groupLines(groups []Group) (lines []amounts) {
	for _, g := range groups {
		line := g.Cost.amounts()
		line.Name, line.Rows = Shorten(g.name(), mostWords), g.Rows
		lines = append(lines, line)
	}
	return lines
}

func dearestLines(rows []RowCost) (lines []amounts) {
	for _, r := range rows {
		line := r.Cost.amounts()
		line.Name, line.Row = Shorten(Clean(r.Key), mostWords), r.Row
		lines = append(lines, line)
	}
	return lines
}

// name is what a group is called.
func (g Group) name() string { return cmp.Or(Clean(g.Name), "(empty)") }

// spending is one line of a table of what an account pays before and by a plan.
type spending struct{ Name, Charged, InFlight, Unsure, Adds, InAll string }

// spending puts what is spent beside what the run would add at the most; nil while
// nothing is.
func (p PlanPage) spending() (lines []spending) {
	for _, s := range p.Spent {
		line := spending{s.account(), s.Charged.Grouped(), s.InFlight.Grouped(), s.Unsure.Grouped(), "0", ""}
		all := s.Charged.Plus(s.InFlight).Plus(s.Unsure)
		line.InAll = all.Grouped()
		for _, c := range p.Cost {
			if c.account() != s.account() {
				continue
			}
			line.Adds, line.InAll = c.atLeast()+amount(c.High), notKnown
			if c.High != nil {
				line.InAll = c.atLeast() + all.Plus(*c.High).Grouped()
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// book is one line of a table of what was spent.
type book struct {
	Name                                 string
	Charged, Reserved, Released, Overrun string
	Money                                bool
}

// books are the accounts of a report, each followed by its amounts in a currency.
func (r RunPage) books() (books []book) {
	for _, c := range r.Credits {
		books = append(books, book{c.account(), c.Charged.Grouped(), c.Reserved.Grouped(), c.Released.Grouped(), c.Overrun.Grouped(), false})
		if r.Rate == nil {
			continue
		}
		in := func(a credit.Amount) string { return r.Rate.of(a).Grouped() }
		name := Money{Currency: r.Rate.Currency, AsOf: r.Rate.AsOf}.rate()
		books = append(books, book{"in " + name, in(c.Charged), in(c.Reserved), in(c.Released), in(c.Overrun), true})
	}
	return books
}

// of is an amount in the rate's currency.
func (r Rate) of(a credit.Amount) credit.Amount {
	return a.Ratio(int64(r.PerUnit), int64(credit.Unit))
}
