package providertest

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// runAbilities runs the tests of the optional interfaces that the client has.
func (s Setup) runAbilities(t *testing.T) {
	t.Helper()
	client := s.client(t, s.elsewhere())
	jobs := !s.traits(t).Synchronous
	if _, ok := providers.As[providers.Finder](client); ok && jobs {
		t.Run("find", s.testFind)
	}
	if _, ok := providers.As[providers.Canceller](client); ok && jobs {
		t.Run("cancel", s.testCancel)
	}
	if _, ok := providers.As[providers.Deleter](client); ok && jobs {
		t.Run("delete", s.testDelete)
	}
	if _, ok := providers.As[providers.Notifier](client); ok && jobs && !s.Registered {
		t.Run("notify", s.testNotify)
	}
	if _, ok := providers.As[providers.Lister](client); ok {
		t.Run("list", s.testList)
	}
	if _, ok := providers.As[providers.Balancer](client); ok {
		t.Run("balance", s.testBalance)
	}
}

// testFind loses the answer of a submit that the service accepted, and looks for the job.
// The search must find that job alone, and no job for a request that was never sent: the
// engine sends a row again when nothing is found.
func (s Setup) testFind(t *testing.T) {
	r := s.rig(t, quick())
	finder, _ := providers.As[providers.Finder](r.client)
	ticket := r.submit(t, 1).Ticket
	first := ticket.Job
	r.await(t, ticket)
	held := map[string]bool{first: true}
	search := func(n int, since time.Time) []job.Ticket {
		t.Helper()
		found, err := finder.Find(t.Context(), providers.Lost{
			Request: s.requestOf(n), Since: since, Taken: func(job string) bool { return held[job] },
		})
		if err != nil {
			t.Fatalf("find: %v", err)
		}
		return found
	}
	since := time.Now()
	if s.notSearchable(t, finder, since) {
		return
	}
	r.meet(acceptThen(hangUp))
	if _, err := r.client.Submit(t.Context(), s.requestOf(2)); err == nil {
		t.Fatal("the answer was not lost")
	}
	r.meet(nil)
	found := search(2, since)
	if len(found) != 1 || found[0].Job == first {
		t.Fatalf("found %v, want the one lost job and not %s", found, first)
	}
	if p, _ := r.await(t, found[0]); p.Outcome != providers.Succeeded {
		t.Errorf("the job that was found ends as %+v", p)
	}
	if len(r.bought(t)) != 2 {
		t.Errorf("a search bought something: %v", r.bought(t))
	}
	if s.traits(t).FindComplete {
		held[found[0].Job] = true
		if found := search(3, time.Now()); len(found) != 0 {
			t.Errorf("found %v for a request that was never sent", found)
		}
	}
	s.testWitness(t, finder, held)
	r.meet(say(500, refusal))
	s.searchFails(t, finder, since)
}

// testWitness checks that an empty list proves something only if the client sees a job
// that the ledger knows. The list of a wrong account is empty as well.
func (s Setup) testWitness(t *testing.T, finder providers.Finder, held map[string]bool) {
	t.Helper()
	if !s.traits(t).FindComplete {
		return
	}
	for _, ledger := range []map[string]bool{held, nil} {
		found, err := finder.Find(t.Context(), providers.Lost{
			Request: s.requestOf(3), Since: time.Now(), Taken: func(job string) bool { return held[job] },
			Known: func(job string) (time.Time, bool) { return time.Now(), ledger[job] },
		})
		if len(found) != 0 || (err != nil) != (ledger == nil) || errors.Is(err, providers.ErrNoWitness) != (ledger == nil) {
			t.Errorf("a search that shows %d jobs that the ledger knows: found %v, %v", len(ledger), found, err)
		}
	}
}

// searchFails checks that a failed search is an error. If it looked like a search without
// a find, the row would be sent and paid for again.
func (s Setup) searchFails(t *testing.T, finder providers.Finder, since time.Time) {
	t.Helper()
	free := func(string) bool { return false }
	if _, err := finder.Find(t.Context(), providers.Lost{Request: s.requestOf(3), Since: since, Taken: free}); err == nil {
		t.Error("a search that failed looks like one that found nothing")
	}
}

// notSearchable reports whether the client cannot find jobs of this operation. Then it must
// say so by its error, and its traits must promise no search.
func (s Setup) notSearchable(t *testing.T, finder providers.Finder, since time.Time) bool {
	t.Helper()
	_, err := finder.Find(t.Context(), providers.Lost{Request: s.requestOf(2), Since: since, Taken: func(string) bool { return false }})
	if !errors.Is(err, providers.ErrNotSearchable) {
		return false
	}
	if traits := s.traits(t); traits.FindComplete || traits.FindByContent {
		t.Errorf("a search is promised, and there is none: %v", err)
	}
	return true
}

// testCancel stops a running job. A service may refuse that; a failed call must not look
// like success, since the job would go on and be charged.
func (s Setup) testCancel(t *testing.T) {
	r := s.rig(t, Play{Render: time.Hour})
	canceller, _ := providers.As[providers.Canceller](r.client)
	ticket := r.submit(t, 1).Ticket
	// A service may say that it cannot stop a job any more, and nothing else.
	if err := canceller.Cancel(t.Context(), s.Operation, ticket); err != nil {
		wantKind(t, failed(t, err), providers.Conflict)
	} else {
		p, err := r.client.Poll(t.Context(), s.Operation, ticket)
		if err != nil {
			wantKind(t, failed(t, err), providers.NotFound)
		} else if p.Outcome != providers.Cancelled {
			t.Errorf("a job that was cancelled is %+v", p)
		}
	}
	// A job that does not exist is no success either.
	wantKind(t, failed(t, canceller.Cancel(t.Context(), s.Operation, noJob())), providers.NotFound, providers.Conflict)
	r.meet(say(500, refusal))
	wantKind(t, failed(t, canceller.Cancel(t.Context(), s.Operation, ticket)), providers.Transient)
}

// testDelete removes a finished video. A failed call must not look like success: a
// customer may have asked for the deletion.
func (s Setup) testDelete(t *testing.T) {
	r := s.rig(t, quick())
	deleter, _ := providers.As[providers.Deleter](r.client)
	_, ticket := r.await(t, r.submit(t, 1).Ticket)
	if err := deleter.Delete(t.Context(), s.Operation, ticket); err != nil {
		t.Errorf("delete: %v", err)
	}
	wantKind(t, failed(t, deleter.Delete(t.Context(), s.Operation, noJob())), providers.NotFound)
	r.meet(say(500, refusal))
	wantKind(t, failed(t, deleter.Delete(t.Context(), s.Operation, ticket)), providers.Transient)
}

// testNotify checks that a webhook of the service is understood, that it names our row, and
// that a forged one is not authentic.
func (s Setup) testNotify(t *testing.T) {
	in := &inbox{}
	r := s.rig(t, Play{Render: 10 * time.Millisecond, Webhooks: in})
	notifier, _ := providers.As[providers.Notifier](r.client)
	request := s.requestOf(1)
	request.Callback = "https://hooks.example.com/reelmerge"
	receipt, err := r.client.Submit(t.Context(), request)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	r.await(t, receipt.Ticket)
	for range 400 {
		if len(in.all()) > 0 {
			break
		}
		pause(t)
	}
	if len(in.all()) == 0 {
		t.Fatal("no webhook came")
	}
	came := in.all()[0]
	notice, err := notifier.Notify(came.header, came.query, came.body)
	if err != nil {
		t.Fatalf("notify: %v", err)
	}
	if notice.Reference != request.Reference && notice.Ticket.Job != receipt.Ticket.Job {
		t.Errorf("notice = %+v names neither %q nor %q", notice, request.Reference, receipt.Ticket.Job)
	}
	if s.traits(t).Echoes && (!notice.Authentic || notice.Reference != request.Reference) {
		t.Errorf("notice = %+v, want an authentic one about %q", notice, request.Reference)
	}
	s.testForgery(t, notifier, came, request.Reference)
}

// testForgery changes a webhook in each of its parts. A forged one that is taken for
// authentic could settle a row without a video.
func (s Setup) testForgery(t *testing.T, notifier providers.Notifier, came webhook, reference string) {
	t.Helper()
	other := []byte(reference + "0")
	forged := map[string]webhook{
		"another row in body":  {came.header, came.query, bytes.ReplaceAll(came.body, []byte(reference), other)},
		"another row in query": {came.header, bytes.ReplaceAll(came.query, []byte(reference), other), came.body},
		"nothing":              {http.Header{}, nil, nil},
		"no JSON":              {came.header, came.query, []byte("{")},
		"a list":               {came.header, came.query, []byte("[]")},
		"null":                 {came.header, came.query, []byte("null")},
		"an empty object":      {http.Header{}, nil, []byte("{}")},
	}
	// Each forgery changes one part; a signature must cover them all.
	for name, f := range forged {
		if bytes.Equal(f.body, came.body) && bytes.Equal(f.query, came.query) {
			continue // there was nothing to change
		}
		if notice, err := notifier.Notify(f.header, f.query, f.body); err == nil && notice.Authentic {
			t.Errorf("%s: a forged webhook is authentic: %+v", name, notice)
		}
	}
}

// testList lists every kind of asset. A list must cost nothing, and each name must be
// there, since templates use it.
func (s Setup) testList(t *testing.T) {
	r := s.rig(t, quick())
	lister, _ := providers.As[providers.Lister](r.client)
	if !s.traits(t).Synchronous {
		r.await(t, r.submit(t, 1).Ticket) // some lists are of what was made
	}
	before := len(r.bought(t))
	if len(lister.Kinds()) == 0 {
		t.Error("a lister without kinds")
	}
	for _, kind := range lister.Kinds() {
		assets, err := lister.Assets(t.Context(), kind)
		if err != nil || len(assets) == 0 && !slices.Contains(s.EmptyLists, kind) {
			t.Errorf("list %s: %d assets, %v", kind, len(assets), err)
		}
		for _, a := range assets {
			if a.Name == "" {
				t.Errorf("list %s: an asset without name: %+v", kind, a)
			}
		}
	}
	_, err := lister.Assets(t.Context(), "no-such-kind")
	wantKind(t, failed(t, err), providers.Invalid, providers.NotFound)
	if len(r.bought(t)) != before {
		t.Error("a list bought something")
	}
}

// testBalance asks for the balance, which must be of an account that plans can name.
func (s Setup) testBalance(t *testing.T) {
	r := s.rig(t, quick())
	balancer, _ := providers.As[providers.Balancer](r.client)
	_, account, err := balancer.Balance(t.Context())
	if err != nil || account.Provider != s.Service.Name || account.Unit == "" {
		t.Errorf("balance: account %+v, %v", account, err)
	}
	r.meet(say(401, refusal))
	_, _, err = balancer.Balance(t.Context())
	wantKind(t, failed(t, err), providers.Auth)
}
