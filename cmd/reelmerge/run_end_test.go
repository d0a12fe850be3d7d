package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"
)

// TestNothingThatComesAfterAnIntentSaysThatNothingWasSent ends what comes once rows may
// have been sent in every way there is.
func TestNothingThatComesAfterAnIntentSaysThatNothingWasSent(t *testing.T) {
	ends := func(err error) func() error { return func() error { return err } }
	for name, c := range map[string]struct {
		act  func() error
		want int
		said string
	}{
		"well":              {ends(nil), exitDone, ""},
		"a bug":             {ends(fail(exitBug, errors.New("odd"), "look")), exitRows, "odd"},
		"wrong usage":       {ends(exit(exitUsage)), exitRows, "exit 2"},
		"an error":          {ends(errors.New("plain")), exitRows, "plain"},
		"nobody reads":      {ends(fmt.Errorf("write: %w", syscall.EPIPE)), exitRows, "broken pipe"},
		"the terminal went": {ends(fmt.Errorf("write: %w", syscall.EIO)), exitRows, "input/output error"},
		"a panic":           {func() error { panic("Ada Lovelace") }, exitRows, "internal error"},
		"problems":          {ends(exit(exitRows)), exitRows, ""},
		"decisions":         {ends(exit(exitDecide)), exitDecide, ""},
		"held":              {ends(exit(exitHeld)), exitHeld, ""},
		"locked":            {ends(exit(exitLocked)), exitLocked, ""},
		"no ledger":         {ends(ledgerFailure(errors.New("full"))), exitLedger, "full"},
		"Ctrl-C":            {ends(exit(exitInterrupted)), exitInterrupted, ""},
		"SIGTERM":           {ends(exit(exitTerminated)), exitTerminated, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := &app{streams: streams{strings.NewReader(""), io.Discard, io.Discard}, log: slog.New(slog.DiscardHandler)}
			err := a.afterIntent(c.act)
			if codeOf(err) != c.want || c.said != "" && !strings.Contains(fmt.Sprint(err), c.said) || strings.Contains(fmt.Sprint(err), "Ada") {
				t.Errorf("exit %d: %v, want %d and %q", codeOf(err), err, c.want, c.said)
			}
		})
	}
}

// TestWhatCannotBeToldIsNotHidden adds it to the code of an outcome, which stays where
// it says more.
func TestWhatCannotBeToldIsNotHidden(t *testing.T) {
	for code, want := range map[int]int{exitDone: exitRows, exitRows: exitRows, exitDecide: exitDecide, exitHeld: exitHeld, exitTerminated: exitTerminated} {
		if got := codeOf(concluded(code, "", errors.New("no room"))); got != want {
			t.Errorf("%d becomes %d, want %d", code, got, want)
		}
	}
}
