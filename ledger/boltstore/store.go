// Package boltstore keeps a ledger in one bbolt file.
//
// What it adds to bbolt is distrust. bbolt opens an empty file as a new
// database, does not notice a flipped bit, and reports a failed commit that may
// have happened all the same. Here a ledger is only ever made by [Create]; [Open]
// reads every page and every record of the file, without bbolt and without
// touching it, before bbolt may write; and the first failed write ends the use
// of the store.
//
// One goroutine writes. Whatever waits for it becomes one commit, so that a
// thousand callers share the cost of one sync:
//
//	callers ── Apply ──▶ queue ──▶ decide each, all or none ──▶ one commit ──▶ answers
package boltstore

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
)

// Store is a [ledger.Store] in a file.
type Store struct {
	path  string
	db    *bolt.DB
	file  *os.File // the same one that bbolt has open
	older bool     // a copy from before the last run is accepted
	queue chan *request
	idle  chan struct{} // closed when the writer has ended

	gate   sync.RWMutex // held for reading while something is put into the queue
	closed bool

	poison atomic.Pointer[poison] // why nothing is answered any more; set once

	mu      sync.Mutex // guards what follows; the writer holds it through a commit
	summary ledger.Summary
	totals  totals
}

type poison struct{ cause error }

// poisoned returns the error that every call is answered with, once there is one.
func (s *Store) poisoned() error {
	if p := s.poison.Load(); p != nil {
		return p.cause
	}
	return nil
}

var _ ledger.Store = (*Store)(nil)

// Options are the choices of [Open]. The zero value is right for a run.
type Options struct {
	// Timeout is how long to wait for another process to let go; 0 stands for
	// one second.
	Timeout time.Duration
	// Older accepts a copy from before the last run, to be made good.
	Older bool
}

// Open opens the ledger at a path for writing, after reading all of it. There
// must be one: Open never creates. A ledger in use is a [*LockedError], one that
// is gone [ErrMissing] where run.json says that it was there and otherwise
// fs.ErrNotExist, and a file that cannot be trusted is [ErrCorrupt], [ErrForeign],
// [ErrOlder] or [ErrNewer] and left untouched.
func Open(path string, o Options) (*Store, error) {
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	s, err := openWriter(path, o)
	if err != nil {
		return nil, wrapOpen(path, err)
	}
	if err := s.hold(); err != nil {
		return nil, errors.Join(wrapOpen(path, err), s.db.Close())
	}
	s.queue, s.idle = make(chan *request, 1024), make(chan struct{})
	go s.write() // ended by Close
	return s, nil
}

// OpenReadOnly opens a ledger that nobody is writing, for as long as a look
// takes; nobody can write it meanwhile. Changes are answered with [ErrReadOnly].
func OpenReadOnly(path string) (*Store, error) {
	s, err := openReader(path, Options{Timeout: time.Second})
	if err != nil {
		return nil, wrapOpen(path, err)
	}
	return s, nil
}

func wrapOpen(path string, err error) error {
	var locked *LockedError
	if errors.As(err, &locked) {
		return err
	}
	return fmt.Errorf("open ledger %q: %w", path, err)
}

// Apply implements [ledger.Store].
func (s *Store) Apply(changes ...ledger.Change) ([]ledger.Entry, error) {
	if err := s.present(changes); err != nil {
		return nil, err
	}
	var after []ledger.Entry
	err := s.do(func(t *transaction) (err error) {
		after, err = t.apply(changes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// Record implements [ledger.Store]. From then on, copies of the file from before
// are [ErrOlder].
func (s *Store) Record(run ledger.Run) error {
	w := witness{}
	err := s.do(func(t *transaction) error {
		err := t.record(run)
		w = witness{t.store.summary.Identity, t.store.totals.runs}
		return err
	})
	if err != nil {
		return err
	}
	if err := writeWitness(s.path, w); err != nil {
		return fmt.Errorf("count the run: %w", err)
	}
	return nil
}

// Summary implements [ledger.Store].
func (s *Store) Summary() (ledger.Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.poisoned(); err != nil {
		return ledger.Summary{}, err
	}
	return s.summary.Clone(), nil
}

// Close waits for the changes that are under way and releases the file.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	s.gate.Unlock()
	if s.queue != nil {
		close(s.queue)
		<-s.idle
		s.letGo()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	release := s.db.Close
	if errors.Is(s.poisoned(), errPanic) {
		release = s.file.Close // bbolt would wait for itself; the lock goes with the process
	}
	s.poison.CompareAndSwap(nil, &poison{ErrClosed})
	if err := release(); err != nil {
		return fmt.Errorf("close ledger %q: %w", s.path, err)
	}
	return nil
}
