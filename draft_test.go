package reelmerge_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
)

// TestADraftShowsTheColumnsBeforeItIsWritten: columns are found by their names, others are
// left open with the one that may be meant, and a person's choice wins.
func TestADraftShowsTheColumnsBeforeItIsWritten(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, text := range map[string]string{
		"rows.csv": "id,Name,Town,City of birth\nC1,Ada,London,Leeds\n",
		"t.json":   `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string", "minLength": 1}, "city": {"type": "string", "minLength": 1}, "plan": {"type": "string", "default": "Gold"}}, "duration": {"base_seconds": 60}}`,
	} {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := reelmerge.DraftOptions{Template: in("t.json"), Sheet: in("rows.csv"), Out: in("campaign.yaml")}
	with := reelmerge.Options{Services: all.Services()}
	d, err := reelmerge.NewDraft(t.Context(), o, with)
	if err != nil {
		t.Fatal(err)
	}
	want := []reelmerge.Feed{
		{Variable: "name", Column: "Name", Example: "Ada", Required: true, Near: "Name"},
		{Variable: "city", Required: true, Near: "City of birth"},
		{Variable: "plan"},
	}
	if diff := cmp.Diff(want, d.Variables); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(o.Out); err == nil || d.Key != "id" || len(d.Undecided) != 1 || !strings.Contains(d.Undecided[0].What, "no column is called city") {
		t.Errorf("written: %v, key %q, undecided %+v", err == nil, d.Key, d.Undecided)
	}
	o.Columns = map[string]string{"city": "Town", "name": "City of birth", "plan": "Nowhere"}
	if _, err := reelmerge.NewDraft(t.Context(), o, with); reelmerge.CauseOf(err) != reelmerge.Usage || !strings.Contains(err.Error(), `no column "Nowhere"`) {
		t.Errorf("a column that is not there: %v", err)
	}
	o.Columns["plan"] = ""
	asked := map[reelmerge.DraftSubject]bool{}
	o.Ask = func(_ context.Context, q reelmerge.DraftQuestion) string {
		asked[q.About] = true
		return map[reelmerge.DraftSubject]string{reelmerge.DraftKey: "1", reelmerge.DraftMoney: "0.85 EUR"}[q.About]
	}
	if d, err = reelmerge.NewDraft(t.Context(), o, with); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || len(d.Undecided) > 0 {
		t.Errorf("asked %v, undecided %+v", asked, d.Undecided)
	}
	c, err := reelmerge.Open(t.Context(), o.Out, with)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.Cells(t.Context(), 2)
	if f := c.File(); err != nil || f.Variables["city"].Source.Column != "Town" || f.Variables["name"].Source.Column != "City of birth" || f.Rows.Key != "id" || len(rows) != 1 {
		t.Errorf("%v, %q, %v", err, f.Rows.Key, f.Variables)
	}
	if err := d.Write(); reelmerge.CauseOf(err) != reelmerge.Usage || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("written over: %v", err)
	}
}
