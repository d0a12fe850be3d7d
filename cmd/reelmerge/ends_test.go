package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/ledger"
)

// during has something done to the campaign when its first request is on the wire.
func (r *rig) during(do func()) {
	var once sync.Once
	r.answering(func(_ http.ResponseWriter, q *http.Request) bool {
		if isSubmit(q) {
			once.Do(do)
		}
		return false
	})
}

// losing has the answer to the first submit lost, after something is done.
func (r *rig) losing(do func()) {
	var once sync.Once
	r.answering(func(_ http.ResponseWriter, q *http.Request) bool {
		lost := false
		if isSubmit(q) {
			once.Do(func() { do(); lost = true })
		}
		if lost {
			r.bank.ServeHTTP(httptest.NewRecorder(), q)
			panic(http.ErrAbortHandler)
		}
		return false
	})
}

// takenSheets are the ways in which a sheet can go while a run goes on.
func takenSheets(r *rig) map[string]func() {
	sheet := r.path("rows.csv")
	return map[string]func(){
		"removed":       func() { _ = os.Remove(sheet) },
		"emptied":       func() { _ = os.Truncate(sheet, 0) },
		"other columns": func() { r.write("rows.csv", "number,first\nC000,Ada\n") },
		"a folder":      func() { _ = os.Remove(sheet); _ = os.Mkdir(sheet, 0o700) },
	}
}

// TestASheetThatGoesDuringARunDoesNotHideItsEnd takes the sheet away after rows were
// sent: the run makes the others, says how it ended, and ends with its own code.
func TestASheetThatGoesDuringARunDoesNotHideItsEnd(t *testing.T) {
	for name := range takenSheets(&rig{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 5, false)
			r.during(takenSheets(r)[name])
			e := r.run("run", "rig.yaml")
			e.wants(t, exitRows, "5 made")
			if !strings.Contains(e.err, "reelmerge: error: write results: ") || !strings.Contains(e.err, "reelmerge results rig.yaml") || e.out != "" {
				t.Errorf("stderr: %s\nstdout: %s", e.err, e.out)
			}
			r.once(5)
		})
	}
}

// TestAnUnsureRowIsNotHiddenByResultsThatCannotBeWritten has both, for people and for
// programs, whose last document is the summary.
func TestAnUnsureRowIsNotHiddenByResultsThatCannotBeWritten(t *testing.T) {
	r := newRig(t, 5, false)
	r.losing(takenSheets(r)["other columns"])
	e := r.run("run", "rig.yaml", "--json")
	if e.code != exitDecide {
		t.Errorf("exit %d: %s", e.code, e.err)
	}
	lines := strings.Split(strings.TrimSpace(e.out), "\n")
	var last struct {
		Event  string
		States map[ledger.State]int
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Event != "summary" || last.States[ledger.Unsure] != 1 || last.States[ledger.Succeeded] != 4 {
		t.Errorf("the last document is %s: %v", lines[len(lines)-1], err)
	}
	if strings.Contains(e.out, "problem_count") {
		t.Errorf("a document of check: %s", e.out)
	}
	r.once(5)
}

// TestAFolderInThePlaceOfTheResultsDoesNotHideTheEnd has no place for the results, which
// come beside it.
func TestAFolderInThePlaceOfTheResultsDoesNotHideTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		said string
		lose bool
	}{"all made": {exitDone, "3 made", false}, "one unsure": {exitDecide, "1 not known", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 3, false)
			if err := os.MkdirAll(r.path("out/results.csv/kept"), 0o700); err != nil {
				t.Fatal(err)
			}
			if c.lose {
				r.losing(func() {})
			}
			e := r.run("run", "rig.yaml")
			e.wants(t, c.code, c.said)
			if !strings.Contains(e.err, "results: out/results (new).csv") || !strings.Contains(r.read("out/results (new).csv"), "C002") {
				t.Errorf("stderr: %s", e.err)
			}
			r.once(3)
		})
	}
}

// wideRig is a campaign on a workbook that nothing can be added to: its table ends in
// the last column that there is.
func wideRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, 2, false)
	f := excelize.NewFile()
	for address, text := range map[string]string{"XFC1": "id", "XFD1": "name", "XFC2": "C000", "XFD2": "Ada", "XFC3": "C001", "XFD3": "Grace"} {
		if err := f.SetCellStr("Sheet1", address, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SaveAs(r.path("rows.xlsx")); err != nil {
		t.Fatal(err)
	}
	r.write("rig.yaml", strings.Replace(r.read("rig.yaml"), "rows.csv", "rows.xlsx", 1))
	return r
}

// TestResultsComeAsCSVWhereTheWorkbookCannotBeWritten: the rows are paid for, so their
// links are handed back in any case, with a line that says why and exit code 3.
func TestResultsComeAsCSVWhereTheWorkbookCannotBeWritten(t *testing.T) {
	r := wideRig(t)
	e := r.run("run", "rig.yaml")
	e.wants(t, exitRows, "2 made")
	first := r.read("out/results.csv")
	for _, want := range []string{"C000,Ada", "C001,Grace", "video_status", ".mp4"} {
		if !strings.Contains(first, want) {
			t.Errorf("results.csv lacks %q: %.300s", want, first)
		}
	}
	for _, want := range []string{"results: out/results.csv", "it has no room for more columns", "the results are in \"out/results.csv\""} {
		if !strings.Contains(e.err, want) {
			t.Errorf("stderr lacks %q: %s", want, e.err)
		}
	}
	e = r.run("results", "rig.yaml")
	e.wants(t, exitRows, "it has no room for more columns")
	if e.out != "out/results.csv\n" || r.read("out/results.csv") != first {
		t.Errorf("results: %s", e.out)
	}
	e = r.run("results", "rig.yaml", "--out", "made.xlsx", "--json")
	e.wants(t, exitRows, `"results":"made.csv"`)
	if _, err := os.Stat(r.path("made.xlsx")); err == nil {
		t.Error("a workbook was left behind")
	}
	r.once(2)
}

// TestACampaignThatCannotBeSavedDoesNotHideTheEnd takes away the folder that it is
// saved in while rows are sent.
func TestACampaignThatCannotBeSavedDoesNotHideTheEnd(t *testing.T) {
	r := newRig(t, 3, false)
	if err := os.Mkdir(r.path("saved"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.during(func() {
		_ = os.Remove(r.path("saved"))
		r.write("saved", "a file now")
	})
	e := r.run("run", "rig.yaml", "--save-campaign", "saved/again.yaml")
	e.wants(t, exitRows, "3 made")
	if !strings.Contains(e.err, "save campaign") {
		t.Errorf("stderr: %s", e.err)
	}
	r.once(3)
}
