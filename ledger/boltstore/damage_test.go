package boltstore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// campaign makes a ledger with rows in all kinds of states, closes it, and returns
// its path.
func campaign(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := create(t, path)
	for step := range 4 {
		var changes []ledger.Change
		for i := range 60 {
			if step > i%4 {
				continue
			}
			ev := ledgertest.Life(i)[step]
			if ev.Kind == ledger.Plan {
				ev.Content.Payload = fmt.Appendf(nil, `{"script":%q}`, strings.Repeat("word ", 1<<(i%12)))
			}
			changes = append(changes, ledger.Change{Key: fmt.Sprintf("row %02d", i), Version: uint64(step), Event: ev})
		}
		if _, err := s.Apply(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Record(t.Context(), ledger.Run{Started: ledgertest.Start(), Rows: 60, Entries: 60}), s.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused wants a file to be refused with an error, by both ways of opening it,
// and to be left as it is.
func refused(t *testing.T, path string, want error) {
	t.Helper()
	before, statErr := os.ReadFile(path)
	for name, open := range map[string]func() (*boltstore.Store, error){
		"read":  func() (*boltstore.Store, error) { return boltstore.OpenReadOnly(path, boltstore.Options{}) },
		"write": func() (*boltstore.Store, error) { return boltstore.Open(path, boltstore.Options{}) },
	} {
		s, err := open()
		if !errors.Is(err, want) {
			t.Errorf("open to %s: %v, want %v", name, err, want)
		}
		if err == nil {
			_ = s.Close()
		}
	}
	if _, err := boltstore.Create(path, ledgertest.Identity()); err == nil {
		t.Error("a new ledger took its place")
	}
	after, err := os.ReadFile(path)
	if (err == nil) != (statErr == nil) || !bytes.Equal(before, after) {
		t.Error("the file was touched")
	}
}

func TestABrokenFileIsRefusedAndLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		breakIt func(t *testing.T, path string)
		want    error
	}{
		"deleted":               {func(t *testing.T, path string) { remove(t, path) }, ledger.ErrMissing},
		"emptied":               {func(t *testing.T, path string) { write(t, path, nil) }, ledger.ErrMissing},
		"emptied, no run":       {func(t *testing.T, path string) { write(t, path, nil); remove(t, witness(path)) }, ledger.ErrCorrupt},
		"deleted, odd run":      {func(t *testing.T, path string) { remove(t, path); write(t, witness(path), []byte("{")) }, ledger.ErrMissing},
		"one byte":              {func(t *testing.T, path string) { write(t, path, []byte{0}) }, ledger.ErrForeign},
		"first page only":       {cut(4096), ledger.ErrCorrupt},
		"two pages":             {cut(8192), ledger.ErrCorrupt},
		"half":                  {cut(60000), ledger.ErrCorrupt},
		"zeroed":                {func(t *testing.T, path string) { write(t, path, make([]byte, 65536)) }, ledger.ErrForeign},
		"text":                  {func(t *testing.T, path string) { write(t, path, bytes.Repeat([]byte("name,email\n"), 9999)) }, ledger.ErrForeign},
		"another database":      {otherDatabase, ledger.ErrForeign},
		"another ledger":        {swap, ledger.ErrForeign},
		"an earlier copy":       {rollBack, ledger.ErrOlder},
		"a copy of this run":    {rollBackWithin, ledger.ErrOlder},
		"no run":                {func(t *testing.T, path string) { remove(t, witness(path)) }, ledger.ErrUnproven},
		"empty run":             {func(t *testing.T, path string) { write(t, witness(path), nil) }, ledger.ErrUnproven},
		"zeroed run":            {func(t *testing.T, path string) { write(t, witness(path), make([]byte, 512)) }, ledger.ErrUnproven},
		"odd run":               {func(t *testing.T, path string) { write(t, witness(path), []byte("<html>")) }, ledger.ErrUnproven},
		"run of nothing":        {func(t *testing.T, path string) { write(t, witness(path), []byte("{}")) }, ledger.ErrUnproven},
		"newer":                 {func(t *testing.T, path string) { must(t, boltstore.WriteFormat(path, 3)) }, ledger.ErrNewer},
		"moved, not said where": {func(t *testing.T, path string) { must(t, boltstore.WriteFormat(path, 2)) }, ledger.ErrCorrupt},
		"format 0":              {func(t *testing.T, path string) { must(t, boltstore.WriteFormat(path, 0)) }, ledger.ErrCorrupt},
		"balances do not agree": {func(t *testing.T, path string) { must(t, boltstore.Reseal(path, 7)) }, ledger.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			path := campaign(t)
			c.breakIt(t, path)
			refused(t, path, c.want)
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func witness(path string) string { return filepath.Join(filepath.Dir(path), "run.json") }

// name gives a ledger the run.json of an earlier version, which knows of no run.
func name(t testing.TB, path string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"ledger": ledgertest.Identity(), "runs": 0})
	must(t, err)
	write(t, witness(path), data)
}

func remove(t *testing.T, path string) { must(t, os.Remove(path)) }

func cut(size int64) func(*testing.T, string) {
	return func(t *testing.T, path string) { must(t, os.Truncate(path, size)) }
}

func otherDatabase(t *testing.T, path string) {
	remove(t, path)
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true}) // bbolt would write to it on opening
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("something"))
		return err
	}))
	must(t, db.Close())
}

func swap(t *testing.T, path string) {
	id := ledgertest.Identity()
	id.ID = "another"
	other := filepath.Join(t.TempDir(), "ledger.db")
	s, err := boltstore.Create(other, id)
	must(t, err)
	must(t, s.Close())
	write(t, path, read(t, other))
}

// rollBack puts a copy from before the last run in the place of a ledger.
func rollBack(t *testing.T, path string) {
	earlier := read(t, path)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, errors.Join(s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}), s.Close()))
	write(t, path, earlier)
}

// TestAnEarlierCopyIsGoodOnceItKnowsOfALaterRun: whoever accepts the copy makes it
// good first, and a crash on the way there leaves it refused.
func TestAnEarlierCopyIsGoodOnceItKnowsOfALaterRun(t *testing.T) {
	path := campaign(t)
	rollBack(t, path)
	s, err := boltstore.Open(path, boltstore.Options{Older: true})
	must(t, err)
	must(t, s.Close())
	refused(t, path, ledger.ErrOlder)
	s, err = boltstore.Open(path, boltstore.Options{Older: true})
	must(t, err)
	must(t, errors.Join(s.Record(t.Context(), ledger.Run{Started: ledgertest.Start()}), s.Close()))
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	must(t, s.Close())
}

func TestNoLedgerIsNotALostLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	_, err := boltstore.Open(path, boltstore.Options{})
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ledger.ErrMissing) {
		t.Errorf("err = %v", err)
	}
	if there, err := boltstore.Exists(path); there || err != nil {
		t.Errorf("Exists = %v, %v", there, err)
	}
	if found, err := os.ReadDir(filepath.Dir(path)); err != nil || len(found) > 0 {
		t.Errorf("opening nothing made %v, %v", found, err)
	}
}

func TestCreateRefusesATakenPlace(t *testing.T) {
	path := campaign(t)
	refused := func(want error) {
		t.Helper()
		if _, err := boltstore.Create(path, ledgertest.Identity()); !errors.Is(err, want) {
			t.Errorf("err = %v, want %v", err, want)
		}
	}
	refused(fs.ErrExist)
	remove(t, path)
	refused(ledger.ErrMissing)
	remove(t, witness(path))
	must(t, create(t, path).Close())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("creating left %v, %v", left, err)
	}
}

// memory returns a folder that costs no disk, where there is such a thing.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "reelmerge")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// contents writes out all that a file holds, by bbolt's own reading.
func contents(t *testing.T, path string) string {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	var b strings.Builder
	must(t, db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt: %v", err)
		}
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			fmt.Fprintf(&b, "%s %d\n", name, bucket.Sequence())
			return bucket.ForEach(func(k, v []byte) error {
				fmt.Fprintf(&b, "%x=%x\n", k, v)
				return nil
			})
		})
	}))
	return b.String()
}

func TestVerifyNamesTheRowOfABrokenRecord(t *testing.T) {
	path := campaign(t)
	data := read(t, path)
	for _, row := range []int{11, 23} { // both have succeeded: their links are in their entries
		link := []byte(ledgertest.Life(row)[3].Result.VideoURL)
		at := bytes.LastIndex(data, link)
		for bytes.Count(data, link) > 1 && at >= 0 { // older copies lie in free pages
			data[at] ^= 1
			at = bytes.LastIndex(data[:at], link)
		}
		if at >= 0 {
			data[at] ^= 1
		}
	}
	write(t, path, data)
	problems, err := boltstore.Verify(t.Context(), path)
	must(t, err)
	text := errors.Join(problems...).Error()
	if len(problems) != 2 || !strings.Contains(text, `row "row 11"`) || !strings.Contains(text, `row "row 23"`) {
		t.Errorf("%d problems: %v", len(problems), text)
	}
}
