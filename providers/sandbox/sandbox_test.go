package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// root is the address under which tests call a sandbox in the same process.
const root = "http://sandbox.test"

// open opens a sandbox for a test and closes it afterwards.
func open(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// answer is an answer of the sandbox.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// fields reads the answer's JSON object.
func (a answer) fields(t *testing.T) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(a.body, &fields); err != nil {
		t.Fatalf("answer %d %q: %v", a.status, a.body, err)
	}
	return fields
}

// text reads one string of the answer.
func (a answer) text(t *testing.T, name string) string {
	t.Helper()
	text, _ := a.fields(t)[name].(string)
	return text
}

// caller calls one service of a sandbox.
type caller struct {
	sandbox *sandbox.Sandbox
	base    string
	header  http.Header
}

func colossyanCaller(s *sandbox.Sandbox) caller {
	return caller{s, s.BaseURL(sandbox.Colossyan, root), http.Header{"Authorization": {"Bearer token"}}}
}

// try makes one call and returns its error too.
func (c caller) try(method, path string, body any) (answer, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, c.base+path, reader)
	if err != nil {
		return answer{}, err
	}
	r.Header = c.header.Clone()
	response, err := c.sandbox.Transport().RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	data, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, data}, errors.Join(err, response.Body.Close())
}

// call makes one call that must be answered.
func (c caller) call(t *testing.T, method, path string, body any) answer {
	t.Helper()
	a, err := c.try(method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// want makes one call and checks its status.
func (c caller) want(t *testing.T, status int, method, path string, body any) answer {
	t.Helper()
	a := c.call(t, method, path, body)
	if a.status != status {
		t.Fatalf("%s %s = %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

// templateJob is the body of a Colossyan template job.
func templateJob(name string) map[string]any {
	return map[string]any{
		"templateJobId":    "template-1",
		"dynamicVariables": map[string]string{"name": name},
		"callbackPayload":  map[string]string{"reference": "row-" + name},
	}
}

// bank reads the bank of an open sandbox.
func bank(t *testing.T, s *sandbox.Sandbox) []sandbox.Charge {
	t.Helper()
	lines, err := s.Bank()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestHealthAndBankNeedNoCredential(t *testing.T) {
	s := open(t, sandbox.Options{})
	c := caller{sandbox: s, base: root}
	c.want(t, http.StatusOK, http.MethodGet, "/healthz", nil)
	if a := c.want(t, http.StatusOK, http.MethodGet, "/bank", nil); string(a.body) != "[]" {
		t.Errorf("bank of an unused sandbox = %s, want []", a.body)
	}
	c.want(t, http.StatusNotFound, http.MethodGet, "/admin", nil)
}

func TestBadOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]sandbox.Options{
		"unknown fault":       {Faults: "nonsense=5%"},
		"rate above one":      {Faults: "429=110%"},
		"negative render":     {Render: -time.Second},
		"public delivery":     {Deliver: map[string]string{"hooks.example.com": "93.184.216.34:80"}},
		"delivery without":    {Deliver: map[string]string{"hooks.example.com": "127.0.0.1"}},
		"state is a folder":   {State: t.TempDir()},
		"state has no folder": {State: t.TempDir() + "/missing/sandbox.db"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sandbox.New(o)
			if err == nil {
				_ = s.Close()
				t.Fatal("New succeeded, want an error")
			}
		})
	}
}

func TestUnknownFaultIsAnsweredWithTheKnownOnes(t *testing.T) {
	_, err := sandbox.ParseFaults("429=5%,acept-then-drop=1%")
	if err == nil {
		t.Fatal("want an error")
	}
	for _, known := range sandbox.KnownFaults() {
		if !strings.Contains(err.Error(), known.Name) {
			t.Errorf("error %q does not name %q", err, known.Name)
		}
	}
}

func TestFaultsAreWrittenAsTheyAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"429=10%":                       "429=0.1",
		" accept-then-drop = 5% ,429=1": "accept-then-drop=0.05,429=1",
		"failed@3,failed@5,slow=0.01":   "slow=0.01,failed@3,failed@5",
	} {
		f, err := sandbox.ParseFaults(text)
		if err != nil {
			t.Fatal(err)
		}
		if f.String() != want {
			t.Errorf("ParseFaults(%q).String() = %q, want %q", text, f, want)
		}
	}
	for _, text := range []string{"429", "429=", "429=x", "429=-1", "429=NaN", "failed@0", "failed@x", "=5%"} {
		if _, err := sandbox.ParseFaults(text); err == nil {
			t.Errorf("ParseFaults(%q) succeeded, want an error", text)
		}
	}
}

func TestClocksMayBeAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Render: time.Minute, Behaviour: sandbox.Behaviour{Skew: time.Hour}})
		c := colossyanCaller(s)
		a := c.want(t, http.StatusOK, http.MethodPost, submitPath, templateJob("Ada"))
		date, err := http.ParseTime(a.header.Get("Date"))
		if err != nil || time.Until(date) != time.Hour {
			t.Errorf("Date = %v, %v; want an hour ahead of %v", date, err, time.Now().UTC())
		}
		job := c.want(t, http.StatusOK, http.MethodGet, "/video-generation-jobs/"+a.text(t, "id"), nil)
		if got := job.text(t, "creationDate"); got != "2000-01-01T01:00:00.000Z" {
			t.Errorf("creationDate = %s, want an hour ahead", got)
		}
		if job.text(t, "status") != "in_queue" {
			t.Errorf("status = %s: a clock that is ahead ages no job", job.body)
		}
	})
}

func TestGivenUpRequestReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Faults: "slow=1", Slow: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL(sandbox.Colossyan, root)+submitPath,
			strings.NewReader(`{"templateJobId":"a","dynamicVariables":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		start := time.Now()
		response, err := s.Transport().RoundTrip(r)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %s: %v, want the deadline after 1 s", time.Since(start), err)
		}
		if n := len(bank(t, s)); n != 1 {
			t.Errorf("%d jobs in the bank, want the one whose answer was too slow", n)
		}
	})
}

func TestBaseURLsLeadToTheServices(t *testing.T) {
	s := open(t, sandbox.Options{})
	for provider, want := range map[string]string{
		sandbox.Colossyan: "http://x/colossyan/api/v1", sandbox.Vidgen: "http://x/vidgen",
		sandbox.Kensa: "http://x/kensa/api/v1", sandbox.Samsar: "http://x/samsar/v1",
	} {
		if got := s.BaseURL(provider, "http://x"); got != want {
			t.Errorf("BaseURL(%q) = %q, want %q", provider, got, want)
		}
	}
}
