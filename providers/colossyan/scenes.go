package colossyan

import (
	"encoding/json"
	"fmt"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// track has the members of a track that the rules need. All others pass unread, since
// Studio exports more than Colossyan documents.
type track struct {
	Type     string `json:"type"`
	Actor    string `json:"actor"`
	Text     string `json:"text"`
	Speaker  string `json:"speakerId"`
	VideoURL string `json:"videoUrl"`
	ImageURL string `json:"imageUrl"`
	AudioURL string `json:"audioUrl"`
}

// videoJob checks a request for a video from a full scene description. Its timing is
// checked with the template, because it does not depend on how the request is sent.
func (f *findings) videoJob(fields map[string]json.RawMessage) {
	if _, set := fields["dynamicVariables"]; set {
		f.add(problem.Problem{
			Code: "COL-V11", Place: at("dynamicVariables"), Message: "a video job has its values in place already and sends no dynamicVariables",
			Hint: "take dynamicVariables out of the template; write {name} where the value belongs",
		})
	}
	var creative map[string]json.RawMessage
	if json.Unmarshal(rest.OrNull(fields["videoCreative"]), &creative) != nil || creative == nil {
		f.add(problem.Problem{
			Code: "COL-G15", Place: at("videoCreative"), Message: "a video job needs videoCreative", Hint: "use what Studio exports",
		})
		return
	}
	if _, set := creative["dynamicVariables"]; set {
		f.add(problem.Problem{
			Code: "COL-V11", Place: at("videoCreative", "dynamicVariables"), Message: "dynamicVariables has no place inside videoCreative",
			Hint: "take it out; write {name} where the value belongs",
		})
	}
	f.canvas(creative["settings"])
	f.scenes(creative["scenes"])
}

// canvas requires the size of the video, which every sample of the documentation has.
func (f *findings) canvas(raw json.RawMessage) {
	var settings struct {
		Size struct {
			Width  float64 `json:"width"`
			Height float64 `json:"height"`
		} `json:"videoSize"`
	}
	if json.Unmarshal(rest.OrNull(raw), &settings) != nil || settings.Size.Width <= 0 || settings.Size.Height <= 0 {
		f.add(problem.Problem{
			Code: "COL-G15", Place: at("videoCreative", "settings", "videoSize"), Message: "the video has no size",
			Hint: `write "videoSize": {"width": 1920, "height": 1080}`,
		})
	}
}

// scenes requires a scene, and a track in each: an empty video would be paid for as well.
func (f *findings) scenes(raw json.RawMessage) {
	var scenes []struct {
		Tracks []json.RawMessage `json:"tracks"`
	}
	if json.Unmarshal(rest.OrNull(raw), &scenes) != nil || len(scenes) == 0 {
		f.add(problem.Problem{
			Code: "COL-G15", Place: at("videoCreative", "scenes"), Message: "the video has no scenes", Hint: "use what Studio exports",
		})
	}
	for i, scene := range scenes {
		if len(scene.Tracks) == 0 {
			f.add(problem.Problem{
				Code: "COL-G15", Place: at("videoCreative", "scenes", i, "tracks"), Message: "the scene has no tracks",
				Hint: "put something into the scene, or take it out",
			})
		}
		for k, one := range scene.Tracks {
			f.track(one, "videoCreative", "scenes", i, "tracks", k)
		}
	}
}

// track checks one track, and points at it by its path.
func (f *findings) track(raw json.RawMessage, path ...any) {
	var t track
	if err := json.Unmarshal(raw, &t); err != nil {
		f.add(problem.Problem{
			Code: "COL-G15", Place: at(path...), Message: "the track is not as every sample has it: its texts must be texts",
			Hint: "use what Studio exports",
		})
		return
	}
	if t.Type == "video" && t.VideoURL == "" {
		f.add(problem.Problem{
			Code: "COL-G3", Place: at(append(path, "videoUrl")...), Message: "the video track has no videoUrl",
			Hint: "the last sample of Colossyan's timing page says imageUrl there, which is a mistake of the page",
		})
	}
	if t.Type == "actor" && t.Text != "" && t.AudioURL != "" {
		f.add(problem.Problem{
			Code: "COL-G17", Place: at(append(path, "audioUrl")...), Message: "the actor has both a text and an audio file to speak; which one wins is not documented",
			Hint: "keep one of them",
		})
	}
	f.placeholders(t, path)
}

// placeholders finds variables that no value has replaced. The service itself replaces
// them in texts only (COL-V3), and where the scenes are sent it replaces none. In a text
// they would be spoken as they stand (COL-V2).
func (f *findings) placeholders(t track, path []any) {
	for _, field := range []struct{ name, value, code, what string }{
		{"text", t.Text, "COL-V2", "would be spoken as it stands"},
		{"actor", t.Actor, "COL-V3", "is never filled in"},
		{"speakerId", t.Speaker, "COL-V3", "is never filled in"},
		{"videoUrl", t.VideoURL, "COL-V3", "is never filled in"},
		{"imageUrl", t.ImageURL, "COL-V3", "is never filled in"},
		{"audioUrl", t.AudioURL, "COL-V3", "is never filled in"},
	} {
		if found := f.placeholder.FindString(field.value); found != "" {
			f.add(problem.Problem{
				Code: field.code, Place: at(append(path, field.name)...), Value: found,
				Message: fmt.Sprintf("%s in %s %s", found, field.name, field.what),
				Hint:    "declare the variable in the template, or take the braces away",
			})
		}
	}
}
