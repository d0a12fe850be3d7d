package templates_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/templates"
)

// spokenTemplate has a name that is spoken and shown, with a member of its declaration.
func spokenTemplate(say string) string {
	return `{"operation": "colossyan/video-job", "language": "en",
 "variables": {"first_name": {"type": "string", "say": ` + say + `}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "text": "Hello {first_name}, welcome."},
  {"type": "text", "text": "{first_name}"}]}]}}}`
}

func readSay(path string) ([]byte, error) {
	if path == "say.csv" {
		return []byte("\ufeffwritten,spoken\nNgọc,Nyop\n\"Siobhán\",Shivawn\n"), nil
	}
	if path == "bad.csv" {
		return []byte("name,said\nx,y\n"), nil
	}
	return nil, errors.New("no such file or directory")
}

func TestScriptsHaveTheSpokenForm(t *testing.T) {
	columns := []string{"Name", "Sounds like"}
	for _, tt := range []struct{ say, written, cell, script string }{
		{`"Sounds like"`, "Siobhán", "Shivawn", "Hello Shivawn, welcome."},
		{`"sounds_like"`, "Siobhán", " Shivawn ", "Hello Shivawn, welcome."},
		{`"Sounds like"`, "Ada", "", "Hello Ada, welcome."},
		{`{"file": "say.csv"}`, "Ngọc", "", "Hello Nyop, welcome."},
		{`{"file": "say.csv"}`, "SIOBHÁN", "", "Hello Shivawn, welcome."},
		{`{"file": "say.csv"}`, "Ada", "", "Hello Ada, welcome."},
		{`"Sounds like"`, "Ada", `A "d" a`, `Hello A \"d\" a, welcome.`},
	} {
		p := compile(t, spokenTemplate(tt.say))
		sayings, problems := templates.NewSayings(p.Template(), columns, readSay)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		values, cells := []string{tt.written}, []string{tt.written, tt.cell}
		var out templates.Rendered
		p.RowSaying(values, sayings.Row(values, cells, nil), &out)
		body := string(out.Body)
		if !strings.Contains(body, `"text":"`+tt.script+`"`) || !strings.Contains(body, `"text":"`+tt.written+`"`) {
			t.Errorf("%s: %s", tt.say, body)
		}
	}
}

// TestTheSpokenFormDecidesTheLength: what is said takes its time, not what is written.
func TestTheSpokenFormDecidesTheLength(t *testing.T) {
	p := compile(t, spokenTemplate(`"Sounds like"`))
	var short, long templates.Rendered
	p.RowSaying([]string{"Ng"}, []string{"Ng"}, &short)
	p.RowSaying([]string{"Ng"}, []string{strings.Repeat("a very long form of the name ", 6)}, &long)
	if long.Seconds.Likely < short.Seconds.Likely+3 {
		t.Errorf("%v and %v", short.Seconds, long.Seconds)
	}
}

func TestSpokenFormsThatAreNotFound(t *testing.T) {
	for say, want := range map[string]string{
		`"Sound"`:              `TPL-SAY: the sheet has no column "Sound" with the spoken form of "first_name"`,
		`{"file": "gone.csv"}`: `TPL-SAY: the list "gone.csv" of "first_name" cannot be read: no such file or directory`,
		`{"file": "bad.csv"}`:  `TPL-SAY: the list "bad.csv" of "first_name" cannot be read: its header has not both written and spoken`,
	} {
		p := compile(t, spokenTemplate(say))
		if _, problems := templates.NewSayings(p.Template(), []string{"Name", "Sounds like"}, readSay); len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v", say, problems)
		}
	}
	saved := compile(t, fmt.Sprintf(`{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"first_name": {"type": "string", "say": "Sounds like"}},
	 "videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"tracks": [
	 {"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Hello {first_name}."}, {"type": "text", "text": "%s"}]}]}}`, "{first_name}"))
	if _, problems := templates.NewSayings(saved.Template(), []string{"Sounds like"}, readSay); len(problems) != 1 || !strings.Contains(problems[0].Message, "both spoken and shown") {
		t.Error(problems)
	}
}
