package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// trial is an example campaign in a folder of its own.
type trial struct {
	t    *testing.T
	dir  string
	name string
	sets []string // further flags of every command
}

// callbacks turns callbacks on where the example has none.
func callbacks() []string {
	return []string{"--set", "webhook.url=https://hooks.example.com/reelmerge", "--set", "webhook.listen=127.0.0.1:0"}
}

// newTrial copies an example, but for what somebody's runs left there.
func newTrial(t *testing.T, name string, sets ...string) *trial {
	t.Helper()
	e := &trial{t: t, dir: t.TempDir(), name: name, sets: append(callbacks(), sets...)}
	source := filepath.Join("..", "..", "examples", name)
	files, err := os.ReadDir(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(source, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(e.dir, file.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// command runs one command on the example and returns its exit code and results.
func (e *trial) command(name string, flags ...string) (int, string) {
	e.t.Helper()
	var out, said bytes.Buffer
	args := slices.Concat([]string{name, filepath.Join(e.dir, "campaign.yaml")}, e.sets, flags)
	code := run(e.t.Context(), args, streams{strings.NewReader(""), &out, &said})
	if code == exitBug || code == exitUsage || code == exitLedger {
		e.t.Fatalf("%s: exit %d\n%s%s", name, code, out.String(), said.String())
	}
	return code, out.String()
}

func (e *trial) path(name string) string {
	return filepath.Join(e.dir, "out", "campaign", "sandbox", name)
}

func (e *trial) entries() map[string]ledger.Entry {
	e.t.Helper()
	store, err := boltstore.OpenReadOnly(e.path("ledger.db"), boltstore.Options{})
	if err != nil {
		e.t.Fatal(err)
	}
	defer store.Close()
	for _, err := range ledger.Check(context.Background(), store) {
		e.t.Errorf("ledger: %v", err)
	}
	entries := map[string]ledger.Entry{}
	for entry, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			e.t.Fatal(err)
		}
		entries[entry.Key] = entry
	}
	return entries
}

// bank is what the simulator accepted, by our reference.
func (e *trial) bank() map[string][]sandbox.Charge {
	e.t.Helper()
	charges, err := sandbox.ReadBank(e.path("sandbox.db"))
	if err != nil {
		e.t.Fatal(err)
	}
	jobs := map[string][]sandbox.Charge{}
	for _, c := range charges {
		jobs[c.Reference] = append(jobs[c.Reference], c)
	}
	return jobs
}

// decide answers for the person who looks at the service for every row that
// nobody knows about, and returns how many there were.
func (e *trial) decide() int {
	e.t.Helper()
	bank, rows := e.bank(), []string{"key,decision,ticket"}
	for key, entry := range e.entries() {
		if entry.State != ledger.Unsure {
			continue
		}
		if jobs := bank[entry.Reference]; len(jobs) > 0 {
			rows = append(rows, key+",adopt,"+jobs[0].Job)
		} else {
			rows = append(rows, key+",not-submitted,")
		}
	}
	if _, list := e.command("resolve"); strings.Count(list, "We do not know whether row") != len(rows)-1 {
		e.t.Errorf("resolve does not list the %d rows that nobody knows about:\n%s", len(rows)-1, list)
	}
	if len(rows) == 1 {
		return 0
	}
	file := filepath.Join(e.dir, "decisions.csv")
	if err := os.WriteFile(file, []byte(strings.Join(rows, "\n")), 0o600); err != nil {
		e.t.Fatal(err)
	}
	e.command("resolve", "--decisions", file)
	return len(rows) - 1
}

// agrees compares the ledger with the bank when all is settled: no row has two
// jobs, and no job is without its row.
func (e *trial) agrees(rows int) {
	e.t.Helper()
	bank, entries := e.bank(), e.entries()
	if len(entries) != rows {
		e.t.Errorf("%d entries for %d rows", len(entries), rows)
	}
	known := map[string]ledger.Entry{}
	for key, entry := range entries {
		known[entry.Reference] = entry
		jobs := bank[entry.Reference]
		if !entry.State.Settled() || len(jobs) != 1 {
			e.t.Errorf("row %s is %s (%s) and has %d jobs", key, entry.State, entry.Reason, len(jobs))
			continue
		}
		if why := disagree(entry, jobs[0]); why != "" {
			e.t.Errorf("row %s: %s\nentry %+v\njob %+v", key, why, entry, jobs[0])
		}
	}
	for reference := range bank {
		if _, ok := known[reference]; !ok {
			e.t.Errorf("lost: a job for %q, which is no row", reference)
		}
	}
}

// disagree says what a settled entry and its job do not agree about.
func disagree(entry ledger.Entry, job sandbox.Charge) string {
	made := entry.State == ledger.Succeeded
	switch {
	case made != (job.State == sandbox.Charged):
		return "one says that it was made, the other does not"
	case entry.Ticket.Job == "" && entry.By != ledger.ByCallback:
		return "settled without a ticket or a callback"
	case entry.Ticket.Job != "" && entry.Ticket.Job != job.Job:
		return "another job's ticket"
	case made && !strings.Contains(entry.Result.VideoURL, job.Job):
		return "another job's video"
	case made && entry.Ticket.Job != "" && entry.Money.Charged != job.Amount:
		return "another cost"
	}
	return ""
}

func (e *trial) states() map[ledger.State]int {
	states := map[ledger.State]int{}
	for _, entry := range e.entries() {
		states[entry.State]++
	}
	return states
}

// colossyanExamples are the examples of Colossyan, with the number of their rows
// and all members that a request of theirs may have.
func colossyanExamples() map[string]struct {
	rows    int
	members []string
} {
	return map[string]struct {
		rows    int
		members []string
	}{
		"colossyan-callbacks": {24, []string{"callbackPayload", "callbackUrl", "dynamicVariables", "templateJobId"}},
		"colossyan-video":     {16, []string{"callback", "callbackPayload", "videoCreative"}},
	}
}

// TestExamplesOfColossyanRunToTheEnd also looks at what the service was told: the
// right one of the two callback fields, no column that the template does not
// declare, and no cell in what comes back with a callback.
func TestExamplesOfColossyanRunToTheEnd(t *testing.T) {
	for name, want := range colossyanExamples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTrial(t, name)
			for range 2 {
				if code, out := e.command("run"); code != exitDone {
					t.Fatalf("exit %d\n%s", code, out)
				}
			}
			e.agrees(want.rows)
			if n := e.states()[ledger.Succeeded]; n != want.rows {
				t.Errorf("%d of %d rows were made", n, want.rows)
			}
			for _, jobs := range e.bank() {
				checkBody(t, jobs[0].Body, want.members, e.cells())
			}
		})
	}
}

func checkBody(t *testing.T, body json.RawMessage, members []string, cells []string) {
	t.Helper()
	var request map[string]json.RawMessage
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(members, slices.Sorted(maps.Keys(request))); diff != "" {
		t.Errorf("members of the request (-want +got):\n%s", diff)
	}
	for _, secret := range []string{"do not send", "@example.org", "Internal", "Salary"} {
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("the request holds %q, from a column that the template does not declare: %s", secret, body)
		}
	}
	if names := variableNames(t, request["dynamicVariables"]); names != "" && names != "date name plan" {
		t.Errorf("variables %s", names)
	}
	for _, cell := range cells {
		if bytes.Contains(request["callbackPayload"], []byte(cell)) {
			t.Errorf("the callback payload %s holds the cell %q", request["callbackPayload"], cell)
		}
	}
}

func variableNames(t *testing.T, variables json.RawMessage) string {
	t.Helper()
	if variables == nil {
		return ""
	}
	var values map[string]string
	if err := json.Unmarshal(variables, &values); err != nil {
		t.Errorf("a variable that is not text: %v", err)
	}
	return strings.Join(slices.Sorted(maps.Keys(values)), " ")
}

// cells are all cells of the example's sheet that could not be in a signature by
// chance.
func (e *trial) cells() (cells []string) {
	e.t.Helper()
	files, err := filepath.Glob(filepath.Join(e.dir, "*.csv"))
	if err != nil || len(files) != 1 {
		e.t.Fatalf("sheets %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		e.t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(data))
	if bytes.Contains(data, []byte(";")) {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil {
		e.t.Fatal(err)
	}
	for _, record := range records[1:] {
		for _, cell := range record {
			if strings.Trim(cell, "0123456789abcdefABCDEF") != "" || len(cell) > 6 {
				cells = append(cells, cell)
			}
		}
	}
	return cells
}

// everyFault is each fault of the simulator at a rate.
func everyFault(rate string) string {
	var faults []string
	for _, f := range sandbox.KnownFaults() {
		faults = append(faults, f.Name+"="+rate)
	}
	return strings.Join(faults, ",")
}

// TestExamplesOfColossyanSurviveEveryFault runs both twice with 5 % of everything
// that can go wrong, and lets a person decide what is left, until all is settled.
func TestExamplesOfColossyanSurviveEveryFault(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for slow answers")
	}
	for name, want := range colossyanExamples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTrial(t, name, "--set", "provider.sandbox.faults="+everyFault("5%"), "--set", "provider.sandbox.seed=3",
				"--set", "provider.sandbox.render=100ms", "--set", "limits.deadline=2s")
			decided := 0
			for range 6 {
				e.command("run")
				e.command("run")
				n := e.decide()
				decided += n
				if states := e.states(); n == 0 && states[ledger.Succeeded]+states[ledger.Failed] == want.rows {
					break
				}
			}
			e.agrees(want.rows)
			t.Logf("%v, %d decided by a person", e.states(), decided)
		})
	}
}

// summary is the last event of a run.
func (e *trial) summary(flags ...string) (code int, s struct {
	Event    string
	States   map[ledger.State]int
	Webhooks *reelmerge.Webhooks
}) {
	e.t.Helper()
	code, out := e.command("run", append(flags, "--json")...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil || s.Event != "summary" {
		e.t.Fatalf("no summary: %v\n%s", err, out)
	}
	return code, s
}

// TestForgedWebhooksAreCountedAndNothingElse has a stranger claim that every job
// failed.
func TestForgedWebhooksAreCountedAndNothingElse(t *testing.T) {
	t.Parallel()
	e := newTrial(t, "colossyan-callbacks", "--set", "provider.sandbox.faults=webhook-forged=100%,webhook-lost=100%")
	code, s := e.summary()
	if want := (reelmerge.Webhooks{Received: 24, Forged: 24}); code != exitDone || s.Webhooks == nil || *s.Webhooks != want {
		t.Errorf("exit %d, webhooks %+v, want %+v", code, s.Webhooks, want)
	}
	if s.States[ledger.Succeeded] != 24 {
		t.Errorf("states %v", s.States)
	}
	e.agrees(24)
}

// TestCallbackSparesAPersonTheDecision loses the answers to two submits. Where
// their callbacks arrive, there is nothing to resolve.
func TestCallbackSparesAPersonTheDecision(t *testing.T) {
	for name, test := range map[string]struct {
		faults string
		code   int
		list   string
	}{
		"arrives": {"", exitDone, "nothing to decide"},
		"is lost": {",webhook-lost=100%", exitDecide, "We do not know whether row"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTrial(t, "colossyan-callbacks", "--set", "limits.deadline=2s",
				"--set", fmt.Sprintf("provider.sandbox.faults=accept-then-drop@3,accept-then-500@7%s", test.faults))
			code, s := e.summary()
			listed, list := e.command("resolve")
			if code != test.code || listed != test.code || !strings.Contains(list, test.list) {
				t.Errorf("run exits with %d, resolve with %d:\n%s", code, listed, list)
			}
			if unsure := s.States[ledger.Unsure]; (unsure == 0) != (test.code == exitDone) || s.States[ledger.Succeeded]+unsure != 24 {
				t.Errorf("states %v", s.States)
			}
		})
	}
}
