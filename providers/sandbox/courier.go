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

// webhookTimeout is how long a receiver may take. The services do not document theirs.
const webhookTimeout = 10 * time.Second

// courier delivers webhooks. Each delivery waits in its own goroutine until its job is
// over. stop ends all of them.
type courier struct {
	sandbox *Sandbox
	client  *http.Client
	context context.Context
	cancel  context.CancelFunc

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// notice is the content of a webhook. A notice without a body is not sent.
type notice struct {
	body   []byte
	header http.Header
}

// noticeKind tells a true webhook from a false one.
type noticeKind uint8

const (
	genuine  noticeKind = iota
	forged              // sent by somebody who knows the address but not the secret
	stranger            // genuine, but about a job that is not in the caller's ledger
)

// newCourier returns a courier. It follows no redirects, because the services are not known
// to do so, and one could lead off this machine.
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

// loopbackTransport connects to this machine only. Mapped hosts are reached at their
// loopback address over plain HTTP, and loopback hosts directly. A simulator must never
// call a real receiver.
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

// mappedTransport redirects requests for a public host to its stand-in.
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

// dispatch starts the webhooks of a job that was just accepted, true and false ones.
func (c *courier) dispatch(ctx context.Context, j job, odds chance) {
	dice := c.sandbox.dice
	if j.Webhook == "" || j.Instant {
		return
	}
	// A false webhook pretends that the job is over already.
	over := j
	over.Render = 0
	over.Fails = dice.happens(odds, webhookForged)
	if over.Fails {
		c.start(func() { c.send(c.context, over, forged) })
	}
	if dice.happens(odds, webhookStrange) {
		c.start(func() { c.send(c.context, over, stranger) })
	}
	// Delivered is set at the start for a webhook that is to be lost.
	if j.Delivered {
		return
	}
	copies := 1
	if dice.happens(odds, webhookTwice) {
		copies = 2
	}
	// An early webhook arrives before the answer, so it is sent here and not in a
	// goroutine.
	if dice.happens(odds, webhookEarly) {
		c.deliver(ctx, j.ID, copies)
		return
	}
	c.later(j, copies)
}

// resume delivers webhooks that became due while the sandbox was closed.
func (c *courier) resume() error {
	due, err := c.sandbox.books.list("", func(j *job) bool {
		return j.Webhook != "" && !j.Delivered && !j.Instant && j.Cancelled.IsZero()
	})
	for _, j := range due {
		c.later(j, 1)
	}
	return err
}

// later delivers the webhook of a job when the job is over.
func (c *courier) later(j job, copies int) {
	c.start(func() {
		pause(c.context, j.ends().Sub(c.sandbox.now()))
		if c.context.Err() == nil {
			c.deliver(c.context, j.ID, copies)
		}
	})
}

// deliver sends the webhook of a job once. It marks the webhook as sent before it sends it.
// A kill in between loses it, as it would at the services, which document no second try. A
// job that was cancelled meanwhile has no webhook.
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

// send makes one delivery. It does not report whether the webhook arrived, as the services
// do not.
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
	// The answer is read, so that the receiver does not see a broken connection.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	_ = response.Body.Close()
}

// notice puts the end of a job into the words of its service.
func (s *Sandbox) notice(j job, kind noticeKind) notice {
	switch j.Provider {
	case Colossyan:
		return colossyan{s}.notice(j, kind)
	case Vidgen:
		return vidgen{s}.notice(j, kind)
	case Samsar:
		return samsar{s}.notice(j, kind)
	}
	for _, d := range s.described {
		if d.name == j.Provider {
			return d.notice(j, kind)
		}
	}
	return notice{} // Kensa sends none
}

// start runs a delivery, unless the courier has stopped.
func (c *courier) start(delivery func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.running.Go(delivery)
	}
}

// stop ends all deliveries and waits for them. The flag comes first, so that no new one
// starts in between.
func (c *courier) stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}
