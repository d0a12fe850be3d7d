package pgstore_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// proxy is the network between a store and its database: it can be cut, be silent, or
// refuse connections.
type proxy struct {
	url string

	mu      sync.Mutex
	changed *sync.Cond
	silent  bool
	closed  bool
	target  string
	pairs   []pair
	left    int  // messages until then is called
	back    bool // to the client: answers
	then    func()
}

// pair is a connection of a client and its way on.
type pair struct{ client, server net.Conn }

func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	p := &proxy{target: u.Host}
	p.changed = sync.NewCond(&p.mu)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	u.Host = l.Addr().String()
	p.url = u.String()
	t.Cleanup(func() {
		_ = l.Close()
		p.dark(false)
		p.cut()
	})
	go func() { // ended by the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.carry(c)
		}
	}()
	return p
}

// carry connects a client with the database.
func (p *proxy) carry(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	server, err := net.Dial("tcp", p.target)
	if err != nil || p.closed {
		_ = client.Close()
		return
	}
	p.pairs = append(p.pairs, pair{client, server})
	go p.pump(server, client, false)
	go p.pump(client, server, true)
}

// pump carries bytes one way.
func (p *proxy) pump(to, from net.Conn, toClient bool) {
	defer to.Close()
	defer from.Close()
	for buf := make([]byte, 32<<10); ; {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.silent {
			p.changed.Wait()
		}
		then := p.passed(n > 0 && toClient == p.back)
		p.mu.Unlock()
		if then != nil {
			then()
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// whenPassed does something before the n-th message is handed on: an answer of the server,
// or else a question of the client.
func (p *proxy) whenPassed(n int, answer bool, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.back, p.then = n, answer, do
}

// passed counts a message, and returns what is to be done before it is handed on.
func (p *proxy) passed(is bool) func() {
	if !is || p.then == nil {
		return nil
	}
	if p.left--; p.left > 0 {
		return nil
	}
	then := p.then
	p.then = nil
	return then
}

// lead has connections go to another server from now on.
func (p *proxy) lead(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.cut()
}

// dark stops all bytes, and no connection ends.
func (p *proxy) dark(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = on
	p.changed.Broadcast()
}

// refuse has new connections end at once.
func (p *proxy) refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = on
}

// cut ends all connections.
func (p *proxy) cut() { p.end(func(c pair) { _ = c.client.Close(); _ = c.server.Close() }) }

// deafen ends the way back alone: what was sent arrives, and its answer does not.
func (p *proxy) deafen() {
	p.end(func(c pair) {
		if tcp, is := c.client.(*net.TCPConn); is {
			_ = tcp.SetLinger(0)
		}
		_ = c.client.Close()
		time.AfterFunc(2*time.Second, func() { _ = c.server.Close() })
	})
}

func (p *proxy) end(how func(pair)) {
	p.mu.Lock()
	pairs := p.pairs
	p.pairs = nil
	p.mu.Unlock()
	for _, c := range pairs {
		how(c)
	}
}
