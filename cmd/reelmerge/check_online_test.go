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

	"github.com/reelmerge/reelmerge/problem"
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
