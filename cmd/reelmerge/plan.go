package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// planFlags are the flags of plan.
type planFlags struct {
	by    string
	html  string
	xlsx  string
	chose runFlags // what a run would be told: --only, --changed
}

// planCommand says what a run would do, cost and take. Like check it has no way
// to reach a service (invariant L13).
func (a *app) planCommand() *cobra.Command {
	var cf campaignFlags
	var f planFlags
	c := &cobra.Command{
		Use:     "plan CAMPAIGN",
		Aliases: []string{"estimate"},
		Short:   "Say what a run would do, what it would cost and how long it would take",
		Example: "  reelmerge plan campaign.yaml\n  reelmerge plan campaign.yaml --by Country --html plan.html --xlsx plan.xlsx\n" +
			"  reelmerge plan campaign.yaml --set limits.active=3 --json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			if err := f.chose.check(); err != nil {
				return err
			}
			return a.dryRun(c.Context(), s, f)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.IntVar(&f.chose.most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
	flags.StringVar(&f.by, "by", "", "show the cost by the values of this `column`")
	flags.StringVar(&f.html, "html", "", "write the plan as a page to this `file`")
	flags.StringVar(&f.xlsx, "xlsx", "", "write the plan as a workbook, with what every row costs, to this `file`")
	return c
}

// dryRun plans without writing anything but the files it is asked for.
func (a *app) dryRun(ctx context.Context, s *setup, f planFlags) error {
	if err := s.vetOutputs(f.html, f.xlsx); err != nil {
		return err
	}
	if f.html != "" && f.html == f.xlsx {
		return fail(exitUsage, fmt.Errorf("--html and --xlsx both name %q", f.html), "give each a file of its own")
	}
	past, err := s.recall(ctx)
	if err != nil {
		return err
	}
	defer past.close()
	p := &planning{app: a, setup: s, past: past, flags: f}
	if err := p.plan(ctx); err != nil {
		return err
	}
	page, err := a.writePage(output{s, f.html, true}, p.page.WriteHTML)
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(p.page.Plan)
	} else {
		a.printNotices(p.result)
		a.printProblems(p.result)
		_, err = fmt.Fprintln(a.out, report.PlanTable(p.page))
	}
	if err != nil {
		return err
	}
	for _, path := range []string{page, p.book} {
		if path != "" {
			a.tellWritten(path)
		}
	}
	if !a.json && p.result.Found == 0 && p.result.Actions.Submit > 0 {
		a.sayHowToRun(s)
	}
	return exit(planCode(p.result))
}

// sayHowToRun names the commands that do what was planned.
func (a *app) sayHowToRun(s *setup) {
	do := step{s.command("run"), "do it; asks before it pays"}
	if s.Provider.Sandbox.On {
		do.purpose = "no key, no cost"
		a.printNext(do)
		return
	}
	a.printNext(step{s.command("run", "--sandbox"), "try it: no key, no cost"}, do)
}

// past is what a ledger teaches a plan; the zero value is that of a campaign that
// has not run.
type past struct {
	store openLedger // nil: there is none
	seen  engine.Observed
	sent  []time.Time // intents that rate windows remember
}

// recall reads the ledger, if there is one, and corrects the template's lengths
// by those of finished videos.
func (s *setup) recall(ctx context.Context) (p past, err error) {
	if p.store, err = s.peekBooks(); err != nil || p.store == nil {
		return p, err
	}
	if p.seen, err = engine.Observe(ctx, p.store); err == nil {
		p.sent, err = p.store.Intents(ctx, time.Now().Add(-s.limits().Memory()))
	}
	if err != nil {
		p.close()
		return past{}, ledgerFailure(err)
	}
	s.learn(p.seen)
	return p, nil
}

func (p past) close() {
	if p.store != nil {
		p.store.Close()
	}
}

// planning is one plan on its way to a terminal, a page and a workbook.
type planning struct {
	app     *app
	setup   *setup
	past    past
	flags   planFlags
	refused []report.RowNote
	result  *engine.Plan
	page    report.PlanPage
	book    string // where the workbook was written
}

// plan makes the plan, and writes the workbook while the rows come by.
func (p *planning) plan(ctx context.Context) error {
	planner, err := p.planner()
	if err != nil {
		return err
	}
	if p.flags.xlsx == "" {
		return p.pass(ctx, planner, func(engine.Visited) error { return nil })
	}
	var failed error
	rows := func(yield func(report.PlanRow, error) bool) {
		failed = p.pass(ctx, planner, func(v engine.Visited) error {
			if !yield(p.setup.planRow(v), nil) {
				return errStopped
			}
			return nil
		})
		if failed != nil && !errors.Is(failed, errStopped) {
			yield(report.PlanRow{}, failed)
		}
	}
	err = p.writeBook(rows)
	if failed != nil && !errors.Is(failed, errStopped) {
		return failed // it knows its exit code
	}
	return err
}

func (p *planning) writeBook(rows iter.Seq2[report.PlanRow, error]) error {
	book := report.PlanBook{Rows: rows, Page: func() report.PlanPage { return p.page }}
	var err error
	p.book, err = p.app.write(output{p.setup, p.flags.xlsx, true}, book.Write)
	var known *failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fail(exitUsage, fmt.Errorf("write workbook: %w", err), "choose a file in a folder that you may write")
}

// pass goes through the sheet once, and fills in the page.
func (p *planning) pass(ctx context.Context, planner *engine.Planner, visit func(engine.Visited) error) error {
	planner.Visit = func(v engine.Visited) error {
		if v.Refusal != "" {
			p.refused = append(p.refused, report.RowNote{Row: v.Number, Key: v.Key, Reason: v.Refusal, WhatToDo: v.Hint})
		}
		return visit(v)
	}
	plan, err := p.app.plan(ctx, planner)
	if err != nil {
		return err
	}
	p.setup.prepend(plan)
	p.result = plan
	p.page = p.planPage()
	return nil
}

func (p *planning) planner() (*engine.Planner, error) {
	planner, err := p.app.open(p.setup)
	if err != nil {
		return nil, err
	}
	f := p.flags
	if f.by != "" && !slices.ContainsFunc(planner.Rows.Columns(), func(c sources.Column) bool { return c.Name == f.by }) {
		planner.Rows.Close()
		return nil, fail(exitUsage, fmt.Errorf("--by %q: the sheet has no such column", f.by), nearestOr(f.by, columnNames(planner), "its columns are: "+strings.Join(columnNames(planner), ", ")))
	}
	planner.Most, planner.Only, planner.Changed = f.chose.most, f.chose.onlyKeys, engine.ChangedPolicy(f.chose.changed)
	planner.Fetch = p.setup.addresses(p.app).fetch
	planner.Seen, planner.By, planner.Detailed = p.past.seen.Cost, f.by, true
	if p.past.store != nil {
		planner.Known = p.past.store
	}
	return planner, nil
}

func columnNames(p *engine.Planner) (names []string) {
	for _, c := range p.Rows.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// learn corrects the length of videos by what the finished ones were.
func (s *setup) learn(seen engine.Observed) {
	if seen.Stretch == 0 {
		return
	}
	corrected, problems := s.template.Compile(templates.Options{
		Speech: templates.Correction{Factor: seen.Stretch, Videos: seen.Lengths},
	})
	if !problems.HasErrors() {
		s.program = corrected
	}
}

func planCode(plan *engine.Plan) int {
	code := rowsCode(plan)
	if plan.Actions.Unsure > 0 || plan.Actions.Changed > 0 || plan.Vanished > 0 && plan.New > 0 {
		code = max(code, exitDecide)
	}
	return code
}
