package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
			"  reelmerge preview campaign.yaml --risk 20 --by Language --json\n" +
			"  reelmerge preview campaign.yaml --risk 5 --stills pictures --animatic look.mp4",
	}
	flags := c.Flags()
	flags.StringArrayVar(&o.Keys, "row", nil, "show the row with this `KEY`, or \"row 7\" by its number; may be given several times")
	flags.IntVar(&o.Risk, "risk", 12, "show the `N` riskiest rows, 500 at the most")
	flags.StringVar(&o.By, "by", "", "one row of each value of this `column` is worth a look, too")
	flags.StringVar(&o.Page, "out", "", "write the page to this `file`; default: preview.html in the output folder")
	flags.StringVar(&o.Stills, "stills", "", "make a picture of each scene into this `folder`; those that are there are kept; needs Chromium or Chrome")
	flags.StringVar(&o.Animatic, "animatic", "", "make a film of the rows into this `file`, MP4, with captions; needs Chromium and ffmpeg, and espeak-ng to be heard")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if o.Risk < 1 {
			return fail(exitUsage, fmt.Errorf("--risk %d is not usable", o.Risk), "it is how many rows are shown, at least 1")
		}
		o.Progress = telling(a)
		done, err := campaign.Preview(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(done)
		}
		for _, row := range done.Rows {
			fmt.Fprintf(a.out, "row %d %s", row.Row, wording.Shorten(row.Key))
			for i, why := range row.Why {
				fmt.Fprint(a.out, []string{": ", "; "}[min(i, 1)], wording.Shorten(why))
			}
			fmt.Fprintln(a.out)
		}
		a.tellWritten(done.File)
		tellPictured(a, done)
		a.printNext(step{campaign.Command("plan"), "what all rows would cost"})
		return nil
	})
}

// tellPictured says which pictures and which film were made.
func tellPictured(a *app, done *reelmerge.Preview) {
	if s := done.Stills; s != nil {
		a.say("%s in %s: %s made, %s there already", wording.Plural(s.Made+s.Kept, "still"), s.Folder, wording.Count(s.Made), wording.Count(s.Kept))
	}
	f := done.Animatic
	if f == nil {
		return
	}
	for _, left := range f.Left {
		a.say("row %d: %s; %s", left.Row, left.Reason, left.WhatToDo)
	}
	a.tellWritten(f.File)
	switch {
	case slices.Contains(f.Silent, "all"):
		a.say("the film is silent: install espeak-ng to hear it")
	case len(f.Silent) > 0:
		a.say("espeak-ng has no voice for %s: the film is silent there", strings.Join(f.Silent, ", "))
	}
}
