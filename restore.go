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

// backupFile is the ledger as of the start of the last operation that changed it.
const backupFile = "ledger.bak"

// RestoreOptions say what a person knows of the files that are there.
type RestoreOptions struct {
	Yes      bool // do not ask
	Distrust bool // the folder came back from a backup, though nothing shows it
}

// Restore goes on with an earlier copy of a ledger that is lost or damaged. What was
// sent after the copy was made is not in it, so every row that waits to be sent,
// failed or was cancelled becomes unsure; it returns how many.
func (c *Campaign) Restore(ctx context.Context, o RestoreOptions) (doubtful int, _ error) {
	needed, err := c.needsCopy(o)
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
	store, err := c.openOlder()
	if err != nil {
		return 0, err
	}
	defer store.Close()
	return c.doubt(ctx, store)
}

// ledgerFile is where the ledger is, if it is a file.
func (c *Campaign) ledgerFile() (string, error) {
	if file, ok := c.stores().(boltFile); ok {
		return string(file), nil
	}
	_, err := keeperOf(nil)
	return "", err
}

// openOlder opens what may be an earlier copy.
func (c *Campaign) openOlder() (Store, error) {
	store, err := c.stores().Open(c.identity(), true)
	if err != nil {
		return nil, ledgerFailure(err)
	}
	return store, nil
}

// needsCopy says what is wrong with the ledger: that it is an earlier copy already,
// or that one must take its place. One that is well is left alone, unless a person
// distrusts it.
func (c *Campaign) needsCopy(o RestoreOptions) (bool, error) {
	err := c.sound()
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

// sound opens the ledger as a run would, and closes it again.
func (c *Campaign) sound() error {
	store, err := c.stores().Open(nil, false)
	if err == nil {
		store.Close()
	}
	return err
}

// Vouch takes a person's word for it that the ledger is the latest copy, where run.json
// is lost: it is written anew, and nothing else is changed.
func (c *Campaign) Vouch(ctx context.Context, yes bool) error {
	switch err := c.sound(); {
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
	store, err := c.openOlder()
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

// installCopy puts the backup in the place of the ledger, which is kept.
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
	aside := c.path("ledger.damaged-" + time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(BadLedger, fmt.Errorf("put the damaged ledger aside: %w", err), "close the program that has it open, and run the command again")
	}
	if err := copyFile(backup, path); err != nil {
		return fail(BadLedger, fmt.Errorf("copy ledger.bak: %w", err), "free some disk space, or mend the disk, and run the command again")
	}
	return nil
}

// usable reports whether nothing is wrong with a copy but that it may be old.
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

// doubt makes every row unsure that could have been sent since the copy was made,
// also those that the sheet has and the copy does not yet. Only then is the ledger
// accepted again, by the record of a run: a crash on the way leaves it refused.
func (c *Campaign) doubt(ctx context.Context, store ledger.Store) (n int, err error) {
	keeper, err := keeperOf(store)
	if err != nil {
		return 0, err
	}
	since, err := lastKnown(ctx, store)
	if err != nil {
		return 0, err
	}
	planner, err := c.open()
	if err != nil {
		return 0, err
	}
	planner.Ledger, planner.Fetch = store, c.addresses().fetch
	planner.Retry = func(engine.Remembered) bool { return true } // it may have been retried since
	planner.Record = func(ctx context.Context, changes ...ledger.Change) error {
		_, err := store.Apply(ctx, changes...)
		return err
	}
	if err := keeper.Distrust(ctx); err != nil {
		return 0, ledgerFailure(err)
	}
	plan, err := c.pass(ctx, planner)
	if err != nil {
		return 0, err
	}
	if n, err = loseAll(ctx, store, since); err != nil {
		return 0, ledgerFailure(err)
	}
	plan.Run.Restored = time.Now().UTC()
	return n, ledgerFailure(store.Record(ctx, plan.Run))
}

// loseAll makes rows unsure that could have been sent since, and counts them.
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

// lastKnown is a time before everything that a copy does not know.
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

// restoredReason is why a row is unsure that an earlier copy of the ledger has as
// one that may be sent.
const restoredReason = "an earlier copy of the ledger was restored, and it may have been sent since"

// lostSince are the changes that make rows unsure. They may have been sent at any
// time since the copy was made, which is from when on they are searched for. No
// budget is asked: what they may have cost is spent.
func lostSince(entries []ledger.Entry, since time.Time) (changes []ledger.Change) {
	for _, e := range entries {
		for i, event := range losing(e, since) {
			changes = append(changes, ledger.Change{Key: e.Key, Version: e.Version + uint64(i), Event: event})
		}
	}
	return changes
}

// losing are the events that make one row unsure, whatever it is. Since the copy it
// may also have been refused and sent once more, under another name. So a search
// that finds nothing proves nothing, as when the clock was set back after the row
// was sent; the last event says so by its time.
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
	return append(events, ledger.Event{Kind: ledger.Intend, At: since},
		ledger.Event{Kind: ledger.Lose, At: since.Add(before), Reason: restoredReason})
}
