package numfmt_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// TestTheTableOfLanguagesIsWhole looks at every line.
func TestTheTableOfLanguagesIsWhole(t *testing.T) {
	list := numfmt.Languages()
	if len(list) < 400 {
		t.Fatalf("only %d languages", len(list))
	}
	for _, l := range list {
		for code, want := range map[string]int{"mmmm": 12, "mmm": 12, "dddd": 7, "ddd": 7, "AM/PM": 2} {
			if n := len(l.Names[code]); n != want || slices.Contains(l.Names[code], "") {
				t.Errorf("%04X: %s has %q", l.ID, code, l.Names[code])
			}
		}
	}
	for name, id := range map[string]uint16{"de-de": 0x407, "ja-jp": 0x411, "zh-cn": 0x804, "pt-br": 0x416, "sr-cyrl-rs": 0x281A, "nb-no": 0x414, "th-th": 0x41E, "he-il": 0x40D} {
		if got := numfmt.LanguageNamed(name); got != id {
			t.Errorf("%s is %04X, want %04X", name, got, id)
		}
	}
}

// TestNamesAreThoseOfTheirSource holds the table to excelize, but for the names
// that are known to be otherwise.
func TestNamesAreThoseOfTheirSource(t *testing.T) {
	otherwise := map[string]*regexp.Regexp{
		"LibreOffice and Unicode have ก.พ., มี.ค., เม.ย., มิ.ย.": regexp.MustCompile(`^001E mmm|^041E mmm`),
		"the E in front of tammikuu is a slip":                   regexp.MustCompile(`^0[04]0B mmmm`),
		"Excel writes Armenian months in small letters":          regexp.MustCompile(`^0[04]2B mmmm`),
		"Excel keeps AM and PM in Tamil and Marathi":             regexp.MustCompile(`^0[048](49|4E) AM`),
		"Excel writes पू in Hindi":                               regexp.MustCompile(`^0[04]39 AM`),
		"Turkish has ÖÖ and ÖS":                                  regexp.MustCompile(`^0[04]1F AM`),
	}
	used := map[string]bool{}
	same := 0
	for _, l := range numfmt.Languages() {
		x := &theirs{l.ID, excelize.NewFile(), map[string]int{}}
		for code, names := range l.Names {
			for i, name := range names {
				if name == "?" {
					continue
				}
				theirs := x.name(t, code, i)
				at := fmt.Sprintf("%04X %s", l.ID, code)
				why := explanation(otherwise, at)
				switch {
				case name == theirs:
					same++
				case why != "":
					used[why] = true
				default:
					t.Errorf("%s: %q, excelize has %q", at, name, theirs)
				}
			}
		}
	}
	if len(used) != len(otherwise) || same < 10_000 {
		t.Errorf("%d names are the same; exceptions needed: %v", same, used)
	}
}

// theirs asks excelize for names of one language.
type theirs struct {
	id     uint16
	file   *excelize.File
	styles map[string]int
}

// name returns a name as excelize has it.
func (x *theirs) name(t *testing.T, code string, i int) string {
	t.Helper()
	value := 46036 + 30.5*float64(i) // in the middle of each month of 2026
	switch code {
	case "dddd", "ddd":
		value = 46026 + float64(i) // from a Sunday on
	case "AM/PM":
		value, code = 0.25+float64(i)/2, "h AM/PM"
	}
	style, ok := x.styles[code]
	var err error
	if !ok {
		full := fmt.Sprintf("[$-%X]%s", x.id, code)
		style, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &full})
		x.styles[code] = style
	}
	err = errors.Join(err, x.file.SetCellStyle("Sheet1", "A1", "A1", style), x.file.SetCellFloat("Sheet1", "A1", value, -1, 64))
	s, err2 := x.file.GetCellValue("Sheet1", "A1")
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "6 "))
}
