package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckFindsAThousandBadCellsInAHundredThousandRows holds check to every
// address: a list that misses one costs a customer.
func TestCheckFindsAThousandBadCellsInAHundredThousandRows(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString("id,note,name\n")
	missing := map[string]bool{}
	for i := range 100_000 {
		name := "Ada"
		if i%100 == 37 {
			name = ""
			missing[fmt.Sprintf("C%d", i+2)] = true
		}
		fmt.Fprintf(&sheet, "%d,,%s\n", i, name)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("guests.csv", sheet.String())
	write("invite.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
		"variables": {"name": {"type": "string", "minLength": 1}}, "duration": {"base_seconds": 60}}`)
	campaign := write("campaign.yaml", "rows: {file: guests.csv, key: id, duplicates: keep}\ntemplate: invite.json\n")

	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"check", campaign, "--max-problems", "0", "--json"}, streams{strings.NewReader(""), &out, &errs})
	var doc checkJSON
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	for _, p := range doc.Problems {
		if p.Code != "COL-V5" || !missing[p.Cell] {
			t.Errorf("%s at %q is not expected, or comes twice", p.Code, p.Cell)
		}
		delete(missing, p.Cell)
	}
	if code != exitRows || doc.Rows != 100_000 || doc.Valid != 99_000 || doc.Count != 1000 || len(missing) > 0 {
		t.Errorf("exit %d, %d rows, %d valid, %d problems, %d not listed", code, doc.Rows, doc.Valid, doc.Count, len(missing))
	}
}
