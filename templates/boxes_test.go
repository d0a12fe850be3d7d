package templates_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gobold"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// boxed is a template with one box, of these members.
func boxed(members string) string {
	return fmt.Sprintf(`{"operation": "colossyan/video-job", "boxes": [{%s}],
 "variables": {"first_name": {"type": "string"}, "city": {"type": "string", "optional": true}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Hi {first_name} of {city}."},
  {"type": "text", "text": "Hello {first_name}!", "position": {"x": 0, "y": 0}, "size": {"width": 700, "height": 80}}]}]}}}`, members)
}

// readFonts has one good font, one that is none, and one that cannot be read.
func readFonts(path string) ([]byte, error) {
	switch path {
	case "bold.ttf":
		return gobold.TTF, nil
	case "note.ttf":
		return []byte("this is no font"), nil
	case "cut.ttf":
		return gobold.TTF[:2000], nil
	}
	return nil, &fs.PathError{Op: "open", Path: "/secret/" + path, Err: errors.New("no such file or directory")}
}

func boxes(t *testing.T, members string) (*templates.Boxes, problem.List) {
	t.Helper()
	tpl, problems := templates.Parse("greeting.json", []byte(boxed(members)), operations())
	if tpl == nil || problems.HasErrors() {
		t.Fatal(problems)
	}
	return templates.NewBoxes(tpl, readFonts)
}

func TestRowsAreHeldToBoxes(t *testing.T) {
	const usual = `"name": "headline", "text": "Hello {first_name} from {city}!", "width": 700, "height": 80, "font": "bold.ttf", "size": 64`
	for _, tt := range []struct {
		name, members string
		row           []string
		want          []string
	}{
		{"a text that fits", usual, []string{"Ada", "Bonn"}, nil},
		{"two lines where one fits", usual, []string{"Bartholomew", "Bonn"}, []string{
			`FIT-TALL first_name: "headline": the text has 2 lines, and the box has room for 1; shorten the value to about 4 characters, such as "Bart", or make the box larger`}},
		{"a word wider than the box", usual, []string{"Ada", "Llanfairpwllgwyngyllgogerychwyrndrobwll"}, []string{
			`FIT-WIDE city: "headline": the word "Llanfairpwllgwyngyllgogerychwyrndrobwll!" is 626 px wider than the box, which has 700 px; shorten the value to about 6 characters, such as "Llanfa", or make the box larger`}},
		{"it may be sent, and is told", usual + `, "overflow": "warn"`, []string{"Bartholomew", "Bonn"}, []string{
			`warning FIT-TALL first_name: "headline": the text has 2 lines, and the box has room for 1; shorten the value to about 4 characters, such as "Bart", or make the box larger`}},
		{"a sign that the font lacks", usual, []string{"Ada", "東京"}, []string{
			`warning FIT-UNKNOWN city: "headline": the font has no '東' of its own, so whether the text fits is not known; look at this row in the storyboard: reelmerge preview`}},
		{"capitals are wider", usual + `, "transform": "uppercase"`, []string{"Giulia", "Ulm"}, []string{
			`FIT-TALL first_name: "headline": the text has 2 lines, and the box has room for 1; shorten the value to about 2 characters, such as "Gi", or make the box larger`}},
		{"a fixed text that is too long by itself", `"name": "h", "text": "A long greeting to everybody: {first_name}", "width": 300, "height": 80, "font": "bold.ttf", "size": 64`, []string{"A", ""}, []string{
			`FIT-WIDE first_name: "h": the word "everybody:" is 41 px wider than the box, which has 300 px; the text does not fit without this value either: make the box larger, the font smaller, or the text of the template shorter`}},
		{"text and size of a track", `"name": "title", "track": "/scenes/0/tracks/1", "font": "bold.ttf", "size": 64`, []string{"Bartholomew Alexander", ""}, []string{
			`FIT-TALL first_name: "title": the text has 2 lines, and the box has room for 1; shorten the value to about 14 characters, such as "Bartholomew Al", or make the box larger`}},
		{"an explicit line break", usual, []string{"A\nB", ""}, []string{
			`FIT-TALL first_name: "headline": the text has 2 lines, and the box has room for 1; shorten the value to about 1 character, such as "A", or make the box larger`}},
		{"a text of 100 kB", usual, []string{strings.Repeat("many words ", 9_000), ""}, []string{
			`FIT-TALL first_name: "headline": the text has 1,212 lines, and the box has room for 1; shorten the value to about 8 characters, such as "many wor", or make the box larger`}},
	} {
		all, problems := boxes(t, tt.members)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", tt.name, problems)
		}
		var got []string
		for _, p := range all.Measurer().Row(tt.row) {
			text := fmt.Sprintf("%s %s: %s; %s", p.Code, p.Variable, p.Message, p.Hint)
			if !p.IsError() {
				text = "warning " + text
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFaultsOfBoxes(t *testing.T) {
	for members, want := range map[string]string{
		`"name": "b", "text": "x", "width": 700, "height": 80, "size": 64`:                                         `greeting.json:1: warning: FIT-UNKNOWN: the box "b" has no font or no size of it, so whether texts fit is not known`,
		`"name": "b", "text": "x", "width": 700, "height": 80, "font": "bold.ttf"`:                                 `greeting.json:1: warning: FIT-UNKNOWN: the box "b" has no font or no size of it, so whether texts fit is not known`,
		`"name": "b", "text": "x", "width": 700, "height": 80, "font": "note.ttf", "size": 9`:                      `greeting.json:1: FIT-FONT: the box "b": the font "note.ttf" cannot be used: it is no TTF, OTF, TTC or WOFF2 font`,
		`"name": "b", "text": "x", "width": 700, "height": 80, "font": "cut.ttf", "size": 9`:                       `greeting.json:1: FIT-FONT: the box "b": the font "cut.ttf" cannot be used: the font is damaged`,
		`"name": "b", "text": "x", "width": 700, "height": 80, "font": "gone.ttf", "size": 9`:                      `greeting.json:1: FIT-FONT: the box "b": the font "gone.ttf" cannot be used: no such file or directory`,
		`"name": "b", "text": "x", "width": 700, "height": 80, "font": "bold.ttf", "face": 1, "size": 9`:           `greeting.json:1: FIT-FONT: the box "b": the font "bold.ttf" cannot be used: it has no face 1; they are counted from 0 to 0`,
		`"name": "b", "text": "x", "font": "bold.ttf", "size": 64`:                                                 `greeting.json:1: FIT-BOX: the box "b" has no size`,
		`"name": "b", "width": 700, "height": 80`:                                                                  `greeting.json:1: FIT-BOX: the box "b" has no text`,
		`"name": "b", "text": "{firstname}", "width": 700, "height": 80`:                                           `greeting.json:1: FIT-BOX: "{firstname}" in a box is no variable of the template`,
		`"name": "b", "track": "/scenes/0/tracks/7", "width": 700, "height": 80`:                                   `greeting.json:1: FIT-BOX: the box "b": there is no track at "/scenes/0/tracks/7"`,
		`"name": "b", "track": "/", "width": 700, "height": 80`:                                                    `greeting.json:1: FIT-BOX: the box "b": there is no track at "/"`,
		`"name": "b", "text": "Welcome to all of you", "width": 300, "height": 80, "font": "bold.ttf", "size": 64`: `greeting.json:1: FIT-TALL: "b": the text has 3 lines, and the box has room for 1`,
	} {
		_, problems := boxes(t, members)
		var got string
		if len(problems) == 1 {
			got = problems[0].String()
		}
		if got != want {
			t.Errorf("%s:\n got %q\nwant %q", members, problems.Error(), want)
		}
	}
	if _, problems := boxes(t, `"name": "b", "text": "x", "width": 7, "height": 8, "size": 0.1, "font": "bold.ttf"}, {"name": "b", "text": "y", "width": 7, "height": 8`); len(problems) != 1 || !strings.Contains(problems[0].Message, "twice") {
		t.Error(problems)
	}
}
