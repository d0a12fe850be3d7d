// Package crowd bounds the number of connections that a listener has at a time.
package crowd

import (
	"net"
	"slices"
	"sync"
)

// Listener is a listener with a limited number of connections: a new one takes the place
// of the oldest. So a caller that keeps connections open cannot keep others out, and
// cannot use up the files that the process needs.
type Listener struct {
	net.Listener
	most int
	mu   sync.Mutex
	open []net.Conn // oldest first
}

// Limit bounds the connections of a listener.
func Limit(l net.Listener, most int) *Listener { return &Listener{Listener: l, most: most} }

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// The oldest connection has had the most time to say what it wants.
	if len(l.open) == l.most {
		_ = l.open[0].Close()
		l.open = l.open[1:]
	}
	l.open = append(l.open, conn)
	return leaving{conn, l}, nil
}

// leaving is a connection that gives its place back when it is closed.
type leaving struct {
	net.Conn
	from *Listener
}

// Close implements [net.Conn].
func (c leaving) Close() error {
	c.from.mu.Lock()
	c.from.open = slices.DeleteFunc(c.from.open, func(other net.Conn) bool { return other == c.Conn })
	c.from.mu.Unlock()
	return c.Conn.Close()
}
