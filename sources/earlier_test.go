package sources

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// TestNumbersAreFoundAsTheFirstVersionReadThem has texts that the first version, built from
// its commit 4e1e050, read in cells of these formats.
func TestNumbersAreFoundAsTheFirstVersionReadThem(t *testing.T) {
	for _, tc := range []struct {
		code  string
		value float64
		want  string
	}{
		{`dd\.mm\.yyyy`, 46095, "14.03.2026"},
		{"[mm]:ss", 0.0625, "90:00"},
		{"[$-407]dd/mm/yyyy", 46095, "14.03.2026"},
		{"[$-1000000]yyyy/mm/dd", 73415.123456789, "73415"},
		{`[$-F400]h:mm:ss\ AM/PM`, 0.75, "00:00:00"},
		{"[$-804]aaaa", 46095, "aaaa"},
		{`[$-404]ggge"年"`, 46095, "ggge年"},
		{"[$-42B]dddd, d mmmm yyyy", 45296, "Ուրբաթ, 5 Հունվար 2024"},
		{"hh:mm:ss am/pm", 0.5, "12:00:00 pm"},
		{"[$-44E]hh:mm:ss AM/PM", 0, "12:00:00 म.पू."},
		{"h:mm:ss.00 A/P", 36191.170208437499, "36191.1702084375"},
		{"[DBNum1][$-804]General", 1234, "1234"},
		{"[$-D00041E]0.00", 1.5, "1.50"},
		{"#,##0.00", 1234.5, "1,234.50"},
	} {
		f := &cellFormat{show: numfmt.Parse(tc.code)}
		shown, _ := f.show.Number(tc.value, false)
		if got := new(earlierReader).number(f, "", tc.value, shown.Text); got != tc.want {
			t.Errorf("%v in %s was read as %q, and %q is looked up", tc.value, tc.code, tc.want, got)
		}
	}
}

// TestACodePageWasReadAsWindows1252 looks names up as the first version read them.
func TestACodePageWasReadAsWindows1252(t *testing.T) {
	polish := charset{enc: charmap.Windows1250, name: "windows-1250"}
	if got := polish.earlierText("Paweł"); got != "Pawe³" {
		t.Errorf("%q is looked up", got)
	}
	if got := (charset{}).earlierText("Paweł"); got != "Paweł" {
		t.Errorf("UTF-8 was read as it is, and %q is looked up", got)
	}
}

// TestEarlierReadingsAreRepeatedOnlyWhereTheyAreAskedFor reads a sheet in both ways.
func TestEarlierReadingsAreRepeatedOnlyWhereTheyAreAskedFor(t *testing.T) {
	const sheet = "name,city\nPawe\xb3,Krak\xf3w\nMa\xb3gorzata,Zielona G\xf3ra\nAnna,Gda\xf1sk\n"
	for _, asked := range []bool{false, true} {
		r, err := OpenReader("rows.csv", strings.NewReader(sheet), Options{Encoding: "windows-1250", Earlier: asked})
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if err != nil || row.Cells[0] != "Paweł" {
			t.Fatalf("%q, %v", row.Cells, err)
		}
		if asked != (row.Earlier != nil) || asked && (row.Earlier[0] != "Pawe³" || row.Earlier[1] != "Kraków") {
			t.Errorf("asked for: %v, read: %q", asked, row.Earlier)
		}
	}
}
