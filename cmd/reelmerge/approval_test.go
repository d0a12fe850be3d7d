package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// approved approves what the plan shows now, and returns its digest.
func (r *rig) approved() string {
	r.t.Helper()
	var plan struct{ Digest string }
	if err := json.Unmarshal([]byte(r.run("plan", "rig.yaml", "--json").out), &plan); err != nil || len(plan.Digest) != 64 {
		r.t.Fatalf("%q, %v", plan.Digest, err)
	}
	r.run("approve", "rig.yaml", "--plan", plan.Digest[:12], "--by", "Ada", "--new-ledger").wants(r.t, exitDone, "approved by Ada")
	return plan.Digest
}

// unasked is a run without --yes.
func (r *rig) unasked() *exec.Cmd {
	c := r.command("run", "rig.yaml")
	c.Args = c.Args[:3]
	return c
}

// quiet waits until no request of the run is under way.
func (r *rig) quiet() {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var doc struct{ States map[ledger.State]int }
		if err := json.Unmarshal([]byte(r.run("status", "rig.yaml", "--json").out), &doc); err == nil && doc.States[ledger.Intended] == 0 {
			return
		}
	}
	r.t.Fatal("requests are still under way")
}

// TestAnApprovalHoldsOverAKill approves a hundred rows, kills the run, and changes the sheet
// before it goes on: what was approved is sent without a question, the rest waits.
func TestAnApprovalHoldsOverAKill(t *testing.T) {
	state := t.TempDir()
	t.Setenv("REELMERGE_STATE", state)
	r := newRig(t, 100, false)
	r.write("rig.yaml", r.read("rig.yaml")+"approval: required\n")
	// The hint has flags that approve takes.
	if e := r.run("approve", "rig.yaml", "--plan", strings.Repeat("0", 12)); e.code != exitDecide {
		t.Errorf("a digest of no plan: exit %d", e.code)
	}
	plan := r.run("plan", "rig.yaml", "--json").out
	_, shown, _ := strings.Cut(plan, `"digest":"`)
	r.run("approve", "rig.yaml", "--plan", shown[:12]).wants(t, exitUsage, "add --new-ledger; if not")
	digest := r.approved()
	// The service takes forty rows, so that no request is under way when the process dies.
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) || r.submits.Load() <= 40 {
			return false
		}
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	r.finish(r.unasked(), func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		r.waitFor(41)
		r.quiet()
		_ = c.Process.Kill()
		return c.Wait()
	})
	r.plain()
	// The pause that the service asked for outlives the process. Its time is over now.
	if err := os.RemoveAll(filepath.Join(state, "accounts")); err != nil {
		t.Fatal(err)
	}
	sheet := r.read("rows.csv")
	for i := 97; i < 100; i++ {
		sheet = strings.Replace(sheet, fmt.Sprintf("C%03d,Name %d\n", i, i), fmt.Sprintf("C%03d,Another %d\n", i, i), 1)
	}
	for i := 100; i < 105; i++ {
		sheet += fmt.Sprintf("C%03d,Name %d\n", i, i)
	}
	r.write("rows.csv", sheet)

	e := r.finish(r.unasked(), runIt)
	e.wants(t, exitDecide, "8 rows not sent, not approved: C097, C098, C099, C100, C101, C102, C103, C104")
	if n := r.states()[ledger.Succeeded]; n != 97 {
		t.Errorf("%d are made: %v\n%s", n, r.states(), e.err)
	}
	r.once(97)
	if run := r.summary().Run; run == nil || run.Approval != digest {
		t.Errorf("the record names %v, want %s", run, digest)
	}

	// Other prices, and nothing more is sent.
	before := r.submits.Load()
	r.approved()
	c := r.unasked()
	c.Args = append(c.Args, "--set", "prices.currency=EUR", "--set", "prices.per_unit=0.9")
	r.finish(c, runIt).wants(t, exitDecide, "8 rows not sent, not approved")
	if now := r.submits.Load(); now != before {
		t.Errorf("%d more were sent", now-before)
	}
	r.finish(r.unasked(), runIt).wants(t, exitDone, "105 made")
	r.once(105)
}

// TestNoMoreIsSpentThanWasApproved has videos that last longer than estimated: rows are sent
// until the approved amount is spent, and the bank has no more.
func TestNoMoreIsSpentThanWasApproved(t *testing.T) {
	bank, err := sandbox.New(sandbox.Options{Render: 50_000_000, Faults: "longer=60%"})
	if err != nil {
		t.Fatal(err)
	}
	defer bank.Close()
	r := newRig(t, 40, false)
	r.bank = bank
	r.write("template.json", strings.Replace(rigTemplate, `"base_seconds": 60, "seconds_per_character": 0.2`, `"base_seconds": 20.5`, 1))
	r.write("rig.yaml", r.read("rig.yaml")+"approval: required\n")
	r.approved()
	e := r.finish(r.unasked(), runIt)
	e.wants(t, exitDecide, "what was approved is spent or set aside")
	charges, err := bank.Bank()
	if err != nil {
		t.Fatal(err)
	}
	var spent, most credit.Amount
	for _, c := range charges {
		spent = spent.Plus(c.Amount)
	}
	files, err := os.ReadDir(r.path("out/approvals"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	var head struct {
		Caps []struct{ Most credit.Amount }
	}
	line, _, _ := strings.Cut(r.read("out/approvals/"+files[0].Name()), "\n")
	if err := json.Unmarshal([]byte(line), &head); err != nil {
		t.Fatal(err)
	}
	if most = head.Caps[0].Most; spent > most || len(charges) < 20 || len(charges) == 40 {
		t.Errorf("%d rows cost %s of %s\n%s", len(charges), spent, most, e.err)
	}
	r.approved()
	r.finish(r.unasked(), runIt).wants(t, exitDone, "40 made")
}
