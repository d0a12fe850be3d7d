package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/reelmerge/reelmerge/ledger"
)

// namesOnce reads the file names of a ledger when they are first needed. That is only when
// two files want the same one, so most runs are spared a walk over all entries.
func namesOnce(ctx context.Context, store ledger.Store) func() (*ledger.Names, error) {
	return sync.OnceValues(func() (*ledger.Names, error) { return ledger.NamesOf(ctx, store) })
}

// fetchAndRecord fetches the file of one entry and records it. The record is made after
// the whole file is durable and before it takes its name: a crash in between leaves a
// file under a temporary name, and never a video that the ledger does not know.
func (r *run) fetchAndRecord(ctx context.Context, entry ledger.Entry) error {
	trusted, err := r.files.trusted(entry)
	if err != nil {
		return err
	}
	// A signal ends the download, but not the record of a file that has come: it would
	// be fetched again.
	wire := context.WithoutCancel(ctx)
	return r.engine.Files.Fetch(ctx, trusted, func(f ledger.Fetched) (bool, error) {
		if free, err := r.files.free(f, entry); err != nil || !free {
			return false, err
		}
		return true, r.fetched(wire, entry, f)
	})
}

// trusted returns the entry without the files that may be another row's. Ledgers of the
// first edition recorded no files, and let two rows have one name.
func (d *downloads) trusted(entry ledger.Entry) (ledger.Entry, error) {
	if !entry.Assumed() {
		return entry, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	names, err := d.names()
	if err != nil {
		return entry, err
	}
	return names.Trusted(entry), nil
}

// free reports whether a file may have a name: the one that was planned for its
// row, or one that no other row has.
func (d *downloads) free(f ledger.Fetched, entry ledger.Entry) (bool, error) {
	if f.File == entry.File || f.File == entry.Fetched.File {
		return true, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	names, err := d.names()
	return err == nil && names.Claim(f.File, entry.Key), err
}

// conflicts is how often the record of a file is tried again while its entry
// changes.
const conflicts = 8

// errMoved is returned when the row has another job by the time its file has come: the
// file is then not the row's video.
var errMoved = errors.New("the row has changed meanwhile")

// fetched makes durable which file is an entry's, if it still has the same job. It tries
// again when the entry has changed meanwhile, for instance because a person kept it.
func (r *run) fetched(ctx context.Context, entry ledger.Entry, f ledger.Fetched) (err error) {
	for range conflicts {
		now, err := r.worker.entry(ctx, entry.Key)
		switch {
		case err != nil:
			return r.files.fail(err)
		case now.State != ledger.Succeeded || now.Ticket != entry.Ticket:
			return errMoved
		case now.Fetched == f:
			return nil
		}
		_, err = r.engine.Store.Apply(ctx, ledger.Change{Key: now.Key, Version: now.Version, Event: ledger.Event{
			Kind: ledger.Fetch, At: r.engine.clock(), Fetched: f,
		}})
		if err == nil || !errors.Is(err, ledger.ErrConflict) {
			return r.files.fail(err)
		}
	}
	return errMoved
}

// fail notes that the ledger cannot be written any more. It returns the error as it is.
func (d *downloads) fail(err error) error {
	if err != nil && !ledger.Sound(err) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.broken = err
	}
	return err
}
