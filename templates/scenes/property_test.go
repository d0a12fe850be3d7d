package scenes_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/templates"
)

// TestARowLastsAsLongAsItsScriptWrittenOut: putting values into a compiled script gives the
// length, and the cut-off warning, of the same script with the values written in.
func TestARowLastsAsLongAsItsScriptWrittenOut(t *testing.T) {
	words := []string{"Hello", "Ada", "12,345.60", "2026-05-31", "€", "SQL", "Dr. Who", "李雷", "Müller,", "{v}", "{w}", "{v}", "18:30", "50%", "and"}
	rapid.Check(t, func(t *rapid.T) {
		script := "Dear " + strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 12).Draw(t, "script"), " ") + " {v} {w} end"
		values := rapid.SliceOfN(rapid.SampledFrom([]string{"Grace", "1,250 points", "Dr. Jansen", "李雷", "a, b", "2026-01-02", "ACME GmbH"}), 2, 2).Draw(t, "values")
		members := rapid.SampledFrom([]string{"", `"duration":2500,`}).Draw(t, "members")
		row := rowOf(t, videoJob(scene(members, speaks(script))), values)
		baked := strings.NewReplacer("{v}", values[0], "{w}", values[1]).Replace(script)
		p, problems := tryCompile(videoJob(scene(members, speaks(baked))))
		if p == nil {
			t.Fatal(problems)
		}
		var out templates.Rendered
		p.Row(nil, &out)
		if diff := out.Seconds.Likely - row.Seconds.Likely; diff > 1e-9 || diff < -1e-9 {
			t.Fatalf("%q: %v written out, %v as a row", baked, out.Seconds, row.Seconds)
		}
		if cut := slices.Contains(codes(problems), "COL-T16"); cut != slices.Contains(codes(row.Problems), "COL-T16") {
			t.Fatalf("%q: cut %v written out, as a row %v", baked, cut, row.Problems)
		}
	})
}

// rowOf renders a document with a value for {v} and one for {w}.
func rowOf(t *rapid.T, doc string, values []string) templates.Rendered {
	p, problems := tryCompile(doc)
	if p == nil {
		t.Fatal(problems)
	}
	row := make([]string, len(p.Template().Variables))
	for i, v := range p.Template().Variables {
		row[i] = values[map[string]int{"v": 0, "w": 1}[v.Name]]
	}
	var out templates.Rendered
	p.Row(row, &out)
	return out
}
func TestManyWorkersShareOneProgram(t *testing.T) {
	p := compile(t, videoJob(scene("", speaks("Hello {name}, {amount}"))))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			var out templates.Rendered
			name := strings.Repeat("A", w+1)
			for range 300 {
				p.Row([]string{name, "€12"}, &out)
				if !strings.Contains(string(out.Body), "Hello "+name+", €12") || len(out.Problems) > 0 {
					t.Errorf("%s: %v", out.Body, out.Problems)
					return
				}
			}
		})
	}
	wg.Wait()
}
