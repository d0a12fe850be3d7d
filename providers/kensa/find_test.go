package kensa_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func withPrompt(prompt string) providers.Request {
	text, err := json.Marshal(prompt)
	if err != nil {
		panic(err)
	}
	return providers.Request{Operation: kensa.Generate, Body: edit("prompt", string(text))}
}

func submit(t *testing.T, client *kensa.Client, r providers.Request) string {
	t.Helper()
	receipt, err := client.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Ticket.Job
}

func jobs(tickets []job.Ticket) (ids []string) {
	for _, ticket := range tickets {
		ids = append(ids, ticket.Job)
	}
	slices.Sort(ids)
	return ids
}

func nobody(string) bool { return false }

func TestVideosThatCannotBeToldApartAreAllReturned(t *testing.T) {
	client := connect(t, play(t, nil), "token")
	since := time.Now()
	want := []string{submit(t, client, withPrompt("A dog")), submit(t, client, withPrompt("A dog"))}
	slices.Sort(want)
	submit(t, client, withPrompt("A cat"))
	found, err := client.Find(t.Context(), providers.Lost{Request: withPrompt("A  dog "), Since: since, Taken: nobody})
	if diff := cmp.Diff(want, jobs(found)); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestAVideoThatCouldBeAnotherLostRowsIsNotAdopted(t *testing.T) {
	ours, theirs := withPrompt("A golden retriever runs along the beach to Ada"), withPrompt("A golden retriever runs along the beach to Bob")
	for name, test := range map[string]struct {
		whole  bool
		others []providers.Request
		found  bool
		kind   providers.Kind
	}{
		"nobody else is lost":           {false, nil, true, 0},
		"another fits the same words":   {false, []providers.Request{ours}, false, providers.Conflict},
		"another begins alike":          {false, []providers.Request{ours, withPrompt("A cat")}, false, providers.Conflict},
		"another is of another kind":    {false, []providers.Request{withPrompt("A cat")}, true, 0},
		"the whole prompt is shown":     {true, []providers.Request{ours}, true, 0},
		"the same prompt is lost twice": {true, []providers.Request{theirs}, false, providers.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			client := connect(t, play(t, func(o *sandbox.Options) { o.Behaviour.Kensa.WholePrompts = test.whole }), "token")
			since := time.Now()
			job := submit(t, client, theirs)
			found, err := client.Find(t.Context(), providers.Lost{Request: theirs, Since: since, Taken: nobody, Others: test.others})
			if test.found != slices.Equal(jobs(found), []string{job}) || err != nil && providers.KindOf(err) != test.kind || (err == nil) != test.found {
				t.Errorf("found %v, %v; want found %v, kind %v", found, err, test.found, test.kind)
			}
		})
	}
}

func TestTheReferenceInAPictureTellsLikeVideosApart(t *testing.T) {
	client := connect(t, play(t, nil), "token")
	since := time.Now()
	var requests []providers.Request
	var made []string
	for _, reference := range []string{"5b1d", "77aa"} {
		r := fromPicture(1)
		r.Reference = reference
		requests, made = append(requests, r), append(made, submit(t, client, r))
	}
	for i, r := range requests {
		found, err := client.Find(t.Context(), providers.Lost{Request: r, Since: since, Taken: nobody, Others: requests[1-i : 2-i]})
		if diff := cmp.Diff([]string{made[i]}, jobs(found)); err != nil || diff != "" {
			t.Errorf("row %d: %v (-want +got)\n%s", i, err, diff)
		}
	}
}

func TestOurReferenceGoesIntoAnAddressWithoutQueryOnly(t *testing.T) {
	for address, want := range map[string]string{
		"https://cdn.example.com/a.jpg":             "https://cdn.example.com/a.jpg?rm=5b1d",
		"https://cdn.example.com/a.jpg?X-Amz-Sig=1": "https://cdn.example.com/a.jpg?X-Amz-Sig=1",
		"https://cdn.example.com/a.jpg#top":         "https://cdn.example.com/a.jpg#top",
	} {
		service := &says{status: 200, body: `{"success":true,"data":{"uuid":"a"}}`}
		client := listen(t, service, providers.Config{Token: "token"})
		submit(t, client, providers.Request{
			Operation: kensa.Generate, Reference: "5b1d", Body: edit("startImageUrl", strconv.Quote(address)),
		})
		var sent struct{ StartImageURL string }
		if err := json.Unmarshal([]byte(service.bodies[0]), &sent); err != nil || sent.StartImageURL != want {
			t.Errorf("sent %q, %v; want %q", sent.StartImageURL, err, want)
		}
	}
}

// TestAClockOnlyMakesASearchLonger searches from the earlier of two times: our own
// and the one by the service's clock.
func TestAClockOnlyMakesASearchLonger(t *testing.T) {
	for _, skew := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		client := connect(t, play(t, func(o *sandbox.Options) { o.Behaviour.Skew = skew }), "token")
		job := submit(t, client, withPrompt("A dog"))
		lost := providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: nobody}
		if found, err := client.Find(t.Context(), lost); err != nil || !slices.Equal(jobs(found), []string{job}) {
			t.Errorf("skew %v: found %v, %v", skew, found, err)
		}
		lost.Since = time.Now().Add(5 * time.Minute)
		if found, err := client.Find(t.Context(), lost); err != nil || (len(found) != 0) != (skew > 0) {
			t.Errorf("skew %v: of a video from before the submit is found: %v, %v", skew, found, err)
		}
	}
}

// archive is a list of videos that is served a page at a time.
type archive struct {
	pages   map[string][]string // by number: uuids
	created func(uuid string) time.Time
	read    []string
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := r.URL.Query().Get("page")
	a.read = append(a.read, page)
	items := []map[string]any{}
	for _, uuid := range a.pages[page] {
		items = append(items, map[string]any{
			"uuid": uuid, "prompt": "A dog", "model": "sora-2", "duration": 10, "aspectRatio": "16:9",
			"status": "PENDING", "createdAt": a.created(uuid).Format(time.RFC3339Nano),
		})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "data": map[string]any{"videos": items}})
}

func (a *archive) find(t *testing.T) ([]job.Ticket, error) {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	client, err := kensa.New(providers.Config{BaseURL: server.URL, Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return client.Find(t.Context(), providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: func(id string) bool { return id != "wanted" }})
}

func TestAListIsReadUntilItEnds(t *testing.T) {
	now := time.Now()
	fresh := func(string) time.Time { return now.Add(time.Second) }
	for name, test := range map[string]struct {
		archive archive
		found   bool
		reads   int
	}{
		"newest first, stops early": {archive{pages: map[string][]string{"1": {"a", "b"}, "2": {"c", "old"}, "3": {"wanted"}}, created: func(uuid string) time.Time {
			return now.Add(map[string]time.Duration{"a": 4, "b": 3, "c": 2, "old": -3600, "wanted": -7200}[uuid] * time.Second)
		}}, false, 3},
		"oldest first, reads all": {archive{pages: map[string][]string{"1": {"old", "older"}, "2": {"wanted"}}, created: func(uuid string) time.Time {
			return now.Add(map[string]time.Duration{"old": -7200, "older": -3600, "wanted": 1}[uuid] * time.Second)
		}}, true, 4},
		"pages shift":        {archive{pages: map[string][]string{"1": {"a", "b"}, "2": {"b", "wanted"}}, created: fresh}, true, 4},
		"without pages":      {archive{pages: map[string][]string{"1": {"wanted"}, "2": {"wanted"}, "3": {"wanted"}}, created: fresh}, true, 3},
		"nothing was made":   {archive{pages: nil, created: fresh}, false, 1},
		"dates of no use":    {archive{pages: map[string][]string{"1": {"a"}, "2": {"wanted"}}, created: func(string) time.Time { return time.Time{} }}, true, 4},
		"nothing but others": {archive{pages: map[string][]string{"1": {"a"}, "2": {"b"}}, created: fresh}, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := test.archive.find(t)
			if err != nil || (len(found) == 1) != test.found || len(test.archive.read) != test.reads {
				t.Errorf("found %v, %v after pages %v; want found %v after %d", found, err, test.archive.read, test.found, test.reads)
			}
		})
	}
}

func TestAListWithoutEndProvesNothing(t *testing.T) {
	a := archive{pages: map[string][]string{}, created: func(string) time.Time { return time.Now() }}
	for i := range 200 {
		a.pages[strconv.Itoa(i+1)] = []string{fmt.Sprintf("video-%d", i)}
	}
	if found, err := a.find(t); err == nil {
		t.Errorf("found %v and no error", found)
	}
}

func TestAnAnswerWithoutListProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, body := range []string{`{"success":true,"data":{}}`, `{"success":true,"data":{"videos":null}}`, `{"success":false,"error":"x"}`, `{}`} {
			client := listen(t, &says{status: 200, body: body}, providers.Config{Token: "token"})
			if found, err := client.Find(t.Context(), providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: nobody}); err == nil {
				t.Errorf("%s: found %v and no error", body, found)
			}
		}
	})
}

// badLine loses answers by their number, counted from 1.
type badLine struct {
	next  http.RoundTripper
	lose  func(answer int) bool
	calls int
}

// RoundTrip implements [http.RoundTripper].
func (b *badLine) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls++
	if b.lose(b.calls) {
		return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	return b.next.RoundTrip(r)
}

// TestASearchOverABadLineIsWholeOrNone reads a list of four pages over lines of
// every kind: it finds the video on the last one, or says that it could not look.
func TestASearchOverABadLineIsWholeOrNone(t *testing.T) {
	for name, test := range map[string]struct {
		lose  func(int) bool
		found bool
		calls int
	}{
		"a good line":               {func(int) bool { return false }, true, 6},
		"every other answer":        {func(n int) bool { return n%2 == 1 }, true, 12},
		"three of four":             {func(n int) bool { return n%4 != 0 }, true, 24},
		"four of five":              {func(n int) bool { return n%5 != 0 }, false, 4},
		"all after the first page":  {func(n int) bool { return n > 1 }, false, 5},
		"the last look at page one": {func(n int) bool { return n > 5 }, false, 9},
	} {
		synctest.Test(t, func(t *testing.T) {
			box := play(t, nil)
			good := connect(t, box, "token")
			since := time.Now()
			want := submit(t, good, withPrompt("A dog"))
			for i := range 70 {
				submit(t, good, withPrompt(fmt.Sprintf("Cat %d", i)))
			}
			line := &badLine{next: box.Transport(), lose: test.lose}
			client, err := kensa.New(providers.Config{BaseURL: box.BaseURL(kensa.Name, "http://127.0.0.1"), Token: "token", Transport: line})
			if err != nil {
				t.Fatal(err)
			}
			found, err := client.Find(t.Context(), providers.Lost{Request: withPrompt("A dog"), Since: since, Taken: nobody})
			if test.found != slices.Equal(jobs(found), []string{want}) || (err == nil) != test.found || line.calls != test.calls {
				t.Errorf("%s: found %v, %v after %d calls; want found %v after %d", name, found, err, line.calls, test.found, test.calls)
			}
		})
	}
}

func TestARefusalEndsASearchAtOnce(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusBadRequest} {
		service := &says{status: status, body: `{"success":false,"error":"no"}`}
		client := listen(t, service, providers.Config{Token: "token"})
		if found, err := client.Find(t.Context(), providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: nobody}); err == nil || len(service.asked) != 1 {
			t.Errorf("%d: found %v, %v after %d calls", status, found, err, len(service.asked))
		}
	}
}

// TestASearchNamesItsWitness reads lists with jobs that the ledger knows.
func TestASearchNamesItsWitness(t *testing.T) {
	now := time.Now()
	at := func(seconds map[string]int) func(string) time.Time {
		return func(uuid string) time.Time { return now.Add(time.Duration(seconds[uuid]) * time.Second) }
	}
	for name, test := range map[string]struct {
		archive archive
		sent    int // when the known job was sent, in seconds
		want    string
		err     error
	}{
		"an empty list":                {archive{created: at(nil)}, 0, "", providers.ErrNoWitness},
		"somebody else's":              {archive{pages: map[string][]string{"1": {"taken"}}, created: at(nil)}, 0, "", providers.ErrNoWitness},
		"a younger one":                {archive{pages: map[string][]string{"1": {"known"}}, created: at(map[string]int{"known": 60})}, 60, "", nil},
		"an older one":                 {archive{pages: map[string][]string{"1": {"taken", "known"}}, created: at(map[string]int{"known": -7200})}, -7200, "", nil},
		"an older one behind a page":   {archive{pages: map[string][]string{"1": {"taken", "old"}, "2": {"known"}}, created: at(map[string]int{"old": -600, "known": -1200})}, -1200, "", nil},
		"too old, behind a page":       {archive{pages: map[string][]string{"1": {"taken", "old"}, "2": {"known"}}, created: at(map[string]int{"old": -7200, "known": -7300})}, -7300, "", providers.ErrNoWitness},
		"a list whose clock is behind": {archive{pages: map[string][]string{"1": {"known", "wanted"}}, created: at(map[string]int{"known": -540, "wanted": -600})}, 60, "wanted", nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(&test.archive)
			defer server.Close()
			client, err := kensa.New(providers.Config{BaseURL: server.URL, Token: "token"})
			if err != nil {
				t.Fatal(err)
			}
			found, err := client.Find(t.Context(), providers.Lost{
				Request: withPrompt("A dog"), Since: now, Taken: func(id string) bool { return id != "wanted" },
				Known: func(id string) (time.Time, bool) {
					return now.Add(time.Duration(test.sent) * time.Second), id == "known"
				},
			})
			if got := strings.Join(jobs(found), " "); got != test.want || !errors.Is(err, test.err) {
				t.Errorf("found %q, %v; want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}
