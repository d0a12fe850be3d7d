package samsar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

// when the lost request was sent.
func when() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func at(offset time.Duration) string { return when().Add(offset).Format(time.RFC3339Nano) }

// entry is one line of an external user's requests.
func entry(id, prompt string, offset time.Duration) string {
	return fmt.Sprintf(`{"request_id":%q,"session_id":"upstream-%s","prompt":%q,"created_at":%q}`, id, id, prompt, at(offset))
}

func lost(r providers.Request, taken ...string) providers.Lost {
	return providers.Lost{Request: r, Since: when(), Taken: func(job string) bool {
		for _, id := range taken {
			if id == job {
				return true
			}
		}
		return false
	}}
}

func search(t *testing.T, l providers.Lost, entries ...string) ([]job.Ticket, error) {
	t.Helper()
	w := &wire{answer: func(r *http.Request) (int, string) {
		query := r.URL.Query()
		if query.Get("provider") != "crm" || query.Get("external_user_id") != "42" || query.Get("unique_key") != "42" || query.Get("limit") != "48" {
			t.Errorf("query = %v", query)
		}
		return 200, `{"requests":[` + strings.Join(entries, ",") + `]}`
	}}
	return w.client(t).Find(t.Context(), l)
}

func ticket(id string) job.Ticket {
	return job.Ticket{Job: id, Result: "upstream-" + id}
}

func TestFindAmongAnExternalUsersRequests(t *testing.T) {
	r := external(textToVideo)(7)
	const prompt = "A bakery in the morning, number 7"
	for name, test := range map[string]struct {
		taken   []string
		entries []string
		want    []job.Ticket
		err     bool
	}{
		"nothing":                      {nil, nil, nil, false},
		"the one":                      {nil, []string{entry("a", prompt, time.Second)}, []job.Ticket{ticket("a")}, false},
		"spaces do not matter":         {nil, []string{entry("a", "A bakery  in the morning,\nnumber 7", time.Second)}, []job.Ticket{ticket("a")}, false},
		"no prompt told":               {nil, []string{entry("a", "", time.Second)}, []job.Ticket{ticket("a")}, false},
		"two":                          {nil, []string{entry("a", prompt, time.Second), entry("b", prompt, time.Minute)}, []job.Ticket{ticket("a"), ticket("b")}, false},
		"one of two is taken":          {[]string{"b"}, []string{entry("a", prompt, time.Second), entry("b", prompt, time.Minute)}, []job.Ticket{ticket("a")}, false},
		"taken by its session":         {[]string{"upstream-b"}, []string{entry("b", prompt, time.Minute)}, nil, false},
		"an old one":                   {nil, []string{entry("a", prompt, -time.Hour)}, nil, false},
		"clocks differ a little":       {nil, []string{entry("a", prompt, -30*time.Second)}, []job.Ticket{ticket("a")}, false},
		"another is not told apart":    {nil, []string{entry("a", "Something else", time.Second)}, nil, true},
		"another, held":                {[]string{"a"}, []string{entry("a", "Something else", time.Second)}, nil, false},
		"another, old":                 {nil, []string{entry("a", "Something else", -time.Hour)}, nil, false},
		"the one, and another":         {nil, []string{entry("a", "Something else", 0), entry("b", prompt, 0)}, []job.Ticket{ticket("b")}, false},
		"no time told":                 {nil, []string{`{"request_id":"a","session_id":"upstream-a","prompt":"` + prompt + `"}`}, []job.Ticket{ticket("a")}, false},
		"by the id of its own route":   {nil, []string{`{"external_request_id":"extreq_a","request_id":"a","session_id":"upstream-a"}`}, []job.Ticket{{Job: "extreq_a", Result: "upstream-a"}}, false},
		"a full list of old ones":      {nil, repeat(48, -time.Hour), nil, false},
		"a list full of newer, held":   {[]string{"a"}, repeat(48, time.Hour), nil, true},
		"a list not full, newer, held": {[]string{"a"}, repeat(47, time.Hour), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := search(t, lost(r, test.taken...), test.entries...)
			if diff := cmp.Diff(test.want, found); diff != "" || (err != nil) != test.err {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func repeat(n int, offset time.Duration) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = entry("a", "x", offset)
	}
	return all
}

func TestFindTellsRequestsApartByWhatTheListTells(t *testing.T) {
	images := external(imageList)(7)
	translate := providers.Request{
		Operation: samsar.External(samsar.Translate),
		Body:      json.RawMessage(`{"videoSessionId":"extreq_1","language":"es","external_user":{"provider":"crm","external_user_id":"42"}}`),
	}
	for _, test := range []struct {
		request providers.Request
		entry   string
		found   bool
	}{
		{images, `{"request_id":"a","prompt":"House 7","image_count":2}`, true},
		{images, `{"request_id":"a","prompt":"House 7","image_count":3}`, false},
		{images, `{"request_id":"a","prompt":"House 8","image_count":2}`, false},
		{translate, `{"request_id":"a","target_language":"es","prompt":"of its source"}`, true},
		{translate, `{"request_id":"a","target_language":"fr"}`, false},
	} {
		found, err := search(t, lost(test.request), test.entry)
		if got := len(found) == 1; got != test.found || (err == nil) != test.found {
			t.Errorf("%s: found %v, %v", test.entry, found, err)
		}
	}
}

func TestASearchGoesByTheServicesClock(t *testing.T) {
	skewed := func(ahead time.Duration) ([]job.Ticket, error) {
		now := time.Now()
		w := &dated{date: now.Add(ahead), body: `{"requests":[{"request_id":"a","prompt":"x","created_at":"` + now.Add(ahead).Format(time.RFC3339) + `"}]}`}
		client, err := samsar.New(providers.Config{Token: "token", Transport: w})
		if err != nil {
			t.Fatal(err)
		}
		r := external(textToVideo)(1)
		r.Body = json.RawMessage(strings.Replace(string(r.Body), "A bakery in the morning, number 1", "x", 1))
		return client.Find(t.Context(), providers.Lost{Request: r, Since: now})
	}
	for _, ahead := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		if found, err := skewed(ahead); len(found) != 1 || err != nil {
			t.Errorf("a service whose clock is %v ahead: %v, %v", ahead, found, err)
		}
	}
}

// dated answers every call at a moment of its own clock.
type dated struct {
	date time.Time
	body string
}

// RoundTrip implements [http.RoundTripper].
func (d *dated) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &wire{answer: always(200, d.body)}
	response, err := w.RoundTrip(r)
	if err == nil {
		response.Header.Set("Date", d.date.UTC().Format(http.TimeFormat))
	}
	return response, err
}

func TestOnlyExternalUsersRequestsCanBeSearched(t *testing.T) {
	client := (&wire{answer: always(200, `{"requests":[]}`)}).client(t)
	for _, o := range samsar.Service().Operations {
		r := providers.Request{Operation: o.Name, Body: json.RawMessage(`{"external_user":{"provider":"crm","external_user_id":"42"}}`)}
		_, err := client.Find(t.Context(), lost(r))
		searchable := !errors.Is(err, providers.ErrNotSearchable)
		if searchable != check(t, o.Name).Traits().FindComplete || searchable && err != nil {
			t.Errorf("%s: %v, and its traits say %v", o.Name, err, check(t, o.Name).Traits().FindComplete)
		}
	}
}

func TestCompletedSessionsAreProposedToAPerson(t *testing.T) {
	const misspelt = "langauge" //nolint:misspell // the service's spelling
	const list = `[{"session_id":"new","` + misspelt + `":"en","result_language":"en","result_url":"https://e.com/new.mp4"},
		{"session_id":"held","result_language":"en"},{"session_id":"spanish","` + misspelt + `":"es"},{"session_id":"silent"}]`
	w := &wire{answer: always(200, list)}
	var proposer providers.Proposer = w.client(t)
	propose := func(language string) (ids []string) {
		t.Helper()
		body, err := json.Marshal(map[string]string{"language": language})
		if err != nil {
			t.Fatal(err)
		}
		all, err := proposer.Propose(t.Context(), lost(providers.Request{Operation: samsar.TextToVideo, Body: body}, "held"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if p.Why == "" || p.Ticket.Job != p.Ticket.Result {
				t.Errorf("proposal = %+v", p)
			}
			ids = append(ids, p.Ticket.Job+" "+p.VideoURL)
		}
		return ids
	}
	for language, want := range map[string][]string{
		"en":   {"new https://e.com/new.mp4", "silent "},
		"es":   {"spanish ", "silent "},
		"auto": {"new https://e.com/new.mp4", "spanish ", "silent "},
		"":     {"new https://e.com/new.mp4", "spanish ", "silent "},
	} {
		if diff := cmp.Diff(want, propose(language)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", language, diff)
		}
	}
	if _, err := proposer.Propose(t.Context(), lost(external(textToVideo)(1))); !errors.Is(err, providers.ErrNotSearchable) {
		t.Errorf("err = %v", err)
	}
}

// TestASearchOfAUserNamesItsWitness reads lists with requests that the ledger
// knows, by either of their names.
func TestASearchOfAUserNamesItsWitness(t *testing.T) {
	r := external(textToVideo)(7)
	const prompt = "A bakery in the morning, number 7"
	for name, test := range map[string]struct {
		known   string
		foreign bool
		entries []string
		found   int
		err     error
	}{
		"an empty list":                {"", false, nil, 0, providers.ErrNoWitness},
		"a request that a row holds":   {"", false, []string{entry("held", "x", time.Second)}, 0, providers.ErrNoWitness},
		"a known one":                  {"held", false, []string{entry("held", "x", time.Second)}, 0, nil},
		"a known one by its session":   {"upstream-held", false, []string{entry("held", "x", -time.Hour)}, 0, nil},
		"the one, same credentials":    {"", false, []string{entry("a", prompt, time.Second)}, 1, nil},
		"the one, other credentials":   {"", true, []string{entry("a", prompt, time.Second)}, 0, providers.ErrNoWitness},
		"the one, others, and a known": {"held", true, []string{entry("a", prompt, time.Second), entry("held", "x", 0)}, 1, nil},
		"a clock that is behind":       {"held", false, []string{entry("a", prompt, -10*time.Minute), entry("held", "x", -9*time.Minute)}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := lost(r, "held")
			l.Foreign, l.Known = test.foreign, func(job string) (time.Time, bool) { return when().Add(time.Minute), job == test.known }
			if found, err := search(t, l, test.entries...); len(found) != test.found || !errors.Is(err, test.err) {
				t.Errorf("found %v, %v; want %d, %v", found, err, test.found, test.err)
			}
		})
	}
}
