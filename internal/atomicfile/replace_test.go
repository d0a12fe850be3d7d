package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// TestReplaceLeavesTheNewContentAndNothingElse, also where a file cannot be replaced.
func TestReplaceLeavesTheNewContentAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "limits.json")
	for _, text := range []string{"long content", "new"} {
		if err := atomicfile.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Replace(taken, []byte("new")); err == nil {
		t.Error("a folder was replaced")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("left: %v, %v", files, err)
	}
}
