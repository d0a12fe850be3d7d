// Package sandbox plays the four video-generation services over HTTP, faults
// included, and keeps a bank of what they accepted and charged.
//
// A [Sandbox] is an [http.Handler]. It refuses what the services refuse, by its
// own reading of their rules: it shares no code with the clients it is used to
// test, so that a mistake made twice is not a mistake unseen. What it accepts is
// durable before it answers; a job's state follows from the clock alone, so that
// a killed sandbox that is opened again plays on as if nothing had happened.
//
// Serve it with [net/http.Server], or call it in the same process through
// [Sandbox.Transport], also inside a testing/synctest bubble: it starts no
// goroutine but for a webhook to deliver, and those end with [Sandbox.Close].
//
// The paths are /colossyan/…, /vidgen/…, /kensa/… and /samsar/… ([Sandbox.BaseURL]
// says where each begins), /files/… and /share/… for the results, /healthz, and
// /bank with the bank as JSON. There is nothing else: what a service cannot do,
// the sandbox cannot do either.
//
// Any credential is good, but for one that contains the word "expired".
package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// The names of the services, as the bank prints them.
const (
	Colossyan = "colossyan"
	Vidgen    = "vidgen"
	Kensa     = "kensa"
	Samsar    = "samsar"
)

// What a zero option stands for.
// Where the simulator listens, and how long a video takes, unless somebody says
// otherwise. The embedded simulator's links lead to the same address, so that they can
// be served later as well.
const (
	DefaultAddress = "127.0.0.1:8787"
	DefaultRender  = 200 * time.Millisecond
)

const (
	defaultSlow   = 5 * time.Second
	defaultSecret = "sandbox-webhook-secret"
)

// Options say how a sandbox behaves. The zero value plays every service as its
// documentation says, in memory, without faults.
type Options struct {
	// State is the path of the state file. It is created where it is missing,
	// and holds all that was accepted before anybody is told. Empty: nothing
	// survives the process.
	State string
	// Render is how long a job takes, 200 ms when zero.
	Render time.Duration
	// Faults is what goes wrong, as [ParseFaults] reads it.
	Faults string
	// Seed makes the faults of a run repeatable.
	Seed int64
	// PublicURL is the root of the links to results. When empty they begin with
	// the host that the request named.
	PublicURL string
	// Slow is how long a slow answer takes, 5 s when zero.
	Slow time.Duration
	// Balance is what each service that counts credits has been granted in all,
	// by its name, or by "samsar/key" for an external user of it. What is not
	// listed never runs out.
	Balance map[string]credit.Amount
	// WebhookSecret signs the webhooks of vidgen.
	WebhookSecret string
	// Deliver says which loopback address stands for a public host name in
	// webhooks: they go there over plain HTTP. A webhook to any other host that
	// is not loopback itself is never sent.
	Deliver map[string]string
	// Webhooks sends the webhooks, instead of the network; Deliver is not
	// consulted then.
	Webhooks http.RoundTripper
	// Behaviour chooses among the ways that a service's documentation leaves open.
	Behaviour Behaviour
}

// Behaviour is what the services may do one way or the other: their
// documentation is silent, or says both. The zero value is the plain reading.
type Behaviour struct {
	// Skew is how far the services' clocks are ahead of ours.
	Skew time.Duration
	// LinkLife is how long a link to a result works; zero is for ever.
	LinkLife time.Duration
	// FailedCost makes failed jobs cost as much as finished ones, where the
	// service does not say.
	FailedCost bool

	Colossyan ColossyanBehaviour
	Vidgen    VidgenBehaviour
	Kensa     KensaBehaviour
	Samsar    SamsarBehaviour
}

// Sandbox plays the services. It is safe for concurrent use.
type Sandbox struct {
	options Options
	books   *books
	dice    dice
	polls   counter
	meters  meters
	mux     *http.ServeMux
	courier *courier
}

// New opens a sandbox. It fails when the state file is in use, damaged or no
// state file at all, and when a fault or a delivery address is not understood.
// Webhooks that were due while it was closed are delivered now.
func New(o Options) (*Sandbox, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	faults, err := ParseFaults(o.Faults)
	if err != nil {
		return nil, err
	}
	books, err := openBooks(o.State)
	if err != nil {
		return nil, err
	}
	for account, granted := range o.Balance {
		books.grant(account, granted)
	}
	s := &Sandbox{
		options: o,
		books:   books,
		dice:    dice{faults: faults, seed: o.Seed},
		mux:     http.NewServeMux(),
	}
	s.courier = newCourier(s)
	s.routes()
	if err := s.courier.resume(); err != nil {
		return nil, fmt.Errorf("resume webhooks: %w", err)
	}
	return s, nil
}

func (o *Options) complete() error {
	if o.Render < 0 || o.Slow < 0 {
		return fmt.Errorf("open sandbox: durations must not be negative")
	}
	if o.Render == 0 {
		o.Render = DefaultRender
	}
	if o.Slow == 0 {
		o.Slow = defaultSlow
	}
	if o.WebhookSecret == "" {
		o.WebhookSecret = defaultSecret
	}
	for host, address := range o.Deliver {
		if !isLoopback(address) {
			return fmt.Errorf("deliver %q to %q: not a loopback address with a port", host, address)
		}
	}
	return nil
}

// isLoopback reports whether an address with a port is on this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// BaseURL returns the base URL of a service's API, for a sandbox that is served
// under root, such as "http://127.0.0.1:8787". For a service that the sandbox
// does not play it is root itself, where nothing answers.
func (s *Sandbox) BaseURL(provider, root string) string {
	for _, p := range s.players() {
		if p.name == provider {
			return root + p.base
		}
	}
	return root
}

// player plays one service, below the path of its API.
type player struct {
	name, base string
	routes     func()
}

// players are the services that are played. A new one is one line here.
func (s *Sandbox) players() []player {
	return []player{
		{Colossyan, colossyanBase, colossyan{s}.routes},
		{Kensa, kensaBase, kensa{s}.routes},
		{Samsar, samsarBase, samsar{s}.routes},
		{Vidgen, vidgenBase, vidgen{s}.routes},
	}
}

func (s *Sandbox) routes() {
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /bank", s.serveBank)
	s.mux.HandleFunc("GET /files/{name}", s.serveFile)
	s.mux.HandleFunc("GET /share/{id}", s.serveShare)
	for _, p := range s.players() {
		p.routes()
	}
}

// ServeHTTP answers a request as the service would that its path names.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.show(s.now()).UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

func (s *Sandbox) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Sandbox) serveBank(w http.ResponseWriter, _ *http.Request) {
	lines, err := s.Bank()
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, lines)
}

// Grant adds credits to an account, named as in [Options]: what a person does on
// the service's web page when the balance is empty. It is not kept in the state
// file; whoever opens that again states the new total.
func (s *Sandbox) Grant(account string, more credit.Amount) { s.books.grant(account, more) }

// Close ends the deliveries of webhooks and closes the state file. Webhooks that
// were not sent yet are sent when it is opened again.
func (s *Sandbox) Close() error {
	s.courier.stop()
	return s.books.journal.close()
}

// now is the time that jobs go by.
func (s *Sandbox) now() time.Time { return time.Now().Round(0) }

// show is what a time looks like by the services' clocks.
func (s *Sandbox) show(t time.Time) time.Time { return t.Add(s.options.Behaviour.Skew) }

// stamp writes a time the way the services' answers do.
func (s *Sandbox) stamp(t time.Time) string {
	return s.show(t).UTC().Format("2006-01-02T15:04:05.000Z")
}

// pause waits, unless the request is given up before.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// counter counts how often something was asked.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

// next counts once more and returns the count, from 1.
func (c *counter) next(subject string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[subject]++
	return c.counts[subject]
}
