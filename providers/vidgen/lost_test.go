package vidgen_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// gateway answers with a clock of its own, loses the answer to one submit, and may
// come between a run and the list.
type gateway struct {
	next    http.RoundTripper
	ahead   time.Duration
	lose    int // which submit, counted from 1
	submits int
	blind   bool
}

// RoundTrip implements [http.RoundTripper].
func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.blind && r.Method == http.MethodGet && r.URL.Query().Has("limit") {
		return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	answer, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Header.Set("Date", time.Now().Add(g.ahead).UTC().Format(http.TimeFormat))
	if r.Method == http.MethodPost {
		if g.submits++; g.submits == g.lose {
			answer.Body.Close()
			return nil, errors.New("connection reset by peer")
		}
	}
	return answer, nil
}

// TestALostJobIsNotBoughtAgain loses an answer behind gateways with wrong clocks,
// and with the key of another account in the run after that: one whose list is
// empty, and one with a job that belongs to no row.
func TestALostJobIsNotBoughtAgain(t *testing.T) {
	for _, test := range []struct {
		name   string
		ahead  time.Duration
		key    string // of the second run
		theirs int
	}{
		{"a right clock", 0, "key", 0},
		{"a fast clock", 5 * time.Minute, "key", 0},
		{"a slow clock", -5 * time.Minute, "key", 0},
		{"another account", 0, "another", 0},
		{"another account with a job", 0, "another", 1},
	} {
		for lose := 1; lose <= 3; lose++ {
			t.Run(fmt.Sprintf("%s, answer %d", test.name, lose), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { loseOne(t, test.ahead, lose, test.key, test.theirs) })
			})
		}
	}
}

func loseOne(t *testing.T, ahead time.Duration, lose int, key string, theirs int) {
	box, _ := play(t, func(o *sandbox.Options) { o.Render = time.Minute })
	g := &gateway{next: box.Transport(), ahead: ahead, lose: lose, blind: key != "key"}
	connect := func(key string) *vidgen.Client {
		client, err := vidgen.New(providers.Config{BaseURL: box.BaseURL(vidgen.Name, "http://127.0.0.1"), Token: key, Transport: g})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	store, checker, next := ledgertest.NewMemory(ledgertest.Identity()), newChecker(t, perJob()), requests(t, "")
	var ready []engine.Ready
	for i := range 3 {
		r := next(i)
		content := ledger.Content{
			Row: i + 2, Operation: r.Operation, Payload: r.Body, Fingerprint: ledger.Fingerprint{byte(i), 1},
			Reference: fmt.Sprintf("reference-%d", i), Account: checker.Account(r), Estimate: checker.Quote(r, job.Length{}),
		}
		for _, m := range r.Media {
			content.Media = append(content.Media, job.Media{Part: m.Part, Path: m.Path, Type: m.Type, SHA256: m.SHA256})
		}
		if _, err := store.Apply(t.Context(), ledger.Change{Key: fmt.Sprint(i), Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: content}}); err != nil {
			t.Fatal(err)
		}
		ready = append(ready, engine.Ready{Key: fmt.Sprint(i), Fingerprint: content.Fingerprint})
	}
	run := func(key string) {
		e := engine.Engine{Store: store, Provider: connect(key), Session: key, Checker: checker, MaxWait: time.Hour, Limits: engine.Limits{
			Active: 1, FirstPoll: 10 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour,
		}}
		if _, err := e.Run(t.Context(), ready); err != nil {
			t.Fatal(err)
		}
		ready = nil
	}
	run("key")
	g.blind = false
	for i := range theirs {
		if _, err := connect("another").Submit(t.Context(), next(90+i)); err != nil {
			t.Fatal(err)
		}
	}
	run(key)
	bank, err := box.Bank()
	if err != nil || len(bank) != 3+theirs {
		t.Errorf("%d jobs for 3 rows, %v", len(bank)-theirs, err)
	}
	want := ledger.Succeeded
	if key != "key" {
		want = ledger.Unsure
	}
	if got := state(t, store, fmt.Sprint(lose-1)); got != want {
		t.Errorf("the lost row is %s, want %s", got, want)
	}
}
