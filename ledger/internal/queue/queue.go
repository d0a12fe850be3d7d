// Package queue lets many callers share one commit: the stores write with it.
package queue

import (
	"context"
	"runtime"
	"sync"

	"github.com/reelmerge/reelmerge/ledger"
)

// Queue gives what callers bring to one writer, all that waits at a time. The zero Queue has
// no writer: it belongs to a store that is only read.
type Queue[T any] struct {
	items chan T
	idle  chan struct{} // closed when the writer has ended

	gate   sync.RWMutex // held for reading while something is put into the queue
	closed bool
}

// Start starts the writer, which gets at most so many items at a time. Close ends it.
func (q *Queue[T]) Start(most int, commit func([]T)) {
	// The queue holds a whole batch, so that callers queue while a commit is on its way.
	q.items = make(chan T, most)
	q.idle = make(chan struct{})
	go q.write(commit)
}

// Started reports whether there is a writer.
func (q *Queue[T]) Started() bool { return q.items != nil }

// Put puts an item into the queue. A context that is done keeps it out. The gate is held for
// reading meanwhile, so that Close cannot close the queue under a sender.
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	if !q.Started() {
		return ledger.ErrReadOnly
	}
	q.gate.RLock()
	defer q.gate.RUnlock()
	if q.closed {
		return ledger.ErrClosed
	}
	if err := ledger.Stopped(ctx); err != nil {
		return err
	}
	select {
	case q.items <- item:
		return nil
	case <-ctx.Done():
		return ledger.Stopped(ctx)
	}
}

// Close waits until the writer has committed what is in the queue, and ends it. It reports
// whether the queue was open until now.
func (q *Queue[T]) Close() bool {
	q.gate.Lock()
	if q.closed {
		q.gate.Unlock()
		return false
	}
	q.closed = true
	q.gate.Unlock()
	if q.Started() {
		close(q.items)
		<-q.idle
	}
	return true
}

// write is the goroutine that writes.
func (q *Queue[T]) write(commit func([]T)) {
	defer close(q.idle)
	for item := range q.items {
		commit(q.collect(item))
	}
}

// collect takes all items that wait besides the first one. It yields first, so that callers
// whose last item was just answered can queue the next one: otherwise they would always come
// just too late for this commit.
func (q *Queue[T]) collect(first T) []T {
	runtime.Gosched()
	batch := []T{first}
	for len(batch) < cap(q.items) {
		select {
		case item, open := <-q.items:
			if !open {
				return batch
			}
			batch = append(batch, item)
		default:
			return batch
		}
	}
	return batch
}
