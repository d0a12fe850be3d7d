package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// approveCommand records that a person agrees to a plan.
func approveCommand(a *app) *cobra.Command {
	var o reelmerge.ApproveOptions
	c := &cobra.Command{
		Use:     "approve CAMPAIGN --plan DIGEST",
		Short:   "Agree to what a plan would send, and to its highest cost",
		Example: "  reelmerge approve campaign.yaml --plan 3fa2c19b0d4e\n  reelmerge approve campaign.yaml --plan 3fa2c19b0d4e --by \"Ada Lovelace\" --note \"as discussed\"",
	}
	flags := c.Flags()
	flags.StringVar(&o.Plan, "plan", "", "the `digest` that the plan shows, or at least 12 digits of it")
	flags.StringVar(&o.By, "by", "", "the `name` of who approves; without it, that of this login")
	flags.StringVar(&o.Note, "note", "", "a `text` that is kept beside it")
	flags.BoolVar(&o.NewLedger, "new-ledger", false, "start a paid campaign's ledger without asking: nothing counts as paid yet")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if o.Plan == "" {
			return fail(exitUsage, errors.New("--plan is missing"), "it is the digest that this shows: "+campaign.Command("plan"))
		}
		if o.By == "" {
			if u, err := user.Current(); err == nil {
				o.By = u.Username
			}
		}
		done, err := campaign.Approve(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"campaign": campaign.File().Name, "digest": done.Digest, "by": o.By, "rows": done.Rows, "caps": done.Caps, "approval": done.Path})
		}
		fmt.Fprintf(a.out, "approved by %s: %s\n", o.By, wording.Plural(done.Rows, "row"))
		for _, c := range done.Caps {
			if c.Most != nil {
				fmt.Fprintf(a.out, "at most %s, with what was charged before\n", c.Most.Up().In(c.Unit))
			} else {
				fmt.Fprintf(a.out, "no highest cost: the price of some row is not known\n")
			}
		}
		a.printNext(step{campaign.Command("run"), "send them"})
		return nil
	})
}
