package reelmerge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Bill is what a run is about to send, and what that comes to.
type Bill struct {
	Plan *engine.Plan
	Rows int           // that are sent now
	Cost []report.Cost // of these rows
	// Budget says how far the budget reaches, where it does not cover these rows at
	// their highest estimate; empty: it does, or there is none.
	Budget string
}

// purse adds up what the rows cost that a run sends now, in the order in which they are
// sent, and finds where the budget ends.
type purse struct {
	most    int            // rows that are sent now; 0: all
	budget  *credit.Amount // nil: there is none
	sums    map[credit.Account]*credit.Sum
	likely  map[credit.Account]credit.Amount // of the rows that the budget covers
	rows    int
	covered int
	short   bool // the budget ends before the last row
}

func (c *Campaign) newPurse(most int) *purse {
	p := &purse{most: most, sums: map[credit.Account]*credit.Sum{}, likely: map[credit.Account]credit.Amount{}}
	if c.file.Budget != nil {
		p.budget = &c.file.Budget.Limit
	}
	return p
}

// take books a row of the plan. What is spent before is in the books: a row fits as long
// as its highest estimate does, and then costs what is likely.
func (p *purse) take(v engine.Visited, books map[credit.Account]ledger.Money) {
	if v.Action != engine.ActionSubmit || p.most > 0 && p.rows == p.most {
		return
	}
	p.rows++
	account, estimate := v.Content.Account, v.Content.Estimate
	if p.sums[account] == nil {
		p.sums[account] = &credit.Sum{}
		p.likely[account] = books[account].Charged.Plus(books[account].Reserved)
	}
	p.sums[account].Add(estimate)
	if p.budget == nil || p.short {
		return
	}
	if p.short = p.likely[account].Plus(estimate.High) > *p.budget; !p.short {
		p.likely[account] = p.likely[account].Plus(estimate.Likely)
		p.covered++
	}
}

// reach says how far a budget reaches that does not cover all rows; empty: it does.
func (p *purse) reach(unit string, books map[credit.Account]ledger.Money) string {
	lack := p.lack(books)
	if p.budget == nil || lack == 0 {
		return ""
	}
	about := ""
	for _, sum := range p.sums {
		if sum.Low != sum.High {
			about = "about "
		}
	}
	covers := fmt.Sprintf("covers %s%s of %s", about, wording.Count(p.covered), wording.Plural(p.rows, "row"))
	if p.covered == p.rows {
		covers = "is likely to cover all rows, and does not at their highest estimate"
	}
	return fmt.Sprintf("%s %s; for all of them it takes %s more", p.budget.In(unit), covers, lack.Up().In(unit))
}

// lack is what the budget is short of at the highest estimate. Amounts of different
// accounts are not added, and each account has the budget for itself.
func (p *purse) lack(books map[credit.Account]ledger.Money) (most credit.Amount) {
	if p.budget == nil {
		return 0
	}
	for account, sum := range p.sums {
		needed := books[account].Charged.Plus(books[account].Reserved).Plus(sum.High)
		most = max(most, needed.Minus(*p.budget))
	}
	return most
}

// bill is what the purse comes to.
func (r *running) bill() Bill {
	c, books := r.campaign, r.plan.Balances
	unit := ""
	if c.file.Budget != nil {
		unit = cmp.Or(c.file.Budget.Unit, unitOf(r.plan))
	}
	return Bill{Plan: r.plan, Rows: r.purse.rows, Cost: c.costs(r.purse.sums), Budget: r.purse.reach(unit, books)}
}

// account names the account that is charged, and what it has left.
func (r *running) account(balance string) string {
	name := wording.Clean(r.campaign.file.TokenSource())
	if balance != "" {
		name += " (" + balance + " left)"
	}
	return name
}

// sum says what a bill comes to, in so many words as a question has room for.
func (b Bill) sum() string {
	var parts []string
	for _, cost := range b.Cost {
		parts = append(parts, cost.Brief())
	}
	if rest := len(parts) - mostSums; rest > 0 {
		parts = append(parts[:mostSums], fmt.Sprintf("%s more", wording.Plural(rest, "sum")))
	}
	return strings.Join(parts, " and ")
}

// mostSums is how many accounts a question names.
const mostSums = 3

// Empty says why no row of a plan could be sent, where the sheet has none or its filter
// leaves all of them out; empty text: there are rows.
func (c *Campaign) Empty(plan *engine.Plan) (text, cure string) {
	switch {
	case !plan.NoneLeft():
		return "", ""
	case plan.Rows.Total == 0:
		return "the sheet has nothing below its header", "see whether the right file was exported, and whether rows: sheet names the right worksheet"
	}
	text = fmt.Sprintf("rows: where: %s leaves out all %s of the sheet", c.file.Rows.Where, wording.Plural(plan.Rows.Total, "row"))
	var parts []string
	for _, column := range plan.LeftOut {
		values := make([]string, len(column.Values))
		for i, value := range column.Values {
			values[i] = fmt.Sprintf("%q", report.Shorten(value, 40))
		}
		if column.More {
			values = append(values, "…")
		}
		parts = append(parts, fmt.Sprintf("the column %q has %s", column.Column, strings.Join(values, ", ")))
	}
	return text, strings.Join(parts, "; ")
}
