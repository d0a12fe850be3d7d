package main

import (
	"bytes"
	"context"
	"path/filepath"
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
