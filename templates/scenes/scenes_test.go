package scenes_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/templates"
)

// operations are those whose templates have scenes.
func operations() templates.Operations {
	return reelmerge.Operations([]providers.Service{colossyan.Service()})
}

// compile parses and compiles a document that must have no errors.
func compile(t testing.TB, doc string) *templates.Program {
	t.Helper()
	p, problems := tryCompile(doc)
	if p == nil {
		t.Fatalf("compile: %v", problems)
	}
	return p
}

// tryCompile gives all problems of a document, of Parse and of Compile.
func tryCompile(doc string) (*templates.Program, problem.List) {
	tpl, problems := templates.Parse("t.json", []byte(doc), operations())
	if tpl == nil {
		return nil, problems
	}
	p, more := tpl.Compile()
	return p, append(problems, more...)
}

func codes(problems problem.List) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return out
}

func TestTemplatesLackNothingOfTheirKind(t *testing.T) {
	job := func(variables, creative string) string {
		return `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":` + variables + creative + `}`
	}
	creative := func(tracks ...string) string {
		return `,"videoCreative":{"settings":{"videoSize":{"width":1920,"height":1080}},"scenes":[` + scene(`"duration":60000,`, tracks...) + `]}`
	}
	for _, tc := range []struct{ name, doc, want string }{
		{"duplicate keys in an export", `{"videoCreative":{"scenes":[],"scenes":[]}}`, "COL-V8"},
		{"no template id", `{"operation":"colossyan/template-job","request":{},"variables":{}}`, "TPL-NO-ID"},
		{"nothing about the variables", `{"operation":"colossyan/template-job","request":{"templateJobId":"x"}}`, "TPL-NO-VARIABLES"},
		{"variables of its own", `{"operation":"colossyan/template-job","request":{"templateJobId":"x","dynamicVariables":{}},"variables":{}}`, "TPL-DYNAMIC-VARIABLES"},
		{"variables inside the scenes", `{"videoCreative":{"settings":{"videoSize":{"width":1,"height":1}},"dynamicVariables":{},"scenes":[]}}`, "COL-V11 TPL-SCHEMA"},
		{"scenes beside the request", `{"operation":"colossyan/video-job","videoCreative":{}}`, "TPL-SHAPE"},
		{"no scenes", `{"operation":"colossyan/video-job","request":{}}`, "TPL-SCHEMA"},
		{"no video size", `{"videoCreative":{"scenes":[` + scene("", actor) + `]}}`, "TPL-SCHEMA"},
		{"an undeclared placeholder", job(`{"name":{}}`, creative(speaks("{Name} {name}"))), "TPL-UNDECLARED COL-T22"},
		{"an unused variable", job(`{"name":{},"x":{}}`, creative(with(speaks("{name}"), `"variant":"bubble"`))), "TPL-UNUSED COL-T22"},
		{"a name with spaces in a script", job(`{}`, creative(speaks("Hi {first name}"))), "COL-V2"},
		{"a lonely brace", job(`{}`, creative(speaks("Hi } there"))), "COL-V2"},
		{"braces outside scripts", job(`{}`, creative(with(actor, `"view":"{ x }"`))), "COL-V2"},
		{"a variable in a URL", job(`{"u":{}}`, creative(strings.Replace(imageGaps, "/i.jpg", "/{u}.jpg", 1))), "COL-V3"},
		{"a variable as voice", job(`{"u":{}}`, creative(strings.Replace(actor, "en-GB-RyanNeural", "{u}", 1))), "COL-V3"},
		{"a variable in a text element", job(`{"u":{}}`, creative(`{"type":"text","content":"{u}","duration":1000}`)), ""},
	} {
		_, problems := tryCompile(tc.doc)
		if got := strings.Join(codes(problems), " "); got != tc.want {
			t.Errorf("%s: %s, want %s\n%v", tc.name, got, tc.want, problems)
		}
		for _, p := range problems {
			if p.Message == "" || p.Hint == "" || p.Line == 0 || p.Character == 0 {
				t.Errorf("%s: no place, message or hint: %+v", tc.name, p)
			}
		}
	}
}

func TestProblemsNameTheirPlace(t *testing.T) {
	_, problems := tryCompile("{\n \"operation\": \"colossyan/video-job\",\n \"request\": {\"videoCreative\": {\"settings\": {\"videoSize\": {\"width\": 1, \"height\": 1}}, \"scenes\": [\n  {\"tracks\": [\n   {\"type\": \"image\", \"imageUrl\": \"x\"}]}]}}}")
	if len(problems) != 2 || problems[1].Pointer != "/request/videoCreative/scenes/0/tracks/0" || problems[1].Line != 5 || problems[1].Character != 4 {
		t.Errorf("%+v", problems)
	}
}

func TestBareExportIsAVideoJob(t *testing.T) {
	doc := `{"videoCreative":{"settings":{"name":"x","videoSize":{"width":1920,"height":1080}},"scenes":[` + scene("", speaks("Hi {b} and {a}, {b}")) + `]}}`
	tpl, problems := templates.Parse("export.json", []byte(doc), operations())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if tpl.Operation != "colossyan/video-job" || tpl.Declared {
		t.Errorf("%+v", tpl)
	}
	var names []string
	for _, v := range tpl.Variables {
		names = append(names, v.Name)
		if !v.Spoken || !v.Required || v.Type != "string" {
			t.Errorf("%+v", v)
		}
	}
	if diff := cmp.Diff([]string{"b", "a"}, names); diff != "" {
		t.Error(diff)
	}
	if use := tpl.Variables[0].Uses; len(use) != 2 || use[0].Pointer != "/videoCreative/scenes/0/tracks/0/text" || use[0].Scene != 0 || use[0].Whole {
		t.Errorf("%+v", use)
	}
	p, _ := tpl.Compile()
	var out templates.Rendered
	p.Row([]string{"B", "A"}, &out)
	if want := strings.NewReplacer("{b}", "B", "{a}", "A").Replace(doc); string(out.Body) != want {
		t.Errorf("%s\nwant %s", out.Body, want)
	}
}

func TestDescriptionSaysWhereVariablesStandAndWhyScenesLast(t *testing.T) {
	doc := videoJob(scene(`"name":"hello","intrinsicDurationTrackReference":"speech",`, strings.Replace(lead, "Ada", "{name}", 1), imageGaps), scene(`"duration":5000,`, with(image, `"startTimeGap":1000,"endTimeGap":2000`)))
	p := compile(t, doc)
	d := p.Describe([]string{"Ada"}, nil)
	if len(d.Scenes) != 2 || d.Scenes[0].Rule != "reference" || d.Scenes[1].Rule != "duration" || !d.Scenes[0].Varies || d.Scenes[1].Varies {
		t.Fatalf("%+v", d.Scenes)
	}
	if got := d.Scenes[1].Tracks[0]; got.Rule != "gaps" || got.Start.Likely != 1 || got.End.Likely != 3 {
		t.Errorf("%+v %+v %+v", got, got.Start, got.End)
	}
	if !d.Scenes[0].Tracks[0].Leads || d.Scenes[0].Tracks[1].End.Likely != d.Scenes[0].Seconds.Likely {
		t.Errorf("%+v", d.Scenes[0].Tracks)
	}
	if diff := cmp.Diff([]string{`scene 1 ("hello"): text`}, d.Variables[0].Where); diff != "" {
		t.Error(diff)
	}
	if d.Seconds == nil || d.Seconds.Likely != d.Scenes[0].Seconds.Likely+5 {
		t.Errorf("%+v", d.Seconds)
	}
}
