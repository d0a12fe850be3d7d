//go:build unix

package main

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// wire is the network between a machine and the database.
type wire struct {
	url    string // the database by this way
	target string

	mu     sync.Mutex
	still  *sync.Cond
	silent bool // nothing comes through, and no connection ends
	deaf   bool // what the machine sends arrives, and no answer comes back
	open   map[net.Conn]bool
}

func newWire(t *testing.T, database string) *wire {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{target: u.Host, open: map[net.Conn]bool{}}
	w.still = sync.NewCond(&w.mu)
	u.Host = l.Addr().String()
	w.url = u.String()
	t.Cleanup(func() {
		_ = l.Close()
		w.mend()
		w.cut()
	})
	go w.accept(l) // ended by the listener
	return w
}

func (w *wire) accept(l net.Listener) {
	for {
		machine, err := l.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		target := w.target
		w.mu.Unlock()
		database, err := net.Dial("tcp", target)
		if err != nil {
			_ = machine.Close()
			continue
		}
		w.mu.Lock()
		w.open[machine], w.open[database] = true, true
		w.mu.Unlock()
		go w.carry(database, machine, func() bool { return w.silent })
		go w.carry(machine, database, func() bool { return w.silent || w.deaf })
	}
}

// carry carries bytes one way, until one end closes.
func (w *wire) carry(to, from net.Conn, stopped func() bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		w.mu.Lock()
		delete(w.open, to)
		delete(w.open, from)
		w.mu.Unlock()
	}()
	for buffer := make([]byte, 32<<10); ; {
		n, err := from.Read(buffer)
		w.mu.Lock()
		for stopped() {
			w.still.Wait()
		}
		w.mu.Unlock()
		if _, bad := to.Write(buffer[:n]); bad != nil || err != nil {
			return
		}
	}
}

// lead has the way end at another server.
func (w *wire) lead(target string) {
	w.mu.Lock()
	w.target = target
	w.mu.Unlock()
	w.cut()
}

// cut ends all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		_ = c.Close()
	}
}

// stall holds all bytes back for a while.
func (w *wire) stall(d time.Duration) {
	w.set(true, false)
	time.Sleep(d)
	w.mend()
}

// deafen holds the answers back for a while, and ends the connections then: they are lost.
func (w *wire) deafen(d time.Duration) {
	w.set(false, true)
	time.Sleep(d)
	w.cut()
	w.mend()
}

func (w *wire) mend() { w.set(false, false) }

func (w *wire) set(silent, deaf bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent, w.deaf = silent, deaf
	w.still.Broadcast()
}
