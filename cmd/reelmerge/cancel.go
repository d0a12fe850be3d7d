package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
)

func cancelCommand(a *app) *cobra.Command {
	var o reelmerge.CancelOptions
	c := &cobra.Command{
		Use:     "cancel CAMPAIGN",
		Short:   "Stop jobs at the service, after saying what that means there",
		Example: "  reelmerge cancel campaign.yaml\n  reelmerge cancel campaign.yaml --row C00147 --yes",
	}
	c.Flags().StringArrayVar(&o.Rows, "row", nil, "only the row with this `key`; may be repeated")
	c.Flags().StringArrayVar(&o.Parts, "part", nil, "only this `step` that rows wait for, or STEP:DIGITS where it has several jobs")
	c.Flags().BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		done, err := campaign.Cancel(ctx, o)
		switch {
		case err != nil:
			return err
		case a.json:
			err = a.printJSON(map[string]any{"campaign": campaign.File().Name, "cancelled": done.Stopped, "going_on": done.GoOn})
			return cmp.Or(err, exit(cancelCode(done)))
		case done.Stopped+done.GoOn == 0:
			fmt.Fprintln(a.out, "nothing to cancel")
			return nil
		}
		fmt.Fprintf(a.out, "%d cancelled, %d go on\n", done.Stopped, done.GoOn)
		return exit(cancelCode(done))
	})
}

func cancelCode(done reelmerge.Cancelled) int {
	if done.GoOn > 0 {
		return exitRows
	}
	return exitDone
}
