package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// backupFile is the copy of the ledger from the start of the last operation that changed
// it.
const backupFile = "ledger.bak"

// RestoreOptions say what a person knows about the files in the folder.
type RestoreOptions struct {
	Yes      bool // do not ask
	Distrust bool // the folder came back from a backup, which its files do not show
}

// Restore continues with an earlier copy of a ledger that is lost or damaged. The copy
// does not know which rows were sent after it was made. So every row that is to be sent,
// has failed or was cancelled becomes unsure. It returns how many.
func (c *Campaign) Restore(ctx context.Context, o RestoreOptions) (doubtful int, _ error) {
	if c.shares() {
		return c.restoreShared(ctx, o)
	}
	needed, err := c.needsCopy(ctx, o)
	if err != nil {
		return 0, err
	}
	const risk = "what was sent since the copy was made is not in it: every row that waits to be sent, failed or was cancelled will wait for your decision"
	if err := c.seek(ctx, o.Yes || c.IsTest(), risk, Question{
		About: Forever, Text: risk + ". Go on with the copy?", Otherwise: "nothing was changed",
	}); err != nil {
		return 0, err
	}
	if needed {
		if err := c.installCopy(ctx); err != nil {
			return 0, err
		}
	}
	store, err := c.openOlder(ctx)
	if err != nil {
		return 0, err
	}
	defer store.Close()
	keeper, err := keeperOf(store)
	if err != nil {
		return 0, err
	}
	return c.doubt(ctx, store, keeper.Distrust, time.Now)
}

// ledgerFile is where the ledger is, if it is a file.
func (c *Campaign) ledgerFile() (string, error) {
	if file, ok := c.stores().(boltFile); ok {
		return string(file), nil
	}
	_, err := keeperOf(nil)
	return "", err
}

// openOlder opens a ledger that may be an earlier copy.
func (c *Campaign) openOlder(ctx context.Context) (Store, error) {
	store, err := c.stores().Open(ctx, c.identity(), true)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	return store, nil
}

// needsCopy reports whether the backup must replace the ledger. It need not if the ledger
// is an earlier copy itself. A sound ledger is an error, unless a person distrusts it:
// restoring it would put every waiting row in doubt for nothing.
func (c *Campaign) needsCopy(ctx context.Context, o RestoreOptions) (bool, error) {
	err := c.sound(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if _, bak := os.Stat(c.path(backupFile)); bak != nil {
			return false, c.notRunYet()
		}
		return true, nil // it was lost with its run.json
	}
	switch {
	case err == nil && o.Distrust, errors.Is(err, ledger.ErrOlder), errors.Is(err, ledger.ErrUnproven):
		return false, nil
	case err == nil:
		return false, fail(Usage, errors.New("the ledger is sound and up to date"), "there is nothing to restore; if the whole folder came back from a backup, or was copied and used elsewhere, add --distrust")
	case errors.Is(err, ledger.ErrCorrupt), errors.Is(err, ledger.ErrMissing), errors.Is(err, ledger.ErrForeign):
		return true, nil
	}
	return false, ledgerFailure(err)
}

// sound opens the ledger as a run would, and closes it.
func (c *Campaign) sound(ctx context.Context) error {
	store, err := c.stores().Open(ctx, nil, false)
	if err == nil {
		store.Close()
	}
	return err
}

// Vouch accepts a person's word that the ledger is the latest copy, if run.json is lost.
// It writes run.json anew and changes nothing else.
func (c *Campaign) Vouch(ctx context.Context, yes bool) error {
	switch err := c.sound(ctx); {
	case err == nil:
		return fail(Usage, errors.New("the ledger is sound and up to date"), "there is nothing to restore")
	case errors.Is(err, fs.ErrNotExist):
		return c.notRunYet()
	case !errors.Is(err, ledger.ErrUnproven):
		return ledgerFailure(err)
	}
	const risk = "if this is an earlier copy of the ledger, what was sent since is not in it, and will be sent and paid for again"
	if err := c.seek(ctx, yes, risk, Question{About: Forever, Text: risk + ". Is it the latest for certain?", Otherwise: "nothing was changed"}); err != nil {
		return err
	}
	store, err := c.openOlder(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	keeper, err := keeperOf(store)
	if err != nil {
		return err
	}
	if err := keeper.Vouch(ctx); err != nil {
		return ledgerFailure(fmt.Errorf("write run.json: %w", err))
	}
	return nil
}

// installCopy replaces the ledger by the backup. The old ledger is kept under another
// name, since a specialist may still read rows from it. A crash in between leaves no
// ledger, which the next restore finds like a lost one.
func (c *Campaign) installCopy(ctx context.Context) error {
	path, err := c.ledgerFile()
	if err != nil {
		return err
	}
	backup := c.path(backupFile)
	faults, err := boltstore.Verify(ctx, backup)
	if err != nil || !usable(faults) {
		return fail(BadLedger, fmt.Errorf("ledger.bak cannot be used either: %w", errors.Join(append(faults, err)...)),
			"look for a copy of the output folder elsewhere, and put its ledger.db here")
	}
	// The name has the time, so a second restore does not overwrite the first damaged
	// file.
	aside := c.path("ledger.damaged-" + time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(BadLedger, fmt.Errorf("put the damaged ledger aside: %w", err), "close the program that has it open, and run the command again")
	}
	if err := copyFile(backup, path); err != nil {
		return fail(BadLedger, fmt.Errorf("copy ledger.bak: %w", err), "free some disk space, or mend the disk, and run the command again")
	}
	return nil
}

// usable reports whether a copy has no other fault than that it may be old.
func usable(faults []error) bool {
	return !slices.ContainsFunc(faults, func(err error) bool {
		return !errors.Is(err, ledger.ErrOlder) && !errors.Is(err, ledger.ErrUnproven)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return keepFile(in, to)
}

// doubt makes every row unsure that may have been sent since the copy was made, also rows
// that are in the sheet and not in the copy. Only then does the record of a run make the
// ledger acceptable again. A crash before that leaves it refused, and restore can be
// repeated.
func (c *Campaign) doubt(ctx context.Context, store ledger.Store, distrust func(context.Context) error, now func() time.Time) (n int, err error) {
	since, err := lastKnown(ctx, store)
	if err != nil {
		return 0, err
	}
	planner, err := c.open()
	if err != nil {
		return 0, err
	}
	planner.Ledger = store
	planner.Fetch = c.addresses().fetch
	planner.Retry = func(engine.Remembered) bool { return true } // it may have been retried since
	planner.Record = func(ctx context.Context, changes ...ledger.Change) error {
		_, err := store.Apply(ctx, changes...)
		return err
	}
	// From here to the record of the run the ledger is refused by every other command.
	if err := distrust(ctx); err != nil {
		return 0, ledgerFailure(err)
	}
	plan, err := c.pass(ctx, planner)
	if err != nil {
		return 0, err
	}
	// After the pass also the rows that the copy did not know have entries, so they
	// become unsure too.
	if n, err = loseAll(ctx, store, since); err != nil {
		return 0, ledgerFailure(err)
	}
	plan.Run.Restored = now().UTC()
	return n, ledgerFailure(store.Record(ctx, plan.Run))
}

// loseAll makes all rows unsure that may have been sent since a time, and counts them.
func loseAll(ctx context.Context, store ledger.Store, since time.Time) (n int, err error) {
	var open []ledger.Entry
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{
		ledger.Planned, ledger.Intended, ledger.Unsure, ledger.Failed, ledger.Cancelled,
	}}) {
		if err != nil {
			return 0, err
		}
		if len(e.Payload) == 0 { // what is forgotten cannot have been sent again
			continue
		}
		open = append(open, e)
		if !e.State.Open() {
			n++
		}
	}
	for part := range slices.Chunk(open, rowsAtOnce) {
		if _, err := store.Apply(ctx, lostSince(part, since)...); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// lastKnown returns a time before everything that a copy does not know: the start of its
// last run.
func lastKnown(ctx context.Context, store ledger.Store) (time.Time, error) {
	summary, err := store.Summary(ctx)
	switch {
	case err != nil:
		return time.Time{}, ledgerFailure(err)
	case summary.Run == nil:
		return summary.Identity.Created, nil
	}
	return summary.Run.Started, nil
}

// restoredReason is the reason of rows that became unsure by a restore.
const restoredReason = "an earlier copy of the ledger was restored, and it may have been sent since"

// lostSince returns the changes that make rows unsure. They may have been sent at any
// time since the copy was made, so a search begins at that time. They have no budget: the
// money may be spent already, whatever the limit says.
func lostSince(entries []ledger.Entry, since time.Time) (changes []ledger.Change) {
	for _, e := range entries {
		for i, event := range losing(e, since) {
			changes = append(changes, ledger.Change{Key: e.Key, Version: e.Version + uint64(i), Event: event})
		}
	}
	return changes
}

// losing returns the events that make one row unsure from any state. Since the copy was
// made, the row may have been refused and sent once more with other contents. So a search
// that finds no job proves nothing, as if the clock had been set back; the last event
// says so by an earlier time.
func losing(e ledger.Entry, since time.Time) (events []ledger.Event) {
	const before = -time.Nanosecond
	switch e.State {
	case ledger.Unsure:
		return []ledger.Event{{Kind: ledger.Search, At: e.IntendedAt.Add(before)}}
	case ledger.Intended:
		return []ledger.Event{{Kind: ledger.Lose, At: e.IntendedAt.Add(before), Reason: restoredReason}}
	case ledger.Failed, ledger.Cancelled:
		events = []ledger.Event{{Kind: ledger.Plan, At: time.Now(), By: ledger.ByPerson, Content: e.Content}}
	case ledger.Planned, ledger.Submitted, ledger.Succeeded:
	}
	return append(events, ledger.Event{Kind: ledger.Intend, At: since, By: ledger.ByPerson}, // with what it was filled is not known
		ledger.Event{Kind: ledger.Lose, At: since.Add(before), Reason: restoredReason})
}
