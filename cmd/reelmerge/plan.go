package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// planFlags are the flags of plan.
type planFlags struct {
	by    string
	html  string
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
		Example: "  reelmerge plan campaign.yaml\n  reelmerge plan campaign.yaml --by Country --html plan.html\n" +
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
	flags.IntVar(&f.chose.most, "max-problems", 1000, "list at most this many problems; all are counted; 0 lists all")
	flags.StringVar(&f.by, "by", "", "show the cost by the values of this `column`")
	flags.StringVar(&f.html, "html", "", "write the plan as a page to this `file`")
	return c
}

// dryRun plans without writing anything but the page it is asked for.
func (a *app) dryRun(ctx context.Context, s *setup, f planFlags) error {
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	var seen engine.Observed
	if store != nil {
		defer store.Close()
		if seen, err = engine.Observe(store); err != nil {
			return ledgerFailure(err)
		}
		s.learn(seen)
	}
	plan, err := a.detailedPlan(ctx, s, store, f, seen)
	if err != nil {
		return err
	}
	s.prepend(plan)
	page := s.planPage(plan, seen, f)
	if err := writePage(f.html, page.WriteHTML); err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(page.Plan)
	} else {
		a.printNotices(plan)
		a.printProblems(plan)
		a.printPlan(page, seen)
	}
	if err != nil {
		return err
	}
	return exit(planCode(plan))
}

func (a *app) detailedPlan(ctx context.Context, s *setup, store *boltstore.Store, f planFlags, seen engine.Observed) (*engine.Plan, error) {
	planner, err := a.open(s)
	if err != nil {
		return nil, err
	}
	if f.by != "" && !slices.ContainsFunc(planner.Rows.Columns(), func(c sources.Column) bool { return c.Name == f.by }) {
		planner.Rows.Close()
		return nil, fail(exitUsage, fmt.Errorf("--by %q: the sheet has no such column", f.by), "its columns are: "+columnNames(planner))
	}
	planner.Most, planner.Only, planner.Changed = f.chose.most, f.chose.onlyKeys(), engine.ChangedPolicy(f.chose.changed)
	planner.Fetch = s.addresses(a).fetch
	planner.Seen, planner.By, planner.Detailed = seen.Cost, f.by, f.by != "" || f.html != ""
	if store != nil {
		planner.Known = store
	}
	return a.plan(ctx, planner)
}

func columnNames(p *engine.Planner) string {
	var names []string
	for _, c := range p.Rows.Columns() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// learn corrects the length of videos by what the finished ones were.
func (s *setup) learn(seen engine.Observed) {
	if seen.Stretch == 0 {
		return
	}
	corrected, problems := s.template.Compile(templates.Options{
		Speech: templates.Correction{Factor: seen.Stretch, Videos: seen.Lengths},
	})
	if !templates.HasErrors(problems) {
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

// limits are the campaign's, and the service's own where it says nothing.
func (s *setup) limits() engine.Limits {
	t := s.checker.Traits()
	l := engine.Limits{
		Submits: t.Submits, Requests: t.Requests, Active: t.Active,
		FirstPoll: t.FirstPoll, MaxPoll: t.MaxPoll, Deadline: t.Deadline,
	}
	c := s.Limits
	if len(c.Submits) > 0 {
		l.Submits = nil
		for _, w := range c.Submits {
			l.Submits = append(l.Submits, window(w))
		}
	}
	if c.Requests.Count > 0 {
		l.Requests = window(c.Requests)
	}
	if c.Active > 0 {
		l.Active = c.Active
	}
	if t.HardActive && !s.Provider.Sandbox.On || t.HardActive && t.Active < l.Active {
		l.Active = min(l.Active, t.Active)
	}
	l.FirstPoll, l.MaxPoll = or(c.Poll.First, l.FirstPoll), or(c.Poll.Max, l.MaxPoll)
	l.Deadline = or(c.Deadline, l.Deadline)
	return l
}

func or(a, b time.Duration) time.Duration {
	if a > 0 {
		return a
	}
	return b
}

// forecast is what the pace is run forward with.
func (s *setup) forecast(plan *engine.Plan) engine.Forecast {
	f := engine.Forecast{Limits: s.limits(), Typical: s.checker.Traits().Typical, Active: plan.Actions.InFlight}
	if s.Provider.Sandbox.On {
		f.Typical = or(s.Provider.Sandbox.Render, defaultRender)
	}
	return f
}

// printPlan says it for people.
func (a *app) printPlan(page report.PlanPage, seen engine.Observed) {
	fmt.Fprintln(a.out, report.PlanTable(page.Plan))
	for _, g := range page.Groups {
		fmt.Fprintln(a.out, report.Clean(groupLine(page.GroupedBy, g)))
	}
	if text := seen.String(); text != "" {
		fmt.Fprintln(a.out, text)
	}
	for _, m := range page.Missing {
		fmt.Fprintln(a.out, report.Clean("to know more: "+m))
	}
}
