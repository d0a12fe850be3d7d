package templates_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// edit takes the length of each row's film from a variable.
const edit = `{"operation": "samsar/translate", "request": {"videoSessionId": "{session}", "language": "es"},
	"variables": {"session": {"type": "string"}, "film": {"type": "string"%s}},
	"duration": {"base_seconds": "{film}"}}`

// TestALengthComesFromAColumn, to the millisecond; a cell that has none is a problem there.
func TestALengthComesFromAColumn(t *testing.T) {
	p := compile(t, strings.Replace(edit, "%s", `, "optional": true`, 1))
	for cell, want := range map[string]float64{"37.3": 37.3, " 61.25 ": 61.25, "": 0, "1:01": -1, "-4": -1, "0": -1, "90000": -1, "NaN": -1} {
		var out templates.Rendered
		p.Row([]string{"vid_1", cell}, &out)
		i := slices.IndexFunc(out.Problems, func(f problem.Problem) bool { return f.Code == "VAR-SECONDS" && f.Variable == "film" })
		if bad := i >= 0; bad != (want < 0) || out.Seconds.Known != (want > 0) || want > 0 && (out.Seconds.Likely != want || out.Made.Fixed != want) {
			t.Errorf("%q: %+v, problems %v", cell, out.Seconds, out.Problems)
		}
	}
}

// TestAStatedLengthIsANumberOrOnePlaceholder whose variable is declared.
func TestAStatedLengthIsANumberOrOnePlaceholder(t *testing.T) {
	doc := strings.Replace(edit, "%s", "", 1)
	if _, found := tryCompile(doc); len(found) > 0 {
		t.Errorf("as it should be: %v", found)
	}
	for base, code := range map[string]string{`"{film} s"`: "TPL-SHAPE", `"film"`: "TPL-SHAPE", `"{other}"`: "TPL-UNDECLARED", `-1`: "TPL-SHAPE", `"{film}{film}"`: "TPL-SHAPE"} {
		_, found := tryCompile(strings.Replace(doc, `"{film}"`, base, 1))
		if !slices.ContainsFunc(found, func(p problem.Problem) bool { return p.Code == code }) {
			t.Errorf("%s: %v, want %s", base, found, code)
		}
	}
}
