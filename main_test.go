package reelmerge_test

import (
	"os"
	"testing"
)

// TestMain runs the tests in a state folder of their own: they stay out of the user's, and a
// pause that a service of an earlier test asked for stops none of them.
func TestMain(m *testing.M) { os.Exit(stateless(m)) }

func stateless(m *testing.M) int {
	folder, err := os.MkdirTemp("", "reelmerge-tests-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.Setenv("REELMERGE_STATE", folder); err != nil {
		panic(err)
	}
	return m.Run()
}
