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
	for _, c := range workload() {
		if _, err := s.Apply(context.Background(), c); err != nil {
			return afterwards(s, c, err)
		}
		fmt.Fprintf(os.Stdout, "ack %s %d\n", c.Key, c.Version+1)
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

// workload is a small campaign: rows of very different sizes, a failure, a row
// that is made again, and answers that come out of order.
func workload() []ledger.Change {
	var changes []ledger.Change
	versions := map[string]uint64{}
	add := func(row int, ev ledger.Event) {
		key := fmt.Sprintf("row %02d", row)
		changes = append(changes, ledger.Change{Key: key, Version: versions[key], Event: ev})
		versions[key]++
	}
	const rows = 14
	for i := range rows {
		plan := ledgertest.Plan(fmt.Sprint(i), 2)
		plan.Content.Payload = fmt.Appendf(nil, `{"script":%q}`, strings.Repeat("word ", 1<<(i%12)))
		add(i, plan)
	}
	for i := range rows {
		add(i, life(i)[1])
		if i > 0 {
			add(i-1, life(i - 1)[2])
		}
		if i > 2 {
			add(i-3, life(i - 3)[3])
		}
	}
	again := ledgertest.Plan("again", 3)
	again.By = ledger.ByPerson
	add(0, again)
	add(rows-1, ledger.Event{Kind: ledger.Lose, At: ledgertest.Start(), Reason: "lost"})
	return changes
}

// run starts the child, under another program if there is one, and returns what
// was acknowledged and whether the child saw the store refuse to go on.
func run(t *testing.T, dir string, limit int, under ...string) (acked map[string]uint64, poisoned bool) {
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
	acked = map[string]uint64{}
	for line := range strings.Lines(stdout.String()) {
		poisoned = poisoned || line == "poisoned\n"
		acknowledge(acked, line)
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

// acknowledge reads one line of a child.
func acknowledge(acked map[string]uint64, line string) {
	rest, found := strings.CutPrefix(strings.TrimSpace(line), "ack ")
	if cut := strings.LastIndexByte(rest, ' '); found && cut > 0 {
		var version uint64
		if _, err := fmt.Sscan(rest[cut+1:], &version); err == nil {
			acked[rest[:cut]] = version
		}
	}
}

// survived wants a ledger to hold whatever was acknowledged, and at most one
// change more.
func survived(t *testing.T, s ledger.Store, acked map[string]uint64) {
	t.Helper()
	for _, err := range ledger.Check(t.Context(), s) {
		t.Errorf("ledger: %v", err)
	}
	var more uint64
	kept := map[string]uint64{}
	for e, err := range s.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Errorf("read: %v", err)
			return
		}
		kept[e.Key] = e.Version
		more += e.Version - acked[e.Key]
	}
	for key, version := range acked {
		if kept[key] < version {
			t.Errorf("%q is at version %d, %d was acknowledged", key, kept[key], version)
		}
	}
	if more > 1 {
		t.Errorf("%d changes were kept that nobody was told of", more)
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
			survived(t, s, acked)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
