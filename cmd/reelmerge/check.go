package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
)

// checkCommand lists every problem of every row. It has no way to reach a
// service (invariant L13).
func (a *app) checkCommand() *cobra.Command {
	var f campaignFlags
	var most int
	c := &cobra.Command{
		Use:     "check CAMPAIGN",
		Short:   "List every problem of every row; spends nothing",
		Example: "  reelmerge check campaign.yaml\n  reelmerge check customers.xlsx --template welcome.template.json --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], f)
			if err != nil {
				return err
			}
			return a.check(c, s, most)
		},
	}
	f.register(c)
	c.Flags().IntVar(&most, "max-problems", 1000, "list at most this many problems; all are counted; 0 lists all")
	return c
}

func (a *app) check(c *cobra.Command, s *setup, most int) error {
	planner, err := a.open(s)
	if err != nil {
		return err
	}
	planner.Most = most
	plan, err := a.plan(c.Context(), planner)
	if err != nil {
		return err
	}
	s.prepend(plan)
	if a.json {
		err = a.printJSON(a.checkDocument(s, plan))
	} else {
		a.printNotices(plan)
		a.printProblems(plan)
		fmt.Fprintln(a.out, checkVerdict(plan))
	}
	if err != nil {
		return err
	}
	return exit(rowsCode(plan))
}

// prepend puts the warnings of campaign and template before those of the rows.
func (s *setup) prepend(plan *engine.Plan) {
	plan.Warnings += len(s.problems)
	plan.Problems = append(s.problems[:len(s.problems):len(s.problems)], plan.Problems...)
}

func rowsCode(plan *engine.Plan) int {
	if plan.Found > 0 {
		return exitRows
	}
	return exitDone
}

func checkVerdict(plan *engine.Plan) string {
	r := plan.Rows
	text := fmt.Sprintf("%d rows: %d ready", r.Total, r.Valid)
	if r.Refused > 0 {
		text += fmt.Sprintf(", %d with problems", r.Refused)
	}
	if r.Filtered > 0 {
		text += fmt.Sprintf(", %d filtered out", r.Filtered)
	}
	if plan.Warnings > 0 {
		text += fmt.Sprintf("; %d warnings", plan.Warnings)
	}
	return text
}
