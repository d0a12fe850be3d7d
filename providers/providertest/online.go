package providertest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// testJob follows one job from submit to charge. The submit must take one request: a
// second one could buy a second job.
func (s Setup) testJob(t *testing.T) {
	r := s.rig(t, quick())
	checker := s.checker(t)
	request := s.requestOf(1)
	receipt := r.submit(t, 1)
	if n := len(r.arrived()); n != 1 {
		t.Errorf("a submit took %d requests, want 1: %v", n, r.arrived())
	}
	var progress providers.Progress
	if s.traits(t).Synchronous {
		if receipt.Result == nil {
			t.Fatal("the answer has no result")
		}
		progress = providers.Progress{Outcome: providers.Succeeded, Result: *receipt.Result, Reported: receipt.Held}
	} else {
		if receipt.Result != nil || receipt.Ticket.Job == "" {
			t.Fatalf("receipt = %+v, want a ticket and no result", receipt)
		}
		progress, _ = r.await(t, receipt.Ticket)
	}
	if progress.Outcome != providers.Succeeded || progress.Strange != "" {
		t.Fatalf("progress = %+v, want success", progress)
	}
	if progress.Result.VideoURL == "" && progress.Result.ShareURL == "" && progress.Result.Name == "" {
		t.Error("the result is empty")
	}
	s.wantCharge(t, r, checker.Charge(checker.Quote(request, s.Length), progress))
}

// wantCharge compares the cost that the checker computes with the bank's charge.
func (s Setup) wantCharge(t *testing.T, r *rig, charge credit.Charge) {
	t.Helper()
	bank := r.bought(t)
	if len(bank) != 1 {
		t.Fatalf("the bank has %d charges, want 1", len(bank))
	}
	if s.CostUnknown {
		if charge.Basis != 0 {
			t.Errorf("charge = %+v, although the cost of this operation is unknown", charge)
		}
		return
	}
	unit := s.checker(t).Account(s.requestOf(1)).Unit
	if charge.Basis == 0 || charge.Amount != bank[0].Amount || unit != bank[0].Unit {
		t.Errorf("charge = %v %s (%v), the bank says %v %s", charge.Amount, unit, charge.Basis, bank[0].Amount, bank[0].Unit)
	}
}

// testMany submits as many requests at a time as the service takes. Each must get a
// ticket of its own, be sent once and be charged once.
func (s Setup) testMany(t *testing.T) {
	r := s.rig(t, Play{Render: time.Hour})
	n := s.traits(t).Active
	if n == 0 {
		n = 8
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	tickets := map[string]bool{}
	for i := range n {
		all.Go(func() {
			receipt, err := r.client.Submit(t.Context(), s.requestOf(i))
			if err != nil {
				t.Errorf("submit: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			tickets[receipt.Ticket.Job] = true
		})
	}
	all.Wait()
	if len(tickets) != n || len(r.bought(t)) != n || len(r.arrived()) != n {
		t.Errorf("%d submits: %d tickets, %d bought, %d requests", n, len(tickets), len(r.bought(t)), len(r.arrived()))
	}
}

// testNotSent checks that a request which cannot have left is reported as not sent. Only
// then may the engine send the row again without a search.
func (s Setup) testNotSent(t *testing.T) {
	r := s.rig(t, quick())
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, test := range map[string]struct {
		ctx    context.Context
		client providers.Provider
	}{
		// The three ways in which a request surely does not leave: the context has ended,
		// the port is closed, and the encryption cannot begin.
		"given up before":  {cancelled, r.client},
		"no server":        {t.Context(), s.client(t, closed.URL+r.backend.Path)},
		"not our protocol": {t.Context(), s.client(t, "https"+r.URL[len("http"):]+r.backend.Path)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.client.Submit(test.ctx, s.requestOf(1))
			wantKind(t, failed(t, err), providers.NotSent)
		})
	}
	if len(r.bought(t)) != 0 {
		t.Error("something was bought")
	}
}

// testShut ends the time of a request before its connection is made, and when it is there.
// Nothing may leave then: another process may have taken over, and send the row itself.
func (s Setup) testShut(t *testing.T) {
	for asked := range int32(2) {
		r := s.rig(t, quick())
		over := errors.New("its time is over")
		var calls atomic.Int32
		_, err := r.client.Submit(providers.Guarded(t.Context(), func() error {
			if calls.Add(1) > asked {
				return over
			}
			return nil
		}), s.requestOf(1))
		wantKind(t, failed(t, err), providers.NotSent)
		if !errors.Is(err, over) || calls.Load() != asked+1 || len(r.arrived()) != 0 || len(r.bought(t)) != 0 {
			t.Errorf("asked %d times: %v; %d requests arrived, %d bought", calls.Load(), err, len(r.arrived()), len(r.bought(t)))
		}
	}
}

// mishap is trouble with a submit, and the kinds that the client may report for it.
type mishap struct {
	trouble trouble
	want    []providers.Kind
	bought  bool // the service did its work
}

// lost returns the kinds that leave open whether a job was created.
func lost() []providers.Kind {
	return []providers.Kind{providers.Unknown, providers.Transient, providers.Contract}
}

// mishaps lists the troubles of a submit. The accepted ones are the dangerous half: the
// job exists, and no kind may say that it does not.
func mishaps(elsewhere string) map[string]mishap {
	kinds := func(k ...providers.Kind) []providers.Kind { return k }
	return map[string]mishap{
		// The job exists: each of these is a lost row until it is found.
		"accepted, connection lost": {acceptThen(hangUp), lost(), true},
		"accepted, 500":             {acceptThen(say(500, refusal)), kinds(providers.Transient), true},
		"accepted, 502 page":        {acceptThen(say(502, page)), kinds(providers.Transient), true},
		"accepted, 503, come again": {acceptThen(say(503, refusal, "Retry-After", "1")), kinds(providers.Transient), true},
		"accepted, 504":             {acceptThen(say(504, "")), kinds(providers.Transient), true},
		"accepted, 408":             {acceptThen(say(408, "")), lost(), true},
		"accepted, half an answer":  {half, lost(), true},
		"accepted, cut off":         {cut, lost(), true},
		"accepted, empty answer":    {acceptThen(say(200, "")), lost(), true},
		"accepted, empty object":    {acceptThen(say(200, "{}")), lost(), true},
		"accepted, nulls":           {acceptThen(say(200, `{"id":null,"jobId":null,"uuid":null,"data":null,"request_id":null,"name":null,"url":null}`)), lost(), true},
		"accepted, list":            {acceptThen(say(200, "[]")), lost(), true},
		"accepted, web page":        {acceptThen(say(200, page)), lost(), true},
		"accepted, endless answer":  {acceptThen(endless), lost(), true},
		"accepted, no content":      {acceptThen(say(204, "")), lost(), true},
		// The service did nothing, which the client cannot know here.
		"connection lost": {hangUp, lost(), false},
		// A redirect of a paid call is a change of the contract, never a new address.
		"redirect 301": {say(301, "", "Location", elsewhere), kinds(providers.Contract), false},
		"redirect 303": {say(303, "", "Location", elsewhere), kinds(providers.Contract), false},
		"redirect 307": {say(307, "", "Location", elsewhere), kinds(providers.Contract), false},
		"redirect 308": {say(308, "", "Location", elsewhere), kinds(providers.Contract), false},
		// Refusals: the service says that it did nothing, and why.
		"400":             {say(400, refusal), kinds(providers.Invalid), false},
		"401":             {say(401, refusal), kinds(providers.Auth), false},
		"402":             {say(402, refusal), kinds(providers.Funds), false},
		"403":             {say(403, refusal), kinds(providers.Auth), false},
		"404":             {say(404, refusal), kinds(providers.NotFound, providers.Invalid), false},
		"409":             {say(409, refusal), kinds(providers.Conflict, providers.Busy), false},
		"413":             {say(413, page), kinds(providers.Invalid), false},
		"429, come again": {say(429, refusal, "Retry-After", "7"), kinds(providers.Throttled, providers.Busy), false},
		"429":             {say(429, refusal), kinds(providers.Throttled, providers.Busy), false},
	}
}

// testSubmitTrouble meets every mishap of a submit. The kind must be right, and the
// request must have arrived exactly once. A redirect must not be followed, since it
// carries the token.
func (s Setup) testSubmitTrouble(t *testing.T) {
	// Another server waits for a client that follows a redirect.
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	for name, m := range mishaps(elsewhere.URL + "/?token=" + token) {
		if name == "409" && s.InProgress {
			m.want = lost()
		}
		t.Run(name, func(t *testing.T) {
			r := s.rig(t, quick())
			r.meet(m.trouble)
			_, err := r.client.Submit(t.Context(), s.requestOf(1))
			e := failed(t, err)
			wantKind(t, e, m.want...)
			if n := len(r.arrived()); n != 1 {
				t.Errorf("%d requests arrived, want 1: %v", n, r.arrived())
			}
			// The bank is asked besides the client: a kind that says "nothing created"
			// for a bought job would have the row bought again.
			if got := len(r.bought(t)) == 1; got != m.bought || m.bought && e.Kind.NothingCreated() {
				t.Errorf("bought = %v, want %v; kind %v", got, m.bought, e.Kind)
			}
			if want := 7 * time.Second; name == "429, come again" && e.After != want {
				t.Errorf("after = %v, want %v", e.After, want)
			}
		})
	}
	t.Run("no answer in time", s.testSlow)
	if followed {
		t.Error("a redirect was followed")
	}
}

// testSlow gives up on an answer that takes too long, after the service has done its
// work.
func (s Setup) testSlow(t *testing.T) {
	r := s.rig(t, quick())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The context ends after the service has done its work and before its answer.
	r.meet(func(_ http.ResponseWriter, in *http.Request, next http.Handler) {
		accepted(in, next)
		cancel()
		<-in.Context().Done()
	})
	_, err := r.client.Submit(ctx, s.requestOf(1))
	wantKind(t, failed(t, err), lost()...)
	if len(r.bought(t)) != 1 {
		t.Errorf("bought = %d, want 1", len(r.bought(t)))
	}
}

// testDeadConnection lets a kept connection die under a submit. Go's transport repeats
// some requests by itself in that case, and a paid one must not be among them.
func (s Setup) testDeadConnection(t *testing.T) {
	r := s.rig(t, quick())
	// The first call leaves a connection open, which the second one uses.
	r.meet(say(404, refusal))
	if _, err := r.client.Poll(t.Context(), s.Operation, noJob()); err == nil {
		t.Error("poll of a job that does not exist succeeds")
	}
	r.meet(acceptThen(hangUp))
	_, err := r.client.Submit(t.Context(), s.requestOf(1))
	wantKind(t, failed(t, err), lost()...)
	if len(r.arrived()) != 1 || len(r.bought(t)) != 1 {
		t.Errorf("%d requests, %d bought, want 1 and 1: %v", len(r.arrived()), len(r.bought(t)), r.arrived())
	}
}

// testRateHints checks that the caller learns the account's remaining allowance, from
// answers of success and of failure.
func (s Setup) testRateHints(t *testing.T) {
	r := s.rig(t, quick())
	want := providers.RateHint{Known: true, Remaining: 3, Reset: 9 * time.Second}
	hint := func(w http.ResponseWriter) {
		w.Header().Set("RateLimit-Remaining", "3")
		w.Header().Set("RateLimit-Reset", "9")
	}
	r.meet(func(w http.ResponseWriter, in *http.Request, next http.Handler) {
		hint(w)
		next.ServeHTTP(w, in)
	})
	if receipt := r.submit(t, 1); receipt.Rate != want {
		t.Errorf("hint of a receipt = %+v, want %+v", receipt.Rate, want)
	}
	r.meet(func(w http.ResponseWriter, in *http.Request, _ http.Handler) {
		hint(w)
		say(429, refusal)(w, in, nil)
	})
	if _, err := r.client.Submit(t.Context(), s.requestOf(2)); failed(t, err).Rate != want {
		t.Errorf("hint of a refusal = %+v, want %+v", failed(t, err).Rate, want)
	}
}

// testPollTrouble checks that a failed poll is never taken for news about the job, that
// it buys nothing, and that the job can be polled afterwards.
func (s Setup) testPollTrouble(t *testing.T) {
	for name, m := range map[string]mishap{
		"connection lost": {trouble: hangUp, want: lost()},
		"500":             {trouble: say(500, refusal), want: []providers.Kind{providers.Transient}},
		"502 page":        {trouble: say(502, page), want: []providers.Kind{providers.Transient}},
		"404 page":        {trouble: say(404, page), want: lost()},
		"200 page":        {trouble: say(200, page), want: lost()},
		"half an answer":  {trouble: half, want: lost()},
		"cut off":         {trouble: cut, want: lost()},
		"empty object":    {trouble: say(200, "{}"), want: lost()},
		"endless answer":  {trouble: endless, want: lost()},
		"401":             {trouble: say(401, refusal), want: []providers.Kind{providers.Auth}},
		"404":             {trouble: say(404, refusal), want: []providers.Kind{providers.NotFound}},
		"429":             {trouble: say(429, refusal, "Retry-After", "7"), want: []providers.Kind{providers.Throttled, providers.Busy}},
		"redirect":        {trouble: say(302, "", "Location", "/"), want: lost()},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.rig(t, quick())
			receipt := r.submit(t, 1)
			r.meet(m.trouble)
			_, err := r.client.Poll(t.Context(), s.Operation, receipt.Ticket)
			wantKind(t, failed(t, err), m.want...)
			if len(r.bought(t)) != 1 {
				t.Error("a poll bought something")
			}
			// The job itself was never in trouble, so it must end well once the calls
			// work again.
			r.meet(nil)
			if p, _ := r.await(t, receipt.Ticket); p.Outcome != providers.Succeeded {
				t.Errorf("after the trouble the job ends as %+v", p)
			}
		})
	}
}

// noJob is the ticket of a job that no service has.
func noJob() job.Ticket {
	return job.Ticket{Job: "00000000-0000-4000-8000-00000000dead"}
}

// testUnknownJob asks for a job that does not exist. That must be distinct from a failed
// job.
func (s Setup) testUnknownJob(t *testing.T) {
	r := s.rig(t, quick())
	_, err := r.client.Poll(t.Context(), s.Operation, noJob())
	wantKind(t, failed(t, err), providers.NotFound)
}
