//go:build unix

package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// The tests of this package start themselves again as a child that works on the
// ledger of a folder, to be killed or to have its disk fail.
const (
	childFolder = "REELMERGE_TEST_CHILD"
	childLimit  = "REELMERGE_TEST_LIMIT" // largest file in bytes
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child creates a ledger and takes rows through their lives, one change after the
// other. It says "ack KEY VERSION" of each change that was answered with nil.
func child(dir string) error {
	if limit := os.Getenv(childLimit); limit != "" {
		signal.Ignore(syscall.SIGXFSZ) // the write shall fail, not the process
		var bytes uint64
		if _, err := fmt.Sscan(limit, &bytes); err != nil {
			return err
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
			return err
		}
	}
	s, err := boltstore.Create(filepath.Join(dir, "ledger.db"), ledgertest.Identity())
	if err != nil {
		return err
	}
	if c, err := ledgertest.Work(context.Background(), s, os.Stdout); err != nil {
		return afterwards(s, c, err)
	}
	return s.Close()
}

// afterwards is what must be true once a write has failed.
func afterwards(s *boltstore.Store, c ledger.Change, err error) error {
	_, again := s.Apply(context.Background(), c)
	_, summary := s.Summary(context.Background())
	recorded := s.Record(context.Background(), ledger.Run{})
	_, intents := s.Intents(context.Background(), time.Time{})
	var entries error
	for _, err := range s.Entries(context.Background(), ledger.Query{}) {
		entries = err
	}
	for name, later := range map[string]error{
		"apply": err, "apply again": again, "summary": summary, "record": recorded, "intents": intents, "entries": entries,
	} {
		if !errors.Is(later, ledger.ErrPoisoned) || ledger.Sound(later) {
			return fmt.Errorf("%s after a failed write: %w", name, later)
		}
	}
	fmt.Fprintln(os.Stdout, "poisoned")
	return nil
}

// run starts the child, under another program if there is one, and returns what
// was acknowledged and whether the child saw the store refuse to go on.
func run(t *testing.T, dir string, limit int, under ...string) (acked ledgertest.Answers, poisoned bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(under, self)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	if limit > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", childLimit, limit))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) && exit.ExitCode() == 1 {
		t.Fatalf("child: %s", stderr.String())
	} else if err != nil && exit == nil {
		t.Fatal(err)
	}
	acked = ledgertest.Answers{}
	for line := range strings.Lines(stdout.String()) {
		poisoned = poisoned || line == "poisoned\n"
		acked.Note(line)
	}
	return acked, poisoned
}

// fails starts the child where no file may grow past so many bytes, and wants it to
// end with an error.
func fails(t *testing.T, dir, limit string) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childFolder+"="+dir, childLimit+"="+limit)
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("err = %v: %s", err, out)
	}
}

// TestAFullDiskIsPoison lets the file not grow past some size.
func TestAFullDiskIsPoison(t *testing.T) {
	for _, limit := range []int{64 << 10, 80 << 10, 96 << 10} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			dir := t.TempDir()
			acked, poisoned := run(t, dir, limit)
			if !poisoned || len(acked) == 0 {
				t.Fatalf("poisoned = %v after %d rows: the disk never was full", poisoned, len(acked))
			}
			s := open(t, dir).(*boltstore.Store)
			acked.Survived(t, s)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
