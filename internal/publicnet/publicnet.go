// Package publicnet fetches addresses that strangers name: links to results, pictures in a
// template. Such an address must not make this machine talk to its own network.
//
// A [Client] speaks https only. It checks the address of a name at the moment of dialling,
// so that no spelling, no redirect and no change of a DNS record gets around the check. It
// uses no proxy, which would hide the address, sends no credentials but those that its
// owner has for a host, and follows at most three redirects. It reaches a host on this machine only if the host was allowed by name.
package publicnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrForbidden is returned, wrapped in a [*ForbiddenError], for an address that is not
// public, not https, or behind too many redirects.
var ErrForbidden = errors.New("address is not allowed")

// ForbiddenError says why an address is not fetched.
type ForbiddenError struct{ Why string }

// Error returns the reason in one line, without the address.
func (e *ForbiddenError) Error() string { return ErrForbidden.Error() + ": " + e.Why }

// Unwrap returns [ErrForbidden].
func (e *ForbiddenError) Unwrap() error { return ErrForbidden }

// Limits of time and of redirects.
const (
	connectTimeout = 10 * time.Second
	headerTimeout  = 30 * time.Second
	idleTimeout    = 30 * time.Second
	maxRedirects   = 3
)

// Options allow more than the public network.
type Options struct {
	// Loopback lists hosts on this machine that may be reached, over plain HTTP, too, in
	// the form "127.0.0.1:8787". The port must be the same.
	Loopback []string
	// Resolver looks up names; nil: the system's.
	Resolver *net.Resolver
	// Credentials returns the headers with which an address may be asked, such as a file
	// that needs the token of its service. It is asked anew for each redirect. Nil: none.
	Credentials func(*url.URL) http.Header
	// NoRedirects takes a redirect for the answer.
	NoRedirects bool
	// Idle is how long a body may bring no byte; default: 30 s. The whole body may take any
	// time at 1 KiB a second or more.
	Idle time.Duration
}

// Client fetches from public addresses. It is safe for concurrent use.
type Client struct {
	http *http.Client
	idle time.Duration
}

// New returns a client. Close its idle connections after use.
func New(o Options) *Client {
	guard := &guard{loopback: map[string]bool{}, resolver: o.Resolver, credentials: o.Credentials}
	for _, host := range o.Loopback {
		guard.loopback[strings.ToLower(host)] = true
	}
	// The transport has no Proxy on purpose. A proxy would do the dialling, behind the
	// guard.
	guard.transport = &http.Transport{
		DialContext:           guard.dial,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       30 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true,
	}
	idle := o.Idle
	if idle <= 0 {
		idle = idleTimeout
	}
	redirect := guard.redirect
	if o.NoRedirects {
		redirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &Client{http: &http.Client{Transport: guard, CheckRedirect: redirect}, idle: idle}
}

// CloseIdleConnections closes unused connections.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Get requests a link. header may be nil; credentials in it are not sent.
func (c *Client) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	return c.do(ctx, http.MethodGet, link, nil, header)
}

// Head requests only the headers of a link.
func (c *Client) Head(ctx context.Context, link string) (*http.Response, error) {
	return c.do(ctx, http.MethodHead, link, nil, nil)
}

// Post sends a body.
func (c *Client) Post(ctx context.Context, link, contentType string, body io.Reader) (*http.Response, error) {
	return c.do(ctx, http.MethodPost, link, body, http.Header{"Content-Type": {contentType}})
}

// Put sends a file.
func (c *Client) Put(ctx context.Context, link, contentType string, body io.Reader) (*http.Response, error) {
	return c.do(ctx, http.MethodPut, link, body, http.Header{"Content-Type": {contentType}})
}

// do makes one request. Its error names only the host: links to results are often signed,
// and a reader of the error could fetch the file.
func (c *Client) do(ctx context.Context, method, link string, body io.Reader, header http.Header) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, method, link, body)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("fetch link: %w", &ForbiddenError{"it is no web address"})
	}
	for name, values := range header {
		if !credential(name) {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("fetch from %q: %w", request.URL.Host, bare(err))
	}
	// From here on the body ends the request. Cancelling it earlier would cut the answer.
	response.Body = newBody(response.Body, c.idle, cancel)
	return response, nil
}

// credential reports whether a header carries a credential. A stranger's server must not
// get one.
func credential(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key":
		return true
	}
	return false
}

// bare removes the link from an error.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// guard checks every request, redirected ones too, and every connection.
type guard struct {
	transport   *http.Transport
	loopback    map[string]bool
	resolver    *net.Resolver
	credentials func(*url.URL) http.Header
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.User != nil:
		return nil, &ForbiddenError{"it has a password in it"}
	case !g.encrypted(r.URL):
		return nil, &ForbiddenError{"it is not https"}
	}
	if g.credentials != nil {
		// They are set on a copy: a header of the request would go along with redirects.
		own := r.Clone(r.Context())
		maps.Copy(own.Header, g.credentials(r.URL))
		r = own
	}
	return g.transport.RoundTrip(r)
}

// encrypted reports whether a connection is safe from listeners. Plain HTTP is only for an
// allowed host on this machine.
func (g *guard) encrypted(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && g.loopback[strings.ToLower(u.Host)]
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (g *guard) CloseIdleConnections() { g.transport.CloseIdleConnections() }

// redirect limits redirects and removes the Referer, because the link that led here may be
// signed.
func (g *guard) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return &ForbiddenError{fmt.Sprintf("more than %d redirects", maxRedirects)}
	}
	r.Header.Del("Referer")
	return nil
}

// dial connects to a host, unless its resolved address is forbidden. The check is in the
// dialer's control function, between resolving and connecting, so the checked address is
// the one that is used.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	allowed := Public
	if g.loopback[strings.ToLower(address)] {
		allowed = func(a netip.Addr) bool { return a.Unmap().IsLoopback() || Public(a) }
	}
	dialer := &net.Dialer{
		Timeout: connectTimeout, Resolver: g.resolver,
		ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(resolved)
			if err != nil || !allowed(at.Addr()) {
				return &ForbiddenError{"it leads into a private network"}
			}
			return nil
		},
	}
	return dialer.DialContext(ctx, network, address)
}
