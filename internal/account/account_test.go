package account_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/reelmerge/reelmerge/internal/account"
)

type counts map[string]int

func open(t *testing.T, state, address, credentials string) *account.Account {
	t.Helper()
	a, err := account.Open(state, address, credentials)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAccountsAreKeptApart by address and credentials, whose hash needs the folder's key.
func TestAccountsAreKeptApart(t *testing.T) {
	state := t.TempDir()
	one := open(t, state, "https://a.example", "secret")
	if err := one.Update("learnt.json", &counts{}, func() {}); err != nil {
		t.Fatal(err)
	}
	if again := open(t, state, "https://a.example", "secret"); again.Path("x") != one.Path("x") {
		t.Error("the same account has two folders")
	}
	for _, other := range []*account.Account{
		open(t, state, "https://b.example", "secret"), open(t, state, "https://a.example", "other"), open(t, t.TempDir(), "https://a.example", "secret"),
	} {
		if filepath.Base(filepath.Dir(other.Path("x"))) == filepath.Base(filepath.Dir(one.Path("x"))) {
			t.Errorf("another account is at %s too", other.Path("x"))
		}
	}
	for path, want := range map[string]os.FileMode{filepath.Join(state, "accounts", "key"): 0o600, filepath.Dir(one.Path("x")): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if strings.Contains(one.Path("x"), "secret") {
		t.Error("the path names the credentials")
	}
}

// TestNoUpdateIsLost of many at a time, the key's first use included.
func TestNoUpdateIsLost(t *testing.T) {
	state, many := t.TempDir(), 40
	var done sync.WaitGroup
	for range many {
		done.Go(func() {
			a, err := account.Open(state, "https://a.example", "secret")
			if err != nil {
				t.Error(err)
				return
			}
			var have counts
			if err := a.Update("n.json", &have, func() {
				if have == nil {
					have = counts{}
				}
				have["n"]++
			}); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	var have counts
	a := open(t, state, "https://a.example", "secret")
	if err := a.Read("n.json", &have); err != nil || have["n"] != many {
		t.Errorf("%v, %v", have, err)
	}
	if was, err := a.Remove("n.json"); !was || err != nil {
		t.Error(was, err)
	}
	if was, err := a.Remove("n.json"); was || err != nil {
		t.Error(was, err)
	}
}

// TestADamagedDocumentIsAnError, and is not written over.
func TestADamagedDocumentIsAnError(t *testing.T) {
	a := open(t, t.TempDir(), "https://a.example", "secret")
	if err := a.Update("n.json", &counts{}, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.Path("n.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Update("n.json", &counts{}, func() { t.Error("changed") }); err == nil {
		t.Error("a damaged document is updated")
	}
}

// TestFindingMakesNothing, and knows an account that was opened.
func TestFindingMakesNothing(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	if a, err := account.Find(state, "https://a.example", "secret"); a != nil || err != nil {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
	opened := open(t, state, "https://a.example", "secret")
	if a, err := account.Find(state, "https://a.example", "secret"); err != nil || a.Path("x") != opened.Path("x") {
		t.Errorf("%v, %v", a, err)
	}
}
