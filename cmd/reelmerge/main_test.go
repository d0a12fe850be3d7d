package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand in for the command, so that scripts and
// the kill test run the real program as real processes.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"reelmerge": main})
}

// TestScripts runs the promises of the command line: what is printed where, and
// the exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("REELMERGE_UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
