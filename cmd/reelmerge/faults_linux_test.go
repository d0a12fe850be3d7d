package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
)

// dryCommands are all that promise to reach nobody.
func dryCommands() [][]string {
	return [][]string{
		{"check", "rig.yaml"}, {"plan", "rig.yaml"}, {"plan", "rig.yaml", "--json"}, {"run", "rig.yaml", "--dry-run"}, {"status", "rig.yaml"}, {"results", "rig.yaml"},
	}
}

// program is the path of the program that the other tests run by its name.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("reelmerge")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// afterOneRow is a campaign of which one row was made, so that all commands have
// something to say.
func afterOneRow(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, 3, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "")
	return r
}

// TestDryCommandsCallNobody counts the connections that the system is asked for,
// and holds the count to be able to see one: those of a run, which are to its service alone.
func TestDryCommandsCallNobody(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("counting connections takes strace")
	}
	r := afterOneRow(t)
	connections := func(args ...string) []string {
		trace := filepath.Join(t.TempDir(), "trace")
		c := r.command(args...)
		c.Args = append([]string{strace, "-f", "-e", "trace=connect,sendto,sendmsg", "-o", trace, program(t)}, c.Args[1:]...)
		c.Path = strace
		e := r.finish(c, (*exec.Cmd).Run)
		data, err := os.ReadFile(trace)
		if err != nil || strings.Contains(e.err, "ptrace") {
			t.Skipf("nothing can be traced here: %v: %s", err, e.err)
		}
		e.wants(t, exitDone, "")
		var calls []string
		for line := range strings.Lines(string(data)) {
			if strings.Contains(line, "connect(") || strings.Contains(line, "send") {
				calls = append(calls, line)
			}
		}
		return calls
	}
	for _, args := range dryCommands() {
		if calls := connections(args...); len(calls) > 0 {
			t.Errorf("%v: %v", args, calls)
		}
	}
	calls := connections("run", "rig.yaml")
	if len(calls) == 0 {
		t.Error("not even a run shows a connection: the test proves nothing")
	}
	_, port, _ := strings.Cut(r.server.Listener.Addr().String(), ":")
	for _, call := range calls {
		if strings.Contains(call, "connect(") && !strings.Contains(call, "htons("+port+")") {
			t.Errorf("a run whose ledger is a file calls another one than its service: %s", call)
		}
	}
	r.once(3)
}

// TestDryCommandsWorkWithoutANetwork runs them where there is none, and holds them
// to leave the ledger as it is.
func TestDryCommandsWorkWithoutANetwork(t *testing.T) {
	unshare, err := exec.LookPath("unshare")
	if err != nil || exec.Command(unshare, "-n", "true").Run() != nil {
		t.Skip("taking the network away takes unshare, and root")
	}
	r := afterOneRow(t)
	before, err := os.ReadFile(r.path("out/ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range dryCommands() {
		c := r.command(args...)
		c.Path, c.Args = unshare, append([]string{unshare, "-n", program(t)}, c.Args[1:]...)
		r.finish(c, (*exec.Cmd).Run).wants(t, exitDone, "")
	}
	after, err := os.ReadFile(r.path("out/ledger.db"))
	if err != nil || string(before) != string(after) {
		t.Errorf("a dry command has written the ledger: %v", err)
	}
	if s := r.states(); s[ledger.Succeeded] != 1 {
		t.Errorf("states: %v", s)
	}
}
