package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// storm is a campaign that is killed again and again.
type storm struct {
	t        *testing.T
	dir      string
	program  string
	campaign string
	rng      *rand.Rand
}

const stormCampaign = `rows: {file: rows.csv, key: id}
template: template.json
provider: {sandbox: {render: 150ms, seed: 7%s}}
limits: {active: 24, poll: {first: 50ms, max: 200ms}}
output: {dir: out, download: false}
`

const stormTemplate = `{"operation": "colossyan/template-job",
 "request": {"templateJobId": "storm"},
 "variables": {"name": {"type": "string", "minLength": 1}},
 "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}`

func newStorm(t *testing.T, rows int, faults string) *storm {
	t.Helper()
	s := &storm{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(1, uint64(rows)))}
	var sheet strings.Builder
	sheet.WriteString("id,name\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "C%05d,Name %d\n", i, i)
	}
	if faults != "" {
		faults = `, faults: "` + faults + `"`
	}
	s.campaign = filepath.Join(s.dir, "storm.yaml")
	for name, text := range map[string]string{
		"rows.csv": sheet.String(), "template.json": stormTemplate, "storm.yaml": fmt.Sprintf(stormCampaign, faults),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.program = filepath.Join(s.dir, "reelmerge")
	if out, err := exec.Command("go", "build", "-o", s.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return s
}

// run runs the program, and kills it with SIGKILL after a while unless that is 0.
// It reports whether the process was killed.
func (s *storm) run(after time.Duration, args ...string) (killed bool, out string) {
	s.t.Helper()
	var text strings.Builder
	c := exec.Command(s.program, args...)
	c.Stdout, c.Stderr = &text, &text
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
		defer timer.Stop()
	}
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if err != nil && exit.ExitCode() != -1 && exit.ExitCode() != exitDecide && exit.ExitCode() != exitRows && exit.ExitCode() != exitHeld {
		s.t.Fatalf("%v: %v\n%s", args, err, text.String())
	}
	return err != nil && exit.ExitCode() == -1, text.String()
}

func (s *storm) path(name string) string { return filepath.Join(s.dir, "out", "sandbox", name) }

// jobs is the bank's view: accepted jobs by the value of the row's variable. A run
// that was killed early has no bank yet.
func (s *storm) jobs() map[string][]string {
	s.t.Helper()
	charges, err := sandbox.ReadBank(s.path("sandbox.db"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	jobs := map[string][]string{}
	for _, c := range charges {
		var body struct {
			DynamicVariables struct{ Name string }
			Title            string // of a clip
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			s.t.Fatal(err)
		}
		name := cmp.Or(body.DynamicVariables.Name, body.Title)
		jobs[name] = append(jobs[name], c.Job)
	}
	return jobs
}

func (s *storm) entries() map[string]ledger.Entry {
	s.t.Helper()
	store, err := boltstore.OpenReadOnly(s.path("ledger.db"), boltstore.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // as early as that
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	for _, err := range ledger.Check(context.Background(), store) {
		s.t.Errorf("ledger: %v", err)
	}
	entries := map[string]ledger.Entry{}
	for e, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		entries[e.Key] = e
	}
	return entries
}

func nameOf(key string) string {
	n, _ := strconv.Atoi(strings.TrimPrefix(key, "C"))
	return fmt.Sprintf("Name %d", n)
}

// paidOnce holds at every instant: at most one job for each row.
func (s *storm) paidOnce(moment string) {
	s.t.Helper()
	for name, jobs := range s.jobs() {
		if len(jobs) > 1 {
			s.t.Fatalf("%s: %s has jobs %v", moment, name, jobs)
		}
	}
}

// decide settles what nobody knows as a person would who looks at the service.
func (s *storm) decide() (unsure int) {
	s.t.Helper()
	jobs := s.jobs()
	var file strings.Builder
	file.WriteString("key,decision,ticket\n")
	for key, e := range s.entries() {
		if e.State != ledger.Unsure && e.State != ledger.Intended {
			continue
		}
		unsure++
		if found := jobs[nameOf(key)]; len(found) == 1 {
			fmt.Fprintf(&file, "%s,adopt,%s\n", key, found[0])
		} else {
			fmt.Fprintf(&file, "%s,not-submitted,\n", key)
		}
	}
	if unsure == 0 {
		return 0
	}
	if _, list := s.run(0, "resolve", s.campaign); strings.Count(list, "We do not know whether row") != unsure {
		s.t.Errorf("resolve does not list all %d rows:\n%s", unsure, list)
	}
	path := filepath.Join(s.dir, "decisions.csv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.run(0, "resolve", s.campaign, "--decisions", path)
	return unsure
}

// TestKilledAgainAndAgain kills the real program at random moments and resumes
// it each time. Nothing is paid twice, nobody is left out, and what nobody knows
// is exactly what a person is asked about.
func TestKilledAgainAndAgain(t *testing.T) {
	rows, kills, faults := 500, 25, ""
	if os.Getenv("REELMERGE_SOAK") != "" {
		rows, kills, faults = 2000, 500, "accept-then-drop=1%,429=2%,500=1%,slow=1%"
	}
	if testing.Short() {
		t.Skip("kills a real process many times")
	}
	s := newStorm(t, rows, faults)
	killed, runs, resolved := 0, 0, 0
	for ; killed < kills && runs < 4*kills; runs++ {
		longest := 40 + 6*runs%400
		if dead, _ := s.run(time.Duration(10+s.rng.IntN(longest))*time.Millisecond, "run", s.campaign); dead {
			killed++
		}
		if runs%10 == 9 {
			s.paidOnce(fmt.Sprintf("after %d kills", killed))
		}
		if runs%25 == 24 {
			resolved += s.decide()
		}
	}
	for range 8 {
		s.run(0, "run", s.campaign)
		n := s.decide()
		resolved += n
		if n == 0 {
			break
		}
	}
	s.settled(rows)
	t.Logf("%d kills in %d runs, %d rows resolved by a person", killed, runs, resolved)
	if killed < kills {
		t.Errorf("only %d kills: the rows were done before", killed)
	}
}

// settled compares the ledger with the bank at the end.
func (s *storm) settled(rows int) {
	s.t.Helper()
	jobs, entries := s.jobs(), s.entries()
	if len(entries) != rows {
		s.t.Errorf("%d entries for %d rows", len(entries), rows)
	}
	for key, e := range entries {
		found := jobs[nameOf(key)]
		if e.State != ledger.Succeeded || len(found) != 1 || e.Ticket.Job != found[0] {
			s.t.Errorf("%s is %s with ticket %q (%s), jobs at the bank: %v", key, e.State, e.Ticket.Job, e.Reason, found)
		}
	}
}
