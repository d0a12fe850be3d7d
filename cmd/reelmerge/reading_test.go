package main

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/all"
)

// TestReadingAllTheTimeCostsNoRunItsLock has processes and this one read the ledger
// without a pause, as a page does that many people look at, while run after run takes
// it.
func TestReadingAllTheTimeCostsNoRunItsLock(t *testing.T) {
	r := newRig(t, 3, false)
	r.run("run", "rig.yaml").wants(t, exitDone, "3 made")
	t.Setenv("RIG_TOKEN", r.token)
	ctx, stop := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	reads := make([]int, 6)
	for i := range reads {
		readers.Go(func() {
			for ; ctx.Err() == nil; reads[i]++ {
				if i < 2 {
					if out, err := r.command("status", "rig.yaml").CombinedOutput(); err != nil {
						t.Errorf("status: %v\n%s", err, out)
					}
					continue
				}
				c, err := reelmerge.Open(ctx, r.path("rig.yaml"), reelmerge.Options{Services: all.Services()})
				if err == nil {
					_, err = c.Status(ctx, true)
				}
				if err != nil && ctx.Err() == nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	for range 15 {
		r.run("run", "rig.yaml").wants(t, exitDone, "3 made")
	}
	stop()
	readers.Wait()
	for i, n := range reads {
		if n < 5 {
			t.Errorf("reader %d has read %d times", i, n)
		}
	}
	r.once(3)
}

// TestACampaignThatRunsIsRead: status, plan, results and report answer from the run's
// own ledger, while 5,000 rows are being made.
func TestACampaignThatRunsIsRead(t *testing.T) {
	s := newStorm(t, 5000, "")
	run := exec.Command(s.program, "run", s.campaign, "--set", "limits.submits=100/s", "--set", "limits.active=64", "--quiet") // for most of a minute
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = run.Process.Kill(), run.Wait() }()
	program := func(args ...string) []byte {
		c := exec.Command(s.program, append(args, s.campaign)...)
		out, err := c.Output()
		if err != nil && c.ProcessState.ExitCode() > exitRows {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	var first, later reelmerge.Status
	for began := time.Now(); first.Progress == nil || first.States[ledger.Succeeded] < 100; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("nothing is made: %+v", first)
		}
		if out, err := exec.Command(s.program, "status", s.campaign, "--json").Output(); err == nil {
			_ = json.Unmarshal(out, &first)
		}
	}
	var plan struct {
		Actions struct{ Submit, Done, InFlight int }
	}
	if err := json.Unmarshal(program("plan", "--json"), &plan); err != nil || plan.Actions.Submit == 0 || plan.Actions.Done == 0 {
		t.Errorf("plan: %v, %+v", err, plan)
	}
	program("results", "--out", filepath.Join(s.dir, "so-far.csv"))
	program("report", "--out", filepath.Join(s.dir, "so-far.html"))
	if err := json.Unmarshal(program("status", "--json"), &later); err != nil || !later.Running || later.Progress == nil || later.States[ledger.Succeeded] <= first.States[ledger.Succeeded] {
		t.Errorf("%v: %+v after %+v", err, later, first)
	}
	retry := exec.Command(s.program, "retry", s.campaign)
	if out, err := retry.CombinedOutput(); err == nil || retry.ProcessState.ExitCode() != exitLocked {
		t.Errorf("a second process changes the ledger: %v\n%s", err, out)
	}
}
