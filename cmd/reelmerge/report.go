package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// reportCommand writes one page for people who were not there.
func (a *app) reportCommand() *cobra.Command {
	var cf campaignFlags
	var out string
	c := &cobra.Command{
		Use:     "report CAMPAIGN",
		Short:   "Write one HTML file for people who were not there",
		Example: "  reelmerge report campaign.yaml\n  reelmerge report campaign.yaml --out spring.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.report(c.Context(), s, out)
		},
	}
	cf.register(c)
	c.Flags().StringVarP(&out, "out", "o", "", "the `file` to write; default: report.html beside the ledger")
	return c
}

func (a *app) report(ctx context.Context, s *setup, out string) error {
	if err := s.vetOutputs(out); err != nil {
		return err
	}
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	if store == nil {
		return s.notRunYet()
	}
	defer store.Close()
	page, err := s.runPage(ctx, store, a.compare(ctx, s, store))
	if err != nil {
		return ledgerFailure(err)
	}
	file := output{s, cmp.Or(out, s.path("report.html")), out != ""}
	if out, err = a.writePage(file, page.WriteHTML); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "report": out, "status": page.Status})
	}
	_, err = fmt.Fprintln(a.out, wording.Clean(out))
	return err
}

// runPage gathers what the ledger knows into a page, and by a plan what the sheet
// says by now; nil where it could not be read. Amounts of different accounts stay
// apart.
func (s *setup) runPage(ctx context.Context, store ledger.Store, plan *engine.Plan) (report.RunPage, error) {
	summary, err := store.Summary(ctx)
	if err != nil {
		return report.RunPage{}, err
	}
	page := report.RunPage{
		Status: report.Status{
			Campaign: s.Name, States: report.CountStates(summary.States), Credits: report.CreditsOf(summary.Books), Test: s.isTest(),
		},
		At: time.Now(), Source: s.Rows.File, Rate: s.rate(), Blind: plan == nil,
	}
	if run := summary.Run; run != nil {
		page.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		for _, r := range run.Refused {
			page.Failing = append(page.Failing, report.RowNote{Row: r.Row, Key: r.Key, Reason: r.Reason, WhatToDo: "mend the row in the sheet and run again"})
		}
	}
	g := gathering{page: &page, causes: map[string]int{}, accounts: map[credit.Account]*budgeted{}, changed: map[string]bool{}}
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
	changed  map[string]bool // keys of rows that no longer say what was bought
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
	if g.changed[e.Key] {
		reason, whatToDo := report.Advice{Command: s.command}.Changed(e)
		e.Reason = reason
		g.failing(e, whatToDo)
		return
	}
	switch e.State {
	case ledger.Failed:
		g.causes[e.Reason]++
		g.failing(e, s.command("retry")+" sends it again")
	case ledger.Unsure, ledger.Intended:
		e.Reason = "nobody knows whether it was made: " + cmp.Or(e.Reason, "it was being sent")
		g.failing(e, s.command("resolve")+" lists what to look for")
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
			Reason: reason, Rows: rows, WhatToDo: "mend the rows if it is in them, then: " + s.command("retry"),
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
