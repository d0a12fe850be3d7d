package templates_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

const greeting = `{"operation": "colossyan/video-job",
 "variables": {
  "first_name": {"type": "string", "optional": true},
  "city": {"type": "string", "default": "your city"},
  "order": {"type": "string", "spoken": true},
  "note": {"type": "string", "optional": true}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Hi {first_name}, greetings to {city}. Order {order} {note} is on its way."}]}]}}}`

func TestAdvice(t *testing.T) {
	tpl, problems := templates.Parse("greeting.json", []byte(greeting), operations())
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	a := templates.NewAdvisor(tpl)
	tests := []struct {
		name string
		row  []string
		want []string
	}{
		{"a good row", []string{"Ada", "Köln", "A12", "blue"}, nil},
		{"names that look odd and are right", []string{"McDonald", "s'Hertogenbosch", "order", ""}, nil},
		{"initials", []string{"AJ", "LA", "A1", ""}, nil},
		{"nobody", []string{"", "Köln", "A12", ""}, []string{`VAR-GAP first_name "first_name" is empty, and the video says "Hi , greetings to"`}},
		{"a default fills the gap", []string{"Ada", "", "A12", ""}, nil},
		{"capitals", []string{"ADA LOVELACE", "Köln", "A12", ""}, []string{`VAR-CAPITALS first_name "first_name" is "ADA LOVELACE", all in one case`}},
		{"no capitals", []string{"Ada", "köln", "A12", ""}, []string{`VAR-CAPITALS city "city" is "köln", all in one case`}},
		{"spaces", []string{"Ada\u00a0", "Köln", "A12", ""}, []string{`VAR-SPACES first_name "first_name" has spaces around it that will show`}},
		{"two spaces", []string{"Ada  L.", "Köln", "A12", ""}, []string{`VAR-SPACES first_name "first_name" has two spaces inside it that will show`}},
		{"filler", []string{"N/A", "<<City>>", "A12", ""}, []string{
			`VAR-FILLER first_name "first_name" is "N/A", which looks like a gap in the data`,
			`VAR-FILLER city "city" is "<<City>>", which looks like a gap in the data`}},
		{"a long number", []string{"Ada", "Köln", "0401234567", ""}, []string{`VAR-DIGITS order "order" is spoken and has a long number, which a voice reads as one`}},
		{"an abbreviation", []string{"Ada", "Köln", "Main Str. 5", ""}, []string{`VAR-ABBREVIATION order "order" is spoken and has the abbreviation "Str."`}},
		{"a short row", []string{"Ada"}, nil},
	}
	for _, tt := range tests {
		var got []string
		for _, p := range a.Row(tt.row) {
			got = append(got, fmt.Sprintf("%s %s %s", p.Code, p.Variable, p.Message))
			if p.Severity != problem.Warning || p.Hint == "" {
				t.Errorf("%s: advice never refuses a row, and says what to do: %+v", tt.name, p)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestAGapIsShownInWholeWords: a text that is cut inside a word looks damaged itself.
func TestAGapIsShownInWholeWords(t *testing.T) {
	tpl, problems := templates.Parse("t.json", []byte(`{"operation": "x/y", "request": {"text": "We wrote to every single customer of ours. How is life in {city}? We have not heard from you for such a long time."}, "variables": {"city": {}}}`), nil)
	if tpl == nil {
		t.Fatal(problems)
	}
	found := templates.NewAdvisor(tpl).Row([]string{""})
	const want = `"city" is empty, and the video says "… of ours. How is life in ? We have not heard from you …"`
	if len(found) != 1 || found[0].Message != want || found[0].Setting != (problem.Setting{Key: "default", Value: "your city"}) {
		t.Errorf("%+v, want %s", found, want)
	}
	tpl, _ = templates.Parse("t.json", []byte(`{"operation": "x/y", "request": {"text": "Dear {first_name}, hello."}, "variables": {"first_name": {}}}`), nil)
	if found = templates.NewAdvisor(tpl).Row([]string{""}); len(found) != 1 || found[0].Setting.Value != "there" {
		t.Errorf("%+v: a greeting goes without a name", found)
	}
}

// spokenName has a name that a voice says.
const spokenName = `{"operation": "colossyan/video-job", "variables": {"name": {"type": "string", "spoken": true}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Hi {name}."}]}]}}}`

func TestSpokenNamesThatAVoiceStumblesOver(t *testing.T) {
	a := templates.NewAdvisor(compile(t, spokenName).Template())
	for name, want := range map[string]string{
		"J. R. Tolkien": "VAR-INITIALS", "Mary-J. Blige": "VAR-INITIALS", "Anna B": "", "R2D2": "VAR-DIGITS", "Ada 2": "VAR-DIGITS",
		"ADA LOVELACE": "VAR-CAPITALS", "Ada Lovelace": "", "Jr. Smith": "", "O. Ö.": "VAR-INITIALS", "Élodie": "", "Ü. Yılmaz": "VAR-INITIALS",
	} {
		got := ""
		if found := a.Row([]string{name}); len(found) > 0 {
			got = found[0].Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestRealNamesGiveNoAlarm takes 10,000 names of twenty languages, see names.mjs.
func TestRealNamesGiveNoAlarm(t *testing.T) {
	data, err := os.ReadFile("testdata/names/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(names) != 10_000 {
		t.Fatalf("%d names", len(names))
	}
	a := templates.NewAdvisor(compile(t, spokenName).Template())
	for _, name := range names {
		for _, p := range a.Row([]string{name}) {
			t.Errorf("%s: %s", name, p)
		}
	}
}
