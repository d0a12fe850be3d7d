package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/report"
)

// configCommand shows each setting in force and its origin. It shows no secret.
func configCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "config CAMPAIGN",
		Short:   "Show every setting in force and where it comes from",
		Example: "  reelmerge config campaign.yaml\n  reelmerge config campaign.yaml --set limits.active=3 --json",
	}
	return a.onCampaign(c, func(_ context.Context, campaign *reelmerge.Campaign) error {
		settings := campaign.Settings()
		if a.json {
			return a.printJSON(map[string]any{"campaign": campaign.File().Name, "settings": settings})
		}
		var rows [][]string
		for _, setting := range settings {
			value, from := setting.Value, setting.From
			if value == "" && from == "default" {
				value, from = "-", "not set"
			}
			rows = append(rows, []string{setting.Field, value, from})
		}
		return report.Columns(a.out, rows)
	})
}
