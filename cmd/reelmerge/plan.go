package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/report"
)

// planCommand says what a run would do, what it would cost and how long it would take.
// Like check, it cannot reach a paid endpoint (invariant L13).
func (a *app) planCommand() *cobra.Command {
	var o reelmerge.PlanOptions
	c := &cobra.Command{
		Use:     "plan CAMPAIGN",
		Aliases: []string{"estimate"},
		Short:   "Say what a run would do, what it would cost and how long it would take",
		Example: "  reelmerge plan campaign.yaml\n  reelmerge plan campaign.yaml --by Country --html plan.html --xlsx plan.xlsx\n" +
			"  reelmerge plan campaign.yaml --set limits.active=3 --json",
	}
	flags := c.Flags()
	flags.IntVar(&o.Most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
	pinnedFlag(flags, &o.Pinned)
	flags.StringVar(&o.By, "by", "", "show the cost by the values of this `column`")
	flags.StringVar(&o.Page, "html", "", "write the plan as a page to this `file`")
	flags.StringVar(&o.Workbook, "xlsx", "", "write the plan as a workbook, with what every row costs, to this `file`")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if err := usableMost(o.Most); err != nil {
			return err
		}
		return a.plan(ctx, campaign, o)
	})
}

func usableMost(most int) error {
	if most < 0 {
		return fail(exitUsage, fmt.Errorf("--max-problems %d is not usable", most), "it is how many problems are listed; 0 lists all")
	}
	return nil
}

// plan writes only the files that it is asked for.
func (a *app) plan(ctx context.Context, c *reelmerge.Campaign, o reelmerge.PlanOptions) error {
	plan, err := c.Plan(ctx, o)
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(plan.Plan)
	} else {
		a.listingOn(a.out, a.screen.out).errors(plan.Result)
		a.countNotes(plan.Result)
		_, err = fmt.Fprintln(a.out, report.PlanTable(plan.PlanPage, widthOf(a.screen.out)))
	}
	if err != nil {
		return err
	}
	a.tellEmpty(c, plan.Result)
	for _, path := range plan.Files {
		a.tellWritten(path)
	}
	if !a.json {
		a.printNext(planSteps(c, plan.Plan, plan.Result)...)
	}
	return exit(planCode(plan.Result))
}

// planSteps are the commands that do what was planned, or that decide about rows first.
func planSteps(c *reelmerge.Campaign, page report.Plan, plan *engine.Plan) []step {
	l := todo{command: c.Command}
	l.add(plan.Actions.Unsure, "resolve", "decide a row that is not known", "decide %s rows that are not known")
	l.addChanged(plan.Actions.Changed)
	l.add(plan.Found, "check", "see a problem", "see %s problems")
	if plan.Vanished > 0 && plan.New > 0 {
		l.add(plan.Vanished, "run --accept-removed", "if this is the right sheet: go on without a sent row that is gone", "if this is the right sheet: go on without %s sent rows that are gone")
	}
	if len(l.steps) > 0 || plan.Actions.Submit == 0 {
		return l.steps
	}
	if page.Approval != nil && page.Approval.Waiting > 0 {
		return []step{{c.Command("approve", "--plan", page.ShortDigest()), "agree to it; a run sends only what is approved"}}
	}
	if c.IsTest() {
		return []step{{c.Command("run"), "no key, no cost"}}
	}
	return []step{{c.Command("run", "--sandbox"), "try it: no key, no cost"}, {c.Command("run"), "do it; asks before it pays"}}
}

func planCode(plan *engine.Plan) int {
	code := rowsCode(plan)
	if plan.Actions.Unsure > 0 || plan.Actions.Changed > 0 || plan.Vanished > 0 && plan.New > 0 {
		code = max(code, exitDecide)
	}
	return code
}
