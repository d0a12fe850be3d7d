package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// account is the simulator as a service of its own, reached over HTTP by a token
// from the environment, and what was asked of it.
type account struct {
	sandbox *sandbox.Sandbox
	base    string
	mu      sync.Mutex
	asked   []string
}

func newAccount(t *testing.T) *account {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := &account{sandbox: sb}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked = append(a.asked, r.Method+" "+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		a.mu.Unlock()
		sb.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); sb.Close() })
	a.base = sb.BaseURL(sandbox.Colossyan, server.URL)
	t.Setenv("COLOSSYAN_TOKEN", secretToken)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return a
}

const secretToken = "token-that-nobody-may-see"

// take returns what was asked since the last time.
func (a *account) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := a.asked
	a.asked = nil
	slices.Sort(asked)
	return asked
}

// written puts files into a folder of their own.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func command(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	var o, s bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(""), &o, &s})
	return code, o.String(), s.String()
}

func TestAssetsAreKeptForAWhileAndPerAccount(t *testing.T) {
	a := newAccount(t)
	dir := written(t, map[string]string{"c.yaml": fmt.Sprintf(
		"rows: {file: r.csv}\ntemplate: t.json\nprovider: {name: colossyan, base_url: %q}\n", a.base)})
	ask := func(flags ...string) string {
		code, out, said := command(t, append([]string{"assets", "colossyan", "voices", "--campaign", filepath.Join(dir, "c.yaml")}, flags...)...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, out, said)
		}
		return out
	}
	if out := ask(); !strings.Contains(out, "en-GB-RyanNeural") {
		t.Errorf("no voice in\n%s", out)
	}
	ask("--json")
	if diff := cmp.Diff([]string{"GET voices"}, a.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	ask("--max-age", "0s")
	t.Setenv("COLOSSYAN_TOKEN", "another")
	ask()
	if diff := cmp.Diff([]string{"GET voices", "GET voices"}, a.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	kept := 0
	err := filepath.WalkDir(os.Getenv("XDG_CACHE_HOME"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		kept++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secretToken)) || strings.Contains(path, secretToken) {
			t.Errorf("%s holds the token", path)
		}
		return err
	})
	if err != nil || kept != 2 {
		t.Errorf("%d lists kept for two accounts, %v", kept, err)
	}
}

func TestAssetsWithACredentialThatIsRefused(t *testing.T) {
	a := newAccount(t)
	t.Setenv("COLOSSYAN_TOKEN", "expired")
	dir := written(t, map[string]string{"c.yaml": fmt.Sprintf("rows: {file: r.csv}\ntemplate: t.json\nprovider: {base_url: %q}\n", a.base)})
	if code, out, said := command(t, "assets", "colossyan", "avatars", "--campaign", filepath.Join(dir, "c.yaml")); code != exitHeld || out != "" {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

const castTemplate = `{"operation": "colossyan/video-job", "request": {"videoCreative": {
 "settings": {"name": "n", "videoSize": {"width": 1920, "height": 1080}},
 "scenes": [{"tracks": [{"type": "actor", "actor": "%s", "speakerId": "{voice}", "view": "%s", "variant": "%s",
   "position": {"x": 0, "y": 0}, "size": {"width": 100, "height": 100}, "text": "Hello {name}"}]}]}},
 "variables": {"name": {"type": "string"}, "voice": {"type": "string"}}}`

// TestOnlineCheckComparesWithTheAccount also watches that nothing but free reads
// reaches the service (invariant L13).
func TestOnlineCheckComparesWithTheAccount(t *testing.T) {
	a := newAccount(t)
	for name, test := range map[string]struct {
		actor, view, variant, voices string
		code                         int
		want                         []string
	}{
		"all there":     {"karen", "front", "shoulder", "en-GB-RyanNeural", exitDone, nil},
		"a label":       {"Karen", "front", "shoulder", "en-GB-RyanNeural", exitRows, []string{`error TPL-ACTOR "Karen" row 0: write "karen": that is the name of Karen`}},
		"no such actor": {"bob", "", "", "en-GB-RyanNeural", exitRows, []string{`error TPL-ACTOR "bob" row 0: its avatars: karen, ryan, maya`}},
		"no such view":  {"maya", "side", "bubble", "en-GB-RyanNeural", exitDone, []string{`warning TPL-VIEW "side" row 0: it has: front`}},
		"a variant":     {"maya", "front", "full_body", "en-GB-RyanNeural", exitDone, []string{`warning TPL-VARIANT "full_body" row 0: it has: bubble, shoulder`}},
		"one row's voice": {"karen", "front", "shoulder", "Ryan", exitRows, []string{
			`error TPL-VOICE "Ryan" row 3: write "en-GB-RyanNeural": that is the name of Ryan`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, map[string]string{
				"t.json": fmt.Sprintf(castTemplate, test.actor, test.view, test.variant),
				"r.csv":  "name,voice\nAda,en-GB-RyanNeural\nBob," + test.voices + "\n",
				"c.yaml": fmt.Sprintf("rows: {file: r.csv}\ntemplate: t.json\nprovider: {base_url: %q}\n", a.base),
			})
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			code, out, said := command(t, "check", filepath.Join(dir, "c.yaml"), "--online", "--json")
			if diff := cmp.Diff(test.want, foundOnline(t, out)); diff != "" || code != test.code {
				t.Errorf("exit %d, problems (-want +got):\n%s%s", code, diff, said)
			}
			if diff := cmp.Diff([]string{"GET actors", "GET voices"}, a.take()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
	if bank, err := a.sandbox.Bank(); err != nil || len(bank) > 0 {
		t.Errorf("a check bought %v, %v", bank, err)
	}
}

// foundOnline is what an online check found, one line each.
func foundOnline(t *testing.T, out string) (lines []string) {
	t.Helper()
	var doc struct{ Problems problem.List }
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range doc.Problems {
		switch p.Code {
		case "TPL-ACTOR", "TPL-VOICE", "TPL-VIEW", "TPL-VARIANT", "TPL-MEDIA", "TPL-MEDIA-UNASKED":
			lines = append(lines, fmt.Sprintf("%s %s %q row %d: %s", p.Severity, p.Code, p.Value, p.Row, p.Hint))
		}
	}
	return lines
}

// TestTemplateJobsAreComparedByTheirScenes: the request of a template job does not
// carry the scenes.
func TestTemplateJobsAreComparedByTheirScenes(t *testing.T) {
	a := newAccount(t)
	dir := written(t, map[string]string{
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "videoCreative": {
 "settings": {"name": "n", "videoSize": {"width": 1920, "height": 1080}},
 "scenes": [{"tracks": [{"type": "actor", "actor": "karen", "speakerId": "nobody",
   "position": {"x": 0, "y": 0}, "size": {"width": 100, "height": 100}, "text": "Hello {name}"}]}]}}`,
		"r.csv":  "name\nAda\nBob\n",
		"c.yaml": fmt.Sprintf("rows: {file: r.csv}\ntemplate: t.json\nprovider: {base_url: %q}\n", a.base),
	})
	_, out, said := command(t, "check", filepath.Join(dir, "c.yaml"), "--online", "--json")
	want := []string{`error TPL-VOICE "nobody" row 0: its voices: aquXcfLbkxpW4BBI5qKm, en-GB-RyanNeural, de-DE-KatjaNeural, fr-FR-DeniseNeural, es-ES-ElviraNeural`}
	if diff := cmp.Diff(want, foundOnline(t, out)); diff != "" {
		t.Errorf("problems (-want +got):\n%s%s", diff, said)
	}
}

func TestReadOnlyTransportSendsNothingThatBuys(t *testing.T) {
	passed := 0
	transport := readOnly(roundTrip(func(r *http.Request) (*http.Response, error) {
		passed++
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}))
	service, _ := findColossyan(t, transport)
	_, err := service.Submit(t.Context(), providers.Request{Operation: "colossyan/template-job", Body: json.RawMessage(`{"templateJobId":"t","dynamicVariables":{}}`)})
	if providers.KindOf(err) != providers.NotSent || passed > 0 {
		t.Errorf("a submit ends with %v, and %d requests left", err, passed)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "BUY"} {
		r := httptest.NewRequest(method, "https://example.com/", nil)
		if answer, err := transport.RoundTrip(r); err == nil {
			answer.Body.Close()
			t.Errorf("%s passed", method)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func findColossyan(t *testing.T, transport http.RoundTripper) (providers.Provider, *setup) {
	t.Helper()
	s, err := (&app{}).assetsOf("colossyan", assetsFlags{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.service.New(providers.Config{Token: "token", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

// TestLinksAreAskedForSizeAndType asks a server on this machine, which is allowed
// for the test, and addresses that are never allowed.
func TestLinksAreAskedForSizeAndType(t *testing.T) {
	var got []string
	var mu sync.Mutex
	mux := http.NewServeMux()
	serve := func(path, kind string, size int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			got = append(got, r.Method+" "+path)
			mu.Unlock()
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Length", fmt.Sprint(size))
		})
	}
	serve("/picture.jpg", "image/jpeg", 1000)
	serve("/stream", "application/octet-stream", 1000)
	serve("/page", "text/html; charset=utf-8", 1000)
	serve("/film.mp4", "video/mp4", 1000)
	serve("/empty", "image/png", 0)
	serve("/huge", "video/mp4", 3<<30)
	mux.Handle("/away", http.RedirectHandler("http://127.0.0.1:1/secret", http.StatusFound))
	mux.HandleFunc("/locked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/signed", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write([]byte{0})
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client := publicnet.New(publicnet.Options{Loopback: []string{strings.TrimPrefix(server.URL, "http://")}})
	defer client.CloseIdleConnections()
	tests := []struct{ field, url, want string }{
		{"imageUrl", server.URL + "/picture.jpg", ""},
		{"imageUrl", server.URL + "/stream", ""},
		{"imageUrl", server.URL + "/signed", ""},
		{"sourceFileUrl", server.URL + "/film.mp4", ""},
		{"imageUrl", server.URL + "/film.mp4", "error TPL-MEDIA: imageUrl leads to video/mp4, not to image"},
		{"startImageUrl", server.URL + "/film.mp4?signature=1", "error TPL-MEDIA: startImageUrl leads to video/mp4, not to image"},
		{"videoUrl", server.URL + "/page", "error TPL-MEDIA: videoUrl leads to text/html, not to video"},
		{"sourceFileUrl", server.URL + "/page", "error TPL-MEDIA: sourceFileUrl leads to text/html, not to a media file"},
		{"imageUrl", server.URL + "/empty", "error TPL-MEDIA: imageUrl leads to an empty file"},
		{"imageUrl", server.URL + "/gone", "error TPL-MEDIA: imageUrl leads nowhere: status 404"},
		{"videoUrl", server.URL + "/huge", "warning TPL-MEDIA: videoUrl leads to a file of 3072 MB"},
		{"imageUrl", server.URL + "/locked", "warning TPL-MEDIA-UNASKED: imageUrl answers with status 401"},
		{"imageUrl", server.URL + "/away", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://10.1.2.3/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://169.254.169.254/latest/meta-data", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://[::1]/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "http://93.184.215.14/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
	}
	var links []mediaLink
	for _, test := range tests {
		links = append(links, mediaLink{test.url, test.field})
	}
	for i, p := range judgeLinks(t.Context(), client, links) {
		said := ""
		if p != nil {
			said = fmt.Sprintf("%s %s: %s", p.Severity, p.Code, p.Message)
			if strings.Contains(p.Value, "signature") {
				t.Errorf("a signed address is shown: %q", p.Value)
			}
		}
		if !strings.HasPrefix(said, tests[i].want) || (said == "") != (tests[i].want == "") {
			t.Errorf("%s %s: %q, want %q", tests[i].field, tests[i].url, said, tests[i].want)
		}
	}
	for _, request := range got {
		if !strings.HasPrefix(request, "HEAD ") {
			t.Errorf("%s: a whole file was fetched", request)
		}
	}
}
