package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPurgingEverybodyLeavesNoName has every command write what it writes of the rows, and
// then purges all of them. No file of the output folder has a name, a key or an address of a
// person afterwards, not even as a part of a file's name.
func TestPurgingEverybodyLeavesNoName(t *testing.T) {
	s := newWebSheet(t, 0)
	s.serves("id,name,E-Mail\ncanary-key-1,Canaria Eins,canary-one@example.com\ncanary-key-2,Canaria Zwei,canary-two@example.com\n")
	s.write("rig.yaml", strings.Replace(s.read("rig.yaml"), "download: false", "download: true", 1)+"approval: required\n")
	s.planned()
	s.approved()
	s.run("preview", "rig.yaml").wants(t, exitDone, "")
	s.run("check", "rig.yaml", "--marked", "out/marked.xlsx").wants(t, exitDone, "")
	s.finish(s.unasked(), runIt).wants(t, exitDone, "2 made")
	s.run("plan", "rig.yaml", "--html", "out/plan.html", "--xlsx", "out/plan.xlsx")
	s.run("report", "rig.yaml").wants(t, exitDone, "")
	s.run("results", "rig.yaml", "--send-ready").wants(t, exitDone, "")
	s.run("results", "rig.yaml", "--for", "csv").wants(t, exitDone, "2 rows for csv")
	kinds := []string{"sheet/*.csv", "approvals/*", "preview*", "mail/*", "videos/*", "results*", "send-ready*", "plan*", "report*", "marked*"}
	if _, err := exec.LookPath("ffmpeg"); err == nil {
		s.run("results", "rig.yaml", "--stills", "--gifs").wants(t, exitDone, "")
		kinds = append(kinds, "stills/*", "gifs/*")
	}
	for _, kind := range kinds {
		if found, err := filepath.Glob(s.path("out/" + kind)); err != nil || len(found) == 0 {
			t.Errorf("there is no %s to purge: %v", kind, err)
		}
	}
	s.run("purge", "rig.yaml", "--yes", "--local").wants(t, exitDone, "")
	err := filepath.WalkDir(s.path("out"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		text := path
		if !d.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += string(data)
		}
		if text = strings.ToLower(text); strings.Contains(text, "canar") {
			t.Errorf("%s has a name of a person", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
