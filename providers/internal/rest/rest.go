// Package rest is the HTTP plumbing that the clients of all services share.
//
// One [Client.Do] is one exchange: nothing is repeated, no redirect is followed,
// and no header is sent that would make a transport repeat a request by itself.
// There is no [http.Client] in it; a request goes straight to a transport:
//
//   - a paid call goes over a connection of its own, HTTP/1.1, never reused and
//     with a body that cannot be rewound, because Go's transport sends a request
//     again when a kept connection turns out to be dead;
//   - all other calls share connections.
//
// Every failure is a [*providers.Error] that says whether the request can have
// reached the service, and whose text holds no token, no query string and no
// value of a row. [Word] and [Quantity] read members of answers that services
// write in other ways than they document.
package rest

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/providers"
)

// How long things may take where [Options] do not say.
const (
	connectTimeout = 10 * time.Second
	headerTimeout  = 60 * time.Second // of calls that cost nothing
	submitTimeout  = 120 * time.Second
	readTimeout    = 90 * time.Second
)

// userAgent names us to the services, unless the campaign sets another.
const userAgent = "reelmerge (+https://github.com/reelmerge/reelmerge)"

// Client makes calls to one service with one account. It is safe for concurrent
// use.
type Client struct {
	base     string // without a slash at the end
	header   http.Header
	paid     http.RoundTripper
	free     http.RoundTripper
	traced   bool // the transports are known to call the hooks of httptrace
	submit   time.Duration
	read     time.Duration
	redactor redactor
	ahead    atomic.Int64 // by how much the service's clock is ahead of ours, in nanoseconds
}

// sawDate remembers by how much the service's clock is ahead of ours.
func (c *Client) sawDate(date time.Time) {
	ahead := int64(time.Until(date))
	for last := c.ahead.Load(); ahead > last; last = c.ahead.Load() {
		if c.ahead.CompareAndSwap(last, ahead) {
			return
		}
	}
}

// Now is the time by our clock, or by the service's as its answers told it: whichever is
// later.
func (c *Client) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Options are what a service adds to the campaign's [providers.Config].
type Options struct {
	BaseURL       string        // where the campaign names none
	Credentials   http.Header   // sent with every call, never shown
	SubmitTimeout time.Duration // of a paid call; 120 s when zero
	ReadTimeout   time.Duration // of all other calls; 90 s when zero
}

// New returns a client. It refuses a configuration that would leak the credentials or
// fail at every call: a base URL that is neither https nor on this machine, header values
// that cannot be sent, and headers that would make Go's transport repeat a paid call. A
// transport in the configuration is used for everything, and then any base URL is
// allowed.
func New(c providers.Config, o Options) (*Client, error) {
	base, err := baseURL(c, o)
	if err != nil {
		return nil, err
	}
	header, err := headers(c.Header, o.Credentials)
	if err != nil {
		return nil, err
	}
	client := &Client{
		base: base, header: header,
		submit: cmp.Or(o.SubmitTimeout, submitTimeout),
		read:   cmp.Or(o.ReadTimeout, readTimeout),
	}
	client.redactor = newRedactor(append(secrets(c, o.Credentials), proxySecrets(os.Getenv)...))
	client.connect(c.Transport)
	return client, nil
}

// connect sets the transports. Go's own transports always tell when they have a
// connection for a request; of others that is not known.
func (c *Client) connect(given http.RoundTripper) {
	if given != nil {
		_, c.traced = given.(*http.Transport)
		c.paid, c.free = given, given
		return
	}
	c.paid = paidTransport()
	c.free = freeTransport()
	c.traced = true
}

func paidTransport() *http.Transport {
	t := newTransport()
	t.DisableKeepAlives = true
	t.DialContext = guarded(t.DialContext)
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

func freeTransport() *http.Transport {
	t := newTransport()
	t.ForceAttemptHTTP2 = true
	t.MaxIdleConnsPerHost = 64 // as many as a run has workers
	t.IdleConnTimeout = 30 * time.Second
	t.ResponseHeaderTimeout = headerTimeout
	return t
}

func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: 1 << 20,
		DisableCompression:     true, // a small answer must not unpack to a huge one
	}
}

// baseURL chooses and checks the base URL. The credentials travel with every
// call, so they leave this machine encrypted or not at all.
func baseURL(c providers.Config, o Options) (string, error) {
	text := c.BaseURL
	if text == "" {
		text = o.BaseURL
	}
	if text == "" {
		return "", errors.New("read base_url: this service has no address of its own, the campaign must name it")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("read base_url: %q is no web address", withoutSecrets(u))
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fmt.Errorf("read base_url %q: a password, ? or # has no place in it", withoutSecrets(u))
	}
	if u.Scheme == "http" && c.Transport == nil && !publicnet.IsLoopback(u.Hostname()) {
		return "", fmt.Errorf("read base_url %q: want https, the token would travel in the clear", text)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// withoutSecrets shows scheme, host and path alone.
func withoutSecrets(u *url.URL) string {
	if u == nil {
		return "?"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// headers joins the campaign's headers with the credentials, which win.
func headers(configured, credentials http.Header) (http.Header, error) {
	all := http.Header{"User-Agent": {userAgent}, "Accept": {"application/json"}}
	for _, some := range []http.Header{configured, credentials} {
		for name, values := range some {
			name = http.CanonicalHeaderKey(name)
			if err := checkHeader(name, values); err != nil {
				return nil, err
			}
			all[name] = append([]string(nil), values...)
		}
	}
	// Asking for no compression by name keeps any transport from asking for it.
	all.Set("Accept-Encoding", "identity")
	return all, nil
}

// checkHeader refuses a header that would break a call. A transport refuses a
// bad value too, but only when a call is under way.
func checkHeader(name string, values []string) error {
	switch name {
	case "Idempotency-Key", "X-Idempotency-Key":
		return fmt.Errorf("set header %q: Go's transport would repeat paid calls that carry it", name)
	case "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Trailer", "Expect":
		return fmt.Errorf("set header %q: it belongs to the single call", name)
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }) {
		return fmt.Errorf("set header %q: no name of a header", name)
	}
	for _, value := range values {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("set header %q: its value has a line break or a control character", name)
		}
	}
	return nil
}

// secrets lists the texts that must never be shown.
func secrets(c providers.Config, credentials http.Header) []string {
	all := []string{c.Token, c.WebhookSecret}
	for _, some := range []http.Header{c.Header, credentials} {
		for _, values := range some {
			all = append(all, values...)
		}
	}
	return all
}
