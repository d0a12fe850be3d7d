//go:build unix

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEverythingIsForItsOwnerAlone writes whatever is written under a umask that
// forbids nothing.
func TestEverythingIsForItsOwnerAlone(t *testing.T) {
	r := newRig(t, 3, true)
	for _, args := range [][]string{
		{"run", "rig.yaml", "--limit", "1"}, {"run", "rig.yaml"}, {"run", "rig.yaml"}, {"results", "rig.yaml"}, {"results", "rig.yaml", "--out", "out/mine.xlsx"},
		{"report", "rig.yaml"}, {"run", "rows.csv", "--template", "template.json", "--key", "id", "--sandbox", "--save-campaign", "out/saved.yaml"},
		{"run", "rig.yaml", "--sandbox", "--set", "output.dir=out/again"}, {"check", "rows.csv", "--template", "template.json", "--mark", "out/marked.csv"},
		{"purge", "rig.yaml", "--yes", "--local", "--row", "C001"},
	} {
		c := r.command(args...)
		c.Path, c.Args = "/bin/sh", append([]string{"sh", "-c", `umask 000; exec reelmerge "$@"`, "sh"}, c.Args[1:]...)
		if e := r.finish(c, (*exec.Cmd).Run); e.code != exitDone && e.code != exitUsage {
			t.Errorf("%v: exit %d: %s", args, e.code, e.err)
		}
		r.ownersOnly()
	}
}

func (r *rig) ownersOnly() {
	r.t.Helper()
	files := 0
	err := filepath.WalkDir(r.path("out"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			r.t.Errorf("%s has %v", path, info.Mode().Perm())
		}
		files++
		return err
	})
	if err != nil || files < 4 {
		r.t.Fatalf("%d files: %v", files, err)
	}
}

// TestColleaguesReadWhatHoldsNoRows: campaign, template and pages that are handed on have
// the mode that the umask gives; files with all rows are for their owner.
func TestColleaguesReadWhatHoldsNoRows(t *testing.T) {
	r := newRig(t, 3, false)
	for _, args := range [][]string{
		{"init", "template.json", "rows.csv", "--key", "id"}, {"init", "template.json", "rows.csv", "--key", "id", "--force"},
		{"init", "--template", "vidgen-job", "rows.csv", "--out", "v.yaml", "--force"},
		{"run", "rig.yaml"}, {"plan", "rig.yaml", "--html", "plan.html", "--xlsx", "plan.xlsx"}, {"report", "rig.yaml", "--out", "report.html"},
		{"results", "rig.yaml", "--out", "made.csv"}, {"preview", "rig.yaml", "--out", "preview.html"},
	} {
		c := r.command(args...)
		c.Path, c.Args = "/bin/sh", append([]string{"sh", "-c", `umask 027; exec reelmerge "$@"`, "sh"}, c.Args[1:]...)
		if e := r.finish(c, (*exec.Cmd).Run); e.code != exitDone {
			t.Errorf("%v: exit %d: %s", args, e.code, e.err)
		}
	}
	for name, want := range map[string]fs.FileMode{
		"campaign.yaml": 0o640, "v.yaml": 0o640, "vidgen-job.template.json": 0o640, "plan.html": 0o640, "report.html": 0o640,
		"plan.xlsx": 0o600, "made.csv": 0o600, "preview.html": 0o600,
	} {
		info, err := os.Stat(r.path(name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s has %v, want %v", name, info.Mode().Perm(), want)
		}
	}
}
