package providertest

import (
	"bytes"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// testService checks the service's own description, and that a client refuses
// configurations which would repeat paid calls or show the token to the network.
func (s Setup) testService(t *testing.T) {
	if s.Service.Name == "" || s.Service.Title == "" || s.Service.TokenHint == "" {
		t.Errorf("the service does not say what it is: %+v", s.Service)
	}
	if !s.Service.Offers(s.Operation) {
		t.Errorf("the service does not offer %q", s.Operation)
	}
	if _, err := s.Service.NewChecker("no/such-operation", s.Prices); err == nil {
		t.Error("there is a checker for an operation that does not exist")
	}
	for name, c := range map[string]providers.Config{
		// Go's transport repeats a request with this header by itself.
		"a header that has paid calls repeated": {Header: http.Header{"Idempotency-Key": {"1"}}, BaseURL: "https://api.example.com"},
		"an address in the clear":               {BaseURL: "http://api.example.com"},
	} {
		c.Token = token
		if _, err := s.Service.New(c); err == nil {
			t.Errorf("New accepts %s", name)
		}
	}
	if _, err := s.Service.New(providers.Config{Token: token}); (err == nil) != (s.Service.BaseURL != "") {
		t.Errorf("New without base URL: %v", err)
	}
	client := s.client(t, s.elsewhere())
	if _, err := client.Submit(t.Context(), providers.Request{Operation: "no/such-operation"}); !failed(t, err).Kind.NothingCreated() {
		t.Errorf("submit of an unknown operation: %v", err)
	}
}

// testTraits checks that the traits agree with each other: the engine relies on their
// combination, for instance on a time to settle where a search proves something.
func (s Setup) testTraits(t *testing.T) {
	traits := s.traits(t)
	for _, w := range append(traits.Submits, traits.Requests) {
		if w.Count < 0 || w.Count > 0 && w.Per <= 0 {
			t.Errorf("window %+v", w)
		}
	}
	for fault, found := range map[string]bool{
		"neither the pace nor the number of jobs is limited": len(traits.Submits) == 0 && traits.Active == 0,
		"a limit on jobs that is none":                       traits.Active < 0 || traits.HardActive && traits.Active == 0,
		"it is not said what cancelling means":               traits.CancelMeans == "",
		"it is not said where to look for a lost job":        traits.Look == "",
		"it is not said what a wrong guess costs":            traits.GuessCost == "",
		"a search that proves leaves no time to settle":      traits.FindComplete && traits.Settle <= 0,
		"polls are out of order": !traits.Synchronous &&
			(traits.FirstPoll <= 0 || traits.MaxPoll < traits.FirstPoll || traits.Deadline <= traits.MaxPoll),
	} {
		if found {
			t.Errorf("%s: %+v", fault, traits)
		}
	}
	s.testPromises(t, traits)
}

// testPromises checks that the client has the abilities that the traits promise.
func (s Setup) testPromises(t *testing.T, traits providers.Traits) {
	t.Helper()
	client := s.client(t, s.elsewhere())
	if _, finds := providers.As[providers.Finder](client); !finds && (traits.FindComplete || traits.FindByContent) {
		t.Error("a search is promised, and there is none")
	}
	if _, notifies := providers.As[providers.Notifier](client); !notifies && traits.Echoes {
		t.Error("authentic callbacks are promised, and the client cannot read any")
	}
}

// testChecker checks that the checker accepts good requests, refuses broken ones, and is a
// pure function that several goroutines may call: plans check rows in parallel.
func (s Setup) testChecker(t *testing.T) {
	checker := s.checker(t)
	request := s.requestOf(0)
	body := bytes.Clone(request.Body)
	first := checker.Check(request)
	for _, p := range first {
		if p.IsError() {
			t.Errorf("a good request breaks %s: %s", p.Code, p.Message)
		}
	}
	var all sync.WaitGroup
	// Several goroutines check at a time, as a plan does; the race detector watches.
	for range 4 {
		all.Go(func() {
			if diff := cmp.Diff(first, checker.Check(request)); diff != "" {
				t.Errorf("the second check differs: %s", diff)
			}
		})
	}
	all.Wait()
	if !bytes.Equal(body, request.Body) {
		t.Error("the check changed the request")
	}
	if len(s.Broken) == 0 {
		t.Error("the suite was given no broken requests")
	}
	// A template's author can write anything, so the checker gets documents that are no
	// requests.
	garbage := []providers.Request{{Body: nil}, {Body: []byte("{")}, {Body: []byte("null")}, {Body: []byte(`[1]`)}, {Body: []byte(`"x"`)}}
	for i, broken := range append(garbage, s.Broken...) {
		broken.Operation = s.Operation
		wantProblems(t, i, checker.Check(broken))
	}
}

// wantProblems checks that a broken request has an error, and that each problem has a
// code, a message and a hint: people look up the first and follow the last.
func wantProblems(t *testing.T, i int, problems problem.List) {
	t.Helper()
	code := regexp.MustCompile(`^[A-Z]{3}-[A-Z0-9$][A-Z0-9-]*$`)
	errors := 0
	for _, p := range problems {
		if p.IsError() {
			errors++
		}
		if !code.MatchString(p.Code) || p.Message == "" || p.Hint == "" {
			t.Errorf("problem without code, message or hint: %+v", p)
		}
	}
	if errors == 0 {
		t.Errorf("broken request %d breaks no rule", i)
	}
}

// testQuote checks that estimates are in order. An unknown one must have no numbers,
// because the ledger would reserve them like prices.
func (s Setup) testQuote(t *testing.T) {
	checker := s.checker(t)
	request := s.requestOf(0)
	for _, length := range []job.Length{s.Length, {}, {Low: time.Second, Likely: time.Minute, High: time.Hour}} {
		quote := checker.Quote(request, length)
		if !quote.Known() {
			if quote.Low != 0 || quote.Likely != 0 || quote.High != 0 {
				t.Errorf("an unknown estimate has numbers: %+v", quote)
			}
			continue
		}
		if quote.Low < 0 || quote.Low > quote.Likely || quote.Likely > quote.High {
			t.Errorf("estimate %+v is out of order", quote)
		}
	}
	if !s.CostUnknown && !checker.Quote(request, s.Length).Known() {
		t.Error("a good request of known length has no price")
	}
	account := checker.Account(request)
	if account.Provider != s.Service.Name || account.Unit == "" {
		t.Errorf("account = %+v", account)
	}
	if lost := checker.Charge(checker.Quote(request, s.Length), providers.Progress{Outcome: providers.Running}); lost.Amount != 0 {
		t.Errorf("a job that is not over is charged %v", lost.Amount)
	}
}
