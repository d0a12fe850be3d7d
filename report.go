package reelmerge

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Report gathers the ledger's knowledge of the campaign on a page for people who were not
// there, and compares it with the sheet as it is now.
func (c *Campaign) Report(ctx context.Context) (report.RunPage, error) {
	store, err := c.peekExisting(ctx)
	if err != nil {
		return report.RunPage{}, err
	}
	defer store.Close()
	page, err := c.runPage(ctx, store, c.compare(ctx, store).plan())
	return page, ledgerFailure(err)
}

// WriteReport writes the page of [Campaign.Report] to an HTML file, and returns its path.
// Without a path it is report.html beside the ledger.
func (c *Campaign) WriteReport(ctx context.Context, path string) (string, report.RunPage, error) {
	if err := c.vetOutputs(path); err != nil {
		return "", report.RunPage{}, err
	}
	page, err := c.Report(ctx)
	if err != nil {
		return "", page, err
	}
	path, err = c.writePage(output{path: cmp.Or(path, c.path("report.html")), named: path != "", shared: path != ""}, page.WriteHTML)
	return path, page, err
}

// runPage makes the page of a run from the ledger. The plan says how the sheet is now; it
// is nil if the sheet could not be read. Amounts of different accounts stay apart.
func (c *Campaign) runPage(ctx context.Context, store ledger.Store, plan *engine.Plan) (report.RunPage, error) {
	summary, err := store.Summary(ctx)
	if err != nil {
		return report.RunPage{}, err
	}
	page := report.RunPage{
		Status: report.Status{
			Campaign: c.file.Name, States: report.CountStates(summary.States), Credits: c.credits(summary.Balances), Test: c.IsTest(),
		},
		At: time.Now(), Source: c.file.Rows.Shown(), Blind: plan == nil,
	}
	// Refused rows have no entry, so only the record of the run knows them.
	if run := summary.Run; run != nil {
		page.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		for _, r := range run.Refused {
			page.Failing = append(page.Failing, report.RowNote{Row: r.Row, Key: r.Key, Reason: r.Reason, WhatToDo: "mend the row in the sheet and run again"})
		}
	}
	g := gathering{page: &page, causes: map[string]int{}, accounts: map[credit.Account]*budgeted{}, changed: map[string]bool{}, after: map[string]int{}}
	if plan != nil {
		page.Changed = plan.Actions.Changed
		for _, key := range plan.Run.Changed {
			g.changed[key] = true
		}
	}
	for entry, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return page, err
		}
		g.add(entry, c)
	}
	g.finish(c)
	return page, nil
}

// gathering collects the parts of a run's page, entry by entry.
type gathering struct {
	page     *report.RunPage
	causes   map[string]int
	changes  []change
	changed  map[string]bool // keys of rows that have changed since they were bought
	parts    []ledger.Entry
	after    map[string]int // rows that go on directly with a part, by its key
	accounts map[credit.Account]*budgeted
}

// budgeted is the amount that one account was charged, and the amount that was planned.
type budgeted struct {
	report.Spend
	planned credit.Sum
	charged credit.Amount
}

// change is one step of a row from one state to another, at a time.
type change struct {
	at      time.Time
	from    ledger.State
	to      ledger.State
	account credit.Account
	charged credit.Amount
}

// add adds one entry. A row that has changed is listed as that alone, since the decision
// about it comes before all others.
func (g *gathering) add(e ledger.Entry, c *Campaign) {
	if e.IsPart() {
		g.part(e)
		return
	}
	if e.After != "" {
		g.after[e.After]++
	}
	if d := e.Result.Duration; d > 0 {
		g.page.Lengths = append(g.page.Lengths, d)
	}
	g.account(e.Account).planned.Add(e.Estimate)
	g.steps(e)
	if g.changed[e.Key] {
		reason, whatToDo := report.Advice{Command: c.Command}.Changed(e)
		e.Reason = reason
		g.failing(e, whatToDo)
		return
	}
	switch e.State {
	case ledger.Failed:
		g.causes[e.Reason]++
		g.failing(e, c.Command("retry")+" sends it again")
	case ledger.Unsure, ledger.Intended:
		e.Reason = "it is not known whether it was made: " + PlainReason(cmp.Or(e.Reason, "it was being sent"))
		g.failing(e, c.Command("resolve")+" lists what to look for")
	case ledger.Planned, ledger.Submitted, ledger.Succeeded, ledger.Cancelled:
	}
}

// part adds a part: a line of its own, and what it was charged. It is no row, so it moves
// no curve of rows.
func (g *gathering) part(e ledger.Entry) {
	e.Payload = nil
	g.parts = append(g.parts, e)
	g.account(e.Account).planned.Add(e.Estimate)
	if !e.SettledAt.IsZero() {
		g.changes = append(g.changes, change{at: e.SettledAt, from: ledger.Planned, to: ledger.Planned, account: e.Account, charged: e.Money.Charged})
	}
}

// partLines lists the parts with the rows that go on with each, also through another part.
func (g *gathering) partLines() {
	for i := len(g.parts) - 1; i >= 0; i-- { // a part is planned after the one before it
		g.after[g.parts[i].After] += g.after[g.parts[i].Key]
	}
	for _, e := range g.parts {
		g.page.Parts = append(g.page.Parts, report.PartLine{
			Name: e.PartName(), Operation: e.Operation, State: report.StatusOf(&e), Rows: g.after[e.Key],
			Charged: e.Money.Charged, Unit: e.Account.Unit, Reason: e.Reason,
		})
	}
}

func (g *gathering) account(a credit.Account) *budgeted {
	if g.accounts[a] == nil {
		g.accounts[a] = &budgeted{Spend: report.Spend{Account: a}}
	}
	return g.accounts[a]
}

// failing lists a row for a person to look at.
func (g *gathering) failing(e ledger.Entry, whatToDo string) {
	g.page.Failing = append(g.page.Failing, report.RowNote{Row: e.Row, Key: e.Key, Reason: e.Reason, WhatToDo: whatToDo})
}

// steps lists the times at which a row changed its state. Each earlier attempt was
// charged when it ended, so its cost belongs to that time and not to the last.
func (g *gathering) steps(e ledger.Entry) {
	rest := e.Money.Charged
	for _, attempt := range e.Attempts {
		rest = rest.Minus(attempt.Charged)
		g.changes = append(g.changes, change{at: attempt.At, from: ledger.Planned, to: ledger.Planned, account: attempt.Account, charged: attempt.Charged})
	}
	// The ledger keeps no time for every step, so a row counts as submitted from its intent
	// on. A row that is to be sent again has ended where it began.
	if !e.IntendedAt.IsZero() && e.State != ledger.Planned {
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

// finish goes through the changes in the order of time, which gives the curves of the
// page.
func (g *gathering) finish(c *Campaign) {
	slices.SortStableFunc(g.changes, func(a, b change) int { return a.at.Compare(b.at) })
	states := map[ledger.State]int{ledger.Planned: g.page.States.Total()}
	for _, now := range g.changes {
		if g.page.Started.IsZero() {
			g.page.Started = now.at
		}
		g.page.Ended = now.at
		states[now.from]--
		states[now.to]++
		g.page.Progress = append(g.page.Progress, report.Progress{At: now.at, States: report.CountStates(states)})
		if now.charged > 0 {
			account := g.account(now.account)
			account.charged = account.charged.Plus(now.charged)
			account.Points = append(account.Points, report.SpendPoint{At: now.at, Charged: account.charged})
		}
	}
	slices.SortStableFunc(g.page.Failing, func(a, b report.RowNote) int { return cmp.Compare(a.Row, b.Row) })
	for _, b := range g.accounts {
		spend := b.spend()
		spend.Service = c.service.Title
		g.page.Spend = append(g.page.Spend, spend)
	}
	g.partLines()
	slices.SortFunc(g.page.Spend, func(a, b report.Spend) int { return cmp.Compare(a.Account.String(), b.Account.String()) })
	for reason, rows := range g.causes {
		g.page.Causes = append(g.page.Causes, report.Cause{
			Reason: reason, Rows: rows, WhatToDo: "mend the rows if it is in them, then: " + c.Command("retry"),
		})
	}
	slices.SortFunc(g.page.Causes, func(a, b report.Cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
}

// spend has a plan beside it only if every row had an estimate: a line for some of the
// rows would look like the plan for all.
func (b *budgeted) spend() report.Spend {
	if b.planned.Unknown == 0 && b.planned.Rows > 0 {
		b.Likely, b.AtMost = &b.planned.Likely, &b.planned.High
	}
	return b.Spend
}
