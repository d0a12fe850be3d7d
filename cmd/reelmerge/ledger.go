package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// ledgerCommand has those that look after a ledger: verify and restore.
func (a *app) ledgerCommand() *cobra.Command {
	var cf campaignFlags
	verify := &cobra.Command{
		Use:     "verify CAMPAIGN",
		Short:   "Read every record of the ledger and say what is wrong with it",
		Example: "  reelmerge ledger verify campaign.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.verify(c.Context(), s)
		},
	}
	cf.register(verify)
	c := &cobra.Command{Use: "ledger", Short: "Look after the ledger", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(verify, a.restoreCommand())
	return c
}

func (a *app) verify(ctx context.Context, s *setup) error {
	exists, err := boltstore.Exists(s.path(ledgerFile))
	if err == nil && !exists {
		return s.notRunYet()
	}
	if err != nil {
		return ledgerFailure(err)
	}
	faults, err := boltstore.Verify(ctx, s.path(ledgerFile))
	if err != nil {
		return ledgerFailure(err)
	}
	lines := []string{}
	for _, fault := range faults {
		lines = append(lines, fault.Error())
	}
	if a.json {
		err = a.printJSON(map[string]any{"campaign": s.Name, "sound": len(lines) == 0, "faults": lines})
	} else {
		for _, line := range lines {
			fmt.Fprintln(a.out, line)
		}
	}
	switch {
	case err != nil:
		return err
	case len(lines) > 0:
		return fail(exitLedger, fmt.Errorf("the ledger has %s", wording.Plural(len(lines), "fault")), "reelmerge ledger restore makes do with ledger.bak, which is as of the start of the last run")
	case !a.json:
		fmt.Fprintln(a.out, "the ledger is sound")
	}
	return nil
}
