// Package providertest is the conformance suite of services. It runs a real client over
// real HTTP against a simulator, and checks the promises of [providers.Provider]. A new
// service is done when [Run] is green.
//
// The suite stands between the client and the simulator and breaks the exchange there, so
// it needs no faults of the simulator. It loses answers, cuts them short, replaces them
// by web pages, redirects them and never ends them. Each time it asks two witnesses that
// the client cannot influence: how many requests arrived, and what the bank has charged.
//
// offline.go tests the half of a service that uses no network, online.go its calls, and
// abilities.go the optional interfaces. server.go is the place between client and
// simulator.
package providertest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// The credentials of the suite. No error may show them.
const (
	token  = "providertest-canary-token"
	secret = "providertest-canary-secret"
)

// Setup says which service to test, and how to open its simulator.
type Setup struct {
	Service   providers.Service
	Operation string
	Prices    providers.Prices
	Header    http.Header       // of the client's configuration
	Paths     map[string]string // of the client's configuration
	Length    job.Length        // to quote requests by
	// Request returns the nth request, without callback. All are good, and no
	// two are alike.
	Request func(n int) providers.Request
	// Broken are requests that the checker must refuse.
	Broken []providers.Request
	// CostUnknown says that the cost of this operation is not published; otherwise the
	// checker must charge the same amount as the bank.
	CostUnknown bool
	// InProgress says that a 409 to a submit means that the same submit, sent before, is
	// being worked on: then it is no word that nothing was created.
	InProgress bool
	// Registered says that webhooks are registered for the account, and not asked for with
	// a submit. The simulator sends none of those.
	Registered bool
	// EmptyLists are the kinds of assets of which a new account that made one job
	// of this operation has none.
	EmptyLists []string
	// Serve opens a simulator in which nothing was bought yet.
	Serve func(*testing.T, Play) Backend
}

// Play says what the suite needs of a simulator.
type Play struct {
	Render   time.Duration     // how long a job takes
	Webhooks http.RoundTripper // where webhooks go to
	Secret   string            // that signs webhooks, where the service does that
}

// Backend is an open simulator of the service.
type Backend struct {
	Handler http.Handler
	Path    string // of the service's API below the root of the server
	Bank    func() ([]Charge, error)
}

// Charge is one paid call that the simulator accepted.
type Charge struct {
	Job    string
	Amount credit.Amount // the sum of all stages so far
	Unit   string
}

// Sandbox returns a Setup.Serve that opens a [sandbox.Sandbox] of a service with some
// behaviour.
func Sandbox(service string, behaviour sandbox.Behaviour) func(*testing.T, Play) Backend {
	return simulated(service, sandbox.Options{Behaviour: behaviour})
}

// Described returns a Setup.Serve that has a service played by [sandbox.Sandbox] from its
// description.
func Described(service string, description []byte) func(*testing.T, Play) Backend {
	return simulated(service, sandbox.Options{Described: [][]byte{description}})
}

func simulated(service string, o sandbox.Options) func(*testing.T, Play) Backend {
	return func(t *testing.T, p Play) Backend {
		t.Helper()
		o := o
		o.Render = p.Render
		o.Webhooks = p.Webhooks
		o.WebhookSecret = p.Secret
		box, err := sandbox.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := box.Close(); err != nil {
				t.Errorf("close sandbox: %v", err)
			}
		})
		return Backend{Handler: box, Path: box.BaseURL(service, ""), Bank: func() ([]Charge, error) {
			lines, err := box.Bank()
			var charges []Charge
			for _, line := range lines {
				charges = append(charges, Charge{Job: line.Job, Amount: line.Amount, Unit: line.Unit})
			}
			return charges, err
		}}
	}
}

// Run runs the whole suite.
func Run(t *testing.T, s Setup) {
	t.Helper()
	t.Run("service", s.testService)
	t.Run("traits", s.testTraits)
	t.Run("checker", s.testChecker)
	t.Run("quote", s.testQuote)
	t.Run("job", s.testJob)
	t.Run("many at a time", s.testMany)
	t.Run("not sent", s.testNotSent)
	t.Run("shut", s.testShut)
	t.Run("submit in trouble", s.testSubmitTrouble)
	t.Run("dead connection", s.testDeadConnection)
	t.Run("rate hints", s.testRateHints)
	// An operation that answers at once has no job to poll.
	if !s.traits(t).Synchronous {
		t.Run("poll in trouble", s.testPollTrouble)
		t.Run("unknown job", s.testUnknownJob)
	}
	s.runAbilities(t)
}

// checker returns the pure half of the service.
func (s Setup) checker(t *testing.T) providers.Checker {
	t.Helper()
	checker, err := s.Service.NewChecker(s.Operation, s.Prices)
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

func (s Setup) traits(t *testing.T) providers.Traits {
	t.Helper()
	return s.checker(t).Traits()
}

// config is the client's configuration for a base URL.
func (s Setup) config(base string) providers.Config {
	return providers.Config{
		BaseURL: base, Token: token, Header: s.Header, WebhookSecret: secret, Paths: s.Paths, Prices: s.Prices,
	}
}

// client returns a new client for a base URL. Tests of one client must not see the
// connections of another.
func (s Setup) client(t *testing.T, base string) providers.Provider {
	t.Helper()
	client, err := s.Service.New(s.config(base))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// rig is a client with its service.
type rig struct {
	*unreliable
	setup  Setup
	client providers.Provider
}

// rig opens a new simulator and a client of it. Each test has its own, so that the bank's
// charges are those of this test.
func (s Setup) rig(t *testing.T, p Play) *rig {
	t.Helper()
	p.Secret = secret
	// Without an inbox the simulator would try to reach a public address.
	if p.Webhooks == nil {
		p.Webhooks = &inbox{}
	}
	server := serve(t, s.Serve(t, p))
	return &rig{unreliable: server, setup: s, client: s.client(t, server.URL+server.backend.Path)}
}

// quick is a simulator whose jobs are over almost at once.
// elsewhere is an address of the service that nothing is sent to.
func (s Setup) elsewhere() string { return cmp.Or(s.Service.BaseURL, "https://api.example.com") }

func quick() Play { return Play{Render: 10 * time.Millisecond} }

// requestOf returns the nth request of the operation under test, with a reference of its
// own.
func (s Setup) requestOf(n int) providers.Request {
	r := s.Request(n)
	r.Operation = s.Operation
	if r.Reference == "" {
		r.Reference = fmt.Sprintf("providertest-row-%d", n)
	}
	return r
}

// submit buys the nth request, which must succeed.
func (r *rig) submit(t *testing.T, n int) providers.Receipt {
	t.Helper()
	receipt, err := r.client.Submit(t.Context(), r.setup.requestOf(n))
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	return receipt
}

// await polls until a job has ended. It follows the ticket of each answer, as the engine
// does: a service may tell a better one.
func (r *rig) await(t *testing.T, ticket job.Ticket) (providers.Progress, job.Ticket) {
	t.Helper()
	for range 1000 {
		progress, err := r.client.Poll(t.Context(), r.setup.Operation, ticket)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		if progress.Ticket.Job != "" {
			ticket = progress.Ticket
		}
		if progress.Outcome != providers.Running {
			return progress, ticket
		}
		pause(t)
	}
	t.Fatal("the job does not end")
	return providers.Progress{}, ticket
}

// pause lets a moment of real time pass. Time cannot be faked here, since the other side
// is a real server.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(5 * time.Millisecond):
	}
}

// failed checks that an error is a [providers.Error], and that no error which it wraps
// shows a secret: logs print the whole chain.
func failed(t *testing.T, err error) *providers.Error {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for link := err; link != nil; link = errors.Unwrap(link) {
		for _, hidden := range []string{token, secret} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", link, link, link.Error()), hidden) {
				t.Errorf("the error shows a secret: %v", link)
			}
		}
	}
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is a %T, want a providers.Error", err, err)
	}
	return e
}

// wantKind checks that a failure has one of some kinds. The engine decides by the kind
// alone whether a row may be sent again.
func wantKind(t *testing.T, e *providers.Error, want ...providers.Kind) {
	t.Helper()
	if !slices.Contains(want, e.Kind) {
		t.Errorf("kind = %v (%v), want one of %v", e.Kind, e, want)
	}
}

// bought returns the charges of the bank, which the client cannot influence.
func (r *rig) bought(t *testing.T) []Charge {
	t.Helper()
	charges, err := r.backend.Bank()
	if err != nil {
		t.Fatal(err)
	}
	return charges
}
