// Package exampletest runs examples in tests as a person would, with the program itself
// on its simulator. It then compares the results with the simulator's bank.
package exampletest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// T is the part of a test that this package needs.
type T interface {
	Helper()
	Context() context.Context
	TempDir() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Program is reelmerge, built for one test. Every call runs in Dir.
type Program struct {
	path string
	Dir  string // the current folder when empty
}

// Build builds the program.
func Build(t T) Program {
	t.Helper()
	p := Program{path: filepath.Join(t.TempDir(), "reelmerge")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, "github.com/reelmerge/reelmerge/cmd/reelmerge")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return p
}

// Do runs a command and returns its standard output and exit code. An exit that
// no example should come to, which is a bug, wrong usage or a damaged ledger, ends
// the test.
func (p Program) Do(t T, args ...string) (out []byte, code int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), p.path, args...)
	c.Dir = p.Dir
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v", err)
	}
	switch code = c.ProcessState.ExitCode(); code {
	case 1, 2, 7:
		t.Fatalf("reelmerge %s: exit %d\n%s%s", strings.Join(args, " "), code, out, said.Bytes())
	case 0:
	default:
		t.Logf("reelmerge %s: exit %d\n%s", strings.Join(args, " "), code, said.Bytes())
	}
	return out, code
}

// Kill runs a command, and kills it with SIGKILL after a while. It reports whether the
// process was still alive.
func (p Program) Kill(t T, after time.Duration, args ...string) bool {
	t.Helper()
	c := exec.CommandContext(t.Context(), p.path, args...)
	c.Dir = p.Dir
	if err := c.Start(); err != nil {
		t.Fatalf("%v", err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	return c.Wait() != nil && c.ProcessState.ExitCode() == -1
}

// JSON runs a command with --json and decodes its document.
func (p Program) JSON(t T, into any, args ...string) {
	t.Helper()
	out, _ := p.Do(t, append(args, "--json")...)
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("reelmerge %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Charge is a line of the simulator's bank.
type Charge struct {
	Job       string          `json:"job"`
	Operation string          `json:"operation"`
	Content   string          `json:"content"`
	Body      json.RawMessage `json:"body"`
	Amount    string          `json:"amount"`
	State     string          `json:"state"`
}

// Bank returns the lines of a simulator's bank.
func (p Program) Bank(t T, state string) (all []Charge) {
	t.Helper()
	p.JSON(t, &all, "sandbox", "bank", "--state", state)
	return all
}

// Totals are what `status --json` says of states and money.
type Totals struct {
	States  map[string]int `json:"states"`
	Credits []struct {
		Payer    string `json:"payer"`
		Charged  string `json:"charged"`
		Reserved string `json:"reserved"`
	} `json:"credits"`
}

// Spent reports whether the books are closed: one account was charged so much, and
// nothing is reserved any more.
func (b Totals) Spent(total string) bool {
	return len(b.Credits) == 1 && b.Credits[0].Charged == total && b.Credits[0].Reserved == "0"
}

// Rows reads a CSV file as records by their header.
func Rows(t T, path string) (all []map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v", err)
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("read %s: %d records, %v", path, len(records), err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		all = append(all, row)
	}
	return all
}
