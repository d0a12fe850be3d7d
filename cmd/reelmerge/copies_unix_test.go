//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestACopyMadeDuringARunIsRefused: a backup program copied the ledger while a run
// went on, which was then finished, or killed. Later the copy is put in its place.
func TestACopyMadeDuringARunIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		kill, inPlace bool
	}{
		"finished": {false, false}, "finished, written in place": {false, true}, "killed": {true, false}, "killed, written in place": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 12, false)
			arrived, open := r.holdSubmits()
			var copied string
			r.signalled(arrived, func(p *os.Process) {
				copied = r.read("out/ledger.db")
				open()
				if r.waitFor(9); c.kill {
					_ = p.Kill()
				}
			})
			r.plain()
			submits := r.submits.Load()
			if !c.inPlace {
				if err := os.Remove(r.path("out/ledger.db")); err != nil {
					t.Fatal(err)
				}
			}
			r.write("out/ledger.db", copied)
			e := r.run("run", "rig.yaml")
			e.wants(t, exitLedger, "an earlier copy of itself")
			if !strings.Contains(e.err, "requests") || r.submits.Load() != submits {
				t.Errorf("%d submits more: %s", r.submits.Load()-submits, e.err)
			}
			r.restored("may have been sent since", exitDecide)
			r.run("run", "rig.yaml")
			r.once(int(submits))
		})
	}
}

// TestALedgerThatIsEmptiedUnderARunEndsIt: a program that copies in place empties
// the file first. The run ends soon, with a code that is true.
func TestALedgerThatIsEmptiedUnderARunEndsIt(t *testing.T) {
	for name, c := range map[string]struct {
		size   int64
		busy   bool // not while requests wait for answers, but while many are answered
		signal bool
	}{
		"emptied": {0, false, false}, "cut": {8192, false, false}, "one page": {4096, false, false},
		"emptied while busy": {0, true, false}, "emptied, then Ctrl-C": {0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 400, false)
			arrived, open := r.holdSubmits()
			var begin time.Time
			e := r.signalled(arrived, func(p *os.Process) {
				if c.busy {
					open()
					r.waitFor(40)
				}
				begin = time.Now()
				if err := os.Truncate(r.path("out/ledger.db"), c.size); err != nil {
					t.Error(err)
				}
				if c.signal {
					_ = p.Signal(os.Interrupt)
				}
				open()
			})
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
			e.wants(t, exitLedger, "reelmerge: hint: ")
			r.run("run", "rig.yaml").wants(t, exitLedger, "reelmerge: hint: ")
		})
	}
}
