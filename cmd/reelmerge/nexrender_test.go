package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// farm is nexrender's own server, with a worker of ours that renders test pictures.
type farm struct {
	t      *testing.T
	server string // its address
	videos string // the folder that the worker writes to
}

const farmSecret = "farm-secret"

// newFarm starts the server that REELMERGE_NEXRENDER leads to: a folder in which
// "npm install @nexrender/server" was run.
func newFarm(t *testing.T) *farm {
	t.Helper()
	installed := os.Getenv("REELMERGE_NEXRENDER")
	if installed == "" {
		t.Skip("REELMERGE_NEXRENDER does not name a folder with @nexrender/server in node_modules")
	}
	for _, tool := range []string{"node", "ffmpeg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing", tool)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	f := &farm{t, "http://127.0.0.1:" + port, t.TempDir()}
	c := exec.Command("node", filepath.Join(installed, "node_modules", "@nexrender", "server", "src", "bin.js"), "--port", port, "--secret", farmSecret)
	c.Env = append(os.Environ(), "NEXRENDER_DATABASE="+filepath.Join(t.TempDir(), "database.json"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for range 200 {
		if _, status := f.call("GET", "/api/v1/jobs", nil); status == http.StatusOK {
			break
		}
		<-time.After(50 * time.Millisecond) // another process starts
	}
	go f.work()
	return f
}

// call asks the server.
func (f *farm) call(method, path string, body any) ([]byte, int) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, 0
	}
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.server+path, bytes.NewReader(text))
	if err != nil {
		return nil, 0
	}
	r.Header.Set("nexrender-secret", farmSecret)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	return answer, response.StatusCode
}

// work picks jobs up and renders them, until the test ends.
func (f *farm) work() {
	for f.t.Context().Err() == nil {
		var job struct{ UID string }
		answer, _ := f.call("GET", "/api/v1/jobs/pickup", nil)
		if json.Unmarshal(answer, &job) != nil || job.UID == "" {
			select {
			case <-f.t.Context().Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		video := filepath.Join(f.videos, job.UID+".mp4")
		state := "finished"
		if exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=0.2:size=64x36:rate=5", video).Run() != nil {
			state = "error"
		}
		f.call("PUT", "/api/v1/jobs/"+job.UID, map[string]any{"uid": job.UID, "state": state})
	}
}

// TestNexrenderForReal runs a campaign on nexrender's own server. A proxy loses the answer
// to one submit in three, and the run is killed three times: each row has one job and one
// video.
func TestNexrenderForReal(t *testing.T) {
	f := newFarm(t)
	const rows = 50
	target, err := url.Parse(f.server)
	if err != nil {
		t.Fatal(err)
	}
	var submits atomic.Int32
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && submits.Add(1)%3 == 0 {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	s := newStorm(t, rows, "")
	description := read(t, repository+"/providers/declared/testdata/nexrender.service.yaml")
	d, found := declared.Parse("nexrender", []byte(description))
	if d == nil {
		t.Fatal(found)
	}
	for name, text := range map[string]string{
		"nexrender.service.yaml": description,
		"template.json":          `{"operation": "nexrender/job", "request": {"template": {"src": "http://localhost/a.aep", "composition": "main"}, "assets": [{"type": "data", "layerName": "name", "property": "Source Text", "value": "{name}"}]}, "variables": {"name": {"type": "string"}}}`,
		"storm.yaml": fmt.Sprintf("rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {file: nexrender.service.yaml, base_url: %q, token: \"${FARM}\", settings: {results: \"https://cdn.example.com/{job}.mp4\"}}\n"+
			"limits: {poll: {first: 100ms, max: 300ms}, submits: 20/s, active: 10}\noutput: {dir: out, download: false}\n", proxy.URL),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("FARM", farmSecret)
	command := []string{"run", s.campaign, "--yes", "--new-ledger", "--trust-service", d.Hash()[:12]}
	killed := 0
	for range 3 {
		if dead, _ := s.run(time.Duration(700+s.rng.IntN(600))*time.Millisecond, command...); dead {
			killed++
		}
	}
	_, out := s.run(0, command...)
	var jobs []struct{ UID, State string }
	answer, _ := f.call("GET", "/api/v1/jobs", nil)
	if err := json.Unmarshal(answer, &jobs); err != nil {
		t.Fatal(err)
	}
	videos, err := filepath.Glob(filepath.Join(f.videos, "*.mp4"))
	made := 0
	for _, e := range paidEntries(t, s.dir) {
		if e.State == ledger.Succeeded && strings.HasSuffix(e.Result.VideoURL, "/"+e.Ticket.Job+".mp4") {
			made++
		}
	}
	t.Logf("%d rows: %d made, %d jobs, %d videos, %d submits, %d kills", rows, made, len(jobs), len(videos), submits.Load(), killed)
	if err != nil || made != rows || len(jobs) != rows || len(videos) != rows || killed == 0 {
		t.Errorf("%d made, %d jobs, %d videos, %d kills\n%s", made, len(jobs), len(videos), killed, out)
	}
}

// paidEntries reads the ledger of a paid campaign.
func paidEntries(t *testing.T, dir string) (list []ledger.Entry) {
	t.Helper()
	store, err := boltstore.OpenReadOnly(filepath.Join(dir, "out", "ledger.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}
