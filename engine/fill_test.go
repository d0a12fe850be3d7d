package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// linked is a service whose links to videos expire, and which may give new ones. It keeps
// what it was sent.
type linked struct {
	*shelf
	links providers.Links
	gives string // the link that a poll gives
	sent  []string
}

func (l *linked) Traits() providers.Traits { return providers.Traits{Links: l.links} }

func (l *linked) Check(r providers.Request) problem.List {
	if strings.Contains(string(r.Body), "refused.test") {
		return problem.List{{Severity: problem.Error, Code: "X-1", Message: "not from there"}}
	}
	return nil
}

func (l *linked) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	l.sent = append(l.sent, string(r.Body))
	return l.shelf.Submit(ctx, r)
}

func (l *linked) Poll(context.Context, string, job.Ticket) (providers.Progress, error) {
	return providers.Progress{Outcome: providers.Succeeded, Result: job.Result{VideoURL: l.gives}}, nil
}

// TestLinksInHoles: a link is asked for anew where the service renews it; one that has
// expired keeps its row unsent, with that reason; and what the service would refuse is not
// sent either.
func TestLinksInHoles(t *testing.T) {
	dead := func(context.Context, string) error { return errors.New("404") }
	for name, c := range map[string]struct {
		links providers.Links
		gives string
		check func(context.Context, string) error
		sent  string // empty: the row is kept
		why   string
	}{
		"renewed":     {providers.Links{Expire: true, Renewed: true}, "https://v.test/new", dead, `{"from":"https://v.test/new"}`, ""},
		"lasting":     {providers.Links{}, "", dead, `{"from":"https://v.test/old"}`, ""},
		"expired":     {providers.Links{Expire: true}, "", dead, "", "does not work any more"},
		"not renewed": {providers.Links{Expire: true, Renewed: true}, "", dead, "", "gives no link"},
		"refused":     {providers.Links{Renewed: true}, "https://refused.test/x", nil, "", "would refuse it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &linked{shelf: &shelf{&world{}, newStock(false)}, links: c.links, gives: c.gives}
				memory := newMemory(t)
				now := time.Now()
				part, body := "\x00part", `{"from":""}`
				content := ledger.Content{Operation: "shelf/make", Fingerprint: ledger.Fingerprint{1}, Payload: []byte(`{}`), Reference: "part", Step: "base", Account: s.Account(providers.Request{})}
				row := content
				row.Fingerprint, row.Payload, row.Reference, row.After = ledger.Fingerprint{2}, []byte(body), "row", part
				row.Fill = []ledger.Fill{{At: strings.Index(body, `""`) + 1, From: part, Field: ledger.FillVideoURL}}
				if _, err := memory.Apply(t.Context(),
					ledger.Change{Key: part, Event: ledger.Event{Kind: ledger.Plan, At: now, Content: content}},
					ledger.Change{Key: part, Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: now}},
					ledger.Change{Key: part, Version: 2, Event: ledger.Event{Kind: ledger.Submit, At: now, Ticket: job.Ticket{Job: "film"}}},
					ledger.Change{Key: part, Version: 3, Event: ledger.Event{Kind: ledger.Succeed, At: now, Result: job.Result{VideoURL: "https://v.test/old"}}},
					ledger.Change{Key: "row", Event: ledger.Event{Kind: ledger.Plan, At: now, Content: row}},
				); err != nil {
					t.Fatal(err)
				}
				e := &engine.Engine{Store: memory, Provider: s, Checker: s, Workers: 1, CheckLink: c.check, Limits: engine.Limits{FirstPoll: time.Second, MaxPoll: time.Second, Deadline: time.Hour}}
				out, err := e.Run(t.Context(), []engine.Ready{{Key: "row", Fingerprint: row.Fingerprint, After: row.Follows()}})
				if err != nil {
					t.Fatal(err)
				}
				entry := states(t, memory)["row"]
				if c.sent == "" {
					if len(s.sent) > 0 || entry.State != ledger.Planned || out.Sent != 0 || len(out.Kept) != 1 || !strings.Contains(out.Kept[0].Why, c.why) {
						t.Errorf("sent %q, the row is %s, kept %+v", s.sent, entry.State, out.Kept)
					}
					return
				}
				if len(s.sent) != 1 || s.sent[0] != c.sent || entry.State != ledger.Succeeded || entry.Filled[0].Job != "film" {
					t.Errorf("sent %q, the row is %s, filled %+v", s.sent, entry.State, entry.Filled)
				}
			})
		})
	}
}
