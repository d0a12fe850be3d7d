package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// Lengths for everything that a request does not state. They give every video a length.
const (
	videoFileLength   = 10 * time.Second // of a video track, whose file is not read
	speechPerRune     = 66 * time.Millisecond
	speechPause       = 400 * time.Millisecond
	shortestSpeech    = time.Second
	longestScene      = 4 * time.Hour
	lengthGranularity = 100 * time.Millisecond
)

// isWebURL reports whether a text is an absolute http or https address.
func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// checkVideoJob refuses a request that the service would call a schema validation error.
func checkVideoJob(fields map[string]any) *refusal {
	creative, ok := fields["videoCreative"].(map[string]any)
	if !ok {
		return badRequest("Invalid input data: videoCreative must be an object.")
	}
	if refused := checkSettings(creative["settings"]); refused != nil {
		return refused
	}
	scenes, ok := creative["scenes"].([]any)
	if !ok || len(scenes) == 0 {
		return badRequest("Invalid input data: videoCreative.scenes must be a list of scenes.")
	}
	// The service checks a whole video before it charges. One bad scene refuses all.
	for i, value := range scenes {
		if problem := checkScene(value); problem != "" {
			return badRequest(fmt.Sprintf("Schema validation error: scenes[%d]: %s", i, problem))
		}
	}
	if value, ok := fields["dynamicVariables"]; ok {
		if _, ok := value.(map[string]any); !ok {
			return badRequest("Invalid input data: dynamicVariables must be an object.")
		}
	}
	return checkCallback(fields, "callback", false)
}

// checkSettings refuses settings without a size.
func checkSettings(value any) *refusal {
	settings, ok := value.(map[string]any)
	if !ok {
		return badRequest("Invalid input data: videoCreative.settings must be an object.")
	}
	size, _ := settings["videoSize"].(map[string]any)
	if !positive(size["width"]) || !positive(size["height"]) {
		return badRequest("Invalid input data: videoCreative.settings.videoSize needs a width and a height.")
	}
	if name, ok := settings["name"]; ok {
		if _, ok := name.(string); !ok {
			return badRequest("Invalid input data: videoCreative.settings.name must be a string.")
		}
	}
	return nil
}

// track is the timing of a track.
type track struct {
	kind       string
	reference  string
	duration   float64 // milliseconds; NaN when not given
	start, end float64
	text       string
}

// explicit reports whether the track states its duration.
func (t track) explicit() bool { return !math.IsNaN(t.duration) }

// gapTimed reports whether the length of the track follows from the scene.
func (t track) gapTimed() bool {
	return !t.explicit() && !math.IsNaN(t.start) && !math.IsNaN(t.end)
}

// fixed reports whether the track has a length of its own. Only such a track can give the
// scene a length.
func (t track) fixed() bool {
	return t.explicit() || !t.gapTimed() && (t.kind == "video" || t.kind == "actor")
}

// length returns how long a fixed track lasts.
func (t track) length() time.Duration {
	switch {
	case t.explicit():
		return stated(t.duration)
	case t.kind == "actor" && t.text != "":
		spoken := speechPause + time.Duration(utf8.RuneCountInString(t.text))*speechPerRune
		return max(shortestSpeech, spoken)
	default:
		return videoFileLength
	}
}

// checkScene returns what is wrong with the timing of a scene, or "".
func checkScene(value any) string {
	scene, ok := value.(map[string]any)
	if !ok {
		return "must be an object"
	}
	list, ok := scene["tracks"].([]any)
	if !ok {
		return "tracks must be a list"
	}
	var tracks []track
	for i, value := range list {
		t, problem := readTrack(value)
		if problem != "" {
			return fmt.Sprintf("tracks[%d]: %s", i, problem)
		}
		tracks = append(tracks, t)
	}
	return checkTiming(scene, tracks)
}

// readTrack reads a track. It returns an error text if its timing contradicts itself.
func readTrack(value any) (track, string) {
	fields, ok := value.(map[string]any)
	if !ok {
		return track{}, "must be an object"
	}
	kind, ok := fields["type"].(string)
	if !ok || kind == "" {
		return track{}, "type must be a string"
	}
	t := track{kind: kind, duration: milliseconds(fields["duration"]),
		start: milliseconds(fields["startTimeGap"]), end: milliseconds(fields["endTimeGap"])}
	t.reference, _ = fields["referenceId"].(string)
	t.text, _ = fields["text"].(string)
	// Zero is a valid gap, but not a positive number.
	for _, name := range []string{"duration", "startTimeGap", "endTimeGap"} {
		if fields[name] != nil && fields[name] != json.Number("0") && !positive(fields[name]) {
			return track{}, name + " must be a number of milliseconds"
		}
	}
	if t.explicit() && !math.IsNaN(t.start) && !math.IsNaN(t.end) {
		return track{}, "duration, startTimeGap and endTimeGap together over-constrain the track"
	}
	return t, ""
}

// checkTiming returns why a scene has no length, or more than one. Exactly one source of
// the length is allowed.
func checkTiming(scene map[string]any, tracks []track) string {
	duration, reference := scene["duration"], scene["intrinsicDurationTrackReference"]
	switch {
	case duration != nil && reference != nil:
		return "duration and intrinsicDurationTrackReference together over-constrain the scene"
	case duration != nil:
		if !positive(duration) {
			return "duration must be a positive number of milliseconds"
		}
	// The named track must have a length of its own, or the scene would depend on itself.
	case reference != nil:
		return checkReference(reference, tracks)
	default:
		if n := len(fixedTracks(tracks)); n != 1 {
			return fmt.Sprintf("the duration cannot be inferred: %d tracks have a default or explicit duration, exactly one must", n)
		}
	}
	return ""
}

// checkReference refuses a reference to a track that is missing, not unique, or has no
// length.
func checkReference(reference any, tracks []track) string {
	named := slices.DeleteFunc(slices.Clone(tracks), func(t track) bool { return t.reference == "" || t.reference != reference })
	switch {
	case len(named) == 0:
		return fmt.Sprintf("intrinsicDurationTrackReference %q names no track of the scene", fmt.Sprint(reference))
	case len(named) > 1:
		return fmt.Sprintf("referenceId %q is not unique in the scene", fmt.Sprint(reference))
	case !named[0].fixed():
		return fmt.Sprintf("the duration of track %q cannot be inferred", fmt.Sprint(reference))
	}
	return ""
}

// fixedTracks returns the tracks with a length of their own.
func fixedTracks(tracks []track) []track {
	return slices.DeleteFunc(slices.Clone(tracks), func(t track) bool { return !t.fixed() })
}

// creativeLength returns the length of the video. Its scenes must have been checked.
func creativeLength(creative map[string]any) time.Duration {
	var total time.Duration
	scenes, _ := creative["scenes"].([]any)
	for _, value := range scenes {
		scene, _ := value.(map[string]any)
		total += sceneLength(scene)
	}
	return max(lengthGranularity, total.Round(lengthGranularity))
}

// sceneLength returns the length of a checked scene.
func sceneLength(scene map[string]any) time.Duration {
	if d := milliseconds(scene["duration"]); d > 0 {
		return stated(d)
	}
	var tracks []track
	list, _ := scene["tracks"].([]any)
	for _, value := range list {
		t, _ := readTrack(value)
		tracks = append(tracks, t)
	}
	// After the check exactly one track is left, with or without a reference.
	candidates := fixedTracks(tracks)
	if reference := scene["intrinsicDurationTrackReference"]; reference != nil {
		candidates = slices.DeleteFunc(candidates, func(t track) bool { return t.reference != reference })
	}
	if len(candidates) == 0 {
		return 0
	}
	return candidates[0].length()
}

// positive reports whether a value is a JSON number above zero.
func positive(value any) bool { return milliseconds(value) > 0 }

// stated returns a duration of the request, within reason. Without a limit it could
// overflow.
func stated(milliseconds float64) time.Duration {
	return time.Duration(min(milliseconds, float64(longestScene.Milliseconds()))) * time.Millisecond
}

// milliseconds reads a JSON number. Anything else is NaN, which is not above any limit.
func milliseconds(value any) float64 {
	number, ok := value.(json.Number)
	if !ok {
		return math.NaN()
	}
	f, err := number.Float64()
	if err != nil {
		return math.NaN()
	}
	return f
}
