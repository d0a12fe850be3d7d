package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/ledger"
)

// downloads are the files that a run fetches beside its calls.
type downloads struct {
	group  errgroup.Group
	names  func() (*ledger.Names, error) // see namesOnce
	mu     sync.Mutex                    // guards what follows, and the names
	failed []error
	broken error // the ledger's: nothing more can be recorded
}

// namesOnce reads the names of a ledger when they are first asked for, which is
// only when two files want the same one.
func namesOnce(store ledger.Store) func() (*ledger.Names, error) {
	return sync.OnceValues(func() (*ledger.Names, error) { return ledger.NamesOf(store) })
}

func (d *downloads) note(entry ledger.Entry, err error) {
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = append(d.failed, fmt.Errorf("download row %d: %w", entry.Row, err))
}

// fetch starts one download if there is room; what finds none is fetched by
// fetchMissing.
func (r *run) fetch(ctx context.Context, entry ledger.Entry) {
	if r.Files == nil {
		return
	}
	r.files.group.TryGo(func() error {
		_ = r.download(ctx, entry) // a failure leaves the file missing, and fetchMissing tries again
		return nil
	})
}

// fetchMissing fetches the files of succeeded entries that are not there as the
// ledger says: deleted since, or not finished by this run or an earlier one.
func (r *run) fetchMissing(ctx context.Context) {
	_ = r.files.group.Wait()
	if r.Files == nil {
		return
	}
	for entry, err := range r.Store.Entries(ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			r.files.note(entry, err)
			break
		}
		if r.Files.Missing(entry) {
			r.files.group.Go(func() error {
				r.files.note(entry, r.download(ctx, entry))
				return nil
			})
		}
	}
	_ = r.files.group.Wait()
}

// download fetches the file of one entry and records it.
func (r *run) download(ctx context.Context, entry ledger.Entry) error {
	trusted, err := r.files.trusted(entry)
	if err != nil {
		return err
	}
	return r.Files.Fetch(ctx, trusted, func(f ledger.Fetched) (bool, error) {
		if free, err := r.files.free(f, entry); err != nil || !free {
			return false, err
		}
		return true, r.fetched(entry, f)
	})
}

// trusted returns the entry as it is, but for files that nobody can tell from
// another row's: the first edition recorded none.
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

// errMoved is returned when a row is another job's by the time its file has come.
var errMoved = errors.New("the row has changed meanwhile")

// fetched makes durable which file is an entry's, if it still has the same job.
func (r *run) fetched(entry ledger.Entry, f ledger.Fetched) (err error) {
	for range conflicts {
		now, err := r.entry(entry.Key)
		switch {
		case err != nil:
			return r.files.fail(err)
		case now.State != ledger.Succeeded || now.Ticket != entry.Ticket:
			return errMoved
		case now.Fetched == f:
			return nil
		}
		_, err = r.Store.Apply(ledger.Change{Key: now.Key, Version: now.Version, Event: ledger.Event{
			Kind: ledger.Fetch, At: time.Now(), Fetched: f,
		}})
		if err == nil || !errors.Is(err, ledger.ErrConflict) {
			return r.files.fail(err)
		}
	}
	return errMoved
}

// fail notes that the ledger cannot be written any more.
func (d *downloads) fail(err error) error {
	if err != nil && !ledger.Sound(err) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.broken = err
	}
	return err
}
