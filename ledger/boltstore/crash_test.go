//go:build linux

package boltstore_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// strace returns the command to start a child with, or skips the test where
// system calls cannot be watched.
func strace(t *testing.T, args ...string) []string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "strace", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: crash tests need strace and the right to use it: %v %s", err, out)
	}
	return append([]string{"strace", "-f", "-qq"}, args...)
}

// TestAFailedWriteIsPoison has the n-th sync, write or resize fail, or the process
// die there, for many n.
func TestAFailedWriteIsPoison(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		call, fault string
		when        []int
	}{
		{"fdatasync", "error=EIO", []int{3, 4, 15, 40}},
		{"pwrite64", "error=ENOSPC", []int{12, 60}},
		{"ftruncate", "error=ENOSPC", []int{1}},
		{"fdatasync", "signal=KILL", []int{1, 4, 25}},
		{"pwrite64", "signal=KILL", []int{2, 31, 90}},
		{"fsync", "error=EIO", []int{1}},
	} {
		for _, n := range fault.when {
			t.Run(fmt.Sprintf("%s %s %d", fault.call, fault.fault, n), func(t *testing.T) {
				inject := fmt.Sprintf("inject=%s:%s:when=%d", fault.call, fault.fault, n)
				failing(t, strace(t, "-o", os.DevNull, "-e", "trace="+fault.call, "-e", inject))
			})
		}
	}
}

func failing(t *testing.T, under []string) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), under[0], append(under[1:], self)...)
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := cmd.Output()
	if err == nil && !strings.Contains(string(out), "poisoned\n") {
		t.Fatal("nothing failed: the test is broken")
	}
	acked := ledgertest.Answers{}
	for line := range strings.Lines(string(out)) {
		acked.Note(line)
	}
	s := open(t, dir).(*boltstore.Store) // a ledger, or nothing at all
	acked.Survived(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A trace is what a child did to its ledger file, call by call.
type call struct {
	kind string // write, size, sync, named, ack
	data []byte
	at   int64
	line string
}

// TestNoCrashImageLosesAnAnswer cuts the power at every sync of a run. What was
// synced is there; of what was written since, each write, and each sector of it,
// may be there or not.
func TestNoCrashImageLosesAnAnswer(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "trace")
	under := strace(t, "-y", "-xx", "-s", "1000000", "-o", log,
		"-e", "trace=pwrite64,ftruncate,fdatasync,fsync,write,link,linkat,rename,renameat,renameat2")
	run(t, t.TempDir(), 0, under...)
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{t: t, folder: memory(t), random: rand.New(rand.NewPCG(1, 2)), acked: ledgertest.Answers{}}
	for _, c := range parse(string(data)) {
		d.replay(c)
	}
	t.Logf("%d images, %d of them before the ledger had its name", d.images, d.drafts)
	if d.images < 2500 || d.drafts < 20 || len(d.acked) != 14 {
		t.Errorf("%d images, %d drafts, %d rows: too few to prove anything", d.images, d.drafts, len(d.acked))
	}
}

// disk plays a trace back.
type disk struct {
	t              *testing.T
	folder         string
	random         *rand.Rand
	durable        []byte
	pending        []call
	named          bool
	acked          ledgertest.Answers
	images, drafts int
}

func (d *disk) replay(c call) {
	switch c.kind {
	case "write", "size":
		d.pending = append(d.pending, c)
	case "named":
		d.named = true
	case "ack":
		d.acked.Note(c.line)
	case "sync":
		d.crash()
		for _, p := range d.pending {
			d.durable = p.on(d.durable)
		}
		d.pending = nil
	}
}

// crash makes images of the moment before a sync ends.
func (d *disk) crash() {
	const variants = 28
	for v := range variants {
		image := bytes.Clone(d.durable)
		for _, p := range d.pending {
			image = d.torn(image, p, v)
		}
		d.images++
		if d.check(image); d.t.Failed() {
			d.t.Fatalf("image %d, variant %d, %d rows acknowledged", d.images, v, len(d.acked))
		}
	}
}

// torn applies nothing, all, or any part of a write.
func (d *disk) torn(image []byte, p call, variant int) []byte {
	const sector = 512
	switch {
	case p.kind == "size" || variant == 1:
		return p.on(image)
	case variant == 0 || d.random.IntN(3) == 0:
		return image
	case d.random.IntN(2) == 0:
		return p.on(image)
	}
	for from := 0; from < len(p.data); from += sector {
		if d.random.IntN(2) == 0 {
			part := call{kind: "write", data: p.data[from:min(from+sector, len(p.data))], at: p.at + int64(from)}
			image = part.on(image)
		}
	}
	return image
}

func (c call) on(image []byte) []byte {
	if missing := c.at + int64(len(c.data)) - int64(len(image)); missing > 0 {
		image = append(image, make([]byte, missing)...)
	}
	copy(image[c.at:], c.data)
	return image
}

func (d *disk) check(image []byte) {
	path := filepath.Join(d.folder, "ledger.db")
	if err := errors.Join(os.WriteFile(path, image, 0o600), os.RemoveAll(witness(path))); err != nil {
		d.t.Fatal(err)
	}
	if len(d.acked) > 0 {
		name(d.t, path) // durable since the ledger was made; what it was told since is lost
	}
	if !d.named {
		d.drafts++
		d.draft(path, image)
		return
	}
	s, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	if d.images%20 == 0 && err == nil { // and that it can be gone on with
		must(d.t, s.Close())
		s, err = boltstore.Open(path, boltstore.Options{})
	}
	if err != nil {
		d.t.Errorf("open: %v", err)
		return
	}
	d.acked.Survived(d.t, s)
	if d.images%20 == 0 {
		if _, err := s.Apply(context.Background(), ledger.Change{Key: "new", Event: ledgertest.Plan("new", 1)}); err != nil {
			d.t.Errorf("go on: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		d.t.Error(err)
	}
}

// draft opens a half-made ledger as if it had its name already: it may be empty or
// broken, but opening must say so and not touch it.
func (d *disk) draft(path string, image []byte) {
	s, err := boltstore.Open(path, boltstore.Options{})
	switch {
	case err == nil:
		maps.Clone(d.acked).Survived(d.t, s)
		if err := s.Close(); err != nil {
			d.t.Error(err)
		}
		return
	case !errors.Is(err, ledger.ErrCorrupt) && !errors.Is(err, ledger.ErrForeign):
		d.t.Errorf("open: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, image) {
		d.t.Errorf("a broken file was changed: %v", err)
	}
	if _, err := boltstore.Create(path, ledgertest.Identity()); !errors.Is(err, fs.ErrExist) {
		d.t.Errorf("create over it: %v", err)
	}
}

// parse reads the output of strace. A sync counts when it has ended; a write, and
// an acknowledgement, from its start.
func parse(log string) (calls []call) {
	started := map[string]bool{} // threads in a sync of the ledger
	begin := regexp.MustCompile(`^(\d+) +(\w+)\((?:(\d+)<([^>]*)>)?(.*)$`)
	for line := range strings.Lines(log) {
		thread, _, _ := strings.Cut(line, " ")
		if strings.Contains(line, "sync resumed>") && started[thread] {
			delete(started, thread)
			calls = append(calls, call{kind: "sync"})
			continue
		}
		m := begin.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue
		}
		ours := strings.Contains(unhex(m[4]), "/ledger.db") && !strings.HasSuffix(unhex(m[4]), ".lock")
		switch name, unfinished := m[2], strings.Contains(line, "<unfinished"); {
		case name == "write" && m[3] == "1":
			calls = append(calls, call{kind: "ack", line: text(m[5])})
		case strings.HasPrefix(name, "link") || strings.HasPrefix(name, "rename"):
			if strings.Contains(text(m[5]), "/ledger.db.new-") {
				calls = append(calls, call{kind: "named"})
			}
		case !ours:
		case name == "pwrite64":
			calls = append(calls, call{kind: "write", data: []byte(text(m[5])), at: last(m[5])})
		case name == "ftruncate":
			calls = append(calls, call{kind: "size", at: last(m[5])})
		case unfinished:
			started[thread] = true
		default:
			calls = append(calls, call{kind: "sync"})
		}
	}
	return calls
}

// unhex reads the \x.. of strace; anything else is left as it is.
func unhex(s string) string {
	if !strings.HasPrefix(s, `\x`) {
		return s
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		return s
	}
	return string(raw)
}

// text joins the strings among the arguments of a call.
func text(args string) string {
	var b strings.Builder
	for i, part := range strings.Split(args, `"`) {
		if i%2 == 1 {
			b.WriteString(unhex(part))
		}
	}
	return b.String()
}

// last reads the last number among the arguments of a call.
func last(args string) int64 {
	args, _, _ = strings.Cut(args[strings.LastIndexByte(args, '"')+1:], ")")
	args, _, _ = strings.Cut(args, "<unfinished")
	n, err := strconv.ParseInt(strings.TrimSpace(args[strings.LastIndexByte(args, ',')+1:]), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("strace line not understood: %q", args))
	}
	return n
}
