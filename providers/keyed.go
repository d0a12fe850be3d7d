package providers

import (
	"context"
	"time"
)

// Keyed is a client of a service that knows a submit again by [Request.Key].
type Keyed interface {
	// Sent is a SHA-256 of all that a submit of the request sends, but the key: method,
	// address, body and files. The same hash, the same bytes.
	Sent(r Request) ([32]byte, error)
	// Now is the time by our clock, or by the service's, as its latest answers told it:
	// whichever is later.
	Now() time.Time
}

type guard struct{}

// Guarded returns a context for a submit that must not leave too late: open is asked right
// before the first byte. Where it returns an error, nothing leaves, and the submit fails as
// [NotSent].
func Guarded(ctx context.Context, open func() error) context.Context {
	return context.WithValue(ctx, guard{}, open)
}

// Open asks the guard of a context whether a request may leave. Without one it may.
func Open(ctx context.Context) error {
	if open, guarded := ctx.Value(guard{}).(func() error); guarded {
		return open()
	}
	return nil
}
