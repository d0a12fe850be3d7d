//go:build unix

package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// holdSubmits keeps every submit waiting, with its job made, and says when the
// first one arrives; open lets them be answered.
func (r *rig) holdSubmits() (arrived <-chan struct{}, open func()) {
	first, gate := make(chan struct{}), make(chan struct{})
	var once, release sync.Once
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			return false
		}
		r.bank.ServeHTTP(w, q)
		once.Do(func() { close(first) })
		select {
		case <-gate:
		case <-time.After(20 * time.Second):
		}
		return true
	})
	open = func() { release.Do(func() { close(gate) }) }
	r.t.Cleanup(open)
	return first, open
}

// signalled starts a run, waits until a request is on the wire, has something
// done to the process, and waits for its end.
func (r *rig) signalled(arrived <-chan struct{}, do func(*os.Process), flags ...string) ended {
	c := r.command(append([]string{"run", "rig.yaml"}, flags...)...)
	return r.finish(c, func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		select {
		case <-arrived:
		case <-time.After(20 * time.Second):
			r.t.Error("no request arrived")
		}
		do(c.Process)
		return c.Wait()
	})
}

// TestASignalLetsWhatIsOnTheWireFinish stops a run while requests wait for their
// answers: nothing new is started, the answers are kept, and the next run goes on.
func TestASignalLetsWhatIsOnTheWireFinish(t *testing.T) {
	for name, test := range map[string]struct {
		signals []os.Signal
		code    int
	}{
		"Ctrl-C":                {[]os.Signal{syscall.SIGINT}, exitInterrupted},
		"SIGTERM":               {[]os.Signal{syscall.SIGTERM}, exitTerminated},
		"SIGTERM twice at once": {[]os.Signal{syscall.SIGTERM, syscall.SIGTERM}, exitTerminated},
		"closed terminal":       {[]os.Signal{syscall.SIGHUP}, exitTerminated},
		"closed terminal twice": {[]os.Signal{syscall.SIGHUP, syscall.SIGHUP}, exitTerminated},
	} {
		t.Run(name, func(t *testing.T) {
			if test.signals[0] == syscall.SIGHUP && signal.Ignored(syscall.SIGHUP) {
				t.Skip("SKIPPED: these tests run under nohup, which the program respects")
			}
			t.Parallel()
			r := newRig(t, 12, false)
			arrived, open := r.holdSubmits()
			e := r.signalled(arrived, func(p *os.Process) {
				for _, s := range test.signals {
					if err := p.Signal(s); err != nil {
						t.Error(err)
					}
					time.Sleep(200 * time.Millisecond)
				}
				open()
			})
			e.wants(t, test.code, "stopped; everything is saved")
			s := r.states()
			if s[ledger.Submitted] == 0 || s[ledger.Submitted] > 4 || s[ledger.Submitted]+s[ledger.Planned] != 12 {
				t.Errorf("states: %v", s)
			}
			r.allMade(12)
		})
	}
}

// TestASecondCtrlCLeavesAtOnce does not wait for answers: what was on the wire is
// not known then, and never sent again by itself.
func TestASecondCtrlCLeavesAtOnce(t *testing.T) {
	r := newRig(t, 6, false)
	arrived, _ := r.holdSubmits()
	var begin time.Time
	e := r.signalled(arrived, func(p *os.Process) {
		_ = p.Signal(syscall.SIGINT)
		time.Sleep(200 * time.Millisecond)
		begin = time.Now()
		_ = p.Signal(syscall.SIGINT)
	})
	if left := time.Since(begin); e.code != exitInterrupted || left > 5*time.Second {
		t.Errorf("exit %d after %v", e.code, left)
	}
	if s := r.states(); s[ledger.Intended] == 0 {
		t.Errorf("states: %v", s)
	}
	submits := r.submits.Load()
	r.answering(func(http.ResponseWriter, *http.Request) bool { return false })
	r.run("run", "rig.yaml").wants(t, exitDecide, "resolve rig.yaml")
	if s := r.states(); s[ledger.Unsure] != int(submits) || s[ledger.Succeeded] != 6-int(submits) {
		t.Errorf("%d requests were on the wire, states: %v", submits, s)
	}
	r.once(6)
}

// TestAStoppedProcessGoesOn stops the process as a laptop that is closed does,
// with requests on the wire and jobs to ask for.
func TestAStoppedProcessGoesOn(t *testing.T) {
	r := newRig(t, 12, false)
	arrived, open := r.holdSubmits()
	r.signalled(arrived, func(p *os.Process) {
		_ = p.Signal(syscall.SIGSTOP)
		open()
		time.Sleep(1500 * time.Millisecond)
		if n := r.submits.Load(); n > 4 {
			t.Errorf("a stopped process sent %d", n)
		}
		_ = p.Signal(syscall.SIGCONT)
	}).wants(t, exitDone, "12 made")
	r.once(12)
}

// TestNobodyReadsTheOutput closes the other end of standard output, as head -1
// does: the run goes on to its end.
func TestNobodyReadsTheOutput(t *testing.T) {
	for _, args := range [][]string{{"run", "rig.yaml", "--json"}, {"run", "rig.yaml"}} {
		r := newRig(t, 12, false)
		c := r.command(args...)
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stdout, c.Stderr = writer, writer
		e := r.finish(c, func(c *exec.Cmd) error {
			err := c.Start()
			_ = writer.Close()
			_, _ = bufio.NewReader(reader).ReadString('\n')
			_ = reader.Close()
			if err != nil {
				return err
			}
			return c.Wait()
		})
		if e.code != exitDone && e.code != exitRows {
			t.Errorf("%v: exit %d, want 0, or 3 since its last document could not be written", args, e.code)
		}
		if s := r.states(); s[ledger.Succeeded] != 12 {
			t.Errorf("%v: states %v", args, s)
		}
		r.once(12)
	}
}

// tmpfs mounts a small file system over a folder of the rig.
func (r *rig) tmpfs(name, size string) string {
	r.t.Helper()
	dir := r.path(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size+",mode=700", "tmpfs", dir).CombinedOutput(); err != nil {
		r.t.Skipf("a full disk needs a file system of its own, which takes root on Linux: %v: %s", err, strings.TrimSpace(string(out)))
	}
	r.t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

// fill takes up all room that is left, and returns what to remove for it.
func (r *rig) fill(dir string) (free func()) {
	r.t.Helper()
	f, err := os.Create(dir + "/ballast")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, size := range []int{64 << 10, 4 << 10, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	_ = f.Close()
	return func() { _ = os.Remove(f.Name()) }
}

// TestAFullDiskUnderTheLedgerStopsTheRun has no room for one more commit: exit 7,
// nothing is sent, and with room again the run goes on.
func TestAFullDiskUnderTheLedgerStopsTheRun(t *testing.T) {
	r := newRig(t, 4, false)
	dir := r.tmpfs("out", "3m")
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	var sheet strings.Builder
	sheet.WriteString("id,name\n")
	for i := range 3000 {
		sheet.WriteString("C" + strings.Repeat("0", 3) + string(rune('A'+i%26)) + strings.Repeat("x", i%97) + "-" + time.Duration(i).String() + ",Name " + time.Duration(i).String() + "\n")
	}
	r.write("rows.csv", sheet.String())
	free := r.fill(dir)
	sent := r.submits.Load()
	r.run("run", "rig.yaml", "--accept-removed").wants(t, exitLedger, "reelmerge: hint: ")
	if n := r.submits.Load() - sent; n > 0 {
		t.Errorf("%d submits without room to remember them", n)
	}
	free()
	r.run("run", "rig.yaml", "--accept-removed", "--limit", "3").wants(t, exitDone, "3 made, 2,997 to send; 4 gone from the sheet")
	r.once(4)
}

// TestAFullDiskUnderTheVideosKeepsTheRows has no room for the videos: the rows are
// made and stay so, and the videos are fetched when there is room.
func TestAFullDiskUnderTheVideosKeepsTheRows(t *testing.T) {
	r := newRig(t, 1, true)
	free := r.fill(r.tmpfs("out/videos", "64k"))
	r.run("run", "rig.yaml").wants(t, exitRows, "no space left on device")
	if s := r.states(); s[ledger.Succeeded] != 1 {
		t.Errorf("states: %v", s)
	}
	free()
	submits := r.submits.Load()
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	if _, err := os.Stat(r.path("out/videos/C000.mp4")); err != nil || r.submits.Load() != submits {
		t.Errorf("%v, %d submits", err, r.submits.Load()-submits)
	}
	r.once(1)
}

// TestAFolderThatCannotBeWrittenSpendsNothing has a read-only file system where
// the ledger should be, or is.
func TestAFolderThatCannotBeWrittenSpendsNothing(t *testing.T) {
	r := newRig(t, 3, false)
	dir := r.tmpfs("out", "8m")
	readOnly := func(how string) {
		if out, err := exec.Command("mount", "-o", "remount,"+how, dir).CombinedOutput(); err != nil {
			t.Skipf("remount: %v: %s", err, out)
		}
	}
	readOnly("ro")
	r.run("run", "rig.yaml").wants(t, exitLedger, "read-only file system")
	readOnly("rw")
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	readOnly("ro")
	r.run("run", "rig.yaml").wants(t, exitLedger, "read-only file system")
	if n := r.submits.Load(); n != 1 {
		t.Errorf("%d submits, want the one while it could be written", n)
	}
	readOnly("rw")
	r.allMade(3)
}

// TestALedgerThatIsTakenAwayStopsTheRun removes or moves the output folder while
// the run is going.
func TestALedgerThatIsTakenAwayStopsTheRun(t *testing.T) {
	for name, take := range map[string]func(r *rig) error{
		"removed": func(r *rig) error { return os.RemoveAll(r.path("out")) },
		"moved":   func(r *rig) error { return os.Rename(r.path("out"), r.path("moved")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 40, false)
			arrived, open := r.holdSubmits()
			r.signalled(arrived, func(*os.Process) {
				time.Sleep(100 * time.Millisecond)
				if err := take(r); err != nil {
					t.Error(err)
				}
				open()
			}).wants(t, exitLedger, "the ledger is gone while it was in use")
			if n := r.submits.Load(); n > 4 {
				t.Errorf("%d submits, at most the 4 that were on the wire may have left", n)
			}
			if name == "moved" {
				if err := os.RemoveAll(r.path("out")); err != nil { // status.json alone
					t.Fatal(err)
				}
				if err := os.Rename(r.path("moved"), r.path("out")); err != nil {
					t.Fatal(err)
				}
				r.allMade(40)
			}
		})
	}
}
