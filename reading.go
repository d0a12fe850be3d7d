package reelmerge

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/peek"
)

// peekFile is the file that says how to read a ledger which a process has open.
const peekFile = "peek.json"

// How long the file is held for reading before it is released, and how long a reader
// tries while a process opens or closes the ledger.
const (
	briefly   = 250 * time.Millisecond
	longTries = 3 * time.Second
	tryAgain  = 50 * time.Millisecond
)

// reading reads a ledger. If a process has it open, that process is asked; else the file
// is read, which is released after a moment and opened again at the next question. So
// reading never keeps a run from its ledger, however long it takes. Two answers in the
// middle of a run can be of different moments.
type reading struct {
	path string // of the ledger
	id   *ledger.Identity

	mu     sync.Mutex
	store  Store // nil: it was let go
	users  int   // calls under way
	asking bool  // the store asks a process
	opened time.Time
	took   time.Duration // to open the file, which verifies it
}

// read opens a ledger for reading.
func (f boltFile) read(ctx context.Context, id *ledger.Identity) (Store, error) {
	r := &reading{path: string(f), id: id}
	_, err := r.acquire(ctx)
	if err != nil {
		return nil, err
	}
	r.release()
	return r, nil
}

// acquire returns a store that can be read now. The caller gives it back with release.
func (r *reading) acquire(ctx context.Context) (Store, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// The file is released between two calls only: a call in progress still reads from
	// it.
	if r.users == 0 && r.due() {
		r.letGo()
	}
	if r.store == nil {
		if err := r.open(ctx); err != nil {
			return nil, err
		}
	}
	r.users++
	return r.store, nil
}

// due reports whether the file was held long enough and is to be released.
func (r *reading) due() bool {
	return r.store != nil && !r.asking && time.Since(r.opened) > max(briefly, 2*r.took)
}

// open asks the process that has the ledger, or opens the file. A process may just be
// opening or closing it, so both are tried several times.
func (r *reading) open(ctx context.Context) error {
	for began := time.Now(); ; {
		store, err := r.ask(ctx)
		r.asking = err == nil
		if err != nil {
			at := time.Now()
			store, err = opened(boltstore.OpenReadOnly(r.path, boltstore.Options{Identity: r.id, Timeout: tryAgain}))
			r.opened = time.Now()
			r.took = time.Since(at)
		}
		if err == nil {
			r.store = store
			return nil
		}
		// Any other error would not go away by waiting.
		if _, locked := errors.AsType[*ledger.LockedError](err); !locked || time.Since(began) > longTries || ctx.Err() != nil {
			return err
		}
		time.Sleep(tryAgain)
	}
}

// ask opens the ledger through the process that has it.
func (r *reading) ask(ctx context.Context) (Store, error) {
	store, err := peek.Open(ctx, filepath.Join(filepath.Dir(r.path), peekFile))
	if err != nil {
		return nil, err
	}
	if r.id == nil {
		return store, nil
	}
	summary, err := store.Summary(ctx)
	if err == nil {
		err = summary.Identity.Conflict(*r.id)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// release gives back a store that was acquired.
func (r *reading) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users--
}

// drop forgets a process that has ended.
func (r *reading) drop(store Store) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.store == store {
		r.letGo()
	}
}

// letGo closes the store. The caller holds the lock and knows that no call uses it.
func (r *reading) letGo() {
	if r.store != nil {
		_ = r.store.Close() // nothing was written to it
		r.store = nil
	}
}

// with answers a question. If the process that was asked has ended, it asks once more.
func (r *reading) with(ctx context.Context, ask func(Store) error) error {
	for {
		store, err := r.acquire(ctx)
		if err != nil {
			return err
		}
		err = ask(store)
		r.release()
		if !errors.Is(err, peek.ErrGone) {
			return err
		}
		r.drop(store)
	}
}

// Summary implements [ledger.Store].
func (r *reading) Summary(ctx context.Context) (summary ledger.Summary, err error) {
	err = r.with(ctx, func(s Store) (err error) { summary, err = s.Summary(ctx); return err })
	return summary, err
}

// Intents implements [ledger.Store].
func (r *reading) Intents(ctx context.Context, since time.Time) (times []time.Time, err error) {
	err = r.with(ctx, func(s Store) (err error) { times, err = s.Intents(ctx, since); return err })
	return times, err
}

// errAgain ends a reading of entries that is to be continued at the same place.
var errAgain = errors.New("go on")

// Entries implements [ledger.Store]. Entries never change their order, so a reading that
// was interrupted continues behind the entries that it has yielded.
func (r *reading) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		yielded := 0
		for {
			err := r.with(ctx, func(s Store) error { return r.entries(ctx, s, q, &yielded, yield) })
			switch {
			case errors.Is(err, errAgain):
				continue
			case err != nil && !errors.Is(err, errStopped):
				yield(ledger.Entry{}, err)
			}
			return
		}
	}
}

// entries yields the entries behind those that were yielded before, until the file has
// been held long enough.
func (r *reading) entries(ctx context.Context, s Store, q ledger.Query, yielded *int, yield func(ledger.Entry, error) bool) error {
	n := 0
	for e, err := range s.Entries(ctx, q) {
		if err != nil {
			return err
		}
		if n++; n <= *yielded {
			continue
		}
		if *yielded++; !yield(e, nil) {
			return errStopped
		}
		// Looking at the clock for each of a million entries would cost more than reading
		// them.
		if *yielded%256 == 0 && r.isDue() {
			return errAgain
		}
	}
	return nil
}

// isDue is due for a caller that reads entries and is the only user.
func (r *reading) isDue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.users == 1 && r.due()
}

// isGoing reports whether another process has the ledger open, which is nearly always a
// run.
func isGoing(store ledger.Store) bool {
	if s, shared := store.(*sharedReading); shared {
		return s.driver.Epoch > 0
	}
	r, ok := store.(*reading)
	if !ok {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asking && r.store != nil
}

// Apply implements [ledger.Store].
func (r *reading) Apply(context.Context, ...ledger.Change) ([]ledger.Entry, error) {
	return nil, ledger.ErrReadOnly
}

// Record implements [ledger.Store].
func (r *reading) Record(context.Context, ledger.Run) error { return ledger.ErrReadOnly }

// Close releases the ledger.
func (r *reading) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.letGo()
	return nil
}
