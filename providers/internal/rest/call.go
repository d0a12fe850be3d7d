package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// maxAnswer is the most that is read of an answer.
const maxAnswer = 4 << 20

// Call is one request to a service.
type Call struct {
	Name    string // in errors: "submit", "poll"
	Method  string
	Path    string // below the base URL, beginning with a slash; see [Segment]
	URL     string // instead of Path, where an endpoint lies elsewhere
	Query   url.Values
	Body    io.Reader   // nil for none
	Length  int64       // of Body, where it is known; -1 where it is not
	Type    string      // content type of Body
	Header  http.Header // of this call alone
	Paid    bool        // it may create something that costs money
	Private []string    // values of the row: they are taken out of the service's words
}

// JSON returns the call with a JSON body.
func (c Call) JSON(body []byte) Call {
	c.Body = bytes.NewReader(body)
	c.Length = int64(len(body))
	c.Type = "application/json"
	return c
}

// abandon closes the body of a call that never reaches the transport: a goroutine that
// writes into a pipe would otherwise wait for ever.
func (c Call) abandon() {
	if closer, ok := c.Body.(io.Closer); ok {
		_ = closer.Close() // nothing was sent, so a failure to close means nothing
	}
}

// Segment escapes an id for use in a path, as one segment.
func Segment(id string) string { return url.PathEscape(id) }

// Answer is what a service answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Server time.Time // the service's clock; zero when it told none
	Rate   providers.RateHint
}

// Do makes the call, once. Any answer but a 2xx is an error, with the answer
// beside it for a service that says more in the body than the status tells. A
// body that can be closed is closed in every case.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	if ctx.Err() != nil {
		call.abandon()
		return Answer{}, c.failure(call, providers.NotSent, context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout(call))
	defer cancel()
	wire := &wire{ctx: ctx}
	request, err := c.request(wire.context(call), call)
	if err == nil && call.Paid {
		err = providers.Open(ctx)
	}
	if err != nil {
		call.abandon()
		return Answer{}, c.failure(call, providers.NotSent, err)
	}
	response, err := c.transport(call).RoundTrip(request)
	if err == nil && response == nil {
		err = errors.New("no answer and no error")
	}
	if err != nil {
		return Answer{}, c.failure(call, wire.kind(c.traced, err), err)
	}
	defer func() { _ = response.Body.Close() }() // nothing follows on it: all was read
	return c.answer(call, response)
}

// DoJSON makes the call and decodes the answer into out. An answer that is not
// JSON of that shape is a [providers.Contract] failure: a paid call that ends
// like this may well have been accepted.
func (c *Client) DoJSON(ctx context.Context, call Call, out any) (Answer, error) {
	answer, err := c.Do(ctx, call)
	if err != nil {
		return answer, err
	}
	if json.Unmarshal(answer.Body, out) != nil {
		return answer, c.Misunderstood(call, answer, "the answer is not the JSON that was expected")
	}
	return answer, nil
}

// Misunderstood is the error for an answer that makes no sense.
func (c *Client) Misunderstood(call Call, answer Answer, why string) *providers.Error {
	if isPage(answer) {
		why = notFromTheService
	}
	return &providers.Error{
		Kind: providers.Contract, Call: call.Name, Status: answer.Status, Message: why, Rate: answer.Rate,
	}
}

func (c *Client) timeout(call Call) time.Duration {
	if call.Paid {
		return c.submit
	}
	return c.read
}

func (c *Client) transport(call Call) http.RoundTripper {
	if call.Paid {
		return c.paid
	}
	return c.free
}

func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	target := call.URL
	if target == "" {
		target = c.base + call.Path
	}
	if len(call.Query) > 0 {
		target += "?" + call.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, target, call.Body)
	if err != nil {
		return nil, err
	}
	request.Header = c.header.Clone()
	for name, values := range call.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	if call.Body != nil {
		request.ContentLength = call.Length
		request.Header.Set("Content-Type", call.Type)
	}
	if call.Paid {
		// Without a way to rewind the body no transport can send it twice.
		request.GetBody = nil
		request.Close = true
	}
	return request, nil
}

// wire remembers how far a request came.
type wire struct {
	asked, connected atomic.Bool
	shut             atomic.Bool     // the guard kept the first byte back
	left             atomic.Bool     // the first byte may have left
	ctx              context.Context // with the guard //nolint:containedctx // it ends with the call
}

// context is that of the request: its hooks tell how far it came, and a paid one leads the
// connection to its guard.
func (w *wire) context(call Call) context.Context {
	ctx := httptrace.WithClientTrace(w.ctx, w.hooks())
	if call.Paid {
		ctx = context.WithValue(ctx, wireKey{}, w)
	}
	return ctx
}

type wireKey struct{}

// guardedConn asks the guard of its request directly in front of the first byte. What is
// written before there is a whole connection belongs to TLS or to a proxy.
type guardedConn struct {
	net.Conn
	wire *wire
}

// Write implements [net.Conn].
func (c guardedConn) Write(b []byte) (int, error) {
	w := c.wire
	if w.connected.Load() && !w.left.Load() {
		if err := providers.Open(w.ctx); err != nil {
			w.shut.Store(true)
			return 0, err
		}
		w.left.Store(true)
	}
	return c.Conn.Write(b)
}

// guarded makes the connections of paid calls ask their guards.
func guarded(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if w, ok := ctx.Value(wireKey{}).(*wire); ok && err == nil {
			conn = guardedConn{conn, w}
		}
		return conn, err
	}
}

func (w *wire) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
	}
}

// kind says whether a request that got no answer can have left. The boundary is
// the moment when the transport has a connection for it (dialled, through any
// proxy, TLS done) and not when it reports the headers as written: a request
// that is given up between the two is still being written by another goroutine.
//
// Of a transport that calls no hooks nothing is known, so only an error that a
// dial alone can give counts as not sent.
func (w *wire) kind(traced bool, err error) providers.Kind {
	switch {
	case w.shut.Load():
		return providers.NotSent
	case w.connected.Load():
		return providers.Unknown
	case traced || w.asked.Load() || beforeConnection(err):
		return providers.NotSent
	}
	return providers.Unknown
}

// answer reads what came back.
func (c *Client) answer(call Call, response *http.Response) (Answer, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	now := time.Now()
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: body}
	if date, e := http.ParseTime(response.Header.Get("Date")); e == nil {
		answer.Server, now = date, date
		c.sawDate(date)
	}
	answer.Rate = rateHint(response.Header, now)
	switch {
	case answer.Status < 200 || answer.Status > 299:
		return answer, c.refusal(call, answer, now)
	case err != nil:
		return answer, c.failure(call, providers.Unknown, err)
	case len(body) > maxAnswer:
		return answer, c.Misunderstood(call, answer, "the answer is longer than 4 MiB")
	case encoded(response.Header) || isPage(answer):
		return answer, c.Misunderstood(call, answer, notFromTheService)
	}
	return answer, nil
}

// encoded reports whether the body is compressed, although no request asks for that.
func encoded(h http.Header) bool {
	e := h.Get("Content-Encoding")
	return e != "" && !strings.EqualFold(e, "identity")
}

// isPage reports whether an answer is a web page: of a captive portal, a proxy
// or a firewall, but not of a service that speaks JSON. The content type says
// little: some servers call every text HTML.
func isPage(a Answer) bool {
	return bytes.HasPrefix(bytes.TrimLeft(a.Body, "\ufeff \t\r\n"), []byte("<"))
}
