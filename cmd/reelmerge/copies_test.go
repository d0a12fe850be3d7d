package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// read returns a file of the rig.
func (r *rig) read(name string) string {
	r.t.Helper()
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

// sheet writes the rig's rows, each with a name of its own.
func (r *rig) sheet(names ...string) {
	text := "id,name\n"
	for i, name := range names {
		text += "C00" + string(rune('0'+i)) + "," + name + "\n"
	}
	r.write("rows.csv", text)
}

func (r *rig) plain() { r.answering(func(http.ResponseWriter, *http.Request) bool { return false }) }

// restored has a person go on with the copy that lies in the ledger's place.
func (r *rig) restored(unsure string, code int, flags ...string) {
	r.t.Helper()
	r.run(append([]string{"ledger", "restore", "rig.yaml", "--yes"}, flags...)...).wants(r.t, code, unsure)
}

// TestACopyWithoutARunFileIsRefused puts an earlier copy in the place of the ledger
// and takes away what would show it.
func TestACopyWithoutARunFileIsRefused(t *testing.T) {
	for name, damage := range map[string]func(r *rig, path string) error{
		"missing":  func(_ *rig, path string) error { return os.Remove(path) },
		"empty":    func(_ *rig, path string) error { return os.Truncate(path, 0) },
		"a page":   func(r *rig, _ string) error { r.write("out/run.json", "<!doctype html>"); return nil },
		"nothing":  func(r *rig, _ string) error { r.write("out/run.json", "{}"); return nil },
		"a folder": func(_ *rig, path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 4, false)
			r.run("run", "rig.yaml", "--limit", "2").wants(t, exitDone, "2 made")
			copied := r.read("out/ledger.db")
			r.run("run", "rig.yaml").wants(t, exitDone, "4 made")
			r.write("out/ledger.db", copied)
			if err := damage(r, r.path("out/run.json")); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"run", "rig.yaml"}, {"status", "rig.yaml"}, {"retry", "rig.yaml"}, {"ledger", "verify", "rig.yaml"}} {
				r.run(args...).wants(t, exitLedger, "ledger restore")
			}
			if name == "a folder" {
				if err := os.Remove(r.path("out/run.json")); err != nil {
					t.Fatal(err)
				}
			}
			r.restored("may have been sent since: 2 rows", exitDecide)
			r.run("run", "rig.yaml").wants(t, exitDecide, "2 made, 2 not known")
			r.once(4)
		})
	}
}

// TestTheLatestLedgerGetsItsRunFileBack by a person's word, and nothing changes but
// run.json. Where something shows that it is not the latest, no word helps.
func TestTheLatestLedgerGetsItsRunFileBack(t *testing.T) {
	r := newRig(t, 3, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	copied := r.read("out/ledger.db")
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "2 made")
	r.run("ledger", "restore", "rig.yaml", "--latest", "--yes").wants(t, exitUsage, "sound and up to date")
	if err := os.Remove(r.path("out/run.json")); err != nil {
		t.Fatal(err)
	}
	before := r.read("out/ledger.db")
	r.run("run", "rig.yaml").wants(t, exitLedger, "nothing shows whether this is the latest copy")
	r.run("ledger", "restore", "rig.yaml", "--latest").wants(t, exitUsage, "--yes")
	r.run("ledger", "restore", "rig.yaml", "--latest", "--yes").wants(t, exitDone, "nothing else was changed")
	if r.read("out/ledger.db") != before {
		t.Error("the ledger was changed")
	}
	r.write("out/ledger.db", copied)
	r.run("ledger", "restore", "rig.yaml", "--latest", "--yes").wants(t, exitLedger, "an earlier copy")
	r.write("out/ledger.db", before)
	r.allMade(3)
}

// TestRowsOfEveryKindThatWereSentSinceACopyAreNotBoughtAgain: rows that the copy has
// as planned, failed and cancelled were all sent and paid for since.
func TestRowsOfEveryKindThatWereSentSinceACopyAreNotBoughtAgain(t *testing.T) {
	r := newRig(t, 6, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	r.run("cancel", "rig.yaml", "--row", "C001", "--yes").wants(t, exitDone, "1 cancelled")
	r.refusing(1, http.StatusBadRequest)
	r.run("run", "rig.yaml", "--limit", "2").wants(t, exitRows, "2 failed")
	copied := r.read("out/ledger.db")
	r.plain()
	r.run("retry", "rig.yaml", "--cancelled").wants(t, exitDone, "3 rows to be sent again")
	r.run("run", "rig.yaml").wants(t, exitDone, "6 made")
	r.once(6)

	r.write("out/ledger.db", copied)
	r.run("retry", "rig.yaml").wants(t, exitLedger, "an earlier copy")
	r.restored("may have been sent since: 5 rows", exitDecide)
	r.run("ledger", "verify", "rig.yaml").wants(t, exitDone, "sound")
	r.run("retry", "rig.yaml", "--cancelled").wants(t, exitDone, "0 rows to be sent again")
	r.run("run", "rig.yaml").wants(t, exitDecide, "1 made, 5 not known")
	if n := r.states()[ledger.Unsure]; n != 5 {
		t.Errorf("states: %v", r.states())
	}
	r.once(6)
}

// TestARowThatLeftTheSheetIsDoubtedToo: it may come back, and was sent since.
func TestARowThatLeftTheSheetIsDoubtedToo(t *testing.T) {
	r := newRig(t, 2, false)
	r.refusing(0, http.StatusBadRequest)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitRows, "1 failed")
	copied := r.read("out/ledger.db")
	r.plain()
	r.run("retry", "rig.yaml")
	r.run("run", "rig.yaml").wants(t, exitDone, "2 made")
	whole := r.read("rows.csv")
	r.write("out/ledger.db", copied)
	r.write("rows.csv", "id,name\nC001,Name 1\n")
	r.restored("may have been sent since: 2 rows", exitDecide)
	r.write("rows.csv", whole)
	r.run("retry", "rig.yaml").wants(t, exitDone, "0 rows to be sent again")
	r.run("run", "rig.yaml").wants(t, exitDecide, "2 not known")
	r.once(2)
}

// TestRowsFromBeforeARestoreArePaidForAgainByWordAlone: they were redone, or failed
// and were mended, between the copy and the restore.
func TestRowsFromBeforeARestoreArePaidForAgainByWordAlone(t *testing.T) {
	r := newRig(t, 2, false)
	r.sheet("Ada", "Grace")
	r.run("run", "rig.yaml").wants(t, exitDone, "2 made")
	copied := r.read("out/ledger.db")
	r.sheet("Ada King", "Grace")
	r.run("run", "rig.yaml", "--changed", "redo").wants(t, exitDone, "2 made")
	r.once(3)

	r.write("out/ledger.db", copied)
	r.restored("may have been sent since: 0 rows", exitDone)
	r.run("run", "rig.yaml").wants(t, exitDecide, "changed")
	r.run("run", "rig.yaml", "--changed", "redo").wants(t, exitDecide, "--accept-restored")
	r.run("run", "rig.yaml").wants(t, exitDecide, "changed") // nothing was planned in passing
	r.once(3)
	if n := r.submits.Load(); n != 3 {
		t.Errorf("%d submits", n)
	}
	r.run("run", "rig.yaml", "--changed", "redo", "--accept-restored").wants(t, exitDone, "2 made")
	r.sheet("Augusta Ada King", "Grace") // bought after the restore: no question
	r.run("run", "rig.yaml", "--changed", "redo").wants(t, exitDone, "2 made")
	if n := r.submits.Load(); n != 5 {
		t.Errorf("%d submits", n)
	}
}

// TestAJobOfBeforeARestoreThatFailsIsNotSentAgainByItself was under way when the
// copy was made, failed, and was sent and paid for again since.
func TestAJobOfBeforeARestoreThatFailsIsNotSentAgainByItself(t *testing.T) {
	r := newRig(t, 1, false)
	var copied atomic.Pointer[string]
	var broken atomic.Bool
	broken.Store(true)
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if isSubmit(q) || !strings.Contains(q.URL.Path, "/api/v1/") || !broken.Load() {
			return false
		}
		now := r.read("out/ledger.db")
		copied.CompareAndSwap(nil, &now)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id":"` + filepath.Base(q.URL.Path) + `","status":"failed","error":"no"}`))
		return true
	})
	r.run("run", "rig.yaml").wants(t, exitRows, "1 failed")
	r.sheet("Grace")
	broken.Store(false)
	r.run("run", "rig.yaml").wants(t, exitDone, "1 made")

	r.write("out/ledger.db", *copied.Load())
	r.restored("may have been sent since: 0 rows", exitDone)
	broken.Store(true)
	r.run("run", "rig.yaml")
	broken.Store(false)
	r.run("run", "rig.yaml").wants(t, exitDecide, "--accept-restored")
	r.run("retry", "rig.yaml").wants(t, exitDecide, "--accept-restored")
	if n := r.submits.Load(); n != 2 {
		t.Errorf("%d submits", n)
	}
}

// TestAFolderFromABackupIsDistrustedByAPersonsWord: it comes back whole, so that
// nothing in it shows what was sent since.
func TestAFolderFromABackupIsDistrustedByAPersonsWord(t *testing.T) {
	r := newRig(t, 4, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	if err := os.CopyFS(r.path("backup"), os.DirFS(r.path("out"))); err != nil {
		t.Fatal(err)
	}
	r.run("run", "rig.yaml").wants(t, exitDone, "4 made")
	if err := errors.Join(os.RemoveAll(r.path("out")), os.Rename(r.path("backup"), r.path("out"))); err != nil {
		t.Fatal(err)
	}
	r.run("ledger", "restore", "rig.yaml", "--yes").wants(t, exitUsage, "--distrust")
	r.run("ledger", "restore", "rig.yaml", "--distrust").wants(t, exitUsage, "--yes")
	r.restored("may have been sent since: 3 rows", exitDecide, "--distrust")
	r.run("run", "rig.yaml").wants(t, exitDecide, "1 made, 3 not known")
	r.once(4)
}

// TestARestoreThatCannotReadTheSheetChangesNothing: half of it would be worse.
func TestARestoreThatCannotReadTheSheetChangesNothing(t *testing.T) {
	r := newRig(t, 3, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	sheet := r.read("rows.csv")
	r.write("rows.csv", "other\n1\n")
	r.run("ledger", "restore", "rig.yaml", "--distrust", "--yes").wants(t, exitUsage, "id")
	r.write("rows.csv", sheet)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "2 made")
	r.restored("may have been sent since: 1 row", exitDecide, "--distrust")
}

// TestAFolderOfAnotherMachineIsNoted, and unattended no more: containers change
// their names.
func TestAFolderOfAnotherMachineIsNoted(t *testing.T) {
	r := newRig(t, 2, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	host := regexp.MustCompile(`"host": "[^"]*"`)
	r.write("out/run.json", host.ReplaceAllString(r.read("out/run.json"), `"host": "another\u001b[31m"`))
	e := r.run("run", "rig.yaml")
	e.wants(t, exitDone, "last used on another")
	if !strings.Contains(e.err, "ledger restore rig.yaml --distrust") || strings.Contains(e.err, "\x1b[31m") {
		t.Errorf("it says %q", e.err)
	}
	if e := r.run("run", "rig.yaml"); strings.Contains(e.err, "last used on") {
		t.Errorf("noted again: %q", e.err)
	}
}

// TestALedgerThatIsLostWithItsRunFileIsRestored from the copy of the last run.
func TestALedgerThatIsLostWithItsRunFileIsRestored(t *testing.T) {
	r := newRig(t, 3, false)
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "1 made")
	r.run("run", "rig.yaml", "--limit", "1").wants(t, exitDone, "2 made")
	if err := errors.Join(os.Remove(r.path("out/ledger.db")), os.Remove(r.path("out/run.json"))); err != nil {
		t.Fatal(err)
	}
	r.restored("may have been sent since: 2 rows", exitDecide)
	r.run("run", "rig.yaml").wants(t, exitDecide, "1 made, 2 not known")
	r.once(2)
	if _, err := os.Stat(r.path("out/run.json")); errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// waitFor waits until so many submits arrived.
func (r *rig) waitFor(submits int64) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); r.submits.Load() < submits; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%d submits, want %d", r.submits.Load(), submits)
		}
	}
}
