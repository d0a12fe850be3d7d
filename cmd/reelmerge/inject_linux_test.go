package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// act is a command that is tried with calls that fail, or killed.
type act struct {
	name   string
	args   string // LOST stands for the job of the row that has one
	codes  []int  // how it may end when nothing fails
	fresh  bool   // it begins a campaign
	killed bool   // it is killed as well; runs are, by [TestKilledAgainAndAgain]
	before func(*stage)
	kept   func(*stage, ended) error // what holds once it ended as if nothing had failed
	twice  string                    // the text of a row whose job a person stops, so that it is paid for again
}

// acts are the commands that open a ledger.
func acts() []act {
	early := func(s *stage) { s.write("out/ledger.db", s.early) }
	return []act{
		{name: "first run", args: "run rig.yaml --max-wait 2s", codes: []int{exitDone}, fresh: true, kept: counts(ledger.Succeeded, stagedRows)},
		{name: "run", args: "run rig.yaml --max-wait 2s", codes: []int{exitDecide}, kept: counts(ledger.Planned, 0)},
		{name: "adopt", args: "resolve rig.yaml --row C003 --adopt LOST", codes: []int{exitDone}, killed: true, kept: counts(ledger.Unsure, 1)},
		{name: "decide", args: "resolve rig.yaml --row C004 --not-submitted", codes: []int{exitDone}, killed: true, kept: counts(ledger.Unsure, 1)},
		{name: "retry", args: "retry rig.yaml", codes: []int{exitDone}, killed: true, kept: counts(ledger.Failed, 0)},
		{name: "cancel", args: "cancel rig.yaml --yes", codes: []int{exitDone}, killed: true, kept: counts(ledger.Cancelled, 3), twice: "Name 5"},
		{name: "purge", args: "purge rig.yaml --yes", codes: []int{exitRows, exitDecide}, killed: true, kept: (*stage).forgotten},
		{name: "restore", args: "ledger restore rig.yaml --yes", codes: []int{exitDecide}, killed: true, before: early, kept: counts(ledger.Unsure, 6)},
		{name: "results", args: "results rig.yaml", codes: []int{exitDone}, killed: true, kept: (*stage).reported},
		{name: "status", args: "status rig.yaml", codes: []int{exitDone}},
		{name: "plan", args: "plan rig.yaml", codes: []int{exitDecide}},
	}
}

// counts holds the ledger to so many rows in a state.
func counts(state ledger.State, want int) func(*stage, ended) error {
	return func(s *stage, _ ended) error {
		if got := s.states(); got[state] != want {
			return fmt.Errorf("%d rows are %s, want %d: %v", got[state], state, want, got)
		}
		return nil
	}
}

// forgotten reports what a purge left of the rows that had their end, unless it says so.
func (s *stage) forgotten(e ended) error {
	if !strings.Contains(e.out, "failed: 0") {
		return nil
	}
	for row, e := range s.entries() {
		settled := e.State == ledger.Succeeded || e.State == ledger.Failed || e.State == ledger.Cancelled
		if settled != e.Purged {
			return fmt.Errorf("row %d is %s, purged: %v", row, e.State, e.Purged)
		}
	}
	if text := s.read("out/ledger.db"); strings.Contains(text, "Name 0") {
		return fmt.Errorf("the ledger still has what a row said")
	}
	videos, err := os.ReadDir(s.path("out/videos"))
	if err == nil && len(videos) > 0 {
		return fmt.Errorf("%d videos are left", len(videos))
	}
	return nil
}

// reported reports what results.csv lacks.
func (s *stage) reported(ended) error {
	text := s.read("out/results.csv")
	for row := range stagedRows {
		if !strings.Contains(text, fmt.Sprintf("Name %d,", row)) {
			return fmt.Errorf("results.csv lacks row %d:\n%s", row, text)
		}
	}
	return nil
}

// mishap is a system call that fails, or at which the process is killed.
type mishap struct {
	act
	call, what string
	nth        int
	on         bool // and every later one
}

func (m mishap) String() string {
	more := ""
	if m.on {
		more = "+"
	}
	return fmt.Sprintf("%s %s %d%s %s", m.name, m.call, m.nth, more, m.what)
}

// options are what strace is told. It counts calls for each thread.
func (m mishap) options() []string {
	inject := fmt.Sprintf("inject=%s:error=%s:when=%d", m.call, m.what, m.nth)
	if m.what == "SIGKILL" {
		return []string{"-e", "trace=" + m.call, "-e", strings.Replace(inject, "error=", "signal=", 1)}
	}
	if m.on {
		inject += "+"
	}
	return []string{"--seccomp-bpf", "-e", "trace=" + m.call, "-e", inject} // which is faster, and loses signals
}

// failures are the errors that each call is made to fail with: those of a broken disk, a
// full one, one that is read-only, a quota, and too many files or too little memory.
func failures() map[string][]string {
	written := []string{"EIO", "ENOSPC", "EROFS", "EDQUOT"}
	return map[string][]string{
		"pwrite64": written, "write": written, "ftruncate": written, "fallocate": {"ENOSPC", "EIO"},
		"fsync": written, "fdatasync": written,
		"renameat": written, "renameat2": written, "linkat": written, "unlinkat": {"EIO", "EROFS"}, "mkdirat": written,
		"openat": {"EIO", "EMFILE", "ENOMEM", "EROFS"}, "close": {"EIO"},
		"read": {"EIO"}, "pread64": {"EIO"}, "getdents64": {"EIO", "ENOMEM"}, "lseek": {"EIO"},
		"fstat": {"EIO", "ENOMEM"}, "newfstatat": {"EIO", "ENOMEM"}, "statfs": {"EIO"}, "fstatfs": {"EIO"},
		"mmap": {"ENOMEM"}, "madvise": {"ENOMEM"}, "flock": {"EIO", "ENOMEM"}, "fcntl": {"EIO"}, "fchmod": {"EIO"}, "fchmodat": {"EIO"},
		"socket": {"EMFILE", "ENOMEM"}, "connect": {"ENOMEM"},
	}
}

// traced runs a command below strace, with its options, and returns the trace.
func (s *stage) traced(args string, options ...string) (ended, string) {
	s.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		s.t.Fatal(err)
	}
	trace := filepath.Join(s.t.TempDir(), "trace")
	c := s.command(strings.Fields(args)...)
	c.Args = slices.Concat([]string{strace, "-f", "-qq", "-o", trace}, options, []string{program(s.t)}, c.Args[1:])
	c.Path = strace
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	began := time.Now()
	e := s.finish(c, runIt)
	if took := time.Since(began); took >= longestProcess {
		s.t.Errorf("it did not end: %v\nstdout: %s\nstderr: %s", took, e.out, e.err)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		s.t.Fatal(err)
	}
	return e, string(data)
}

// needStrace skips a test where no call can be made to fail.
func needStrace(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs hundreds of processes")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: calls are made to fail by strace, which is not here")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	c := exec.CommandContext(t.Context(), strace, "-f", "--seccomp-bpf", "-o", trace, "-e", "inject=getcwd:error=EIO", "true")
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: strace cannot make calls fail here: %v: %s", err, out)
	}
}

// act runs a command on the stage.
func (s *stage) act(a act, options ...string) (ended, string) {
	s.t.Helper()
	s.begin(a.fresh)
	if a.before != nil {
		a.before(s)
	}
	return s.traced(strings.ReplaceAll(a.args, "LOST", s.lost), options...)
}

// most counts the calls of a command when nothing fails: for each kind, those of the
// thread that makes the most.
func (s *stage) most(a act, kinds []string) map[string]int {
	s.t.Helper()
	e, trace := s.act(a, "--seccomp-bpf", "-e", "trace=?"+strings.Join(kinds, ",?"))
	if !slices.Contains(a.codes, e.code) {
		s.t.Fatalf("%s: exit %d without any fault\nstdout: %s\nstderr: %s", a.name, e.code, e.out, e.err)
	}
	if a.kept != nil {
		if err := a.kept(s, e); err != nil {
			s.t.Fatalf("%s, without any fault: %v", a.name, err)
		}
	}
	calls, most := map[string]int{}, map[string]int{}
	for _, call := range regexp.MustCompile(`(?m)^(\d+) +(\w+)\(`).FindAllStringSubmatch(trace, -1) {
		calls[call[0]]++
		most[call[2]] = max(most[call[2]], calls[call[0]])
	}
	return most
}

// mishaps lists what can happen to the commands, so that the first of them are of as many
// kinds as can be.
func (s *stage) mishaps(kill bool) (all []mishap) {
	s.t.Helper()
	var pairs [][]mishap
	kinds := failures()
	for _, a := range acts() {
		if kill && !a.killed {
			continue
		}
		most := s.most(a, slices.Sorted(maps.Keys(kinds)))
		for _, call := range slices.Sorted(maps.Keys(most)) {
			what := kinds[call]
			if kill {
				what = []string{"SIGKILL"}
			}
			pairs = append(pairs, a.mishaps(call, what, most[call]))
		}
	}
	rng := rand.New(rand.NewPCG(3, 9))
	rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	for i := 0; len(pairs) > 0; i++ {
		pairs = slices.DeleteFunc(pairs, func(p []mishap) bool { return len(p) <= i })
		for _, p := range pairs {
			all = append(all, p[i])
		}
	}
	return all
}

// mishaps are those of one kind of call, which a thread makes at most n times.
func (a act) mishaps(call string, what []string, n int) (list []mishap) {
	for nth := 1; nth <= n; nth++ {
		for _, w := range what {
			list = append(list, mishap{act: a, call: call, what: w, nth: nth})
			if w == "ENOSPC" || w == "EROFS" || w == "EDQUOT" {
				list = append(list, mishap{act: a, call: call, what: w, nth: nth, on: true})
			}
		}
	}
	rng := rand.New(rand.NewPCG(uint64(n), uint64(len(a.name)*len(call))))
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// suffer lets a mishap happen, has a person do the command again, and goes on to the end.
// It reports whether the mishap came about: a call that is made by another thread this
// time may not be its n-th.
func (s *stage) suffer(m mishap) bool {
	s.t.Helper()
	sent := s.submits.Load()
	e, trace := s.act(m.act, m.options()...)
	happened := strings.Contains(trace, "(INJECTED)") || m.what == "SIGKILL" && e.code == -1
	if !happened {
		return false
	}
	said := fmt.Sprintf("exit %d\nstdout: %s\nstderr: %s", e.code, e.out, e.err)
	if (e.code == exitBug || e.code == exitUsage || e.code == exitLocked) && s.submits.Load() > sent {
		s.t.Errorf("that code says that nothing was sent: %s", said)
	}
	if slices.Contains(m.codes, e.code) && m.kept != nil {
		if err := m.kept(s, e); err != nil {
			s.t.Errorf("it ended as if nothing had failed, but %v: %s", err, said)
		}
	}
	if left := s.halves(); e.code >= 0 && e.code < 128 && m.call != "unlinkat" && len(left) > 0 {
		s.t.Errorf("left behind by its own end: %v: %s", left, said)
	}
	s.nothingPaidTwice("after the mishap", "")
	if again := s.run(strings.Fields(strings.ReplaceAll(m.args, "LOST", s.lost))...); again.code == exitBug || again.code == exitLedger && !m.fresh {
		s.t.Errorf("again, without any fault: exit %d\nstdout: %s\nstderr: %s\nbefore: %s", again.code, again.out, again.err, said)
	}
	s.settle(m.twice)
	if s.t.Failed() {
		s.t.Logf("%s\n%s", said, trace)
	}
	return true
}

// lanes is how many stages are played on at once.
const lanes = 3

// sufferAll lets so many mishaps happen, and prints how many did.
func sufferAll(t *testing.T, want int, kill bool) {
	t.Helper()
	needStrace(t)
	first := newStage(t)
	list := first.mishaps(kill)
	var next, happened atomic.Int64
	t.Run("all", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				for happened.Load() < int64(want) {
					i := int(next.Add(1)) - 1
					if i >= len(list) {
						return
					}
					t.Run(list[i].String(), func(t *testing.T) {
						s.t = t
						if s.suffer(list[i]) {
							happened.Add(1)
						}
					})
				}
				s.t = t
			})
		}
	})
	t.Logf("%d happened of %d that were tried, of %d that are possible", happened.Load(), min(int(next.Load()), len(list)), len(list))
	if happened.Load() < int64(want) {
		t.Errorf("%d happened, want %d", happened.Load(), want)
	}
}

// TestFailingSystemCallsBuyNothingTwice makes one call of a command fail, or all from
// there on, as a broken, full or read-only disk does, and too many open files: nothing is
// paid twice, nothing is lost, no row has another's video, and a clean run ends well.
func TestFailingSystemCallsBuyNothingTwice(t *testing.T) {
	n := 10
	if os.Getenv("REELMERGE_SOAK") != "" {
		n = 500
	}
	sufferAll(t, n, false)
}

// TestKillsInsideCommandsBuyNothingTwice kills the commands that change a ledger, but for
// runs, at one of their calls.
func TestKillsInsideCommandsBuyNothingTwice(t *testing.T) {
	n := 4
	if os.Getenv("REELMERGE_SOAK") != "" {
		n = 100
	}
	sufferAll(t, n, true)
}

// TestAVideoThatCannotBeReadIsNotForgotten has a disk that cannot tell whether a video is
// still the one that was fetched. It would stay for good once its row is forgotten.
func TestAVideoThatCannotBeReadIsNotForgotten(t *testing.T) {
	needStrace(t)
	s := newStage(t)
	s.begin(false)
	e, trace := s.traced("purge rig.yaml --yes --local", "-P", s.path("out/videos/C000.mp4"), "-e", "trace=read", "-e", "inject=read:error=EIO")
	e.wants(t, exitBug, "input/output error")
	if !strings.Contains(trace, "(INJECTED)") || s.entries()[2].Purged {
		t.Errorf("purged: %v, trace: %s", s.entries()[2].Purged, trace)
	}
	again := s.run("purge", "rig.yaml", "--yes", "--local")
	again.wants(t, exitDecide, "failed: 0")
	if err := s.forgotten(again); err != nil {
		t.Error(err)
	}
}
