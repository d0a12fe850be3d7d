package kensa_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// gateway answers with a clock of its own, and loses the answers to some submits.
type gateway struct {
	next    http.RoundTripper
	ahead   time.Duration
	lose    map[int]bool // submits, counted from 1
	submits int
	blind   bool // it refuses to show lists
}

// RoundTrip implements [http.RoundTripper].
func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.blind && strings.HasSuffix(r.URL.Path, "/list") {
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	answer, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Header.Set("Date", time.Now().Add(g.ahead).UTC().Format(http.TimeFormat))
	if r.Method == http.MethodPost {
		if g.submits++; g.lose[g.submits] {
			answer.Body.Close()
			return nil, fmt.Errorf("connection reset by peer")
		}
	}
	return answer, nil
}

func (g *gateway) client(t *testing.T, box *sandbox.Sandbox, token string) session {
	t.Helper()
	client, err := kensa.New(providers.Config{BaseURL: box.BaseURL(kensa.Name, "http://127.0.0.1"), Token: token, Transport: g})
	if err != nil {
		t.Fatal(err)
	}
	return session{client, token}
}

// session is a client and the name of its credentials.
type session struct {
	*kensa.Client
	name string
}

// send runs the plan, and returns how long that took.
func send(t *testing.T, store ledger.Store, client session) time.Duration {
	t.Helper()
	checker, began := newChecker(t, published()), time.Now()
	e := engine.Engine{Store: store, Provider: client.Client, Session: client.name, Checker: checker, MaxWait: 30 * time.Minute, Limits: engine.Limits{
		Active: 2, FirstPoll: 5 * time.Second, MaxPoll: 10 * time.Second, Deadline: time.Hour,
	}}
	var ready []engine.Ready
	for _, entry := range entries(t, store) {
		if entry.State == ledger.Planned {
			ready = append(ready, engine.Ready{Key: entry.Key, Fingerprint: entry.Fingerprint, Alike: checker.Resemblance(providers.Request{Body: entry.Payload})})
		}
	}
	if _, err := e.Run(t.Context(), ready); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// bought is how many jobs the bank knows.
func bought(t *testing.T, box *sandbox.Sandbox) int {
	t.Helper()
	bank, err := box.Bank()
	if err != nil {
		t.Fatal(err)
	}
	return len(bank)
}

// TestAGatewaysClockBuysNothingTwice loses an answer behind gateways whose clocks
// are right, fast and slow, while the service's own clock is right.
func TestAGatewaysClockBuysNothingTwice(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute, 3 * time.Hour} {
		for lost := 1; lost <= 4; lost++ {
			synctest.Test(t, func(t *testing.T) {
				box := play(t, func(o *sandbox.Options) { o.Render = 20 * time.Second })
				g := &gateway{next: box.Transport(), ahead: ahead, lose: map[int]bool{lost: true}}
				store := ledgertest.NewMemory(ledgertest.Identity())
				plan(t, store, newChecker(t, published()), 4)
				send(t, store, g.client(t, box, "token"))
				settledRight(t, store, box, 4)
			})
		}
	}
}

// TestAnotherAccountBuysNothingTwice loses an answer, and goes on with the token of
// another account, whose list does not show the job.
func TestAnotherAccountBuysNothingTwice(t *testing.T) {
	for lost := 1; lost <= 4; lost++ {
		for name, theirs := range map[string]int{"an empty list": 0, "a list of somebody else's videos": 3} {
			synctest.Test(t, func(t *testing.T) {
				box := play(t, func(o *sandbox.Options) { o.Render = 20 * time.Second })
				g := &gateway{next: box.Transport(), lose: map[int]bool{lost: true}}
				store := ledgertest.NewMemory(ledgertest.Identity())
				plan(t, store, newChecker(t, published()), 4)
				g.blind = true // so that the row is still lost when the next run begins
				send(t, store, g.client(t, box, "token"))
				g.blind = false
				for i := range theirs {
					submit(t, connect(t, box, "another"), withPrompt(fmt.Sprintf("Somebody else's video number %d", i)))
				}
				send(t, store, g.client(t, box, "another"))
				if n := bought(t, box); n != 4+theirs {
					t.Errorf("%s, answer %d lost: %d jobs for 4 rows", name, lost, n-theirs)
				}
			})
		}
	}
}

// TestAContestNobodyCanDecideEndsAtOnce finds three videos that could each be any of three
// lost rows', since the list cuts their prompts to the same beginning. All of them wait and
// nothing is under way, so nothing can become clear. The run leaves them to a person. It
// sends rows that only look like them, but not rows with the very same content.
func TestAContestNobodyCanDecideEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := play(t, func(o *sandbox.Options) { o.Render = 10 * time.Second })
		client := connect(t, box, "token")
		store := ledgertest.NewMemory(ledgertest.Identity())
		plan(t, store, newChecker(t, published()), 6)
		for i := range 3 {
			loseAnswer(t, store, client, fmt.Sprint(i))
		}
		same := entries(t, store)[0].Content
		same.Row, same.Reference = 9, "reference-same"
		if _, err := store.Apply(t.Context(), ledger.Change{Key: "same", Event: ledger.Event{Kind: ledger.Plan, At: time.Now(), Content: same}}); err != nil {
			t.Fatal(err)
		}
		took := send(t, store, session{client, ""})
		for _, e := range entries(t, store) {
			want := ledger.Succeeded
			switch e.Key {
			case "0", "1", "2":
				want = ledger.Unsure
			case "same":
				want = ledger.Planned
			}
			if e.State != want {
				t.Errorf("row %s is %s, want %s", e.Key, e.State, want)
			}
		}
		if took > 2*time.Minute || bought(t, box) != 6 {
			t.Errorf("the run took %v and bought %d videos in all", took, bought(t, box))
		}
	})
}

// loseAnswer sends a planned row and forgets the answer.
func loseAnswer(t *testing.T, store ledger.Store, client *kensa.Client, key string) {
	t.Helper()
	for _, kind := range []ledger.Kind{ledger.Intend, ledger.Lose} {
		for e, err := range store.Entries(t.Context(), ledger.Query{Keys: []string{key}}) {
			if err != nil {
				t.Fatal(err)
			}
			if kind == ledger.Lose {
				submit(t, client, providers.Request{Operation: e.Operation, Body: e.Payload, Reference: e.Reference})
			}
			if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: e.Version, Event: ledger.Event{Kind: kind, At: time.Now()}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
