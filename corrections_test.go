package reelmerge_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/ledger"
)

// check is what a check of the campaign finds, in a line each.
func (f folder) check() (list []string, ready int) {
	f.t.Helper()
	done, err := f.sandbox().Check(f.t.Context(), reelmerge.CheckOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, p := range done.Problems {
		list = append(list, p.String())
	}
	return list, done.Rows.Valid
}

// correct corrects a cell.
func (f folder) correct(row int, column, was, now string) error {
	f.t.Helper()
	return f.sandbox().Correct(f.t.Context(), reelmerge.CorrectOptions{Row: row, Column: column, Was: was, New: now, By: "Ada"})
}

func (f folder) mustCorrect(row int, column, was, now string) {
	f.t.Helper()
	if err := f.correct(row, column, was, now); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) read(name string) string {
	f.t.Helper()
	data, err := os.ReadFile(filepath.Join(f.path, name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

// TestACorrectionStandsInForACell: the sheet stays as it is, and everything after it sees the
// new text, under the key of the sheet.
func TestACorrectionStandsInForACell(t *testing.T) {
	f := newFolder(t, "C1,\nC2,Grace\n")
	f.write("c.yaml", "rows: {file: rows.csv, key: id, where: 'row[\"name\"] != \"nobody\"'}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n")
	f.write("t.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string", "minLength": 1}}, "duration": {"base_seconds": 30}}`)
	sheet := f.read("rows.csv")
	if found, ready := f.check(); len(found) != 1 || ready != 1 {
		t.Fatalf("%d ready, %q", ready, found)
	}
	f.mustCorrect(2, "name", "", "=Ada")
	f.mustCorrect(3, "name", "Grace", "nobody")
	found, ready := f.check()
	if len(found) != 0 || ready != 1 {
		t.Errorf("%d ready, %q", ready, found)
	}
	if f.read("rows.csv") != sheet {
		t.Error("the sheet was written")
	}
	if kept := f.read("c.corrections.csv"); !strings.HasPrefix(kept, "key,column,old,new,at,by\n") || !strings.Contains(kept, "C1,name,,'=Ada,") {
		t.Errorf("the file is %q", kept)
	}
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	if out.Sent != 1 {
		t.Errorf("sent %d", out.Sent)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(f.read("out/sandbox/results.csv"), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := len(records[0]) - 1
	if records[0][last] != "corrected" || records[1][1] != "" || !strings.Contains(records[1][last], "name: (empty) → =Ada") || records[2][1] != "Grace" {
		t.Errorf("the results are %q", records)
	}
	entry, err := f.sandbox().Row(t.Context(), "C1")
	if err != nil || entry.State != ledger.Succeeded {
		t.Errorf("%s, %v", entry.State, err)
	}
	// A corrected row that is bought has changed; taking it back makes it the bought one.
	f.mustCorrect(2, "name", "=Ada", "Augusta")
	if plan := digested(t, f.sandbox()); plan.Actions.Changed != 1 || plan.Actions.Submit != 0 {
		t.Errorf("after another correction: %+v", plan.Actions)
	}
	f.mustCorrect(2, "name", "Augusta", "=Ada")
	if plan := digested(t, f.sandbox()); plan.Actions.Done != 1 {
		t.Errorf("after taking it back: %+v", plan.Actions)
	}
	f.mustCorrect(2, "name", "=Ada", "")
	if kept := f.read("c.corrections.csv"); strings.Contains(kept, "C1") {
		t.Errorf("the text of the sheet itself is no correction: %q", kept)
	}
}

// TestACorrectionThatDoesNotFitRefusesItsRow lists what can become of its cell.
func TestACorrectionThatDoesNotFitRefusesItsRow(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\nC3,Linus\n")
	f.mustCorrect(2, "name", "Ada", "Augusta")
	f.write("rows.csv", "id,name\nC1,Ada Lovelace\nC2,Grace\nC3,Linus\n")
	if found, ready := f.check(); ready != 2 || len(found) != 1 || !strings.Contains(found[0], "B2: ROW-CORRECTION-STALE") || !strings.Contains(found[0], `the cell said "Ada"`) {
		t.Errorf("another text: %d ready, %q", ready, found)
	}
	f.write("rows.csv", "id,name\nC2,Grace\nC3,Linus\n")
	if found, ready := f.check(); ready != 2 || len(found) != 1 || !strings.Contains(found[0], "c.corrections.csv:2: ") || !strings.Contains(found[0], "warning") {
		t.Errorf("the key is gone: %d ready, %q", ready, found)
	}
	f.write("rows.csv", "id,name\nC1,Ada\nC1,Ada\n")
	if found, ready := f.check(); ready != 1 || !strings.Contains(strings.Join(found, "\n"), "stands twice") {
		t.Errorf("the key stands twice: %d ready, %q", ready, found)
	}
	f.write("c.corrections.csv", "key,column,old,new,at,by\nC1,id,C1,C9,,\n")
	f.write("rows.csv", "id,name\nC1,Ada\n")
	if found, ready := f.check(); ready != 0 || !strings.Contains(strings.Join(found, "\n"), "names the rows") {
		t.Errorf("the key itself: %d ready, %q", ready, found)
	}
	f.write("c.corrections.csv", "something else\n")
	if _, err := f.sandbox().Plan(t.Context(), reelmerge.PlanOptions{}); err == nil || !strings.Contains(err.Error(), "CMP-CORRECTIONS") {
		t.Errorf("a file of something else: %v", err)
	}
}

// TestTwoWhoMendOneCellAreTold: the second one sees that the cell has changed.
func TestTwoWhoMendOneCellAreTold(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\n")
	f.mustCorrect(2, "name", "Ada", "Augusta")
	if err := f.correct(2, "name", "Ada", "Adele"); reelmerge.CauseOf(err) != reelmerge.Undecided || !strings.Contains(err.Error(), "Augusta") {
		t.Errorf("the second one: %v", err)
	}
	for name, err := range map[string]error{
		"the key": f.correct(2, "id", "C1", "C9"), "no column": f.correct(2, "city", "", "Rome"), "no row": f.correct(9, "name", "", "x"),
	} {
		if reelmerge.CauseOf(err) != reelmerge.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestARowWithoutAKeyKeepsItsHash: the hash is of the sheet's own values, so that a correction
// makes no new row of it.
func TestARowWithoutAKeyKeepsItsHash(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Ada\nC3,Linus\n")
	f.write("c.yaml", "rows: {file: rows.csv, duplicates: keep}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n")
	run(t, f.sandbox(), reelmerge.RunOptions{})
	before := digested(t, f.sandbox())
	f.mustCorrect(3, "name", "Ada", "Grace")
	after := digested(t, f.sandbox())
	if before.Actions.Done != 3 || after.Actions.Changed != 1 || after.Actions.Done != 2 || after.Actions.Submit != 0 || after.Actions.Removed != 0 {
		t.Errorf("before %+v, after %+v", before.Actions, after.Actions)
	}
	// The second of two equal rows is the corrected one.
	rows, err := f.sandbox().Cells(t.Context(), 2, 3)
	if err != nil || rows[3].Cells[1].Value != "Grace" || rows[3].Cells[1].Sheet != "Ada" || rows[2].Cells[1].Value != "Ada" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// TestAPurgedRowTakesItsCorrectionsAlong: they are as personal as the row.
func TestAPurgedRowTakesItsCorrectionsAlong(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\n")
	f.mustCorrect(2, "name", "Ada", "Canary Lovelace")
	f.mustCorrect(3, "name", "Grace", "Hopper")
	run(t, f.sandbox(), reelmerge.RunOptions{})
	if _, err := f.sandbox().Purge(t.Context(), reelmerge.PurgeOptions{Rows: []string{"C1"}, Yes: true}); err != nil {
		t.Fatal(err)
	}
	if kept := f.read("c.corrections.csv"); strings.Contains(kept, "Canary") || !strings.Contains(kept, "Hopper") {
		t.Errorf("after the purge: %q", kept)
	}
}
