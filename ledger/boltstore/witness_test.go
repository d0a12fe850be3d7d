package boltstore_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// said is what run.json says.
type said struct {
	Runs     uint64
	Intents  *uint64
	Host     string
	Time     time.Time
	Restored time.Time
	Ledger   ledger.Identity
}

func readSaid(t *testing.T, path string) (s said) {
	t.Helper()
	must(t, json.Unmarshal(read(t, witness(path)), &s))
	return s
}

func intended(t *testing.T, s ledger.Store, key string) {
	t.Helper()
	_, err := s.Apply(t.Context(), ledger.Change{Key: key, Event: ledgertest.Plan(key, 1)})
	must(t, err)
	_, err = s.Apply(t.Context(), ledger.Change{Key: key, Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: ledgertest.Start()}})
	must(t, err)
}

// rollBackWithin puts a copy in the place of a ledger that was made during its last
// run, before more requests were sent.
func rollBackWithin(t *testing.T, path string) {
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}))
	intended(t, s, "first")
	earlier := read(t, path)
	intended(t, s, "second")
	must(t, s.Close())
	write(t, path, earlier)
}

// TestEachIntentIsInTheRunFileBeforeItIsAnswered copies the files of a store that is
// open, as they are when the process is killed, and has an earlier ledger beside
// each run.json.
func TestEachIntentIsInTheRunFileBeforeItIsAnswered(t *testing.T) {
	for name, record := range map[string]bool{"in a run": true, "before its record": false} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			s := create(t, path)
			if record {
				must(t, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}))
			}
			var earlier []byte
			for n, key := range []string{"a", "b", "c"} {
				intended(t, s, key)
				there := filepath.Join(t.TempDir(), "ledger.db")
				write(t, witness(there), read(t, witness(path)))
				if got := readSaid(t, there); got.Intents == nil || *got.Intents != uint64(n+1) || got.Ledger != ledgertest.Identity() {
					t.Errorf("after %d intents it says %+v", n+1, got)
				}
				if earlier != nil {
					write(t, there, earlier)
					refused(t, there, ledger.ErrOlder)
				}
				earlier = read(t, path)
				write(t, there, earlier)
				again, err := boltstore.OpenReadOnly(there, boltstore.Options{})
				must(t, err)
				must(t, again.Close())
			}
		})
	}
}

// TestTheRunFileNeverChangesItsLength: it is written over in place, and a longer
// text could be cut by a loss of power.
func TestTheRunFileNeverChangesItsLength(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := create(t, path)
	must(t, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}))
	first, err := os.Stat(witness(path))
	must(t, err)
	for i := range 12 {
		intended(t, s, string(rune('a'+i)))
		now, err := os.Stat(witness(path))
		must(t, err)
		if now.Size() != first.Size() || now.Size() >= 4096 || !os.SameFile(first, now) {
			t.Fatalf("%d bytes, then %d, the same file: %v", first.Size(), now.Size(), os.SameFile(first, now))
		}
	}
}

// TestAnEndlessAddressIsCounted has an identity that leaves no room for a note.
func TestAnEndlessAddressIsCounted(t *testing.T) {
	id := ledgertest.Identity()
	for range 5000 {
		id.BaseURL += "x"
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := boltstore.Create(path, id)
	must(t, err)
	intended(t, s, "a")
	intended(t, s, "b")
	if got := readSaid(t, path); got.Intents == nil || *got.Intents != 2 {
		t.Errorf("it says %+v", got)
	}
	must(t, s.Close())
}

// TestTheLastWriterIsKnown: a folder that comes back from elsewhere says so.
func TestTheLastWriterIsKnown(t *testing.T) {
	path := campaign(t)
	before := time.Now().Add(-time.Minute)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	host, at := s.LastUse()
	if host != boltstore.Host() || at.Before(before) {
		t.Errorf("last used on %q at %v", host, at)
	}
	must(t, s.Close())
	name(t, path)
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	if host, at := s.LastUse(); host != "" || !at.IsZero() {
		t.Errorf("an earlier version says nothing, and yet: %q at %v", host, at)
	}
	intended(t, s, "new")
	must(t, s.Close())
	if got := readSaid(t, path); got.Intents == nil || *got.Intents == 0 || got.Host != boltstore.Host() {
		t.Errorf("the first write fills in what was missing: %+v", got)
	}
}

// TestARunFileThatIsBehindRefusesNothing: after a loss of power it may be.
func TestARunFileThatIsBehindRefusesNothing(t *testing.T) {
	path := campaign(t)
	behind := read(t, witness(path))
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	intended(t, s, "new")
	must(t, s.Close())
	write(t, witness(path), behind)
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Close())
}

// TestANewLedgerIsNamedAfterACrash: between a ledger and its name nothing was sent.
func TestANewLedgerIsNamedAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, create(t, path).Close())
	remove(t, witness(path))
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Close())
	if got := readSaid(t, path); got.Ledger != ledgertest.Identity() || got.Intents == nil || *got.Intents != 0 {
		t.Errorf("run.json = %+v", got)
	}
}

// TestALedgerIsTheLatestWhenAPersonSaysSo changes nothing but run.json.
func TestALedgerIsTheLatestWhenAPersonSaysSo(t *testing.T) {
	path := campaign(t)
	before := read(t, path)
	write(t, witness(path), nil)
	s, err := boltstore.Open(path, boltstore.Options{Older: true})
	must(t, err)
	must(t, errors.Join(s.Vouch(t.Context()), s.Close()))
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Close())
	if string(before) != string(read(t, path)) {
		t.Error("the ledger was changed")
	}
}

// TestADistrustedLedgerIsRefusedUntilItKnowsOfALaterRun: a crash on the way leaves
// it refused.
func TestADistrustedLedgerIsRefusedUntilItKnowsOfALaterRun(t *testing.T) {
	path := campaign(t)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Distrust(t.Context()))
	intended(t, s, "new")
	must(t, s.Close())
	refused(t, path, ledger.ErrOlder)
	s, err = boltstore.Open(path, boltstore.Options{Older: true})
	must(t, err)
	must(t, errors.Join(s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}), s.Close()))
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Close())
}

// TestALedgerThatKnowsOfNoRestoreIsOlder puts the file back that a restored copy
// took the place of. It may know of more requests, but not of those since.
func TestALedgerThatKnowsOfNoRestoreIsOlder(t *testing.T) {
	path := campaign(t)
	copied := read(t, path)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	for _, key := range []string{"a", "b", "c", "d"} {
		intended(t, s, key)
		must(t, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}))
	}
	must(t, s.Close())
	lost := read(t, path)
	write(t, path, copied)
	s, err = boltstore.Open(path, boltstore.Options{Older: true})
	must(t, err)
	at := time.Now().UTC()
	must(t, s.Record(t.Context(), ledger.Run{Started: at, Restored: at}))
	must(t, s.Record(t.Context(), ledger.Run{Started: at}))
	if sum, err := s.Summary(t.Context()); err != nil || !sum.Run.Restored.Equal(at) {
		t.Errorf("a later record forgets the restore: %+v, %v", sum.Run, err)
	}
	must(t, s.Close())
	write(t, path, lost)
	refused(t, path, ledger.ErrOlder)
}

// TestAPurgedLedgerCountsOn: the file is new, and what was sent is not.
func TestAPurgedLedgerCountsOn(t *testing.T) {
	path := campaign(t)
	copied := read(t, path)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	intended(t, s, "a")
	must(t, s.Purge(t.Context(), nil))
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	intended(t, s, "b")
	must(t, s.Close())
	write(t, path, copied)
	refused(t, path, ledger.ErrOlder)
}
