package engine

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/ledger"
)

// downloads are the files that a run fetches beside its calls.
type downloads struct {
	group  errgroup.Group
	mu     sync.Mutex
	failed []error
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
		_ = r.Files.Fetch(ctx, entry) // a failure leaves the file missing, and fetchMissing tries again
		return nil
	})
}

// fetchMissing fetches the files of succeeded entries that are not there:
// deleted since, or not finished by this run or an earlier one. It never touches
// the entries.
func (r *run) fetchMissing(ctx context.Context) {
	_ = r.files.group.Wait()
	if r.Files == nil {
		return
	}
	var missing []ledger.Entry
	for entry, err := range r.Store.Entries(ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if err != nil {
			r.files.note(entry, err)
			break
		}
		if r.Files.Missing(entry) {
			missing = append(missing, entry)
		}
	}
	for _, entry := range missing {
		if ctx.Err() != nil {
			break
		}
		r.files.group.Go(func() error {
			r.files.note(entry, r.Files.Fetch(ctx, entry))
			return nil
		})
	}
	_ = r.files.group.Wait()
}
