package samsar

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
)

// The operations on the account's own credits. Those that have a twin for
// external users exist as "samsar/external-…" too, see [External].
const (
	TextToVideo      = Name + "/text-to-video"
	ImageListToVideo = Name + "/image-list-to-video"
	AddOutro         = Name + "/add-outro"
	UpdateOutro      = Name + "/update-outro"
	UpdateFooter     = Name + "/update-footer"
	Clone            = Name + "/clone"
	Translate        = Name + "/translate"
	Join             = Name + "/join"
	AddSubtitles     = Name + "/add-subtitles"
	RemoveSubtitles  = Name + "/remove-subtitles"
)

const externally = "external-"

// External returns the name of an operation's twin, which an external user pays.
func External(operation string) string {
	return strings.Replace(operation, Name+"/", Name+"/"+externally, 1)
}

// files are the schema of each operation's request and its starter template.
//
//go:embed *.schema.json *.template.json
var files embed.FS

// operation is one row of the table of paid calls. Operations differ only in these fields
// and in the JSON Schema of the same name, so there is no function for each.
type operation struct {
	name     string // after "samsar/"
	summary  string
	path     string         // last part of its address
	sources  string         // the field that names the sessions it begins with; none when empty
	defaults map[string]any // sent when the request leaves them out
	rules    []rule
	price    formula
	twin     bool // external users have it too
	listed   bool // an external user's list of requests shows it
	fetches  bool // the service fetches pictures before it answers, and lists the request only then
	external bool // this is the twin
}

// table lists the operations. A new operation needs a row here and a schema.
func table() []operation {
	const one, many = "videoSessionId", "session_ids"
	return []operation{
		{name: "text-to-video", summary: "a video from a prompt", path: "text_to_video", twin: true, listed: true, price: bySeconds,
			defaults: map[string]any{"aspect_ratio": "16:9", "enable_subtitles": true},
			rules:    []rule{prompt, models, length, font, outroMode, outroArea, addresses, footer}},
		{name: "image-list-to-video", summary: "a video from pictures", path: "image_list_to_video", twin: true, listed: true, fetches: true, price: byPictures,
			defaults: map[string]any{"aspect_ratio": "16:9", "enable_subtitles": true, "video_model": "RUNWAYML"},
			rules:    []rule{models, pictures, font, narrator, outroMode, outroArea, callsToAction, addresses, footer, footerOfPictures}},
		{name: "add-outro", summary: "a copy of a video with an outro", path: "add_outro_image", sources: one, twin: true, price: flat,
			rules: []rule{outroArea, pictureOrData}},
		{name: "update-outro", summary: "a copy of a video with another outro", path: "update_outro_image", sources: one, twin: true, price: flat,
			rules: []rule{otherOutro, outroArea, pictureOrData}},
		{name: "update-footer", summary: "a copy of a video with another footer, or without", path: "update_footer_image", sources: one, twin: true, price: flat,
			rules: []rule{otherFooter, pictureOrData}},
		{name: "clone", summary: "a copy of a video, rendered anew", path: "clone", sources: one, price: free},
		{name: "translate", summary: "a copy of a video in another language", path: "translate_video", sources: one, twin: true, listed: true, price: byTranslation,
			defaults: map[string]any{"enable_subtitles": false, "translate_outro": true, "translate_footer": true}},
		{name: "join", summary: "one video of several", path: "join_videos", sources: many, twin: true, listed: true, price: byJoining, rules: []rule{joined},
			defaults: map[string]any{"blend_scenes": false}},
		{name: "add-subtitles", summary: "a copy of a video with subtitles", path: "add_subtitles", sources: one, price: free},
		{name: "remove-subtitles", summary: "a copy of a video without text on its pictures", path: "remove_subtitles", sources: one, price: free},
	}
}

// operations returns the rows of the table and their twins.
func operations() []operation {
	all := table()
	for _, o := range table() {
		if o.twin {
			o.name = externally + o.name
			o.summary = o.summary + ", paid by an external user"
			o.external = true
			all = append(all, o)
		}
	}
	return all
}

func find(name string) (operation, bool) {
	all := operations()
	i := slices.IndexFunc(all, func(o operation) bool { return Name+"/"+o.name == name })
	if i < 0 {
		return operation{}, false
	}
	return all[i], true
}

func described() []providers.Operation {
	var all []providers.Operation
	for _, o := range operations() {
		all = append(all, providers.Operation{Name: Name + "/" + o.name, Summary: o.summary})
	}
	return providers.WithFiles(files, all...)
}

// schema is the JSON Schema of the operation's request; nil when there is none.
func (o operation) schema() []byte {
	// The files are embedded, so a missing one is a mistake of the build.
	source, err := files.ReadFile(o.name + ".schema.json")
	if err != nil {
		return nil // a test holds each operation to one
	}
	return source
}

// route is the address that charges the intended payer. The service accepts sessions of
// either kind on either route, and then silently charges the other payer (SAM-G10). So
// the route follows from the operation alone.
func (o operation) route() string {
	if o.external {
		return "/external_users/" + o.path
	}
	return "/video/" + o.path
}

// statusRoute is the address that tells the status of a job.
func (o operation) statusRoute() string {
	if o.external {
		return "/external_users/status"
	}
	return "/status"
}

// complete adds the fields that must be set explicitly. The service's defaults differ
// between its documentation and its published source (SAM-V9), and it silently replaces
// values that it does not know (SAM-V6).
func (o operation) complete(in fields) fields {
	out := fields{}
	for name, value := range o.defaults {
		raw, err := json.Marshal(value)
		if err == nil { // constants of the table
			out[name] = raw
		}
	}
	for name, raw := range in {
		out[name] = raw
	}
	if out.flag("add_narrator_avatar") && !out.has("limit_single_narrator") {
		out["limit_single_narrator"] = json.RawMessage("true") // SAM-I4
	}
	if o.path == "update_outro_image" && out.text("cta_url") != "" && !out.has("outro_image_url") {
		out["generate_outro_image"] = json.RawMessage("true") // SAM-S3
	}
	return out
}
