package engine_test

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// ending is a lease that is over after it was asked a number of times.
type ending struct {
	engine.Lease
	after int32
	asked atomic.Int32
}

func (e *ending) Valid() bool { return e.asked.Add(1) <= e.after }

// TestALeaseThatEndsBetweenTheIntentAndTheWire: before the dial, and between the dial and the
// first byte. Nothing arrives at a real server, and the row is planned again.
func TestALeaseThatEndsBetweenTheIntentAndTheWire(t *testing.T) {
	for after, connections := range map[int32]int{0: 0, 1: 1} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		connected, bytes := make(chan struct{}, 1), make(chan int, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return // it was closed: there was no connection
			}
			defer conn.Close()
			connected <- struct{}{}
			n, _ := conn.Read(make([]byte, 1))
			bytes <- n
		}()
		s := colossyanOver(t, http.DefaultTransport)
		if s.provider, err = colossyan.New(providers.Config{BaseURL: "http://" + l.Addr().String(), Token: "secret"}); err != nil {
			t.Fatal(err)
		}
		store := newMemory(t)
		key := planRows(t, store, s, rows(1))[0].Key
		lease := &ending{after: after}
		w := engine.Worker{Store: store, Step: engine.Stepper{Provider: s.provider, Checker: s.checker, Lease: lease}}
		done, err := w.Send(t.Context(), key)
		if err != nil || providers.KindOf(done.Err) != providers.NotSent || !errors.Is(done.Err, ledger.ErrFenced) {
			t.Errorf("asked %d times: %v, %v", lease.asked.Load(), err, done.Err)
		}
		if e := states(t, store)[key]; e.State != ledger.Planned || e.Version != 3 {
			t.Errorf("the row is %s at version %d", e.State, e.Version)
		}
		if connections == 1 {
			<-connected
			if n := <-bytes; n != 0 {
				t.Errorf("%d bytes arrived", n)
			}
		}
		l.Close()
	}
}
