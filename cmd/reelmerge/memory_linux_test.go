package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCommandsStartWithLittleAddressSpace limits what a process may reserve to 2 GB, as
// shared machines do. The Go runtime alone reserves 1.2 GB.
func TestCommandsStartWithLittleAddressSpace(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes more address space than that")
	}
	r := newRig(t, 3, false)
	for _, args := range []string{"check rig.yaml", "plan rig.yaml", "run rig.yaml --sandbox", "results rig.yaml --sandbox"} {
		c := exec.Command("sh", "-c", "ulimit -v 2000000 && exec reelmerge "+args)
		c.Dir = r.dir
		if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "goroutine") {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
}
