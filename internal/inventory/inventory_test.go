package inventory_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/inventory"
)

// made writes a file through an inventory and returns where it is.
func made(t *testing.T, f *inventory.File, err error, content string) inventory.Written {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	w, err := f.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func put(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantContent(t *testing.T, path, content string) {
	t.Helper()
	if data, err := os.ReadFile(path); err != nil || string(data) != content {
		t.Errorf("%s holds %q, %v; want %q", filepath.Base(path), data, err, content)
	}
}

func wantRefused(t *testing.T, err error, why string) {
	t.Helper()
	var refused *inventory.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why, why) {
		t.Errorf("error %v, want a refusal: %s", err, why)
	}
}

// TestAFileStandsWhileItIsOursAndOfItsSource: a picture of an earlier video is none of this
// one.
func TestAFileStandsWhileItIsOursAndOfItsSource(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "stills", "one.jpg")
	v := inventory.New(dir, nil)
	stands := func(when, source string, want bool) {
		t.Helper()
		if got, err := inventory.New(dir, nil).Standing(map[string]string{path: source}); err != nil || got[path] != want {
			t.Errorf("%s: of %s: %v, %v", when, source, got, err)
		}
	}
	write := func(source, content string) {
		t.Helper()
		f, err := v.Create(path)
		if err == nil {
			f.MadeOf(source)
		}
		made(t, f, err, content)
	}
	stands("before it is made", "a", false)
	write("a", "one")
	stands("made", "a", true)
	stands("made", "b", false)
	write("b", "two")
	stands("made again", "b", true)
	put(t, path, "one")
	stands("as after a kill before the second took its name", "b", false)
	put(t, path, "mine")
	stands("changed by hand", "b", false)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stands("gone", "b", false)
}

func TestAFileOfOursIsReplacedAndDeleted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "results.csv")
	for _, content := range []string{"one", "two", "two"} {
		v := inventory.New(dir, nil) // a process of its own
		f, err := v.Create(path)
		if w := made(t, f, err, content); w.Path != path || w.Why != nil {
			t.Errorf("written to %+v", w)
		}
		wantContent(t, path, content)
	}
	v := inventory.New(dir, nil)
	if removed, err := v.Remove(path); !removed || err != nil {
		t.Errorf("removed %t, %v", removed, err)
	}
	if removed, err := v.Remove(path); removed || err != nil {
		t.Errorf("a second time: removed %t, %v", removed, err)
	}
	if paths, err := v.Made(); len(paths) > 0 || err != nil {
		t.Errorf("still noted: %q, %v", paths, err)
	}
}

func TestWhatIsNotOursIsNeitherReplacedNorDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		stranger func(t *testing.T, path string)
		why      string
	}{
		"a file": {func(t *testing.T, path string) { put(t, path, "theirs") }, "did not make it"},
		"a link": {func(t *testing.T, path string) {
			if err := os.Symlink(put(t, path+".target", "theirs"), path); err != nil {
				t.Skip(err)
			}
		}, "a link"},
		"a link to nothing": {func(t *testing.T, path string) {
			if err := os.Symlink(path+".none", path); err != nil {
				t.Skip(err)
			}
		}, "a link"},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "no ordinary file"},
		"ours, mended by hand": {func(t *testing.T, path string) {
			f, err := inventory.New(filepath.Dir(path), nil).Create(path)
			made(t, f, err, "ours")
			put(t, path, "theirs")
		}, "changed since"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "results.csv")
			c.stranger(t, path)
			before, _ := os.ReadFile(path)
			v := inventory.New(dir, nil)
			wantRefused(t, v.Vet(path), c.why)
			_, err := v.Create(path)
			wantRefused(t, err, c.why)
			_, err = v.Remove(path)
			wantRefused(t, err, c.why)
			f, err := v.CreateBeside(path)
			w := made(t, f, err, "ours")
			if w.Path != filepath.Join(dir, "results (new).csv") {
				t.Errorf("written to %q", w.Path)
			}
			wantRefused(t, w.Why, c.why)
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Errorf("it holds %q now", after)
			}
		})
	}
}

func TestAnInputIsLeftByWhateverNameAndInventory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "results.csv")
	f, err := inventory.New(dir, nil).Create(path)
	made(t, f, err, "last campaign's results")
	hard, soft, folder := filepath.Join(dir, "hard"), filepath.Join(dir, "soft"), filepath.Join(t.TempDir(), "folder")
	if err := errors.Join(os.Link(path, hard), os.Symlink(path, soft), os.Symlink(dir, folder)); err != nil {
		t.Skip(err)
	}
	v := inventory.New(dir, nil, inventory.Input{What: "the sheet", Path: path})
	for _, spelling := range []string{path, hard, soft, filepath.Join(folder, "results.csv"), dir + "/x/../results.csv", dir + "//results.csv"} {
		if strings.Contains(spelling, "/x/") {
			_ = os.Mkdir(filepath.Join(dir, "x"), 0o700)
		}
		wantRefused(t, v.Vet(spelling), "it is the sheet")
		_, err := v.Remove(spelling)
		wantRefused(t, err, "it is the sheet")
	}
	f, err = v.CreateBeside(path)
	if w := made(t, f, err, "this one's"); w.Path != filepath.Join(dir, "results (new).csv") {
		t.Errorf("written to %q", w.Path)
	}
	wantContent(t, hard, "last campaign's results")
}

func TestAnInputThatIsNotThereYetKeepsItsPlace(t *testing.T) {
	dir := t.TempDir()
	v := inventory.New(dir, nil, inventory.Input{What: "the ledger", Path: filepath.Join(dir, "ledger.db")})
	for _, name := range []string{"ledger.db", "Ledger.DB", "made.json", "MADE.json"} {
		if err := v.Vet(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s may be written", name)
		}
	}
}

func TestAKillBetweenNoteAndRenameLeavesAFileThatIsKnown(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "results.csv")
	f, err := inventory.New(dir, nil).Create(path)
	made(t, f, err, "one")
	note, err := os.ReadFile(filepath.Join(dir, inventory.Name))
	if err != nil {
		t.Fatal(err)
	}
	f, err = inventory.New(dir, nil).Create(path)
	made(t, f, err, "two")
	put(t, path, "one") // as if the kill had come before the rename
	v := inventory.New(dir, nil)
	if err := v.Vet(path); err != nil {
		t.Errorf("killed after the note: %v", err)
	}
	f, err = v.Create(path)
	made(t, f, err, "three")
	wantContent(t, path, "three")
	put(t, path, "two") // which was never there, and is no longer on its way
	wantRefused(t, v.Vet(path), "changed since")

	put(t, filepath.Join(dir, inventory.Name), string(note)) // as if it had come before the note
	put(t, path, "one")
	if err := inventory.New(dir, nil).Vet(path); err != nil {
		t.Errorf("killed before the note: %v", err)
	}
}

func TestAFolderMovesWithItsInventory(t *testing.T) {
	parent := t.TempDir()
	dir, elsewhere := filepath.Join(parent, "out"), filepath.Join(parent, "plan.html")
	v := inventory.New(dir, nil)
	for _, path := range []string{filepath.Join(dir, "results.csv"), elsewhere} {
		f, err := v.CreateBeside(path)
		made(t, f, err, "ours")
	}
	if v.Holds(elsewhere) || !v.Holds(filepath.Join(dir, "results.csv")) {
		t.Error("what is in the folder is not told from what is elsewhere")
	}
	moved := filepath.Join(parent, "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	v = inventory.New(moved, nil)
	for _, path := range []string{filepath.Join(moved, "results.csv"), elsewhere} {
		if err := v.Vet(path); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatWasMadeBeforeThereWasAnInventoryIsAdoptedOnce(t *testing.T) {
	dir := t.TempDir()
	ours := put(t, filepath.Join(dir, "results.csv"), "made by an earlier version")
	asked := 0
	adopt := func() []string { asked++; return []string{ours, filepath.Join(dir, "missing.csv")} }
	if err := inventory.New(dir, adopt).Begin(); err != nil || asked != 1 {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	if err := inventory.New(dir, adopt).Begin(); err != nil || asked != 1 {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	v := inventory.New(dir, adopt)
	if err := v.Vet(ours); err != nil {
		t.Error(err)
	}
	put(t, ours, "changed")
	wantRefused(t, v.Vet(ours), "changed since")
}

func TestAStrangersFileInThePlaceOfTheInventoryIsLeft(t *testing.T) {
	for _, content := range []string{"", "made in Italy", "[]", "{}", `{"files": null}`, `{"files": 7}`} {
		dir := t.TempDir()
		path := put(t, filepath.Join(dir, inventory.Name), content)
		v := inventory.New(dir, nil)
		wantRefused(t, v.Begin(), "no inventory")
		_, err := v.Create(filepath.Join(dir, "results.csv"))
		wantRefused(t, err, "no inventory")
		wantContent(t, path, content)
	}
}

func TestAnOutputInAFolderThatIsNotThereIsRefused(t *testing.T) {
	dir := t.TempDir()
	err := inventory.New(dir, nil).Vet(filepath.Join(dir, "no", "x.csv"))
	if err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("%v", err)
	}
}

func TestWhatSaysNothingOfRowsIsNotListed(t *testing.T) {
	dir := t.TempDir()
	v := inventory.New(dir, nil)
	f, err := v.Create(filepath.Join(dir, "campaign.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f.KeepOnPurge()
	made(t, f, nil, "rows:")
	if paths, err := v.Made(); len(paths) > 0 || err != nil {
		t.Errorf("%q, %v", paths, err)
	}
	if err := v.Vet(filepath.Join(dir, "campaign.yaml")); err != nil {
		t.Error(err)
	}
}
