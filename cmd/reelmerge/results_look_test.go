package main

import (
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestLookingAtLinksHoldsNoLedgerAndObeysASignal has links that do not answer: a run
// can begin meanwhile, and the first signal ends the wait.
func TestLookingAtLinksHoldsNoLedgerAndObeysASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	r := newRig(t, 4, false)
	r.run("run", "rig.yaml").wants(t, exitDone, "4 made")
	looking := make(chan struct{}, 100)
	r.answering(func(_ http.ResponseWriter, q *http.Request) bool {
		if strings.HasPrefix(q.URL.Path, "/files/") {
			looking <- struct{}{}
			<-q.Context().Done()
			return true
		}
		return false
	})
	c := r.command("results", "rig.yaml", "--send-ready")
	var began time.Time
	e := r.finish(c, func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		<-looking
		r.run("run", "rig.yaml").wants(t, exitDone, "4 made")
		began = time.Now()
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		return c.Wait()
	})
	e.wants(t, exitInterrupted, "")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if _, err := os.Stat(r.path("out/send-ready.csv")); err == nil {
		t.Error("half a sheet was written")
	}
}
