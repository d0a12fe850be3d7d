package publicnet

import (
	"context"
	"io"
	"time"
)

// NewBody lets a test read a body in a fake clock.
func NewBody(inner io.ReadCloser, idle time.Duration, cancel context.CancelFunc) io.ReadCloser {
	return newBody(inner, idle, cancel)
}
