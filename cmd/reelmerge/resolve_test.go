package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// TestADecisionThatIsInterruptedIsNotRecorded: a ticket that could not be
// confirmed is taken at a person's word, unless that person has pressed Ctrl-C.
func TestADecisionThatIsInterruptedIsNotRecorded(t *testing.T) {
	e := newTrial(t, "colossyan-video", "--set", "limits.deadline=1s", "--set", "provider.sandbox.faults=accept-then-drop@3,webhook-lost=100%")
	if code, out := e.command("run"); code != exitDecide {
		t.Fatalf("exit %d\n%s", code, out)
	}
	key := ""
	for k, entry := range e.entries() {
		if entry.State == ledger.Unsure {
			key = k
		}
	}
	ctx, stop := context.WithCancelCause(t.Context())
	stop(signalled{exitInterrupted})
	began := time.Now()
	var said bytes.Buffer
	args := append([]string{"resolve", filepath.Join(e.dir, "campaign.yaml"), "--row", key, "--adopt", "some-job"}, e.sets...)
	code := run(ctx, args, streams{strings.NewReader(""), &said, &said})
	if code != exitInterrupted || !strings.Contains(said.String(), "nothing was recorded") {
		t.Errorf("exit %d\n%s", code, said.String())
	}
	if state := e.entries()[key].State; key == "" || state != ledger.Unsure {
		t.Errorf("row %q is %s", key, state)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAKeyThatCannotBeTypedIsDecidedInAFile says which line stands for it.
func TestAKeyThatCannotBeTypedIsDecidedInAFile(t *testing.T) {
	command := func(verb string, flags ...string) string { return strings.Join(append([]string{verb}, flags...), " ") }
	got := howToDecide(command, []string{"--row", "C1\u200b"}, 3, "adopt", "JOB-ID")
	if want := "resolve --decisions FILE, with the line 3,adopt,JOB-ID below row,decision,ticket"; !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

// TestRowIsDecidedByItsNumber: a key that cannot be typed is decided in a file.
func TestRowIsDecidedByItsNumber(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fault is played on a POSIX system")
	}
	dir := written(t, map[string]string{
		"c.csv":    "id,name\nC0,Ada\nC1,Bob\n",
		"t.json":   `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 60}}`,
		"c.yaml":   "rows: {file: c.csv, key: id}\ntemplate: t.json\nlimits: {active: 1}\nprovider: {sandbox: {faults: \"accept-then-drop@1,accept-then-drop@2\"}}\n",
		"no.csv":   "row,decision,ticket\n7,not-submitted,\n",
		"only.csv": "row,decision,ticket\n3,not-submitted,\n",
	})
	c := filepath.Join(dir, "c.yaml")
	if code, out, said := command(t, "run", c, "-q"); code != exitDecide {
		t.Fatal(code, out, said)
	}
	if code, _, said := command(t, "resolve", c, "--decisions", filepath.Join(dir, "no.csv")); code != exitUsage || !strings.Contains(said, "row 7: 0 rows") {
		t.Error(code, said)
	}
	if code, _, said := command(t, "resolve", c, "--decisions", filepath.Join(dir, "only.csv")); code != exitDone {
		t.Error(code, said)
	}
	_, out, _ := command(t, "resolve", c)
	if !strings.Contains(out, "row 2 (key C0)") || strings.Contains(out, "row 3") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); err != nil {
		t.Error(err)
	}
}
