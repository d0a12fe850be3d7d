package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
)

// TestRowsThatAreReadOtherwiseAreTheSameRows goes on with campaigns of the first edition
// whose rows have no key, and whose cells are read otherwise now: a row is known by what
// the first edition read. What is made is listed as changed, and not bought again; what
// waited is sent under its old key, with what is read now.
func TestRowsThatAreReadOtherwiseAreTheSameRows(t *testing.T) {
	root := t.TempDir()
	if err := unpack(filepath.Join("testdata", "edition1", "reread.zip"), root); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct{ rows, made int }{
		"reread-formats": {6, 4}, // formats that were not known
		"reread-1904":    {3, 2}, // an extension hid the workbook's date system
		"reread-spaces":  {3, 2}, // white space hid all formats
		"reread-page":    {3, 2}, // another code page
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := inherited{t: t, dir: filepath.Join(root, name)}
			before := old.entries()
			old.run(exitDecide)
			after := old.entries()
			if len(before) != want.rows || len(after) != want.rows || old.jobs() != want.rows {
				t.Fatalf("%d entries became %d, with %d jobs; want %d rows", len(before), len(after), old.jobs(), want.rows)
			}
			for key, was := range before {
				is := after[key]
				made := was.State == ledger.Succeeded
				if is.State != ledger.Succeeded || made && is.Ticket != was.Ticket || made != (is.Fingerprint == was.Fingerprint) {
					t.Errorf("row %s was %s, and is %s as job %s, with other content: %v", key, was.State, is.State, is.Ticket, is.Fingerprint != was.Fingerprint)
				}
			}
			old.decides(want.rows, want.made)
		})
	}
}

// decides looks at what results say of the rows that were made, and keeps them as they are.
func (i inherited) decides(rows, made int) {
	i.t.Helper()
	file := filepath.Join(i.dir, "campaign.yaml")
	_, out, _ := command(i.t, "results", file, "--json")
	if changed := strings.Count(out, `"status":"changed"`); changed != made {
		i.t.Errorf("%d rows are changed, want %d: %s", changed, made, out)
	}
	if _, _, said := command(i.t, "plan", file); !strings.Contains(said, fmt.Sprintf("rows that an earlier version began, and read otherwise: %d", rows)) {
		i.t.Errorf("plan does not say why: %s", said)
	}
	if code, out, said := command(i.t, "run", file, "--yes", "--changed", "keep"); code != exitDone {
		i.t.Errorf("exit %d: %s%s", code, out, said)
	}
	if jobs := i.jobs(); jobs != rows {
		i.t.Errorf("%d jobs for %d rows", jobs, rows)
	}
}
