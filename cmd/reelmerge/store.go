package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/databases"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// storeCommand looks after a database that has ledgers of several machines.
func storeCommand(t *terminal) *cobra.Command {
	c := &cobra.Command{Use: "store", Short: "Look after a database with ledgers of several machines", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(
		&cobra.Command{
			Use: "migrate URL", Short: "Make the tables of a database, or bring them up to date", Args: cobra.ExactArgs(1),
			Example: "  reelmerge store migrate \"$REELMERGE_STORE\"",
			RunE: func(c *cobra.Command, args []string) error {
				if err := databases.Migrate(c.Context(), args[0]); err != nil {
					return err
				}
				return printStore(t, map[string]any{"migrated": true}, "the tables are up to date")
			},
		},
		&cobra.Command{
			Use: "check URL", Short: "Say whether a database can be trusted with a ledger", Args: cobra.ExactArgs(1),
			Example: "  reelmerge store check \"$REELMERGE_STORE\"",
			RunE:    func(c *cobra.Command, args []string) error { return checkStore(c.Context(), t, args[0]) },
		},
	)
	return c
}

// printStore prints a document for programs, or a line for people.
func printStore(t *terminal, doc any, line string) error {
	if t.json {
		return t.printJSON(doc)
	}
	_, err := fmt.Fprintln(t.out, line)
	return err
}

// checkStore prints what a ledger depends on, and the faults with their cures.
func checkStore(ctx context.Context, t *terminal, url string) error {
	r, err := databases.Check(ctx, url)
	if err != nil {
		return err
	}
	faults := []map[string]string{}
	for _, f := range r.Faults {
		faults = append(faults, map[string]string{"fault": f.Error(), "cure": f.Cure})
	}
	text := fmt.Sprintf("PostgreSQL %s, tables of version %d, its clock %s ahead of this machine's, an answer takes %s",
		r.Server, r.Schema, r.Offset.Round(time.Millisecond), r.RoundTrip.Round(time.Microsecond))
	for _, s := range r.Settings {
		text += fmt.Sprintf("\n%s = %s", s.Name, s.Value)
	}
	for _, f := range r.Faults {
		text += fmt.Sprintf("\n%s: %s", wording.Clean(f.Error()), wording.Clean(f.Cure))
	}
	if len(faults) == 0 {
		text += "\nthe database can be trusted with a ledger"
	}
	err = printStore(t, map[string]any{"server": r.Server, "schema": r.Schema, "sound": len(faults) == 0, "faults": faults}, text)
	if len(faults) > 0 {
		err = errors.Join(err, fail(exitLedger, fmt.Errorf("the database has %s", wording.Plural(len(faults), "fault")), "each is listed with its cure"))
	}
	return err
}
