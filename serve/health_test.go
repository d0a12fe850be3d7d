package serve_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/serve"
)

// TestAServerIsAskedWhetherItAnswers asks servers that are opened in each way.
func TestAServerIsAskedWhetherItAnswers(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	w.write("password.txt", "correct horse battery\n")
	w.certificate("cert.pem", "key.pem")
	for name, p := range map[string]*process{
		"this machine":   w.serve("--listen", "127.0.0.1:0"),
		"with TLS":       w.serve("--listen", "0.0.0.0:0", "--password-file", "password.txt", "--tls-cert", "cert.pem", "--tls-key", "key.pem"),
		"behind a proxy": w.serve("--listen", ":0", "--password-file", "password.txt", "--behind-proxy"),
	} {
		u, err := url.Parse(p.base())
		if err != nil {
			t.Fatal(err)
		}
		for _, listen := range []string{"127.0.0.1:", "0.0.0.0:", ":", "[::]:", "localhost:"} {
			if err := (serve.Line{Listen: listen + u.Port()}).Ask(t.Context()); err != nil {
				t.Errorf("%s, %s: %v", name, listen, err)
			}
		}
		p.kill()
		if err := (serve.Line{Listen: "127.0.0.1:" + u.Port()}).Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "no server answers") {
			t.Errorf("%s, killed: %v", name, err)
		}
	}
}

// TestAnotherProgramAtTheAddressIsNoServer asks what is not a server of ours, or answers nothing.
func TestAnotherProgramAtTheAddressIsNoServer(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"another page":   func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "welcome") },
		"nothing there":  http.NotFound,
		"in distress":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"says ok and on": func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "ok\nbut") },
	} {
		s := httptest.NewServer(handler)
		if err := (serve.Line{Listen: strings.TrimPrefix(s.URL, "http://")}).Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "not in order") {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := (serve.Line{Listen: mute.Addr().String()}).Ask(ctx); err == nil {
		t.Error("what says nothing is in order")
	}
	if err := (serve.Line{Listen: "8710"}).Ask(t.Context()); err == nil {
		t.Error("an address without a port is asked")
	}
}
