package serve_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/serve"
)

// server is a server in this process, with a campaign of a few rows.
func (w *world) server(o serve.Options) *serve.Server {
	w.t.Helper()
	w.t.Setenv("REELMERGE_STATE", filepath.Join(w.dir, "state"))
	o.Paths = append(o.Paths, w.dir)
	o.Campaigns = reelmerge.Options{Services: all.Services()}
	s, err := serve.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// caller sends requests to a handler.
type caller struct {
	t      testing.TB
	h      http.Handler
	server *serve.Server
}

// request is one with the headers of a browser that has entered. Change alters it.
func (c caller) request(method, path, body string, change func(*http.Request)) reply {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8710"+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://127.0.0.1:8710")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Authorization", "Bearer "+c.server.Token())
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// cookies are those that the answer sets.
func (r reply) cookies() []*http.Cookie {
	return (&http.Response{Header: r.header}).Cookies()
}

// campaignPath is the path of the only campaign of a world.
func (c caller) campaignPath() string {
	c.t.Helper()
	found := regexp.MustCompile(`href="(c/[^"]+)"`).FindStringSubmatch(c.request("GET", "/", "", nil).body)
	if found == nil {
		c.t.Fatal("no campaign is listed")
	}
	return "/" + found[1]
}

// attack is a request that must not succeed, and the guard that refuses it.
type attack struct {
	name, guard  string
	method, path string // of a campaign's page where it begins without a slash
	body         string
	change       func(*http.Request)
	want         int
}

func attacks() []attack {
	form := "plan=" + strings.Repeat("0", 64)
	evil := func(r *http.Request) {
		r.Host = "evil.example"
		r.Header.Set("Origin", "http://evil.example")
	}
	return []attack{
		{"a page elsewhere posts", "origin", "POST", "run", form, func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 403},
		{"a page elsewhere posts, and its browser tells the origin alone", "origin", "POST", "run", form, func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Del("Sec-Fetch-Site")
		}, 403},
		{"a page of another port posts", "origin", "POST", "stop", "", func(r *http.Request) {
			r.Header.Set("Origin", "http://127.0.0.1:9999")
			r.Header.Set("Sec-Fetch-Site", "same-site")
		}, 403},
		{"a page without an origin posts", "origin", "POST", "run", form, func(r *http.Request) {
			r.Header.Set("Origin", "null")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 403},
		{"a name that leads here posts, with its own origin", "host", "POST", "run", form, evil, 421},
		{"a name that leads here reads", "host", "GET", "rows", "", evil, 421},
		{"no host", "host", "GET", "rows", "", func(r *http.Request) { r.Host = "" }, 421},
		{"a host that looks like this machine", "host", "GET", "rows", "", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 421},
		{"another program of this machine posts without any header", "session", "POST", "run", form, stranger, 401},
		{"another program of this machine reads", "session", "GET", "results.csv", "", stranger, 401},
		{"a wrong token", "session", "GET", "rows", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401},
		{"a made-up cookie", "session", "GET", "rows", "", func(r *http.Request) {
			stranger(r)
			r.Header.Set("Cookie", "reelmerge=1; reelmerge-00000000=1")
		}, 401},
		{"the numbers without the token", "session", "GET", "/metrics", "", stranger, 401},
		{"the stream without the token", "session", "GET", "/events", "", stranger, 401},
		{"a body of a gigabyte", "size", "POST", "run", form, func(r *http.Request) { r.ContentLength = 1 << 30 }, 413},
		{"a body without an end", "size", "POST", "run", "plan=" + strings.Repeat("0", 2<<20), func(r *http.Request) { r.ContentLength = -1 }, 400},
		{"files of three gigabytes", "size", "POST", "/new", "--x--", func(r *http.Request) {
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			r.ContentLength = 3 << 30
		}, 413},
		{"files where a form belongs", "size", "POST", "run", "--x--", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, 415},
		{"a page elsewhere brings files", "origin", "POST", "/new", "--x--", func(r *http.Request) {
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 403},
		{"another program of this machine brings files", "session", "POST", "/new", "--x--", func(r *http.Request) {
			stranger(r)
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		}, 401},
		{"a body that is no form", "size", "POST", "run", `{"plan":"0"}`, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
	}
}

// stranger takes away what a browser that has entered sends.
func stranger(r *http.Request) {
	for _, name := range []string{"Authorization", "Origin", "Sec-Fetch-Site"} {
		r.Header.Del(name)
	}
}

// TestEachGuardRefusesItsAttacks is the matrix of safety: every attack is refused with its
// status, and is not without the guard that the line names.
func TestEachGuardRefusesItsAttacks(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	used := map[string]bool{"record": true}
	for _, a := range attacks() {
		if !strings.HasPrefix(a.path, "/") {
			a.path = base + a.path
		}
		used[a.guard] = true
		if got := c.request(a.method, a.path, a.body, a.change); got.status != a.want {
			t.Errorf("%s: %d, want %d", a.name, got.status, a.want)
		}
		if a.path == "/events" {
			continue // it would not end
		}
		open := caller{t, s.Without(a.guard), s}
		if got := open.request(a.method, a.path, a.body, a.change); got.status == a.want {
			t.Errorf("%s: %d also without the guard %q: the line shows nothing", a.name, got.status, a.guard)
		}
	}
	used["headers"] = headersHold(t, c, s)
	for _, name := range s.Guards() {
		if !used[name] {
			t.Errorf("no line shows what the guard %q is for", name)
		}
	}
}

// headersHold shows that the headers are those of one guard.
func headersHold(t *testing.T, c caller, s *serve.Server) bool {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := c.request("GET", "/", "", nil).header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q", name, got)
		}
		if got := (caller{t, s.Without("headers"), s}).request("GET", "/", "", nil).header.Get(name); got != "" {
			t.Errorf("%s is %q without its guard", name, got)
		}
	}
	csp := c.request("GET", "/", "", nil).header.Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("the policy is %q", csp)
	}
	return true
}

// TestADoorOpensWithTheTokenAlone enters as a browser does, and leaves.
func TestADoorOpensWithTheTokenAlone(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	s := w.server(serve.Options{Secure: true, Password: "correct horse battery", Log: slog.New(slog.DiscardHandler)})
	c := caller{t, s.Handler(), s}
	enter := func(word string) reply {
		return c.request("POST", "/session", url.Values{"token": {word}}.Encode(), func(r *http.Request) { r.Header.Del("Authorization") })
	}
	if got := enter("guess"); got.status != 401 || len(got.cookies()) > 0 {
		t.Errorf("a guess: %d, %v", got.status, got.cookies())
	}
	pass := s.Pass()
	for i, word := range []string{s.Token(), "correct horse battery", pass} {
		got := enter(word)
		if got.status != 303 || got.header.Get("Location") != "./" || len(got.cookies()) != 1 {
			t.Fatalf("word %d: %d, %v", i, got.status, got.cookies())
		}
		cookie := got.cookies()[0]
		if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "" || cookie.Value == word {
			t.Errorf("word %d: the cookie is %+v", i, cookie)
		}
		with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie) }
		if got := c.request("GET", "/metrics", "", with); got.status != 200 {
			t.Errorf("word %d: the session gets %d", i, got.status)
		}
		c.request("POST", "/leave", "", with)
		if got := c.request("GET", "/metrics", "", with); got.status != 401 {
			t.Errorf("word %d: after leaving, the session gets %d", i, got.status)
		}
	}
	if got := enter(pass); got.status != 401 {
		t.Errorf("a pass opened twice: %d", got.status)
	}
	for range 30 {
		enter("guess")
	}
	if got := enter("correct horse battery"); got.status != 429 {
		t.Errorf("after thirty guesses, the password gets %d", got.status)
	}
	if got := enter(s.Token()); got.status != 303 {
		t.Errorf("after thirty guesses, the token gets %d", got.status)
	}
}

// TestWhatIsOpenSaysNothing lists what is answered without a session.
func TestWhatIsOpenSaysNothing(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	s := w.server(serve.Options{Hosts: []string{"Reel.Example"}})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	for _, path := range []string{"/", "/healthz", "/web/style.css", "/web/live.js", "/web/frame.html", "/web/..%2fserve.go", base, base + "plan", base + "files/results.csv", "/nowhere"} {
		got := c.request("GET", path, "", stranger)
		if body := got.body; strings.Contains(body, "spring") || strings.Contains(body, "C0000") || strings.Contains(body, "package serve") || strings.Contains(body, "{{") {
			t.Errorf("%s tells a stranger: %.200s", path, body)
		}
	}
	if got := c.request("GET", "/", "", func(r *http.Request) { r.Host = "reel.example:443" }); got.status != 200 {
		t.Errorf("a host that was named gets %d", got.status)
	}
	if names := s.Guards(); !slices.Contains(names, "host") {
		t.Errorf("guards: %q", names)
	}
}

// TestARealServerRefusesForeignHosts asks over a socket, as a browser whose name server lies.
func TestARealServerRefusesForeignHosts(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	p := w.serve("--listen", "127.0.0.1:0")
	for host, want := range map[string]int{"evil.example": 421, "": 200, "localhost:1": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Authorization", "Bearer "+p.token())
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("host %q: %d, want %d", host, got.StatusCode, want)
		}
	}
	if code := p.end(); code != 0 && code != 143 {
		t.Errorf("it ended with %d", code)
	}
}

// TestBeyondThisMachineAPasswordAndTLSAreNeeded starts the server in every way that would let
// others in.
func TestBeyondThisMachineAPasswordAndTLSAreNeeded(t *testing.T) {
	w := newWorld(t, 3, time.Second, "")
	w.write("password.txt", "correct horse battery\n")
	w.write("short.txt", "1234\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--listen", "0.0.0.0:0"}, "is open to other machines"},
		{[]string{"--listen", ":0"}, "is open to other machines"},
		{[]string{"--listen", "192.0.2.1:0", "--behind-proxy"}, "is open to other machines"},
		{[]string{"--listen", "0.0.0.0:0", "--password-file", "password.txt"}, "is open to other machines"},
		{[]string{"--listen", "0.0.0.0:0", "--password-file", "short.txt", "--behind-proxy"}, "fewer than 8 characters"},
		{[]string{"--listen", "127.0.0.1:0", "--tls-cert", "cert.pem"}, "belong together"},
		{[]string{"--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"}, "cert.pem"},
		{[]string{"nowhere"}, "cannot be served"},
	} {
		out, code := w.command(append([]string{"serve", "--no-browser"}, c.args...)...)
		if code != 2 || !strings.Contains(out, c.want) || !strings.Contains(out, "hint:") {
			t.Errorf("%v: %d, %s", c.args, code, out)
		}
	}
}
