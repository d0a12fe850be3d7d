package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/image/font/gofont/gobold"
)

// TestMain lets the test binary stand in for the command, so that scripts run
// the real program as real processes.
func TestMain(m *testing.M) {
	testscript.Main(stateless{m}, map[string]func(){"reelmerge": main})
}

// stateless runs the tests in a state folder of their own: a pause that a service of an
// earlier test asked for would stop those at the same address.
type stateless struct{ *testing.M }

// Run implements [testscript.TestingM].
func (s stateless) Run() int {
	folder, err := os.MkdirTemp("", "reelmerge-tests-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.Setenv("REELMERGE_STATE", folder); err != nil {
		panic(err)
	}
	code := s.M.Run()
	if started != nil {
		if err := started.Remove(); err != nil {
			panic(err)
		}
	}
	return code
}

// TestScripts runs the promises of the command line: what is printed where, and
// the exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("REELMERGE_UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[scriptTest{}] = t
			env.Setenv("REELMERGE_STATE", filepath.Join(env.WorkDir, ".tmp", "state"))
			return nil
		},
		Condition: hasServer,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitCode,
			"waitfor":  waitFor,
			"sleep":    sleepFor,
			"nowhere":  nowhere,
			"capture":  capture,
			"font":     writeFont,
			"database": scriptDatabase,
			"sql":      scriptSQL,
			"service":  scriptService,
		},
	})
}

// writeFont writes a font to a file: font bold.ttf.
func writeFont(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), gobold.TTF, 0o600))
}

// exitCode runs a command and wants an exit code: exitcode 7 reelmerge run x.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// waitFor waits until a file exists that a background process writes.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// capture keeps the first match of a pattern's group in a variable: capture JOB
// '"job": "(.*)"' bank.json.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME PATTERN FILE")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile(args[2]))
	if len(found) != 2 {
		ts.Fatalf("%s has no %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1])
}

// sleepFor gives a background process of the script time to work.
func sleepFor(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	time.Sleep(d)
}
