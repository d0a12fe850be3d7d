package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// ledgerCommand has those that look after a ledger: verify, restore and import.
func (a *app) ledgerCommand() *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "Look after the ledger", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(a.verifyCommand(), a.restoreCommand(), importCommand(a))
	return c
}

func (a *app) verifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "verify CAMPAIGN",
		Short:   "Read every record of the ledger and say what is wrong with it",
		Example: "  reelmerge ledger verify campaign.yaml",
	}
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		faults, err := campaign.Verify(ctx)
		if err != nil {
			return err
		}
		lines := []string{}
		for _, fault := range faults {
			lines = append(lines, fault.Error())
		}
		return a.printFaults(campaign, lines)
	})
}

func (a *app) printFaults(c *reelmerge.Campaign, faults []string) error {
	if a.json {
		if err := a.printJSON(map[string]any{"campaign": c.File().Name, "sound": len(faults) == 0, "faults": faults}); err != nil {
			return err
		}
	}
	for _, fault := range faults {
		if !a.json {
			fmt.Fprintln(a.out, fault)
		}
	}
	switch {
	case len(faults) > 0:
		return fail(exitLedger, fmt.Errorf("the ledger has %s", wording.Plural(len(faults), "fault")), "reelmerge ledger restore goes on with ledger.bak, a copy from the start of the last run")
	case !a.json:
		fmt.Fprintln(a.out, "the ledger is sound")
	}
	return nil
}

func (a *app) restoreCommand() *cobra.Command {
	var o reelmerge.RestoreOptions
	var latest bool
	c := &cobra.Command{
		Use:     "restore CAMPAIGN",
		Short:   "Go on with an earlier copy of a ledger that is lost or damaged",
		Example: "  reelmerge ledger restore campaign.yaml\n  reelmerge ledger restore campaign.yaml --distrust\n  reelmerge ledger restore campaign.yaml --latest",
	}
	flags := c.Flags()
	flags.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&latest, "latest", false, "this is the latest copy for certain: write run.json anew, and change nothing else")
	flags.BoolVar(&o.Distrust, "distrust", false, "the whole folder is an earlier copy, or was used elsewhere since: doubt a ledger that looks well")
	c.MarkFlagsMutuallyExclusive("latest", "distrust")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if latest {
			return a.vouch(ctx, campaign, o.Yes)
		}
		return a.restore(ctx, campaign, o)
	})
}

func importCommand(a *app) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:     "import CAMPAIGN",
		Short:   "Move the ledger from its file to a database, for several machines",
		Example: "  reelmerge ledger import campaign.yaml --store \"$REELMERGE_STORE\"",
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		if err := campaign.Import(ctx, yes); err != nil {
			return err
		}
		return printStore(a.terminal, map[string]any{"campaign": campaign.File().Name, "imported": true}, "the ledger is in the database; go on with --store, or write store: into the campaign")
	})
}

func (a *app) vouch(ctx context.Context, c *reelmerge.Campaign, yes bool) error {
	if err := c.Vouch(ctx, yes); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": c.File().Name, "latest": true})
	}
	fmt.Fprintln(a.out, "run.json names this ledger as the latest; nothing else was changed")
	return nil
}

func (a *app) restore(ctx context.Context, c *reelmerge.Campaign, o reelmerge.RestoreOptions) error {
	doubtful, err := c.Restore(ctx, o)
	if err != nil {
		return err
	}
	if a.json {
		if err := a.printJSON(map[string]any{"campaign": c.File().Name, "unsure": doubtful}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "restored; may have been sent since: %s\n", wording.Plural(doubtful, "row"))
		if doubtful > 0 {
			a.printNext(step{c.Command("resolve"), "list them, and decide"})
		}
	}
	if doubtful > 0 {
		return exit(exitDecide)
	}
	return nil
}
