package builtin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// TestEveryDescriptionIsGood holds each file to all that a description of a user is held
// to. What a vendor does not say is a warning there.
func TestEveryDescriptionIsGood(t *testing.T) {
	files, err := filepath.Glob("*.service.yaml")
	if err != nil || len(files) == 0 || len(files) != len(builtin.Descriptions()) {
		t.Fatalf("%d files, %d descriptions: %v", len(files), len(builtin.Descriptions()), err)
	}
	for _, file := range files {
		d, found := declared.Load(file)
		if d == nil {
			t.Errorf("%v", found)
			continue
		}
		for _, p := range found {
			if p.Code == "SVC-OLD" {
				t.Errorf("%s: %s; look its facts up again, and date it", file, p.Message)
			}
		}
		for i, r := range d.Recordings {
			if r.Source == "" && r.From != "made up" {
				t.Errorf("%s: recording %d is %s, and names no source", file, i, r.From)
			}
		}
		for name, o := range d.Operations {
			if o.Example == nil {
				t.Errorf("%s: %s has no example to begin with", file, name)
			}
		}
		if file != d.Name+".service.yaml" || d.Title == "" {
			t.Errorf("%s describes %q", file, d.Name)
		}
		text, err := os.ReadFile(file)
		if known, ok := builtin.Find(d.Name); err != nil || !ok || string(known.Text()) != string(text) || known.Hash() != d.Hash() {
			t.Errorf("%s is not what the program has", file)
		}
	}
}
