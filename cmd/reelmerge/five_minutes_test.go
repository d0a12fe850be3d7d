package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

const renewal = `{"videoCreative": {"settings": {"name": "Renewal", "videoSize": {"width": 1920, "height": 1080}},
 "scenes": [{"name": "hello", "tracks": [{"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural",
  "position": {"x": 420, "y": 0}, "size": {"width": 1080, "height": 1080},
  "text": "Hello {first_name}, how is life in {city}? Your plan renews on {renewal_date} for {fee}."}]}]}}`

// messyWorkbook is a sheet as marketers have them: a title and notes above the table, a
// customer twice, words among dates and prices, names in capitals, blanks and a total.
func messyWorkbook(t *testing.T, path string) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	row := func(n int, cells ...any) {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", n), &cells); err != nil {
			t.Fatal(err)
		}
	}
	row(1, "Spring renewal – customer export (CRM)")
	row(3, "Customer No.", "First name", "City", "Renewal date", "Fee")
	for i := range 60 {
		number, name, city, date, fee := any(10_000+i), fmt.Sprintf("Ada%c", 'a'+i%26), "Riga", fmt.Sprintf("2027-04-%02d", 1+i%28), fmt.Sprintf("€%d.00", 20+i)
		switch i {
		case 7:
			name = "GRACE"
		case 12:
			city = ""
		case 20:
			date = "next month"
		case 30:
			fee = "free"
		case 41:
			number = 10_040
		case 50:
			name = "Linus "
		}
		row(4+i, number, name, city, date, fee)
	}
	row(64, "Total", "", "", "", "€3,000.00")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}

var nextCommand = regexp.MustCompile(`(?m)^ +(reelmerge .*?)( +# .*)?$`)

// TestTheFirstFiveMinutes goes from two files to a sheet with links, as a person does who
// opens no manual: by what the program prints, pasted as it stands.
func TestTheFirstFiveMinutes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are pasted into a POSIX shell")
	}
	began, dir := time.Now(), written(t, map[string]string{"export.json": renewal})
	messyWorkbook(t, filepath.Join(dir, "customers.xlsx"))
	shell := func(line string, want ...int) string {
		t.Helper()
		c := exec.Command("sh", "-c", line)
		c.Dir = dir
		out, err := c.CombinedOutput()
		code := c.ProcessState.ExitCode()
		if err != nil && !strings.Contains(fmt.Sprint(want), fmt.Sprint(code)) {
			t.Fatalf("%s: exit %d\n%s", line, code, out)
		}
		t.Logf("$ %s\n%s", line, out)
		return string(out)
	}
	said := shell("reelmerge init export.json customers.xlsx")
	for _, want := range []string{`"Customer No." nearly is one ("10040" stands in rows 44 and 45)`, "next: reelmerge check campaign.yaml"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %s in\n%s", want, said)
		}
	}
	check := "reelmerge check campaign.yaml"
	first := shell(check, exitRows)
	for said = first; pasteHint(t, dir, said); said = shell(check, exitRows) {
	}
	for _, want := range []string{"ROW-TOTALS", "VAR-CAPITALS", "VAR-SPACES", "ROW-MIXED", "no column names the rows"} {
		if !strings.Contains(first, want) || want != "ROW-MIXED" && strings.Contains(said, want) {
			t.Errorf("%s is not found, or not cured by its line:\n%s\nthen\n%s", want, first, said)
		}
	}
	if strings.Count(first, "A64") != 1 || !strings.Contains(said, "ROW-KEY-DUPLICATE") || !strings.Contains(said, "61 rows: 59 ready, 1 with problems, 1 left out") {
		t.Errorf("%s", said)
	}
	paste := func(said string) {
		t.Helper()
		found := nextCommand.FindAllStringSubmatch(said, -1)
		if len(found) == 0 {
			t.Errorf("nothing to paste in\n%s", said)
		}
		for _, m := range found {
			shell(m[1], exitRows, exitDecide)
		}
	}
	paste(said)
	if _, err := os.Stat(filepath.Join(dir, "to-mend.xlsx")); err != nil {
		t.Error(err)
	}
	said = shell("reelmerge plan campaign.yaml", exitRows)
	if !strings.Contains(said, "Row 4 would say\n Hello Adaa, how is life in Riga? Your plan renews on 2027-04-01 for €20.00.") {
		t.Errorf("the plan does not show the first video:\n%s", said)
	}
	paste(said)
	said = shell("reelmerge run campaign.yaml --sandbox", exitRows)
	if !strings.Contains(said, "add --skip-problems") {
		t.Errorf("no way to go on in\n%s", said)
	}
	said = shell("reelmerge run campaign.yaml --sandbox --skip-problems", exitRows)
	if !strings.Contains(said, "59 made, 1 has problems, 1 left out") {
		t.Errorf("%s", said)
	}
	paste(said)
	shell("reelmerge results campaign.yaml --sandbox --out made.xlsx")
	if _, err := os.Stat(filepath.Join(dir, "made.xlsx")); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("it took %v", took)
	}
}
