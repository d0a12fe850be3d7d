package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/serve"
)

// TestASheetThatChangedIsNotMendedBlindly: the file was saved anew, or lost the row, while
// a person looked at it.
func TestASheetThatChangedIsNotMendedBlindly(t *testing.T) {
	w := newWorld(t, 0, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,,Rome\nC2,Grace,Paris\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	c.get(base + "problems")
	form := url.Values{"row": {"2"}, "column": {"name"}, "was": {""}, "new": {"Ada"}}
	w.write("rows.csv", "id,name,city\nC9,Linus,Bonn\nC1,,Rome\nC2,Grace,Paris\n")
	if got := c.post2(base+"mend", form); got.status != 409 || !strings.Contains(unescaped(got.body), `the cell says "Linus" by now`) {
		t.Errorf("another row stands there: %d %s", got.status, got.body)
	}
	w.write("rows.csv", "id,name,city\n")
	if got := c.post2(base+"mend", form); got.status != 422 || !strings.Contains(got.body, "the sheet has no row 2") {
		t.Errorf("the row is gone: %d %s", got.status, got.body)
	}
	if err := os.Remove(filepath.Join(w.dir, "rows.csv")); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"", "problems", "rows", "row/2", "plan", "videos", "results"} {
		if got := c.request("GET", base+page, "", nil); got.status == 500 || !strings.Contains(got.body, "rows.csv") && page != "videos" && page != "results" {
			t.Errorf("%q without the sheet: %d %s", page, got.status, got.body)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "spring.corrections.csv")); err == nil {
		t.Error("a correction was kept")
	}
}

// TestASessionThatHasExpiredChangesNothing: the page shows the door, and a form that was open
// is refused.
func TestASessionThatHasExpiredChangesNothing(t *testing.T) {
	w := newWorld(t, 0, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,,Rome\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	entered := c.request("POST", "/session", url.Values{"token": {s.Token()}}.Encode(), func(r *http.Request) { r.Header.Del("Authorization") })
	with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(entered.cookies()[0]) }
	if got := c.request("GET", base+"problems", "", with); got.status != 200 || !strings.Contains(got.body, "Mend B2") {
		t.Fatalf("before: %d", got.status)
	}
	s.Expire()
	mend := url.Values{"row": {"2"}, "column": {"name"}, "was": {""}, "new": {"Ada"}}.Encode()
	for _, got := range []reply{c.request("GET", base+"problems", "", with), c.request("POST", base+"mend", mend, with)} {
		if got.status != 401 || !strings.Contains(got.body, `id="door"`) || strings.Contains(got.body, "spring") {
			t.Errorf("after: %d %s", got.status, got.body)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "spring.corrections.csv")); err == nil {
		t.Error("the cell was mended")
	}
}

// TestAFullDiskIsSaid limits the size of files, as a disk without room does: nothing is half
// written, and what was there stays.
func TestAFullDiskIsSaid(t *testing.T) {
	w := newWorld(t, 400, time.Millisecond, "")
	lines := "key,column,old,new,at,by\n" + strings.Repeat("C99999,name,a,b,2026-01-01T00:00:00Z,Ada Lovelace of the long name\n", 200)
	w.write("spring.corrections.csv", lines)
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := w.start(exec.Command("sh", "-c", `ulimit -f 16; exec "$0" serve --listen 127.0.0.1:0`, program))
	front := &far{p}
	c := caller{t, front, w.server(serve.Options{})}
	base := c.campaignPath()
	got := c.bring("/new", given{"export.json", export, "big.csv", customers + strings.Repeat("C,Ada,Gold\n", 4000)})
	if got.status != 422 || !strings.Contains(got.body, "the file cannot be written") {
		t.Errorf("an upload: %d %s", got.status, got.body)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".reelmerge*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	got = c.post2(base+"mend", url.Values{"row": {"2"}, "column": {"name"}, "was": {"Name 0"}, "new": {"Ada"}})
	if got.status != 422 || !strings.Contains(got.body, "nothing was changed") {
		t.Errorf("a mended cell: %d %s", got.status, got.body)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "spring.corrections.csv")); err != nil || string(text) != lines {
		t.Errorf("the corrections are %d bytes, %v", len(text), err)
	}
	c.post(base+"run", url.Values{"plan": {digestOf(t, c.get(base+"plan"))}})
	page := c.until(base, "role=\"alert\"")
	if !strings.Contains(page, "nothing is lost") && !strings.Contains(page, "nothing was sent") && !strings.Contains(page, "disk") {
		t.Errorf("a run: %s", page)
	}
}

// far is the handler of another process.
type far struct{ *process }

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, f.base()+r.URL.RequestURI(), r.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	out.Header = r.Header.Clone()
	out.Header.Set("Authorization", "Bearer "+f.token())
	out.Header.Set("Origin", f.base())
	got, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(out)
	if err != nil {
		f.t.Fatal(err)
	}
	defer got.Body.Close()
	for name, values := range got.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(got.StatusCode)
	_, _ = io.Copy(w, got.Body) // the test sees what is missing
}

// TestAServiceThatIsDownIsSaid: the page says what is waited for, and the run can be stopped.
func TestAServiceThatIsDownIsSaid(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	down := httptest.NewServer(nil)
	down.Close() // nothing is connected, so that it is known that no row was sent
	t.Setenv("PAID_TOKEN", "a-token")
	w.write("spring.yaml", "name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {base_url: "+down.URL+", token: \"${PAID_TOKEN}\"}\noutput: {dir: out, download: false}\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	c.post(base+"run", url.Values{"plan": {digestOf(t, c.get(base+"plan"))}, "yes": {"new ledger"}})
	c.until(base, "Running here")
	page := c.until(base, "the next row is sent")
	if !strings.Contains(page, "Stop after what is under way") {
		t.Errorf("the run cannot be stopped: %s", page)
	}
	c.post(base+"stop", nil)
	c.until(base, "Stopped")
}

// TestAHeldRunHasAButton where the command line has a flag: it sends the plan that is shown,
// with the one thing that a person said.
func TestAHeldRunHasAButton(t *testing.T) {
	for held, want := range map[engine.Hold][2]string{
		engine.HoldPrices: {"prices", "compare prices"}, engine.HoldOutage: {"wait", "see whether it answers"}, engine.HoldLimit: {"wait", "wait until then"}, engine.HoldFunds: {"", "top up"},
	} {
		out := &reelmerge.Outcome{Cure: want[1] + "; --max-wait says how long; where they are right, add --accept-prices"}
		out.Held, out.HeldFor = "it holds", held
		accept, cure := serve.EndingOf(out)
		if accept != want[0] || !strings.HasPrefix(cure, want[1]) || want[0] != "" && strings.Contains(cure, "--accept") {
			t.Errorf("%s: %q, %q", held, accept, cure)
		}
	}
	if o := serve.RunOptionsOf(url.Values{"accept": {"prices"}}); !o.AcceptPrices || o.MaxWait != 0 {
		t.Errorf("accepted prices: %+v", o)
	}
	if o := serve.RunOptionsOf(url.Values{"accept": {"wait"}}); o.AcceptPrices || o.MaxWait != 24*time.Hour {
		t.Errorf("a longer wait: %+v", o)
	}
	if o := serve.RunOptionsOf(url.Values{"accept": {"everything"}}); o.AcceptPrices || o.MaxWait != 0 || o.Yes || o.NewLedger {
		t.Errorf("something else: %+v", o)
	}
}
