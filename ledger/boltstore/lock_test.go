package boltstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

func TestTheLockFileWritesThroughNoLinkAndOverNoOtherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := boltstore.Create(path, ledger.Identity{ID: "lock", Provider: "colossyan"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(t.TempDir(), "customers.csv")
	const content = "id,name\n1,Ada\n"
	for name, place := range map[string]func(lock string) error{
		"a link":      func(lock string) error { return os.Symlink(theirs, lock) },
		"a hard link": func(lock string) error { return os.Link(theirs, lock) },
		"a file":      func(lock string) error { return os.WriteFile(lock, []byte(content), 0o600) },
		"a folder":    func(lock string) error { return os.Mkdir(lock, 0o700) },
	} {
		if err := os.WriteFile(theirs, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		lock := path + ".lock"
		if err := place(lock); err != nil {
			t.Skip(err)
		}
		if s, err := boltstore.Open(path, boltstore.Options{}); err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		}
		if data, err := os.ReadFile(theirs); err != nil || string(data) != content {
			t.Errorf("%s: the file holds %q, %v", name, data, err)
		}
		if _, err := os.Lstat(lock); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.RemoveAll(lock); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALockFileOfACrashDoesNoHarm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := boltstore.Create(path, ledger.Identity{ID: "lock", Provider: "colossyan"})
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{string(note), "", "\x00\x00\x00\x00"} {
		if err := os.WriteFile(path+".lock", []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			t.Fatalf("after a note %q: %v", left, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path + ".lock"); err == nil {
			t.Errorf("the note is still there")
		}
	}
}
