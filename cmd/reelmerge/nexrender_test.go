package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
)

// farm is nexrender's own server, with a worker of ours that renders test pictures.
type farm struct {
	t      *testing.T
	server string // its address
	videos string // the folder that the worker writes to
}

const farmSecret = "farm-secret"

// newFarm starts the server of testdata/nexrender, where it is installed.
func newFarm(t *testing.T) *farm {
	t.Helper()
	server := filepath.Join("testdata", "nexrender", "node_modules", "@nexrender", "server", "src", "bin.js")
	if _, err := os.Stat(server); err != nil {
		t.Skip("nexrender is not installed: npm install --prefix cmd/reelmerge/testdata/nexrender")
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
	c := exec.Command("node", server, "--port", port, "--secret", farmSecret)
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
		if exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=0x"+colour(job.UID)+":duration=0.2:size=64x36:rate=5", video).Run() != nil {
			state = "error"
		}
		f.call("PUT", "/api/v1/jobs/"+job.UID, map[string]any{"uid": job.UID, "state": state})
	}
}

// colour is that of a job's video, so that no two look alike.
func colour(job string) string {
	sum := sha256.Sum256([]byte(job))
	return hex.EncodeToString(sum[:3])
}

// proxy stands in front of the farm. It loses the answer to one submit in three, and serves
// the finished videos.
func (f *farm) proxy(submits *atomic.Int32) *httptest.Server {
	target, err := url.Parse(f.server)
	if err != nil {
		f.t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	videos := http.StripPrefix("/videos/", http.FileServer(http.Dir(f.videos)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/videos/"):
			videos.ServeHTTP(w, r)
		case r.Method == http.MethodPost && submits.Add(1)%3 == 0:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	f.t.Cleanup(s.Close)
	return s
}

// TestNexrenderForReal runs a campaign on nexrender's own server. A proxy loses the answer
// to one submit in three, and the run is killed three times: each row has one job and one
// video.
func TestNexrenderForReal(t *testing.T) {
	f := newFarm(t)
	const rows = 50
	var submits atomic.Int32
	proxy := f.proxy(&submits)
	s := newStorm(t, rows, "")
	for name, text := range map[string]string{
		"template.json": `{"operation": "nexrender/job", "request": {"template": {"src": "http://localhost/a.aep", "composition": "main"}, "assets": [{"type": "data", "layerName": "name", "property": "Source Text", "value": "{name}"}]}, "variables": {"name": {"type": "string"}}}`,
		"storm.yaml": fmt.Sprintf("rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {base_url: %q, token: \"${FARM}\", settings: {results: %q}}\n"+
			"limits: {poll: {first: 100ms, max: 300ms}, submits: 20/s, active: 10}\noutput: {dir: out}\n", proxy.URL, proxy.URL+"/videos/{job}.mp4"),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("FARM", farmSecret)
	command := []string{"run", s.campaign, "--yes", "--new-ledger"}
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
	videos := map[string]bool{}
	for _, e := range paidEntries(t, s.dir) {
		if e.State == ledger.Succeeded && e.Result.VideoURL == proxy.URL+"/videos/"+e.Ticket.Job+".mp4" {
			videos[read(t, filepath.Join(s.dir, "out", "videos", e.File))] = true
		}
	}
	t.Logf("%d rows: %d jobs, %d videos, %d submits, %d kills", rows, len(jobs), len(videos), submits.Load(), killed)
	if len(jobs) != rows || len(videos) != rows || killed == 0 {
		t.Errorf("%d jobs, %d videos, %d kills\n%s", len(jobs), len(videos), killed, out)
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
