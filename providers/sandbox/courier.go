package sandbox

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// webhookTimeout is how long a receiver may take; the services document nothing.
const webhookTimeout = 10 * time.Second

// courier delivers webhooks. Each waits in a goroutine of its own until its job
// is over; all of them end with stop.
type courier struct {
	sandbox *Sandbox
	client  *http.Client
	context context.Context
	cancel  context.CancelFunc

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// notice is a webhook's content; one without a body is not sent.
type notice struct {
	body   []byte
	header http.Header
}

// noticeKind is how honest a webhook is.
type noticeKind uint8

const (
	genuine  noticeKind = iota
	forged              // sent by someone who knows the address but no secret
	stranger            // genuine, but about a job that nobody here knows
)

func newCourier(s *Sandbox) *courier {
	ctx, cancel := context.WithCancel(context.Background())
	transport := s.options.Webhooks
	if transport == nil {
		transport = loopbackTransport(s.options.Deliver)
	}
	return &courier{
		sandbox: s,
		context: ctx,
		cancel:  cancel,
		client: &http.Client{
			Transport:     transport,
			Timeout:       webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// loopbackTransport reaches this machine alone: mapped hosts at their loopback
// address, over plain HTTP, and loopback hosts as they are.
func loopbackTransport(deliver map[string]string) http.RoundTripper {
	dialer := &net.Dialer{}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if !isLoopback(address) {
				return nil, &net.AddrError{Err: "the sandbox delivers to this machine only", Addr: address}
			}
			return dialer.DialContext(ctx, network, address)
		},
	}
	return mappedTransport{hosts: deliver, next: transport}
}

// mappedTransport sends what is meant for a public host to its stand-in.
type mappedTransport struct {
	hosts map[string]string
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t mappedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	address, ok := t.hosts[r.URL.Hostname()]
	if !ok {
		return t.next.RoundTrip(r)
	}
	mapped := r.Clone(r.Context())
	mapped.Host = r.URL.Host
	mapped.URL.Scheme, mapped.URL.Host = "http", address
	return t.next.RoundTrip(mapped)
}

// dispatch sees to the webhooks of a job that was just accepted.
func (c *courier) dispatch(ctx context.Context, j job, odds chance) {
	dice := c.sandbox.dice
	if j.Webhook == "" || j.Instant {
		return
	}
	over := j // as those pretend who send something else than the truth
	over.Render, over.Fails = 0, dice.happens(odds, webhookForged)
	if over.Fails {
		c.start(func() { c.send(c.context, over, forged) })
	}
	if dice.happens(odds, webhookStrange) {
		c.start(func() { c.send(c.context, over, stranger) })
	}
	if j.Delivered { // or rather lost
		return
	}
	copies := 1
	if dice.happens(odds, webhookTwice) {
		copies = 2
	}
	if dice.happens(odds, webhookEarly) {
		c.deliver(ctx, j.ID, copies)
		return
	}
	c.later(j, copies)
}

// resume delivers what was due while the sandbox was closed.
func (c *courier) resume() error {
	due, err := c.sandbox.books.list("", func(j *job) bool {
		return j.Webhook != "" && !j.Delivered && !j.Instant && j.Cancelled.IsZero()
	})
	for _, j := range due {
		c.later(j, 1)
	}
	return err
}

// later delivers a job's webhook when the job is over.
func (c *courier) later(j job, copies int) {
	c.start(func() {
		pause(c.context, j.ends().Sub(c.sandbox.now()))
		if c.context.Err() == nil {
			c.deliver(c.context, j.ID, copies)
		}
	})
}

// deliver sends a job's webhook, once and for all: it is marked as sent before,
// so that a kill in between loses it, as it would be lost at the services, which
// document no second try. A job that was cancelled meanwhile has none.
func (c *courier) deliver(ctx context.Context, id string, copies int) {
	j, refused, err := c.sandbox.books.change(id, func(j *job) *refusal {
		if j.Delivered || !j.Cancelled.IsZero() {
			return &refusal{}
		}
		j.Delivered = true
		return nil
	})
	if refused != nil || err != nil {
		return
	}
	for range copies {
		c.send(ctx, j, genuine)
	}
}

// send makes one delivery; nobody learns whether it arrived.
func (c *courier) send(ctx context.Context, j job, kind noticeKind) {
	n := c.sandbox.notice(j, kind)
	if n.body == nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.Webhook, bytes.NewReader(n.body))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", "application/json")
	for name, values := range n.header {
		r.Header[name] = values
	}
	response, err := c.client.Do(r)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	_ = response.Body.Close()
}

// notice puts a job's end into the words of its service.
func (s *Sandbox) notice(j job, kind noticeKind) notice {
	switch j.Provider {
	case Colossyan:
		return colossyan{s}.notice(j, kind)
	case Vidgen:
		return vidgen{s}.notice(j, kind)
	case Samsar:
		return samsar{s}.notice(j, kind)
	default: // Kensa sends none
		return notice{}
	}
}

// start runs a delivery, unless the courier has stopped.
func (c *courier) start(delivery func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.running.Go(delivery)
	}
}

// stop ends all deliveries and waits for them.
func (c *courier) stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}
