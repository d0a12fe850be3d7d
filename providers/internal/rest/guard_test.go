package rest_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

var errOver = errors.New("too late")

// TestAGuardKeepsTheFirstByteBack: it is asked before a connection is made, and again when
// there is one, since the machine may have slept in between. What it keeps back is not
// sent, over TLS as well.
func TestAGuardKeepsTheFirstByteBack(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"plain": (*httptest.Server).Start, "TLS": (*httptest.Server).StartTLS} {
		for asked := range int32(3) {
			var calls, requests atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				answer(t, w, `{"id":"1"}`)
			}))
			start(server)
			defer server.Close()
			c := clientOf(t, providers.Config{BaseURL: server.URL}, rest.Options{})
			if name == "TLS" {
				c.Trust(server.Certificate())
			}
			ctx := providers.Guarded(t.Context(), func() error {
				if calls.Add(1) > asked {
					return errOver
				}
				return nil
			})
			_, err := c.Do(ctx, submit())
			switch {
			case asked == 2 && (err != nil || requests.Load() != 1 || calls.Load() != 2):
				t.Errorf("%s: open: %v, %d requests, asked %d times", name, err, requests.Load(), calls.Load())
			case asked < 2 && (providers.KindOf(err) != providers.NotSent || !errors.Is(err, errOver) || requests.Load() != 0):
				t.Errorf("%s: asked %d times: %v, %v, %d requests", name, calls.Load(), providers.KindOf(err), err, requests.Load())
			}
		}
	}
}

// TestAGuardIsForPaidCallsAlone, and a call without one goes on as before.
func TestAGuardIsForPaidCallsAlone(t *testing.T) {
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, `{"id":"1"}`) })
	shut := providers.Guarded(t.Context(), func() error { return errOver })
	if _, err := c.Do(shut, poll()); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(t.Context(), submit()); err != nil {
		t.Error(err)
	}
}

// TestAGuardedConnectionSaysNothing: the guard refuses, and the server sees a
// connection that says nothing.
func TestAGuardedConnectionSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			got <- -1
			return
		}
		defer conn.Close()
		n, _ := conn.Read(make([]byte, 1))
		got <- n
	}()
	first := true
	ctx := providers.Guarded(t.Context(), func() error {
		if first {
			first = false
			return nil
		}
		return errOver
	})
	_, err = clientOf(t, providers.Config{BaseURL: "http://" + l.Addr().String()}, rest.Options{}).Do(ctx, submit())
	if n := <-got; n != 0 || providers.KindOf(err) != providers.NotSent {
		t.Errorf("%d bytes arrived, %v", n, err)
	}
}

// TestTheServicesClockCountsWhereItIsLater: one that is behind changes nothing.
func TestTheServicesClockCountsWhereItIsLater(t *testing.T) {
	date := time.Now().Add(-time.Hour)
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
		answer(t, w, `{"id":"1"}`)
	})
	ahead := func() time.Duration {
		if _, err := c.Do(t.Context(), poll()); err != nil {
			t.Fatal(err)
		}
		return time.Until(c.Now())
	}
	if by := ahead(); by > time.Second {
		t.Errorf("a service that is behind makes it %s later", by)
	}
	for range 2 { // the second time the service is behind again
		date = time.Now().Add(3 * time.Hour)
		if by := ahead(); by < 3*time.Hour-time.Minute {
			t.Errorf("a service that is ahead makes it %s later", by)
		}
		date = time.Now()
	}
}
