package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// reportCommand writes a summary page to share.
func reportCommand(a *app) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "report CAMPAIGN",
		Short:   "Write a summary page to share, as one HTML file",
		Example: "  reelmerge report campaign.yaml\n  reelmerge report campaign.yaml --out spring.html",
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the `file` to write; default: report.html beside the ledger")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		path, page, err := campaign.WriteReport(ctx, out)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"campaign": campaign.File().Name, "report": path, "status": page.Status})
		}
		_, err = fmt.Fprintln(a.out, wording.Clean(path))
		return err
	})
}
