package reelmerge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// hall is a database in memory, and a service at an address. Machines are folders beside it.
type hall struct {
	t       *testing.T
	service *sandbox.Sandbox
	url     string
	front   func(http.ResponseWriter, *http.Request) bool // answers in the place of the service

	mu      sync.Mutex
	first   *ledgertest.Memory // of the database; it is no campaign's
	ledgers map[string]*ledgertest.Memory
	commits map[string]uint64
}

func newHall(t *testing.T) *hall {
	t.Helper()
	t.Setenv("COLOSSYAN_TOKEN", "secret")
	bank, err := sandbox.New(sandbox.Options{Render: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, service: bank, ledgers: map[string]*ledgertest.Memory{}, commits: map[string]uint64{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.front == nil || !h.front(w, r) {
			bank.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { server.Close(); _ = bank.Close() })
	h.url = server.URL + "/colossyan/api/v1"
	return h
}

// machine is the folder of one of several machines that share a campaign.
type machine struct {
	folder
	hall *hall
}

func (h *hall) machine(rows string) machine {
	h.t.Helper()
	f := newFolder(h.t, rows)
	f.write("c.yaml", "name: spring\nrows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out, download: false}\n"+
		"provider: {base_url: "+h.url+"}\nstore: \"${REELMERGE_STORE}\"\n")
	return machine{f, h}
}

// open opens the campaign as a program on that machine does.
func (m machine) open(o reelmerge.Options) *reelmerge.Campaign {
	m.t.Helper()
	o.Databases = func(context.Context, string) (reelmerge.Database, error) { return m.hall, nil }
	env := map[string]string{"COLOSSYAN_TOKEN": "secret", "REELMERGE_STORE": "postgres://ana:sesame@db.example.com/reelmerge", "REELMERGE_STATE": filepath.Join(m.path, "state")}
	if o.Getenv == nil {
		o.Getenv = func(name string) string { return env[name] }
	}
	return m.folder.open(o)
}

// joining is a machine that may join the ledger.
var joining = reelmerge.Options{Join: "spring"}

// paying runs without questions.
var paying = reelmerge.RunOptions{Yes: true, NewLedger: true}

func (h *hall) Exists(_ context.Context, name string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ledgers[name] != nil, nil
}

func (h *hall) Create(_ context.Context, name string, id ledger.Identity) (reelmerge.SharedStore, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ledgers[name] != nil {
		return nil, fs.ErrExist
	}
	if h.first == nil {
		h.first = ledgertest.NewMemory(ledger.Identity{})
	}
	h.ledgers[name] = h.first.Beside(id)
	return h.opened(name), nil
}

func (h *hall) Open(ctx context.Context, name string, known reelmerge.Known) (reelmerge.SharedStore, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.ledgers[name]
	if m == nil {
		return nil, fs.ErrNotExist
	}
	summary, err := m.Summary(ctx)
	switch {
	case err != nil:
		return nil, err
	case known.ID != "" && known.ID != summary.Identity.ID:
		return nil, ledger.ErrForeign
	case known.Seen > h.commits[name] && !known.Older:
		return nil, ledger.ErrOlder
	case known.Identity != nil && summary.Identity.Conflict(*known.Identity) != nil:
		return nil, summary.Identity.Conflict(*known.Identity)
	}
	return h.opened(name), nil
}

func (h *hall) OpenReadOnly(ctx context.Context, name string, known reelmerge.Known) (reelmerge.SharedStore, error) {
	return h.Open(ctx, name, known)
}

func (h *hall) Close() error { return nil }

func (h *hall) opened(name string) held { return held{h.ledgers[name].Open(), h, name} }

// held is a ledger of the hall in the hands of a process.
type held struct {
	*ledgertest.Process
	hall *hall
	name string
}

func (h held) Close() error { return nil }

func (h held) Commits() uint64 {
	h.hall.mu.Lock()
	defer h.hall.mu.Unlock()
	h.hall.commits[h.name]++ // something was changed, each time that it is asked for
	return h.hall.commits[h.name]
}

// paid is how many jobs of each body the service has made.
func (h *hall) paid() map[string]int {
	h.t.Helper()
	charges, err := h.service.Bank()
	if err != nil {
		h.t.Fatal(err)
	}
	made := map[string]int{}
	for _, c := range charges {
		made[string(c.Body)]++
	}
	return made
}

// TestTwoMachinesHaveOneLedger: the second one is asked whether the ledger is its campaign's,
// sends nothing again, and reads what the first one made.
func TestTwoMachinesHaveOneLedger(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\nC2,Grace\n"), h.machine("C1,Ada\nC2,Grace\n")
	if out := run(t, one.open(reelmerge.Options{}), paying); out.Sent != 2 {
		t.Fatalf("sent %d", out.Sent)
	}
	_, err := two.open(reelmerge.Options{}).Run(t.Context(), paying)
	known, is := errors.AsType[*reelmerge.Error](err)
	if !is || known.Cause != reelmerge.Usage || !strings.Contains(known.Hint, "--join spring") || known.Question == nil || known.Question.About != reelmerge.Joining ||
		!strings.Contains(err.Error(), "db.example.com/reelmerge") || !strings.Contains(err.Error(), "rows.csv") || strings.Contains(err.Error(), "sesame") {
		t.Fatalf("joining without a word: %v, %+v", err, known)
	}
	if _, err := os.Stat(filepath.Join(two.path, "out/run.json")); err == nil {
		t.Error("the ledger was joined")
	}
	if out := run(t, two.open(joining), paying); out.Sent != 0 || out.Cause() != reelmerge.Done {
		t.Errorf("the second machine sent %d, and ended with %q", out.Sent, out.Cause())
	}
	for _, m := range []machine{one, two} {
		if diff := cmp.Diff([]string{"C1 made", "C2 made"}, words(t, m.open(reelmerge.Options{}))); diff != "" {
			t.Error(diff)
		}
	}
	if made := h.paid(); len(made) != 2 {
		t.Errorf("the service made %v", made)
	}
}

// TestAFolderHoldsToItsLedger: what it knows in one place is not begun anew in another one.
func TestAFolderHoldsToItsLedger(t *testing.T) {
	h := newHall(t)
	one := h.machine("C1,Ada\n")
	run(t, one.open(reelmerge.Options{}), paying)

	_, err := one.folder.open(reelmerge.Options{Set: []string{"store="}, Getenv: func(string) string { return "secret" }}).Run(t.Context(), paying)
	if moved, is := errors.AsType[*ledger.MovedError](err); !is || reelmerge.CauseOf(err) != reelmerge.BadLedger || moved.Ledger != "spring" || moved.Store != "db.example.com/reelmerge" {
		t.Errorf("without the database: %v", err)
	}
	if one.open(reelmerge.Options{Set: []string{"store="}}); len(h.paid()) != 1 {
		t.Errorf("the service made %v", h.paid())
	}

	gone := h.ledgers["spring"]
	delete(h.ledgers, "spring")
	_, err = one.open(reelmerge.Options{}).Run(t.Context(), paying)
	if known, is := errors.AsType[*reelmerge.Error](err); !is || known.Cause != reelmerge.BadLedger || !errors.Is(err, ledger.ErrMissing) || !strings.Contains(known.Hint, "database") {
		t.Errorf("a database without the ledger: %v", err)
	}
	h.ledgers["spring"] = gone
	h.commits["spring"] = 1
	_, err = one.open(reelmerge.Options{}).Run(t.Context(), paying)
	if reelmerge.CauseOf(err) != reelmerge.BadLedger || !errors.Is(err, ledger.ErrOlder) {
		t.Errorf("a database that has forgotten commits: %v", err)
	}
	h.commits["spring"] = 100

	file := h.machine("C1,Ada\n")
	run(t, file.open(reelmerge.Options{Set: []string{"store="}}), paying)
	_, err = file.open(joining).Run(t.Context(), paying)
	if known, is := errors.AsType[*reelmerge.Error](err); !is || known.Cause != reelmerge.BadLedger || len(known.Next) != 1 || known.Next[0].Verb != "ledger import" {
		t.Errorf("a folder with a ledger in a file: %v", err)
	}

	other := h.machine("C1,Ada\n")
	_, err = other.open(reelmerge.Options{Join: "spring", Set: []string{"provider.base_url=http://127.0.0.1:9/colossyan"}}).Run(t.Context(), paying)
	if !errors.Is(err, ledger.ErrOther) || reelmerge.CauseOf(err) != reelmerge.BadLedger || !strings.Contains(err.Error(), "taken") {
		t.Errorf("the name of another service's ledger: %v", err)
	}
}

// TestADatabaseThatWasPutBackIsMadeGood on one machine, and the others go on with it.
func TestADatabaseThatWasPutBackIsMadeGood(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\nC2,Grace\nC3,Edith\n"), h.machine("C1,Ada\nC2,Grace\nC3,Edith\n")
	first := paying
	first.Limit = 1
	run(t, one.open(reelmerge.Options{}), first)
	if _, err := two.open(joining).Retry(t.Context(), reelmerge.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.open(reelmerge.Options{}).Restore(t.Context(), reelmerge.RestoreOptions{Yes: true}); reelmerge.CauseOf(err) != reelmerge.Usage {
		t.Errorf("a sound ledger: %v", err)
	}
	h.commits["spring"] = 1
	for _, m := range []machine{one, two} {
		if _, err := m.open(reelmerge.Options{}).Run(t.Context(), paying); !errors.Is(err, ledger.ErrOlder) {
			t.Fatalf("it was put back: %v", err)
		}
	}
	doubtful, err := one.open(reelmerge.Options{}).Restore(t.Context(), reelmerge.RestoreOptions{Yes: true})
	if err != nil || doubtful != 2 {
		t.Fatalf("%d rows are in doubt: %v", doubtful, err)
	}
	for _, m := range []machine{one, two} {
		list, err := m.open(reelmerge.Options{}).Unsure(t.Context())
		if err != nil || len(list) != 2 {
			t.Errorf("not known are %v, %v", list, err)
		}
		if _, err := m.open(reelmerge.Options{}).Retry(t.Context(), reelmerge.RetryOptions{}); err != nil {
			t.Error(err)
		}
	}
	if made := h.paid(); len(made) != 1 {
		t.Errorf("the service made %v", made)
	}
}

// TestOneMachineDrives: a second run is told who, status says it as well, and one that stands
// by takes over when the first one ends.
func TestOneMachineDrives(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\nC2,Grace\n"), h.machine("C1,Ada\nC2,Grace\n")
	sent, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.front = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			once.Do(func() { close(sent); <-goOn })
		}
		return false
	}
	first := make(chan error)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, err := one.open(reelmerge.Options{}).Run(ctx, paying)
		first <- err
	}()
	<-sent
	_, err := two.open(joining).Run(t.Context(), paying)
	if driven, is := errors.AsType[*ledger.DrivenError](err); !is || reelmerge.CauseOf(err) != reelmerge.Locked || driven.Driver.Who == "" {
		t.Errorf("a second run: %v", err)
	}
	status, err := two.open(reelmerge.Options{}).Status(t.Context(), true)
	if err != nil || !status.Running || status.Driver == nil || status.Driver.Who == "" || status.Progress == nil || status.Progress.ToSend != 2 {
		t.Errorf("status: %+v, %v", status, err)
	}
	standby := paying
	standby.Standby = true
	second := make(chan *reelmerge.Outcome)
	go func() {
		out, err := two.open(reelmerge.Options{}).Run(t.Context(), standby)
		if err != nil {
			t.Errorf("the one that stands by: %v", err)
		}
		second <- out
	}()
	stop() // as SIGTERM does
	close(goOn)
	if err := <-first; err != nil {
		t.Errorf("the first run: %v", err)
	}
	out := <-second
	if out.Cause() != reelmerge.Done || out.Summary.States[ledger.Succeeded] != 2 {
		t.Errorf("after the takeover: %q, %v", out.Cause(), out.Summary.States)
	}
	for body, n := range h.paid() {
		if n != 1 {
			t.Errorf("%s was made %d times", body, n)
		}
	}
}

// TestAHoldStaysForAPerson: a run that stands by does not go on with it, and a person's does.
func TestAHoldStaysForAPerson(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\nC2,Grace\nC3,Edith\n"), h.machine("C1,Ada\nC2,Grace\nC3,Edith\n")
	h.front = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnauthorized)
		}
		return r.Method == http.MethodPost
	}
	out, err := one.open(reelmerge.Options{}).Run(t.Context(), paying)
	if err != nil || out.Held == "" {
		t.Fatalf("held by %q, %v", out.Held, err)
	}
	h.front = nil
	standby := paying
	standby.Standby = true
	_, err = two.open(joining).Run(t.Context(), standby)
	if reelmerge.CauseOf(err) != reelmerge.Held || !strings.Contains(err.Error(), out.Held) || len(h.paid()) != 0 {
		t.Errorf("the one that stands by: %v, %v", err, h.paid())
	}
	if status, err := two.open(reelmerge.Options{}).Status(t.Context(), false); err != nil || status.Held != out.Held {
		t.Errorf("status says %q, %v", status.Held, err)
	}
	if out := run(t, two.open(reelmerge.Options{}), paying); out.Sent != 3 {
		t.Errorf("sent %d", out.Sent)
	}
	if status, err := one.open(reelmerge.Options{}).Status(t.Context(), false); err != nil || status.Held != "" {
		t.Errorf("after that, status says %q, %v", status.Held, err)
	}
}

// TestDecisionsWaitForTheWire: what was sent a moment ago may still arrive, although its
// machine is gone; the hint says from when a decision works.
func TestDecisionsWaitForTheWire(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\n"), h.machine("C1,Ada\n")
	h.front = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	out := run(t, one.open(reelmerge.Options{}), paying)
	if out.Summary.States[ledger.Unsure] != 1 {
		t.Fatalf("the row is %v", out.Summary.States)
	}
	for _, choice := range []reelmerge.Choice{reelmerge.NotSubmitted, reelmerge.Resubmit} {
		err := two.open(joining).Resolve(t.Context(), reelmerge.Decision{Key: "C1", Choice: choice})
		known, is := errors.AsType[*reelmerge.Error](err)
		if !is || known.Cause != reelmerge.Locked || !strings.Contains(known.Hint, "works from ") || !strings.Contains(known.Hint, "nothing was recorded") {
			t.Errorf("%s: %v, %+v", choice, err, known)
		}
	}
	if n, err := two.open(reelmerge.Options{}).Cancel(t.Context(), reelmerge.CancelOptions{Rows: []string{"C1"}, Yes: true}); err != nil || n != (reelmerge.Cancelled{}) {
		t.Errorf("cancelled %+v, %v", n, err)
	}
	entry, err := two.open(reelmerge.Options{}).Row(t.Context(), "C1")
	if err != nil || entry.State != ledger.Unsure {
		t.Errorf("the row is %s, %v", entry.State, err)
	}
}

// TestOneAccountHasOneLimitInADatabase: two campaigns of one token, and one whose token was
// renewed, count together; the database has no token.
func TestOneAccountHasOneLimitInADatabase(t *testing.T) {
	h := newHall(t)
	one, two := h.machine("C1,Ada\nC2,Grace\n"), h.machine("D1,Edith\n")
	run(t, one.open(reelmerge.Options{}), paying)
	run(t, two.open(reelmerge.Options{Set: []string{"name=summer"}}), paying)
	renewed := reelmerge.Options{Getenv: func(name string) string {
		return map[string]string{"COLOSSYAN_TOKEN": "another", "REELMERGE_STORE": "postgres://db.example.com/reelmerge", "REELMERGE_STATE": filepath.Join(one.path, "state")}[name]
	}}
	_, err := one.open(renewed).Run(t.Context(), paying)
	if known, is := errors.AsType[*reelmerge.Error](err); !is || known.Question == nil || known.Question.About != reelmerge.Account {
		t.Errorf("another token: %v", err)
	}
	same := paying
	same.SameAccount = true
	run(t, one.open(renewed), same)
	run(t, one.open(renewed), paying) // it is remembered

	documents := h.documents()
	var limits []string
	for name, text := range documents {
		if strings.HasSuffix(name, "/limits") {
			limits = append(limits, name)
		}
		if strings.Contains(text, "secret") || strings.Contains(text, "another") || strings.Contains(text, "sesame") {
			t.Errorf("the document %s has a secret: %s", name, text)
		}
	}
	if len(limits) != 1 {
		t.Fatalf("there are %v", limits)
	}
	var doc struct {
		Calls  []struct{ Ledger string }
		Paying map[string]any
	}
	if err := json.Unmarshal([]byte(documents[limits[0]]), &doc); err != nil || len(doc.Paying) != 2 {
		t.Errorf("the limits are of %v, %v", doc.Paying, err)
	}
}

// documents are those of the database.
func (h *hall) documents() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	for name, text := range h.first.Documents() {
		all[name] = string(text)
	}
	return all
}

// TestTheCampaignInTheDatabaseHasNoSecret, and names the rows of its run by hashes.
func TestTheCampaignInTheDatabaseHasNoSecret(t *testing.T) {
	h := newHall(t)
	one := h.machine("ada@example.com,Ada\n")
	_, err := one.open(reelmerge.Options{Set: nil}).Run(t.Context(), paying)
	if err != nil {
		t.Fatal(err)
	}
	documents, found := h.documents(), 0
	for name, text := range documents {
		switch {
		case strings.HasSuffix(name, "/campaign"):
			found++
			if !strings.Contains(text, "${REELMERGE_STORE}") || !strings.Contains(text, "base_url") {
				t.Errorf("the campaign is\n%s", text)
			}
		case strings.HasSuffix(name, "/wanted"):
			found++
			if strings.Contains(text, "ada@") || !strings.Contains(text, `"rows":["`) {
				t.Errorf("the wanted rows are %s", text)
			}
		}
	}
	if found != 2 {
		t.Errorf("the documents are %v", documents)
	}
	data, err := os.ReadFile(filepath.Join(one.path, "c.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	one.write("c.yaml", strings.Replace(string(data), "provider: {", "provider: {token: literal, ", 1))
	if _, err := one.open(reelmerge.Options{}).Run(t.Context(), paying); reelmerge.CauseOf(err) != reelmerge.Usage || !strings.Contains(fmt.Sprint(err), "provider.token") {
		t.Errorf("a campaign with a token in it: %v", err)
	}
}
