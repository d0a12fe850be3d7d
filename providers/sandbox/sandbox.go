// Package sandbox plays the four video-generation services over HTTP, with their faults. It
// keeps a bank of everything that they accepted and charged.
//
// A [Sandbox] is an [http.Handler]. It refuses what the services refuse, by its own reading
// of their rules. It shares no code with the clients that it tests, so that a mistake in
// one of them is not repeated in the other. It writes each accepted call to disk before it
// answers. The state of a job follows from the clock, so a killed sandbox continues when it
// is opened again.
//
// Serve it with [net/http.Server], or call it in the same process through
// [Sandbox.Transport], which also works inside a testing/synctest bubble. It starts
// goroutines only to deliver webhooks, and [Sandbox.Close] ends them.
//
// The paths are /colossyan/…, /vidgen/…, /kensa/… and /samsar/… ([Sandbox.BaseURL] returns
// where each begins), /files/… and /share/… for the results, /healthz, and /bank with the
// bank as JSON. There is nothing else: the sandbox offers only what the services offer.
//
// Any credential is valid, except one that contains the word "expired".
package sandbox

import (
	"context"
	"errors"
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

// Defaults of the address and of the time that a video takes. The links of the embedded
// simulator lead to the same address, so that they can be served later.
const (
	DefaultAddress = "127.0.0.1:8787"
	DefaultRender  = 200 * time.Millisecond
)

const (
	defaultSlow   = 5 * time.Second
	defaultSecret = "sandbox-webhook-secret"
)

// Options set the behaviour of a sandbox. The zero value plays every service as documented,
// in memory and without faults.
type Options struct {
	// State is the path of the state file, which is created if it is missing. Every
	// accepted call is in it before the answer. If State is empty, nothing survives the
	// process.
	State string
	// Render is how long a job takes; default: 200 ms.
	Render time.Duration
	// Faults lists the faults to play, in the form of [ParseFaults].
	Faults string
	// Seed makes the faults of a run repeatable.
	Seed int64
	// PublicURL is the root of the links to results. If it is empty, they begin with the
	// host of the request.
	PublicURL string
	// Slow is how long a slow answer takes; default: 5 s.
	Slow time.Duration
	// Balance is the total grant of a service that counts credits, by its name, or by
	// "samsar/key" for one of its external users. An account that is not listed never runs
	// out.
	Balance map[string]credit.Amount
	// WebhookSecret signs the webhooks of vidgen.
	WebhookSecret string
	// Deliver maps public host names to loopback addresses. Webhooks for such a host go
	// there over plain HTTP. A webhook for any other host that is not loopback is never
	// sent.
	Deliver map[string]string
	// Webhooks sends the webhooks instead of the network. Deliver is then ignored.
	Webhooks http.RoundTripper
	// Described are descriptions of further services, as their files have them.
	Described [][]byte
	// Behaviour chooses the behaviour that the documentation of a service leaves open.
	Behaviour Behaviour
}

// Behaviour holds the choices for all services. Their documentation is silent about them,
// or contradicts itself. The zero value is the plain reading.
type Behaviour struct {
	// Skew is how far the clocks of the services are ahead of ours.
	Skew time.Duration
	// LinkLife is how long a link to a result works. Zero means for ever.
	LinkLife time.Duration
	// FailedCost makes a failed job cost as much as a finished one, at services that do not
	// say.
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

	described []described // services that are played by their descriptions
}

// New opens a sandbox. It fails if the state file is in use, damaged or no state file, and
// if a fault or a delivery address is not valid. Webhooks that became due while it was
// closed are delivered now.
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
	for _, text := range o.Described {
		d, err := readDescribed(s, text)
		if err != nil {
			return nil, errors.Join(err, books.journal.close())
		}
		s.described = append(s.described, d)
	}
	s.routes()
	// Only now can webhooks be sent: their content comes from the services.
	if err := s.courier.resume(); err != nil {
		return nil, fmt.Errorf("resume webhooks: %w", err)
	}
	return s, nil
}

// complete sets the defaults, and refuses options that make no sense.
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
	// A mapping to another machine would send webhooks of a rehearsal to a real receiver.
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

// BaseURL returns the base URL of a service's API under a root such as
// "http://127.0.0.1:8787". For an unknown service it returns the root itself, where no
// service answers.
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
	var more []player
	for _, d := range s.described {
		more = append(more, player{d.name, d.base(), d.routes})
	}
	return append([]player{
		{Colossyan, colossyanBase, colossyan{s}.routes},
		{Kensa, kensaBase, kensa{s}.routes},
		{Samsar, samsarBase, samsar{s}.routes},
		{Vidgen, vidgenBase, vidgen{s}.routes},
	}, more...)
}

// routes registers the paths of the sandbox and of all services.
func (s *Sandbox) routes() {
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /bank", s.serveBank)
	s.mux.HandleFunc("GET /files/{name}", s.serveFile)
	s.mux.HandleFunc("GET /share/{id}", s.serveShare)
	for _, p := range s.players() {
		p.routes()
	}
}

// ServeHTTP answers a request like the service that its path names.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.show(s.now()).UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

// health answers that the sandbox runs.
func (s *Sandbox) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// serveBank answers with the bank.
func (s *Sandbox) serveBank(w http.ResponseWriter, _ *http.Request) {
	lines, err := s.Bank()
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, lines)
}

// Grant adds credits to an account, named as in [Options]. It stands for buying credits on
// the web page of a service. The state file does not keep it, so the next New must be given
// the new total.
func (s *Sandbox) Grant(account string, more credit.Amount) { s.books.grant(account, more) }

// Close ends the deliveries of webhooks and closes the state file. Webhooks that
// were not sent yet are sent when it is opened again.
func (s *Sandbox) Close() error {
	s.courier.stop()
	return s.books.journal.close()
}

// now returns the time that jobs go by. Without its monotonic part it compares equal after
// a restart.
func (s *Sandbox) now() time.Time { return time.Now().Round(0) }

// show returns a time by the clocks of the services.
func (s *Sandbox) show(t time.Time) time.Time { return t.Add(s.options.Behaviour.Skew) }

// stamp returns a time in the form of the services' answers.
func (s *Sandbox) stamp(t time.Time) string {
	return s.show(t).UTC().Format("2006-01-02T15:04:05.000Z")
}

// pause waits, unless the request is given up first.
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
