package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func purgeCommand(a *app) *cobra.Command {
	var o reelmerge.PurgeOptions
	c := &cobra.Command{
		Use:     "purge CAMPAIGN",
		Short:   "Forget what the rows said, and delete their videos",
		Example: "  reelmerge purge campaign.yaml\n  reelmerge purge campaign.yaml --row C00147 --yes",
	}
	flags := c.Flags()
	flags.StringArrayVar(&o.Rows, "row", nil, "only the row with this `key`; may be repeated")
	flags.BoolVar(&o.Local, "local", false, "delete nothing at the service")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		receipt, err := campaign.Purge(ctx, o)
		if err != nil {
			return err
		}
		if !a.json {
			a.printReceipt(campaign, receipt)
		} else if err := a.printJSON(receipt); err != nil {
			return err
		}
		return exit(receiptCode(receipt))
	})
}

func receiptCode(r reelmerge.Receipt) int {
	switch {
	case r.LeftOpen > 0:
		return exitDecide
	case r.Service.Failed > 0:
		return exitRows
	}
	return exitDone
}

func (t *terminal) printReceipt(c *reelmerge.Campaign, r reelmerge.Receipt) {
	out := func(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }
	out("%s purged, %s of them before being sent; purged before: %s, left because their end is open: %s",
		wording.Plural(r.Purged, "row"), wording.Count(r.Cancelled), wording.Count(r.PurgedBefore), wording.Count(r.LeftOpen))
	out("deleted here: %s, %s made from the rows, copies of media: %s", wording.Plural(r.Videos, "video"), wording.Plural(len(r.Files), "file"), wording.Count(r.Media))
	if r.VideosLeft > 0 {
		out("not as it was downloaded, left: %s in %s", wording.Plural(r.VideosLeft, "file"), filepath.Join(filepath.Dir(r.Path), "videos"))
	}
	out("deleted at %s: %s; gone already: %s, not deleted: %s, failed: %s", c.Service().Title,
		wording.Plural(r.Service.Deleted, "video"), wording.Count(r.Service.Gone), wording.Count(r.Service.NotDeleted), wording.Count(r.Service.Failed))
	if len(r.Left) > 0 {
		out("left, not made by this ledger or changed since: %s", wording.Clean(strings.Join(r.Left, ", ")))
	}
	for _, what := range r.Untouched {
		out("not touched: %s", what)
	}
	out("receipt: %s", r.Path)
	if r.Service.Failed > 0 {
		t.say("kept until the video is deleted: %s; purge again, or add --local to give them up there", wording.Plural(r.Service.Failed, "row"))
	}
}
