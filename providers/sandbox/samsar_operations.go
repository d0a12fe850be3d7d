package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The documented numbers.
const (
	promptLimit   = 1000 // characters of a text-to-video
	longestSecond = 240  // of a text-to-video
	avatarRate    = 4    // credits per second for a narrator avatar
	ctaRate       = 1    // credits per second for generated calls to action
	editRate      = 3    // credits per second to translate or to join
	outroPrice    = 75   // credits to add or change an outro or a footer
	outroSeconds  = 8    // that an outro may add, in the published server
)

// samsarOperation is one line of the table of paid calls. The simulator offers nothing
// else, because the service offers nothing else.
type samsarOperation struct {
	name         string // "samsar/" + name in the bank
	paths        []string
	external     bool   // there is a twin for external users
	v2           bool   // there is a twin under /v2
	prefix       string // of the ids of new sessions
	sources      int    // sessions it begins with: none, one, or 2 for two or more
	unknownIs400 bool   // an unknown source is a bad request, not a 404
	check        func(samsar, *samsarOrder) string
}

// samsarOperations lists all paid calls.
func samsarOperations() []samsarOperation {
	return []samsarOperation{
		{name: "text-to-video", paths: []string{"text_to_video"}, external: true, prefix: "vid_", check: samsar.textToVideo},
		{name: "image-list-to-video", paths: []string{"image_list_to_video"}, external: true, prefix: "vid_img_", check: samsar.imageList},
		{name: "add-outro", paths: []string{"add_outro_image"}, external: true, prefix: "vid_outro_", sources: 1, check: samsar.addOutro},
		{name: "update-outro", paths: []string{"update_outro_image"}, external: true, prefix: "vid_outro_update_", sources: 1, check: samsar.updateOutro},
		{name: "update-footer", paths: []string{"update_footer_image"}, external: true, prefix: "vid_footer_", sources: 1, check: samsar.updateFooter},
		{name: "clone", paths: []string{"clone"}, v2: true, prefix: "vid_clone_", sources: 1, check: samsar.copyOf},
		{name: "translate", paths: []string{"translate_video", "retranslate_video"}, external: true, prefix: "vid_tr_", sources: 1, unknownIs400: true, check: samsar.translate},
		{name: "join", paths: []string{"join_videos"}, external: true, prefix: "vid_join_", sources: 2, check: samsar.join},
		{name: "remove-subtitles", paths: []string{"remove_subtitles"}, prefix: "vid_nosub_", sources: 1, check: samsar.removeSubtitles},
		{name: "add-subtitles", paths: []string{"add_subtitles"}, prefix: "vid_sub_", sources: 1, check: samsar.addSubtitles},
	}
}

// samsarRoute is one path of an operation.
type samsarRoute struct {
	path     string
	external bool
}

// routes returns all paths of an operation.
func (o samsarOperation) routes() []samsarRoute {
	var routes []samsarRoute
	for _, path := range o.paths {
		routes = append(routes, samsarRoute{path: samsarBase + "/video/" + path})
	}
	if o.external {
		routes = append(routes, samsarRoute{path: samsarBase + "/external_users/" + o.paths[0], external: true})
	}
	if o.v2 {
		routes = append(routes, samsarRoute{path: samsarV2 + "/video/" + o.paths[0]})
	}
	return routes
}

// sourceIDs reads the ids of the sessions that an edit begins with.
func (o samsarOperation) sourceIDs(input map[string]any) (ids []string, problem string) {
	if o.sources == 0 {
		return nil, ""
	}
	if o.sources == 1 {
		// The service accepts three names for the id.
		for _, name := range []string{"videoSessionId", "session_id", "request_id"} {
			if id, ok := input[name].(string); ok && id != "" {
				return []string{id}, ""
			}
		}
		return nil, "videoSessionId is required"
	}
	list, _ := input["session_ids"].([]any)
	for _, value := range list {
		id, ok := value.(string)
		if !ok || id == "" || slices.Contains(ids, id) {
			return nil, "session_ids must be unique session ids"
		}
		ids = append(ids, id)
	}
	if len(ids) < 2 {
		return nil, "session_ids must have two or more session ids"
	}
	return ids, ""
}

// textToVideo checks an order of a video from a prompt, and prices it.
func (s samsar) textToVideo(o *samsarOrder) string {
	in := o.input
	prompt, _ := in["prompt"].(string)
	image, _ := in["image_model"].(string)
	model, _ := in["video_model"].(string)
	seconds, problem := durationOf(in)
	shortest := s.behaviour().MinimumDuration.Seconds()
	// The order of the checks decides which of several mistakes a caller sees.
	switch {
	case strings.TrimSpace(prompt) == "":
		return "prompt is required"
	case utf8.RuneCountInString(prompt) > promptLimit:
		return fmt.Sprintf("prompt must have at most %d characters", promptLimit)
	case !slices.ContainsFunc(samsarImageModels(), func(m samsarImageModel) bool { return m.value == image }):
		return "unsupported image_model"
	case s.rate(model) == 0:
		return "unsupported video_model"
	case problem != "":
		return problem
	case seconds < shortest:
		return fmt.Sprintf("duration must be at least %g seconds", shortest)
	}
	o.length = milli(seconds)
	o.session = samsarSession{Prompt: prompt, Model: model, AspectRatio: "16:9"}
	if ratio, ok := in["aspect_ratio"]; ok {
		if ratio != "16:9" && ratio != "9:16" {
			return "unsupported aspect_ratio"
		}
		o.session.AspectRatio = ratio.(string)
	}
	s.bill(o, s.rate(model), 0, 0)
	return firstProblem(o, common, outro, textFooter)
}

// durationOf reads the length of a text-to-video.
func durationOf(in map[string]any) (float64, string) {
	number, ok := in["duration"].(json.Number)
	if !ok {
		return 0, "duration is required"
	}
	seconds, err := number.Float64()
	if err != nil || seconds <= 0 || seconds > longestSecond {
		return 0, fmt.Sprintf("duration must be more than 0 and at most %d seconds", longestSecond)
	}
	return seconds, ""
}

// imageList checks an order of a video from images. A missing or unsupported aspect ratio
// is replaced silently, as the service does.
func (s samsar) imageList(o *samsarOrder) string {
	in := o.input
	images, problem := imageURLs(in["image_urls"])
	if problem != "" {
		return problem
	}
	if metadata, ok := in["metadata"]; ok {
		if _, ok := metadata.(map[string]any); !ok {
			return "metadata must be a plain object"
		}
	}
	model := "RUNWAYML"
	if value, ok := in["video_model"]; ok {
		model, _ = value.(string)
	}
	if s.rate(model) == 0 {
		return "unsupported video_model"
	}
	prompt, _ := in["prompt"].(string)
	o.session = samsarSession{Prompt: prompt, Model: model, AspectRatio: "16:9"}
	if in["aspect_ratio"] == "9:16" {
		o.session.AspectRatio = "9:16"
	}
	avatar, cta := extraRates(in)
	units := unitsOf(model)
	// Each image gives one piece. The shortest piece sets the length.
	o.length = time.Duration(int64(images)*units[0]) * time.Second
	s.bill(o, s.rate(model), avatar, cta)
	if problem := firstProblem(o, common, outro, callToAction); problem != "" {
		return problem
	}
	// The price is known only later. The account must hold the most that it can be.
	o.highest = int64(images) * units[len(units)-1] * o.rate
	if o.session.Outro {
		o.highest += outroSeconds * o.rate
	}
	return imageFooter(o, images)
}

// extraRates returns the rates of a narrator and of calls to action.
func extraRates(in map[string]any) (avatar, cta int64) {
	if in["add_narrator_avatar"] == true {
		avatar = avatarRate
	}
	if expressCTA(in) {
		cta = ctaRate
	}
	return avatar, cta
}

// bill sets the price of a new video and the stages that take it.
func (s samsar) bill(o *samsarOrder, rate, avatar, cta int64) {
	o.rate = rate + avatar + cta
	for i, stage := range samsarStages() {
		o.session.Stages = append(o.session.Stages, stage.name)
		o.parts = append(o.parts, samsarVideoModel{}.parts(rate)[i])
	}
	if avatar > 0 {
		o.session.Stages = append(o.session.Stages, "narrator_avatar")
		o.parts = append(o.parts, avatar)
	}
	if cta > 0 {
		o.session.Stages = append(o.session.Stages, "express_cta_generation")
		o.parts = append(o.parts, cta)
	}
}

// copyOf begins a new session with the facts of its sources.
func (s samsar) copyOf(o *samsarOrder) string {
	o.session = o.sources[0].session()
	o.session.Sources = nil
	o.session.Stages = []string{"video_generation"}
	for _, source := range o.sources {
		o.session.Sources = append(o.session.Sources, source.ID)
		o.length += source.Length
	}
	return ""
}

// addOutro adds an outro to a video.
func (s samsar) addOutro(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.flat = outroPrice
	if picture, _ := o.input["outro_image_url"].(string); !isPicture(picture) {
		return "outro_image_url is required"
	}
	o.session.Outro = true
	return outroArea(o)
}

// updateOutro changes an outro. The service accepts four names for the picture.
func (s samsar) updateOutro(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.flat = outroPrice
	if !o.session.Outro {
		return "the session has no outro to update"
	}
	var picture string
	for _, name := range []string{"outro_image_url", "outroImageUrl", "new_outro_image_url", "newOutroImageUrl"} {
		if text, _ := o.input[name].(string); text != "" {
			picture = text
		}
	}
	address, _ := o.input["cta_url"].(string)
	// An address without a picture asks for a generated outro, even without the switch.
	generated := o.input["generate_outro_image"] == true || picture == "" && address != ""
	switch {
	case generated && picture != "":
		return "use only one outro mode"
	case generated && !isWebURL(address):
		return "cta_url is required to generate an outro"
	case !generated && !isPicture(picture):
		return "outro_image_url is required"
	}
	return outroArea(o)
}

// updateFooter changes or removes a footer.
func (s samsar) updateFooter(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.flat = outroPrice
	if o.input["remove_footer"] == true {
		return ""
	}
	for _, name := range []string{"cta_text", "cta_logo", "cta_url"} {
		if text, _ := o.input[name].(string); text != "" {
			return ""
		}
	}
	return "remove_footer or one of cta_text, cta_logo, cta_url is required"
}

// translate makes a video in another language.
func (s samsar) translate(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.rate = editRate
	language, _ := o.input["language"].(string)
	if !slices.Contains([]string{"en", "es", "fr", "ja", "th", "zh", "bn", "hi", "sa", "la"}, language) {
		return "unsupported language"
	}
	if _, ok := o.input["outro_image_url"]; ok {
		return "outro_image_url is not part of a translation; use update_outro_image"
	}
	o.session.Language = language
	o.session.Subtitles = o.input["enable_subtitles"] == true
	return ""
}

// join puts videos together, if they have the same shape.
func (s samsar) join(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.rate = editRate
	for _, source := range o.sources {
		if source.session().AspectRatio != o.session.AspectRatio {
			return "the sessions have different aspect ratios"
		}
	}
	return ""
}

// removeSubtitles makes a copy without subtitles.
func (s samsar) removeSubtitles(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.session.Subtitles = false
	return ""
}

// addSubtitles makes a copy with subtitles.
func (s samsar) addSubtitles(o *samsarOrder) string {
	_ = s.copyOf(o)
	o.session.Subtitles = true
	return ""
}

// milli returns a number of seconds as a duration in whole milliseconds.
func milli(seconds float64) time.Duration {
	return time.Duration(seconds*1000+0.5) * time.Millisecond
}
