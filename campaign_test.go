package reelmerge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/sources"
)

// folder is one of a campaign of a few rows.
type folder struct {
	t    *testing.T
	path string
}

func newFolder(t *testing.T, rows string) folder {
	t.Helper()
	f := folder{t, t.TempDir()}
	f.write("rows.csv", "id,name\n"+rows)
	f.write("t.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 30}}`)
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n")
	return f
}

func (f folder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.path, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) open(o reelmerge.Options) *reelmerge.Campaign {
	f.t.Helper()
	o.Services = all.Services()
	c, err := reelmerge.Open(f.t.Context(), filepath.Join(f.path, "c.yaml"), o)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f folder) sandbox() *reelmerge.Campaign { return f.open(reelmerge.Options{Sandbox: true}) }

// run runs a campaign that has to end well.
func run(t *testing.T, c *reelmerge.Campaign, o reelmerge.RunOptions) *reelmerge.Outcome {
	t.Helper()
	out, err := c.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// words are the rows of results in words.
func words(t *testing.T, c *reelmerge.Campaign) (list []string) {
	t.Helper()
	for row, err := range c.Results(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, row.Key+" "+row.Status)
	}
	return list
}

// TestARunKeepsItsRecordAndABackup: every row of the sheet is in the record (L7), and
// the second run finds the ledger of before it beside.
func TestARunKeepsItsRecordAndABackup(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\n")
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	if r := out.Summary.Run; r == nil || !r.Accounted() || r.Rows != 2 || out.Cause() != reelmerge.Done {
		t.Errorf("the record is %+v, and the run ended with %q", r, out.Cause())
	}
	if out := run(t, f.sandbox(), reelmerge.RunOptions{}); out.Sent != 0 {
		t.Errorf("the second run sent %d", out.Sent)
	}
	if _, err := os.Stat(filepath.Join(f.path, "out/sandbox/ledger.bak")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"C1 test", "C2 test"}, words(t, f.sandbox())); diff != "" {
		t.Error(diff)
	}
}

// TestARunStopsWhereSentRowsVanish: another sheet, or another key column, would buy
// everything again.
func TestARunStopsWhereSentRowsVanish(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\n")
	run(t, f.sandbox(), reelmerge.RunOptions{})
	f.write("rows.csv", "id,name\nX1,Ada\nX2,Grace\n")
	out, err := f.sandbox().Run(t.Context(), reelmerge.RunOptions{})
	if reelmerge.CauseOf(err) != reelmerge.Undecided || out.Sent != 0 || out.Plan.Vanished != 2 {
		t.Fatalf("sent %d, %v", out.Sent, err)
	}
	if out := run(t, f.sandbox(), reelmerge.RunOptions{AcceptRemoved: true}); out.Sent != 2 {
		t.Errorf("sent %d", out.Sent)
	}
}

// TestNothingIsPaidWithoutConsent: nobody is there, then a person says no. Each
// question names what it is about.
func TestNothingIsPaidWithoutConsent(t *testing.T) {
	t.Setenv("COLOSSYAN_TOKEN", "secret")
	f := newFolder(t, "C1,Ada\n")
	c := f.open(reelmerge.Options{Set: []string{"provider.base_url=http://127.0.0.1:9/colossyan"}})
	_, err := c.Run(t.Context(), reelmerge.RunOptions{})
	var e *reelmerge.Error
	if !errors.As(err, &e) || e.Cause != reelmerge.Usage || e.Question == nil || e.Question.About != reelmerge.NewLedger {
		t.Fatalf("nobody is there: %v", err)
	}
	var asked []reelmerge.Subject
	answer := func(_ context.Context, q reelmerge.Question) bool {
		asked = append(asked, q.About)
		return q.About != reelmerge.Payment
	}
	out, err := c.Run(t.Context(), reelmerge.RunOptions{Consent: answer})
	if text, no := reelmerge.Otherwise(err); !no || text != "nothing was sent" || out.Sent != 0 {
		t.Errorf("a no: %v", err)
	}
	if diff := cmp.Diff([]reelmerge.Subject{reelmerge.NewLedger, reelmerge.Payment}, asked); diff != "" {
		t.Error(diff)
	}
	if s, err := c.Status(t.Context(), false); err != nil || s.States[ledger.Planned] != 1 {
		t.Errorf("%+v, %v", s.States, err)
	}
}

// TestProblemsOfTheFilesComeAllAtOnce as a list, with their places.
func TestProblemsOfTheFilesComeAllAtOnce(t *testing.T) {
	f := newFolder(t, "C1,Ada\n")
	f.write("c.yaml", "rows: {file: rows.csv, kee: id}\ntemplate: t.json\nlimits: {active: x}\n")
	_, err := reelmerge.Open(t.Context(), filepath.Join(f.path, "c.yaml"), reelmerge.Options{Services: all.Services()})
	var list problem.List
	if !errors.As(err, &list) || len(list) != 2 || list[0].Line == 0 || reelmerge.CauseOf(err) != reelmerge.Usage {
		t.Errorf("%v", err)
	}
	_, err = reelmerge.Open(t.Context(), filepath.Join(f.path, "rows.csv"), reelmerge.Options{Template: filepath.Join(f.path, "t.json")})
	if err == nil || !strings.Contains(err.Error(), "no service offers") {
		t.Errorf("without services: %v", err)
	}
}

// TestASignalEndsASheetOfResults gives the signal at the first row: no other row is
// read, and no half of a sheet is left.
func TestASignalEndsASheetOfResults(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\n")
	c := f.sandbox()
	run(t, c, reelmerge.RunOptions{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rows := 0
	for _, err := range c.Results(ctx) {
		if rows++; rows == 1 {
			stop()
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("row %d: %v", rows, err)
		}
	}
	path := filepath.Join(f.path, "results.csv")
	if _, err := c.WriteResults(ctx, reelmerge.ResultsOptions{Path: path}); reelmerge.CauseOf(err) != reelmerge.Stopped {
		t.Errorf("written: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("half a sheet was written")
	}
}

// memory keeps ledgers in this process, as a database would elsewhere.
type memory struct{ store *ledgertest.Memory }

type kept struct{ *ledgertest.Memory }

func (kept) Close() error { return nil }

func (m *memory) Exists(context.Context) (bool, error) { return m.store != nil, nil }
func (m *memory) Create(_ context.Context, id ledger.Identity) (reelmerge.Store, error) {
	m.store = ledgertest.NewMemory(id)
	return kept{m.store}, nil
}
func (m *memory) Open(context.Context, *ledger.Identity, bool) (reelmerge.Store, error) {
	return kept{m.store}, nil
}
func (m *memory) OpenReadOnly(context.Context, *ledger.Identity) (reelmerge.Store, error) {
	return kept{m.store}, nil
}

// TestACampaignIsAValue: its rows come from a program, its ledger is kept elsewhere,
// and all operations work on it.
func TestACampaignIsAValue(t *testing.T) {
	f := newFolder(t, "")
	t.Chdir(f.path)
	file, problems := campaign.New("crm", "t.json")
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	file.Rows.Key = "id"
	file.Provider.Sandbox.On = true
	file.Output.Download = false
	file.Limits.Submits, file.Limits.Poll.First = []campaign.Window{{Count: 50, Per: time.Second}}, 50*time.Millisecond
	names := []string{"Ada", "Grace"}
	store := &memory{}
	c, err := reelmerge.New(t.Context(), file, reelmerge.Options{
		Services: all.Services(), Stores: func(string) reelmerge.Stores { return store },
		Rows: &reelmerge.Rows{Columns: []string{"id", "name"}, Each: func(yield func(sources.Row, error) bool) {
			for i, name := range names {
				if !yield(sources.Row{Cells: []string{string(rune('A' + i)), name}}, nil) {
					return
				}
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if out := run(t, c, reelmerge.RunOptions{}); out.Sent != 2 || out.Results == "" {
		t.Errorf("sent %d, results in %q", out.Sent, out.Results)
	}
	names[1] = "Bob"
	if diff := cmp.Diff([]string{"A test", "B changed"}, words(t, c)); diff != "" {
		t.Error(diff)
	}
	if out := run(t, c, reelmerge.RunOptions{Changed: engine.RedoChanged}); out.Sent != 1 {
		t.Errorf("sent %d", out.Sent)
	}
	if _, err := c.Verify(t.Context()); reelmerge.CauseOf(err) != reelmerge.Usage {
		t.Errorf("a ledger that is no file: %v", err)
	}
}
