// Package publicnet fetches what strangers name: links to results, pictures in a
// template. Such an address must not make this machine talk to its own network.
//
// A [Client] speaks https only, and looks at the address that a name resolved to
// at the moment of dialling, so that no spelling of an address, no redirect and
// no change of a DNS record in between gets around it. It uses no proxy, which
// would hide that address, sends no credentials and follows at most three
// redirects. A host on this machine is reached only when it was allowed by name.
package publicnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrForbidden is returned, wrapped in a [*ForbiddenError], for an address that is
// not public, not https, or reached by too many redirects.
var ErrForbidden = errors.New("address is not allowed")

// ForbiddenError says why an address is not fetched from.
type ForbiddenError struct{ Why string }

// Error says it in one line, without the address.
func (e *ForbiddenError) Error() string { return ErrForbidden.Error() + ": " + e.Why }

// Unwrap returns [ErrForbidden].
func (e *ForbiddenError) Unwrap() error { return ErrForbidden }

// How long things may take.
const (
	connectTimeout = 10 * time.Second
	headerTimeout  = 30 * time.Second
	idleTimeout    = 30 * time.Second
	maxRedirects   = 3
)

// Options say what a client may reach beyond the public network.
type Options struct {
	// Loopback lists hosts on this machine that may be reached, over plain HTTP
	// too, as "127.0.0.1:8787". The port must be the same.
	Loopback []string
	// Resolver looks up names; nil is the system's.
	Resolver *net.Resolver
	// Idle is for how long a body may bring nothing, 30 s when zero. The whole
	// may take as long as it likes while it brings 1 KiB a second.
	Idle time.Duration
}

// Client fetches from public addresses. It is safe for concurrent use.
type Client struct {
	http *http.Client
	idle time.Duration
}

// New returns a client. Close its idle connections when it is done with.
func New(o Options) *Client {
	guard := &guard{loopback: map[string]bool{}, resolver: o.Resolver}
	for _, host := range o.Loopback {
		guard.loopback[strings.ToLower(host)] = true
	}
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
	return &Client{http: &http.Client{Transport: guard, CheckRedirect: guard.redirect}, idle: idle}
}

// CloseIdleConnections closes connections that nobody uses.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Get asks for a link. Header may be nil; credentials in it are not sent.
func (c *Client) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	return c.do(ctx, http.MethodGet, link, header)
}

// Head asks for the headers of a link only.
func (c *Client) Head(ctx context.Context, link string) (*http.Response, error) {
	return c.do(ctx, http.MethodHead, link, nil)
}

// do makes one request. Its error names the host alone: links to results are
// often signed, and whoever reads the signature can fetch the file.
func (c *Client) do(ctx context.Context, method, link string, header http.Header) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, method, link, nil)
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
	response.Body = newBody(response.Body, c.idle, cancel)
	return response, nil
}

func credential(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key":
		return true
	}
	return false
}

// bare takes the link out of an error.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// guard looks at every request, redirected ones too, and at every connection.
type guard struct {
	transport *http.Transport
	loopback  map[string]bool
	resolver  *net.Resolver
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.User != nil:
		return nil, &ForbiddenError{"it has a password in it"}
	case !g.encrypted(r.URL):
		return nil, &ForbiddenError{"it is not https"}
	}
	return g.transport.RoundTrip(r)
}

// encrypted reports whether nobody can listen in: plain HTTP is for an allowed
// host on this machine alone.
func (g *guard) encrypted(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && g.loopback[strings.ToLower(u.Host)]
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (g *guard) CloseIdleConnections() { g.transport.CloseIdleConnections() }

// redirect limits redirects and forgets where they came from: the link may be
// signed.
func (g *guard) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return &ForbiddenError{fmt.Sprintf("more than %d redirects", maxRedirects)}
	}
	r.Header.Del("Referer")
	return nil
}

// dial connects to a host unless the address it resolved to is forbidden. The
// check is in the dialer's control function, between resolving and connecting.
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
