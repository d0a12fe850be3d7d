package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestRowsAlikeAreOneCause: whichever row they are like, a person mends one
// cause, and is told what it costs altogether.
func TestRowsAlikeAreOneCause(t *testing.T) {
	names := []string{"Ada", "Bo", "Cy"}
	sheet := "ID,Name\n"
	for i := range 12 {
		sheet += fmt.Sprintf("%d,%s\n", i, names[i%len(names)])
	}
	dir := written(t, map[string]string{
		"r.csv": sheet + "3,Zed\n4,Zoe\n",
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "id"},
			"variables": {"name": {"spoken": true}}, "duration": {"base_seconds": 60}}`,
	})
	code, out, said := command(t, "check", filepath.Join(dir, "r.csv"), "--template", filepath.Join(dir, "t.json"), "--key", "ID")
	out = strings.ReplaceAll(out, dir+string(filepath.Separator), "")
	want := `r.csv: ROW-KEY-DUPLICATE: column "ID": another row has the same key, so that the videos could not be told apart, in 2 rows: A14 (as row 5), A15 (as row 6)
    give each row its own key, or choose another column under rows: key
r.csv: warning: ROW-DUPLICATE-VIDEO: another row would make the very same video, in 9 rows: row 5 (as row 2), row 6 (as row 3), row 7 (as row 4), row 8 (as row 2), row 9 (as row 3), row 10 (as row 4), row 11 (as row 2), row 12 (as row 3), …; together they cost 9 minutes more
    the template uses so little of a row that many videos are the same: make one for each, from a sheet without the repetitions, and give its link to all of its customers; or, to pay for each row, try it with:
      reelmerge check r.csv --template t.json --key ID --set rows.duplicates=keep
14 rows: 12 ready, 2 with problems; 9 warnings
`
	if out != want || code != exitRows {
		t.Errorf("exit %d, %s\n%s\nwant\n%s", code, said, out, want)
	}
}

func TestOneRowAlikeNamesTheOther(t *testing.T) {
	dir := written(t, map[string]string{
		"r.csv": "ID,Name\n1,Ada\n2,Ada\n",
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "id"},
			"variables": {"name": {"spoken": true}}, "duration": {"base_seconds": 60}}`,
	})
	_, out, _ := command(t, "check", filepath.Join(dir, "r.csv"), "--template", filepath.Join(dir, "t.json"), "--key", "ID")
	if !strings.Contains(out, "r.csv:row 3: warning: ROW-DUPLICATE-VIDEO: row 2 would make the very same video; this one costs 1 minute more\n") ||
		!strings.HasSuffix(out, "2 rows: 2 ready; 1 warning\n") {
		t.Error(out)
	}
}
