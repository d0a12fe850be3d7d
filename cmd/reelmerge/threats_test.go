package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// nowhere wants a text in no file below some folders, and in the name of none:
// nowhere TEXT FOLDER… !EXCEPT.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: nowhere text folder… !except")
	}
	for _, folder := range args[1:] {
		if strings.HasPrefix(folder, "!") {
			continue
		}
		files := 0
		err := filepath.WalkDir(ts.MkAbs(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || slices.Contains(args, "!"+d.Name()) {
				return err
			}
			files++
			data, err := os.ReadFile(path)
			if bytes.Contains(data, []byte(args[0])) || strings.Contains(d.Name(), args[0]) {
				ts.Fatalf("%s says %q", path, args[0])
			}
			return err
		})
		ts.Check(err)
		if files == 0 {
			ts.Fatalf("%s holds no file: the search proves nothing", folder)
		}
	}
}

// secret is a canary and the spellings in which it could come back.
type secret struct{ name, value string }

func (s secret) spellings() []string {
	return []string{
		s.value, url.QueryEscape(s.value), hex.EncodeToString([]byte(s.value)),
		base64.StdEncoding.EncodeToString([]byte(s.value)), base64.URLEncoding.EncodeToString([]byte(s.value)),
		strings.ToUpper(s.value), fmt.Sprintf("%q", s.value),
	}
}

// leaks fails for every spelling of a secret that stands in a text.
func leaks(t *testing.T, where string, text []byte, secrets []secret) {
	t.Helper()
	for _, s := range secrets {
		for _, spelling := range s.spellings() {
			if bytes.Contains(text, []byte(spelling)) {
				t.Errorf("%s shows the %s as %q", where, s.name, spelling)
			}
		}
	}
}

// secretCampaign takes a secret from every place that one may come from.
const secretCampaign = `rows: {file: rows.csv, key: id}
template: template.json
provider:
  base_url: %s/colossyan/api/v1
  %s
  headers: {Cookie: "session=${RIG_COOKIE}", X-Account: "${RIG_ACCOUNT}"}
limits: {submits: 1000/s, active: 2, poll: {first: 50ms, max: 200ms}, deadline: 1s}
output: {dir: out, download: true}
webhook: {url: "https://hooks.example.com/in", listen: "127.0.0.1:0", secret: "${RIG_HOOK}"}
`

// TestNoSecretIsEverWrittenOrSaid runs a campaign to its end through everything
// that goes wrong, against a service that says the secrets back whenever it can,
// and looks for them in everything that was printed and in every file.
func TestNoSecretIsEverWrittenOrSaid(t *testing.T) {
	secrets := []secret{
		{"token", "canary-token/7f+3a=="}, {"cookie", "canary-cookie-91c2"},
		{"header", "canary-account-55d0"}, {"webhook secret", "canary-hook-e8b4"},
	}
	for name, token := range map[string]string{"from the environment": `token: "${RIG_TOKEN}"`, "from a file": "token_file: token.txt"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 8, true)
			r.token = secrets[0].value
			kept := t.TempDir()
			if err := os.WriteFile(filepath.Join(kept, "token.txt"), []byte(r.token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r.write("rig.yaml", strings.ReplaceAll(fmt.Sprintf(secretCampaign, r.server.URL, token), "token.txt", filepath.Join(kept, "token.txt")))
			r.answering(tellTale(r))
			seen := 0
			for _, args := range [][]string{
				{"config", "rig.yaml"}, {"config", "rig.yaml", "--json"}, {"check", "rig.yaml"}, {"plan", "rig.yaml", "--json"},
				{"run", "rig.yaml", "--log-format", "json"}, {"run", "rig.yaml", "--json"}, {"run", "rig.yaml", "--log-format", "text"},
				{"status", "rig.yaml"}, {"status", "rig.yaml", "--row", "C001", "--json"}, {"resolve", "rig.yaml"}, {"retry", "rig.yaml"},
				{"results", "rig.yaml"}, {"report", "rig.yaml"}, {"cancel", "rig.yaml", "--yes"}, {"purge", "rig.yaml", "--yes"},
				{"run", "rig.yaml", "--set", "provider.headers.X-Bad=${RIG_ACCOUNT}\x01"}, {"run", "rig.yaml", "--set", "provider.base_url=ftp://${RIG_TOKEN}"},
			} {
				c := r.command(args...)
				c.Env = append(c.Env, "RIG_COOKIE="+secrets[1].value, "RIG_ACCOUNT="+secrets[2].value, "RIG_HOOK="+secrets[3].value)
				e := r.finish(c, runIt)
				leaks(t, strings.Join(args, " "), []byte(e.out+e.err), secrets)
				seen += strings.Count(e.out+e.err, "[hidden]")
				r.searchFiles(secrets)
			}
			if r.submits.Load() == 0 || seen == 0 {
				t.Errorf("%d submits, %d texts in which something was hidden: the test proves nothing", r.submits.Load(), seen)
			}
		})
	}
}

// tellTale says back what it was sent: in refusals, in troubles, in answers.
func tellTale(r *rig) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, q *http.Request) bool {
		said := q.Header.Get("Authorization") + " " + q.Header.Get("Cookie") + " " + q.Header.Get("X-Account")
		n := r.submits.Load()
		if !isSubmit(q) || n%4 == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader([]int{0, 400, 500, 429}[n%4])
		text, err := json.Marshal(map[string]any{"message": "you sent " + said, "url": "https://x.example?token=" + said})
		if err == nil {
			_, err = w.Write(text)
		}
		return err == nil
	}
}

// searchFiles looks into every file of the campaign, and at its name.
func (r *rig) searchFiles(secrets []secret) {
	r.t.Helper()
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		leaks(r.t, path, append(data, path...), secrets)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// hostile are the introducers of what a terminal would obey.
const hostile = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202eevil\u2066\u200f\x08\x7f"

// TestNoEscapeSequenceReachesATerminal puts escape sequences into cells, headers,
// keys, templates and answers.
func TestNoEscapeSequenceReachesATerminal(t *testing.T) {
	r := newRig(t, 1, false)
	r.write("rows.csv", "id,name,odd"+hostile+"\nK1,Ada "+hostile+",x\nK2,,"+hostile+"\nK3,Bob,x\nK"+hostile+"4,Cy,x\n")
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		status := http.StatusInternalServerError // Ada is unsure
		if body, _ := io.ReadAll(q.Body); bytes.Contains(body, []byte("Bob")) {
			status = http.StatusBadRequest // Bob fails
		}
		w.WriteHeader(status)
		text, _ := json.Marshal(map[string]string{"message": "no " + hostile, "error": hostile})
		_, err := w.Write(text)
		return err == nil
	})
	key := "K1"
	for _, args := range [][]string{
		{"check", "rig.yaml"}, {"plan", "rig.yaml"}, {"run", "rig.yaml", "--skip-problems", "--log-format", "text"},
		{"run", "rig.yaml", "--skip-problems"}, {"status", "rig.yaml"}, {"status", "rig.yaml", "--row", key}, {"status", "rig.yaml", "--row", "K3"}, {"status", "rig.yaml", "--row", "K" + hostile},
		{"resolve", "rig.yaml"}, {"resolve", "rig.yaml", "--row", key, "--adopt", hostile}, {"retry", "rig.yaml", "--row", key},
		{"explain", hostile}, {"schema", hostile}, {"check", hostile + ".yaml"}, {"run", "rig.yaml", "--set", hostile + "=1"},
		{"run", "rig.yaml", "--changed", hostile}, {hostile}, {"run", "--" + hostile}, {"results", "rig.yaml", "--out", hostile + "/x.csv"},
	} {
		e := r.run(args...)
		if n := strings.IndexFunc(e.out+e.err, obeyed); n >= 0 {
			t.Errorf("%q: a terminal would obey %q", args, (e.out + e.err)[max(0, n-30):min(len(e.out+e.err), n+10)])
		}
	}
}

// obeyed recognizes characters that make a terminal do more than show text.
func obeyed(c rune) bool {
	return unicode.IsControl(c) && c != '\n' && c != '\t' || unicode.Is(unicode.Bidi_Control, c) || c == utf8.RuneError
}

// TestAMovedCampaignGoesOn moves campaign and output folder together, with rows
// that are open and rows that were not sent.
func TestAMovedCampaignGoesOn(t *testing.T) {
	r := newRig(t, 6, true)
	r.run("run", "rig.yaml", "--limit", "2").wants(t, exitDone, "")
	submits := r.submits.Load()
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if isSubmit(q) && r.submits.Load() > submits+1 {
			w.WriteHeader(http.StatusPaymentRequired)
			return true
		}
		return false
	})
	c := r.command("run", r.path("rig.yaml"), "--set", "limits.active=1")
	c.Dir = t.TempDir() // by its full path, from elsewhere
	r.finish(c, runIt).wants(t, exitHeld, "cannot pay")
	for _, name := range []string{"out/ledger.db", "out/run.json", "out/status.json"} {
		data, err := os.ReadFile(r.path(name))
		if err != nil || bytes.Contains(data, []byte(r.dir)) {
			t.Errorf("%s knows where it is: %v", name, err)
		}
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(r.dir, moved); err != nil {
		t.Fatal(err)
	}
	r.dir = moved
	r.allMade(6)
	if _, err := os.Stat(r.path("out/videos/C005.mp4")); err != nil {
		t.Error(err)
	}
}

// TestShuffledRowsKeepTheirVideos shuffles the sheet between two runs: each key
// keeps the video of its own name.
func TestShuffledRowsKeepTheirVideos(t *testing.T) {
	r := newRig(t, 6, false)
	r.run("run", "rig.yaml", "--limit", "3").wants(t, exitDone, "")
	data, err := os.ReadFile(r.path("rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Reverse(lines[1:])
	r.write("rows.csv", strings.Join(lines, "\n")+"\n")
	r.allMade(6)
	charges, err := r.bank.Bank()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, c := range charges {
		var body struct{ DynamicVariables struct{ Name string } }
		if err := json.Unmarshal(c.Body, &body); err != nil {
			t.Fatal(err)
		}
		names[c.Job] = body.DynamicVariables.Name
	}
	store, err := boltstore.OpenReadOnly(r.path("out/ledger.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		var n int
		if _, scanned := fmt.Sscanf(e.Key, "C%03d", &n); err != nil || scanned != nil || names[e.Ticket.Job] != fmt.Sprintf("Name %d", n) {
			t.Errorf("%s has the video of %q: %v", e.Key, names[e.Ticket.Job], err)
		}
	}
}

// TestAnEndlessAnswerIsCut has the service answer without an end: memory and time
// are bounded, and the row is unsure.
func TestAnEndlessAnswerIsCut(t *testing.T) {
	r := newRig(t, 1, false)
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, `{"id":"`)
		for block := bytes.Repeat([]byte("a"), 1<<20); err == nil; {
			_, err = w.Write(block)
		}
		return true
	})
	r.run("run", "rig.yaml").wants(t, exitDecide, "resolve rig.yaml")
}

// TestNoPayerOrSheetNameReachesATerminalAsItIs: the payer is a cell of the sheet,
// and a sheet may be called anything.
func TestNoPayerOrSheetNameReachesATerminalAsItIs(t *testing.T) {
	sheet := "rows\x1b[31m\u202e.csv"
	dir := written(t, map[string]string{
		sheet:    "id,city,who\nK1,Riga,\"ada" + hostile + "\"\nK2,Oslo,bob\n" + strings.Repeat("\n", 200),
		"t.json": `{"operation": "samsar/external-text-to-video", "request": {"prompt": "A film about {city}", "image_model": "SEEDREAM", "video_model": "RUNWAYML", "duration": 10, "external_user": {"provider": "shop", "external_user_id": "{who}"}}, "variables": {"city": {"type": "string"}, "who": {"type": "string"}}}`,
		"c.yaml": fmt.Sprintf("rows: {file: %q, key: id, where: 'city == \"Riga\"'}\ntemplate: t.json\nprovider: {sandbox: true}\n", sheet),
	})
	c, state := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "out", "c", "sandbox", "sandbox.db")
	paid, first := false, ""
	for _, args := range [][]string{
		{"check", c, "--filtered"}, {"plan", c}, {"run", c}, {"status", c}, {"status", c, "--json"}, {"sandbox", "bank", "--state", state}, {"sandbox", "bank", "--json", "--state", state},
		{"resolve", c}, {"results", c}, {"report", c}, {"config", c}, {"cancel", c, "--yes"}, {"purge", c, "--yes"},
	} {
		_, out, said := command(t, args...)
		if n := strings.IndexFunc(out+said, obeyed); n >= 0 {
			t.Errorf("%q: a terminal would obey %q", args, (out + said)[max(0, n-30):min(len(out+said), n+10)])
		}
		first += out + said
		paid = paid || args[0] == "status" && strings.Contains(out, "ada")
	}
	if !paid {
		t.Errorf("nobody paid: the test proves nothing; %s", first)
	}
}

// TestNoSecretOfTheCommandLineIsPrintedOrKept gives secrets in every way that the
// command line has.
func TestNoSecretOfTheCommandLineIsPrintedOrKept(t *testing.T) {
	canary := secret{"secret", "canary-5e1f90"}
	dir := written(t, map[string]string{
		"rows.csv": "id,name\nK1,Ada\nK2,Bob\n", "t.json": inviteJob,
		"c.yaml": "rows: {file: rows.csv, key: id}\ntemplate: t.json\nprovider: {sandbox: {faults: \"accept-then-drop@1,webhook-lost=100%\"}}\nlimits: {active: 1, deadline: 1s}\n",
	})
	t.Setenv("CANARY", canary.value)
	c := filepath.Join(dir, "c.yaml")
	for _, set := range []string{
		"provider.token=" + canary.value, "webhook.secret=" + canary.value, "provider.headers.X-A=" + canary.value, "provider={token: " + canary.value + "}",
		"provider.base_url=https://ada:" + canary.value + "@h.example", "provider.base_url=ada:" + canary.value + "@h.example", "provider.token " + canary.value,
	} {
		for _, verb := range []string{"check", "plan", "run", "status", "resolve", "results", "config"} {
			code, out, said := command(t, verb, c, "--set", set)
			leaks(t, verb+" "+set, []byte(out+said), []secret{canary})
			if code != exitUsage {
				t.Errorf("%s --set %s: exit %d", verb, set, code)
			}
		}
	}
	query := []string{"--set", "webhook.url=https://h.example/in?key=" + canary.value, "--set", "webhook.listen=127.0.0.1:0", "--set", "provider.token=${CANARY}"}
	for _, args := range [][]string{
		{"config", c}, {"config", c, "--json"}, {"check", c}, {"plan", c, "--html", filepath.Join(dir, "p.html"), "--xlsx", filepath.Join(dir, "p.xlsx")}, {"run", c, "--limit", "1"}, {"run", c, "--json"}, {"status", c},
		{"resolve", c}, {"results", c}, {"results", c, "--out", filepath.Join(dir, "r.xlsx")}, {"report", c}, {"retry", c},
	} {
		_, out, said := command(t, append(args, query...)...)
		leaks(t, strings.Join(args, " "), []byte(out+said), []secret{canary})
	}
	results, err := os.ReadFile(filepath.Join(dir, "out", "c", "sandbox", "results.csv"))
	if err != nil || !bytes.Contains(results, []byte("reelmerge resolve … (… is the campaign")) {
		t.Errorf("%v: no row asks for a decision: %s", err, results)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".db") || strings.HasSuffix(path, ".bak") {
			return err // a request in the ledger has the address that the service shall call
		}
		data, err := os.ReadFile(path)
		leaks(t, path, data, []secret{canary})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

const inviteJob = `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 60}}`
