package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestADescribedServiceSurvivesKills describes a service that a test has made up, by less
// than 80 lines, and kills the runs of its campaign: every row has one video, and one job.
func TestADescribedServiceSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	const rows = 60
	s := newStorm(t, rows, "")
	description := strings.Replace(read(t, repository+"/providers/declared/testdata/acme.service.yaml"), "settle: 5s", "settle: 100ms", 1)
	if n := strings.Count(description, "\n"); n >= 80 {
		t.Errorf("the description has %d lines", n)
	}
	for name, text := range map[string]string{
		"acme.service.yaml": description,
		"template.json":     `{"operation": "acme/clip", "request": {"title": "Hello {name}", "seconds": 8, "fields": {"name": "{name}"}}, "variables": {"name": {"type": "string"}}}`,
		"storm.yaml": "rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {file: acme.service.yaml, sandbox: {render: 60ms, seed: 7, faults: \"accept-then-drop=5%\"}}\n" +
			"limits: {poll: {first: 30ms, max: 60ms}, submits: 30/s}\noutput: {dir: out, download: false}\n",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{"check", "plan"} {
		if _, out := s.run(0, command, s.campaign); !strings.Contains(out, "60") {
			t.Errorf("%s: %s", command, out)
		}
	}
	killed := 0
	for range 6 {
		if dead, _ := s.run(time.Duration(150+s.rng.IntN(400))*time.Millisecond, "run", s.campaign, "--yes"); dead {
			killed++
		}
	}
	_, out := s.run(0, "run", s.campaign, "--yes")
	_, _ = s.run(0, "results", s.campaign)
	for key, e := range s.entries() {
		if e.State != ledger.Succeeded {
			t.Errorf("%s is %s: %s\n%s", key, e.State, e.Reason, out)
		}
	}
	bank, err := sandbox.ReadBank(s.path("sandbox.db"))
	if err != nil || len(bank) != rows || len(s.entries()) != rows {
		t.Errorf("%d rows, %d jobs, %v", len(s.entries()), len(bank), err)
	}
	if n := strings.Count(read(t, s.path("results.csv")), ".mp4"); n != rows || killed < 2 {
		t.Errorf("%d videos in the results, after %d kills", n, killed)
	}
	t.Logf("%d kills", killed)
}

// TestKilledWithKeys kills the runs of a campaign whose service knows our key, while answers
// get lost besides: nothing is paid twice, no row is lost, and no person is asked. It takes
// as long as the pauses before requests are sent again.
func TestKilledWithKeys(t *testing.T) {
	if os.Getenv("REELMERGE_SOAK") == "" {
		t.Skip("takes minutes; TestCrashAtEveryPair dies at every pair of boundaries in virtual time")
	}
	const rows, kills = 2000, 500
	s := newStorm(t, rows, "")
	script := read(t, "testdata/script/keys.txtar")
	_, description, _ := strings.Cut(script, "-- keyed.service.yaml --\n")
	for name, text := range map[string]string{
		"keyed.service.yaml": strings.Replace(description, "submits: [50/s]", "submits: [1000/s]", 1),
		"template.json":      `{"operation": "keyed/clip", "request": {"title": "{name}"}, "variables": {"name": {"type": "string"}}}`,
		"storm.yaml": "rows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {file: keyed.service.yaml, token: secret, sandbox: {render: 150ms, seed: 7, faults: \"accept-then-drop=2%,drop=1%,429=2%,500=1%,key-busy=5%\"}}\n" +
			"limits: {active: 24, poll: {first: 50ms, max: 200ms}}\noutput: {dir: out, download: false}\n",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	killed, runs := 0, 0
	for ; killed < kills && runs < 4*kills; runs++ {
		if dead, _ := s.run(time.Duration(10+s.rng.IntN(40+6*runs%400))*time.Millisecond, "run", s.campaign, "--yes"); dead {
			killed++
		}
		if runs%10 == 9 {
			s.paidOnce(fmt.Sprintf("after %d kills", killed))
		}
	}
	unsure := func() (n int) {
		for _, e := range s.entries() {
			if e.State == ledger.Unsure || e.State == ledger.Intended {
				n++
			}
		}
		return n
	}
	waiting := unsure()
	for range 4 { // a run may hold for answers that were lost alike
		s.run(0, "run", s.campaign, "--yes")
	}
	s.settled(rows)
	resends := 0
	for _, e := range s.entries() {
		for _, m := range e.History {
			if m.Kind == ledger.Resend {
				resends++
			}
		}
	}
	t.Logf("%d kills in %d runs, %d rows waited at the end, %d requests sent again, %d left to a person", killed, runs, waiting, resends, unsure())
	if killed < kills || resends == 0 {
		t.Errorf("%d kills, %d requests sent again: the test is broken", killed, resends)
	}
}
