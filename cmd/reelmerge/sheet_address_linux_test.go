package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
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
)

// webSheet is a sheet at a web address: behind two redirects, with a tag, over TLS. The
// program trusts its certificate as it trusts those of the system.
type webSheet struct {
	*rig
	server *httptest.Server
	text   atomic.Pointer[string]
	fault  atomic.Pointer[http.HandlerFunc] // answers instead
	asked  atomic.Int64                     // for the sheet itself
	sent   atomic.Int64                     // how often it was sent as a whole
}

const sheetToken = "canary-in-a-query"

func newWebSheet(t *testing.T, rows int) *webSheet {
	t.Helper()
	t.Setenv("REELMERGE_STATE", t.TempDir())
	s := &webSheet{rig: newRig(t, rows, false)}
	s.serves(s.read("rows.csv"))
	s.server = httptest.NewTLSServer(http.HandlerFunc(s.answerSheet))
	t.Cleanup(s.server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
	s.write("authority.pem", string(authority))
	t.Setenv("SSL_CERT_FILE", s.path("authority.pem"))
	t.Setenv("SHEET_TOKEN", sheetToken)
	address := s.server.URL + "/hidden-path/start?token=${SHEET_TOKEN}"
	s.write("rig.yaml", strings.Replace(s.read("rig.yaml"), "file: rows.csv", `file: "`+address+`"`, 1))
	if err := os.Remove(s.path("rows.csv")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *webSheet) serves(text string) { s.text.Store(&text) }

func (s *webSheet) faulty(f http.HandlerFunc) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func (s *webSheet) answerSheet(w http.ResponseWriter, q *http.Request) {
	if f := s.fault.Load(); f != nil {
		(*f)(w, q)
		return
	}
	switch q.URL.Path {
	case "/hidden-path/start":
		if q.URL.Query().Get("token") != sheetToken {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.Redirect(w, q, "/hidden-path/second", http.StatusTemporaryRedirect)
	case "/hidden-path/second":
		http.Redirect(w, q, "/hidden-path/guests.csv", http.StatusFound)
	default:
		s.asked.Add(1)
		text := *s.text.Load()
		tag := fmt.Sprintf("%q", fmt.Sprint(len(text), "-", strings.Count(text, "Another")))
		w.Header().Set("ETag", tag)
		if q.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s.sent.Add(1)
		w.Header().Set("Content-Type", "text/csv")
		_, _ = w.Write([]byte(text))
	}
}

// copies are the names of the copies in a folder.
func (s *webSheet) copies() []string {
	s.t.Helper()
	found, err := filepath.Glob(s.path("out/sheet/*.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// sheetJSON is what a plan says of its sheet.
type sheetJSON struct {
	Sheet struct {
		Address, Copy string
		Pinned        bool
		Since         *struct {
			Added, Removed, Changed struct {
				Rows int
				Keys []string
			}
		}
	}
}

func (s *webSheet) planned(args ...string) (doc sheetJSON) {
	s.t.Helper()
	e := s.run(append([]string{"plan", "rig.yaml", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(e.out), &doc); err != nil {
		s.t.Fatalf("%v\n%s%s", err, e.out, e.err)
	}
	return doc
}

// another is the sheet of the next night: C000 is gone, three rows are changed, five came.
func another(sheet string, rows int) string {
	sheet = strings.Replace(sheet, "C000,Name 0\n", "", 1)
	for i := 1; i <= 3; i++ {
		sheet = strings.Replace(sheet, fmt.Sprintf("C%03d,Name %d\n", i, i), fmt.Sprintf("C%03d,Another %d\n", i, i), 1)
	}
	for i := rows; i < rows+5; i++ {
		sheet += fmt.Sprintf("C%03d,Name %d\n", i, i)
	}
	return sheet
}

// TestASheetAtAnAddressIsPinned has a plan fetch the sheet, and fetch it again only when it
// has changed. The plan says what changed, and nothing says the address.
func TestASheetAtAnAddressIsPinned(t *testing.T) {
	const rows = 12
	s := newWebSheet(t, rows)
	s.run("check", "rig.yaml").wants(t, exitDone, "12 rows: 12 ready")
	if first := s.planned(); first.Sheet.Since != nil || first.Sheet.Pinned || first.Sheet.Address != s.server.URL+"/…" {
		t.Errorf("%+v", first.Sheet)
	}
	if s.asked.Load() != 2 || s.sent.Load() != 1 || len(s.copies()) != 1 {
		t.Errorf("asked %d times, sent %d times, %d copies", s.asked.Load(), s.sent.Load(), len(s.copies()))
	}
	first := *s.text.Load()
	s.serves(another(first, rows))
	for range 2 { // the second time nothing has changed, and the comparison is the same
		since := s.planned().Sheet.Since
		if since == nil || since.Added.Rows != 5 || since.Removed.Rows != 1 || since.Changed.Rows != 3 {
			t.Fatalf("%+v", since)
		}
		if got := fmt.Sprint(since.Added.Keys, since.Removed.Keys, since.Changed.Keys); got != "[C012 C013 C014 C015 C016] [C000] [C001 C002 C003]" {
			t.Error(got)
		}
	}
	s.run("plan", "rig.yaml").wants(t, exitDone, "5: C012, C013, C014, C015, C016")
	s.serves(first + "C100,Name 100\n")
	s.planned()
	if n := len(s.copies()); n != 2 {
		t.Errorf("%d copies, want the last two", n)
	}
	// The copy goes on without the server, and says so.
	s.server.CloseClientConnections()
	asked := s.asked.Load()
	if doc := s.planned("--pinned"); !doc.Sheet.Pinned || s.asked.Load() != asked {
		t.Errorf("%+v, asked %d times", doc.Sheet, s.asked.Load()-asked)
	}
	e := s.run("config", "rig.yaml")
	e.wants(t, exitDone, s.server.URL+"/…")
	s.silent(e)
}

// silent ends the test if a file, or the output of a process, has the address.
func (s *webSheet) silent(ends ...ended) {
	s.t.Helper()
	told := map[string]string{}
	for i, e := range ends {
		told[fmt.Sprint("process ", i)] = e.out + e.err
	}
	err := filepath.WalkDir(s.path("out"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		told[path] = string(data)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for where, text := range told {
		if strings.Contains(text, sheetToken) || strings.Contains(text, "hidden-path") {
			s.t.Errorf("%s has the address", where)
		}
	}
}

// TestARunReadsItsCopyAlone changes the sheet while a run is going: the run has asked once,
// and its results are those of the sheet that it began with.
func TestARunReadsItsCopyAlone(t *testing.T) {
	s := newWebSheet(t, 6)
	var plans atomic.Int64
	s.answering(func(_ http.ResponseWriter, q *http.Request) bool {
		if isSubmit(q) && plans.Add(1) == 3 {
			// Three plans of other sheets push the run's copy out of the last two.
			for i := range 3 {
				s.serves(fmt.Sprintf("id,name\nX%d,Nobody %d\n", i, i))
				s.run("plan", "rig.yaml")
			}
		}
		return false
	})
	asked := s.asked.Load()
	e := s.run("run", "rig.yaml")
	e.wants(t, exitDone, "6 made")
	if n := s.asked.Load() - asked; n != 4 { // three of them were the plans
		t.Errorf("a run asked %d times", n-3)
	}
	s.once(6)
	results := s.read("out/results.csv")
	if !strings.Contains(results, "C005,Name 5") || strings.Contains(results, "Nobody") {
		t.Errorf("results of another sheet:\n%s", results)
	}
	s.silent(e)
	// The rows of the next sheet are new ones, and those that were sent are gone: a person looks.
	s.run("run", "rig.yaml").wants(t, exitDecide, "6 sent rows gone from the sheet, and 1 new one there: is this the right sheet")
	s.run("purge", "rig.yaml", "--yes", "--local").wants(t, exitDone, "")
	if _, err := os.Stat(s.path("out/sheet")); err == nil {
		t.Error("purge left the copies")
	}
}

// TestAServerThatFailsInTheNightHoldsTheRun kills a run with jobs under way, and has the
// server of the sheet answer 500 to the next one: that follows the jobs, and sends nothing.
func TestAServerThatFailsInTheNightHoldsTheRun(t *testing.T) {
	const rows, sent = 10, 4
	s := newWebSheet(t, rows)
	s.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) { // no video is ready before the kill, and no more than four may be made at a time
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return !isSubmit(q)
	})
	s.finish(s.command("run", "rig.yaml"), func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		s.waitFor(sent)
		s.quiet()
		_ = c.Process.Kill()
		return c.Wait()
	})
	if n := s.states()[ledger.Submitted]; n != sent {
		t.Fatalf("%d are under way: %v", n, s.states())
	}
	s.plain()
	submits := s.submits.Load()
	s.faulty(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	e := s.run("run", "rig.yaml")
	e.wants(t, exitHeld, "held: the sheet could not be fetched: the server answered with status 500")
	if !strings.Contains(e.err, "add --pinned") {
		t.Errorf("no cure:\n%s", e.err)
	}
	if n := s.states()[ledger.Succeeded]; n != sent || s.submits.Load() != submits {
		t.Errorf("%d are made, %d were sent: %v", n, s.submits.Load()-submits, s.states())
	}
	s.run("run", "rig.yaml", "--pinned").wants(t, exitDone, "10 made")
	s.once(rows)
	s.silent(e)
}

// TestAnApprovalIsOfThePinnedSheet approves what the plan has shown, although the sheet has
// changed at its address since. The run fetches it, and what is new waits.
func TestAnApprovalIsOfThePinnedSheet(t *testing.T) {
	const rows = 8
	s := newWebSheet(t, rows)
	s.write("rig.yaml", s.read("rig.yaml")+"approval: required\n")
	s.planned()
	var plan struct{ Digest string }
	if err := json.Unmarshal([]byte(s.run("plan", "rig.yaml", "--json").out), &plan); err != nil {
		t.Fatal(err)
	}
	s.serves(another(*s.text.Load(), rows))
	asked := s.asked.Load()
	s.run("approve", "rig.yaml", "--plan", plan.Digest, "--by", "Ada", "--new-ledger").wants(t, exitDone, "approved by Ada: 8 rows")
	if n := s.asked.Load(); n != asked {
		t.Errorf("approve asked the address %d times", n-asked)
	}
	s.finish(s.unasked(), runIt).wants(t, exitDecide, "8 rows not sent, not approved: C001, C002, C003, C008, C009, C010, C011, C012")
	s.once(rows - 4) // C000 is gone, and three are changed
}

// TestWhatIsNoSheetTakesThePlaceOfNoCopy has the address answer in bad ways: each is said
// with its cure, the copy of before stays, and a run holds.
func TestWhatIsNoSheetTakesThePlaceOfNoCopy(t *testing.T) {
	s := newWebSheet(t, 3)
	s.planned()
	page := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(text))
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private server was asked") }))
	defer elsewhere.Close()
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, to, http.StatusFound) }
	}
	tests := map[string]struct {
		answer     http.HandlerFunc
		said, cure string
	}{
		"a web page": {func(w http.ResponseWriter, _ *http.Request) { page(w, "<!DOCTYPE html><title>Guests</title>") },
			"the address leads to a web page, and not to the sheet itself", "in a private window of a browser"},
		"a web page that is called CSV": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			_, _ = w.Write([]byte("\xef\xbb\xbf\n <HTML><body>"))
		}, "the address leads to a web page", "private window"},
		"a page for signing in": {func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/login" {
				http.Redirect(w, q, "/login?continue="+q.URL.Path, http.StatusFound)
				return
			}
			page(w, "<html><form>Password")
		}, "the address leads to a web page", "without signing in"},
		"a password": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
			"status 401", "share the sheet"},
		"another server of this machine": {redirect(elsewhere.URL), "it is not fetched: it is not https", "public server"},
		"a private address":              {redirect("https://10.0.0.1/guests.csv"), "it is not fetched: it leads into a private network", "public server"},
		"the address of a cloud":         {redirect("https://169.254.169.254/latest"), "it leads into a private network", "public server"},
		"redirects without an end":       {redirect("/again"), "more than 3 redirects", "public server"},
		"2 GB": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2147483648")
			w.WriteHeader(http.StatusOK)
		}, "it is larger than 256 MB", "downloaded"},
		"nothing": {func(http.ResponseWriter, *http.Request) {}, "the server sent nothing", "in a browser"},
		"a picture": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"))
		},
			"it is a picture", ""},
		"a packed sheet": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("\x1f\x8b\x08"))
		}, `encoded as "gzip"`, "another address"},
		"a broken workbook": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("PK\x03\x04 and no more")) }, "ROW-", ""},
		"a cut answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = w.Write([]byte("id,name\nC000,Na"))
		}, "did not answer as it should", "--pinned"},
		"gone": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, "status 410", "correct rows.file"},
	}
	before := fmt.Sprint(s.copies())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s.faulty(test.answer)
			for _, command := range []string{"check", "plan"} {
				e := s.run(command, "rig.yaml")
				e.wants(t, exitUsage, test.said)
				if !strings.Contains(e.out+e.err, test.cure) {
					t.Errorf("no cure:\n%s%s", e.out, e.err)
				}
				s.silent(e)
			}
			if now := fmt.Sprint(s.copies()); now != before {
				t.Errorf("the copies are %s", now)
			}
		})
	}
	s.run("run", "rig.yaml").wants(t, exitHeld, "nothing new is sent")
	if n := s.submits.Load(); n != 0 {
		t.Errorf("%d were sent", n)
	}
	s.faulty(nil)
	s.run("run", "rig.yaml").wants(t, exitDone, "3 made")
	s.once(3)
}

// TestAKillWhileTheSheetComesLosesNothing kills a plan in the middle of a fetch. The copy of
// before is still read, the next fetch is whole, and purging leaves no part of the half one.
func TestAKillWhileTheSheetComesLosesNothing(t *testing.T) {
	s := newWebSheet(t, 3)
	s.planned()
	before := fmt.Sprint(s.copies())
	half := make(chan bool, 1)
	s.faulty(func(w http.ResponseWriter, q *http.Request) {
		_, _ = w.Write([]byte("id,name\nC000,Canaria"))
		w.(http.Flusher).Flush()
		half <- true
		<-q.Context().Done()
	})
	parts := func() []string {
		found, err := filepath.Glob(s.path("out/sheet/.incoming*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	s.finish(s.command("plan", "rig.yaml"), func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		<-half
		for deadline := time.Now().Add(20 * time.Second); len(parts()) == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		}
		_ = c.Process.Kill()
		return c.Wait()
	})
	if now := fmt.Sprint(s.copies()); now != before || len(parts()) != 1 {
		t.Errorf("copies %s, parts %q", now, parts())
	}
	s.run("plan", "rig.yaml", "--pinned").wants(t, exitDone, "can be sent")
	s.faulty(nil)
	s.run("run", "rig.yaml").wants(t, exitDone, "3 made")
	s.once(3)
	s.run("purge", "rig.yaml", "--yes", "--local").wants(t, exitDone, "")
	if _, err := os.Stat(s.path("out/sheet")); err == nil {
		t.Error("a part of the sheet is left")
	}
}
