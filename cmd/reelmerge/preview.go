package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// previewCommand shows rows before they are paid for. Like check it has no way to reach a
// service (invariant L13).
func previewCommand(a *app) *cobra.Command {
	var o reelmerge.PreviewOptions
	c := &cobra.Command{
		Use:   "preview CAMPAIGN",
		Short: "Show rows as they would be sent, as a page; spends nothing",
		Example: "  reelmerge preview campaign.yaml\n  reelmerge preview campaign.yaml --row 04117 --row 04134 --out two.html\n" +
			"  reelmerge preview campaign.yaml --risk 20 --by Language --json",
	}
	flags := c.Flags()
	flags.StringArrayVar(&o.Keys, "row", nil, "show the row with this `KEY`, or \"row 7\" by its number; may be given several times")
	flags.IntVar(&o.Risk, "risk", 12, "show the `N` riskiest rows, 500 at the most")
	flags.StringVar(&o.By, "by", "", "one row of each value of this `column` is worth a look, too")
	flags.StringVar(&o.Page, "out", "", "write the page to this `file`; default: preview.html in the output folder")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if o.Risk < 1 {
			return fail(exitUsage, fmt.Errorf("--risk %d is not usable", o.Risk), "it is how many rows are shown, at least 1")
		}
		done, err := campaign.Preview(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(done.Storyboard)
		}
		for _, row := range done.Rows {
			fmt.Fprintf(a.out, "row %d %s", row.Row, wording.Shorten(row.Key))
			for i, why := range row.Why {
				fmt.Fprint(a.out, []string{": ", "; "}[min(i, 1)], wording.Shorten(why))
			}
			fmt.Fprintln(a.out)
		}
		a.tellWritten(done.File)
		a.printNext(step{campaign.Command("plan"), "what all rows would cost"})
		return nil
	})
}
