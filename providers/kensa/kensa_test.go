package kensa_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// play starts a simulator; options may be changed before.
func play(t *testing.T, change func(*sandbox.Options)) *sandbox.Sandbox {
	t.Helper()
	o := sandbox.Options{Render: 10 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	box, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

func connect(t *testing.T, box *sandbox.Sandbox, token string) *kensa.Client {
	t.Helper()
	client, err := kensa.New(providers.Config{
		BaseURL: box.BaseURL(kensa.Name, "http://127.0.0.1"), Token: token, Transport: box.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// says is a service that gives every request the same answer, and records the requests.
type says struct {
	status int
	body   string
	header http.Header
	asked  []*http.Request
	bodies []string
}

// RoundTrip implements [http.RoundTripper].
func (s *says) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.bodies = append(s.bodies, string(body))
	}
	header := s.header
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: s.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(strings.NewReader(s.body)), Request: r,
	}, nil
}

func listen(t *testing.T, s *says, c providers.Config) *kensa.Client {
	t.Helper()
	c.BaseURL, c.Transport = "https://kensa.example.com/api/v1", s
	client, err := kensa.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func await(t *testing.T, client *kensa.Client, ticket job.Ticket) providers.Progress {
	t.Helper()
	for range 1000 {
		p, err := client.Poll(t.Context(), kensa.Generate, ticket)
		if err != nil {
			t.Fatal(err)
		}
		if p.Outcome != providers.Running {
			return p
		}
		<-time.After(2 * time.Millisecond)
	}
	t.Fatal("the video does not end")
	return providers.Progress{}
}

func TestCreditsAreHeldThenChargedOrReleased(t *testing.T) {
	two := credit.Charge{Amount: credit.Of(2), Basis: credit.Observed}
	for name, test := range map[string]struct {
		faults    string
		behaviour sandbox.KensaBehaviour
		outcome   providers.Outcome
		charge    credit.Charge
		state     sandbox.State
	}{
		"completed":               {"", sandbox.KensaBehaviour{}, providers.Succeeded, two, sandbox.Charged},
		"failed, record shows 2":  {"failed@1", sandbox.KensaBehaviour{}, providers.Failed, credit.Charge{Basis: credit.Documented}, sandbox.Released},
		"failed, record shows 0":  {"failed@1", sandbox.KensaBehaviour{FailedIsFree: true}, providers.Failed, credit.Charge{Basis: credit.Documented}, sandbox.Released},
		"completed, link is late": {"", sandbox.KensaBehaviour{LinkDelay: 40 * time.Millisecond}, providers.Succeeded, two, sandbox.Charged},
	} {
		t.Run(name, func(t *testing.T) {
			box := play(t, func(o *sandbox.Options) { o.Faults, o.Behaviour.Kensa = test.faults, test.behaviour })
			client, checker := connect(t, box, "token"), newChecker(t, providers.Prices{})
			receipt, err := client.Submit(t.Context(), fromText(1))
			if err != nil || receipt.Held != two {
				t.Fatalf("receipt = %+v, %v; want 2 credits held", receipt, err)
			}
			p := await(t, client, receipt.Ticket)
			if charge := checker.Charge(credit.Estimate{}, p); p.Outcome != test.outcome || charge != test.charge {
				t.Errorf("progress %+v is charged %+v, want %v and %+v", p, charge, test.outcome, test.charge)
			}
			bank, err := box.Bank()
			if err != nil || len(bank) != 1 || bank[0].State != test.state {
				t.Errorf("bank = %+v, %v; want one that is %v", bank, err, test.state)
			}
		})
	}
}

func TestAnEmptyBalanceIsAboutFundsHoweverItIsSaid(t *testing.T) {
	for name, behaviour := range map[string]sandbox.KensaBehaviour{
		"402": {}, "500": {FundsAs500: true}, "200": {ErrorsAsOK: true}, "402 object": {ErrorObject: true},
	} {
		t.Run(name, func(t *testing.T) {
			box := play(t, func(o *sandbox.Options) {
				o.Balance, o.Behaviour.Kensa = map[string]credit.Amount{kensa.Name: credit.Of(3)}, behaviour
			})
			client := connect(t, box, "token")
			if _, err := client.Submit(t.Context(), fromText(1)); err != nil {
				t.Fatal(err)
			}
			_, err := client.Submit(t.Context(), fromText(2))
			if providers.KindOf(err) != providers.Funds {
				t.Errorf("kind = %v (%v), want funds", providers.KindOf(err), err)
			}
		})
	}
}

func TestPricesComeFromTheCampaign(t *testing.T) {
	perJob, perMinute := credit.Of(1), credit.Of(6)
	table := published()
	for name, test := range map[string]struct {
		prices providers.Prices
		field  string
		value  string
		want   credit.Estimate
	}{
		"its cell":              {table, "", "", credit.Estimate{Low: credit.Of(2), Likely: credit.Of(2), High: credit.Of(2), Basis: credit.Configured, PriceDate: "2026-11-01"}},
		"written with a dot":    {table, "duration", "10.0", credit.Estimate{Low: credit.Of(2), Likely: credit.Of(2), High: credit.Of(2), Basis: credit.Configured, PriceDate: "2026-11-01"}},
		"another quality":       {table, "quality", `"1080p"`, credit.Estimate{}},
		"no quality":            {table, "quality", "", credit.Estimate{}},
		"another length":        {table, "duration", "15", credit.Estimate{}},
		"another model":         {table, "model", `"veo-3-1"`, credit.Estimate{}},
		"nothing told":          {providers.Prices{}, "", "", credit.Estimate{}},
		"per job and by length": {providers.Prices{PerJob: &perJob, PerMinute: &perMinute}, "", "", credit.Exactly(credit.Of(2), credit.Configured)},
		"no length":             {providers.Prices{PerJob: &perJob}, "duration", `"ten"`, credit.Estimate{}},
	} {
		got := newChecker(t, test.prices).Quote(providers.Request{Body: edit(test.field, test.value)}, job.Length{})
		if got != test.want {
			t.Errorf("%s: quote = %+v, want %+v", name, got, test.want)
		}
	}
}

func TestRefusalsAreReadInEveryForm(t *testing.T) {
	after := http.Header{"Retry-After": {"20"}}
	for name, test := range map[string]struct {
		service says
		kind    providers.Kind
		after   time.Duration
		daily   bool
	}{
		"text":                   {says{400, `{"success":false,"error":"Duration out of range"}`, nil, nil, nil}, providers.Invalid, 0, false},
		"object":                 {says{400, `{"success":false,"error":{"message":"Duration out of range","details":{}}}`, nil, nil, nil}, providers.Invalid, 0, false},
		"refused with 200":       {says{200, `{"success":false,"error":"Duration out of range"}`, nil, nil, nil}, providers.Invalid, 0, false},
		"trouble with 200":       {says{200, `{"success":false,"error":"Internal server error"}`, nil, nil, nil}, providers.Contract, 0, false},
		"silence with 200":       {says{200, `{"success":false}`, nil, nil, nil}, providers.Contract, 0, false},
		"session with 200":       {says{200, `{"success":false,"error":"Session expired"}`, nil, nil, nil}, providers.Auth, 0, false},
		"prompt with 200":        {says{200, `{"success":false,"error":"Bad prompt: insufficient credit session not found"}`, nil, nil, nil}, providers.Invalid, 0, false},
		"no session":             {says{401, `{"success":false,"error":"Unauthorized"}`, nil, nil, nil}, providers.Auth, 0, false},
		"funds":                  {says{402, `{"success":false,"error":"Insufficient credits"}`, nil, nil, nil}, providers.Funds, 0, false},
		"funds with 500":         {says{500, `{"success":false,"error":{"message":"Insufficient credits. Required: 2"}}`, nil, nil, nil}, providers.Funds, 0, false},
		"credits merely named":   {says{500, `{"success":false,"error":"Could not book credits"}`, nil, nil, nil}, providers.Transient, 0, false},
		"too fast":               {says{429, `{"success":false,"error":{"message":"Slow down","details":{"reason":"rate_limit"}}}`, after, nil, nil}, providers.Throttled, 20 * time.Second, false},
		"too many at a time":     {says{429, `{"success":false,"error":{"message":"Wait","details":{"reason":"parallel_limit"}}}`, after, nil, nil}, providers.Busy, 20 * time.Second, false},
		"too many today":         {says{429, `{"success":false,"error":{"message":"Wait","details":{"reason":"daily_limit"}}}`, nil, nil, nil}, providers.Throttled, time.Hour, true},
		"limit without a reason": {says{429, `{"success":false,"error":"Wait"}`, nil, nil, nil}, providers.Throttled, 0, false},
		"success without data":   {says{200, `{"success":true,"data":null}`, nil, nil, nil}, providers.Contract, 0, false},
		"success without a uuid": {says{200, `{"success":true,"data":{"status":"PENDING"}}`, nil, nil, nil}, providers.Contract, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			client := listen(t, &test.service, providers.Config{Token: "token"})
			_, err := client.Submit(t.Context(), providers.Request{
				Operation: kensa.Generate, Body: edit("prompt", `"insufficient credit session not found"`),
			})
			var e *providers.Error
			if !errors.As(err, &e) || e.Kind != test.kind || e.After != test.after || e.Daily != test.daily {
				t.Errorf("error = %+v, want %v after %v, daily %v", err, test.kind, test.after, test.daily)
			}
			if err != nil && strings.Contains(err.Error(), "session not found") {
				t.Errorf("the error shows the prompt: %v", err)
			}
		})
	}
}

func TestAPollNeverTakesAVideoForGone(t *testing.T) {
	for body, want := range map[string]providers.Kind{
		`{"success":false,"error":"Video not found"}`:            providers.NotFound,
		`{"success":false,"error":"Something else"}`:             providers.Contract,
		`{"success":true,"data":{"uuid":"b","status":"FAILED"}}`: providers.Contract,
		`{"success":true,"data":{"uuid":"a"}}`:                   providers.Contract,
	} {
		client := listen(t, &says{status: 200, body: body}, providers.Config{Token: "token"})
		if _, err := client.Poll(t.Context(), kensa.Generate, job.Ticket{Job: "a"}); providers.KindOf(err) != want {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

func TestAWordThatNobodyKnowsGoesOn(t *testing.T) {
	client := listen(t, &says{status: 200, body: `{"success":true,"data":{"uuid":"a","status":"POLISHING","progress":"250"}}`}, providers.Config{Token: "token"})
	p, err := client.Poll(t.Context(), kensa.Generate, job.Ticket{Job: "a"})
	want := providers.Progress{Strange: "POLISHING", Ticket: job.Ticket{Job: "a"}}
	if diff := cmp.Diff(want, p); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestTheSessionGoesOutAsWhatItIs(t *testing.T) {
	for name, test := range map[string]struct {
		config providers.Config
		want   http.Header
	}{
		"cookie":         {providers.Config{Token: "better-auth.session_token=abc.def=="}, http.Header{"Cookie": {"better-auth.session_token=abc.def=="}}},
		"bearer":         {providers.Config{Token: "YWJjZGVm=="}, http.Header{"Authorization": {"Bearer YWJjZGVm=="}}},
		"a header alone": {providers.Config{Header: http.Header{"X-Session": {"abc"}}}, http.Header{"X-Session": {"abc"}}},
	} {
		service := &says{status: 200, body: `{"success":true,"data":{"models":[]}}`}
		if _, err := listen(t, service, test.config).Assets(t.Context(), kensa.Models); err != nil {
			t.Fatal(err)
		}
		got := http.Header{}
		for _, header := range []string{"Cookie", "Authorization", "X-Session"} {
			if v := service.asked[0].Header.Values(header); v != nil {
				got[header] = v
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if _, err := kensa.New(providers.Config{BaseURL: "https://kensa.example.com"}); err == nil {
		t.Error("a client without any session is made")
	}
}

func TestTheValueOfACookieIsASecretToo(t *testing.T) {
	service := &says{status: 401, body: `{"success":false,"error":"session s3cr3t-value expired"}`}
	_, err := listen(t, service, providers.Config{Token: "sid=s3cr3t-value"}).Submit(t.Context(), fromText(1))
	if err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error = %v, want one without the cookie", err)
	}
}

func TestAnExpiredSessionIsNeverNewsAboutAVideo(t *testing.T) {
	box := play(t, func(o *sandbox.Options) { o.Behaviour.Kensa.SessionCalls = 1 })
	client := connect(t, box, "sid=first-session")
	receipt, err := client.Submit(t.Context(), fromText(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Poll(t.Context(), kensa.Generate, receipt.Ticket); providers.KindOf(err) != providers.Auth {
		t.Errorf("poll: %v, want auth", err)
	}
}
