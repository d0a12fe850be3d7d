package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var lineToPaste = regexp.MustCompile(`(?m)(write line (\d+) of (\S+) as|add below line (\d+) of (\S+)):\n +(.*)$`)

// pasteHint does in a campaign file what the first hint of an output says, as a person
// would, and reports whether there was one.
func pasteHint(t *testing.T, dir, said string) bool {
	t.Helper()
	m := lineToPaste.FindStringSubmatch(said)
	if m == nil {
		return false
	}
	path := filepath.Join(dir, m[3]+m[5])
	lines := strings.Split(read(t, path), "\n")
	n, err := strconv.Atoi(m[2] + m[4])
	if err != nil {
		t.Fatal(err)
	}
	indent := func(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " "))] }
	if m[4] != "" {
		lines = slices.Insert(lines, n, indent(lines[n])+m[6])
	} else {
		lines[n-1] = indent(lines[n-1]) + m[6]
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}

// TestHintsOfCheckCanBePasted mends a campaign with nothing but the lines that check
// prints, one after the other.
func TestHintsOfCheckCanBePasted(t *testing.T) {
	dir := written(t, map[string]string{
		"r.csv":  "No.,Name,Home Town,Fee\n1,ADA LOVELACE,Köln,€10\n2,Bob Ray,,€11\n3,Cy Young ,Rom,€12\n4,Di Ott,Bonn,€13\nTotal,,,\n",
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "id"}, "variables": {"name": {"spoken": true}, "home_town": {"spoken": true}, "fee": {"minLength": 1}}, "videoCreative": {"scenes": [{"tracks": [{"type": "actor", "text": "Hello {name}, how is life in {home_town}? Your fee is {fee}."}]}]}, "duration": {"base_seconds": 60}}`,
		"c.yaml": "rows:\n  file: r.csv\ntemplate: t.json\nvariables:\n  name: Name # as they sign\n",
	})
	path := filepath.Join(dir, "c.yaml")
	code, out, said := command(t, "check", path)
	for _, want := range []string{"r.csv:A6: ROW-TOTALS", "VAR-CAPITALS", "VAR-SPACES", "r.csv:C3: COL-V5"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if strings.Count(out, "r.csv:") != 4 || code != exitRows {
		t.Errorf("exit %d, more than one line for a cause:\n%s", code, out)
	}
	if !strings.Contains(out, "name: {column: Name, transform: [title]}") || !strings.Contains(out, `home_town: {column: Home Town, default: your home town}`) {
		t.Errorf("no whole line to paste in\n%s", out)
	}
	for range 9 {
		if !pasteHint(t, dir, out+said) {
			break
		}
		_, out, said = command(t, "check", path)
	}
	if out != "5 rows: 4 ready, 1 left out\n" || strings.Contains(said, "CMP-NO-KEY") || strings.Contains(said, "no column names the rows") {
		t.Errorf("%s%s\n%s", read(t, path), out, said)
	}
}

// TestOddCellsAreWarnings: words among dates and amounts would be read aloud.
func TestOddCellsAreWarnings(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString("id,Due,Note,Price\n")
	for i := range 20 {
		due, price := "2027-04-"+strconv.Itoa(10+i%9), "€"+strconv.Itoa(i+1)
		switch i {
		case 12:
			due = "next month"
		case 13:
			due, price = "next year", "free"
		}
		sheet.WriteString(strconv.Itoa(i) + "," + due + ",x,\"" + price + "\"\n")
	}
	dir := written(t, map[string]string{
		"r.csv":  sheet.String(),
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "id"}, "variables": {"due": {}, "price": {}}, "duration": {"base_seconds": 60}}`,
	})
	code, out, _ := command(t, "check", filepath.Join(dir, "r.csv"), "--template", filepath.Join(dir, "t.json"), "--key", "id")
	for _, want := range []string{
		`r.csv: warning: ROW-MIXED: column "Due": the value is no date, as 18 of 20 cells of the column are, in 2 rows: B14, B15`,
		`r.csv:D15: warning: ROW-MIXED: column "Price": "free" is no number, as 19 of 20 cells of the column are`,
		"20 rows: 20 ready; 3 warnings\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if code != exitDone {
		t.Errorf("exit %d", code)
	}
}
