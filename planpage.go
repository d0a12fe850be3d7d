package reelmerge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// writePage writes a page and returns its path. Without a path it does nothing.
func (c *Campaign) writePage(o output, fill func(io.Writer) error) (string, error) {
	if o.path == "" {
		return "", nil
	}
	written, err := c.write(o, fill)
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = fail(Bug, fmt.Errorf("write page: %w", err), "nothing was sent; see whether the disk is full")
	}
	return written, err
}

// planPage fills in the page of the plan.
func (p *planning) planPage() report.PlanPage {
	c := p.campaign
	plan := p.result
	now := time.Now()
	page := report.PlanPage{
		Plan: report.Plan{
			Campaign: c.file.Name, Test: c.IsTest(), Rows: planRows(plan.Rows), Actions: report.Actions(plan.Actions),
			Steps: c.planSteps(plan), SharedSaves: c.savings(plan), Waits: c.waitNotes(plan.Waits),
			Service: c.service.Title, Spent: c.spent(plan), Cost: c.costs(plan.Cost), Time: p.planTime(now), Budget: p.budget(),
		},
		At: now, Source: c.file.Rows.Shown(), GroupedBy: p.options.By, Refused: p.refused,
		Observed: plan.Lessons.Seen().String(), Missing: p.missing(), Run: c.Command("run"),
	}
	if plan.Found > 0 {
		page.Run = c.Command("run", "--skip-problems")
	}
	for _, r := range plan.Risky {
		name := cmp.Or(r.Key, fmt.Sprint("row ", r.Row))
		page.Look = append(page.Look, report.RowNote{
			Row: r.Row, Key: r.Key, Reason: strings.Join(r.Why, "; "), WhatToDo: "see how it would look: " + c.Command("preview", "--row", name),
		})
	}
	c.addDetails(&page, plan.Details)
	return page
}

// riskyOnPage is how many of the rows that are worth a look a page of the plan shows.
const riskyOnPage = 3

// addDetails adds the groups, the dearest rows and the rows at risk.
func (c *Campaign) addDetails(page *report.PlanPage, d *engine.Details) {
	page.Lengths = d.Lengths
	if page.GroupedBy != "" {
		for _, g := range d.Groups {
			page.Groups = append(page.Groups, report.Group{Name: g.Value, Rows: g.Sum.Rows + g.Sum.Unknown, Cost: c.costOf(g.Account, g.Sum)})
		}
	}
	for _, r := range d.Dearest {
		var sum credit.Sum
		sum.Add(r.Cost)
		page.Dearest = append(page.Dearest, report.RowCost{Row: r.Row, Key: r.Key, Cost: c.costOf(r.Content.Account, sum)})
	}
	for _, r := range d.Tight {
		page.AtRisk = append(page.AtRisk, report.RowNote{
			Row: r.Row, Key: r.Key, Reason: fmt.Sprintf("the speech of scene %d has only %.1f s of room", r.Fit.Scene+1, r.Fit.Slack),
			WhatToDo: "shorten the row's texts, or let the scene follow its speech",
		})
	}
	for _, r := range d.Longest {
		page.AtRisk = append(page.AtRisk, report.RowNote{
			Row: r.Row, Key: r.Key, Reason: fmt.Sprintf("its texts are %d characters longer than those of an average row", r.Extra),
			WhatToDo: "see whether they are meant, and whether they fit",
		})
	}
}

// costOf is the cost of rows of one account.
func (c *Campaign) costOf(account credit.Account, sum credit.Sum) report.Cost {
	costs := c.costs(map[credit.Account]*credit.Sum{account: &sum})
	return costs[0]
}

// rate is the price of a unit in money, nil if the campaign has none.
func (c *Campaign) rate() *report.Rate {
	if c.file.Prices.PerUnit == nil || c.file.Prices.Currency == "" {
		return nil
	}
	return &report.Rate{Currency: c.file.Prices.Currency, PerUnit: *c.file.Prices.PerUnit, AsOf: c.file.Prices.AsOf}
}

// costs turns sums into costs, with money if the campaign has a rate.
func (c *Campaign) costs(sums map[credit.Account]*credit.Sum) []report.Cost {
	costs := report.Costs(sums)
	rate := c.rate()
	for i := range costs {
		costs[i].Service = c.service.Title
		if rate != nil {
			costs[i].Money = costs[i].InCurrency(*rate)
		}
	}
	return costs
}

// credits turns the ledger's balances into those of a report, with money if the campaign
// has a rate.
func (c *Campaign) credits(books map[credit.Account]ledger.Money) []report.Credits {
	credits := report.CreditsOf(books)
	rate := c.rate()
	for i := range credits {
		credits[i].Service = c.service.Title
		if rate != nil {
			credits[i].Money = credits[i].InCurrency(*rate)
		}
	}
	return credits
}

// Balance returns the balance of an account in the form of a report, with the service's
// name and with money if the campaign has a rate.
func (c *Campaign) Balance(a credit.Account, m ledger.Money) report.Credits {
	if credits := c.credits(map[credit.Account]ledger.Money{a: m}); len(credits) == 1 {
		return credits[0]
	}
	return report.Credits{Provider: a.Provider, Payer: a.Payer, Unit: a.Unit, Service: c.service.Title}
}

// spent is what the accounts of a plan have paid already.
func (c *Campaign) spent(plan *engine.Plan) []report.Spent {
	spent := report.SpentOf(plan.Balances, plan.Unsure)
	for i := range spent {
		spent[i].Service = c.service.Title
	}
	return spent
}

// budget compares the campaign's budget with the plan; nil without a budget.
func (p *planning) budget() *report.Budget {
	c := p.campaign
	plan := p.result
	if c.file.Budget == nil {
		return nil
	}
	enough := c.enough(plan)
	b := &report.Budget{Limit: c.file.Budget.Limit, Unit: cmp.Or(c.file.Budget.Unit, unitOf(plan)), Reaches: reaches(plan), Enough: &enough}
	// A budget that covers all rows needs no number of rows.
	if !enough {
		b.Covers = &p.purse.covered
	}
	return b
}

// enough reports whether the budget covers all rows at their highest estimates, together
// with what was charged and is reserved. A row without a price makes it false: its cost
// is unknown.
func (c *Campaign) enough(plan *engine.Plan) bool {
	for account, sum := range plan.Cost {
		balance := plan.Balances[account]
		if sum.Unknown > 0 || balance.Charged.Plus(balance.Reserved).Plus(sum.High) > c.file.Budget.Limit {
			return false
		}
	}
	return true
}

// reaches is the most that would be spent in all. It is nil if that is not known, and if
// there are several accounts, whose amounts are never added.
func reaches(plan *engine.Plan) *credit.Amount {
	var total credit.Amount
	accounts := map[credit.Account]bool{}
	for account, books := range plan.Balances {
		accounts[account] = true
		total = total.Plus(books.Charged).Plus(books.Reserved)
	}
	for account, sum := range plan.Cost {
		if accounts[account] = true; sum.Unknown > 0 {
			return nil
		}
		total = total.Plus(sum.High)
	}
	if len(accounts) > 1 {
		return nil
	}
	return &total
}

// unitOf is the unit of a plan's first account, for messages.
func unitOf(plan *engine.Plan) string {
	for _, account := range credit.InOrder(plan.Cost) {
		return account.Unit
	}
	for account := range plan.Balances {
		return account.Unit
	}
	return ""
}

// missing lists the settings that would make the plan more exact.
func (p *planning) missing() (list []string) {
	plan := p.result
	for _, sum := range plan.Cost {
		if sum.Unknown > 0 {
			list = append(list, "what one video costs: prices: {per_minute: …}, {per_job: …} or a table in the campaign")
			break
		}
	}
	if plan.Rows.Valid > 0 && !plan.Seconds.Known && unitOf(plan) == "minutes" {
		list = append(list, "the length of one video: duration in the template, or its scenes in videoCreative")
	}
	if p.campaign.working(plan.Lessons).assumed && plan.Actions.Submit > 0 {
		list = append(list, "how long "+p.campaign.service.Title+" works on one video: limits: {typical: 90s} in the campaign, or run it with --limit 3 and plan again")
	}
	return list
}

func planRows(n engine.RowCounts) report.PlanRows {
	return report.PlanRows{Total: n.Total, Valid: n.Valid, Refused: n.Refused, Filtered: n.Filtered, FilteredBy: report.FilteredBy(n.FilteredBy)}
}
