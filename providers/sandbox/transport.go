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

// Transport calls the sandbox in the same process, without a network: for tests
// inside a fake clock, and for a command that brings its own sandbox. A dropped
// connection is an error, a request that is given up returns at once while the
// sandbox goes on, as over a network, and the hooks of [net/http/httptrace] are
// called as if the bytes had left.
func (s *Sandbox) Transport() http.RoundTripper { return inProcess{s} }

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
	served := make(chan outcome, 1)
	go func() { served <- t.serve(r, body) }()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case o := <-served:
		return o.response, o.err
	}
}

// outcome is how a call in the same process ended.
type outcome struct {
	response *http.Response
	err      error
}

func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(body)
	return data, errors.Join(err, body.Close())
}

// trace tells the request's hooks that it is on the wire.
func trace(r *http.Request) {
	hooks := httptrace.ContextClientTrace(r.Context())
	if hooks == nil {
		return
	}
	if hooks.GotConn != nil {
		hooks.GotConn(httptrace.GotConnInfo{})
	}
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

func (t inProcess) serve(r *http.Request, body []byte) (o outcome) {
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		cause := recover()
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			o = outcome{err: fmt.Errorf("read answer: connection lost: %w", io.ErrUnexpectedEOF)}
		} else if cause != nil {
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
	return outcome{response: w.response(r)} //nolint:bodyclose // whoever called RoundTrip closes it
}

// recorder keeps what a handler writes.
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
		w.status, w.wrote = status, true
	}
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	w.wrote = true
	return w.body.Write(p)
}

func (w *recorder) response(r *http.Request) *http.Response {
	body := w.body.Bytes()
	if r.Method == http.MethodHead {
		body = nil
	}
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
