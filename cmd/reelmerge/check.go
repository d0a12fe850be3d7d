package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// checkCommand lists every problem of every row. It has no way to reach a
// service, and with --online none to reach a paid endpoint (invariant L13).
func (a *app) checkCommand() *cobra.Command {
	var o reelmerge.CheckOptions
	var filtered bool
	c := &cobra.Command{
		Use:   "check CAMPAIGN",
		Short: "List every problem of every row; spends nothing",
		Example: "  reelmerge check campaign.yaml\n  reelmerge check campaign.yaml --marked to-mend.xlsx\n" +
			"  reelmerge check customers.xlsx --template welcome.template.json --json",
	}
	flags := c.Flags()
	flags.IntVar(&o.Most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
	pinnedFlag(flags, &o.Pinned)
	flags.StringVar(&o.Marked, "marked", "", "write a copy of the sheet with bad cells coloured and commented to this `file`.xlsx")
	flags.BoolVar(&o.Online, "online", false, "also ask the account whether it has the voices, avatars, models, templates and finished sessions, a free check of the service about each row, and every link for its size and type")
	flags.BoolVar(&filtered, "filtered", false, "list the rows that the filter leaves out")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if err := usableMost(o.Most); err != nil {
			return err
		}
		done, err := campaign.Check(ctx, o)
		if err != nil {
			return err
		}
		if err := a.printCheck(campaign, done, filtered); err != nil {
			return err
		}
		return exit(rowsCode(done.Plan))
	})
}

func (a *app) printCheck(c *reelmerge.Campaign, done *reelmerge.Checked, filtered bool) error {
	plan := done.Plan
	if a.json {
		return a.printJSON(checkDocument(c, plan))
	}
	a.listingOn(a.out, a.screen.out).problems(plan)
	if filtered {
		for _, row := range plan.Run.Filtered {
			fmt.Fprintf(a.out, "%s:row %d: left out\n", c.File().Rows.Shown(), row)
		}
	}
	a.printNotices(plan)
	if _, err := fmt.Fprintln(a.out, checkVerdict(plan)); err != nil {
		return err
	}
	a.tellEmpty(c, plan)
	if done.Marked != "" {
		a.tellWritten(done.Marked)
		a.say("mend the marked cells in it and point rows: file at it, or copy them back into your sheet")
	}
	switch {
	case plan.Found == 0 && plan.Rows.Valid > 0:
		a.printNext(step{c.Command("plan"), "what it would cost and take"})
	case plan.Found > 0 && done.Marked == "":
		a.printNext(step{c.Command("check", "--marked", "to-mend.xlsx"), "a copy with the cells marked, to mend"})
	}
	return nil
}

func rowsCode(plan *engine.Plan) int {
	if plan.Found > 0 || plan.NoneLeft() {
		return exitRows
	}
	return exitDone
}

// tellEmpty says why the sheet has no row to send, and what to do about it.
func (a *app) tellEmpty(c *reelmerge.Campaign, plan *engine.Plan) {
	if text, cure := c.Empty(plan); text != "" && !a.json {
		a.say("%s; %s", text, cure)
	}
}

func checkVerdict(plan *engine.Plan) string {
	r := plan.Rows
	if r.Total == 0 {
		return "0 rows: the sheet has nothing below its header"
	}
	text := fmt.Sprintf("%s: %s ready", wording.Plural(r.Total, "row"), wording.Count(r.Valid))
	if r.Refused > 0 {
		text += fmt.Sprintf(", %s with problems", wording.Count(r.Refused))
	}
	if r.Filtered > 0 {
		text += fmt.Sprintf(", %s left out", wording.Count(r.Filtered))
	}
	if plan.Warnings > 0 {
		text += "; " + wording.Plural(plan.Warnings, "warning")
	}
	return text
}
