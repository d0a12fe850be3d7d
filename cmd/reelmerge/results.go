package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func (a *app) resultsCommand() *cobra.Command {
	var o reelmerge.ResultsOptions
	var h handoverFlags
	var until string
	c := &cobra.Command{
		Use:   "results CAMPAIGN",
		Short: "Write the sheet, with links, costs and reasons",
		Example: "  reelmerge results campaign.yaml\n  reelmerge results campaign.yaml --out made.xlsx\n" +
			"  reelmerge results campaign.yaml --send-ready --until 2026-12-24\n" +
			"  reelmerge results campaign.yaml --stills --for mailchimp",
	}
	flags := c.Flags()
	flags.StringVarP(&o.Path, "out", "o", "", "the `file` to write; - is standard output, as CSV; default: results beside the ledger, of the sheet's kind")
	flags.BoolVar(&o.Mailable, "send-ready", false, "only rows that can be mailed: still as they were bought, with a link that answers, lasts, and leads to something of plausible size")
	flags.StringVar(&until, "until", "", "with --send-ready or --for: the `day` until which links must last, as 2026-12-24")
	h.register(flags)
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		err := h.check(o)
		if err == nil {
			o.Until, err = lastDay(until, o.Mailable || h.Tool != "")
		}
		if err != nil {
			return err
		}
		if h.asked() {
			h.Until = o.Until
			return a.handOver(ctx, campaign, &h)
		}
		if o.Path == "-" {
			if a.json {
				return fail(exitUsage, errors.New("--out - and --json both write to standard output"), "--json has all rows as well")
			}
			o.Path = ""
			o.To = a.screen.out
		}
		return a.results(ctx, campaign, o)
	})
}

// lastDay is the end of the day until which links must last; zero without one.
func lastDay(day string, mailable bool) (time.Time, error) {
	switch at, err := time.ParseInLocation(time.DateOnly, day, time.Local); {
	case day == "":
		return time.Time{}, nil
	case !mailable:
		return time.Time{}, fail(exitUsage, errors.New("--until is for --send-ready and --for"), "add one of them, or leave --until out")
	case err != nil:
		return time.Time{}, fail(exitUsage, fmt.Errorf("--until %q is no day", day), "write it as 2026-12-24")
	default:
		return at.AddDate(0, 0, 1), nil
	}
}

func (a *app) results(ctx context.Context, c *reelmerge.Campaign, o reelmerge.ResultsOptions) error {
	o.Rows = a.json
	done, unwritten := c.WriteResults(ctx, o)
	if done.Path == "" {
		return unwritten
	}
	if err := a.printWritten(c, done); err != nil {
		return err
	}
	if !o.Mailable {
		return unwritten
	}
	a.say("%s can be mailed", wording.Plural(done.Mailable, "row"))
	return cmp.Or(unwritten, exit(mailCode(done)))
}

// mailCode is the exit code if a person must look at other rows.
func mailCode(done reelmerge.Written) int {
	switch {
	case done.Changed > 0:
		return exitDecide
	case done.Problems > 0:
		return exitRows
	}
	return exitDone
}

// printWritten says where the results are, and how many rows wait for a decision.
func (a *app) printWritten(c *reelmerge.Campaign, done reelmerge.Written) error {
	if a.json {
		return a.printJSON(map[string]any{"campaign": c.File().Name, "results": done.Path, "changed": done.Changed, "rows": append([]reelmerge.Result{}, done.Rows...)})
	}
	if done.Path != "-" {
		if _, err := fmt.Fprintln(a.out, wording.Clean(done.Path)); err != nil {
			return err
		}
	}
	if done.Changed > 0 {
		a.say("%s changed since bought: results say which, and no mailing has them until you decide", wording.Plural(done.Changed, "row"))
		l := todo{command: c.Command}
		l.addChanged(done.Changed)
		a.printNext(l.steps...)
	}
	return nil
}
