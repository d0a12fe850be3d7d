package blob_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/reelmerge/reelmerge/internal/blob"
)

func TestFolder(t *testing.T) {
	conformance(t, func(t *testing.T) place {
		dir := t.TempDir()
		write := func(name string, content []byte) {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		p := place{
			Store: blob.Folder(dir), other: blob.Folder(dir + string(filepath.Separator)),
			damage: func(sum blob.Sum, with []byte) { write(sum.String(), with) },
			vanish: func() {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			},
			alien: write,
		}
		if runtime.GOOS != "windows" && os.Getuid() != 0 {
			p.lock = func() {
				if err := os.Chmod(dir, 0); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // so that it can be removed
			}
		}
		return p
	})
}

// TestAFolderIsNotMade keeps files off the disk of a machine whose mount is missing.
func TestAFolderIsNotMade(t *testing.T) {
	f := blob.Folder(filepath.Join(t.TempDir(), "mount"))
	if err := os.WriteFile(string(f), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []place{{Store: f}, {Store: blob.Folder(string(f) + "2")}} {
		if err := p.Put(t.Context(), sumOf(t, nil), &noise{}); !errors.Is(err, blob.ErrNoPlace) {
			t.Error(err)
		}
	}
	if _, err := os.Stat(string(f) + "2"); err == nil {
		t.Error("the folder was made")
	}
}

// TestWhatAKilledProcessLeftIsRemovedToo purges drafts, which have what must not be left.
func TestWhatAKilledProcessLeftIsRemovedToo(t *testing.T) {
	dir := t.TempDir()
	f := blob.Folder(dir)
	both, alone := put(t, f, []byte("Ada")), sumOf(t, []byte("Grace"))
	for _, name := range []string{"." + both.String() + ".123.tmp", "." + alone.String() + ".1.tmp", "." + alone.String() + ".2.tmp", ".notes.1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("A"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for sum, err := range f.All(t.Context()) {
		if err != nil || f.Remove(t.Context(), sum) != nil {
			t.Fatal(sum, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != ".notes.1.tmp" {
		t.Errorf("left: %v, %v", left, err)
	}
}
