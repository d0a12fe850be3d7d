package publicnet

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrIdle is returned when a body brings nothing for too long.
var ErrIdle = errors.New("nothing came for too long")

// body gives up on a server that has stopped sending. Its timer runs during a
// read alone: a caller may take its time between two.
type body struct {
	io.ReadCloser
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelFunc
}

func newBody(inner io.ReadCloser, idle time.Duration, cancel context.CancelFunc) *body {
	b := &body{ReadCloser: inner, idle: idle, timer: time.AfterFunc(idle, cancel), cancel: cancel}
	b.timer.Stop()
	return b
}

// Read reads on, or returns [ErrIdle].
func (b *body) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	n, err := b.ReadCloser.Read(p)
	inTime := b.timer.Stop()
	if err != nil && !inTime && !errors.Is(err, io.EOF) {
		return n, ErrIdle
	}
	return n, err
}

// Close releases the connection.
func (b *body) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}
