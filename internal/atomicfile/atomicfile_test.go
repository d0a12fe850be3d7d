package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestOldContentStaysUntilCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "results.csv")
	if err := atomicfile.WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("before the commit: %q", got)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "new" {
		t.Errorf("after the commit: %q", got)
	}
	f.Discard()
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	f, err := atomicfile.Create(filepath.Join(folder, "x"))
	if err != nil {
		t.Fatal(err)
	}
	f.Discard()
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := filepath.Join(t.TempDir(), "out", "x")
	if err := atomicfile.WriteFile(path, nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", name, got, want)
		}
	}
}

func TestAFileThatIsOpenElsewhereGetsAStandInBesideIt(t *testing.T) {
	for _, lock := range []string{".~lock.results.xlsx#", "~$results.xlsx"} {
		folder := t.TempDir()
		path := filepath.Join(folder, "results.xlsx")
		for name, text := range map[string]string{path: "old", filepath.Join(folder, lock): ""} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := atomicfile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Discard()
		if _, err := f.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		var inUse *atomicfile.InUseError
		if err := f.Commit(); !errors.As(err, &inUse) || inUse.Path != path {
			t.Fatalf("commit: %v", err)
		}
		written, err := f.CommitBeside()
		if err != nil || written != filepath.Join(folder, "results (new).xlsx") {
			t.Fatalf("written to %q, %v", written, err)
		}
		if read(t, path) != "old" || read(t, written) != "new" {
			t.Errorf("%q and %q", read(t, path), read(t, written))
		}
	}
}

func TestAFolderThatCannotBeMadeIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Create(filepath.Join(file, "x")); err == nil {
		t.Error("a file was taken for a folder")
	}
}
