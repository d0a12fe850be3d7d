package reelmerge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// described is a campaign of a service that a file describes, and a server on this machine
// that plays it.
type described struct {
	folder
	server *httptest.Server
	box    *sandbox.Sandbox
	calls  atomic.Int32
}

const acmeFile = "providers/declared/testdata/acme.service.yaml"

func newDescribed(t *testing.T, o sandbox.Options) *described {
	t.Helper()
	text, err := os.ReadFile(acmeFile)
	if err != nil {
		t.Fatal(err)
	}
	d := &described{folder: folder{t, t.TempDir()}}
	o.Described = [][]byte{text}
	o.State = filepath.Join(t.TempDir(), "acme.db")
	if d.box, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.calls.Add(1)
		d.box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { d.server.Close(); d.box.Close() })
	d.write("acme.service.yaml", string(text))
	d.write("rows.csv", "id,name\n1,Ada\n2,Grace\n3,Linus\n")
	d.write("t.json", `{"operation": "acme/clip", "request": {"title": "Hello {name}", "seconds": 8, "fields": {"name": "{name}"}}, "variables": {"name": {"type": "string"}}}`)
	d.campaign("")
	return d
}

// campaign writes the campaign with more lines under provider.
func (d *described) campaign(more string) {
	d.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 20ms, max: 20ms}}\noutput: {dir: out}\n"+
		"provider:\n  file: acme.service.yaml\n  token: ${ACME}\n  base_url: "+d.server.URL+"/acme\n"+more)
}

func (d *described) edit(old, new string) {
	d.t.Helper()
	path := filepath.Join(d.path, "acme.service.yaml")
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		d.t.Fatalf("%v: no %q to change", err, old)
	}
	d.write("acme.service.yaml", strings.Replace(string(text), old, new, 1))
}

// variables are those of the environment, and two tokens.
func variables(name string) string {
	if token, ok := map[string]string{"ACME": "secret", "ACME_TOKEN": "another"}[name]; ok {
		return token
	}
	return os.Getenv(name)
}

func (d *described) opened() (*reelmerge.Campaign, error) { return d.openedWith() }

func (d *described) openedWith(change ...func(*reelmerge.Options)) (*reelmerge.Campaign, error) {
	o := reelmerge.Options{Services: all.Services(), Getenv: variables}
	for _, c := range change {
		c(&o)
	}
	return reelmerge.Open(d.t.Context(), filepath.Join(d.path, "c.yaml"), o)
}

// open opens a campaign that is known to be right.
func (d *described) open() *reelmerge.Campaign {
	d.t.Helper()
	c, err := d.opened()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return c
}

// start runs the campaign with a token.
func (d *described) start(o reelmerge.RunOptions) (out *reelmerge.Outcome, err error) {
	d.t.Helper()
	err = d.paying(o, func(ctx context.Context, c *reelmerge.Campaign, o reelmerge.RunOptions) (err error) {
		out, err = c.Run(ctx, o)
		return err
	})
	return out, err
}

// paying opens the campaign for an operation that may pay, and closes it again.
func (d *described) paying(o reelmerge.RunOptions, do func(context.Context, *reelmerge.Campaign, reelmerge.RunOptions) error) error {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	c, err := d.opened()
	if err != nil {
		return err
	}
	defer c.Close()
	o.Yes, o.NewLedger = true, true
	return do(ctx, c, o)
}

func (d *described) trust() reelmerge.RunOptions {
	_, err := d.start(reelmerge.RunOptions{})
	_, hash, found := strings.Cut(err.Error(), "hash ")
	if !found {
		d.t.Fatalf("no hash to trust: %v", err)
	}
	return reelmerge.RunOptions{TrustService: hash[:12]}
}

// want checks how a run ended.
func (d *described) want(err error, cause reelmerge.Cause, says string) {
	d.t.Helper()
	if reelmerge.CauseOf(err) != cause || err != nil && !strings.Contains(err.Error(), says) {
		d.t.Errorf("%v (%s), want %s and %q", err, reelmerge.CauseOf(err), cause, says)
	}
}

// TestADescribedServiceMakesVideos runs a campaign of a service of which the program knows
// nothing but a file.
func TestADescribedServiceMakesVideos(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	_, err := d.start(reelmerge.RunOptions{})
	d.want(err, reelmerge.Usage, "the token goes to api.acme.example")
	if n := d.calls.Load(); n != 0 {
		t.Errorf("%d calls before anybody said that the service may be used", n)
	}
	_, err = d.start(reelmerge.RunOptions{TrustService: "000000000000"})
	d.want(err, reelmerge.Usage, "names another description")
	out, err := d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	bank, bad := d.box.Bank()
	if out.Sent != 3 || len(bank) != 3 || bad != nil || bank[0].Amount.String() != "16" {
		t.Errorf("sent %d, bought %v, %v", out.Sent, bank, bad)
	}
	if out, err = d.start(reelmerge.RunOptions{}); err != nil || out.Sent != 0 {
		t.Errorf("a second run, which nobody has to trust again: sent %d, %v", out.Sent, err)
	}
}

// TestAnAnswerThatIsLostIsFoundInTheList loses answers of submits.
func TestAnAnswerThatIsLostIsFoundInTheList(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond, Faults: "accept-then-drop@2"})
	d.edit("settle: 5s", "settle: 100ms")
	out, err := d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	if bank, bad := d.box.Bank(); out.Sent != 3 || len(bank) != 3 || bad != nil {
		t.Errorf("sent %d, bought %d, %v", out.Sent, len(bank), bad)
	}
}

// TestADescriptionThatChangedUnderOpenRows is refused: their jobs would be asked for in
// other words.
func TestADescriptionThatChangedUnderOpenRows(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 2 * time.Second})
	o := d.trust()
	ctx, cancel := context.WithCancel(t.Context())
	c := d.open()
	o.Yes, o.NewLedger = true, true
	o.Every = 10 * time.Millisecond
	o.Progress = func(s reelmerge.Status) {
		if bank, err := d.box.Bank(); err == nil && len(bank) == 3 {
			cancel()
		}
	}
	if _, err := c.Run(ctx, o); err != nil {
		d.want(err, reelmerge.Stopped, "")
	}
	before := d.calls.Load()
	d.edit("succeeded: [ready]", "succeeded: [finished]")
	d.edit("phase: ready", "phase: finished")
	_, err := d.start(reelmerge.RunOptions{})
	d.want(err, reelmerge.Held, `+ "finished"`)
	for name, ask := range map[string]func(*reelmerge.Campaign) error{
		"cancel": func(c *reelmerge.Campaign) error {
			_, err := c.Cancel(t.Context(), reelmerge.CancelOptions{Yes: true})
			return err
		},
		"resolve": func(c *reelmerge.Campaign) error {
			return c.Resolve(t.Context(), reelmerge.Decision{Key: "1", Choice: reelmerge.Adopt, Ticket: "c_1"})
		},
		"propose": func(c *reelmerge.Campaign) error { _, err := c.Propose(t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			d.want(ask(d.open()), reelmerge.Held, `+ "finished"`)
		})
	}
	if d.calls.Load() != before {
		t.Error("the service was asked")
	}
	d.edit("succeeded: [finished]", "succeeded: [finished, ready]")
	_, err = d.start(reelmerge.RunOptions{AcceptService: true})
	d.want(err, reelmerge.Usage, "hash") // which is asked about as well
	_, hash, _ := strings.Cut(err.Error(), "hash ")
	_, err = d.start(reelmerge.RunOptions{AcceptService: true, TrustService: hash[:12]})
	d.want(err, reelmerge.Done, "")
	if bank, _ := d.box.Bank(); len(bank) != 3 {
		t.Errorf("bought %d", len(bank))
	}
}

// TestAVideoThatNeedsTheToken is fetched with it.
func TestAVideoThatNeedsTheToken(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	d.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Token secret" {
			http.Error(w, "who is there?", http.StatusUnauthorized)
			return
		}
		d.box.ServeHTTP(w, r)
	})
	d.edit("expires: 7d", "expires: 7d, fetch: with token")
	_, err := d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	if videos, err := filepath.Glob(filepath.Join(d.path, "out", "videos", "*.mp4")); err != nil || len(videos) != 3 {
		t.Errorf("videos: %v, %v", videos, err)
	}
}

// TestTheTestModeOfAService marks each request, keeps apart what it made, and never mails it.
func TestTheTestModeOfAService(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	d.edit("auth:", "test: {fixed: {/draft: true}, means: \"free, with a watermark\"}\nauth:")
	d.campaign("  test: true\n")
	o := d.trust()
	_, err := d.start(o)
	d.want(err, reelmerge.Done, "")
	bank, bad := d.box.Bank()
	for _, line := range bank {
		if !strings.Contains(string(line.Body), `"draft":true`) {
			t.Errorf("sent as if it were paid: %s", line.Body)
		}
	}
	if bad != nil || len(bank) != 3 {
		t.Errorf("bought %d, %v", len(bank), bad)
	}
	c := d.open()
	if got := c.TestLine(); got != "test mode: free, with a watermark" {
		t.Errorf("it says %q", got)
	}
	_, err = c.WriteResults(t.Context(), reelmerge.ResultsOptions{Mailable: true})
	d.want(err, reelmerge.Usage, "no row can be mailed: test mode: free, with a watermark")
	d.campaign("")
	paid, err := d.start(o)
	d.want(err, reelmerge.Done, "")
	if bank, _ = d.box.Bank(); paid.Sent != 3 || len(bank) != 6 || strings.Contains(string(bank[5].Body), "draft") {
		t.Errorf("sent %d, bought %d: %s", paid.Sent, len(bank), bank[5].Body)
	}
	for _, name := range []string{"out/test/ledger.db", "out/ledger.db"} {
		if _, err := os.Stat(filepath.Join(d.path, name)); err != nil {
			t.Error(err)
		}
	}
	if err := os.Rename(filepath.Join(d.path, "out/test/ledger.db"), filepath.Join(d.path, "out/ledger.db")); err != nil {
		t.Fatal(err)
	}
	_, err = d.start(o)
	d.want(err, reelmerge.BadLedger, "")
}

// TestATokenGoesNowhereWithoutTrust deletes videos at a service whose description names
// another path since, and then one that was never trusted.
func TestATokenGoesNowhereWithoutTrust(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	_, err := d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	before := d.calls.Load()
	purge := func() error {
		_, err := d.open().Purge(t.Context(), reelmerge.PurgeOptions{Yes: true})
		return err
	}
	d.edit("hosts: [api.acme.example]", "hosts: [api.acme.example, thief.example]")
	d.want(purge(), reelmerge.Held, `+ "thief.example"`)
	if err := os.Remove(filepath.Join(d.path, "out", "service.json")); err != nil {
		t.Fatal(err)
	}
	d.want(purge(), reelmerge.Usage, "no person has said yet that Acme Video may be used")
	if d.calls.Load() != before {
		t.Error("the service was asked")
	}
	_, err = d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	if receipt, err := d.open().Purge(t.Context(), reelmerge.PurgeOptions{Yes: true}); err != nil || receipt.Service.Deleted != 3 {
		t.Errorf("deleted %+v, %v", receipt.Service, err)
	}
}

// TestWhatADescriptionMayNotDo never makes a call.
func TestWhatADescriptionMayNotDo(t *testing.T) {
	for name, test := range map[string]struct {
		old, new, more string
		cause          reelmerge.Cause
		says           string
	}{
		"a service that has ended":         {"base_url:", "sunset: 2026-01-01\nbase_url:", "", reelmerge.Usage, "ended on 2026-01-01"},
		"the name of a known service":      {"name: acme", "name: kensa", "", reelmerge.Usage, "which reelmerge knows without a file"},
		"the name of one with other hosts": {"name: acme", "name: runway", "", reelmerge.Usage, "with other hosts than reelmerge knows: api.acme.example"},
		"recordings that are made up":      {"{call: submit, from: docs, status: 202", "{call: submit, from: made up, status: 202", "", reelmerge.Usage, "the token goes to api.acme.example"},
		"a setting that does not exist":    {"name: acme", "name: acme", "  settings: {stage: v1}\n", reelmerge.Usage, `no setting "stage"`},
		"a test mode that it has not":      {"name: acme", "name: acme", "  test: true\n", reelmerge.Usage, "has no test mode"},
		"a broken description":             {"succeeded: [ready]", "succeeded: [ready, working]", "", reelmerge.Usage, "SVC-WORD"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDescribed(t, sandbox.Options{})
			d.edit(test.old, test.new)
			d.campaign(test.more)
			_, err := d.start(reelmerge.RunOptions{})
			d.want(err, test.cause, test.says)
			if d.calls.Load() != 0 {
				t.Error("the service was called")
			}
		})
	}
	t.Run("a token of the environment", func(t *testing.T) {
		d := newDescribed(t, sandbox.Options{})
		d.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nprovider: {file: acme.service.yaml}\n")
		_, err := d.start(reelmerge.RunOptions{})
		d.want(err, reelmerge.Usage, "no token for the service")
	})
	t.Run("an address of another host", func(t *testing.T) {
		d := newDescribed(t, sandbox.Options{})
		d.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nprovider: {file: acme.service.yaml, token: \"${ACME}\", base_url: \"https://thief.example\"}\n")
		_, err := d.start(d.trust())
		d.want(err, reelmerge.Usage, "thief.example")
	})
}

// TestAnUpgradeUnderOpenRows: a description that comes with the program changed with it. Rows
// on their way hold the run with the difference, and nothing is sent or asked; without such
// rows it goes on without a question.
func TestAnUpgradeUnderOpenRows(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 500 * time.Millisecond})
	text, err := os.ReadFile(acmeFile)
	if err != nil {
		t.Fatal(err)
	}
	comes := func(pairs ...string) func(*reelmerge.Options) {
		t.Helper()
		known, found := declared.Parse("acme", []byte(strings.NewReplacer(pairs...).Replace(string(text))))
		if known == nil {
			t.Fatal(found)
		}
		return func(o *reelmerge.Options) { o.Services = []providers.Service{known.Listed()} }
	}
	d.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 20ms, max: 20ms}}\noutput: {dir: out}\n"+
		"provider: {token: \"${ACME}\", base_url: "+d.server.URL+"/acme}\n")
	start := func(ctx context.Context, o reelmerge.RunOptions, change func(*reelmerge.Options)) error {
		t.Helper()
		c, err := d.openedWith(change)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		o.Yes, o.NewLedger = true, true
		_, err = c.Run(ctx, o)
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := reelmerge.RunOptions{Every: 10 * time.Millisecond, Progress: func(reelmerge.Status) {
		if bank, err := d.box.Bank(); err == nil && len(bank) == 3 {
			cancel()
		}
	}}
	d.want(start(ctx, o, comes()), reelmerge.Done, "")
	before := d.calls.Load()
	upgraded := comes("succeeded: [ready]", "succeeded: [ready, done]")
	d.want(start(t.Context(), reelmerge.RunOptions{}, upgraded), reelmerge.Held, `+ "done"`)
	if d.calls.Load() != before {
		t.Error("the service was asked")
	}
	d.want(start(t.Context(), reelmerge.RunOptions{}, comes("2026-11-01", "2026-11-02")), reelmerge.Done, "") // dates may change
	d.want(start(t.Context(), reelmerge.RunOptions{}, upgraded), reelmerge.Done, "")
	if bank, _ := d.box.Bank(); len(bank) != 3 {
		t.Errorf("bought %d", len(bank))
	}
}

// TestMadeUpRecordingsAreSaid in the question whether the service may be used: no real
// answer to a submit was seen.
func TestMadeUpRecordingsAreSaid(t *testing.T) {
	d := newDescribed(t, sandbox.Options{})
	d.edit("{call: submit, from: docs, status: 202", "{call: submit, from: made up, status: 202")
	d.edit("{call: submit, named: refused, from: docs", "{call: submit, named: refused, from: made up")
	_, err := d.start(reelmerge.RunOptions{})
	d.want(err, reelmerge.Usage, "its recorded answers are made up")
	if d.calls.Load() != 0 {
		t.Error("the service was called")
	}
	if _, err = d.start(d.trust()); err != nil {
		d.want(err, reelmerge.Done, "")
	}
}
