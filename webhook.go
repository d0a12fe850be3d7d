package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/crowd"
	"github.com/reelmerge/reelmerge/providers"
)

// hook receives webhooks during a run. Polling finds out the same, except for rows whose
// submit was lost: for some services only a webhook names their job.
type hook struct {
	listener net.Listener
	server   *http.Server
	receiver *engine.Receiver // nil until it serves
}

// openHook listens at the campaign's address; it is nil if there is none. On the
// simulator only this process calls, so any free port is used, and the campaign's own
// stays free for paid runs.
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
	return &hook{listener: crowd.Limit(listener, mostCallers)}, nil
}

// mostCallers is the most connections that the receiver has at a time.
const mostCallers = 256

// serve starts to receive webhooks. A service without them is no error: its jobs are
// polled. Faults of callers go to the log and not to the terminal, since anybody can
// call.
func (h *hook) serve(p providers.Provider, log *slog.Logger) {
	notifier, ok := providers.As[providers.Notifier](p)
	if h == nil || !ok {
		return
	}
	h.receiver = engine.NewReceiver(notifier)
	// The address is public, so every step of a call has a time limit and its head a size
	// limit.
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

// close ends the server and the listener. A hook that never served has only the latter.
func (h *hook) close() {
	if h == nil {
		return
	}
	if h.server != nil {
		h.server.Close()
	}
	h.listener.Close()
}

// notices is the channel from which a run reads webhooks; nil without a hook.
func (h *hook) notices() <-chan providers.Notice {
	if h == nil || h.receiver == nil {
		return nil
	}
	return h.receiver.Notices()
}

// address is the local address of the hook, for the simulator.
func (h *hook) address() string {
	_, port, err := net.SplitHostPort(h.listener.Addr().String())
	if err != nil {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// webhookHost is the public name under which the service calls.
func (c *Campaign) webhookHost() string {
	u, err := url.Parse(c.file.Webhook.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// deliveries maps public names to local addresses for the simulator, as the campaign
// says.
func (c *Campaign) deliveries() map[string]string {
	to := map[string]string{}
	if host, address, ok := strings.Cut(c.file.Provider.Sandbox.Deliver, "="); ok {
		to[host] = address
	}
	return to
}

// Webhooks counts a run's webhooks. A webhook that names no known row counts as forged.
type Webhooks struct {
	Received  int `json:"received"`
	Forged    int `json:"forged"`
	Duplicate int `json:"duplicate"`
	Late      int `json:"late"`
}

// count is nil without a hook.
func (h *hook) count(m engine.Ignored) *Webhooks {
	if h == nil || h.receiver == nil {
		return nil
	}
	return &Webhooks{
		Received: h.receiver.Received(), Forged: h.receiver.Forged() + m.Strange,
		Duplicate: m.Duplicate, Late: m.Late,
	}
}

// String writes the counts in a line; empty if no webhook came.
func (w *Webhooks) String() string {
	if w == nil || w.Received == 0 {
		return ""
	}
	return fmt.Sprintf("webhooks: %d received, of them %d forged, %d duplicate, %d late", w.Received, w.Forged, w.Duplicate, w.Late)
}

// confirmTimeout is how long a link may take to answer.
const confirmTimeout = 30 * time.Second

// confirm checks that a link from a callback leads to a file. A callback alone settles no
// row.
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
