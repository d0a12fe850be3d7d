// Package boltstore keeps a ledger in one bbolt file.
//
// It adds distrust to bbolt. bbolt opens an empty file as a new database, does not notice
// a flipped bit, and reports a failed commit that may have happened all the same. Here
// only [Create] makes a ledger. [Open] reads every page and every record of the file,
// without bbolt and without touching it, before bbolt may write. And the first failed
// write ends the use of the store.
//
// One goroutine writes. All calls that wait for it become one commit, so that a thousand
// callers share the cost of one sync:
//
//	callers ── Apply ──▶ queue ──▶ decide each, all or none ──▶ one commit ──▶ answers
//
// Reading: layout.go has the buckets of the file; create.go and open.go make and open it;
// pages.go, meta.go, inspect.go and audit.go check it without bbolt; writer.go and
// transaction.go are the way of a change, reader.go that of a question. witness.go is
// run.json, the file beside the ledger that shows when an older copy took its place;
// lock.go and wanted.go let one process write at a time; purge.go and backup.go copy the
// file.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/queue"
)

// Store is a [ledger.Store] in a file.
type Store struct {
	path  string
	db    *bolt.DB
	file  *os.File              // the same one that bbolt has open
	queue queue.Queue[*request] // without a writer where the file is only read

	poison atomic.Pointer[poison] // why every call is refused from now on; set once

	turn    turn // guards what follows; the writer has it through a commit
	summary ledger.Summary
	totals  totals

	longest    int64    // the size that the file had at the end of the latest commit
	last       witness  // run.json as it was found
	older      bool     // an earlier copy: run.json waits for its next run
	behind     bool     // there were commits since run.json was written durably
	beside     *os.File // run.json, once this store has written it
	besideSize int
}

// poison is the reason why a store refuses every call. It is set once and never removed:
// after a failed commit it is not known which changes are on the disk, until the file is
// opened again.
type poison struct{ cause error }

// poisoned returns the error with which every call is answered, once there is one.
func (s *Store) poisoned() error {
	if p := s.poison.Load(); p != nil {
		return p.cause
	}
	return nil
}

// turn is held by the one goroutine that uses bbolt. It is a channel and no mutex,
// because a fault within bbolt leaves bbolt's locks locked, and waiting for one of those
// would never end. A goroutine that waits for its turn gets it, and finds the poison.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take()  { t <- struct{}{} }
func (t turn) leave() { <-t }

// wait takes the turn, unless the context ends first.
func (t turn) wait(ctx context.Context) error {
	if ctx.Err() == nil {
		select {
		case t <- struct{}{}:
			return nil
		case <-ctx.Done():
		}
	}
	return ledger.Stopped(ctx)
}

var (
	_ ledger.Store  = (*Store)(nil)
	_ ledger.Keeper = (*Store)(nil)
)

// Options are the choices of [Open]. The zero value is right for a run.
type Options struct {
	// Timeout is how long to wait for another process to let go; 0 stands for
	// one second.
	Timeout time.Duration
	// Identity, when set, is what the ledger must be for; that of something else is
	// refused with [ledger.ErrOther]. A ledger for another address, by which no job was
	// ever created, becomes one for the wanted address when it is opened for writing.
	Identity *ledger.Identity
	// Older accepts a copy from before the last run, or one of which nothing shows
	// that it is the latest, to be made good. It stays refused without this until a
	// run is recorded in it.
	Older bool
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	return o
}

// Open opens the ledger at a path for writing, after reading all of it. There
// must be one: Open never creates. A ledger in use is a [*ledger.LockedError], one
// that is gone [ledger.ErrMissing] where run.json says that it was there and
// otherwise fs.ErrNotExist, and a file that cannot be trusted is [ledger.ErrCorrupt],
// [ledger.ErrForeign], [ledger.ErrOlder], [ledger.ErrUnproven] or [ledger.ErrNewer]
// and left untouched.
func Open(path string, o Options) (*Store, error) {
	s, err := openWriter(path, o.withDefaults())
	if err != nil {
		return nil, wrapOpen(path, err)
	}
	if err := s.hold(); err != nil {
		return nil, errors.Join(wrapOpen(path, err), s.release())
	}
	s.queue.Start(largestBatch, s.commit)
	return s, nil
}

// OpenReadOnly opens a ledger for reading, while no process writes it. No process can
// write it until it is closed, so it should be closed soon. Changes are answered with
// [ledger.ErrReadOnly].
func OpenReadOnly(path string, o Options) (*Store, error) {
	giveWay(path)
	s, err := openReader(path, o.withDefaults())
	if err != nil {
		return nil, wrapOpen(path, err)
	}
	return s, nil
}

// wrapOpen adds the path to an error, except where the error is complete by itself.
func wrapOpen(path string, err error) error {
	var locked *ledger.LockedError
	var named *openError
	if errors.As(err, &locked) || errors.Is(err, ledger.ErrOther) || errors.As(err, &named) {
		return err
	}
	return &openError{path, err}
}

// openError is an error with the path of the ledger that was to be opened.
type openError struct {
	path  string
	cause error
}

func (e *openError) Error() string { return fmt.Sprintf("open ledger %q: %v", e.path, e.cause) }
func (e *openError) Unwrap() error { return e.cause }

// Apply implements [ledger.Store].
func (s *Store) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	if err := s.present(changes); err != nil {
		return nil, err
	}
	var after []ledger.Entry
	err := s.do(ctx, func(t *transaction) (err error) {
		after, err = t.apply(changes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// Record implements [ledger.Store]. From then on, copies of the file from before
// are [ledger.ErrOlder].
func (s *Store) Record(ctx context.Context, run ledger.Run) error {
	return s.do(ctx, func(t *transaction) error { return t.record(run) })
}

// Summary implements [ledger.Store].
func (s *Store) Summary(ctx context.Context) (ledger.Summary, error) {
	if err := s.turn.wait(ctx); err != nil {
		return ledger.Summary{}, err
	}
	defer s.turn.leave()
	if err := s.poisoned(); err != nil {
		return ledger.Summary{}, err
	}
	return s.summary.Clone(), nil
}

// Close waits for the changes that are under way and releases the file. The writer ends
// first, then the note about the holder goes, and the lock last: another process must not
// find the ledger free while this one still writes.
func (s *Store) Close() error {
	if !s.queue.Close() {
		return nil
	}
	if s.queue.Started() {
		s.letGo()
	}
	s.turn.take()
	defer s.turn.leave()
	said := s.depart()
	if err := errors.Join(said, s.release()); err != nil {
		return fmt.Errorf("close ledger %q: %w", s.path, err)
	}
	return nil
}

// release closes the file, and with it the lock. After a fault bbolt may wait for a lock
// of its own for ever, so only the file is closed then.
func (s *Store) release() error {
	faulted := errors.Is(s.poisoned(), errPanic)
	s.poison.CompareAndSwap(nil, &poison{ledger.ErrClosed})
	if faulted {
		return s.file.Close()
	}
	return s.db.Close()
}
