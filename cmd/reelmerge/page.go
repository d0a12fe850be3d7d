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

// writePage writes a page unless there is no file to write it to.
func writePage(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("write page: %w", err), "choose a file in a folder that you may write")
	}
	defer file.Discard()
	if err := write(file); err != nil {
		return fail(exitBug, fmt.Errorf("write page: %w", err), "")
	}
	_, err = file.CommitBeside()
	return err
}

// planPage is a plan for people who were not there.
func (s *setup) planPage(plan *engine.Plan, seen engine.Observed, f planFlags) report.PlanPage {
	page := report.PlanPage{
		Plan: s.planDocument(plan, seen), At: time.Now(), Source: s.Rows.File, GroupedBy: f.by,
		Missing: s.missing(plan), Run: "reelmerge run " + s.argument(),
	}
	for _, r := range plan.Run.Refused {
		page.Refused = append(page.Refused, report.RowNote{Row: r.Row, Key: r.Key, Reason: r.Reason})
	}
	if plan.Details != nil {
		s.addDetails(&page, plan.Details)
	}
	return page
}

func (s *setup) addDetails(page *report.PlanPage, d *engine.Details) {
	page.Lengths = d.Lengths
	for _, g := range d.Groups {
		page.Groups = append(page.Groups, report.Group{Name: g.Value, Rows: g.Sum.Rows + g.Sum.Unknown, Cost: s.costOf(g.Account, g.Sum)})
	}
	for _, r := range d.Dearest {
		var sum credit.Sum
		sum.Add(r.Content.Estimate)
		page.Dearest = append(page.Dearest, report.RowCost{Row: r.Row, Key: r.Key, Cost: s.costOf(r.Content.Account, sum)})
	}
	for _, r := range d.Tight {
		page.AtRisk = append(page.AtRisk, report.RowNote{
			Row: r.Row, Key: r.Key, Reason: fmt.Sprintf("the speech of scene %d has %.1f s of room", r.Fit.Scene+1, r.Fit.Slack),
			WhatToDo: "shorten the row's texts, or let the scene follow its speech",
		})
	}
}

func (s *setup) costOf(account credit.Account, sum credit.Sum) report.Cost {
	costs := s.costs(map[credit.Account]*credit.Sum{account: &sum})
	return costs[0]
}

// costs adds money where the campaign knows a rate.
func (s *setup) costs(sums map[credit.Account]*credit.Sum) []report.Cost {
	costs := report.Costs(sums)
	if rate := s.Prices.PerUnit; rate != nil && s.Prices.Currency != "" {
		for i := range costs {
			costs[i].Money = costs[i].InCurrency(s.Prices.Currency, *rate, s.Prices.AsOf)
		}
	}
	return costs
}

// planDocument is the document of `plan --json`.
func (s *setup) planDocument(plan *engine.Plan, seen engine.Observed) report.Plan {
	forecast := s.forecast(plan)
	forecast.Typical = or(seen.Work, forecast.Typical)
	expected := engine.ForecastRun(plan.Actions.Submit, forecast, time.Now())
	doc := report.Plan{
		Campaign: s.Name, Rows: report.PlanRows(plan.Rows), Actions: report.Actions(plan.Actions),
		Cost: s.costs(plan.Cost), Time: report.Time{BoundBy: expected.BoundBy},
	}
	if expected.Known {
		doc.Time.Low, doc.Time.Likely, doc.Time.High = report.Seconds(expected.Low), report.Seconds(expected.Likely), report.Seconds(expected.High)
	}
	if s.Budget != nil {
		enough := s.enough(plan)
		doc.Budget = &report.Budget{Limit: s.Budget.Limit, Unit: cmp.Or(s.Budget.Unit, unitOf(plan)), Enough: &enough}
	}
	return doc
}

func unitOf(plan *engine.Plan) string {
	for _, account := range planAccounts(plan) {
		return account.Unit
	}
	return ""
}

// missing says what would let the plan know more.
func (s *setup) missing(plan *engine.Plan) (list []string) {
	for _, sum := range plan.Cost {
		if sum.Unknown > 0 {
			list = append(list, "what one video costs: prices: {per_minute: …} or {per_job: …}")
			break
		}
	}
	if plan.Rows.Valid > 0 && !plan.Seconds.Known && unitOf(plan) == "minutes" {
		list = append(list, "the length of one video: duration in the template, or its scenes in videoCreative")
	}
	if t := s.checker.Traits(); t.Typical == 0 && !s.Provider.Sandbox.On {
		list = append(list, "how long the service works on one video: it is learnt from the first ones that are made")
	}
	return list
}

func groupLine(by string, g report.Group) string {
	likely := "not known"
	if g.Cost.Likely != nil {
		likely = g.Cost.Likely.String() + " " + g.Cost.Unit
	}
	return fmt.Sprintf("%s %s: %s, %s", by, g.Name, some(g.Rows, "row"), likely)
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
	if err := writePage(out, page.WriteHTML); err != nil {
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
		At: time.Now(), Source: s.Rows.File,
	}
	if run := summary.Run; run != nil {
		page.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		for _, r := range run.Refused {
			page.Failing = append(page.Failing, report.RowNote{Row: r.Row, Key: r.Key, Reason: r.Reason, WhatToDo: "mend the row in the sheet and run again"})
		}
	}
	g := gathering{page: &page, causes: map[string]int{}, spend: map[credit.Account]*report.Spend{}}
	for entry, err := range store.Entries(ledger.Query{}) {
		if err != nil {
			return page, err
		}
		g.add(entry, s)
	}
	g.finish()
	return page, nil
}

// gathering collects what entries say for a run's page.
type gathering struct {
	page    *report.RunPage
	causes  map[string]int
	changes []change
	spend   map[credit.Account]*report.Spend
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
	g.steps(e)
	switch e.State {
	case ledger.Failed:
		g.causes[e.Reason]++
		g.failing(e, "reelmerge retry "+s.argument()+" sends it again")
	case ledger.Unsure, ledger.Intended:
		g.failing(e, "reelmerge resolve "+s.argument()+" lists what to look for")
	case ledger.Planned, ledger.Submitted, ledger.Succeeded, ledger.Cancelled:
	}
}

func (g *gathering) failing(e ledger.Entry, whatToDo string) {
	g.page.Failing = append(g.page.Failing, report.RowNote{Row: e.Row, Key: e.Key, Reason: e.Reason, WhatToDo: whatToDo})
}

// steps are the times at which a row changed its state.
func (g *gathering) steps(e ledger.Entry) {
	if !e.IntendedAt.IsZero() {
		g.changes = append(g.changes, change{at: e.IntendedAt, from: ledger.Planned, to: ledger.Submitted, account: e.Account})
	}
	if !e.SettledAt.IsZero() {
		g.changes = append(g.changes, change{at: e.SettledAt, from: ledger.Submitted, to: e.State, account: e.Account, charged: e.Money.Charged})
	}
	if spend := g.spend[e.Account]; spend == nil {
		g.spend[e.Account] = &report.Spend{Account: e.Account}
	}
}

// finish runs through the changes in time.
func (g *gathering) finish() {
	slices.SortFunc(g.changes, func(a, b change) int { return a.at.Compare(b.at) })
	states := map[ledger.State]int{ledger.Planned: g.page.States.Total()}
	charged := map[credit.Account]credit.Amount{}
	for _, c := range g.changes {
		if g.page.Started.IsZero() {
			g.page.Started = c.at
		}
		g.page.Ended = c.at
		states[c.from]--
		states[c.to]++
		g.page.Progress = append(g.page.Progress, report.Progress{At: c.at, States: report.CountStates(states)})
		if c.charged > 0 {
			charged[c.account] = charged[c.account].Plus(c.charged)
			spend := g.spend[c.account]
			spend.Points = append(spend.Points, report.SpendPoint{At: c.at, Charged: charged[c.account]})
		}
	}
	for _, spend := range g.spend {
		g.page.Spend = append(g.page.Spend, *spend)
	}
	slices.SortFunc(g.page.Spend, func(a, b report.Spend) int { return cmp.Compare(a.Account.String(), b.Account.String()) })
	for reason, rows := range g.causes {
		g.page.Causes = append(g.page.Causes, report.Cause{Reason: reason, Rows: rows})
	}
	slices.SortFunc(g.page.Causes, func(a, b report.Cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
}
