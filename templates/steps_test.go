package templates_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// chainOfThree is a template of three steps.
const chainOfThree = `{"name": "base", "operation": "samsar/text-to-video", "request": {"prompt": "Autumn", "duration": 30},
 "then": [
  {"name": "spoken", "when": "language != \"en\"", "operation": "samsar/translate", "request": {"videoSessionId": "{previous.job}", "language": "{language}"}},
  {"name": "outro", "operation": "samsar/add-outro", "request": {"videoSessionId": "{previous.job}", "title": "For {first_name}, after {base.video_url}"}}]}`

func TestAChainIsRead(t *testing.T) {
	parsed, found := templates.Parse("t.json", []byte(chainOfThree), nil)
	if len(found) > 0 {
		t.Fatal(found)
	}
	program, found := parsed.Compile()
	if len(found) > 0 {
		t.Fatal(found)
	}
	if program.Template().Step != "outro" || len(program.Earlier) != 2 || program.Earlier[1].Template().Operation != "samsar/translate" {
		t.Fatalf("the program is of %q, after %d", program.Template().Step, len(program.Earlier))
	}
	var names []string
	for _, v := range parsed.Variables {
		names = append(names, v.Name)
	}
	if !slices.Equal(names, []string{"language", "first_name"}) {
		t.Fatal(names)
	}
	for step, want := range [][]int{nil, {0}, {1}} {
		if got := parsed.Steps()[step].Reads(); !slices.Equal(got, want) {
			t.Errorf("step %d reads %v, want %v", step, got, want)
		}
	}
	// A cell that looks like a hole stays a text: it is never filled.
	var row, earlier templates.Rendered
	program.Row([]string{"de", "{base.job}"}, &row)
	want := `{"videoSessionId":"","title":"For {base.job}, after "}`
	if string(row.Body) != want {
		t.Errorf("the request is %s, want %s", row.Body, want)
	}
	at := func(text string) int { return strings.Index(want, text) + len(text) }
	if !slices.Equal(row.Holes, []templates.HoleAt{{Hole: templates.Hole{Step: -1, Field: "job"}, At: at(`Id":"`)}, {Hole: templates.Hole{Field: "video_url"}, At: at("after ")}}) {
		t.Errorf("the holes are %v", row.Holes)
	}
	program.Earlier[1].Again(&row, &earlier)
	if got := string(earlier.Body); got != `{"videoSessionId":"","language":"de"}` {
		t.Error(got)
	}
	for language, want := range map[string]bool{"en": false, "de": true} {
		if made, p := program.Earlier[1].Template().When.Keep([]string{language, "Ada"}); made != want || p != nil {
			t.Errorf("for %q the step is made: %v, %v", language, made, p)
		}
	}
}

func TestBadChains(t *testing.T) {
	then := func(steps string) string {
		return `{"name": "base", "operation": "samsar/clone", "request": {"id": "{session}"}, "then": [` + steps + `]}`
	}
	last := `{"name": "end", "operation": "samsar/clone", "request": {"id": "{previous.job}"}}`
	for name, c := range map[string]struct{ text, code, says string }{
		"two of one name":       {then(strings.Replace(last, `"end"`, `"base"`, 1)), "TPL-STEP-NAME", `two steps are called "base"`},
		"no name":               {`{"operation": "samsar/clone", "request": {}, "then": [` + last + `]}`, "TPL-STEP-NAME", "step 1 of the chain has no name"},
		"called previous":       {then(strings.Replace(last, `"end"`, `"previous"`, 1)), "TPL-STEP-NAME", "cannot be called"},
		"another service":       {then(strings.Replace(last, "samsar/", "kensa/", 1)), "TPL-STEP-SERVICE", `one of "kensa"`},
		"a condition at last":   {then(strings.Replace(last, `"name"`, `"when": "true", "name"`, 1)), "TPL-STEP-LAST", `has "when"`},
		"shared at last":        {then(strings.Replace(last, `"name"`, `"shared": false, "name"`, 1)), "TPL-STEP-LAST", `has "shared"`},
		"shared alone":          {`{"operation": "samsar/clone", "request": {}, "shared": false}`, "TPL-STEP-LAST", `has "shared"`},
		"no truth value":        {then(strings.Replace(last, `"name"`, `"when": "session + \"x\"", "name"`, 1) + "," + strings.Replace(last, "end", "end2", 1)), "TPL-STEP-WHEN", "when:"},
		"an unknown variable":   {then(strings.Replace(last, `"name"`, `"when": "sesion == \"x\"", "name"`, 1) + "," + strings.Replace(last, "end", "end2", 1)), "TPL-STEP-WHEN", "sesion"},
		"a later step":          {then(strings.Replace(last, "previous", "late", 1) + `,{"name": "late", "operation": "samsar/clone", "request": {}}`), "TPL-STEP-HOLE", "does not come before"},
		"itself":                {then(strings.Replace(last, "previous", "end", 1)), "TPL-STEP-HOLE", "does not come before"},
		"an unknown step":       {then(strings.Replace(last, "previous", "bsae", 1)), "TPL-STEP-HOLE", "a step that there is not"},
		"an unknown field":      {then(strings.Replace(last, "previous.job", "base.jobs", 1)), "TPL-STEP-HOLE", `asks for "jobs"`},
		"none before the first": {`{"operation": "samsar/clone", "request": {"id": "{previous.job}"}}`, "TPL-STEP-HOLE", "none comes before"},
		"nine steps":            {then(strings.Repeat(last+",", 7) + last), "TPL-STEP-MANY", "has 9 steps"},
	} {
		t.Run(name, func(t *testing.T) {
			_, found := templates.Parse("t.json", []byte(c.text), nil)
			i := slices.IndexFunc(found, func(p problem.Problem) bool { return p.Code == c.code && strings.Contains(p.Message, c.says) })
			if i < 0 {
				t.Fatalf("no %s with %q in %v", c.code, c.says, found)
			}
			if p := found[i]; p.Hint == "" || p.Line == 0 {
				t.Errorf("without a cure or a place: %+v", p)
			}
		})
	}
}
