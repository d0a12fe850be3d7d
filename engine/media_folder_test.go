package engine

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestACellNamesNoFileOutsideTheFolderOfMedia whatever is written in it.
func TestACellNamesNoFileOutsideTheFolderOfMedia(t *testing.T) {
	root := t.TempDir()
	folder, elsewhere := filepath.Join(root, "campaign"), filepath.Join(root, "elsewhere")
	for _, path := range []string{"campaign/media/a.png", "elsewhere/passport.png", "campaign2/b.png"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" {
		for link, to := range map[string]string{"campaign/link.png": "../elsewhere/passport.png", "campaign/folder": elsewhere, "campaign/own": "media"} {
			if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, want := range map[string]bool{
		"media/a.png": true, "./media/../media/a.png": true, "not-there.png": true, "own/a.png": true, "no/such/folder/a.png": true,
		filepath.Join(folder, "media/a.png"): true,
		"../elsewhere/passport.png":          false, "media/../../elsewhere/passport.png": false, "../campaign2/b.png": false,
		filepath.Join(elsewhere, "passport.png"): false, "link.png": runtime.GOOS == "windows", "folder/passport.png": runtime.GOOS == "windows",
		"folder/not-there.png": runtime.GOOS == "windows", "/etc/hostname": false, "..": false,
	} {
		placed := (&Planner{Folder: folder}).local(name)
		if ok := placed.Problem == nil; ok != want {
			t.Errorf("%s: %+v", name, placed)
		}
	}
	p := &Planner{Folder: folder, Media: elsewhere}
	if placed := p.local(filepath.Join(elsewhere, "passport.png")); placed.Problem != nil {
		t.Errorf("a folder that was chosen: %v", placed.Problem)
	}
	if placed := p.local("media/a.png"); placed.Problem == nil {
		t.Error("another folder was chosen")
	}
}
