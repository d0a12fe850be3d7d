package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// rig is a paid campaign of real processes against a service in this one, which
// can be made to answer as no sandbox would.
type rig struct {
	t      *testing.T
	dir    string
	bank   *sandbox.Sandbox
	server *httptest.Server
	token  string
	// answer is asked first about every request; it reports whether it answered.
	answer  atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	submits atomic.Int64
}

const rigTemplate = `{"operation": "colossyan/template-job", "request": {"templateJobId": "rig"},
 "variables": {"name": {"type": "string", "minLength": 1}},
 "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}`

const rigCampaign = `rows: {file: rows.csv, key: id}
template: template.json
provider: {base_url: %s/colossyan/api/v1, token: "${RIG_TOKEN}"}
limits: {submits: 1000/s, active: 4, poll: {first: 50ms, max: 200ms}}
output: {dir: out, download: %v}
`

func newRig(t *testing.T, rows int, download bool) *rig {
	t.Helper()
	bank, err := sandbox.New(sandbox.Options{Render: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bank.Close() })
	r := &rig{t: t, dir: t.TempDir(), bank: bank, token: "rig-token"}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.server.Close)
	var sheet strings.Builder
	sheet.WriteString("id,name\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "C%03d,Name %d\n", i, i)
	}
	r.write("rows.csv", sheet.String())
	r.write("template.json", rigTemplate)
	r.write("rig.yaml", fmt.Sprintf(rigCampaign, r.server.URL, download))
	return r
}

func (r *rig) serve(w http.ResponseWriter, q *http.Request) {
	if isSubmit(q) {
		r.submits.Add(1)
	}
	if f := r.answer.Load(); f == nil || !(*f)(w, q) {
		r.bank.ServeHTTP(w, q)
	}
}

func isSubmit(q *http.Request) bool { return q.Method == http.MethodPost }

func (r *rig) answering(f func(http.ResponseWriter, *http.Request) bool) { r.answer.Store(&f) }

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// longestProcess bounds a process that a test waits for.
const longestProcess = 30 * time.Second

// command is a real process of the program. It unattendedly accepts everything,
// and is killed when it takes too long.
func (r *rig) command(args ...string) *exec.Cmd {
	if args[0] == "run" {
		args = append(args, "--yes", "--new-ledger")
	}
	ctx, cancel := context.WithTimeout(context.Background(), longestProcess) // the test's own is done before its cleanup
	r.t.Cleanup(cancel)
	c := exec.CommandContext(ctx, "reelmerge", args...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "RIG_TOKEN="+r.token)
	return c
}

// ended is how a process ended.
type ended struct {
	code     int
	out, err string
}

func (r *rig) run(args ...string) ended {
	r.t.Helper()
	return r.finish(r.command(args...), (*exec.Cmd).Run)
}

func runIt(c *exec.Cmd) error { return c.Run() }

func (r *rig) finish(c *exec.Cmd, wait func(*exec.Cmd) error) (e ended) {
	r.t.Helper()
	var out, errs bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &out
	}
	if c.Stderr == nil {
		c.Stderr = &errs
	}
	err := wait(c)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return ended{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// wants ends the test unless the process ended with a code and said something.
func (e ended) wants(t *testing.T, code int, said string) {
	t.Helper()
	if e.code != code || !strings.Contains(e.err+e.out, said) {
		t.Fatalf("exit %d, want %d and %q\nstdout: %s\nstderr: %s", e.code, code, said, e.out, e.err)
	}
}

// states counts the entries of the ledger.
func (r *rig) states() map[ledger.State]int {
	r.t.Helper()
	return r.summary().States
}

// summary is that of the ledger, which is checked on the way.
func (r *rig) summary() ledger.Summary {
	r.t.Helper()
	store, err := boltstore.OpenReadOnly(r.path("out/ledger.db"), boltstore.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer store.Close()
	for _, err := range ledger.Check(context.Background(), store) {
		r.t.Errorf("ledger: %v", err)
	}
	s, err := store.Summary(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// once ends the test unless so many rows have a job at the bank, and none has two.
func (r *rig) once(rows int) {
	r.t.Helper()
	charges, err := r.bank.Bank()
	if err != nil {
		r.t.Fatal(err)
	}
	jobs := map[string]int{}
	for _, c := range charges {
		var body struct{ DynamicVariables struct{ Name string } }
		if err := json.Unmarshal(c.Body, &body); err != nil {
			r.t.Fatal(err)
		}
		jobs[body.DynamicVariables.Name]++
	}
	for name, n := range jobs {
		if n != 1 {
			r.t.Errorf("%s has %d jobs", name, n)
		}
	}
	if len(jobs) != rows {
		r.t.Fatalf("%d rows have jobs, want %d", len(jobs), rows)
	}
}

// allMade runs until everything is made, once.
func (r *rig) allMade(rows int, flags ...string) {
	r.t.Helper()
	r.answering(func(http.ResponseWriter, *http.Request) bool { return false })
	r.run(append([]string{"run", "rig.yaml"}, flags...)...).wants(r.t, exitDone, "")
	if n := r.states()[ledger.Succeeded]; n != rows {
		r.t.Errorf("%d of %d rows are made: %v", n, rows, r.states())
	}
	r.once(rows)
}

// TestStrangeAnswersLeaveARowUnsure lets the service accept a job and answer so
// that nobody can tell. The row waits for a person, and no run sends it again.
func TestStrangeAnswersLeaveARowUnsure(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect was followed: the token went to a stranger")
	}))
	defer elsewhere.Close()
	accepted := func(r *rig, q *http.Request) { r.bank.ServeHTTP(httptest.NewRecorder(), q) }
	reply := func(status int, kind, body string) func(*rig, http.ResponseWriter, *http.Request) {
		return func(r *rig, w http.ResponseWriter, q *http.Request) {
			accepted(r, q)
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, answer := range map[string]func(*rig, http.ResponseWriter, *http.Request){
		"reset after write": func(r *rig, _ http.ResponseWriter, q *http.Request) { accepted(r, q); panic(http.ErrAbortHandler) },
		"cut body": func(r *rig, w http.ResponseWriter, q *http.Request) {
			accepted(r, q)
			w.Header().Set("Content-Length", "500")
			_, _ = io.WriteString(w, `{"id":"4`)
		},
		"captive portal":  reply(200, "text/html", "<html><body>Please log in to the hotel Wi-Fi</body></html>"),
		"nothing":         reply(200, "application/json", ""),
		"no id":           reply(200, "application/json", `{"status":"queued"}`),
		"odd id":          reply(200, "application/json", `{"id":{"a":1}}`),
		"gzip":            reply(200, "application/json", "\x1f\x8b\x08broken"),
		"gateway 502":     reply(502, "text/html", "<h1>Bad gateway</h1>"),
		"500 after a job": reply(500, "application/json", `{"message":"oops"}`),
		"redirect 301":    reply(301, "text/plain", ""),
		"redirect 302":    reply(302, "text/plain", ""),
		"redirect 307":    reply(307, "text/plain", ""),
		"redirect 308":    reply(308, "text/plain", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1, false)
			r.answering(func(w http.ResponseWriter, q *http.Request) bool {
				if isSubmit(q) {
					answer(r, w, q)
				}
				return isSubmit(q)
			})
			e := r.run("run", "rig.yaml")
			e.wants(t, exitDecide, "resolve rig.yaml")
			r.run("resolve", "rig.yaml").wants(t, exitDecide, "We do not know whether row 2")
			r.run("run", "rig.yaml")
			if n := r.submits.Load(); n != 1 {
				t.Errorf("%d submits of one row", n)
			}
			r.once(1)
		})
	}
}

// refusing answers every submit after the first n with a status, and counts.
func (r *rig) refusing(after int64, status int) {
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) || r.submits.Load() <= after {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"no"}`)
		return true
	})
}

// TestAnAccountThatFailsMidRunHoldsTheRun takes funds or credentials away after
// two rows: the others stay planned, and go on once it is mended.
func TestAnAccountThatFailsMidRunHoldsTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		said   string
	}{
		"no funds":          {402, "the account cannot pay: error 402: no"},
		"a rotated key":     {401, "refuses the credentials: error 401: no"},
		"proxy wants login": {407, "refuses the credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 8, false)
			r.refusing(2, test.status)
			end := r.run("run", "rig.yaml", "--set", "limits.active=1")
			end.wants(t, exitHeld, test.said)
			if told := strings.Contains(end.out+end.err, "(Colossyan, Workspace settings"); told != (test.status != 402) {
				t.Errorf("where the token is, is told: %v", told)
			}
			if s := r.states(); s[ledger.Succeeded] != 2 || s[ledger.Planned] != 6 {
				t.Errorf("states: %v", s)
			}
			if n := r.submits.Load(); n != 3 {
				t.Errorf("%d submits, want the two and the one that was refused", n)
			}
			r.token = "another"
			r.run("run", "rig.yaml").wants(t, exitUsage, "add --same-account once")
			if n := r.submits.Load(); n != 3 {
				t.Errorf("%d submits with a token that may be another account's", n)
			}
			r.allMade(8, "--same-account")
		})
	}
}

// TestAServiceThatCannotBeReachedLosesNothing has nobody at the address: nothing
// was sent, which is certain, so every row stays planned.
func TestAServiceThatCannotBeReachedLosesNothing(t *testing.T) {
	r := newRig(t, 3, false)
	address := r.server.Listener.Addr().String()
	text, err := os.ReadFile(r.path("rig.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string]string{
		"refused":      "http://127.0.0.1:1",
		"no such host": "https://no-such-host.invalid",
	} {
		dir := "out: out-" + strings.ReplaceAll(name, " ", "-")
		other := strings.ReplaceAll(string(text), "http://"+address, base)
		r.write("down.yaml", strings.ReplaceAll(other, "dir: out", "dir: "+strings.TrimPrefix(dir, "out: ")))
		r.run("run", "down.yaml", "--max-wait", "1s").wants(t, exitHeld, "has not answered")
		r.run("status", "down.yaml", "--json").wants(t, exitDone, `"planned":3`)
	}
	r.once(0)
}

// TestAJobOfAnotherRowStopsTheRun has the service answer with a job that another
// row holds: one of the two would get the wrong person's video.
func TestAJobOfAnotherRowStopsTheRun(t *testing.T) {
	r := newRig(t, 5, false)
	var first atomic.Pointer[httptest.ResponseRecorder]
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			return false
		}
		answer := httptest.NewRecorder()
		r.bank.ServeHTTP(answer, q)
		first.CompareAndSwap(nil, answer)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(first.Load().Code)
		_, _ = w.Write(first.Load().Body.Bytes())
		return true
	})
	r.run("run", "rig.yaml", "--set", "limits.active=2").wants(t, exitHeld, "the job of another row")
	s := r.states()
	if s[ledger.Succeeded] != 1 || s[ledger.Unsure] == 0 || s[ledger.Planned] == 0 {
		t.Errorf("states: %v", s)
	}
	r.once(int(r.submits.Load()))
}

// TestAVideoWhoseLinkExpiredIsFetchedByANewOne lets links live shorter than it
// takes to fetch them: the job is asked for a new link, and never made again.
func TestAVideoWhoseLinkExpiredIsFetchedByANewOne(t *testing.T) {
	r := newRig(t, 2, true)
	var stale atomic.Bool
	stale.Store(true)
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if strings.HasPrefix(q.URL.Path, "/files/") && stale.Load() {
			http.Error(w, "expired", http.StatusForbidden)
			return true
		}
		return false
	})
	r.run("run", "rig.yaml").wants(t, exitRows, "the link has expired")
	before := len(r.links())
	stale.Store(false)
	r.answering(func(w http.ResponseWriter, q *http.Request) bool { // old links stay dead, new ones carry a mark
		switch {
		case strings.HasPrefix(q.URL.Path, "/files/") && q.URL.Query().Get("new") == "":
			http.Error(w, "expired", http.StatusForbidden)
			return true
		case q.Method == http.MethodGet && strings.Contains(q.URL.Path, "/api/v1/"):
			answer := httptest.NewRecorder()
			r.bank.ServeHTTP(answer, q)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(answer.Code)
			_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body.String(), ".mp4", ".mp4?new=1"))
			return true
		}
		return false
	})
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	for _, name := range []string{"C000.mp4", "C001.mp4"} {
		if info, err := os.Stat(r.path("out/videos/" + name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if before != len(r.links()) {
		t.Error("the fetch touched the entries")
	}
	r.once(2)
}

// links are the links of the ledger.
func (r *rig) links() (links []string) {
	r.t.Helper()
	store, err := boltstore.OpenReadOnly(r.path("out/ledger.db"), boltstore.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer store.Close()
	for e, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			r.t.Fatal(err)
		}
		links = append(links, e.Result.VideoURL)
	}
	return links
}

// TestDeletedVideosAreFetchedAgain deletes what was downloaded: the next run
// fetches it, and buys nothing.
func TestDeletedVideosAreFetchedAgain(t *testing.T) {
	r := newRig(t, 3, true)
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	if err := os.Remove(r.path("out/videos/C001.mp4")); err != nil {
		t.Fatal(err)
	}
	submits := r.submits.Load()
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	if _, err := os.Stat(r.path("out/videos/C001.mp4")); err != nil {
		t.Error(err)
	}
	if r.submits.Load() != submits {
		t.Error("something was sent")
	}
	r.once(3)
}
