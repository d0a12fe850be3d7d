// Package services_test runs the example of every service that comes with the program as a
// description, with trouble on the line and kills.
package services_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// rows is how many rows each example is run with: 200 with REELMERGE_SOAK=1.
func rows() int {
	if os.Getenv("REELMERGE_SOAK") != "" {
		return 200
	}
	return 24
}

// TestEveryExampleSurvives kills each run three times, and has answers lost and refused.
// No row may be bought twice, and no video that was bought may be lost: its row has it, or
// waits for a person because nothing else can find it at that service.
func TestEveryExampleSurvives(t *testing.T) {
	reelmerge := exampletest.Build(t)
	for _, d := range builtin.Descriptions() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			if slow(d) && os.Getenv("REELMERGE_SOAK") == "" {
				t.Skip("a lost answer of it is cleared up in minutes; REELMERGE_SOAK=1 waits")
			}
			e := copied(t, d.Name)
			args := []string{
				"run", e, "--yes", "--set", "provider.sandbox.render=100ms", "--set", "provider.sandbox.seed=11",
				"--set", "provider.sandbox.faults=accept-then-drop=8%,drop=4%,429=4%", "--set", "limits.poll.first=50ms", "--set", "limits.poll.max=200ms",
				"--set", "limits.active=3", // so that no run is at its end before it is killed
			}
			killed := 0
			for range 3 {
				if reelmerge.Kill(t, 250*time.Millisecond, args...) {
					killed++
				}
			}
			for range 6 {
				if _, code := reelmerge.Do(t, args...); code == 0 || code == 4 {
					break
				}
			}
			agree(t, reelmerge, filepath.Dir(e), killed)
		})
	}
}

// slow reports whether a service wants time between two looks for a lost job, or between two
// sends under one key.
func slow(d *declared.Description) bool {
	for _, o := range d.Operations {
		if find := o.Submit.Lost.Find; o.Submit.Lost.Key != nil || find != nil && time.Duration(find.Settle) > 10*time.Second {
			return true
		}
	}
	return false
}

// agree compares what the ledger says with the bank.
func agree(t *testing.T, p exampletest.Program, dir string, killed int) {
	t.Helper()
	folder := filepath.Join(dir, "out", "sandbox")
	contents, jobs := map[string]bool{}, map[string]bool{}
	bank := p.Bank(t, filepath.Join(folder, "sandbox.db"))
	for _, line := range bank {
		contents[line.Content], jobs[line.Job] = true, true
	}
	states := map[string]int{}
	for _, row := range exampletest.Rows(t, filepath.Join(folder, "results.csv")) {
		states[row["video_status"]]++
		if job := row["provider_job"]; job != "" && !jobs[job] {
			t.Errorf("%v has a job that was never bought", row)
		}
		delete(jobs, row["provider_job"])
	}
	t.Logf("%d kills: %d bought, %v", killed, len(bank), states)
	if made, open := states["test"], states["not known"]; len(contents) != len(bank) || made+open != rows() || len(jobs) > open || killed == 0 {
		t.Errorf("%d bought, %d different ones, %d rows made and %d open, %d jobs that no row has", len(bank), len(contents), made, open, len(jobs))
	}
}

// copied is the campaign of an example with more rows, all of them different.
func copied(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(name, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file.Name()) == ".csv" {
			data = more(t, filepath.Join(name, file.Name()))
		}
		if err := os.WriteFile(filepath.Join(dir, file.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "campaign.yaml")
}

// more repeats the rows of a sheet. The first column is the key, and the second a name.
func more(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out sheet
	w := csv.NewWriter(&out)
	_ = w.Write(records[0]) // into memory
	for n := range rows() {
		record := append([]string{}, records[1+n%(len(records)-1)]...)
		record[0], record[1] = fmt.Sprint(n), fmt.Sprintf("%s %d", record[1], n)
		_ = w.Write(record)
	}
	w.Flush()
	return out
}

// sheet is a file in memory.
type sheet []byte

// Write implements [io.Writer].
func (s *sheet) Write(p []byte) (int, error) {
	*s = append(*s, p...)
	return len(p), nil
}
