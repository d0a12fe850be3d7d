package declared_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// account is a client of a described service on the simulator, with what a ledger would
// know of its rows.
type account struct {
	client providers.Provider
	traits providers.Traits
	box    *sandbox.Sandbox
	held   map[string]bool
}

func newAccount(t testing.TB, text, operation, faults string, settings map[string]string) *account {
	t.Helper()
	d := parse(t, text)
	box, err := sandbox.New(sandbox.Options{Render: time.Nanosecond, Faults: faults, Seed: 7, Described: [][]byte{[]byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	s := service(t, d, settings)
	client, err := s.New(providers.Config{BaseURL: box.BaseURL(d.Name, "http://127.0.0.1:8787"), Token: "token", WebhookSecret: "secret", Transport: box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := s.NewChecker(operation, providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	return &account{client, checker.Traits(), box, map[string]bool{}}
}

// fate is what became of a row.
type fate struct {
	ticket job.Ticket
	alone  bool // an answer was lost, and it was cleared up without a person
	person bool
}

// row sends one row and clears up lost answers: by the key where the service has one, with
// the very same request; by a search where there is a list; else a person has to look.
func (a *account) row(t *testing.T, r providers.Request, key bool) (f fate) {
	t.Helper()
	for range 8 {
		since := time.Now()
		receipt, err := a.client.Submit(t.Context(), r)
		switch {
		case err == nil:
			f.ticket = receipt.Ticket
			a.held[f.ticket.Job] = true
			return f
		case providers.KindOf(err).NothingCreated():
			continue
		case key:
			f.alone = true
			continue
		}
		finder, searches := providers.As[providers.Finder](a.client)
		if !searches {
			return fate{person: true}
		}
		found, err := again(func() ([]job.Ticket, error) {
			return finder.Find(t.Context(), providers.Lost{Request: r, Since: since, Taken: func(job string) bool { return a.held[job] }})
		})
		switch {
		case err == nil && len(found) == 1:
			a.held[found[0].Job] = true
			return fate{ticket: found[0], alone: true}
		case err == nil && len(found) == 0 && a.traits.FindComplete:
			f.alone = true
		case err == nil || errors.Is(err, providers.ErrNotSearchable):
			return fate{person: true}
		default:
			t.Fatalf("find: %v", err)
		}
	}
	return fate{person: true}
}

// again repeats a call that only reads while its answer is lost.
func again[T any](read func() (T, error)) (got T, err error) {
	for range 20 {
		if got, err = read(); err == nil || providers.KindOf(err) != providers.Unknown || errors.Is(err, providers.ErrNotSearchable) {
			return got, err
		}
	}
	return got, err
}

var limits = regexp.MustCompile(`(?m)^limits:.*$`)

// TestNoLostAnswerBuysTwice sends 500 rows to each of six services. Of ten answers to a
// submit one is lost with its job made, and one before. Nothing may be bought twice, and
// how many rows are left to a person is what the service tells of itself: nothing where it
// knows our key or lists every job.
func TestNoLostAnswerBuysTwice(t *testing.T) {
	const rows = 500
	for _, test := range []struct {
		name, service, operation, body string
		edit                           func(string) string
		settings                       map[string]string
		key                            bool
		least, most                    int // of rows that are left to a person
	}{
		{"heygen", "heygen", "template", `{"template_id":"t","title":"Hello %d"}`, nil, nil, true, 0, 0},
		{"nexrender", "nexrender", "job", `{"template":{"src":"a"},"row":"%d"}`, nil, map[string]string{"results": "https://cdn.example.com/x.mp4"}, false, 0, 0},
		{"synthesia", "synthesia", "template", `{"templateId":"t","title":"Hello %d"}`, nil, nil, false, 30, 70},
		{"synthesia, complete", "synthesia", "template", `{"templateId":"t","title":"Hello %d"}`, func(s string) string {
			return strings.Replace(s, "complete: false ", "complete: true\n          stated: \"https://docs.synthesia.io/reference/paginating\" ", 1)
		}, nil, false, 0, 0},
		{"fal", "fal", "queue", `{"model":"fal-ai/veo3","prompt":"Hello %d"}`, nil, nil, false, 30, 70},
		{"creatomate", "creatomate", "template", `{"template_id":"t","modifications":{"Name":"%d"}}`, nil, nil, false, 75, 125},
		{"shotstack", "shotstack", "edit", `{"timeline":{},"output":{},"merge":{"name":"%d"}}`, nil, nil, false, 75, 125},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := limits.ReplaceAllString(text(t, test.service), "limits: {active: 1000}")
			if test.edit != nil {
				text = test.edit(text)
			}
			a := newAccount(t, text, test.service+"/"+test.operation, "accept-then-drop=10%,drop=10%", test.settings)
			alone, person, videos := 0, 0, 0
			for n := range rows {
				r := providers.Request{
					Operation: test.service + "/" + test.operation, Body: json.RawMessage(fmt.Sprintf(test.body, n)),
					Reference: fmt.Sprintf("%024x", n), Callback: "https://hooks.example.com/reelmerge", Key: fmt.Sprintf("%040x", n),
				}
				f := a.row(t, r, test.key)
				switch {
				case f.person:
					person++
					continue
				case f.alone:
					alone++
				}
				p, err := again(func() (providers.Progress, error) { return a.client.Poll(t.Context(), r.Operation, f.ticket) })
				if err != nil {
					t.Fatalf("poll: %v", err)
				} else if p.Outcome == providers.Succeeded {
					videos++
				}
			}
			twice, bought := a.twice(t)
			t.Logf("bought %d, twice %d, cleared up alone %d, left to a person %d, videos %d", bought, twice, alone, person, videos)
			if twice != 0 || person < test.least || person > test.most || videos != rows-person {
				t.Errorf("bought %d, twice %d, left to a person %d, videos %d", bought, twice, person, videos)
			}
		})
	}
}

// twice counts what the bank says was bought more than once.
func (a *account) twice(t *testing.T) (twice, bought int) {
	t.Helper()
	bank, err := a.box.Bank()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range bank {
		if seen[line.Content] {
			twice++
		}
		seen[line.Content] = true
	}
	return twice, len(bank)
}

// TestTheSameKeyIsOneJob: a service that knows keys makes one job of the same request, and
// the key goes with the paid call alone.
func TestTheSameKeyIsOneJob(t *testing.T) {
	a := newAccount(t, text(t, "heygen"), "heygen/template", "", nil)
	r := providers.Request{Operation: "heygen/template", Body: json.RawMessage(`{"template_id":"t"}`), Reference: "r", Key: strings.Repeat("a", 40)}
	first, err := a.client.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.client.Submit(t.Context(), r)
	if err != nil || again.Ticket != first.Ticket {
		t.Errorf("%+v, then %+v, %v", first, again, err)
	}
	r.Key = strings.Repeat("b", 40)
	other, err := a.client.Submit(t.Context(), r)
	if err != nil || other.Ticket == first.Ticket {
		t.Errorf("another key brings %+v, %v", other, err)
	}
	if _, bought := a.twice(t); bought != 2 {
		t.Errorf("bought %d", bought)
	}
}
