package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// topUps are the nightly runs of docs/overnight.md, against a sheet and a service that are
// here.
type topUps struct {
	*rig
	blocks pageBlocks
	sheet  atomic.Pointer[string] // nil: the server of the sheet is down
	told   atomic.Pointer[string] // what notify was told last
	shell  string
}

func newTopUps(t *testing.T) *topUps {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED: there is no shell")
	}
	t.Setenv("REELMERGE_STATE", t.TempDir())
	u := &topUps{rig: newRig(t, 0, true), blocks: blocksOf(t, "overnight.md"), shell: shell}
	web := httptest.NewServer(http.HandlerFunc(u.serveWeb))
	t.Cleanup(web.Close)
	here := strings.NewReplacer(
		"token_file: colossyan.token", "token_file: colossyan.token, base_url: "+u.server.URL+"/colossyan/api/v1",
		"https://docs.google.com/spreadsheets/d/1AbC/edit#gid=0", web.URL+"/guests.csv", "https://hooks.example.com/reelmerge", web.URL+"/notify")
	for _, name := range []string{"topups.yaml", "topups.env", "invite.template.json"} {
		text := here.Replace(u.blocks.files[name])
		if text == "" {
			t.Fatalf("the page has no %s", name)
		}
		u.write(name, text)
	}
	u.write("topups.yaml", u.read("topups.yaml")+"limits: {submits: 1000/s, poll: {first: 50ms, max: 200ms}}\n") // the page's night lasts hours
	u.write("colossyan.token", "a key\n")
	return u
}

func (u *topUps) serveWeb(w http.ResponseWriter, q *http.Request) {
	sheet := u.sheet.Load()
	switch {
	case q.URL.Path == "/notify":
		body, _ := io.ReadAll(q.Body) // a cut body is no message
		text := string(body)
		u.told.Store(&text)
	case sheet == nil:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, *sheet)
	}
}

// rows puts so many rows into the sheet.
func (u *topUps) rows(n int) {
	text := "id,name\n"
	for i := range n {
		text += fmt.Sprintf("C%03d,Name %d\n", i, i)
	}
	u.sheet.Store(&text)
}

// types runs a command line as the shell of cron does.
func (u *topUps) types(line string) ended {
	u.t.Helper()
	program, err := exec.LookPath("reelmerge")
	if err != nil {
		u.t.Fatal(err)
	}
	line = strings.NewReplacer("/srv/campaigns", u.dir, "/usr/local/bin/reelmerge", program).Replace(line)
	c := u.command("version") // it has the folder, the environment and the time limit
	c.Path, c.Args = u.shell, []string{u.shell, "-c", line}
	c.Env = append(os.Environ(), "SHEET_URL=", "NOTIFY_URL=") // cron knows neither
	return u.finish(c, runIt)
}

// started is the command line of a unit, with the environment that systemd reads for it.
func (u *topUps) started() string {
	u.t.Helper()
	service := readUnit(u.t, u.blocks.files["topups.service"])["Service"]
	timer := readUnit(u.t, u.blocks.files["topups.timer"])
	if service["ExecStart"] == "" || timer["Timer"]["OnCalendar"] != "*-*-* 02:00" || timer["Install"]["WantedBy"] != "timers.target" {
		u.t.Fatalf("the units say %v and %v", service, timer)
	}
	return "cd " + service["WorkingDirectory"] + " && set -a && . " + service["EnvironmentFile"] + " && " + service["ExecStart"]
}

// cronLine is the command of the cron line.
func (u *topUps) cronLine() string {
	u.t.Helper()
	found := regexp.MustCompile(`^0 2 \* \* \* +(.+)\n$`).FindStringSubmatch(u.blocks.files["topups.cron"])
	if found == nil {
		u.t.Fatalf("the cron line is %q", u.blocks.files["topups.cron"])
	}
	return found[1]
}

// TestNightlyTopUpsOfTheDocsWork runs the lines of docs/overnight.md through a shell, night
// after night: only new rows are sent, and what the page says of bad nights is true.
func TestNightlyTopUpsOfTheDocsWork(t *testing.T) {
	u := newTopUps(t)
	u.rows(8)
	u.types(u.blocks.files["first-night.sh"]).wants(t, exitDone, "3 made, 5 to send")
	quiet := func(night, line string, made int) {
		t.Helper()
		if e := u.types(line); e.code != exitDone || e.out+e.err != "" {
			t.Errorf("%s: exit %d, and it is not quiet: %s%s", night, e.code, e.out, e.err)
		}
		u.once(made)
	}
	cron, unit := u.cronLine(), u.started()
	quiet("the first night", cron, 8)
	u.rows(13)
	quiet("new rows, by systemd", unit, 13)
	quiet("nothing new", cron, 13)
	u.sheet.Store(nil)
	u.types(unit).wants(t, exitHeld, "the sheet could not be fetched: the server answered with status 500")
	var notice struct{ Event string }
	if told := u.told.Load(); told == nil || json.Unmarshal([]byte(*told), &notice) != nil || notice.Event != "held" {
		t.Errorf("told %v", told)
	}
	u.rows(15)
	quiet("the night after", cron, 15)

	// The rows of the table that ask a person to look.
	good := *u.sheet.Load()
	for _, night := range []struct {
		name, sheet, said string
		code              int
	}{
		{"a problem", good + "C099,\n", "nothing was sent", exitRows},
		{"a changed row", strings.Replace(good, "Name 3\n", "Another 3\n", 1), "", exitDecide},
		{"another sheet", "id,name\nX1,Nobody\n", "is this the right sheet", exitDecide},
	} {
		u.sheet.Store(&night.sheet)
		if e := u.types(cron); e.code != night.code || !strings.Contains(e.err, night.said) {
			t.Errorf("%s: exit %d: %s%s", night.name, e.code, e.out, e.err)
		}
		u.once(15)
	}
	if found, err := filepath.Glob(u.path("out/topups/videos/*.mp4")); err != nil || len(found) != 15 {
		t.Errorf("%d videos, %v", len(found), err)
	}
}
