package vidgen_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// counter counts answers by their status.
type counter struct {
	next     http.RoundTripper
	conflict int
}

// RoundTrip implements [http.RoundTripper].
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.next.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusConflict {
		c.conflict++
	}
	return answer, err
}

// night is a run of n rows in fake time, until it is settled.
func night(t *testing.T, n int, change func(*sandbox.Options), callback string) (ledger.Store, *sandbox.Sandbox, *counter) {
	t.Helper()
	box, _ := play(t, change)
	wire := &counter{next: box.Transport()}
	client := listen(t, wire, providers.Config{BaseURL: box.BaseURL(vidgen.Name, "http://127.0.0.1"), WebhookSecret: "sesame"})
	checker, next := newChecker(t, perJob()), requests(t, "")
	traits := checker.Traits()
	store := ledgertest.NewMemory(ledgertest.Identity())
	var changes []ledger.Change
	var ready []engine.Ready
	for i := range n {
		r := next(i)
		content := ledger.Content{
			Row: i + 2, Operation: r.Operation, Payload: r.Body, Fingerprint: ledger.Fingerprint{byte(i), 1},
			Reference: fmt.Sprintf("reference-%d", i), Account: checker.Account(r), Estimate: checker.Quote(r, job.Length{}),
		}
		for _, m := range r.Media {
			content.Media = append(content.Media, job.Media{Part: m.Part, Path: m.Path, Type: m.Type, SHA256: m.SHA256})
		}
		changes = append(changes, ledger.Change{Key: fmt.Sprint(i), Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: content}})
		ready = append(ready, engine.Ready{Key: fmt.Sprint(i), Fingerprint: content.Fingerprint})
	}
	if _, err := store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	for range 20 { // a run holds after a series of like failures
		e := engine.Engine{Store: store, Provider: client, Checker: checker, MaxWait: time.Hour, Callback: callback, Limits: engine.Limits{
			Submits: traits.Submits, Requests: traits.Requests, Active: traits.Active,
			FirstPoll: traits.FirstPoll, MaxPoll: traits.MaxPoll, Deadline: traits.Deadline,
		}}
		outcome, err := e.Run(t.Context(), ready)
		if err != nil {
			t.Fatal(err)
		}
		if outcome.Held == "" {
			break
		}
		ready = slices.DeleteFunc(ready, func(r engine.Ready) bool { return state(t, store, r.Key) != ledger.Planned })
	}
	return store, box, wire
}

func state(t *testing.T, store ledger.Store, key string) ledger.State {
	t.Helper()
	e, err := ledger.Find(t.Context(), store, key)
	if err != nil {
		t.Fatal(err)
	}
	return e.State
}

// settledRight compares ledger and bank: every row made once, of its own sound.
func settledRight(t *testing.T, store ledger.Store, box *sandbox.Sandbox, n int) {
	t.Helper()
	bank, err := box.Bank()
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{}
	for _, line := range bank {
		bodies[line.Job] = string(line.Body)
	}
	var charged credit.Amount
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		charged = charged.Plus(e.Money.Charged)
		if e.State != ledger.Succeeded {
			t.Errorf("row %s is %s: %s", e.Key, e.State, e.Reason)
			continue
		}
		var i int
		if _, err := fmt.Sscan(e.Key, &i); err != nil {
			t.Fatal(err)
		}
		if want := hash(wav(i)); !strings.Contains(bodies[e.Ticket.Job], want) {
			t.Errorf("row %s holds the video of another sound: %s", e.Key, bodies[e.Ticket.Job])
		}
	}
	if len(bank) != n || charged != credit.Of(int64(n)) {
		t.Errorf("%d jobs for %d rows, %v charged", len(bank), n, charged)
	}
}

func TestTwentyRowsGoOneAfterAnotherWithoutAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		store, box, wire := night(t, 20, func(o *sandbox.Options) { o.Render = 195 * time.Second }, "")
		settledRight(t, store, box, 20)
		if wire.conflict != 0 {
			t.Errorf("%d conflicts of our own making", wire.conflict)
		}
		if took := time.Since(begin); took < 20*195*time.Second || took > 20*(195+45)*time.Second {
			t.Errorf("20 jobs of 195 s, one at a time, took %v", took)
		}
	})
}

func TestEveryLostJobIsFoundAndNoneIsBoughtTwice(t *testing.T) {
	for _, callback := range []string{"", hook} {
		for seed := range int64(3) {
			synctest.Test(t, func(t *testing.T) {
				store, box, _ := night(t, 30, func(o *sandbox.Options) {
					o.Render, o.Seed, o.Webhooks = time.Minute, seed, nobodyListens{}
					o.Faults = "accept-then-drop=10%,accept-then-500=5%,truncated=5%,drop=4%,500=3%,429=3%,404=3%"
				}, callback)
				settledRight(t, store, box, 30)
			})
		}
	}
}

// nobodyListens loses every webhook.
type nobodyListens struct{}

// RoundTrip implements [http.RoundTripper].
func (nobodyListens) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, http.ErrServerClosed
}

// TestAJobOfSomebodyElseIsWaitedForAndTold (VID-L4): it fails no row.
func TestAJobOfSomebodyElseIsWaitedForAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, client := play(t, func(o *sandbox.Options) { o.Render = time.Minute })
		next := requests(t, "")
		if _, err := client.Submit(t.Context(), next(99)); err != nil {
			t.Fatal(err)
		}
		checker, store := newChecker(t, perJob()), ledgertest.NewMemory(ledgertest.Identity())
		r := next(0)
		content := ledger.Content{Row: 2, Operation: r.Operation, Payload: r.Body, Fingerprint: ledger.Fingerprint{1}, Reference: "reference", Account: checker.Account(r), Estimate: checker.Quote(r, job.Length{})}
		for _, m := range r.Media {
			content.Media = append(content.Media, job.Media{Part: m.Part, Path: m.Path, Type: m.Type, SHA256: m.SHA256})
		}
		if _, err := store.Apply(t.Context(), ledger.Change{Key: "0", Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: content}}); err != nil {
			t.Fatal(err)
		}
		e := engine.Engine{Store: store, Provider: client, Checker: checker, MaxWait: time.Hour, Limits: engine.Limits{
			Active: 1, FirstPoll: 10 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour,
		}}
		outcome, err := e.Run(t.Context(), []engine.Ready{{Key: "0"}})
		bank, bankErr := box.Bank()
		if err != nil || bankErr != nil || outcome.Held != "" || outcome.Crowded < 1 || outcome.Crowded > 10 || len(bank) != 2 || state(t, store, "0") != ledger.Succeeded {
			t.Errorf("%+v, %v, %v; %d jobs, the row is %s", outcome, err, bankErr, len(bank), state(t, store, "0"))
		}
	})
}
