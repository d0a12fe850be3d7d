package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// backupFile is the ledger as of the start of the last command that changed it.
const backupFile = "ledger.bak"

func (a *app) restoreCommand() *cobra.Command {
	var cf campaignFlags
	var yes bool
	c := &cobra.Command{
		Use:   "restore CAMPAIGN",
		Short: "Go on with an earlier copy of a ledger that is lost or damaged",
		Long: `Go on with an earlier copy of a ledger that is lost or damaged.

What was sent after the copy was made is not in it. So every row that waits to be
sent becomes one that nobody knows about: it is looked for where the service can
be searched, and otherwise you decide, with reelmerge resolve. A damaged file is
kept beside.`,
		Example: "  reelmerge ledger restore campaign.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.restore(c.Context(), s, yes)
		},
	}
	cf.register(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) restore(ctx context.Context, s *setup, yes bool) error {
	needed, err := s.needsCopy()
	if err != nil {
		return err
	}
	const risk = "what was sent since the copy was made is not in it: every row that waits to be sent will wait for your decision"
	if err := a.seek(ctx, consent{
		yes || s.Provider.Sandbox.On, risk, risk + ". Go on with the copy?", "nothing was changed",
	}); err != nil {
		return err
	}
	if needed {
		if err := s.installCopy(); err != nil {
			return err
		}
	}
	store, err := boltstore.Open(s.path(ledgerFile), boltstore.Options{Older: true})
	if err != nil {
		return ledgerFailure(err)
	}
	defer store.Close()
	if err := s.recognise(store); err != nil {
		return err
	}
	doubtful, err := a.doubt(ctx, s, store)
	if err != nil {
		return err
	}
	return a.reportRestored(s, doubtful)
}

// needsCopy says what is wrong with the ledger: that it is an earlier copy already,
// or that one must take its place. One that is well is left alone.
func (s *setup) needsCopy() (bool, error) {
	store, err := boltstore.Open(s.path(ledgerFile), boltstore.Options{})
	switch {
	case err == nil:
		store.Close()
		return false, fail(exitUsage, errors.New("the ledger is sound and up to date"), "there is nothing to restore")
	case errors.Is(err, boltstore.ErrOlder):
		return false, nil
	case errors.Is(err, boltstore.ErrCorrupt), errors.Is(err, boltstore.ErrMissing), errors.Is(err, boltstore.ErrForeign):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, s.notRunYet()
	}
	return false, ledgerFailure(err)
}

// installCopy puts the backup in the place of the ledger, which is kept.
func (s *setup) installCopy() error {
	path, backup := s.path(ledgerFile), s.path(backupFile)
	faults, err := boltstore.Verify(backup)
	if err != nil || !usable(faults) {
		return fail(exitLedger, fmt.Errorf("ledger.bak cannot be used either: %w", errors.Join(append(faults, err)...)),
			"look for a copy of the output folder elsewhere, and put its ledger.db here")
	}
	aside := s.path("ledger.damaged-" + time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(exitLedger, fmt.Errorf("put the damaged ledger aside: %w", err), "close the program that has it open, and run the command again")
	}
	if err := copyFile(backup, path); err != nil {
		return fail(exitLedger, fmt.Errorf("copy ledger.bak: %w", err), "run the command again when the disk is well")
	}
	return nil
}

// usable reports whether nothing is wrong with a copy but its age.
func usable(faults []error) bool {
	return !slices.ContainsFunc(faults, func(err error) bool { return !errors.Is(err, boltstore.ErrOlder) })
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return keepFile(in, to)
}

// doubt makes every row that would be sent one that nobody knows about, also those
// that the sheet has and the copy does not yet. Only then is the ledger accepted
// again, by the record of a run: a crash on the way leaves it refused.
func (a *app) doubt(ctx context.Context, s *setup, store *boltstore.Store) (n int, err error) {
	since, err := lastKnown(store)
	if err != nil {
		return 0, err
	}
	planner, err := a.open(s)
	if err != nil {
		return 0, err
	}
	planner.Known = store
	planner.Record = func(changes ...ledger.Change) error { _, err := store.Apply(changes...); return err }
	plan, err := a.plan(ctx, planner)
	if err != nil {
		return 0, err
	}
	var waiting []ledger.Entry
	for e, err := range store.Entries(ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			return 0, ledgerFailure(err)
		}
		waiting = append(waiting, e)
	}
	for part := range slices.Chunk(waiting, rowsAtOnce) {
		if _, err := store.Apply(lostSince(part, since)...); err != nil {
			return 0, ledgerFailure(err)
		}
	}
	return len(waiting), ledgerFailure(store.Record(plan.Run))
}

// lastKnown is a time before everything that a copy does not know.
func lastKnown(store *boltstore.Store) (time.Time, error) {
	summary, err := store.Summary()
	switch {
	case err != nil:
		return time.Time{}, ledgerFailure(err)
	case summary.Run == nil:
		return summary.Identity.Created, nil
	}
	return summary.Run.Started, nil
}

// restoredReason is why a row is unsure that an earlier copy of the ledger has as
// planned.
const restoredReason = "an earlier copy of the ledger was restored, and it may have been sent since"

// lostSince are the changes that make planned rows unsure. They may have been sent
// at any time since the copy was made, which is from when on they are searched for.
// No budget is asked: what they may have cost is spent.
func lostSince(entries []ledger.Entry, since time.Time) (changes []ledger.Change) {
	for _, e := range entries {
		changes = append(changes,
			ledger.Change{Key: e.Key, Version: e.Version, Event: ledger.Event{Kind: ledger.Intend, At: since}},
			ledger.Change{Key: e.Key, Version: e.Version + 1, Event: ledger.Event{Kind: ledger.Lose, At: time.Now(), Reason: restoredReason}})
	}
	return changes
}

func (a *app) reportRestored(s *setup, doubtful int) error {
	if a.json {
		if err := a.printJSON(map[string]any{"campaign": s.Name, "unsure": doubtful}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "restored; may have been sent since: %s\n", some(doubtful, "row"))
		if doubtful > 0 {
			a.printNext(step{"reelmerge resolve " + s.argument(), "list them, and decide"})
		}
	}
	if doubtful > 0 {
		return exit(exitDecide)
	}
	return nil
}
