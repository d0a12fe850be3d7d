package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// writePage writes a page unless there is no file to write it to, and returns
// where it is: beside the file that was asked for while that is open elsewhere.
func (a *app) writePage(path string, write func(io.Writer) error) (written string, err error) {
	if path == "" {
		return "", nil
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return "", fail(exitUsage, fmt.Errorf("write page: %w", err), "choose a file in a folder that you may write")
	}
	defer file.Discard()
	if err = write(file); err == nil {
		written, err = file.CommitBeside()
	}
	if err != nil {
		return "", fail(exitBug, fmt.Errorf("write page: %w", err), "nothing was sent; see whether the disk is full")
	}
	a.tellBeside(path, written)
	return written, nil
}

// tellBeside says that a file is not where it was asked for.
func (a *app) tellBeside(asked, written string) {
	if written != asked {
		a.say("note: %s is open in another program; this one is %s", asked, written)
	}
}

// planPage is a plan for people who were not there.
func (p *planning) planPage() report.PlanPage {
	s, plan := p.setup, p.result
	now := time.Now()
	page := report.PlanPage{
		Plan: report.Plan{
			Campaign: s.Name, Rows: report.PlanRows(plan.Rows), Actions: report.Actions(plan.Actions),
			Spent: report.SpentOf(plan.Books, plan.Unsure), Cost: s.costs(plan.Cost), Time: p.planTime(now), Budget: s.budget(plan),
		},
		At: now, Source: s.Rows.File, GroupedBy: p.flags.by, Refused: p.refused,
		Observed: p.past.seen.String(), Missing: p.missing(), Run: "reelmerge run " + s.argument(),
	}
	s.addDetails(&page, plan.Details)
	return page
}

func (s *setup) addDetails(page *report.PlanPage, d *engine.Details) {
	page.Lengths = d.Lengths
	if page.GroupedBy != "" {
		for _, g := range d.Groups {
			page.Groups = append(page.Groups, report.Group{Name: g.Value, Rows: g.Sum.Rows + g.Sum.Unknown, Cost: s.costOf(g.Account, g.Sum)})
		}
	}
	for _, r := range d.Dearest {
		var sum credit.Sum
		sum.Add(r.Content.Estimate)
		page.Dearest = append(page.Dearest, report.RowCost{Row: r.Row, Key: r.Key, Cost: s.costOf(r.Content.Account, sum)})
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

func (s *setup) costOf(account credit.Account, sum credit.Sum) report.Cost {
	costs := s.costs(map[credit.Account]*credit.Sum{account: &sum})
	return costs[0]
}

// rate is the campaign's price of a unit in money; nil where it has none.
func (s *setup) rate() *report.Rate {
	if s.Prices.PerUnit == nil || s.Prices.Currency == "" {
		return nil
	}
	return &report.Rate{Currency: s.Prices.Currency, PerUnit: *s.Prices.PerUnit, AsOf: s.Prices.AsOf}
}

// costs adds money where the campaign knows a rate.
func (s *setup) costs(sums map[credit.Account]*credit.Sum) []report.Cost {
	costs := report.Costs(sums)
	if rate := s.rate(); rate != nil {
		for i := range costs {
			costs[i].Money = costs[i].InCurrency(*rate)
		}
	}
	return costs
}

// budget says whether the campaign's covers the plan; nil where it has none.
func (s *setup) budget(plan *engine.Plan) *report.Budget {
	if s.Budget == nil {
		return nil
	}
	enough := s.enough(plan)
	return &report.Budget{Limit: s.Budget.Limit, Unit: cmp.Or(s.Budget.Unit, unitOf(plan)), Reaches: reaches(plan), Enough: &enough}
}

// reaches is what would be spent in all at the most; nil where nobody knows, or
// where there are several accounts, whose amounts are never added.
func reaches(plan *engine.Plan) *credit.Amount {
	var total credit.Amount
	accounts := map[credit.Account]bool{}
	for account, books := range plan.Books {
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

func unitOf(plan *engine.Plan) string {
	for _, account := range planAccounts(plan) {
		return account.Unit
	}
	for account := range plan.Books {
		return account.Unit
	}
	return ""
}

// missing says what would let the plan know more.
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
	if each, _ := p.setup.typical(p.past.seen.Work); each == 0 && plan.Actions.Submit > 0 {
		list = append(list, "how long "+p.setup.service.Title+" works on one video: limits: {typical: 90s} in the campaign, or run it with --limit 3 and plan again")
	}
	return list
}

// reportCommand writes one page for people who were not there.
func (a *app) reportCommand() *cobra.Command {
	var cf campaignFlags
	var out string
	c := &cobra.Command{
		Use:     "report CAMPAIGN",
		Short:   "Write one HTML file for people who were not there",
		Example: "  reelmerge report campaign.yaml\n  reelmerge report campaign.yaml --out spring.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.report(s, out)
		},
	}
	cf.register(c)
	c.Flags().StringVarP(&out, "out", "o", "", "the `file` to write; default: report.html beside the ledger")
	return c
}

func (a *app) report(s *setup, out string) error {
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	if store == nil {
		return fail(exitUsage, fmt.Errorf("campaign %q has not run yet", s.Name), "reelmerge plan "+s.argument()+" --html plan.html shows what a run would do")
	}
	defer store.Close()
	page, err := s.runPage(store)
	if err != nil {
		return ledgerFailure(err)
	}
	out = cmp.Or(out, s.path("report.html"))
	if out, err = a.writePage(out, page.WriteHTML); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "report": out, "status": page.Status})
	}
	_, err = fmt.Fprintln(a.out, report.Clean(out))
	return err
}

// runPage gathers what the ledger knows into a page. Amounts of different
// accounts stay apart.
func (s *setup) runPage(store ledger.Store) (report.RunPage, error) {
	summary, err := store.Summary()
	if err != nil {
		return report.RunPage{}, err
	}
	page := report.RunPage{
		Status: report.Status{
			Campaign: s.Name, States: report.CountStates(summary.States), Credits: report.CreditsOf(summary.Books),
		},
		At: time.Now(), Source: s.Rows.File, Rate: s.rate(),
	}
	if run := summary.Run; run != nil {
		page.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		for _, r := range run.Refused {
			page.Failing = append(page.Failing, report.RowNote{Row: r.Row, Key: r.Key, Reason: r.Reason, WhatToDo: "mend the row in the sheet and run again"})
		}
	}
	g := gathering{page: &page, causes: map[string]int{}, accounts: map[credit.Account]*budgeted{}}
	for entry, err := range store.Entries(ledger.Query{}) {
		if err != nil {
			return page, err
		}
		g.add(entry, s)
	}
	g.finish(s)
	return page, nil
}

// gathering collects what entries say for a run's page.
type gathering struct {
	page     *report.RunPage
	causes   map[string]int
	changes  []change
	accounts map[credit.Account]*budgeted
}

// budgeted is what one account was charged, beside what was planned for it.
type budgeted struct {
	report.Spend
	planned credit.Sum
	charged credit.Amount
}

// change is one step of a row, in time.
type change struct {
	at      time.Time
	from    ledger.State
	to      ledger.State
	account credit.Account
	charged credit.Amount
}

func (g *gathering) add(e ledger.Entry, s *setup) {
	if d := e.Result.Duration; d > 0 {
		g.page.Lengths = append(g.page.Lengths, d)
	}
	g.account(e.Account).planned.Add(e.Estimate)
	g.steps(e)
	switch e.State {
	case ledger.Failed:
		g.causes[e.Reason]++
		g.failing(e, "reelmerge retry "+s.argument()+" sends it again")
	case ledger.Unsure, ledger.Intended:
		e.Reason = "nobody knows whether it was made: " + cmp.Or(e.Reason, "it was being sent")
		g.failing(e, "reelmerge resolve "+s.argument()+" lists what to look for")
	case ledger.Planned, ledger.Submitted, ledger.Succeeded, ledger.Cancelled:
	}
}

func (g *gathering) account(a credit.Account) *budgeted {
	if g.accounts[a] == nil {
		g.accounts[a] = &budgeted{Spend: report.Spend{Account: a}}
	}
	return g.accounts[a]
}

func (g *gathering) failing(e ledger.Entry, whatToDo string) {
	g.page.Failing = append(g.page.Failing, report.RowNote{Row: e.Row, Key: e.Key, Reason: e.Reason, WhatToDo: whatToDo})
}

// steps are the times at which a row changed its state. What its earlier attempts
// cost was charged when each was over.
func (g *gathering) steps(e ledger.Entry) {
	rest := e.Money.Charged
	for _, attempt := range e.Attempts {
		rest = rest.Minus(attempt.Charged)
		g.changes = append(g.changes, change{at: attempt.At, from: ledger.Planned, to: ledger.Planned, account: attempt.Account, charged: attempt.Charged})
	}
	if !e.IntendedAt.IsZero() {
		to := ledger.Submitted
		if e.State == ledger.Intended || e.State == ledger.Unsure {
			to = ledger.Unsure
		}
		g.changes = append(g.changes, change{at: e.IntendedAt, from: ledger.Planned, to: to, account: e.Account})
	}
	if !e.SettledAt.IsZero() {
		g.changes = append(g.changes, change{at: e.SettledAt, from: ledger.Submitted, to: e.State, account: e.Account, charged: rest})
	}
}

// finish runs through the changes in time.
func (g *gathering) finish(s *setup) {
	slices.SortStableFunc(g.changes, func(a, b change) int { return a.at.Compare(b.at) })
	states := map[ledger.State]int{ledger.Planned: g.page.States.Total()}
	for _, c := range g.changes {
		if g.page.Started.IsZero() {
			g.page.Started = c.at
		}
		g.page.Ended = c.at
		states[c.from]--
		states[c.to]++
		g.page.Progress = append(g.page.Progress, report.Progress{At: c.at, States: report.CountStates(states)})
		if c.charged > 0 {
			account := g.account(c.account)
			account.charged = account.charged.Plus(c.charged)
			account.Points = append(account.Points, report.SpendPoint{At: c.at, Charged: account.charged})
		}
	}
	slices.SortStableFunc(g.page.Failing, func(a, b report.RowNote) int { return cmp.Compare(a.Row, b.Row) })
	for _, b := range g.accounts {
		g.page.Spend = append(g.page.Spend, b.spend())
	}
	slices.SortFunc(g.page.Spend, func(a, b report.Spend) int { return cmp.Compare(a.Account.String(), b.Account.String()) })
	for reason, rows := range g.causes {
		g.page.Causes = append(g.page.Causes, report.Cause{
			Reason: reason, Rows: rows, WhatToDo: "mend the rows if it is in them, then: reelmerge retry " + s.argument(),
		})
	}
	slices.SortFunc(g.page.Causes, func(a, b report.Cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
}

// spend is drawn beside its plan only where every row had an estimate.
func (b *budgeted) spend() report.Spend {
	if b.planned.Unknown == 0 && b.planned.Rows > 0 {
		b.Likely, b.AtMost = &b.planned.Likely, &b.planned.High
	}
	return b.Spend
}
