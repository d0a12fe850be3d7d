//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestTerminal drives the program in real terminals, as a person would. The
// scripts have three commands more than the others:
//
//	terminal WIDTHxHEIGHT command…   run a command in a new terminal
//	see REGEXP                       wait until the screen shows it; the screen is then standard output
//	keys KEY…                        press keys, as tmux names them
//	resize WIDTHxHEIGHT              change the size of the terminal
//
// What changes from run to run is masked on what see shows: numbers are #, bars
// are [bar], and the room between words is one space.
func TestTerminal(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("SKIPPED: terminals are driven by tmux, which is not installed")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/terminal",
		UpdateScripts:       os.Getenv("REELMERGE_UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("REELMERGE_STATE", filepath.Join(env.WorkDir, ".tmp", "state"))
			env.Defer(func() { closeTerminals(env.WorkDir) })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"terminal": openTerminal, "see": see, "keys": pressKeys, "resize": resizeTerminal, "exitcode": exitCode,
		},
	})
}

// tmux asks the script's latest terminal, each of which is a server of its own
// without configuration.
func tmux(ts *testscript.TestScript, args ...string) string {
	c := exec.Command("tmux", append([]string{"-S", ts.Getenv("TERMINAL"), "-f", os.DevNull}, args...)...)
	c.Dir = ts.Getenv("WORK")
	c.Env = []string{"TERM=xterm", "LANG=C.UTF-8", "PATH=" + ts.Getenv("PATH")}
	out, err := c.CombinedOutput()
	if err != nil {
		ts.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// newTerminal names the socket of another server.
func newTerminal(ts *testscript.TestScript) {
	sockets, _ := filepath.Glob(filepath.Join(ts.Getenv("WORK"), "terminal*"))
	ts.Setenv("TERMINAL", filepath.Join(ts.Getenv("WORK"), fmt.Sprintf("terminal%d", len(sockets))))
}

func closeTerminals(dir string) {
	sockets, _ := filepath.Glob(filepath.Join(dir, "terminal*"))
	for _, socket := range sockets {
		_ = exec.Command("tmux", "-S", socket, "kill-server").Run()
	}
}

func size(ts *testscript.TestScript, text string) (width, height string) {
	width, height, ok := strings.Cut(text, "x")
	if !ok {
		ts.Fatalf("%q: want WIDTHxHEIGHT", text)
	}
	return width, height
}

func openTerminal(ts *testscript.TestScript, _ bool, args []string) {
	width, height := size(ts, args[0])
	newTerminal(ts)
	command := strings.Join(args[1:], " ")
	shell := "export LANG=C.UTF-8; stty -echoctl; " + command + "; echo exit code $?; exec sleep 1000"
	path := "export PATH='" + ts.Getenv("PATH") + "' HOME='" + ts.Getenv("HOME") + "'; "
	tmux(ts, "new-session", "-d", "-x", width, "-y", height, path+shell)
}

// see waits for what a person would wait for.
func see(ts *testscript.TestScript, neg bool, args []string) {
	want := regexp.MustCompile(strings.Join(args, " "))
	var screen string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		screen = tmux(ts, "capture-pane", "-p")
		if want.MatchString(screen) != neg {
			fmt.Fprint(ts.Stdout(), masked(screen))
			return
		}
	}
	ts.Fatalf("no %q on the screen:\n%s", want, screen)
}

func pressKeys(ts *testscript.TestScript, _ bool, args []string) {
	tmux(ts, append([]string{"send-keys"}, args...)...)
}

func resizeTerminal(ts *testscript.TestScript, _ bool, args []string) {
	width, height := size(ts, args[0])
	tmux(ts, "resize-window", "-x", width, "-y", height)
}

// masked leaves what is the same in every run.
func masked(screen string) string {
	for _, m := range []struct{ pattern, mask string }{
		{`[█▒░]+`, "[bar]"}, {`\d[\d.,:]*([smhd]\b)?( \d+[smh]\b)?`, "#"}, {` {2,}`, " "},
		{`( ·)? # an? (second|minute|hour)`, ""}, {`(?m)( ·|^) first estimate #`, ""}, {`ends .*`, "ends …"}, {`results: .*`, "results: …"},
		{`, # being made`, ""}, {`(?m)^cost: (nothing|# minutes?) would be charged.*(\n [a-z][a-z ,#]*$)?`, "cost: … would be charged"}, {`(the first estimate was #, ).*`, "$1…"},
		{`(?m)[ \t]+$`, ""}, {`\n{2,}`, "\n"},
	} {
		screen = regexp.MustCompile(m.pattern).ReplaceAllString(screen, m.mask)
	}
	return strings.Trim(screen, "\n") + "\n"
}
