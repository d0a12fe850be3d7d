package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// retryFlags choose settled rows.
type retryFlags struct {
	rows      []string
	reason    string
	cancelled bool
	restored  bool
}

func (a *app) retryCommand() *cobra.Command {
	var cf campaignFlags
	var f retryFlags
	c := &cobra.Command{
		Use:   "retry CAMPAIGN",
		Short: "Plan failed rows again; the next run sends them",
		Long: `Plan failed rows again; the next run sends them.

What earlier attempts cost stays in the books. A row that was mended in the sheet
needs no retry: the next run sends it anyway.`,
		Example: "  reelmerge retry campaign.yaml\n  reelmerge retry campaign.yaml --reason \"status 400\"\n  reelmerge retry campaign.yaml --row C00147",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.retry(c.Context(), s, f)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.StringArrayVar(&f.rows, "row", nil, "only the row with this `key`; may be repeated")
	flags.StringVar(&f.reason, "reason", "", "only rows whose reason contains this `text`")
	flags.BoolVar(&f.cancelled, "cancelled", false, "cancelled rows as well")
	flags.BoolVar(&f.restored, acceptRestored, false, "plan rows although they may have been made again before an earlier copy of the ledger was restored")
	return c
}

// wants reports whether the flags choose a row.
func (f retryFlags) wants(past engine.Past) bool {
	if past.State == ledger.Cancelled && !f.cancelled {
		return false
	}
	return (len(f.rows) == 0 || slices.Contains(f.rows, past.Key)) && strings.Contains(past.Reason, f.reason)
}

func (a *app) retry(ctx context.Context, s *setup, f retryFlags) error {
	store, err := s.existingBooks(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := s.mustKnow(ctx, store, f.rows); err != nil {
		return err
	}
	s.stdin.keep = true
	planner, err := a.open(s)
	if err != nil {
		return err
	}
	planner.Known, planner.Retry, planner.Fetch = store, f.wants, s.addresses(a).fetch
	recorder, err := a.recorder(ctx, store, f.restored)
	if err != nil {
		return err
	}
	planner.Record = recorder.record
	plan, err := a.plan(ctx, planner)
	if err != nil {
		return err
	}
	if err := store.Record(ctx, plan.Run); err != nil {
		return ledgerFailure(err)
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "planned_again": plan.Retried, "still_failed": plan.Actions.Failed})
	}
	fmt.Fprintf(a.out, "%s planned again, %s still failed\n", wording.Plural(plan.Retried, "row"), wording.Count(plan.Actions.Failed))
	if plan.Retried > 0 {
		a.say("send them with: %s", s.command("run"))
	}
	return nil
}
