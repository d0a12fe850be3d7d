// Package vidgen_test runs the example of this folder as a person would: with the
// program itself, on its simulator, with and without trouble on the line.
package vidgen_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program builds reelmerge.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reelmerge")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/reelmerge/reelmerge/cmd/reelmerge")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// call runs a command and returns its results; decode reads them, unless it is
// nil.
func call(t *testing.T, decode any, name string, args ...string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if decode != nil {
		if err := json.Unmarshal(out, decode); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	if exit != nil {
		t.Logf("%v: %s", args, exit.Stderr)
		return exit.ExitCode()
	}
	return 0
}

// charge is what the test looks at of a line of the bank.
type charge struct {
	Job    string          `json:"job"`
	Body   json.RawMessage `json:"body"`
	Amount string          `json:"amount"`
	State  string          `json:"state"`
}

const (
	rows  = 20
	total = "20" // jobs
)

func TestTheExampleRunsToTheEnd(t *testing.T) {
	reelmerge := program(t)
	for name, faults := range map[string]string{
		"without trouble": "",
		"with trouble":    "accept-then-drop@3,429=5%", // a lost job is looked for after half a minute
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			args := []string{"run", "campaign.yaml", "--set", "output.dir=" + folder, "--set", "provider.sandbox.render=50ms", "--set", "limits.submits=5/s"}
			if faults != "" {
				args = append(args, "--set", "provider.sandbox.faults="+faults, "--set", "provider.sandbox.seed=11")
			}
			for range 6 { // a run holds after a series of like failures
				if call(t, nil, reelmerge, args...) == 0 {
					break
				}
			}
			args[0] = "status"
			agree(t, reelmerge, folder, append(args, "--json"))
		})
	}
}

// agree compares what the ledger says with the bank: every row once, with the
// video that was made of it, and to the last job.
func agree(t *testing.T, reelmerge, folder string, status []string) {
	t.Helper()
	var books struct {
		States  map[string]int `json:"states"`
		Credits []struct {
			Charged  string `json:"charged"`
			Reserved string `json:"reserved"`
		} `json:"credits"`
	}
	call(t, &books, reelmerge, status...)
	if books.States["succeeded"] != rows || len(books.Credits) != 1 || books.Credits[0].Charged != total || books.Credits[0].Reserved != "0" {
		t.Errorf("the ledger says %+v", books)
	}
	bank := map[string]charge{}
	for _, c := range charges(t, reelmerge, filepath.Join(folder, "sandbox", "sandbox.db")) {
		bank[c.Job] = c
	}
	if len(bank) != rows {
		t.Errorf("%d videos were bought for %d rows", len(bank), rows)
	}
	for _, row := range results(t, filepath.Join(folder, "sandbox", "results.csv")) {
		c := bank[row["provider_job"]]
		if want := ofTheRow(t, row); c.State != "charged" || c.Amount != row["credits"] || !strings.Contains(string(c.Body), want) {
			t.Errorf("row %s: the bank says %+v, want one with %q", row["Customer"], c, want)
		}
		if _, err := os.Stat(filepath.Join(folder, "sandbox", "videos", row["Customer"]+".mp4")); err != nil {
			t.Error(err)
		}
	}
}

func charges(t *testing.T, reelmerge, state string) (all []charge) {
	t.Helper()
	call(t, &all, reelmerge, "sandbox", "bank", "--state", state, "--json")
	return all
}

// results reads the results sheet as records by their header.
func results(t *testing.T, path string) (all []map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	if err != nil || len(records) != rows+1 {
		t.Fatalf("%d records, %v", len(records), err)
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

// ofTheRow is what the request of a row has and no other's: its sound.
func ofTheRow(t *testing.T, row map[string]string) string {
	t.Helper()
	sound, err := os.ReadFile(row["Voice-over"])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(sound)
	return hex.EncodeToString(sum[:])
}
