//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// fleet is some machines, one service and one database.
type fleet struct {
	t        *testing.T
	program  string
	cluster  *pgtest.Cluster
	store    string // the database, as the machines are told
	service  *bankedService
	machines []*machine
}

// fleetToken is the token of the machines' account.
const fleetToken = "canary-7f3a9c5e-token"

// newFleet starts a database, and a service that answers as slowly as a real one.
func newFleet(t *testing.T, program string, o sandbox.Options) *fleet {
	t.Helper()
	if testing.Short() {
		t.Skip("starts several processes and a database")
	}
	f := &fleet{t: t, program: program, cluster: pgtest.New(t)}
	f.store = f.cluster.Database(t)
	f.service = newBankedService(t, o)
	out, err := exec.Command(program, "store", "migrate", f.store).CombinedOutput()
	if err != nil {
		t.Fatalf("store migrate: %v\n%s", err, out)
	}
	return f
}

// plainProgram is the command as it is.
func plainProgram(t *testing.T) string { return builtProgram(t, nil) }

// edit replaces what a pattern matches in a source file.
type edit struct{ file, old, new string }

// builtProgram builds the command with some lines of its source replaced: what a fleet would
// do without one of its guards.
func builtProgram(t *testing.T, edits []edit) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for i, e := range edits {
		path, err := filepath.Abs(filepath.Join(repository, e.file))
		if err != nil {
			t.Fatal(err)
		}
		from := path
		if there, is := replace[path]; is {
			from = there
		}
		text := read(t, from)
		old := regexp.MustCompile(e.old)
		if n := len(old.FindAllString(text, -1)); n != 1 {
			t.Fatalf("%s has %q %d times: the test has to follow the code", e.file, e.old, n)
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("edit%d.go", i))
		writeAll(t, dir, map[string]string{filepath.Base(replace[path]): old.ReplaceAllLiteralString(text, e.new)})
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, dir, map[string]string{"overlay.json": string(overlay)})
	program := filepath.Join(dir, "reelmerge")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func writeAll(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// bankedService is the simulator behind TLS. A handshake takes a while, as over a network: in
// that time an intent is durable and no byte of its request has left.
type bankedService struct {
	t       testing.TB
	sandbox *sandbox.Sandbox
	server  *httptest.Server

	handshake atomic.Int64 // how long one takes

	mu       sync.Mutex
	arrivals []time.Time
	refuse   func() string // Retry-After of the answer; empty: it is accepted
}

func newBankedService(t testing.TB, o sandbox.Options) *bankedService {
	t.Helper()
	var err error
	s := &bankedService{t: t}
	s.handshake.Store(int64(100 * time.Millisecond))
	if s.sandbox, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewUnstartedServer(s)
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		time.Sleep(time.Duration(s.handshake.Load()))
		return nil, nil
	}}
	s.server.StartTLS()
	t.Cleanup(func() {
		s.server.Close()
		if err := s.sandbox.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ServeHTTP notes when a paid call arrived, before the service does anything.
func (s *bankedService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.mu.Lock()
		after := ""
		if s.refuse != nil {
			after = s.refuse()
		}
		s.arrivals = append(s.arrivals, time.Now())
		s.mu.Unlock()
		if after != "" {
			w.Header().Set("Retry-After", after)
			http.Error(w, `{"error": {"text": "slow down"}}`, http.StatusTooManyRequests)
			return
		}
	}
	s.sandbox.ServeHTTP(w, r)
}

// arrived lists when paid calls arrived.
func (s *bankedService) arrived() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrivals)
}

// jobs are the accepted jobs by the title of the row.
func (s *bankedService) jobs() map[string][]string {
	s.t.Helper()
	bank, err := s.sandbox.Bank()
	if err != nil {
		s.t.Fatal(err)
	}
	jobs := map[string][]string{}
	for _, c := range bank {
		var body struct {
			DynamicVariables struct{ Name string }
			Title            string
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			s.t.Fatal(err)
		}
		name := body.DynamicVariables.Name + body.Title
		jobs[name] = append(jobs[name], c.Job)
	}
	return jobs
}

// machine has a copy of a campaign, a state folder and its own way to the database.
type machine struct {
	fleet *fleet
	dir   string
	wire  *wire
	args  []string // of the run

	mu      sync.Mutex
	process *os.Process // nil: none runs
	ended   chan struct{}
	code    int
	said    bytes.Buffer
}

// add adds a machine with files of a campaign.
func (f *fleet) add(files map[string]string, args ...string) *machine {
	f.t.Helper()
	m := &machine{fleet: f, dir: f.t.TempDir(), wire: newWire(f.t, f.store), args: args}
	writeAll(f.t, m.dir, files)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.service.server.Certificate().Raw})
	writeAll(f.t, m.dir, map[string]string{"ca.pem": string(ca)})
	f.machines = append(f.machines, m)
	f.t.Cleanup(m.kill)
	return m
}

// command is a command of the program on a machine.
func (m *machine) command(args ...string) *exec.Cmd {
	c := exec.Command(m.fleet.program, append(args, "--store", m.wire.url)...)
	c.Dir = m.dir
	c.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(m.dir, "ca.pem"), "REELMERGE_STATE="+filepath.Join(m.dir, "state"),
		"ACME_TOKEN="+fleetToken, "COLOSSYAN_TOKEN="+fleetToken)
	return c
}

// do runs a command to its end.
func (m *machine) do(args ...string) (code int, out string) {
	m.fleet.t.Helper()
	text, err := m.command(args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.fleet.t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return code, string(text)
}

// start starts a run.
func (m *machine) start(args ...string) {
	m.fleet.t.Helper()
	c := m.command(append([]string{"run", "storm.yaml"}, append(slices.Clone(m.args), args...)...)...)
	m.mu.Lock()
	defer m.mu.Unlock()
	said := saying{m}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		m.fleet.t.Fatal(err)
	}
	m.process, m.ended = c.Process, make(chan struct{})
	go func(ended chan struct{}) { // ended by the process
		_ = c.Wait()
		m.mu.Lock()
		m.process, m.code = nil, c.ProcessState.ExitCode()
		m.mu.Unlock()
		close(ended)
	}(m.ended)
}

// saying collects what the processes of a machine say.
type saying struct{ m *machine }

func (w saying) Write(p []byte) (int, error) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	return w.m.said.Write(p)
}

// text is what the processes of a machine have said.
func (m *machine) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.said.String()
}

// signal sends a signal to the run.
func (m *machine) signal(s os.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil {
		_ = m.process.Signal(s)
	}
}

// kill ends the run without its knowledge.
func (m *machine) kill() {
	m.signal(syscall.SIGCONT)
	m.signal(syscall.SIGKILL)
	m.mu.Lock()
	ended := m.ended
	m.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// over reports whether no run goes on, and how the last one ended.
func (m *machine) over() (bool, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process == nil, m.code
}

func (m *machine) pid() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return -1
	}
	return m.process.Pid
}

// ledger opens a ledger beside the machines. It returns nil as long as there is none.
func (f *fleet) ledger(ctx context.Context) (store *pgstore.Store, end func(), err error) {
	db, err := pgstore.Dial(ctx, f.store, pgstore.Options{Patience: 30 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	if store, err = db.OpenReadOnly(ctx, "storm", pgstore.OpenOptions{}); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, func() { _ = store.Close(); _ = db.Close() }, nil
}

// watch waits until the ledger is there, and keeps it open until the test ends.
func (f *fleet) watch() *pgstore.Store {
	f.t.Helper()
	var store *pgstore.Store
	f.until(time.Minute, "there is a ledger", func() bool {
		opened, end, err := f.ledger(f.t.Context())
		if err == nil {
			store = opened
			f.t.Cleanup(end)
		}
		return err == nil
	})
	return store
}

// until waits for something that other processes bring about.
func (f *fleet) until(most time.Duration, what string, holds func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(most); !holds(); time.Sleep(10 * time.Millisecond) {
		if over, code := f.machines[0].over(); time.Now().After(deadline) || over && code == exitUsage {
			for _, m := range f.machines {
				f.t.Logf("%s: %s", m.dir, last(m.text(), 3000))
			}
			f.t.Fatalf("not within %s: %s", most, what)
		}
	}
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

var processOf = regexp.MustCompile(`process (\d+)$`)

// driver is the machine that drives the ledger now; nil: none of them.
func (f *fleet) driver(store *pgstore.Store) *machine {
	d, err := store.Driver(f.t.Context())
	found := processOf.FindStringSubmatch(d.Who)
	if err != nil || found == nil {
		return nil
	}
	pid, _ := strconv.Atoi(found[1])
	for _, m := range f.machines {
		if m.pid() == pid {
			return m
		}
	}
	return nil
}

// states counts the rows of the ledger.
func (f *fleet) states(store *pgstore.Store) map[ledger.State]int {
	s, err := store.Summary(f.t.Context())
	if err != nil {
		return nil
	}
	return s.States
}

// searchable is a campaign at a service that can be searched, and unsearchable at one that
// cannot.
func (f *fleet) searchable(rows int) (map[string]string, []string) {
	f.t.Helper()
	text := acmeService(f.t)
	return map[string]string{
		"acme.service.yaml": text, "rows.csv": stormRows(rows),
		"template.json": `{"operation": "acme/clip", "request": {"title": "{name}", "seconds": 8}, "variables": {"name": {"type": "string"}}}`,
		"storm.yaml": "rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {file: acme.service.yaml, token: \"${ACME_TOKEN}\", base_url: " + f.service.sandbox.BaseURL("acme", f.service.server.URL) + "}\n" +
			"limits: {active: 24, submits: 5/s, poll: {first: 100ms, max: 400ms}}\noutput: {dir: out, download: false}\n",
	}, []string{"--trust-service", describedHash(f.t, text)}
}

func (f *fleet) unsearchable(rows int) (map[string]string, []string) {
	return map[string]string{
		"rows.csv": stormRows(rows), "template.json": stormTemplate,
		"storm.yaml": "rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {base_url: " + f.service.sandbox.BaseURL(sandbox.Colossyan, f.service.server.URL) + "}\n" +
			"limits: {active: 24, submits: 5/s, poll: {first: 100ms, max: 400ms}}\noutput: {dir: out, download: false}\n",
	}, nil
}

func stormRows(rows int) string {
	var sheet strings.Builder
	sheet.WriteString("id,name\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "C%05d,Name %d\n", i, i)
	}
	return sheet.String()
}

// acmeService is the description of a service that can be searched soon after a call.
func acmeService(t *testing.T) string {
	t.Helper()
	text := read(t, repository+"/providers/declared/testdata/acme.service.yaml")
	for old, new := range map[string]string{"settle: 5s": "settle: 300ms", "submits: [120/m], active: 6": "submits: [1000/s], active: 100"} {
		if !strings.Contains(text, old) {
			t.Fatalf("the description has no %q", old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	return text
}

// describedHash is what names a description that a person has looked at.
func describedHash(t *testing.T, description string) string {
	t.Helper()
	d, problems := declared.Parse("acme.service.yaml", []byte(description))
	if d == nil {
		t.Fatal(problems)
	}
	return d.Hash()
}
