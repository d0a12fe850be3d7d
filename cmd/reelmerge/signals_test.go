package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestTermWithinASecondCountsOnce: a supervisor signals a process and its
// group at the same time. What comes later, or is another signal, ends the program, and so does Ctrl-C twice.
func TestTermWithinASecondCountsOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals []os.Signal
		after   []time.Duration // of the first
		want    []bool
	}{
		{"one", []os.Signal{syscall.SIGTERM}, []time.Duration{0}, []bool{false}},
		{"twice at once", []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, []time.Duration{0, time.Millisecond}, []bool{false, false}},
		{"and once more later", []os.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM},
			[]time.Duration{0, 900 * time.Millisecond, time.Second}, []bool{false, false, true}},
		{"Ctrl-C, then another", []os.Signal{os.Interrupt, os.Interrupt}, []time.Duration{0, 200 * time.Millisecond}, []bool{false, true}},
		{"Ctrl-C, then TERM at once", []os.Signal{os.Interrupt, syscall.SIGTERM}, []time.Duration{0, 0}, []bool{false, true}},
		{"a terminal that closes", []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGHUP},
			[]time.Duration{0, time.Second, time.Minute}, []bool{false, false, false}},
		{"a terminal that closes while it stops", []os.Signal{syscall.SIGTERM, syscall.SIGHUP}, []time.Duration{0, time.Minute}, []bool{false, false}},
		{"TERM after the terminal closed", []os.Signal{syscall.SIGHUP, syscall.SIGTERM}, []time.Duration{0, time.Minute}, []bool{false, true}},
	} {
		var d departure
		began := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
		for i, s := range c.signals {
			if got := d.again(s, began.Add(c.after[i])); got != c.want[i] {
				t.Errorf("%s: signal %d: %v, want %v", c.name, i+1, got, c.want[i])
			}
		}
	}
}
