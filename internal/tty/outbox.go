package tty

import (
	"io"
	"sync"
)

// Outbox writes lines in the order in which they were posted, from a goroutine of its
// own. The poster never waits for a slow reader, such as a pager that blocks a pipe for
// hours.
type Outbox struct {
	Out io.Writer

	mu     sync.Mutex
	wake   *sync.Cond
	queued []byte
	closed bool
	done   chan struct{}
}

// NewOutbox starts the goroutine; Close ends it.
func NewOutbox(out io.Writer) *Outbox {
	o := &Outbox{Out: out, done: make(chan struct{})}
	o.wake = sync.NewCond(&o.mu)
	go o.deliver()
	return o
}

// Write posts whole lines. It never fails and never waits.
func (o *Outbox) Write(lines []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queued = append(o.queued, lines...)
	o.wake.Signal()
	return len(lines), nil
}

// deliver writes until the outbox is closed and empty.
func (o *Outbox) deliver() {
	defer close(o.done)
	for {
		lines, more := o.take()
		if len(lines) > 0 {
			_, _ = o.Out.Write(lines) // a reader that is gone is no reason to stop
		}
		if !more {
			return
		}
	}
}

// take waits for lines; more is false after the last ones.
func (o *Outbox) take() (lines []byte, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queued) == 0 && !o.closed {
		o.wake.Wait()
	}
	lines, o.queued = o.queued, nil
	return lines, !o.closed
}

// Close returns when all posted lines are written.
func (o *Outbox) Close() {
	o.mu.Lock()
	o.closed = true
	o.wake.Signal()
	o.mu.Unlock()
	<-o.done
}
