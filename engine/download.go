package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
)

// downloads are the files that a run fetches beside its calls. They have goroutines of
// their own, so that a large file never delays a poll or a submit.
type downloads struct {
	until  context.Context // ends them at a signal; the next run goes on where they stopped
	group  errgroup.Group
	names  func() (*ledger.Names, error) // see namesOnce
	mu     sync.Mutex                    // guards what follows, and the names
	failed []error
	broken error  // the ledger's: nothing more can be recorded
	vain   int    // downloads in a row that were waited for and brought nothing
	over   string // why none is begun any more
}

const (
	vainlyWaited = 10 * time.Second // a failure that comes sooner costs no time
	mostVain     = 2 * fetchers
)

// note keeps the failure of a download for the outcome. After a signal it keeps none: the
// download did not fail, it was stopped.
func (d *downloads) note(entry ledger.Entry, err error) {
	if err == nil || d.until.Err() != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = append(d.failed, fmt.Errorf("download row %d: %w", entry.Row, err))
}

// ended says why no download is begun any more; it is empty while they are.
func (d *downloads) ended() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over
}

// reopen forgets why downloads ended: disks and servers may be better by now.
func (d *downloads) reopen() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.vain = 0
	d.over = ""
}

// learn ends the downloads when the next one would probably fail like the last: the disk
// is full, or many in a row were waited for in vain.
func (d *downloads) learn(err error, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.vain = 0
	case atomicfile.IsFull(err):
		d.over = "the disk has no room for them"
	case took >= vainlyWaited:
		if d.vain++; d.vain == mostVain {
			d.over = fmt.Sprintf("the last %d downloads brought nothing", d.vain)
		}
	}
}

// download fetches one file. A panic in it fails this file only: the run goes on.
func (r *run) download(entry ledger.Entry) (err error) {
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = r.worker.caught(entry.Row, p)
		}
		r.files.learn(err, time.Since(began))
	}()
	return r.fetchAndRecord(r.files.until, entry)
}

// fetch starts one download if there is room. Otherwise it leaves the file to
// fetchMissing, because the loop must never wait for a download.
func (r *run) fetch(entry ledger.Entry) {
	if r.engine.Files == nil || r.files.ended() != "" {
		return
	}
	r.files.group.TryGo(func() error {
		_ = r.download(entry) // a failure leaves the file missing, and fetchMissing tries again
		return nil
	})
}

// fetchMissing fetches the files of succeeded entries that are not there as the
// ledger says: deleted since, or not finished by this run or an earlier one. Its
// error is the ledger's.
func (r *run) fetchMissing() error {
	_ = r.files.group.Wait()
	if r.engine.Files == nil {
		return nil
	}
	r.files.reopen()
	var left atomic.Int64
	for entry, err := range r.engine.Store.Entries(r.files.until, ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if err != nil {
			r.files.note(entry, err)
			break
		}
		if r.files.until.Err() != nil {
			break
		}
		if !entry.IsPart() && r.engine.Files.Missing(entry) {
			r.files.group.Go(func() error { r.fetchLate(entry, &left); return nil })
		}
	}
	_ = r.files.group.Wait()
	if n := left.Load(); n > 0 {
		r.files.failed = append(r.files.failed, fmt.Errorf("videos left to the next run: %d, since %s", n, r.files.ended()))
	}
	return r.files.broken
}

// fetchLate fetches the file of an entry at the end of a run, or counts it as left
// once downloads have ended.
func (r *run) fetchLate(entry ledger.Entry, left *atomic.Int64) {
	if r.files.ended() != "" {
		left.Add(1)
		return
	}
	r.files.note(entry, r.download(entry))
}
