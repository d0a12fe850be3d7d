package scenes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// place is what every documented track has.
const place = `"position":{"x":200,"y":200},"size":{"width":1520,"height":680}`

const (
	actor     = `{"type":"actor","actor":"ryan","speakerId":"en-GB-RyanNeural","text":"Hello there, Ada.",` + place + `}`
	lead      = `{"type":"actor","referenceId":"speech","actor":"ryan","speakerId":"en-GB-RyanNeural","text":"Hello there, Ada.",` + place + `}`
	video     = `{"type":"video","videoUrl":"https://cdn.example.com/v.mp4",` + place + `}`
	videoGap  = `{"type":"video","videoUrl":"https://cdn.example.com/v.mp4","startTimeGap":0,"endTimeGap":0,` + place + `}`
	image     = `{"type":"image","imageUrl":"https://cdn.example.com/i.jpg",` + place + `}`
	image3s   = `{"type":"image","imageUrl":"https://cdn.example.com/i.jpg","duration":3000,` + place + `}`
	imageGaps = `{"type":"image","imageUrl":"https://cdn.example.com/i.jpg","startTimeGap":0,"endTimeGap":0,` + place + `}`
	long      = "This scene is exactly two seconds long. It does not matter how long any of the tracks are."
)

// with puts members in front of a track's own.
func with(track, members string) string { return strings.Replace(track, "{", "{"+members+",", 1) }

func scene(members string, tracks ...string) string {
	return "{" + members + `"tracks":[` + strings.Join(tracks, ",") + "]}"
}

func videoJob(scenes ...string) string {
	return `{"operation":"colossyan/video-job","request":{"videoCreative":{"settings":{"name":"x","videoSize":{"width":1920,"height":1080}},"scenes":[` +
		strings.Join(scenes, ",") + `]}}}`
}

func speaks(text string) string { return strings.Replace(actor, "Hello there, Ada.", text, 1) }

func TestTimingRules(t *testing.T) {
	for _, tc := range []struct{ name, scene, want string }{
		// the truth table of a scene that has neither duration nor reference
		{"actor alone", scene("", actor), ""},
		{"video alone", scene("", video), ""},
		{"image with duration alone", scene("", image3s), ""},
		{"image with nothing", scene("", image), "COL-T2 COL-T7"},
		{"actor and image with gaps", scene("", actor, imageGaps), ""},
		{"actor and image with duration", scene("", actor, image3s), "COL-T7"},
		{"actor and video untouched", scene("", actor, video), "COL-T7"},
		{"actor and video with gaps", scene("", actor, videoGap), ""},
		{"two actors", scene("", actor, actor), "COL-T7"},
		// the shapes of the vendor's own timing samples
		{"explicit two seconds, six of speech", scene(`"duration":2000,`, speaks(long)), "COL-T16"},
		{"until the actor stops", scene(`"intrinsicDurationTrackReference":"speech",`, lead), ""},
		{"until the video ends", scene("", video), ""},
		{"image of three seconds", scene("", image3s), ""},
		{"image between gaps", scene(`"duration":5000,`, with(image, `"startTimeGap":1000,"endTimeGap":2000`)), ""},
		{"video with imageUrl", scene("", `{"type":"video","imageUrl":"https://cdn.example.com/v.mp4",`+place+`}`), "COL-G3"},
		// the three ways a scene gets its length
		{"no tracks, no duration", scene(""), "COL-T1"},
		{"no tracks, a duration", scene(`"duration":1000,`), ""},
		{"reference to nothing", scene(`"intrinsicDurationTrackReference":"spech",`, lead), "COL-T4"},
		{"reference to a track of another scene", scene(`"intrinsicDurationTrackReference":"other",`, actor), "COL-T4"},
		{"reference used twice", scene(`"intrinsicDurationTrackReference":"speech",`, lead, with(imageGaps, `"referenceId":"speech"`)), "COL-T5"},
		{"reference to an image without duration", scene(`"intrinsicDurationTrackReference":"i",`, with(image, `"referenceId":"i"`), actor), "COL-T2 COL-T6"},
		{"reference to an image with duration", scene(`"intrinsicDurationTrackReference":"i",`, with(image3s, `"referenceId":"i"`), imageGaps), ""},
		{"reference to audio", scene(`"intrinsicDurationTrackReference":"a",`, `{"type":"audio","audioUrl":"https://cdn.example.com/a.mp3","referenceId":"a"}`), "COL-T2 COL-T6"},
		{"reference to audio with duration", scene(`"intrinsicDurationTrackReference":"a",`, `{"type":"audio","audioUrl":"https://cdn.example.com/a.mp3","referenceId":"a","duration":4000}`), ""},
		{"reference to a track with gaps", scene(`"intrinsicDurationTrackReference":"v",`, with(videoGap, `"referenceId":"v"`), actor), "COL-T6 COL-T8"},
		{"reference to a track that starts late", scene(`"intrinsicDurationTrackReference":"speech",`, with(lead, `"startTimeGap":800`)), "COL-T18"},
		{"reference to a track that starts at once", scene(`"intrinsicDurationTrackReference":"speech",`, with(lead, `"startTimeGap":0`)), ""},
		{"all tracks with gaps", scene("", imageGaps, videoGap), "COL-T9"},
		{"duration and reference", scene(`"duration":9000,"intrinsicDurationTrackReference":"speech",`, lead), "COL-T11"},
		// numbers
		{"duration of nothing", scene(`"duration":0,`, imageGaps), "COL-T3"},
		{"negative gap", scene(`"duration":9000,`, with(image, `"startTimeGap":-1,"endTimeGap":0`)), "COL-T3"},
		{"duration as text", scene(`"duration":"3000",`, imageGaps), "COL-T3"},
		{"track duration of nothing", scene(`"duration":9000,`, with(image, `"duration":0`)), "COL-T3"},
		{"duration null is none", scene(`"duration":null,`, actor), ""},
		// tracks
		{"image left open in a scene with a length", scene(`"duration":3000,`, image), "COL-T2"},
		{"text left open beside an actor", scene("", actor, `{"type":"text","text":"hi",`+place+`}`), "COL-T2"},
		{"duration and both gaps", scene(`"duration":9000,`, with(image3s, `"startTimeGap":0,"endTimeGap":0`)), "COL-T10"},
		{"duration and one gap", scene(`"duration":9000,`, with(image3s, `"startTimeGap":500`)), ""},
		{"actor with an end gap only", scene(`"duration":9000,`, with(actor, `"endTimeGap":500`)), ""},
		{"gaps that meet", scene(`"duration":3000,`, with(image, `"startTimeGap":2000,"endTimeGap":1000`)), "COL-T13"},
		{"gap longer than the scene", scene(`"duration":3000,`, with(image, `"startTimeGap":3000,"endTimeGap":0`)), "COL-T14"},
		{"track ends after the scene", scene(`"duration":3000,`, with(image3s, `"startTimeGap":1`)), "COL-T15"},
		{"track ends with the scene", scene(`"duration":3000,`, image3s), ""},
		{"speech cut by an end gap", scene(`"duration":7000,`, with(speaks(long), `"startTimeGap":0,"endTimeGap":5000`)), "COL-T16"},
		{"speech cut by its own duration", scene("", with(speaks(long), `"duration":2000`)), "COL-T16"},
		{"second actor outlasts the first", scene(`"intrinsicDurationTrackReference":"speech",`, lead, speaks(long)), "COL-T16"},
		{"image outlasts the actor", scene(`"intrinsicDurationTrackReference":"speech",`, lead, strings.Replace(image3s, "3000", "30000", 1)), "COL-T16"},
		{"speech ends before its track", scene("", with(actor, `"duration":20000`)), "COL-T17"},
		{"variable in a scene of fixed length", scene(`"duration":9000,`, speaks("Hi {name}")), "COL-T22"},
		{"variable in a scene by reference", scene(`"intrinsicDurationTrackReference":"speech",`, strings.Replace(lead, "Ada", "{name}", 1)), ""},
		{"text and audio", scene("", with(actor, `"audioUrl":"https://cdn.example.com/a.mp3"`)), "COL-G17"},
		{"text and no audio", scene("", with(actor, `"audioUrl":null`)), ""},
		// geometry and openness
		{"track without width", scene("", strings.Replace(actor, `"width":1520`, `"width":0`, 1)), "COL-T24"},
		{"track outside the picture", scene("", strings.Replace(actor, `"x":200`, `"x":1920`, 1)), "COL-T24"},
		{"track half outside", scene("", strings.Replace(actor, `"x":200`, `"x":-800`, 1)), ""},
		{"unknown track type and field", scene(`"duration":3000,`, `{"type":"hologram","duration":1000}`, with(imageGaps, `"glow":1`)), "TPL-UNDOCUMENTED"},
		{"unknown track type that may have a length", scene("", `{"type":"hologram"}`, imageGaps), "TPL-UNDOCUMENTED"},
		{"reference to an unknown track type", scene(`"intrinsicDurationTrackReference":"h",`, `{"type":"hologram","referenceId":"h"}`, imageGaps), "TPL-UNDOCUMENTED"},
		{"unknown track type beside two actors", scene("", `{"type":"hologram"}`, actor, actor), "COL-T7 TPL-UNDOCUMENTED"},
	} {
		_, problems := tryCompile(videoJob(tc.scene))
		got := codes(problems)
		slices.Sort(got)
		if diff := cmp.Diff(strings.Fields(tc.want), got, cmp.Transformer("empty", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
			t.Errorf("%s:\n%s%v", tc.name, diff, problems)
		}
		for _, p := range problems {
			if p.Message == "" || p.Hint == "" || p.Line == 0 || p.Pointer == "" {
				t.Errorf("%s: a problem without place, message or hint: %+v", tc.name, p)
			}
		}
	}
}

func TestSeamlessJoins(t *testing.T) {
	joined := with(video, `"sequentialBlendId":"b"`)
	for _, tc := range []struct{ name, first, second, want string }{
		{"same video", joined, joined, ""},
		{"no partner", joined, video, "COL-T23"},
		{"other content", joined, strings.Replace(joined, "v.mp4", "w.mp4", 1), "COL-T23"},
		{"other type", joined, with(actor, `"sequentialBlendId":"b"`), "COL-T23"},
		{"gap at the seam", joined, with(joined, `"startTimeGap":100`), "COL-T23"},
		{"gap before the seam", with(joined, `"endTimeGap":100`), joined, "COL-T23"},
	} {
		_, problems := tryCompile(videoJob(scene("", tc.first), scene("", tc.second)))
		if got := strings.Join(codes(problems), " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	_, problems := tryCompile(videoJob(scene("", joined), scene("", joined), scene("", joined)))
	if len(problems) > 0 {
		t.Errorf("a chain of three: %v", problems)
	}
}

func TestVideoLastsAsLongAsItsScenes(t *testing.T) {
	p := compile(t, videoJob(scene(`"duration":2000,`, imageGaps), scene("", image3s)))
	var out templates.Rendered
	p.Row(nil, &out)
	if want := (templates.Interval{Low: 5, Likely: 5, High: 5, Known: true}); out.Seconds != want {
		t.Errorf("%+v, want %+v", out.Seconds, want)
	}
	p = compile(t, videoJob(scene(`"duration":2000,`, imageGaps), scene("", video)))
	if p.Row(nil, &out); out.Seconds.Known {
		t.Errorf("nobody knows how long a video file is, and we say %+v", out.Seconds)
	}
}

func TestLongerValuesMakeLongerVideosUntilTheSpeechIsCut(t *testing.T) {
	byTrack := compile(t, videoJob(scene(`"intrinsicDurationTrackReference":"speech",`, strings.Replace(lead, "Ada", "{name}", 1))))
	fixed := compile(t, videoJob(scene(`"name":"offer","duration":3000,`, speaks("Hello {name}"))))
	var out templates.Rendered
	last := 0.0
	for n := 1; n < 120; n += 10 {
		name := strings.Repeat("Anna ", n)
		byTrack.Row([]string{name}, &out)
		if out.Seconds.Likely <= last || len(out.Problems) > 0 {
			t.Fatalf("%d names: %+v after %v, problems %v", n, out.Seconds, last, out.Problems)
		}
		last = out.Seconds.Likely
	}
	fixed.Row([]string{"Ada"}, &out)
	if len(out.Problems) > 0 || out.Seconds.Likely != 3 || out.Tightest.Slack <= 0 || out.Tightest.Name != "offer" {
		t.Errorf("a short name: %+v", out)
	}
	fixed.Row([]string{strings.Repeat("Anna ", 30)}, &out)
	if got := codes(out.Problems); !slices.Equal(got, []string{"COL-T16"}) || out.Tightest.Slack >= 0 {
		t.Fatalf("a long name: %v", out.Problems)
	}
	if p := out.Problems[0]; p.Severity != problem.Warning || !strings.Contains(p.Message, "is cut") {
		t.Errorf("%+v", p)
	}
}

func TestRowsMaySupplyTheTimesThemselves(t *testing.T) {
	doc := `{"operation":"colossyan/video-job","variables":{"ms":{"type":"integer","optional":true},"gap":{"type":"integer","default":0}},
		"request":{"videoCreative":{"settings":{"videoSize":{"width":1920,"height":1080}},"scenes":[` +
		scene(`"duration":"{ms}",`, with(image, `"startTimeGap":"{gap}","endTimeGap":0`)) + `]}}}`
	p := compile(t, doc)
	var out templates.Rendered
	for _, tc := range []struct {
		ms, gap string
		seconds float64
		want    string
	}{
		{"4000", "", 4, ""},
		{"", "", 0, "COL-T9"},
		{"0", "", 0, "COL-T3"},
		{"1000", "1000", 1, "COL-T14"},
	} {
		p.Row([]string{tc.ms, tc.gap}, &out)
		if got := strings.Join(codes(out.Problems), " "); got != tc.want || out.Seconds.Likely != tc.seconds {
			t.Errorf("ms %q gap %q: %s %+v, want %s and %v s", tc.ms, tc.gap, got, out.Seconds, tc.want, tc.seconds)
		}
	}
}

func TestStatedDurationServesWhereNoSceneIsSeen(t *testing.T) {
	p := compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{"spoken":true},"order":{}},
		"duration":{"base_seconds":42,"seconds_per_character":0.5}}`)
	var out templates.Rendered
	p.Row([]string{"Zoë!", "A-1234567"}, &out)
	if got := fmt.Sprintf("%.1f %.1f %.1f %v", out.Seconds.Low, out.Seconds.Likely, out.Seconds.High, out.Seconds.Known); got != "43.5 44.0 44.5 true" {
		t.Error(got)
	}
	p = compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{}}}`)
	if p.Row([]string{"Ada"}, &out); out.Seconds.Known {
		t.Errorf("nothing says how long it is: %+v", out.Seconds)
	}
}
