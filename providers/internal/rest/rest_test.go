package rest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

const canary = "s3cret-canary-7351"

// connect returns a client of a server that answers with h.
func connect(t *testing.T, h http.HandlerFunc) *rest.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return clientOf(t, providers.Config{BaseURL: server.URL + "/api", Token: canary}, rest.Options{})
}

func clientOf(t *testing.T, c providers.Config, o rest.Options) *rest.Client {
	t.Helper()
	o.Credentials = http.Header{"Authorization": {"Bearer " + canary}}
	client, err := rest.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func submit() rest.Call {
	return rest.Call{Name: "submit", Method: http.MethodPost, Path: "/jobs", Paid: true}.JSON([]byte(`{"a":1}`))
}

func poll() rest.Call { return rest.Call{Name: "poll", Method: http.MethodGet, Path: "/jobs/1"} }

// failed makes a call and returns its error, which must be of our type.
func failed(t *testing.T, c *rest.Client, call rest.Call) *providers.Error {
	t.Helper()
	return failedIn(t, t.Context(), c, call)
}

func failedIn(t *testing.T, ctx context.Context, c *rest.Client, call rest.Call) *providers.Error { //nolint:revive // testing.T goes first
	t.Helper()
	var out struct{ ID string }
	_, err := c.DoJSON(ctx, call, &out)
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("err = %v, want a providers.Error", err)
	}
	for link := err; link != nil; link = errors.Unwrap(link) {
		if strings.Contains(fmt.Sprintf("%v %+v", link, link), canary) {
			t.Errorf("the error shows a secret: %v", link)
		}
	}
	return e
}

func hangUp(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Errorf("hijack: %v", err)
		return
	}
	if err := conn.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func answer(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil && !strings.Contains(err.Error(), "broken pipe") && !strings.Contains(err.Error(), "reset") {
		t.Errorf("write answer: %v", err)
	}
}

func TestStatusesOfASubmitSayWhetherAnythingWasCreated(t *testing.T) {
	for status, want := range map[int]providers.Kind{
		400: providers.Invalid, 401: providers.Auth, 402: providers.Funds, 403: providers.Auth, 404: providers.NotFound,
		405: providers.Invalid, 408: providers.Unknown, 409: providers.Conflict, 410: providers.NotFound, 413: providers.Invalid,
		415: providers.Invalid, 422: providers.Invalid, 425: providers.Unknown, 429: providers.Throttled, 499: providers.Unknown,
		500: providers.Transient, 502: providers.Transient, 503: providers.Transient, 504: providers.Transient,
		301: providers.Contract, 302: providers.Contract, 303: providers.Contract, 307: providers.Contract, 308: providers.Contract,
	} {
		c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere?sig="+canary)
			w.WriteHeader(status)
			answer(t, w, `{"message":"no: Bearer `+canary+`"}`)
		})
		e := failed(t, c, submit())
		if e.Kind != want || e.Status != status {
			t.Errorf("status %d is %v (%d), want %v", status, e.Kind, e.Status, want)
		}
	}
}

func TestUnreadableAnswersMayHaveBeenAccepted(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"empty":       func(http.ResponseWriter, *http.Request) {},
		"no content":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"cut":         func(w http.ResponseWriter, _ *http.Request) { answer(t, w, `{"id":"a`) },
		"two":         func(w http.ResponseWriter, _ *http.Request) { answer(t, w, `{"id":"a"}{"id":"b"}`) },
		"other shape": func(w http.ResponseWriter, _ *http.Request) { answer(t, w, `{"id":{"a":1}}`) },
		"web page":    func(w http.ResponseWriter, _ *http.Request) { answer(t, w, "\n<!doctype html><p>Log in") },
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answer(t, w, `{"id":"a"}`)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, `{"id":"a","x":"`)
			chunk := strings.Repeat("x", 1<<20)
			for range 6 {
				answer(t, w, chunk)
			}
			answer(t, w, `"}`)
		},
		"shorter than it says": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			answer(t, w, `{"id":"a"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := failed(t, connect(t, h), submit())
			if e.Kind.NothingCreated() {
				t.Errorf("kind = %v, which says that nothing was created", e.Kind)
			}
		})
	}
}

func TestALostAnswerIsUnknown(t *testing.T) {
	var hits sync.Map
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Store(r.RemoteAddr, true)
		hangUp(t, w)
	})
	if e := failed(t, c, submit()); e.Kind != providers.Unknown {
		t.Errorf("kind = %v, want unknown", e.Kind)
	}
	if n := count(&hits); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func count(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func TestNothingIsSentTwiceOnADeadConnection(t *testing.T) {
	for _, transport := range []http.RoundTripper{nil, &http.Transport{}} {
		var posts atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Errorf("read request: %v", err)
			}
			if r.Method == http.MethodGet {
				answer(t, w, `{"id":"a"}`)
				return
			}
			posts.Add(1)
			hangUp(t, w)
		}))
		defer server.Close()
		c := clientOf(t, providers.Config{BaseURL: server.URL, Transport: transport}, rest.Options{})
		if _, err := c.Do(t.Context(), poll()); err != nil { // leaves a connection to reuse
			t.Fatal(err)
		}
		if e := failed(t, c, submit()); e.Kind != providers.Unknown {
			t.Errorf("kind = %v, want unknown", e.Kind)
		}
		if n := posts.Load(); n != 1 {
			t.Errorf("the server saw %d submits, want 1 (transport %T)", n, transport)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	followed := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer evil.Close()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, evil.URL, http.StatusTemporaryRedirect)
	})
	for _, call := range []rest.Call{submit(), poll()} {
		if e := failed(t, c, call); e.Kind != providers.Contract {
			t.Errorf("%s: kind = %v, want contract", call.Name, e.Kind)
		}
	}
	if followed {
		t.Error("the redirect was followed")
	}
}

func TestWhatNeverLeftIsNotSent(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	closed := httptest.NewServer(nil)
	closed.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	defer plain.Close()
	silent := listen(t)
	slow, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	for name, test := range map[string]struct {
		ctx  context.Context
		base string
	}{
		"cancelled before":     {cancelled, plain.URL},
		"nobody listens":       {t.Context(), closed.URL},
		"no such host":         {t.Context(), "https://no-such-host.invalid"},
		"no TLS":               {t.Context(), "https" + strings.TrimPrefix(plain.URL, "http")},
		"TLS never answers":    {slow, "https://" + silent},
		"unknown certificate":  {t.Context(), strangeTLS(t)},
		"protocol error in it": {t.Context(), "https://" + rude(t)},
	} {
		t.Run(name, func(t *testing.T) {
			e := failedIn(t, test.ctx, clientOf(t, providers.Config{BaseURL: test.base}, rest.Options{}), submit())
			if e.Kind != providers.NotSent {
				t.Errorf("kind = %v (%v), want not-sent", e.Kind, e)
			}
		})
	}
	if e := failedIn(t, cancelled, clientOf(t, providers.Config{BaseURL: plain.URL}, rest.Options{}), submit()); !errors.Is(e, context.Canceled) {
		t.Errorf("%v is not context.Canceled", e)
	}
}

// listen accepts connections and says nothing.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func strangeTLS(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// rude answers a handshake with something else.
func rude(t *testing.T) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, errors.New("no certificate")
	}})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// roundTrip is a transport that calls no hooks of httptrace.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnUnknownTransportIsNotTrusted(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want providers.Kind
	}{
		"anything":   {errors.New("oops https://x.example/?token=" + canary), providers.Unknown},
		"deadline":   {context.DeadlineExceeded, providers.Unknown},
		"read error": {&net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}, providers.Unknown},
		"dial error": {fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), providers.NotSent},
		"no name":    {&net.DNSError{Err: "no such host", Name: "x"}, providers.NotSent},
		"nothing":    {nil, providers.Unknown},
	} {
		c := clientOf(t, providers.Config{BaseURL: "http://sandbox.example", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, test.err
		})}, rest.Options{})
		if e := failed(t, c, submit()); e.Kind != test.want {
			t.Errorf("%s: kind = %v, want %v", name, e.Kind, test.want)
		}
	}
}

func TestASubmitTimesOutAsUnknown(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-stop
	}))
	t.Cleanup(server.CloseClientConnections)
	c := clientOf(t, providers.Config{BaseURL: server.URL}, rest.Options{SubmitTimeout: 50 * time.Millisecond})
	if e := failed(t, c, submit()); e.Kind != providers.Unknown || !errors.Is(e, context.DeadlineExceeded) {
		t.Errorf("err = %v (%v), want unknown, deadline exceeded", e, e.Kind)
	}
}

// However a submit is given up, "not sent" is never said of one that arrived.
func TestNotSentIsNeverSaidOfWhatArrived(t *testing.T) {
	var arrived sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Store(r.URL.Path, true)
		answer(t, w, `{}`)
	}))
	c := clientOf(t, providers.Config{BaseURL: server.URL}, rest.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]providers.Kind{}
	for i := range 600 {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(time.Duration(random.IntN(600))*time.Microsecond, cancel)
		call := submit()
		call.Path = fmt.Sprintf("/jobs/%d", i)
		if _, err := c.Do(ctx, call); err != nil {
			kinds[call.Path] = providers.KindOf(err)
		}
		stop.Stop()
		cancel()
	}
	server.Close() // all that will arrive has
	notSent := 0
	for path, kind := range kinds {
		if kind != providers.NotSent {
			continue
		}
		notSent++
		if _, there := arrived.Load(path); there {
			t.Errorf("%s arrived, and was called not sent", path)
		}
	}
	t.Logf("%d of 600 given up, %d of them not sent", len(kinds), notSent)
}

// closable remembers that it was closed.
type closable struct {
	io.Reader
	closed *atomic.Bool
}

func (c closable) Close() error {
	c.closed.Store(true)
	return nil
}

func TestABodyIsAlwaysClosed(t *testing.T) {
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(t, w, `{}`)
	})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"sent": t.Context(), "given up before": cancelled} {
		for _, target := range []string{"", "http://[::1"} {
			var closed atomic.Bool
			call := submit()
			call.Body, call.URL = closable{strings.NewReader("{}"), &closed}, target
			call.Length = -1
			_, err := c.Do(ctx, call)
			if !closed.Load() || target != "" && providers.KindOf(err) != providers.NotSent {
				t.Errorf("%s to %q: closed = %v, %v", name, target, closed.Load(), err)
			}
		}
	}
}

func TestRequestsCarryWhatTheyShould(t *testing.T) {
	var seen *http.Request
	var body bytes.Buffer
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body.Reset()
		if _, err := body.ReadFrom(r.Body); err != nil {
			t.Errorf("read request: %v", err)
		}
		w.Header().Set("Date", "Fri, 20 Nov 2026 21:03:00 GMT")
		answer(t, w, `{"id":"7"}`)
	})
	call := submit()
	call.Path, call.Query = "/jobs/"+rest.Segment("a/../b?c"), url.Values{"q": {"1 2"}}
	var out struct{ ID string }
	got, err := c.DoJSON(t.Context(), call, &out)
	if err != nil {
		t.Fatal(err)
	}
	if out.ID != "7" || body.String() != `{"a":1}` || seen.URL.EscapedPath() != "/api/jobs/a%2F..%2Fb%3Fc" || seen.URL.RawQuery != "q=1+2" {
		t.Errorf("out = %+v, body = %s, url = %s", out, &body, seen.URL)
	}
	if seen.Header.Get("Authorization") != "Bearer "+canary || seen.Header.Get("Content-Type") != "application/json" ||
		seen.Header.Get("Accept-Encoding") != "identity" || !strings.HasPrefix(seen.UserAgent(), "reelmerge") {
		t.Errorf("headers: %v", seen.Header)
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if _, sent := seen.Header[name]; sent {
			t.Errorf("%s was sent", name)
		}
	}
	if want := time.Date(2026, 11, 20, 21, 3, 0, 0, time.UTC); !got.Server.Equal(want) {
		t.Errorf("server time = %v, want %v", got.Server, want)
	}
}

func TestAWebPageIsNotTheServicesAnswer(t *testing.T) {
	for status, want := range map[int]providers.Kind{
		200: providers.Contract, 401: providers.Contract, 403: providers.Contract, 404: providers.Contract,
		429: providers.Throttled, 502: providers.Transient,
	} {
		c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			answer(t, w, "<html>Welcome to the hotel</html>")
		})
		e := failed(t, c, poll())
		if e.Kind != want || strings.Contains(e.Error(), "hotel") {
			t.Errorf("status %d: %v, %v; want %v", status, e.Kind, e, want)
		}
	}
}

func TestNewRefusesWhatWouldLeakOrFail(t *testing.T) {
	for name, c := range map[string]providers.Config{
		"no address":         {},
		"plain HTTP":         {BaseURL: "http://api.example.com"},
		"a password":         {BaseURL: "https://u:" + canary + "@api.example.com"},
		"a query":            {BaseURL: "https://api.example.com?key=" + canary},
		"a fragment":         {BaseURL: "https://api.example.com#x"},
		"another scheme":     {BaseURL: "ftp://api.example.com"},
		"not an address":     {BaseURL: "api.example.com"},
		"broken":             {BaseURL: "https://\x00" + canary},
		"idempotency":        {BaseURL: "https://a.example", Header: http.Header{"idempotency-key": {"1"}}},
		"x-idempotency":      {BaseURL: "https://a.example", Header: http.Header{"X-IDEMPOTENCY-KEY": {"1"}}},
		"content length":     {BaseURL: "https://a.example", Header: http.Header{"Content-Length": {"1"}}},
		"line break":         {BaseURL: "https://a.example", Header: http.Header{"Cookie": {canary + "\n"}}},
		"header with spaces": {BaseURL: "https://a.example", Header: http.Header{"My Header": {"1"}}},
		"header of nothing":  {BaseURL: "https://a.example", Header: http.Header{"": {"1"}}},
	} {
		_, err := rest.New(c, rest.Options{})
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
	for _, base := range []string{"http://127.0.0.1:1/x", "http://localhost:1", "http://[::1]:1", "https://api.example.com/v1/"} {
		if _, err := rest.New(providers.Config{BaseURL: base}, rest.Options{}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}
