package vidgen_test

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

const hook = "https://hooks.example.com/reelmerge"

// says is a service that gives every request the same answer, and records the requests.
type says struct {
	status int
	body   string
	asked  []*http.Request
	sent   [][]byte
}

// RoundTrip implements [http.RoundTripper].
func (s *says) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	s.asked, s.sent = append(s.asked, r), append(s.sent, body)
	return &http.Response{
		StatusCode: s.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(s.body)), Request: r,
	}, nil
}

func listen(t *testing.T, s http.RoundTripper, c providers.Config) *vidgen.Client {
	t.Helper()
	if c.BaseURL == "" {
		c.BaseURL = "https://vidgen.example.com"
	}
	c.Token, c.Transport = "key", s
	client, err := vidgen.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func play(t *testing.T, change func(*sandbox.Options)) (*sandbox.Sandbox, *vidgen.Client) {
	t.Helper()
	o := sandbox.Options{Render: time.Millisecond, WebhookSecret: "sesame"}
	if change != nil {
		change(&o)
	}
	box, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box, listen(t, box.Transport(), providers.Config{BaseURL: box.BaseURL(vidgen.Name, "http://127.0.0.1"), WebhookSecret: "sesame"})
}

func submit(t *testing.T, client *vidgen.Client, r providers.Request) string {
	t.Helper()
	receipt, err := client.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Ticket.Job
}

func await(t *testing.T, client *vidgen.Client, id string) providers.Progress {
	t.Helper()
	for range 1000 {
		p, err := client.Poll(t.Context(), vidgen.Job, job.Ticket{Job: id})
		if err != nil {
			t.Fatal(err)
		}
		if p.Outcome != providers.Running {
			return p
		}
		<-time.After(2 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return providers.Progress{}
}

func TestPartsSayWhatTheyAreAndNotWhoseTheyAre(t *testing.T) {
	service := &says{status: 201, body: `{"message":"Job created","jobId":"a"}`}
	r := requests(t, hook+"?team=1")(1)
	r.Reference = "5b1d"
	submit(t, listen(t, service, providers.Config{}), r)
	asked := service.asked[0]
	if asked.ContentLength != int64(len(service.sent[0])) || asked.GetBody != nil {
		t.Errorf("length %d of %d, rewindable %v", asked.ContentLength, len(service.sent[0]), asked.GetBody != nil)
	}
	_, boundary, err := mime.ParseMediaType(asked.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form := multipart.NewReader(strings.NewReader(string(service.sent[0])), boundary["boundary"])
	var got []string
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		content, readErr := io.ReadAll(part)
		if err := errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{part.FormName(), part.FileName(), part.Header.Get("Content-Type"), hash(string(content))}, " "))
	}
	want := []string{
		"webhookUrl   " + hash(hook+"?team=1&rm=5b1d"),
		"image image.png image/png " + hash(png),
		"audio audio.wav audio/wav " + hash(wav(1)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAFileThatIsNotThePlannedOneIsNotSent(t *testing.T) {
	for name, spoil := range map[string]func(r *providers.Request) error{
		"changed":   func(r *providers.Request) error { return os.WriteFile(r.Media[1].Path, []byte(wav(2)), 0o600) },
		"gone":      func(r *providers.Request) error { return os.Remove(r.Media[1].Path) },
		"a folder":  func(r *providers.Request) error { r.Media[1].Path = os.TempDir(); return nil },
		"too large": func(r *providers.Request) error { return os.Truncate(r.Media[1].Path, 52_428_801) },
		"not named": func(r *providers.Request) error { r.Media = r.Media[:1]; return nil },
		"no https":  func(r *providers.Request) error { r.Callback = "http://hooks.example.com"; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			service := &says{status: 201, body: `{"jobId":"a"}`}
			r := requests(t, "")(1)
			if err := spoil(&r); err != nil {
				t.Fatal(err)
			}
			_, err := listen(t, service, providers.Config{}).Submit(t.Context(), r)
			if providers.KindOf(err) != providers.Invalid || len(service.asked) != 0 {
				t.Errorf("%v after %d requests", err, len(service.asked))
			}
			if err != nil && strings.Contains(err.Error(), os.TempDir()) {
				t.Errorf("the error names the file: %v", err)
			}
		})
	}
}

func TestTheTwoMeaningsOf409And401(t *testing.T) {
	ticket := job.Ticket{Job: "a"}
	for status, want := range map[int][2]providers.Kind{
		409: {providers.Busy, providers.Conflict},
		401: {providers.Auth, providers.Auth},
		404: {providers.NotFound, providers.Conflict}, // the path of cancelling is a guess
		405: {providers.Invalid, providers.Conflict},
		413: {providers.Invalid, providers.Conflict},
		415: {providers.Invalid, providers.Conflict},
		500: {providers.Transient, providers.Transient},
	} {
		client := listen(t, &says{status: status, body: `{"error":"X-API-Key header is missing"}`}, providers.Config{})
		_, err := client.Submit(t.Context(), requests(t, "")(1))
		cancelled := client.Cancel(t.Context(), vidgen.Job, ticket)
		if got := [2]providers.Kind{providers.KindOf(err), providers.KindOf(cancelled)}; got != want {
			t.Errorf("%d: submit and cancel are %v, want %v", status, got, want)
		}
		if !strings.Contains(err.Error(), "X-API-Key header is missing") {
			t.Errorf("%d: %v does not say which of its meanings it has", status, err)
		}
	}
}

func TestASecondJobWaits(t *testing.T) {
	_, client := play(t, func(o *sandbox.Options) { o.Render = time.Hour })
	next := requests(t, "")
	submit(t, client, next(1))
	if _, err := client.Submit(t.Context(), next(2)); providers.KindOf(err) != providers.Busy || !providers.KindOf(err).NothingCreated() {
		t.Errorf("second submit: %v, want busy", err)
	}
}

func TestAJobMovesForward(t *testing.T) {
	for body, want := range map[string]providers.Progress{
		`{"jobId":"a","status":"PENDING"}`:                                                               {},
		`{"id":"a","status":"PROCESSING","progress":40}`:                                                 {},
		`{"jobId":"a","status":"PROCESSING","progress":{}}`:                                              {},
		`{"jobId":"a","status":"COMPLETED","outputVideo":null}`:                                          {},
		`{"jobId":"a","status":"COMPLETED","outputVideo":"https://v/1","outputShareLink":"https://s/1"}`: {Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://v/1", ShareURL: "https://s/1"}},
		`{"jobId":"a","status":"FAILED","errorMessage":"no face\nkey"}`:                                  {Outcome: providers.Failed, Reason: "no face key"},
		`{"jobId":"a","status":"CANCELLED"}`:                                                             {Outcome: providers.Cancelled},
		`{"jobId":"a","status":"RETRYING"}`:                                                              {Strange: "RETRYING"},
	} {
		want.Ticket = job.Ticket{Job: "a"}
		got, err := listen(t, &says{status: 200, body: body}, providers.Config{}).Poll(t.Context(), vidgen.Job, want.Ticket)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", body, err, diff)
		}
	}
}

func TestPathsThatAreGuessesCanBeCorrected(t *testing.T) {
	service := &says{status: 200, body: `{"jobs":[]}`}
	client := listen(t, service, providers.Config{Paths: map[string]string{
		"list": "/v2/jobs", "cancel": "POST /v2/jobs/{id}/stop", "health": "/api/health",
	}})
	_, findErr := client.Find(t.Context(), lost(requests(t, "")(1)))
	err := errors.Join(findErr, client.Cancel(t.Context(), vidgen.Job, job.Ticket{Job: "a/b"}), client.Healthy(t.Context()))
	var got []string
	for _, r := range service.asked {
		got = append(got, r.Method+" "+r.URL.EscapedPath())
	}
	want := []string{"GET /v2/jobs", "POST /v2/jobs/a%2Fb/stop", "GET /api/health"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for name, path := range map[string]string{"list": "v2/jobs", "cancel": "/v2/jobs/cancel", "health": "https://elsewhere.example.com/health"} {
		if _, err := vidgen.New(providers.Config{BaseURL: "https://v.example.com", Token: "key", Paths: map[string]string{name: path}}); err == nil {
			t.Errorf("path %q of %s is accepted", path, name)
		}
	}
}

func lost(r providers.Request) providers.Lost {
	return providers.Lost{Request: r, Since: time.Now(), Taken: func(string) bool { return false }}
}

func TestAServiceWithoutListIsNoProof(t *testing.T) {
	for _, status := range []int{404, 405} {
		_, err := listen(t, &says{status: status, body: `{"error":"Not found"}`}, providers.Config{}).Find(t.Context(), lost(requests(t, "")(1)))
		if providers.KindOf(err) != providers.Contract || !strings.Contains(err.Error(), "/api/jobs") {
			t.Errorf("%d: %v, want one that names the path", status, err)
		}
	}
	for _, body := range []string{`{}`, `{"jobs":null}`, `[]`, `{"jobs":[],"pagination":{"hasNextPage":true}}`} {
		if found, err := listen(t, &says{status: 200, body: body}, providers.Config{}).Find(t.Context(), lost(requests(t, "")(1))); err == nil {
			t.Errorf("%s: found %v and no error", body, found)
		}
	}
}

// list writes a page of the service's list.
func list(t *testing.T, items ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"jobs": append([]map[string]any{}, items...), "pagination": map[string]any{"hasNextPage": false}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhoseALostJobIs(t *testing.T) {
	now := time.Now()
	item := func(id string, age time.Duration, webhook any) map[string]any {
		return map[string]any{"id": id, "status": "PENDING", "createdAt": now.Add(-age).Format(time.RFC3339Nano), "webhookUrl": webhook}
	}
	ours, theirs := hook+"?rm=5b1d&rs=1", hook+"?rm=77aa&rs=1"
	other := []providers.Request{{Operation: vidgen.Job}}
	for name, test := range map[string]struct {
		callback string
		others   []providers.Request
		items    []map[string]any
		want     []string
		kind     providers.Kind
	}{
		"nothing was created":             {"", nil, nil, nil, 0},
		"our webhook":                     {hook, other, []map[string]any{item("b", 0, theirs), item("a", 0, ours), item("c", 0, nil)}, []string{"a"}, 0},
		"our webhook, now without":        {"", other, []map[string]any{item("a", 0, ours)}, []string{"a"}, 0},
		"another row's webhook":           {hook, nil, []map[string]any{item("b", 0, theirs)}, nil, 0},
		"another program's webhook":       {"", nil, []map[string]any{item("b", 0, "https://x.example.com/hook")}, nil, 0},
		"the one job there is":            {"", nil, []map[string]any{item("a", 0, nil)}, []string{"a"}, 0},
		"two jobs":                        {"", nil, []map[string]any{item("b", 0, nil), item("a", 0, nil)}, []string{"b", "a"}, 0},
		"a job of before":                 {"", nil, []map[string]any{item("a", time.Hour, nil)}, nil, 0},
		"a job that a row holds":          {"", nil, []map[string]any{item("held", 0, nil)}, nil, 0},
		"a job that may be another row's": {"", other, []map[string]any{item("a", 0, nil)}, nil, providers.Conflict},
		"a job without our webhook":       {hook, nil, []map[string]any{item("a", 0, nil)}, nil, providers.Conflict},
		"a job of long after":             {"", nil, []map[string]any{item("a", -time.Hour, nil)}, nil, providers.Conflict},
		"ours, and one of long after":     {"", nil, []map[string]any{item("b", -time.Hour, nil), item("a", 0, nil)}, []string{"a"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := requests(t, test.callback)(1)
			r.Reference = "5b1d"
			found, err := listen(t, &says{status: 200, body: list(t, test.items...)}, providers.Config{}).Find(t.Context(), providers.Lost{
				Request: r, Since: now, Others: test.others, Taken: func(id string) bool { return id == "held" },
			})
			var got []string
			for _, ticket := range found {
				got = append(got, ticket.Job)
			}
			if !slices.Equal(got, test.want) || providers.KindOf(err) != test.kind && err != nil || (err == nil) != (test.kind == 0) {
				t.Errorf("found %v, %v; want %v, kind %v", got, err, test.want, test.kind)
			}
		})
	}
}

func TestALostJobIsFoundBehindManyOthersByTheServicesClock(t *testing.T) {
	for _, skew := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		_, client := play(t, func(o *sandbox.Options) {
			o.Behaviour.Skew = skew
			o.Behaviour.Vidgen.SubmitsPerMinute, o.Behaviour.Vidgen.RequestsPerMinute = -1, -1
		})
		next, since := requests(t, hook), time.Now()
		ours := next(0)
		ours.Reference = "5b1d"
		job := submit(t, client, ours)
		for n := range 120 { // more than a page
			await(t, client, job)
			r := next(n + 1)
			r.Reference = "77aa"
			await(t, client, submit(t, client, r))
		}
		found, err := client.Find(t.Context(), providers.Lost{Request: ours, Since: since})
		if err != nil || len(found) != 1 || found[0].Job != job {
			t.Errorf("skew %v: found %v, %v; want %s", skew, found, err, job)
		}
	}
}

func TestOnlyAWaitingJobIsCancelled(t *testing.T) {
	_, client := play(t, func(o *sandbox.Options) { o.Render = 50 * time.Millisecond })
	id := submit(t, client, requests(t, "")(1))
	await(t, client, id)
	if err := client.Cancel(t.Context(), vidgen.Job, job.Ticket{Job: id}); providers.KindOf(err) != providers.Conflict {
		t.Errorf("cancel of a finished job: %v, want conflict", err)
	}
}

func TestPricesComeFromTheCampaign(t *testing.T) {
	one, two := credit.Of(1), credit.Of(2)
	minute := job.Length{Low: time.Minute, Likely: time.Minute, High: 2 * time.Minute}
	for name, test := range map[string]struct {
		prices providers.Prices
		length job.Length
		quote  credit.Estimate
		charge credit.Charge
	}{
		"nothing told":                {providers.Prices{}, minute, credit.Estimate{}, credit.Charge{}},
		"per job":                     {providers.Prices{PerJob: &two}, job.Length{}, credit.Exactly(two, credit.Configured), credit.Charge{Amount: two, Basis: credit.Configured}},
		"per minute":                  {providers.Prices{PerMinute: &two}, minute, credit.Estimate{Low: two, Likely: two, High: credit.Of(4), Basis: credit.Configured}, credit.Charge{}},
		"per minute, nobody knows":    {providers.Prices{PerJob: &one, PerMinute: &two}, job.Length{}, credit.Estimate{}, credit.Charge{}},
		"per job and minute, in euro": {providers.Prices{Unit: "EUR", PerJob: &one, PerMinute: &two}, minute, credit.Estimate{Low: credit.Of(3), Likely: credit.Of(3), High: credit.Of(5), Basis: credit.Configured}, credit.Charge{}},
	} {
		checker := newChecker(t, test.prices)
		quote := checker.Quote(providers.Request{}, test.length)
		if charge := checker.Charge(quote, providers.Progress{Outcome: providers.Succeeded}); quote != test.quote || charge != test.charge {
			t.Errorf("%s: quote %+v, charge %+v", name, quote, charge)
		}
		for _, o := range []providers.Outcome{providers.Failed, providers.Cancelled, providers.Running} {
			if charge := checker.Charge(quote, providers.Progress{Outcome: o}); charge != (credit.Charge{}) {
				t.Errorf("%s: a job that came to nothing is charged %+v; nobody knows", name, charge)
			}
		}
	}
}

func TestAWebhookMustBeReachable(t *testing.T) {
	for address, want := range map[string]string{
		"":                           "",
		hook:                         "",
		"http://hooks.example.com":   "VID-B3",
		"https://":                   "VID-B3",
		"hooks.example.com":          "VID-B3",
		"https://localhost:8080/x":   "warning VID-B3",
		"https://192.168.1.7/x":      "warning VID-B3",
		"https://[::1]/x":            "warning VID-B3",
		"https://printer.local/hook": "warning VID-B3",
	} {
		var got string
		for _, p := range newChecker(t, providers.Prices{}).Check(providers.Request{Body: json.RawMessage(`{"image":"a","audio":"b"}`), Callback: address}) {
			if got = p.Code; !p.IsError() {
				got = "warning " + p.Code
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
