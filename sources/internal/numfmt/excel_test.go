package numfmt_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// seen is a text that Excel made of a number.
type seen struct {
	code     string
	value    float64
	date1904 bool
	text     string
	where    string
}

// TestExcelShowsTheSame compares with what Excel stored or was seen to show.
// testdata/excel.tsv was made by testdata/textformulas.go from the test workbooks
// of Apache POI 4.0.1 (Apache-2.0), testdata/recorded.tsv by hand. Every difference is a refusal or is explained.
func TestExcelShowsTheSame(t *testing.T) {
	explained := map[string]*regexp.Regexp{
		"by design, whole numbers have all their digits and small ones an exponent": regexp.MustCompile(`^General$`),
	}
	used := map[string]int{}
	lines := slices.Concat(readSeen(t, "excel.tsv", 700), readSeen(t, "recorded.tsv", 60))
	same, refused := 0, 0
	for _, s := range lines {
		shown, err := numfmt.Parse(s.code).Number(s.value, s.date1904)
		why := explanation(explained, s.code)
		switch {
		case err != nil:
			refused++
		case shown.Text == strings.TrimSpace(s.text):
			same++
		case why != "":
			used[why]++
		default:
			t.Errorf("%v in format %s: %q, Excel shows %q (%s)", s.value, s.code, shown.Text, s.text, s.where)
		}
	}
	if len(used) != len(explained) {
		t.Errorf("of the explanations only %v are needed", used)
	}
	t.Logf("%d lines: %d the same, %d refused here, %v explained", len(lines), same, refused, used)
	if same < 350 {
		t.Errorf("only %d lines are the same", same)
	}
}

// TestDatesOfExcelAreNotRefused makes sure that known dates are written and not refused.
func TestDatesOfExcelAreNotRefused(t *testing.T) {
	n := 0
	for _, s := range readSeen(t, "excel.tsv", 700) {
		if !strings.HasPrefix(s.where, "DateFormatTests") && !strings.HasPrefix(s.where, "ElapsedFormatTests") {
			continue
		}
		n++
		if _, err := numfmt.Parse(s.code).Number(s.value, s.date1904); err != nil {
			t.Errorf("%v in format %s: %v", s.value, s.code, err)
		}
	}
	if n < 80 {
		t.Errorf("%d dates found", n)
	}
}

func explanation(of map[string]*regexp.Regexp, code string) string {
	for why, re := range of {
		if re.MatchString(code) {
			return why
		}
	}
	return ""
}

// readSeen reads a table of testdata.
func readSeen(t testing.TB, name string, least int) []seen {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []seen
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "# ") && !strings.Contains(line, "\t") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 5 {
			t.Fatalf("%s: %q", name, line)
		}
		v, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, seen{f[0], v, f[2] == "1904", f[3], f[4]})
	}
	if len(out) < least {
		t.Fatalf("%s has %d lines", name, len(out))
	}
	return out
}
