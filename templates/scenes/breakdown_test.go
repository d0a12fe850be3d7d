package scenes_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// says is an actor's track that leads its scene.
func says(voice, text string) string {
	return fmt.Sprintf(`{"type":"actor","referenceId":"lead","actor":"ryan","speakerId":%q,"text":%q,%s}`, voice, text, place)
}

// scenesOf is a video job whose scenes last as long as their actors speak; an empty track
// is a scene of 2.5 seconds.
func scenesOf(tracks ...string) string {
	var scenes []string
	for _, track := range tracks {
		members := `"intrinsicDurationTrackReference":"lead",`
		if track == "" {
			members, track = `"duration":2500,`, imageGaps
		}
		scenes = append(scenes, scene(members, track))
	}
	return videoJob(strings.Join(scenes, ","))
}

// TestALengthIsBrokenDownByWhatAVoiceChanges: fixed seconds apart, each voice with what is
// known of it, and all of it adds up to the likely length.
func TestALengthIsBrokenDownByWhatAVoiceChanges(t *testing.T) {
	p := compile(t, scenesOf("", says("en-GB-RyanNeural", "Hello {name}, welcome."), says("fr-FR-SomebodyNeural", "Bonjour {name}. Merci."), says("en-GB-RyanNeural", "Goodbye.")))
	var out templates.Rendered
	for _, name := range []string{"Ada", "Bartholomew Montgomery", "Ada"} { // the memory is used again
		p.Row([]string{name}, &out)
		if !out.Made.Known || out.Made.Fixed != 2.5 || len(out.Made.Spoken) != 2 {
			t.Fatalf("%+v", out.Made)
		}
		ryan, other := out.Made.Spoken[0], out.Made.Spoken[1]
		if ryan.Voice != "en-GB-RyanNeural" || ryan.Language != "en" || ryan.Basis != speech.KnownVoice || ryan.Tracks != 2 {
			t.Errorf("%+v", ryan)
		}
		if other.Voice != "fr-FR-SomebodyNeural" || other.Language != "fr" || other.Basis != speech.KnownLanguage || other.Tracks != 1 {
			t.Errorf("%+v", other)
		}
		sum := out.Made.Fixed
		for _, s := range out.Made.Spoken {
			sum += s.Spoken + s.Asked + s.Silence
		}
		if math.Abs(sum-out.Seconds.Likely) > 1e-9 {
			t.Errorf("%q: the parts are %v s and the video %v", name, sum, out.Seconds.Likely)
		}
	}
}

// TestAStatedLengthIsBrokenDownToo, and an unknown one has no parts.
func TestAStatedLengthIsBrokenDownToo(t *testing.T) {
	p := compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{"spoken":true}},
		"duration":{"base_seconds":42,"seconds_per_character":0.5},"language":"nl"}`)
	var out templates.Rendered
	p.Row([]string{"Zoë!"}, &out)
	if m := out.Made; !m.Known || m.Fixed != 42 || len(m.Spoken) != 1 || m.Spoken[0].Spoken != 2 || m.Spoken[0].Letters != 4 || m.Spoken[0].Language != "nl" {
		t.Errorf("%+v", m)
	}
	p = compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{}}}`)
	if p.Row([]string{"Ada"}, &out); out.Made.Known || out.Made.Fixed != 0 || len(out.Made.Spoken) != 0 {
		t.Errorf("nothing is known of %+v", out.Made)
	}
}

// TestARowMayNameTheVoice: then its pace and its language are those of the row.
func TestARowMayNameTheVoice(t *testing.T) {
	doc := scenesOf(says("{voice}", "On commence demain matin avec {name}, et tout le monde est prêt."))
	p := compile(t, doc)
	row := make([]string, len(p.Template().Variables))
	var out templates.Rendered
	for _, voice := range []string{"fr-FR-DeniseNeural", "fr-FR-HenriNeural", "pl-PL-MarekNeural"} {
		for i, v := range p.Template().Variables {
			row[i] = map[string]string{"voice": voice, "name": "Ada"}[v.Name]
		}
		p.Row(row, &out)
		var written templates.Rendered
		compile(t, strings.NewReplacer("{voice}", voice, "{name}", "Ada").Replace(doc)).Row(nil, &written)
		if out.Seconds != written.Seconds || out.Made.Spoken[0].Voice != voice || out.Made.Spoken[0].Language != voice[:2] {
			t.Errorf("%s: %+v as a row, %+v written out, %+v", voice, out.Seconds, written.Seconds, out.Made.Spoken)
		}
	}
}

// TestSilenceIsNotCutOff: the room in a scene is that for the words; what is silent behind
// them may be cut.
func TestSilenceIsNotCutOff(t *testing.T) {
	text := "Hello there, Ada, and welcome."
	s := speech.NewSpeaker(speech.Asked{Voice: "en-GB-RyanNeural"})
	e := s.Estimate(s.Measure(text))
	room := (e.Words.Likely + e.Track.Likely) / 2
	p := compile(t, videoJob(scene(fmt.Sprintf(`"duration":%.0f,`, 1000*room), says("en-GB-RyanNeural", text))))
	var out templates.Rendered
	if p.Row(nil, &out); !out.Tightest.Known || math.Abs(out.Tightest.Slack-(room-e.Words.Likely)) > 0.001 {
		t.Errorf("room for %v s, words of %v s: %+v", room, e.Words.Likely, out.Tightest)
	}
}

// TestAUnitBehindAVariableIsRead, and a script in capitals is not spelled out.
func TestAUnitBehindAVariableIsRead(t *testing.T) {
	likely := func(script, value string) float64 {
		p := compile(t, scenesOf(says("de-DE-KatjaNeural", script)))
		var out templates.Rendered
		p.Row([]string{value}, &out)
		return out.Seconds.Likely
	}
	for _, tc := range []struct{ script, value, written string }{
		{"Sie haben {v} kg und mehr", "12", "Sie haben 12 kg und mehr"}, {"Am {v}. Mai ist es so weit", "12", "Am 12. Mai ist es so weit"},
		{"Besuchen Sie www.{v}.de bald", "acme", "Besuchen Sie www.acme.de bald"}, {"Willkommen, {v}!", "IBM", "Willkommen, IBM!"},
	} {
		if row, written := likely(tc.script, tc.value), likely(tc.written, ""); math.Abs(row-written) > 1e-9 {
			t.Errorf("%q takes %.3f s with %q and %.3f s written out", tc.script, row, tc.value, written)
		}
	}
}
