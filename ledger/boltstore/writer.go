package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// request is one caller's part of a commit. done has room for the answer, so that the
// writer never waits for a caller.
type request struct {
	work func(*transaction) error
	done chan error
}

// do has the writer run some work within its next commit, and waits until that is
// durable. A context that is done keeps the work out of the queue. Work in the queue is
// always done and answered: giving up the wait would leave the caller without knowing
// what was written.
func (s *Store) do(ctx context.Context, work func(*transaction) error) error {
	r := &request{work: work, done: make(chan error, 1)}
	if err := s.queue.Put(ctx, r); err != nil {
		return err
	}
	return <-r.done
}

// largestBatch bounds how many callers share a commit, and so how long the first one
// waits.
const largestBatch = 1024

// commit does the work of a batch in one transaction, and answers every request. Even a
// refusal is answered only when the changes that it is based on are durable.
func (s *Store) commit(batch []*request) {
	s.turn.take()
	answers := make([]error, len(batch))
	if s.poisoned() == nil {
		if err := s.persist(batch, answers); err != nil {
			s.poison.Store(&poison{fmt.Errorf("%w: %w", ledger.ErrPoisoned, err)})
		}
	}
	s.turn.leave()
	// Only now is the commit durable, or known to have failed. After a failure even a
	// refusal is not to be trusted, since it may rest on a change that is not on the disk.
	for i, r := range batch {
		if err := s.poisoned(); err != nil {
			answers[i] = err
		}
		r.done <- answers[i]
	}
}

// persist runs the batch and counts its intents and runs in run.json. The ledger is
// written first: a crash in between leaves run.json behind, which only makes it a weaker
// witness. The other order would refuse a ledger that is sound. Callers are answered after
// both, so no request leaves before its intent is counted.
func (s *Store) persist(batch []*request, answers []error) error {
	before := s.totals
	if err := s.whole(); err != nil {
		return err
	}
	// The length is compared after the commit as well: a file that was cut short meanwhile
	// has lost pages that the commit did not write.
	if err := errors.Join(s.transact(batch, answers), s.whole()); err != nil {
		return err
	}
	if err := s.testify(before); err != nil {
		return fmt.Errorf("count in run.json what was sent: %w", err)
	}
	return nil
}

// transact runs the batch. After its error it is not known whether the commit happened,
// so the error is poison.
func (s *Store) transact(batch []*request, answers []error) error {
	err := guarded(func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			t := &transaction{store: s, tx: tx, paid: map[credit.Account]bool{}}
			for i, r := range batch {
				answers[i] = r.work(t)
				// A sound refusal changed nothing, so the rest of the batch goes on.
				if answers[i] != nil && !ledger.Sound(answers[i]) {
					return answers[i]
				}
			}
			return t.save()
		})
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	s.behind = true
	return err
}

// errUnchanged rolls back a transaction in which every change was refused.
var errUnchanged = errors.New("nothing to write")

// guarded turns a panic into an error. When a file has changed since it was checked, bbolt
// panics, and reading beyond the end of a mapped file is a fault that would otherwise end
// the process without a word about paid jobs.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %w: %v", ledger.ErrCorrupt, errPanic, r)
		}
	}()
	return f()
}

// faulted ends the use of the store after a fault: bbolt's locks and pages may be in any
// state.
func (s *Store) faulted(err error) {
	if errors.Is(err, errPanic) {
		s.poison.CompareAndSwap(nil, &poison{err})
	}
}

// errPanic marks errors that were panics. bbolt may keep its locks for ever after one.
var errPanic = errors.New("unexpected fault")
