package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// stage is a campaign in the middle of its life, and its bank. C000 and C001 are made,
// C002 failed, nobody knows about C003 and C004, of which only the first has a job, C005
// is being made, and C006 and C007 wait. Each trial begins with a copy of it.
type stage struct {
	*rig
	folder string // the output folder as it was
	books  string // the bank's file as it was
	early  string // the ledger when the first two rows were made, and nothing else
	lost   string // the job of C003
	bank   *sandbox.Sandbox
}

const stagedRows = 8

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{rig: newRig(t, stagedRows, true)}
	kept := t.TempDir()
	s.folder, s.books = filepath.Join(kept, "out"), filepath.Join(kept, "bank.db")
	s.open(s.books)
	s.run("run", "rig.yaml", "--limit", "2").wants(t, exitDone, "")
	s.early = s.read("out/ledger.db")
	s.spoil()
	s.run("run", "rig.yaml", "--only", "C002,C003,C004").wants(t, exitDecide, "")
	s.underWay()
	if err := errors.Join(s.bank.Close(), os.CopyFS(s.folder, os.DirFS(s.path("out")))); err != nil {
		t.Fatal(err)
	}
	want := map[ledger.State]int{ledger.Succeeded: 2, ledger.Failed: 1, ledger.Unsure: 2, ledger.Submitted: 1, ledger.Planned: 2}
	for state, n := range want {
		if got := s.states(); got[state] != n || s.lost == "" {
			t.Fatalf("the stage has %v and lost %q, want %v", got, s.lost, want)
		}
	}
	return s
}

// open has the service go on with the bank of a file, and answer as it should.
func (s *stage) open(books string) {
	s.t.Helper()
	bank, err := sandbox.New(sandbox.Options{State: books, Render: 20 * time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
	s.bank = bank
	s.answering(func(w http.ResponseWriter, q *http.Request) bool { bank.ServeHTTP(w, q); return true })
}

// spoil has the service refuse one row, and lose two others: one after its job was made,
// one before.
func (s *stage) spoil() {
	bank := s.bank
	s.answering(func(w http.ResponseWriter, q *http.Request) bool {
		body, err := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		switch text := string(body); {
		case err != nil || strings.Contains(text, "Name 4"):
			panic(http.ErrAbortHandler)
		case strings.Contains(text, "Name 2"):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message":"no"}`)
		case strings.Contains(text, "Name 3"):
			bank.ServeHTTP(httptest.NewRecorder(), q)
			panic(http.ErrAbortHandler)
		default:
			bank.ServeHTTP(w, q)
		}
		return true
	})
}

// underWay ends a run while a video is being made.
func (s *stage) underWay() {
	s.t.Helper()
	bank, asked := s.bank, make(chan struct{})
	var once sync.Once
	s.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if isSubmit(q) {
			bank.ServeHTTP(w, q)
			return true
		}
		once.Do(func() { close(asked) })
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	s.signalled(asked, func(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }, "--only", "C005").wants(s.t, exitTerminated, "")
	for _, c := range s.charges() {
		if textOf(s.t, c) == "Name 3" {
			s.lost = c.Job
		}
	}
}

func (s *stage) charges() []sandbox.Charge {
	s.t.Helper()
	charges, err := s.bank.Bank()
	if err != nil {
		s.t.Fatal(err)
	}
	return charges
}

// textOf is the row's text in a request that the bank kept.
func textOf(t *testing.T, c sandbox.Charge) string {
	t.Helper()
	var body struct{ DynamicVariables struct{ Name string } }
	if err := json.Unmarshal(c.Body, &body); err != nil || body.DynamicVariables.Name == "" {
		t.Fatalf("a job without a row's text: %v: %s", err, c.Body)
	}
	return body.DynamicVariables.Name
}

// begin puts the stage back to where it was, or before its first run.
func (s *stage) begin(fresh bool) {
	s.t.Helper()
	books := filepath.Join(s.t.TempDir(), "bank.db")
	if err := os.RemoveAll(s.path("out")); err != nil {
		s.t.Fatal(err)
	}
	if !fresh {
		data, err := os.ReadFile(s.books)
		if err := errors.Join(err, os.WriteFile(books, data, 0o600), os.CopyFS(s.path("out"), os.DirFS(s.folder))); err != nil {
			s.t.Fatal(err)
		}
	}
	s.open(books)
	bank := s.bank
	s.t.Cleanup(func() { _ = bank.Close() })
}

// entries are those of the ledger by their row, after it was checked; none where there is
// no ledger yet.
func (s *stage) entries() map[int]ledger.Entry {
	s.t.Helper()
	store, err := boltstore.OpenReadOnly(s.path("out/ledger.db"), boltstore.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.t.Fatalf("open ledger: %v", err)
	}
	defer store.Close()
	for _, err := range ledger.Check(context.Background(), store) {
		s.t.Errorf("ledger: %v", err)
	}
	entries := map[int]ledger.Entry{}
	for e, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		entries[e.Row] = e
	}
	return entries
}

// textIn is the text of the row at a line of the sheet.
func textIn(row int) string { return fmt.Sprintf("Name %d", row-2) }

// paid are the jobs of each text that cost something, or will.
func (s *stage) paid() map[string][]string {
	s.t.Helper()
	jobs := map[string][]string{}
	for _, c := range s.charges() {
		if c.State != sandbox.Released {
			jobs[textOf(s.t, c)] = append(jobs[textOf(s.t, c)], c.Job)
		}
	}
	return jobs
}

// nothingPaidTwice holds at every moment, but for a text that a person pays for again.
func (s *stage) nothingPaidTwice(moment, but string) {
	s.t.Helper()
	for text, jobs := range s.paid() {
		if len(jobs) > 1 && text != but {
			s.t.Fatalf("%s: %s has the jobs %v", moment, text, jobs)
		}
	}
}

// decide settles what nobody knows, as a person would who looks at the service.
func (s *stage) decide() {
	s.t.Helper()
	paid, file, open := s.paid(), "row,decision,ticket\n", 0
	for row, e := range s.entries() {
		if e.State != ledger.Unsure && e.State != ledger.Intended {
			continue
		}
		open++
		decision := "not-submitted,"
		if jobs := paid[textIn(row)]; len(jobs) == 1 {
			decision = "adopt," + jobs[0]
		}
		file += fmt.Sprintf("%d,%s\n", row, decision)
	}
	if open > 0 {
		s.write("decisions.csv", file)
		s.run("resolve", "rig.yaml", "--decisions", "decisions.csv").wants(s.t, exitDone, "")
	}
}

// settle goes on until every row has its end, and compares ledger, bank and videos. One
// text may be paid for twice.
func (s *stage) settle(twice string) {
	s.t.Helper()
	s.nothingPaidTwice("before anything was decided", "")
	if s.entries() != nil {
		s.run("run", "rig.yaml", "--limit", "1") // what was on the wire becomes unsure
		s.decide()
		s.run("retry", "rig.yaml", "--cancelled").wants(s.t, exitDone, "")
	}
	s.later()
	s.run("run", "rig.yaml").wants(s.t, exitDone, "")
	s.run("ledger", "verify", "rig.yaml").wants(s.t, exitDone, "")
	s.nothingPaidTwice("at the end", twice)
	entries, known := s.entries(), map[string]int{}
	if len(entries) != stagedRows {
		s.t.Errorf("%d entries for %d rows", len(entries), stagedRows)
	}
	for row, e := range entries {
		for _, job := range e.Tickets() {
			known[job] = row
		}
		if !e.Purged {
			s.made(row, e)
		}
	}
	for _, c := range s.charges() {
		if row, ok := known[c.Job]; !ok || textIn(row) != textOf(s.t, c) {
			s.t.Errorf("job %s of %q is that of row %d in the ledger", c.Job, textOf(s.t, c), row)
		}
	}
	if left := s.halves(); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
}

// made holds a row to its job, and its video to what the service has under that job.
func (s *stage) made(row int, e ledger.Entry) {
	s.t.Helper()
	jobs := s.paid()[textIn(row)]
	if e.State != ledger.Succeeded || !slices.Contains(jobs, e.Ticket.Job) {
		s.t.Errorf("row %d is %s (%s) with job %q, the bank has %v", row, e.State, e.Reason, e.Ticket.Job, jobs)
		return
	}
	link, err := url.Parse(e.Result.VideoURL)
	if err != nil {
		s.t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	s.bank.ServeHTTP(answer, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, link.Path, http.NoBody))
	if video := s.read("out/videos/" + e.Fetched.File); answer.Code != http.StatusOK || video != answer.Body.String() {
		s.t.Errorf("row %d: %s is not its video (%d bytes, the service has %d)", row, e.Fetched.File, len(video), answer.Body.Len())
	}
}

// halves are the files of the output folder that were to be written and renamed.
func (s *stage) halves() (paths []string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.path("out"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") || strings.Contains(e.Name(), ".new-") {
			paths = append(paths, s.path("out/"+e.Name()))
		}
	}
	return paths
}

// later has two hours pass for the files that were left half-written.
func (s *stage) later() {
	s.t.Helper()
	ago := time.Now().Add(-2 * time.Hour)
	for _, path := range s.halves() {
		if err := os.Chtimes(path, ago, ago); err != nil {
			s.t.Fatal(err)
		}
	}
}
