package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// keepsakes is a campaign on the simulator whose videos all differ.
type keepsakes struct {
	t         *testing.T
	dir       string
	campaign  string
	greetings map[string]int // key → characters of its name, which make the video
}

func newKeepsakes(t *testing.T, pattern string) *keepsakes {
	t.Helper()
	m := &keepsakes{t: t, dir: written(t, map[string]string{
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
 "variables": {"name": {"type": "string", "minLength": 1, "maxLength": 400}},
 "duration": {"base_seconds": 600, "seconds_per_character": 0.2}}`,
	}), greetings: map[string]int{}}
	m.campaign = filepath.Join(m.dir, "c.yaml")
	m.pattern(pattern)
	return m
}

// pattern sets output: filename.
func (m *keepsakes) pattern(pattern string) {
	m.write("c.yaml", fmt.Sprintf("rows: {file: r.csv, key: id, duplicates: keep}\ntemplate: t.json\n"+
		"provider: {sandbox: {render: 10ms}}\noutput: {dir: out, filename: %q}\n", pattern))
}

func (m *keepsakes) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// sheet writes a sheet of keys. A key that comes again says what it said.
func (m *keepsakes) sheet(keys ...string) {
	m.t.Helper()
	var rows strings.Builder
	rows.WriteString("id,name\n")
	for _, key := range keys {
		if m.greetings[key] == 0 {
			m.greetings[key] = len(m.greetings) + 1
		}
		fmt.Fprintf(&rows, "%q,%s\n", key, strings.Repeat("n", m.greetings[key]))
	}
	m.write("r.csv", rows.String())
}

// run runs a command that must end with an exit code.
func (m *keepsakes) run(want int, args ...string) (said string) {
	m.t.Helper()
	code, out, said := command(m.t, append([]string{args[0], m.campaign}, args[1:]...)...)
	if code != want {
		m.t.Fatalf("%q: exit %d, want %d\n%s%s", args, code, want, out, said)
	}
	return out + said
}

func (m *keepsakes) path(name string) string { return filepath.Join(m.dir, "out", "sandbox", name) }

func (m *keepsakes) video(name string) string { return filepath.Join(m.path("videos"), name) }

// read returns a file under videos/; nil when there is none.
func (m *keepsakes) read(name string) []byte {
	data, err := os.ReadFile(m.video(name))
	if err != nil {
		return nil
	}
	return data
}

// put writes a file into videos/ that no row has fetched.
func (m *keepsakes) put(name, text string) {
	m.t.Helper()
	if err := os.MkdirAll(m.path("videos"), 0o700); err != nil {
		m.t.Fatal(err)
	}
	m.write(filepath.Join("out", "sandbox", "videos", name), text)
}

func (m *keepsakes) files() (names []string) {
	m.t.Helper()
	entries, err := os.ReadDir(m.path("videos"))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (m *keepsakes) entries() map[string]ledger.Entry {
	m.t.Helper()
	store, err := boltstore.OpenReadOnly(m.path("ledger.db"), boltstore.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer store.Close()
	entries := map[string]ledger.Entry{}
	for e, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			m.t.Fatal(err)
		}
		entries[e.Key] = e
	}
	return entries
}

// fileOf is the name of the row's video under videos/.
func fileOf(e ledger.Entry) string { return e.Fetched.File }

// owns wants each row that was made to have a file of its own, which holds what the
// simulator serves for its job.
func (m *keepsakes) owns(rows int) {
	m.t.Helper()
	sb, err := sandbox.New(sandbox.Options{State: m.path("sandbox.db"), PublicURL: "http://" + sandbox.DefaultAddress})
	if err != nil {
		m.t.Fatal(err)
	}
	defer sb.Close()
	client := &http.Client{Transport: sb.Transport()}
	owners := map[string]string{}
	for key, e := range m.entries() {
		if e.State != ledger.Succeeded {
			m.t.Errorf("row %s is %s", key, e.State)
			continue
		}
		name := fileOf(e)
		if other, taken := owners[name]; taken {
			m.t.Errorf("rows %s and %s have the same file %q", other, key, name)
		}
		owners[name] = key
		if got, want := m.read(name), linked(m.t, client, e.Result.VideoURL); !bytes.Equal(got, want) {
			m.t.Errorf("row %s: %q holds %d bytes that are not its video of %d", key, name, len(got), len(want))
		}
	}
	if len(owners) != rows {
		m.t.Errorf("%d files, want %d", len(owners), rows)
	}
}

func linked(t *testing.T, client *http.Client, link string) []byte {
	t.Helper()
	response, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", link, response.StatusCode, err)
	}
	return data
}

func numbered(prefix string, n int) (keys []string) {
	for i := range n {
		keys = append(keys, fmt.Sprintf("%s-%04d", prefix, i+1))
	}
	return keys
}

// TestEachRowHasItsOwnVideo, whatever becomes of the sheet and of the names.
func TestEachRowHasItsOwnVideo(t *testing.T) {
	long := strings.Repeat("k", 130)
	old, fresh := numbered("C", 40), numbered("N", 20)
	for name, c := range map[string]struct {
		pattern string
		sheets  [][]string
		rows    int
	}{
		"newcomers at the top":         {"{row}.mp4", [][]string{old, append(fresh, old...)}, 60},
		"a row deleted and one added":  {"{row}.mp4", [][]string{{"a", "b", "c"}, {"a", "c", "d"}}, 4},
		"long keys and their numbers":  {"{key}-{row}.mp4", [][]string{{long + "1", long + "2", long + "3", long + "4"}}, 4},
		"long keys, one after another": {"{key}.mp4", [][]string{{long + "1"}, {long + "2"}, {long + "3"}}, 3},
		"keys that are cleaned alike":  {"{key}.mp4", [][]string{{"A?B"}, {"AB"}}, 2},
		"keys that differ in case":     {"{key}.mp4", [][]string{{"ada"}, {"Ada"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := newKeepsakes(t, c.pattern)
			before := map[string][]byte{}
			for _, keys := range c.sheets {
				m.sheet(keys...)
				m.run(exitDone, "run", "--accept-removed")
				for name, content := range before {
					if !bytes.Equal(m.read(name), content) {
						t.Errorf("%s was written over", name)
					}
				}
				for _, name := range m.files() {
					before[name] = m.read(name)
				}
			}
			m.owns(c.rows)
			m.run(exitDone, "run")
			if len(m.files()) != c.rows {
				t.Errorf("files: %q", m.files())
			}
		})
	}
}

// TestANewLedgerFetchesAllItsVideos beside those of an earlier campaign, which stay
// as they are.
func TestANewLedgerFetchesAllItsVideos(t *testing.T) {
	m := newKeepsakes(t, "{key}.mp4")
	keys := numbered("C", 80)
	before := map[string]string{}
	for _, key := range keys {
		before[key+".mp4"] = "last month's video of " + key
		m.put(key+".mp4", before[key+".mp4"])
	}
	m.sheet(keys...)
	m.run(exitDone, "run")
	m.owns(80)
	m.run(exitDone, "run")
	m.owns(80)
	for name, text := range before {
		if string(m.read(name)) != text {
			t.Errorf("%s is not as it was", name)
		}
	}
	if n := len(m.files()); n != 160 {
		t.Errorf("%d files", n)
	}
	m.run(exitDone, "purge", "--yes")
	if n := len(m.files()); n != 80 {
		t.Errorf("%d files after the purge", n)
	}
}

// TestPurgeDeletesTheVideosOfItsRowsAlone.
func TestPurgeDeletesTheVideosOfItsRowsAlone(t *testing.T) {
	m := newKeepsakes(t, "{row}.mp4")
	m.sheet("a", "b", "c")
	m.put("4.mp4", "the user's own")
	m.run(exitDone, "run")
	m.sheet("x", "a", "b", "c")
	m.run(exitDone, "run")
	m.put("3.mp4", "b's video, cut by hand")
	m.run(exitDone, "purge", "--row", "x", "--yes")
	m.run(exitDone, "purge", "--row", "c", "--yes")
	if diff := cmp.Diff([]string{"2.mp4", "3.mp4", "4.mp4"}, m.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	said := m.run(exitDone, "purge", "--yes")
	if !strings.Contains(said, "not as it was downloaded, left: 1 file in") {
		t.Errorf("said: %s", said)
	}
	if diff := cmp.Diff([]string{"3.mp4", "4.mp4"}, m.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestPurgeDeletesVideosUnderEarlierNames: the pattern changed, and the rows were
// made again.
func TestPurgeDeletesVideosUnderEarlierNames(t *testing.T) {
	m := newKeepsakes(t, "{key}.mp4")
	m.sheet("a", "b")
	m.run(exitDone, "run")
	m.pattern("video of {key}.mp4")
	m.greetings["a"], m.greetings["b"] = 30, 31
	m.sheet("a", "b")
	m.run(exitDone, "run", "--changed", "redo")
	if diff := cmp.Diff([]string{"a.mp4", "b.mp4", "video of a.mp4", "video of b.mp4"}, m.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	m.run(exitDone, "purge", "--yes")
	if files := m.files(); len(files) > 0 {
		t.Errorf("left: %q", files)
	}
}

// firstEdition is a campaign that the first edition ran: three rows, of which one
// was made again.
func firstEdition(t *testing.T) *keepsakes {
	t.Helper()
	m := newKeepsakes(t, "{key}.mp4")
	m.write("t.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
 "variables": {"name": {"type": "string", "minLength": 1}},
 "duration": {"base_seconds": 10, "seconds_per_character": 1}}
`)
	m.write("c.yaml", "rows: {file: r.csv, key: id}\ntemplate: t.json\nprovider: {sandbox: {render: 10ms}}\noutput: {dir: out}\n")
	m.write("r.csv", "id,name\nada,Ada\ngrace,Grace\nalan,Alan Mathison\n")
	then := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	for _, key := range []string{"ada", "grace", "alan"} {
		m.put(key+".mp4", "the video of "+key)
		if err := os.Chtimes(m.video(key+".mp4"), then, then); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.ReadFile("testdata/first-edition/ledger.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	witness, err := os.ReadFile("testdata/first-edition/run.json")
	if err != nil {
		t.Fatal(err)
	}
	m.write("out/sandbox/ledger.db", string(unpacked))
	m.write("out/sandbox/run.json", string(witness))
	return m
}

// TestACampaignOfTheFirstEditionGoesOn: all rows are done, nothing is sent or
// fetched, and what lies there is recorded.
func TestACampaignOfTheFirstEditionGoesOn(t *testing.T) {
	m := firstEdition(t)
	var plan struct {
		Actions map[string]int `json:"actions"`
	}
	_, out, said := command(t, "plan", m.campaign, "--json")
	if err := json.Unmarshal([]byte(out), &plan); err != nil || plan.Actions["done"] != 3 || plan.Actions["submit"] != 0 {
		t.Fatalf("plan: %v, %v\n%s%s", plan, err, out, said)
	}
	for range 2 {
		m.run(exitDone, "run")
		for key, e := range m.entries() {
			text := "the video of " + key
			if e.State != ledger.Succeeded || e.Fetched.File != key+".mp4" || e.Fetched.Bytes != int64(len(text)) || !e.Fetched.Proven() {
				t.Errorf("row %s: %s, %+v", key, e.State, e.Fetched)
			}
			if string(m.read(key+".mp4")) != text {
				t.Errorf("%s.mp4 was fetched again", key)
			}
		}
	}
	if bank, err := sandbox.ReadBank(m.path("sandbox.db")); err != nil || len(bank) > 0 {
		t.Errorf("%d jobs were bought again (%v)", len(bank), err)
	}
	if code, out, said := command(t, "ledger", "verify", m.campaign); code != exitDone {
		t.Errorf("verify: exit %d: %s%s", code, out, said)
	}
}

// TestACampaignOfTheFirstEditionIsPurged, without a run in between.
func TestACampaignOfTheFirstEditionIsPurged(t *testing.T) {
	m := firstEdition(t)
	m.put("strange.mp4", "strange")
	m.run(exitDone, "purge", "--row", "ada", "--local", "--yes")
	if diff := cmp.Diff([]string{"alan.mp4", "grace.mp4", "strange.mp4"}, m.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	m.run(exitDone, "purge", "--local", "--yes")
	if diff := cmp.Diff([]string{"strange.mp4"}, m.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
