package publicnet

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors of bodies that are given up.
var (
	// ErrIdle is returned when a body brings no byte for too long.
	ErrIdle = errors.New("nothing came for too long")
	// ErrSlow is returned when a body brings too few bytes. Waiting for its end could take
	// for ever.
	ErrSlow = errors.New("it came too slowly")
)

// The least speed of a body: so many bytes in so much time of reading.
const (
	slowWindow = time.Minute
	slowBytes  = 60 << 10
)

// body gives up on a server that sends nothing or too slowly. It counts only the time
// within reads, because a caller may take its time between two.
type body struct {
	io.ReadCloser
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelFunc
	spent  time.Duration // reading, since the window began
	got    int           // in it
}

// newBody returns a body with its timer stopped. The first Read starts it.
func newBody(inner io.ReadCloser, idle time.Duration, cancel context.CancelFunc) *body {
	b := &body{ReadCloser: inner, idle: idle, timer: time.AfterFunc(idle, cancel), cancel: cancel}
	b.timer.Stop()
	return b
}

// Read reads, or returns [ErrIdle] or [ErrSlow].
func (b *body) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	began := time.Now()
	n, err := b.ReadCloser.Read(p)
	inTime := b.timer.Stop()
	switch {
	// The timer has ended the request. The error of the cancelled read would not say why.
	case err != nil && !inTime && !errors.Is(err, io.EOF):
		return n, ErrIdle
	case err == nil && b.tooSlow(n, time.Since(began)):
		b.cancel()
		return n, ErrSlow
	}
	return n, err
}

// tooSlow judges a window when it is full, and begins the next one.
func (b *body) tooSlow(n int, took time.Duration) bool {
	b.got = b.got + n
	b.spent = b.spent + took
	if b.spent < slowWindow {
		return false
	}
	slow := b.got < slowBytes
	b.got = 0
	b.spent = 0
	return slow
}

// Close releases the connection.
func (b *body) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}
