package stylesheet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/internal/stylesheet"
)

// lists are all lists of a stylesheet, each with an entry of its own.
func lists() map[string]string {
	return map[string]string{
		"fonts":        `<fonts count="1"><font><sz val="7"/></font></fonts>`,
		"fills":        `<fills count="1"><fill><patternFill patternType="solid"><fgColor rgb="FF00FF00"/></patternFill></fill></fills>`,
		"borders":      `<borders count="1"><border><left/></border></borders>`,
		"cellStyleXfs": `<cellStyleXfs count="1"><xf/></cellStyleXfs>`,
		"cellXfs":      `<cellXfs count="1"><xf fontId="0"/></cellXfs>`,
	}
}

func sheet(lists ...string) []byte {
	return []byte(`<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + strings.Join(lists, "") + `</x:styleSheet>`)
}

// stranges are stylesheets that miss a list, have an empty one, or lie about a length.
func stranges() map[string][]byte {
	all := map[string][]byte{"none": sheet()}
	for gone := range lists() {
		var rest []string
		for name, text := range lists() {
			if name != gone {
				rest = append(rest, text)
			}
		}
		all["without "+gone] = sheet(rest...)
		all["empty "+gone] = sheet(append(rest, "<"+gone+" count=\"9\"/>")...)
		all["alone "+gone] = sheet(lists()[gone])
		all["miscounted "+gone] = sheet(append(rest, strings.Replace(lists()[gone], `count="1"`, `count="40"`, 1))...)
		all["uncounted "+gone] = sheet(append(rest, strings.Replace(lists()[gone], ` count="1"`, "", 1))...)
	}
	return all
}

// TestAnyStylesheetTakesFormats adds formats to stylesheets that miss a list, have an
// empty one, or lie about a length: each format reads back as it was asked for, and
// plain cells keep theirs.
func TestAnyStylesheetTakesFormats(t *testing.T) {
	for name, part := range stranges() {
		f := excelize.NewFile()
		if err := stylesheet.Read(f, part); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		plain, err := f.GetStyle(0)
		if err != nil {
			t.Errorf("%s: plain cells: %v", name, err)
		}
		id, err := f.NewStyle(&excelize.Style{
			Font: &excelize.Font{Bold: true, Color: "0563C1"}, Border: []excelize.Border{{Type: "left", Color: "000000", Style: 1}},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E2F0D9"}},
		})
		if err != nil || id == 0 {
			t.Errorf("%s: format %d: %v", name, id, err)
			continue
		}
		got, err := f.GetStyle(id)
		if err != nil || got.Font == nil || !got.Font.Bold || fmt.Sprint(got.Fill.Color) != "[E2F0D9]" || len(got.Border) != 1 {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if again, err := f.GetStyle(0); err != nil || fmt.Sprint(again.Fill) != fmt.Sprint(plain.Fill) || again.Font != nil && again.Font.Bold {
			t.Errorf("%s: plain cells were %+v and are %+v, %v", name, plain, again, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestABrokenStylesheetIsAnError(t *testing.T) {
	for _, text := range []string{"", "<styleSheet", `<styleSheet xmlns="http://elsewhere.example"/>`, `<fonts/>`} {
		if err := stylesheet.Read(excelize.NewFile(), []byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
