package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// Limits on the memory that a stranger who found the address can use: a small body for
// each connection, maxBodies bodies of maxBody bytes, and waiting notices. A small body
// takes no place, so that slow senders of large ones cannot keep out a service's
// webhooks, which are small.
const (
	smallBody = 64 << 10
	maxBody   = 1 << 20
	maxBodies = 32
	waiting   = 256
	handOver  = 5 * time.Second // how long a notice waits for a run that is busy
)

// Receiver takes the webhooks of one service and passes their notices to a run, as
// [Engine.Notices]. It changes nothing itself, keeps no body, and answers every caller
// alike: the answer must not show a stranger which references exist. It is safe for
// concurrent use, and bounded against callers that want to exhaust memory.
type Receiver struct {
	notifier providers.Notifier
	notices  chan providers.Notice
	bodies   chan struct{} // one place for each large body in memory
	received atomic.Int64
	forged   atomic.Int64
}

// NewReceiver returns a receiver for webhooks that the notifier understands.
func NewReceiver(n providers.Notifier) *Receiver {
	return &Receiver{
		notifier: n,
		notices:  make(chan providers.Notice, waiting),
		bodies:   make(chan struct{}, maxBodies),
	}
}

// Notices brings the notices in the order of their arrival. It is never closed.
func (r *Receiver) Notices() <-chan providers.Notice { return r.notices }

// Received counts the webhooks that were read to their end, forged ones
// included.
func (r *Receiver) Received() int { return int(r.received.Load()) }

// Forged counts the webhooks that were refused, because their signature or form does not
// show that the service wrote them.
func (r *Receiver) Forged() int { return int(r.forged.Load()) }

// ServeHTTP takes one webhook, under any path: a proxy in front may have changed
// it, and a webhook proves itself by its signature, not by its address.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "webhooks are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := r.read(w, request)
	switch {
	case errors.Is(err, errFull):
		tryLater(w)
		return
	case err != nil:
		http.Error(w, "the body cannot be read", unreadable(err))
		return
	}
	r.received.Add(1)
	notice, err := r.notifier.Notify(request.Header, []byte(request.URL.RawQuery), body)
	if err != nil {
		r.forged.Add(1)
		http.Error(w, "not understood", http.StatusUnauthorized)
		return
	}
	if !r.hand(request.Context(), notice) {
		tryLater(w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// errFull is returned when there are too many large bodies in memory.
var errFull = errors.New("too many large bodies")

// read reads a body. Only a large one takes a place.
func (r *Receiver) read(w http.ResponseWriter, request *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, request.Body, maxBody)
	body, err := io.ReadAll(io.LimitReader(limited, smallBody+1))
	if err != nil || len(body) <= smallBody {
		return body, err
	}
	select {
	case r.bodies <- struct{}{}:
		defer func() { <-r.bodies }()
	default:
		return nil, errFull
	}
	rest, err := io.ReadAll(limited)
	return append(body, rest...), err
}

func unreadable(err error) int {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func tryLater(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "60")
	http.Error(w, "try again later", http.StatusServiceUnavailable)
}

// hand gives a notice to the run. A notice that is not taken in time is dropped: the
// caller is asked to try again, and the job is polled anyway.
func (r *Receiver) hand(ctx context.Context, n providers.Notice) bool {
	select {
	case r.notices <- n:
		return true
	default:
	}
	timer := time.NewTimer(handOver)
	defer timer.Stop()
	select {
	case r.notices <- n:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}
