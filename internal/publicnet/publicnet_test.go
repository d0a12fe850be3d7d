package publicnet_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
)

func TestPublicKnowsWhatIsNot(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "fd00::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false,
		"0.0.0.0": false, "::": false, "0.1.2.3": false, "100.64.1.1": false, "224.0.0.1": false, "ff02::1": false,
		"255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false, "64:ff9b::7f00:1": false,
		"2002:7f00:1::": false, "2001:0:1::": false, "192.0.0.1": false,
	} {
		if got := publicnet.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v, want %v", text, got, want)
		}
	}
	if publicnet.Public(netip.Addr{}) {
		t.Error("the zero address is public")
	}
}

// secret starts a server on this machine that no client should reach.
func secret(t *testing.T) (port string, reached *bool) {
	t.Helper()
	reached = new(bool)
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *reached = true }))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port(), reached
}

func TestNoSpellingOfALocalAddressIsReached(t *testing.T) {
	port, reached := secret(t)
	client := publicnet.New(publicnet.Options{})
	forbidden := 0
	for _, host := range []string{
		"127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0",
		"127.1", "[::127.0.0.1]", "169.254.169.254", "[fd00::1]", "100.64.1.1",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		response, err := client.Get(ctx, "https://"+host+":"+port+"/", nil)
		cancel()
		if err == nil {
			closeBody(t, response)
			t.Errorf("%s was reached", host)
		}
		if errors.Is(err, publicnet.ErrForbidden) {
			forbidden++
		}
	}
	if *reached {
		t.Error("a request reached this machine")
	}
	if forbidden < 8 { // the rest are names that do not resolve here
		t.Errorf("only %d addresses were refused by the guard", forbidden)
	}
}

func TestOnlyHTTPSUnlessTheHostIsAllowed(t *testing.T) {
	for _, link := range []string{"http://example.com/", "file:///etc/passwd", "ftp://example.com/", "https://u:p@example.com/", "//example.com", ":"} {
		response, err := publicnet.New(publicnet.Options{}).Get(t.Context(), link, nil)
		if err == nil {
			closeBody(t, response)
		}
		if !errors.Is(err, publicnet.ErrForbidden) {
			t.Errorf("Get(%q) = %v, want ErrForbidden", link, err)
		}
	}
}

func TestAnAllowedHostIsReachedAndNoOther(t *testing.T) {
	var seen http.Header
	allowed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		write(t, w, "video")
	}))
	defer allowed.Close()
	other := httptest.NewServer(allowed.Config.Handler)
	defer other.Close()
	client := publicnet.New(publicnet.Options{Loopback: []string{strings.TrimPrefix(allowed.URL, "http://")}})
	defer client.CloseIdleConnections()

	response, err := client.Get(t.Context(), allowed.URL+"/a.mp4", http.Header{"Range": {"bytes=1-"}, "Authorization": {"Bearer s3cret"}, "cookie": {"s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer closeBody(t, response)
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "video" {
		t.Errorf("body = %q, %v", body, err)
	}
	if seen.Get("Range") == "" || seen.Get("Authorization") != "" || seen.Get("Cookie") != "" {
		t.Errorf("headers sent: %v", seen)
	}
	if again, err := client.Get(t.Context(), other.URL, nil); !errors.Is(err, publicnet.ErrForbidden) {
		if err == nil {
			closeBody(t, again)
		}
		t.Errorf("another port on this machine: %v", err)
	}
}

func TestRedirectsAreCheckedAgain(t *testing.T) {
	port, reached := secret(t)
	steps := 0
	var referer string
	hop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		referer += r.Header.Get("Referer")
		steps++
		switch r.URL.Path {
		case "/in":
			http.Redirect(w, r, "https://127.0.0.1:"+port+"/", http.StatusFound)
		case "/down":
			http.Redirect(w, r, "http://example.com/", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/once":
			http.Redirect(w, r, "/end?sig=abc", http.StatusFound)
		}
	}))
	defer hop.Close()
	client := publicnet.New(publicnet.Options{Loopback: []string{strings.TrimPrefix(hop.URL, "http://")}})
	for _, path := range []string{"/in", "/down", "/loop"} {
		steps = 0
		response, err := client.Get(t.Context(), hop.URL+path+"?sig=s3cret", nil)
		if err == nil {
			closeBody(t, response)
		}
		if !errors.Is(err, publicnet.ErrForbidden) {
			t.Errorf("%s: %v, want ErrForbidden", path, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error shows the link: %v", err)
		}
		if steps > 4 {
			t.Errorf("%s: %d requests", path, steps)
		}
	}
	if *reached {
		t.Error("a redirect reached this machine")
	}
	response, err := client.Head(t.Context(), hop.URL+"/once?sig=s3cret")
	if err != nil {
		t.Fatal(err)
	}
	closeBody(t, response)
	if referer != "" {
		t.Errorf("a redirect told where it came from: %q", referer)
	}
}

// TestCredentialsStayWithTheirHost follows a redirect to a server that must not see them.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	var strange http.Header
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { strange = r.Header.Clone() }))
	defer stranger.Close()
	var seen http.Header
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		http.Redirect(w, r, stranger.URL, http.StatusFound)
	}))
	defer service.Close()
	host := strings.TrimPrefix(service.URL, "http://")
	client := publicnet.New(publicnet.Options{
		Loopback: []string{host, strings.TrimPrefix(stranger.URL, "http://")},
		Credentials: func(u *url.URL) http.Header {
			if u.Host != host {
				return nil
			}
			return http.Header{"X-Acme-Token": {"s3cret"}}
		},
	})
	defer client.CloseIdleConnections()
	response, err := client.Get(t.Context(), service.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeBody(t, response)
	if seen.Get("X-Acme-Token") != "s3cret" || strange == nil || strange.Get("X-Acme-Token") != "" {
		t.Errorf("the service saw %v, the stranger %v", seen, strange)
	}
}

func TestAServerThatStopsSendingIsGivenUp(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(t, w, "half")
		http.NewResponseController(w).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	client := publicnet.New(publicnet.Options{Loopback: []string{strings.TrimPrefix(server.URL, "http://")}, Idle: 50 * time.Millisecond})
	response, err := client.Get(t.Context(), server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeBody(t, response)
	if body, err := io.ReadAll(response.Body); string(body) != "half" || !errors.Is(err, publicnet.ErrIdle) {
		t.Errorf("body = %q, %v; want half and ErrIdle", body, err)
	}
}

func TestASlowReaderIsNotAnIdleServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := false
		body := publicnet.NewBody(io.NopCloser(strings.NewReader("ab")), time.Second, func() { cancelled = true })
		one := make([]byte, 1)
		for range 2 {
			time.Sleep(time.Hour)
			if n, err := body.Read(one); n != 1 || err != nil {
				t.Fatalf("Read = %d, %v", n, err)
			}
		}
		time.Sleep(time.Hour)
		if cancelled {
			t.Error("the pause between two reads counted as idleness")
		}
		if err := body.Close(); err != nil || !cancelled {
			t.Errorf("Close = %v, cancelled = %v", err, cancelled)
		}
	})
}

func closeBody(t *testing.T, r *http.Response) {
	t.Helper()
	if err := r.Body.Close(); err != nil {
		t.Errorf("close body: %v", err)
	}
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Errorf("write answer: %v", err)
	}
}

func TestLoopbackIsKnownByItsName(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "reelmerge.localhost": true, "127.0.0.1": true, "127.9.9.9": true,
		"::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "notlocalhost": false, "10.0.0.1": false, "0.0.0.0": false, "::": false,
	} {
		if got := publicnet.IsLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
