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

// TestANewTokenLeadsToTheSameAccount once a person has said that it is the same.
func TestANewTokenLeadsToTheSameAccount(t *testing.T) {
	state := t.TempDir()
	before := open(t, state, "https://a.example", "old")
	release, err := before.Hold("run-1.lock")
	if err != nil {
		t.Fatal(err)
	}
	release()
	renewed := open(t, state, "https://a.example", "new")
	if found, err := before.Elsewhere("run-1.lock"); found != nil || err != nil {
		t.Errorf("the first account looks elsewhere: %v, %v", found, err)
	}
	if found, err := renewed.Elsewhere("run-2.lock"); found != nil || err != nil {
		t.Errorf("a file that no account has is elsewhere: %v, %v", found, err)
	}
	found, err := renewed.Elsewhere("run-1.lock")
	if err != nil || found == nil || found.Path("x") != before.Path("x") {
		t.Fatalf("found %v, %v", found, err)
	}
	if err := renewed.Join(found); err != nil {
		t.Fatal(err)
	}
	if again := open(t, state, "https://a.example", "new"); again.Path("x") != before.Path("x") {
		t.Error("the new token does not lead to the account")
	}
	if read, err := account.Find(state, "https://a.example", "new"); err != nil || read.Path("x") != before.Path("x") {
		t.Errorf("a reader is led to %v, %v", read, err)
	}
	for _, bad := range []string{"", "../../elsewhere", strings.Repeat("0", 33), "zz"} {
		if err := os.WriteFile(renewed.Path("alias"), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := account.Open(state, "https://a.example", "new"); err == nil {
			t.Errorf("the alias %q is followed", bad)
		}
	}
}
