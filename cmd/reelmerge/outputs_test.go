package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files are all files below a folder, with their content; a link is its target.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			found[name], err = os.Readlink(path)
			return err
		}
		data, err := os.ReadFile(path)
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wantUnchanged compares all files with what they were.
func wantUnchanged(t *testing.T, before, after map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if content, there := after[name]; !there || content != before[name] {
			t.Errorf("%s is not what it was", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[name]; !there {
			t.Errorf("%s is new", name)
		}
	}
}

// TestNoOutputTakesThePlaceOfAFileThatIsNotOurs tries each way to write a file on
// each file of a campaign, by each way to name it.
func TestNoOutputTakesThePlaceOfAFileThatIsNotOurs(t *testing.T) {
	r := newRig(t, 2, false)
	r.write("notes.xlsx", "somebody's")
	r.write("prices.json", "{}")
	for range 2 { // the second run makes the backup
		r.run("run", "rig.yaml").wants(t, exitDone, "")
	}
	if err := errors.Join(os.Link(r.path("rows.csv"), r.path("hard.csv")), os.Symlink("rows.csv", r.path("soft.csv")), os.Symlink("nothing", r.path("nowhere.csv")),
		os.Symlink(".", r.path("folder"))); err != nil {
		t.Skip(err)
	}
	before := files(t, r.dir)
	for _, target := range []string{
		"rows.csv", "template.json", "rig.yaml", "out/ledger.db", "out/run.json", "out/ledger.bak", "out/status.json", "out/ledger.db.lock", "out/made.json",
		"hard.csv", "soft.csv", "nowhere.csv", "folder/rows.csv", "out/../rows.csv", "notes.xlsx", "prices.json", "out", "none/x.csv",
	} {
		for _, args := range [][]string{
			{"plan", "rig.yaml", "--html"}, {"plan", "rig.yaml", "--xlsx"}, {"report", "rig.yaml", "--out"}, {"results", "rig.yaml", "--out"},
			{"results", "rig.yaml", "--send-ready", "--out"}, {"check", "rig.yaml", "--marked"}, {"run", "rig.yaml", "--dry-run", "--save-campaign"},
			{"check", "rows.csv", "--template", "template.json", "--key", "id", "--set", "output.dir=out", "--save-campaign"},
		} {
			t.Run(strings.Join(args, " ")+" "+target, func(t *testing.T) {
				e := r.run(append(args, target)...)
				if e.code != exitUsage {
					t.Errorf("exit %d: %s%s", e.code, e.out, e.err)
				}
				wantUnchanged(t, before, files(t, r.dir))
			})
		}
	}
}
