package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func retryCommand(a *app) *cobra.Command {
	var o reelmerge.RetryOptions
	c := &cobra.Command{
		Use:     "retry CAMPAIGN",
		Short:   "Plan failed rows again; the next run sends them",
		Example: "  reelmerge retry campaign.yaml\n  reelmerge retry campaign.yaml --reason \"status 400\"\n  reelmerge retry campaign.yaml --row C00147",
	}
	flags := c.Flags()
	flags.StringArrayVar(&o.Rows, "row", nil, "only the row with this `key`; may be repeated")
	flags.StringArrayVar(&o.Parts, "part", nil, "only this `step` that rows wait for, or STEP:DIGITS where it has several jobs")
	flags.StringVar(&o.Reason, "reason", "", "only rows whose reason contains this `text`")
	flags.BoolVar(&o.Cancelled, "cancelled", false, "cancelled rows as well")
	flags.BoolVar(&o.AcceptRestored, "accept-restored", false, "plan rows although they may have been made again before an earlier copy of the ledger was restored")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		done, err := campaign.Retry(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"campaign": campaign.File().Name, "planned_again": done.Planned, "still_failed": done.Failed})
		}
		fmt.Fprintf(a.out, "%s to be sent again, %s still failed\n", wording.Plural(done.Planned, "row"), wording.Count(done.Failed))
		if done.Planned > 0 {
			a.say("send them with: %s", campaign.Command("run"))
		}
		return nil
	})
}
