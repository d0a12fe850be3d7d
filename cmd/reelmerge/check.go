package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
)

// checkFlags are the flags of check.
type checkFlags struct {
	most     int
	marked   string
	filtered bool
	online   bool
}

// checkCommand lists every problem of every row. It has no way to reach a
// service, and with --online none to reach a paid endpoint (invariant L13).
func (a *app) checkCommand() *cobra.Command {
	var cf campaignFlags
	var f checkFlags
	c := &cobra.Command{
		Use:   "check CAMPAIGN",
		Short: "List every problem of every row; spends nothing",
		Example: "  reelmerge check campaign.yaml\n  reelmerge check campaign.yaml --marked to-mend.xlsx\n" +
			"  reelmerge check customers.xlsx --template welcome.template.json --json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if f.most < 0 {
				return fail(exitUsage, fmt.Errorf("--max-problems %d is not usable", f.most), "0 lists all")
			}
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.check(c.Context(), s, f)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.IntVar(&f.most, "max-problems", 1000, "list at most `N` problems; all are counted; 0 lists all")
	flags.StringVar(&f.marked, "marked", "", "write a copy of the sheet with bad cells coloured and commented to this `file`.xlsx")
	flags.BoolVar(&f.online, "online", false, "also ask the account whether it has the voices, avatars, models and finished sessions, and every link for its size and type")
	flags.BoolVar(&f.filtered, "filtered", false, "list the rows that the filter leaves out")
	return c
}

func (a *app) check(ctx context.Context, s *setup, f checkFlags) error {
	if err := s.vetMarked(f.marked); err != nil {
		return err
	}
	if f.online {
		if err := a.inform(ctx, s); err != nil {
			return err
		}
	}
	planner, err := a.open(s)
	if err != nil {
		return err
	}
	columns := planner.Rows.Columns()
	planner.Sent = func(key string) bool { return s.sentBefore(ctx, key) }
	if f.marked == "" {
		planner.Most = f.most // a marked copy marks them all
	}
	var o *online
	if f.online {
		o = newOnline(s, planner)
		planner.Fetch = s.addresses(a).fetch
	}
	plan, err := a.plan(ctx, planner)
	if err == nil && f.online {
		err = a.askOnline(ctx, o, plan)
	}
	if err != nil {
		return err
	}
	s.prepend(plan)
	s.mentionKey(plan)
	s.addresses(a).mention(s, plan)
	if f.marked != "" {
		if err := a.writeMarked(s, f.marked, columns, plan.Problems); err != nil {
			return err
		}
	}
	if f.most > 0 && len(plan.Problems) > f.most {
		plan.Problems = plan.Problems[:f.most]
	}
	if err := a.printCheck(s, plan, f); err != nil {
		return err
	}
	return exit(rowsCode(plan))
}

func (a *app) printCheck(s *setup, plan *engine.Plan, f checkFlags) error {
	if a.json {
		return a.printJSON(a.checkDocument(s, plan))
	}
	a.printNotices(plan)
	a.printProblems(plan)
	if f.filtered {
		for _, row := range plan.Run.Filtered {
			fmt.Fprintf(a.out, "%s:row %d: filtered out\n", s.Rows.File, row)
		}
	}
	if _, err := fmt.Fprintln(a.out, checkVerdict(plan)); err != nil {
		return err
	}
	switch {
	case plan.Found == 0 && plan.Rows.Valid > 0:
		a.printNext(step{s.command("plan"), "what it would cost and take"})
	case plan.Found > 0 && f.marked == "":
		a.printNext(step{s.command("check", "--marked", "to-mend.xlsx"), "a copy with the cells marked, to mend"})
	}
	return nil
}

// prepend puts the warnings of campaign and template before those of the rows,
// and says once what no row is held to.
func (s *setup) prepend(plan *engine.Plan) {
	if surveyor, ok := s.checker.(providers.Surveyor); ok {
		for _, p := range surveyor.Survey(s.template.Request) {
			plan.Notices = append(plan.Notices, sources.Notice{Code: p.Code, Message: p.Message, Hint: p.Hint, Column: -1})
		}
	}
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
	if r.Total == 0 {
		return "0 rows: the sheet has nothing below its header"
	}
	text := fmt.Sprintf("%s: %s ready", wording.Plural(r.Total, "row"), wording.Count(r.Valid))
	if r.Refused > 0 {
		text += fmt.Sprintf(", %s with problems", wording.Count(r.Refused))
	}
	if r.Filtered > 0 {
		text += fmt.Sprintf(", %s filtered out", wording.Count(r.Filtered))
	}
	if plan.Warnings > 0 {
		text += "; " + wording.Plural(plan.Warnings, "warning")
	}
	return text
}
