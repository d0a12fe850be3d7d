package providertest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// unreliable is a service on this machine behind a handler that breaks its exchanges.
type unreliable struct {
	*httptest.Server
	backend Backend

	mu      sync.Mutex
	trouble trouble
	seen    []string // method and path of the requests that arrived
}

// trouble breaks one exchange. It may call next, which is the service.
type trouble func(w http.ResponseWriter, r *http.Request, next http.Handler)

// serve starts the server, which ends with the test.
func serve(t *testing.T, b Backend) *unreliable {
	t.Helper()
	s := &unreliable{backend: b}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *unreliable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	// A request counts when it arrives, whatever happens to its answer.
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	trouble := s.trouble
	s.mu.Unlock()
	if trouble == nil {
		s.backend.Handler.ServeHTTP(w, r)
		return
	}
	trouble(w, r, s.backend.Handler)
}

// meet sets the trouble of all later requests, and forgets the requests that arrived
// before.
func (s *unreliable) meet(tr trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = tr
	s.seen = nil
}

// arrived returns the requests since the last call of meet.
func (s *unreliable) arrived() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// accepted lets the service do its work, and returns its answer without sending it: the
// job exists and is paid, and the client does not know it.
func accepted(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	return answer
}

// hangUp ends the connection without an answer. The panic is net/http's own way to do
// that.
func hangUp(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// acceptThen lets the service do its work, and answers something else.
func acceptThen(instead trouble) trouble {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		accepted(r, next)
		instead(w, r, nil)
	}
}

// half sends the first half of the true answer and ends properly, as a broken proxy does.
func half(w http.ResponseWriter, r *http.Request, next http.Handler) {
	answer := accepted(r, next)
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
}

// cut ends the connection in the middle of the true answer.
func cut(w http.ResponseWriter, r *http.Request, next http.Handler) {
	answer := accepted(r, next)
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	// Without the flush the client would see no answer at all, which is hangUp.
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// say answers with a status and a body that repeats the credentials of the request, as
// careless services do. The client's errors must not show them.
func say(status int, body string, header ...string) trouble {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		all := token + " " + url.Values(r.Header).Encode()
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "HEADERS", all))
	}
}

// endless answers with a body that is far larger than any client should read. It ends at
// 256 MiB, so that a client without a limit fails the test instead of hanging it.
func endless(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.WriteString(w, `{"x":"`)
	// The text is valid JSON so far, so that a decoder alone would read it to the end.
	chunk := bytes.Repeat([]byte("x"), 1<<16)
	for range 1 << 12 { // 256 MiB
		if _, err := w.Write(chunk); err != nil || r.Context().Err() != nil {
			return
		}
	}
}

// refusal is a body with the credentials in it.
const refusal = `{"message":"refused: HEADERS","error":"refused: HEADERS"}`

// page is the answer of a proxy, or of the login page of a hotel.
const page = "<!doctype html><html><body>Please log in. HEADERS</body></html>"

// inbox receives the webhooks of a simulator, without a port.
type inbox struct {
	mu   sync.Mutex
	came []webhook
}

type webhook struct {
	header      http.Header
	query, body []byte
}

// RoundTrip implements [http.RoundTripper].
func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.came = append(i.came, webhook{r.Header.Clone(), []byte(r.URL.RawQuery), body})
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}, nil
}

// all returns the webhooks that have arrived.
func (i *inbox) all() []webhook {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]webhook(nil), i.came...)
}
