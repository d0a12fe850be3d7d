package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWhatAKillLeftHalfWrittenIsRemoved by the next command that changes the ledger: it
// has what rows said. What another process may be writing now, or what has a name that
// others give as well, stays.
func TestWhatAKillLeftHalfWrittenIsRemoved(t *testing.T) {
	dir := written(t, map[string]string{
		"rows.csv": "id,name\nC1,Ada\n", "t.json": rigTemplate,
		"c.yaml": "rows: {file: rows.csv, key: id}\ntemplate: t.json\nprovider: {sandbox: {render: 20ms}}\noutput: {dir: out}\n",
	})
	c, out := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "out", "sandbox")
	if code, _, said := command(t, "run", c); code != exitDone {
		t.Fatalf("exit %d: %s", code, said)
	}
	begin := time.Now()
	for name, age := range map[string]time.Duration{
		".results.csv.123.tmp": 2 * time.Hour, ".status.json.1.tmp": 2 * time.Hour, ".peek.json.77.tmp": 2 * time.Hour,
		"ledger.bak.new-4": 2 * time.Hour, "run.json.new-5": 90 * time.Minute,
		".results.csv.124.tmp": time.Minute, ".notes.tmp": 2 * time.Hour, "results.csv.tmp": 2 * time.Hour, "mine.new-4": 2 * time.Hour,
	} {
		path := filepath.Join(out, name)
		if err := os.WriteFile(path, []byte("Ada"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, begin, begin.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	left := func() map[string]bool {
		there := map[string]bool{}
		entries, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			there[e.Name()] = true
		}
		return there
	}
	if code, _, said := command(t, "status", c); code != exitDone || !left()[".results.csv.123.tmp"] {
		t.Errorf("reading the ledger removed something: exit %d: %s", code, said)
	}
	if code, _, said := command(t, "retry", c); code != exitDone {
		t.Errorf("exit %d: %s", code, said)
	}
	for name, want := range map[string]bool{
		".results.csv.123.tmp": false, ".status.json.1.tmp": false, ".peek.json.77.tmp": false, "ledger.bak.new-4": false, "run.json.new-5": false,
		".results.csv.124.tmp": true, ".notes.tmp": true, "results.csv.tmp": true, "mine.new-4": true,
		"results.csv": true, "ledger.db": true, "ledger.bak": true, "run.json": true,
	} {
		if left()[name] != want {
			t.Errorf("%s is there: %v, want %v", name, !want, want)
		}
	}
}
