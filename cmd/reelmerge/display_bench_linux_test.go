package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDisplayCostsNothing runs 10,000 rows with and without the live display,
// alternating, and compares the processor time of the two. It takes minutes, so
// it runs only on request: REELMERGE_BENCH=1 go test -run TestDisplayCostsNothing.
func TestDisplayCostsNothing(t *testing.T) {
	if os.Getenv("REELMERGE_BENCH") == "" {
		t.Skip("measures for minutes; REELMERGE_BENCH=1 runs it")
	}
	const rows, pairs = 10_000, 5
	s := newStorm(t, rows, "")
	var with, without []time.Duration
	frames, longest := 0, time.Duration(0)
	for range pairs {
		s.fresh()
		c := s.inTerminal("run", s.campaign, "--set", "limits.active=64")
		with = append(with, c.used)
		frames, longest = frames+c.frames, longest+c.took
		s.fresh()
		without = append(without, s.inTerminal("run", s.campaign, "--set", "limits.active=64", "--quiet").used)
	}
	for _, used := range [][]time.Duration{with, without} {
		slices.Sort(used)
	}
	on, off := with[pairs/2], without[pairs/2]
	noise := max(with[pairs-1]-with[0], without[pairs-1]-without[0])
	t.Logf("%d rows, median of %d: %v with the display (%v), %v without (%v); %d frames in %v",
		rows, pairs, on, with, off, without, frames, longest)
	if on-off > noise {
		t.Errorf("the display costs %v, and the noise is %v", on-off, noise)
	}
	if perSecond := float64(frames) / longest.Seconds(); perSecond > 10 || frames == 0 {
		t.Errorf("%.1f frames a second", perSecond)
	}
}

// fresh forgets the run before.
func (s *storm) fresh() {
	s.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.dir, "out")); err != nil {
		s.t.Fatal(err)
	}
}

// consumption is what a run used.
type consumption struct {
	used, took time.Duration
	frames     int
}

// inTerminal runs the program in a terminal that is read as fast as it is
// written.
func (s *storm) inTerminal(args ...string) consumption {
	s.t.Helper()
	ours, theirs := pseudoTerminal(s.t)
	defer ours.Close()
	c := exec.Command(s.program, args...)
	c.Env = append(os.Environ(), "TERM=xterm", "LANG=C.UTF-8", "CI=")
	c.Stdin, c.Stdout, c.Stderr = theirs, theirs, theirs
	begun := time.Now()
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	theirs.Close()
	screen, _ := io.ReadAll(ours) // ends with an error of its own when the last writer is gone
	if err := c.Wait(); err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, screen)
	}
	return consumption{
		used: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), took: time.Since(begun),
		frames: strings.Count(string(screen), "\x1b[J"),
	}
}

// pseudoTerminal opens both ends of a new terminal of 100 columns.
func pseudoTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(ours.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
	}
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}
