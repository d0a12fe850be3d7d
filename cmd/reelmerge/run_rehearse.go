package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// rehearse rehearses the campaign, and says how that ended.
func (a *app) rehearse(ctx context.Context, c *reelmerge.Campaign, faults string, o reelmerge.RunOptions) error {
	done, err := c.Rehearse(ctx, faults, o)
	if err != nil {
		return err
	}
	if !a.json {
		printRehearsal(a.out, done)
	} else if err := a.printJSON(done); err != nil {
		return err
	}
	if done.PaidTwice > 0 || done.Lost > 0 {
		return fail(exitBug, fmt.Errorf("the rehearsal paid %s twice and lost %d", wording.Plural(done.PaidTwice, "video"), done.Lost), "this is a bug of reelmerge or of its simulator, and no money was spent; please report it, with the line that begins with rehearsed")
	}
	if done.Held != "" {
		return exit(exitHeld)
	}
	return nil
}

func printRehearsal(out io.Writer, d reelmerge.Rehearsal) {
	fmt.Fprintf(out, "rehearsed %s with %s\n", wording.Plural(d.Rows, "row"), d.Faults)
	fmt.Fprintf(out, "jobs at the simulator: %d, %s %s charged there, %s in the ledger for them\n", d.Jobs, d.BankTotal.Rounded(), d.Unit, d.LedgerTotal.Rounded())
	fmt.Fprintf(out, "rows not known, which you would decide: %d, failed: %d\n", d.Unsure, d.Failed)
	if d.NotSent > 0 {
		fmt.Fprintf(out, "rows that were not sent: %d (%s)\n", d.NotSent, cmp.Or(wording.Clean(d.Held), "this was a part of the rows"))
	}
	fmt.Fprintf(out, "paid twice: %d, lost: %d\n", d.PaidTwice, d.Lost)
}
