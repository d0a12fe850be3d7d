package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
)

// planCommand says what a run would do, cost and take. Like check it has no way
// to reach a service (invariant L13).
func (a *app) planCommand() *cobra.Command {
	var f campaignFlags
	var most int
	c := &cobra.Command{
		Use:     "plan CAMPAIGN",
		Aliases: []string{"estimate"},
		Short:   "Say what a run would do, what it would cost and how long it would take",
		Example: "  reelmerge plan campaign.yaml\n  reelmerge plan campaign.yaml --set limits.active=3 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], f)
			if err != nil {
				return err
			}
			return a.dryRun(c.Context(), s, runFlags{most: most})
		},
	}
	f.register(c)
	c.Flags().IntVar(&most, "max-problems", 1000, "list at most this many problems; all are counted; 0 lists all")
	return c
}

// dryRun plans without writing anything.
func (a *app) dryRun(ctx context.Context, s *setup, f runFlags) error {
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	planner, err := a.open(s)
	if err != nil {
		return err
	}
	planner.Most, planner.Only, planner.Changed = f.most, f.onlyKeys(), engine.ChangedPolicy(f.changed)
	if store != nil {
		defer store.Close()
		planner.Known = store
	}
	plan, err := a.plan(ctx, planner)
	if err != nil {
		return err
	}
	s.prepend(plan)
	forecast := engine.ForecastRun(plan.Actions.Submit, s.forecast(plan), time.Now())
	if a.json {
		err = a.printJSON(s.planDocument(plan, forecast))
	} else {
		a.printNotices(plan)
		a.printProblems(plan)
		a.printPlan(s, plan, forecast)
	}
	if err != nil {
		return err
	}
	return exit(planCode(plan))
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
func (a *app) printPlan(s *setup, plan *engine.Plan, f engine.Expected) {
	out := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
	out("%s", checkVerdict(plan))
	for _, line := range actionLines(plan.Actions) {
		out("  %s", line)
	}
	for _, line := range costLines(plan) {
		out("cost: %s", line)
	}
	for _, line := range s.budgetLines(plan) {
		out("budget: %s", line)
	}
	out("time: %s", f)
}
