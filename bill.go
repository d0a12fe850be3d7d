package reelmerge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Bill says which rows a run is about to send, and what they cost.
type Bill struct {
	Plan *engine.Plan
	Rows int           // the number of rows that are sent now
	Cost []report.Cost // of these rows
	// Unapproved is the number of rows that are ready, and wait for an approval.
	Unapproved int
	// Budget says how far the budget reaches, where it does not cover these rows at
	// their highest estimate; empty: it does, or there is none.
	Budget string
}

// purse adds up the cost of the rows that a run sends now, in the order in which they are
// sent, and finds the row at which the budget ends.
type purse struct {
	most    int            // rows that are sent now; 0: all
	budget  *credit.Amount // nil: there is none
	sums    map[credit.Account]*credit.Sum
	likely  map[credit.Account]credit.Amount // of the rows that the budget covers
	parts   map[string]bool                  // that were taken before
	rows    int
	covered int
	short   bool // the budget ends before the last row
}

// newPurse returns an empty purse for so many rows; 0 stands for all.
func (c *Campaign) newPurse(most int) *purse {
	p := &purse{most: most, sums: map[credit.Account]*credit.Sum{}, likely: map[credit.Account]credit.Amount{}, parts: map[string]bool{}}
	if c.file.Budget != nil {
		p.budget = &c.file.Budget.Limit
	}
	return p
}

// take adds a row of the plan. The ledger's balances say what was spent before. A row fits into the budget if its highest estimate does. The row then counts
// with its likely cost, since the ledger gives the rest of a reservation back when the
// row is settled.
func (p *purse) take(v *engine.Visited, books map[credit.Account]ledger.Money) {
	if v.Action != engine.ActionSubmit || p.most > 0 && p.rows == p.most {
		return
	}
	p.rows++
	for _, part := range v.Parts {
		if !p.parts[part.Key] {
			p.parts[part.Key] = true
			p.add(part.Content.Account, part.Expected, books)
		}
	}
	p.add(v.Content.Account, v.Expected, books)
	if p.budget != nil && !p.short {
		p.covered++
	}
}

// add adds one job, of a row or of a part that rows wait for. Jobs are sent in their order,
// so the first one that does not fit ends the coverage, even if a cheaper one behind it would
// fit.
func (p *purse) add(account credit.Account, expected learn.Expected, books map[credit.Account]ledger.Money) {
	estimate := expected.Cost
	sum := p.sums[account]
	if sum == nil {
		sum = &credit.Sum{}
		p.sums[account] = sum
		p.likely[account] = books[account].Charged.Plus(books[account].Reserved)
	}
	sum.AddOfMany(estimate, expected.Mean)
	if p.budget == nil || p.short {
		return
	}
	if p.short = p.likely[account].Plus(estimate.High) > *p.budget; !p.short {
		p.likely[account] = p.likely[account].Plus(estimate.Likely)
	}
}

// reach says how far the budget reaches if it does not cover all rows; otherwise it is
// empty.
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

// lack is the amount that the budget is short of at the highest estimate. Amounts of
// different accounts are not added, and the budget holds for each account by itself.
func (p *purse) lack(books map[credit.Account]ledger.Money) (most credit.Amount) {
	if p.budget == nil {
		return 0
	}
	// Each account is compared by itself, and the one that lacks most decides.
	for account, sum := range p.sums {
		needed := books[account].Charged.Plus(books[account].Reserved).Plus(sum.High)
		most = max(most, needed.Minus(*p.budget))
	}
	return most
}

// bill returns the bill of the purse.
func (r *running) bill() Bill {
	c := r.campaign
	books := r.plan.Balances
	unit := ""
	if c.file.Budget != nil {
		unit = cmp.Or(c.file.Budget.Unit, unitOf(r.plan))
	}
	return Bill{Plan: r.plan, Unapproved: r.gate.count(), Rows: r.purse.rows, Cost: c.costs(r.purse.sums), Budget: r.purse.reach(unit, books)}
}

// account names the account that is charged, and what it has left.
func (r *running) account(balance string) string {
	name := wording.Clean(r.campaign.file.TokenSource())
	if balance != "" {
		name += " (" + balance + " left)"
	}
	return name
}

// sum says the cost in few enough words for a question.
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

// mostSums is the number of accounts that a question names.
const mostSums = 3

// Empty says why no row of a plan can be sent: the sheet has none, or the filter leaves
// all of them out. The text is empty if there are rows.
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
