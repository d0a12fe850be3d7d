package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/report"
)

func (a *app) assetsCommand() *cobra.Command {
	var campaign string
	var sandbox bool
	var age time.Duration
	c := &cobra.Command{
		Use:               "assets PROVIDER [KIND]",
		Short:             "List the voices, avatars, models or fonts that the account can use",
		Example:           "  reelmerge assets colossyan voices\n  reelmerge assets colossyan avatars --campaign campaign.yaml --json",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeAssets,
		RunE: func(c *cobra.Command, args []string) error {
			o := a.options()
			o.Sandbox = sandbox
			catalogue, err := reelmerge.OpenCatalogue(args[0], campaign, o)
			if err != nil {
				return err
			}
			defer catalogue.Close()
			if len(args) == 1 {
				return a.listKinds(args[0], catalogue.Kinds())
			}
			return a.assets(c.Context(), catalogue, args[1], age)
		},
	}
	flags := c.Flags()
	flags.StringVar(&campaign, "campaign", "", "take address and credentials from this campaign `file`")
	flags.BoolVar(&sandbox, "sandbox", false, "ask the embedded simulator: no key")
	flags.DurationVar(&age, "max-age", time.Hour, "the `age` that a kept list may have; 0 asks again")
	return c
}

func (t *terminal) listKinds(provider string, kinds []string) error {
	if t.json {
		return t.printJSON(map[string]any{"provider": provider, "kinds": kinds})
	}
	for _, kind := range kinds {
		fmt.Fprintln(t.out, wording.Clean(kind))
	}
	return nil
}

func (a *app) assets(ctx context.Context, catalogue *reelmerge.Catalogue, kind string, age time.Duration) error {
	list, err := catalogue.List(ctx, kind, age)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(list)
	}
	if old := time.Since(list.AsOf).Round(time.Minute); old > 0 {
		a.say("as of %s, %v ago; --max-age 0 asks again", list.AsOf.Local().Format("15:04"), old)
	}
	return printAssets(a.out, list.Assets)
}

func printAssets(out io.Writer, assets []providers.Asset) error {
	rows := [][]string{{"NAME", "LABEL", "DETAILS"}}
	for _, asset := range assets {
		var details []string
		for _, name := range slices.Sorted(maps.Keys(asset.Details)) {
			details = append(details, name+": "+asset.Details[name])
		}
		rows = append(rows, []string{asset.Name, asset.Label, strings.Join(details, "; ")})
	}
	return report.Columns(out, rows)
}
