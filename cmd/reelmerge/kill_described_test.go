package main

import (
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
