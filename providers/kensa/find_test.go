package kensa_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func jobs(tickets []providers.Ticket) (ids []string) {
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

func TestTheServicesClockDecidesWhatIsOlder(t *testing.T) {
	for _, skew := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		client := connect(t, play(t, func(o *sandbox.Options) { o.Behaviour.Skew = skew }), "token")
		job := submit(t, client, withPrompt("A dog"))
		lost := providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: nobody}
		if found, err := client.Find(t.Context(), lost); err != nil || !slices.Equal(jobs(found), []string{job}) {
			t.Errorf("skew %v: found %v, %v", skew, found, err)
		}
		lost.Since = time.Now().Add(5 * time.Minute)
		if found, err := client.Find(t.Context(), lost); err != nil || len(found) != 0 {
			t.Errorf("skew %v: a video from before the submit is found: %v, %v", skew, found, err)
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

func (a *archive) find(t *testing.T) ([]providers.Ticket, error) {
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
	for _, body := range []string{`{"success":true,"data":{}}`, `{"success":true,"data":{"videos":null}}`, `{"success":false,"error":"x"}`, `{}`} {
		client := listen(t, &says{status: 200, body: body}, providers.Config{Token: "token"})
		if found, err := client.Find(t.Context(), providers.Lost{Request: withPrompt("A dog"), Since: time.Now(), Taken: nobody}); err == nil {
			t.Errorf("%s: found %v and no error", body, found)
		}
	}
}
