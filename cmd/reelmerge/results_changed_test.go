package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// TestARowEditedWhileItIsBoughtIsMarked edits and re-sorts the sheet while the
// first request is on the wire. The run reads it once, so the videos say what it
// said then; the results pair no other cells with them as if they were theirs.
func TestARowEditedWhileItIsBoughtIsMarked(t *testing.T) {
	for name, test := range map[string]struct {
		sheet   string
		changed []string
	}{
		"a cell is edited":            {"id,name\nC000,Grace\nC001,Name 1\nC002,Name 2\n", []string{"C000,Grace"}},
		"the key column is re-sorted": {"id,name\nC002,Name 0\nC001,Name 1\nC000,Name 2\n", []string{"C002,Name 0", "C000,Name 2"}},
		"the rows are sorted":         {"id,name\nC002,Name 2\nC001,Name 1\nC000,Name 0\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 3, false)
			arrived, open := r.holdSubmits()
			e := r.finish(r.command("run", "rig.yaml"), func(c *exec.Cmd) error {
				if err := c.Start(); err != nil {
					return err
				}
				<-arrived
				r.write("rows.csv", test.sheet)
				open()
				return c.Wait()
			})
			want := exitDone
			if len(test.changed) > 0 {
				want = exitDecide
			}
			made := fmt.Sprintf("%d made", 3-len(test.changed))
			if n := len(test.changed); n > 0 {
				made += fmt.Sprintf(", %d changed since bought", n)
			}
			e.wants(t, want, made)
			r.marks(test.changed)
			r.answering(func(http.ResponseWriter, *http.Request) bool { return false })
			r.mailed(test.changed, 3)
			r.run("run", "rig.yaml", "--changed", "keep").wants(t, exitDone, "")
			r.mailed(nil, 3)
			r.once(3)
		})
	}
}

// marks wants the results to say of just these rows that they have changed.
func (r *rig) marks(changed []string) {
	r.t.Helper()
	sheet := r.read("out/results.csv")
	if n := strings.Count(sheet, ",changed,http"); n != len(changed) {
		r.t.Errorf("%d rows are changed, want %d:\n%s", n, len(changed), sheet)
	}
	for _, row := range changed {
		if !strings.Contains(sheet, row+",changed,http") {
			r.t.Errorf("%q is not changed:\n%s", row, sheet)
		}
	}
}

// mailed wants send-ready to leave out just these rows, to name them, and to end
// with 4 where there are any.
func (r *rig) mailed(changed []string, rows int) {
	r.t.Helper()
	for _, out := range []string{"ready.csv", "ready.xlsx"} {
		e := r.run("results", "rig.yaml", "--send-ready", "--out", out)
		want := exitDone
		if len(changed) > 0 {
			want = exitDecide
		}
		e.wants(r.t, want, wording.Plural(rows-len(changed), "row")+" can be mailed")
		if len(changed) > 0 && (!strings.Contains(e.err, "row 2: ") || !strings.Contains(e.err, wording.Plural(len(changed), "row")+" changed") ||
			!strings.Contains(e.err, "--changed redo")) {
			r.t.Errorf("said: %s", e.err)
		}
		sheet := r.rowsOf(out)
		if len(sheet) != rows-len(changed) {
			r.t.Errorf("%s: %d rows, want %d: %q", out, len(sheet), rows-len(changed), sheet)
		}
		for _, row := range sheet {
			for _, not := range changed {
				if strings.HasPrefix(strings.Join(row, ","), not) {
					r.t.Errorf("%s mails %q", out, row)
				}
			}
		}
	}
}

// TestNoRowIsMailedThatIsNotAsItWasBought edits a sheet after its run in each way
// there is.
func TestNoRowIsMailedThatIsNotAsItWasBought(t *testing.T) {
	for name, test := range map[string]struct {
		sheet string
		args  []string
		code  int
		ready int
		said  string
	}{
		"as it was":                      {"id,name\nC000,Name 0\nC001,Name 1\n", nil, exitDone, 2, ""},
		"another name":                   {"id,name\nC000,Grace\nC001,Name 1\n", nil, exitDecide, 1, "row 2: the row, or the template, has changed since its video was made"},
		"no name":                        {"id,name\nC000,\nC001,Name 1\n", nil, exitRows, 1, "row 2: it has problems"},
		"one key twice":                  {"id,name\nC000,Grace\nC000,Name 0\nC001,Name 1\n", nil, exitDecide, 1, "row 2: the row, or the template, has changed since its video was made"},
		"left out by the filter":         {"id,name\nC000,Name 0\nC001,Name 1\n", []string{"--set", `rows.where=name != "Name 0"`}, exitDone, 1, "row 2: the campaign's filter leaves it out"},
		"gone, and another one is there": {"id,name\nC009,Name 0\nC001,Name 1\n", nil, exitDone, 1, ""},
		"another template":               {"id,name\nC000,Name 0\nC001,Name 1\n", []string{"--set", "template=other.json"}, exitDecide, 0, "2 rows changed since bought"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2, false)
			r.write("other.json", strings.Replace(rigTemplate, `"rig"`, `"other"`, 1))
			r.run("run", "rig.yaml").wants(t, exitDone, "2 made")
			r.write("rows.csv", test.sheet)
			e := r.run(append([]string{"results", "rig.yaml", "--send-ready"}, test.args...)...)
			e.wants(t, test.code, test.said)
			rows := r.rowsOf("out/send-ready.csv")
			if len(rows) != test.ready {
				t.Errorf("ready: %q\n%s", rows, e.err)
			}
			for _, row := range rows {
				if len(row) != 5 || !strings.HasPrefix(row[2], "http://") || !strings.HasPrefix(row[4], "http://") {
					t.Errorf("%q can be mailed, and is not the row's cells with its links", row)
				}
			}
			r.once(2)
		})
	}
}

func TestADayOfAMailingIsADay(t *testing.T) {
	r := newRig(t, 1, false)
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	r.run("results", "rig.yaml", "--send-ready", "--until", "yesterday").wants(t, exitUsage, "is no day")
}

// TestTheReportSaysWhichBoughtRowsChanged has the sheet edited between a run and
// its report.
func TestTheReportSaysWhichBoughtRowsChanged(t *testing.T) {
	r := newRig(t, 2, false)
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	r.write("rows.csv", "id,name\nC000,Grace\nC001,Name 1\n")
	e := r.run("report", "rig.yaml", "--json")
	var doc struct {
		Status struct {
			Changed int
			Test    bool
		}
	}
	if err := json.Unmarshal([]byte(e.out), &doc); err != nil || e.code != exitDone || doc.Status.Changed != 1 || doc.Status.Test {
		t.Errorf("exit %d, %v: %s", e.code, err, e.out)
	}
	page := strings.NewReplacer(`<span class="flag">`, "", "</span>", "").Replace(r.read("out/report.html"))
	for _, want := range []string{"changed since", "C000", "the video shows what they said before", "--changed keep", "--changed redo"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(strings.ToLower(page), "simulator") {
		t.Error("a paid run is called a simulator's")
	}
}

// rowsOf reads the rows of a file of results.
func (r *rig) rowsOf(name string) (rows [][]string) {
	r.t.Helper()
	reader, err := sources.Open(r.path(name), sources.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			r.t.Fatal(err)
		}
		rows = append(rows, row.Cells)
	}
}
