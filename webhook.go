package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
)

// hook receives webhooks while a run goes on. Without one, polling finds out
// everything that a webhook would say, but for rows whose submit was lost.
type hook struct {
	listener net.Listener
	server   *http.Server
	receiver *engine.Receiver // nil until it serves
}

// openHook listens where the campaign says; it is nil where the campaign says
// nothing. The simulator is the only caller on the simulator, so that a port of
// this machine is enough, and the campaign's own stays free for paid runs.
func (c *Campaign) openHook(ctx context.Context) (*hook, error) {
	address := c.file.Webhook.Listen
	if address == "" {
		return nil, nil
	}
	if _, chosen := c.deliveries()[c.webhookHost()]; c.file.Provider.Sandbox.On && !chosen {
		address = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fail(Usage, fmt.Errorf("listen for webhooks: %w", err), "choose another address under webhook: listen, or leave it out: polling finds out the same")
	}
	return &hook{listener: &crowded{Listener: listener}}, nil
}

// mostCallers is how many connections the receiver has at a time.
const mostCallers = 256

// crowded is a listener with so many connections at the most: a newcomer takes the
// place of the oldest. Whoever keeps connections open and sends nothing then keeps
// nobody out, and the files that a run needs open are not used up.
type crowded struct {
	net.Listener
	mu   sync.Mutex
	open []net.Conn // oldest first
}

// Accept implements [net.Listener].
func (l *crowded) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) == mostCallers {
		_ = l.open[0].Close() // its caller has had its time
		l.open = l.open[1:]
	}
	l.open = append(l.open, conn)
	return leaving{conn, l}, nil
}

// leaving is a connection that gives its place back when it is closed.
type leaving struct {
	net.Conn
	from *crowded
}

// Close implements [net.Conn].
func (c leaving) Close() error {
	c.from.mu.Lock()
	c.from.open = slices.DeleteFunc(c.from.open, func(other net.Conn) bool { return other == c.Conn })
	c.from.mu.Unlock()
	return c.Conn.Close()
}

// serve starts to receive what the service sends. A service without webhooks is
// no reason to stop: its jobs are polled. What strangers do wrong is no line of the
// terminal.
func (h *hook) serve(p providers.Provider, log *slog.Logger) {
	notifier, ok := providers.As[providers.Notifier](p)
	if h == nil || !ok {
		return
	}
	h.receiver = engine.NewReceiver(notifier)
	h.server = &http.Server{
		Handler:           h.receiver,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() { _ = h.server.Serve(h.listener) }() // close ends it
}

func (h *hook) close() {
	if h == nil {
		return
	}
	if h.server != nil {
		h.server.Close()
	}
	h.listener.Close()
}

// notices is what a run reads, nil where nothing is received.
func (h *hook) notices() <-chan providers.Notice {
	if h == nil || h.receiver == nil {
		return nil
	}
	return h.receiver.Notices()
}

// address is where the simulator reaches the hook.
func (h *hook) address() string {
	_, port, err := net.SplitHostPort(h.listener.Addr().String())
	if err != nil {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", port)
}

func (c *Campaign) webhookHost() string {
	u, err := url.Parse(c.file.Webhook.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// deliveries is where the simulator sends webhooks for public names, as the
// campaign says.
func (c *Campaign) deliveries() map[string]string {
	to := map[string]string{}
	if host, address, ok := strings.Cut(c.file.Provider.Sandbox.Deliver, "="); ok {
		to[host] = address
	}
	return to
}

// Webhooks is what became of a run's webhooks. Strange ones, which name no
// row and prove nothing, are counted with the forged.
type Webhooks struct {
	Received  int `json:"received"`
	Forged    int `json:"forged"`
	Duplicate int `json:"duplicate"`
	Late      int `json:"late"`
}

// count is nil where nothing is received.
func (h *hook) count(m engine.Ignored) *Webhooks {
	if h == nil || h.receiver == nil {
		return nil
	}
	return &Webhooks{
		Received: h.receiver.Received(), Forged: h.receiver.Forged() + m.Strange,
		Duplicate: m.Duplicate, Late: m.Late,
	}
}

// String says it in a line; empty where there is nothing to tell.
func (w *Webhooks) String() string {
	if w == nil || w.Received == 0 {
		return ""
	}
	return fmt.Sprintf("webhooks: %d received, of them %d forged, %d duplicate, %d late", w.Received, w.Forged, w.Duplicate, w.Late)
}

// confirmTimeout is how long a link may take to answer.
const confirmTimeout = 30 * time.Second

// confirm asks whether a link that a callback named leads to a file.
func (c *client) confirm(ctx context.Context, link string) error {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	answer, err := askLink(ctx, c.links, link)
	if err != nil {
		return fmt.Errorf("confirm callback: %w", err)
	}
	switch {
	case !answer.good():
		return fmt.Errorf("confirm callback: its link answers with status %d", answer.status)
	case answer.kind == "text/html":
		return errors.New("confirm callback: its link leads to a page, not to a file")
	}
	return nil
}
