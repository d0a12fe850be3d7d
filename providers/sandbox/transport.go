package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
)

// Transport calls the sandbox in the same process, without a network. It is for tests
// inside a fake clock, and for commands with a sandbox of their own. It behaves like a
// network: a dropped connection is an error, and a request that is given up returns at once
// while the sandbox goes on. It calls the hooks of [net/http/httptrace] as if the bytes had
// left.
func (s *Sandbox) Transport() http.RoundTripper { return inProcess{s} }

// inProcess is the transport of [Sandbox.Transport].
type inProcess struct{ sandbox *Sandbox }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := drain(r.Body)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	trace(r)
	// The channel has room for the outcome. The goroutine therefore ends even if the caller
	// has given up.
	served := make(chan outcome, 1)
	go func() { served <- t.serve(r, body) }()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case o := <-served:
		return o.response, o.err
	}
}

// outcome is the result of a call in the same process.
type outcome struct {
	response *http.Response
	err      error
}

// drain reads a body to its end and closes it, as a network client does.
func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(body)
	return data, errors.Join(err, body.Close())
}

// trace calls the hooks of a request that has been sent. Clients use them to know whether a
// lost request may have arrived.
func trace(r *http.Request) {
	hooks := httptrace.ContextClientTrace(r.Context())
	if hooks == nil {
		return
	}
	if hooks.GotConn != nil {
		hooks.GotConn(httptrace.GotConnInfo{})
	}
	// The hooks come in the order of a real connection, which clients may depend on.
	if hooks.WroteHeaderField != nil {
		for name, values := range r.Header {
			hooks.WroteHeaderField(textproto.CanonicalMIMEHeaderKey(name), values)
		}
	}
	if hooks.WroteHeaders != nil {
		hooks.WroteHeaders()
	}
	if hooks.WroteRequest != nil {
		hooks.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// serve runs the handler, and turns a hang-up into the error of a lost connection.
func (t inProcess) serve(r *http.Request, body []byte) (o outcome) {
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		cause := recover()
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			o = outcome{err: fmt.Errorf("read answer: connection lost: %w", io.ErrUnexpectedEOF)}
		} else if cause != nil {
			// Any other panic is a mistake in the sandbox and must be seen.
			panic(cause)
		}
	}()
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	t.sandbox.ServeHTTP(w, in)
	return outcome{response: w.response(r)} //nolint:bodyclose // the caller of RoundTrip closes it
}

// recorder keeps the output of a handler.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	if !w.wrote {
		w.status = status
		w.wrote = true
	}
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	w.wrote = true
	return w.body.Write(p)
}

// response returns the answer in the form of a network client.
func (w *recorder) response(r *http.Request) *http.Response {
	body := w.body.Bytes()
	if r.Method == http.MethodHead {
		body = nil
	}
	// A handler may announce more bytes than it sends. The length then shows that the
	// answer was cut.
	length := int64(len(body))
	if n, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: length,
		Request:       r,
	}
}
