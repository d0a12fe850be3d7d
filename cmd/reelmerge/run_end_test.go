package main

import (
	"errors"
	"testing"
)

// TestWhatCannotBeToldIsNotHidden adds it to the code of an outcome, which stays where
// it says more.
func TestWhatCannotBeToldIsNotHidden(t *testing.T) {
	for code, want := range map[int]int{exitDone: exitRows, exitRows: exitRows, exitDecide: exitDecide, exitHeld: exitHeld, exitTerminated: exitTerminated} {
		if got := codeOf(concluded(code, errors.New("no room"))); got != want {
			t.Errorf("%d becomes %d, want %d", code, got, want)
		}
	}
}
