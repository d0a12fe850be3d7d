package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/declared"
)

func providerCommand(a *app) *cobra.Command {
	check := &cobra.Command{
		Use:     "check FILE",
		Short:   "Check the description of a service",
		Example: "  reelmerge provider check acme.service.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, found := declared.Load(args[0])
			if d == nil {
				return a.refuse(found)
			}
			return a.showProblems(found, fmt.Sprintf("%s: the description of %s can be used", args[0], d.Title))
		},
	}
	show := &cobra.Command{
		Use:     "show FILE|NAME",
		Short:   "Show what the description of a service says",
		Example: "  reelmerge provider show acme.service.yaml\n  reelmerge provider show nexrender",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, known := builtin.Find(args[0])
			if !known {
				var found problem.List
				if d, found = declared.Load(args[0]); d == nil {
					return a.refuse(found)
				}
			}
			if a.json {
				return a.printJSON(d.View())
			}
			_, err := fmt.Fprint(a.out, d.View())
			return err
		},
	}
	c := &cobra.Command{Use: "provider", Short: "Look at a service that is described by a file",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(check, show, proveCommand(a), recordCommand(a))
	return c
}

// recordCommand notes what the free calls of a live account answer.
func recordCommand(a *app) *cobra.Command {
	var row string
	c := &cobra.Command{
		Use:     "record CAMPAIGN",
		Short:   "Ask the free calls of a described service, and write their answers as recordings",
		Example: "  reelmerge provider record campaign.yaml --row 17 >> acme.service.yaml",
	}
	c.Flags().StringVar(&row, "row", "", "the row with this `key`, whose job is asked for; without it, the first that has one")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		noted, err := campaign.Record(ctx, row)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.printJSON(map[string]any{"recordings": noted})
		}
		for _, r := range noted {
			fmt.Fprintln(a.out, r.Line())
		}
		return nil
	})
}

// proveCommand pays for one video, and shows with it what the description claims.
func proveCommand(a *app) *cobra.Command {
	var o reelmerge.RunOptions
	var row string
	c := &cobra.Command{
		Use:     "prove CAMPAIGN",
		Short:   "Pay for one video, and see by it whether the service knows our key and lists its jobs",
		Example: "  reelmerge provider prove campaign.yaml\n  reelmerge provider prove campaign.yaml --row 17",
	}
	flags := c.Flags()
	flags.StringVar(&row, "row", "", "the row with this `key`; without it, the first that is ready")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "do not ask before spending")
	flags.BoolVar(&o.NewLedger, "new-ledger", false, "start a paid campaign's ledger without asking: nothing counts as paid yet")
	flags.StringVar(&o.TrustService, "trust-service", "", "the `HASH` of a described service that you have looked at; twelve digits are enough")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if row != "" {
			o.Only = map[string]bool{row: true}
		}
		o.SkipProblems, o.Planned, o.Paying, o.Sending = true, a.tellPlan, a.tellCost, a.mayDie
		w := a.newWatch(campaign)
		if !a.json {
			o.Happened, o.Progress, o.Every = w.happened, w.show, w.every()
		}
		proof, _, err := campaign.Prove(ctx, o)
		w.close()
		if proof == nil {
			return err
		}
		if err = errors.Join(err, a.printProof(campaign, proof)); err == nil && !proof.Held() {
			return exit(exitDecide)
		}
		return err
	})
}

// printProof says what one video has shown.
func (t *terminal) printProof(c *reelmerge.Campaign, p *reelmerge.Proof) error {
	if t.json {
		return t.printJSON(p)
	}
	title := c.Service().Title
	for _, line := range []string{map[declared.Finding]string{
		declared.Holds:   "key: holds: the second send brought the same job",
		declared.Ignored: "key: ignored: " + title + " made a second job, " + p.Second + ", and both may be charged; no lost submit is sent again",
		declared.Unclear: "key: not known: " + p.Why,
	}[p.Key], map[declared.Finding]string{
		declared.Holds:    "list: holds: it showed the new job",
		declared.NotShown: "list: not shown: the new job was not in it, so a search that finds nothing proves nothing",
		declared.Unclear:  "list: not known: " + p.Why,
	}[p.List]} {
		if line != "" {
			fmt.Fprintln(t.out, wording.Clean(line))
		}
	}
	t.say("noted for this account, %s", p.At.Format(time.DateOnly))
	return nil
}

// showProblems lists warnings, and says what is good all the same.
func (a *app) showProblems(found problem.List, good string) error {
	if a.json {
		doc := checkJSON{Problems: append(problem.List{}, found...)}
		doc.Count, doc.Warnings = found.Count()
		return a.printJSON(doc)
	}
	for _, p := range found {
		a.listingOn(a.out, a.screen.out).problem(p)
	}
	_, err := fmt.Fprintln(a.out, good)
	return err
}
