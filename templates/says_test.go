package templates_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/templates"
)

func TestAVideoSaysTheTextsInWhichTheRowStands(t *testing.T) {
	for name, c := range map[string]struct {
		template string
		values   []string
		want     []string
	}{
		"scenes in their order, each text once": {`{"operation": "colossyan/video-job", "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [
			{"name": "one", "tracks": [{"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Hi {name},\n welcome to {city}."}]},
			{"name": "two", "tracks": [{"type": "actor", "actor": "karen", "speakerId": "aria", "text": "Bye {name}."}]}]}}}`,
			[]string{"Zoë {city}", "Köln"}, []string{"Hi Zoë {city}, welcome to Köln.", "Bye Zoë {city}."}},
		"values by name": {`{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {}, "plan": {}, "note": {}}}`,
			[]string{"Ada", "Gold", ""}, []string{"name: Ada", "plan: Gold"}},
		"no text": {`{"operation": "vidgen/job", "request": {"image": "{image}", "audio": "{voice}"}}`, []string{"a.png", "a.wav"}, []string{"image: a.png", "voice: a.wav"}},
	} {
		tpl, problems := templates.Parse("t.json", []byte(c.template), operations())
		if tpl == nil {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(c.want, tpl.Says(c.values)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
