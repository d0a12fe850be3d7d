package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/credit"
)

const (
	colossyanBase  = "/colossyan/api/v1"
	colossyanDraft = "/colossyan/api/knowledge-to-draft/generate-draft"

	minutes = "minutes" // of the plan, the unit of all charges here
)

// ColossyanBehaviour is what Colossyan's documentation leaves open.
type ColossyanBehaviour struct {
	// TemplateBase and TemplatePerCharacter say how long the video of a template
	// job is: the base, and more for each character of its variables' values.
	// Both zero stand for 20 s and 60 ms.
	TemplateBase, TemplatePerCharacter time.Duration
	// JobByVideoID makes the job's path want the videoId, as one page says, not
	// the job's id, as the others do.
	JobByVideoID bool
	// NoVideoID leaves the videoId out of the answer to a submit, as the older
	// edition did.
	NoVideoID bool
	// ResultDelay is how long a finished job's video is not found yet.
	ResultDelay time.Duration
	// DeletedIsGone answers 404 for a deleted job, instead of status "deleted".
	DeletedIsGone bool
	// DeleteNoContent answers deletions with 204 and no body, instead of 200.
	DeleteNoContent bool
	// PayloadWins lets the keys of the callback payload and the variables
	// overwrite the callback's own fields, instead of the other way round.
	PayloadWins bool
	// OldCallback sends the older edition's callback: no status, no videoUrl, no
	// variables, and none at all for a failed job.
	OldCallback bool
	// OddStatus is a status nobody documents, shown while a job is generating.
	OddStatus string
	// ErrorShape is how errors look: "message" (also when empty), "error",
	// "errors" or "text".
	ErrorShape string
}

// colossyan plays Colossyan.
type colossyan struct{ *Sandbox }

func (c colossyan) routes() {
	d := c.dialect()
	d.paid("POST "+colossyanBase+"/video-generation-jobs", c.videoJob)
	d.paid("POST "+colossyanBase+"/video-generation-jobs/template-jobs", c.templateJob)
	d.paid("POST "+colossyanBase+"/assets/actors", c.createAvatar)
	d.paid("POST "+colossyanDraft, c.createDraft)
	d.free("GET "+colossyanBase+"/video-generation-jobs/{id}", c.job)
	d.free("DELETE "+colossyanBase+"/video-generation-jobs/{id}", c.deleteJob)
	d.free("GET "+colossyanBase+"/generated-videos/{id}", c.video)
	d.free("DELETE "+colossyanBase+"/generated-videos/{id}", c.deleteVideo)
	d.free("GET "+colossyanBase+"/assets/voices", c.voices)
	d.free("GET "+colossyanBase+"/assets/actors", c.actors)
}

func (c colossyan) dialect() dialect {
	return dialect{sandbox: c.Sandbox, name: Colossyan, credential: bearer, errorBody: c.errorBody}
}

func (c colossyan) behaviour() ColossyanBehaviour { return c.options.Behaviour.Colossyan }

// bearer reads the token of an Authorization header.
func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(token)
}

// errorBody words an error. The documentation shows none, so there are several.
func (c colossyan) errorBody(r refusal) any {
	switch c.behaviour().ErrorShape {
	case "error":
		return map[string]any{"error": r.text}
	case "errors":
		return map[string]any{"errors": []any{map[string]any{"message": r.text}}}
	case "text":
		return r.text
	default:
		return map[string]any{"message": r.text, "statusCode": r.status}
	}
}

// videoJob accepts a job that brings its whole video along.
func (c colossyan) videoJob(in *call) reply {
	fields, raw, refused := in.object()
	if refused == nil {
		refused = checkVideoJob(fields)
	}
	if refused != nil {
		return c.dialect().refusal(*refused)
	}
	draft := c.draft("colossyan/video-job", fields, raw, "callback", "callbackPayload", "callbackUrl")
	draft.Webhook, _ = fields["callback"].(string) // a callbackUrl is not known here, and ignored
	creative := fields["videoCreative"].(map[string]any)
	draft.Length = creativeLength(creative)
	if draft.Reference == "" {
		settings, _ := creative["settings"].(map[string]any)
		draft.Reference, _ = settings["name"].(string)
	}
	return c.accept(in, draft)
}

// templateJob accepts a job from a saved template.
func (c colossyan) templateJob(in *call) reply {
	fields, raw, refused := in.object()
	if refused == nil {
		refused = checkTemplateJob(fields)
	}
	if refused != nil {
		return c.dialect().refusal(*refused)
	}
	draft := c.draft("colossyan/template-job", fields, raw, "callback", "callbackPayload", "callbackUrl")
	draft.Webhook, _ = fields["callbackUrl"].(string) // a callback is not known here, and ignored
	draft.Length = c.templateLength(fields["dynamicVariables"].(map[string]any))
	return c.accept(in, draft)
}

func (c colossyan) draft(operation string, fields map[string]any, raw []byte, but ...string) job {
	return job{
		ID: newUUID(), ResultID: newUUID(), Operation: operation,
		Content: contentOf(operation, fields, but...), BodyHash: hash(raw), Body: raw,
		Reference: payloadReference(fields), Unit: minutes,
	}
}

func (c colossyan) accept(in *call, draft job) reply {
	draft.Price = credit.Unit.Ratio(draft.Length.Milliseconds(), time.Minute.Milliseconds())
	return c.dialect().submit(in, draft, nil, func(j job) reply {
		body := map[string]any{"id": j.ID, "videoId": j.ResultID}
		if c.behaviour().NoVideoID {
			delete(body, "videoId")
		}
		return reply{status: http.StatusOK, body: body}
	})
}

// payloadReference finds the caller's own key in a callback payload: under one
// of the usual names, else the only text there is.
func payloadReference(fields map[string]any) string {
	payload, _ := fields["callbackPayload"].(map[string]any)
	for _, name := range referenceNames() {
		if text, ok := payload[name].(string); ok {
			return text
		}
	}
	for _, value := range payload {
		if text, ok := value.(string); ok && len(payload) == 1 {
			return text
		}
	}
	return ""
}

// referenceNames are the names under which callers send their own key.
func referenceNames() []string {
	return []string{"reference", "reelmerge", "reelmerge_reference", "reelmergeReference", "ref", "rk", "key", "row", "row_key"}
}

// templateLength is how long a template's video is with these values.
func (c colossyan) templateLength(variables map[string]any) time.Duration {
	base, per := c.behaviour().TemplateBase, c.behaviour().TemplatePerCharacter
	if base == 0 && per == 0 {
		base, per = 20*time.Second, 60*time.Millisecond
	}
	characters := 0
	for _, value := range variables {
		characters += utf8.RuneCountInString(fmt.Sprint(value))
	}
	return base + time.Duration(characters)*per
}

func checkTemplateJob(fields map[string]any) *refusal {
	if id, ok := fields["templateJobId"].(string); !ok || strings.TrimSpace(id) == "" {
		return badRequest("Invalid input data: templateJobId must be a string.")
	}
	if _, ok := fields["dynamicVariables"].(map[string]any); !ok {
		return badRequest("Invalid input data: dynamicVariables must be an object.")
	}
	return checkCallback(fields, "callbackUrl", true)
}

// checkCallback checks the callback fields; only template jobs may say null.
func checkCallback(fields map[string]any, name string, nullable bool) *refusal {
	if value, ok := fields[name]; ok && (value != nil || !nullable) {
		text, ok := value.(string)
		if !ok || !isWebURL(text) {
			return badRequest("Invalid input data: " + name + " must be a URL.")
		}
	}
	if value, ok := fields["callbackPayload"]; ok && (value != nil || !nullable) {
		if _, ok := value.(map[string]any); !ok {
			return badRequest("Invalid input data: callbackPayload must be an object.")
		}
	}
	return nil
}

// createAvatar makes an instant avatar, and answers with its name.
func (c colossyan) createAvatar(in *call) reply {
	fields, raw, refused := in.object()
	if refused != nil {
		return c.dialect().refusal(*refused)
	}
	for _, name := range []string{"displayName", "sourceFileUrl", "gender"} {
		if value, ok := fields[name]; ok {
			if _, ok := value.(string); !ok {
				return c.dialect().refuse(http.StatusBadRequest, "Invalid input data: "+name+" must be a string.")
			}
		}
	}
	if gender, ok := fields["gender"]; ok && gender != "Male" && gender != "Female" {
		return c.dialect().refuse(http.StatusBadRequest, "Invalid input data: gender must be Male or Female.")
	}
	draft := c.draft("colossyan/avatar", fields, raw)
	draft.ID, draft.ResultID, draft.Instant = "avatar-"+newID(), "", true
	draft.Reference, _ = fields["displayName"].(string)
	return c.dialect().submit(in, draft, nil, func(j job) reply {
		return reply{status: http.StatusCreated, body: map[string]any{"name": j.ID}}
	})
}

// createDraft makes a draft from text, and answers with its address.
func (c colossyan) createDraft(in *call) reply {
	fields, raw, refused := in.object()
	if refused != nil {
		return c.dialect().refusal(*refused)
	}
	summary, _ := fields["summary"].(map[string]any)
	title, titled := summary["title"].(string)
	chapters, ok := summary["chapters"].([]any)
	if !titled || !ok || len(chapters) == 0 {
		return c.dialect().refuse(http.StatusBadRequest, "Invalid input data: summary needs a title and chapters.")
	}
	draft := c.draft("colossyan/draft", fields, raw)
	draft.ID, draft.ResultID, draft.Instant = newUUID(), "", true
	draft.Reference = title
	return c.dialect().submit(in, draft, nil, func(j job) reply {
		return reply{status: http.StatusOK, body: map[string]any{"url": j.Base + "/share/draft-" + j.ID}}
	})
}

// isUUID reports whether an id has the form of all ids here; anything else is an
// invalid parameter.
func isUUID(id string) bool {
	groups := strings.Split(id, "-")
	if len(groups) != 5 || len(id) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	_, err := hex.DecodeString(strings.Join(groups, ""))
	return err == nil
}

// find returns a job of the caller. One of somebody else's workspace is not
// found, like one that never was.
func (c colossyan) find(in *call, parameter string, wanted func(job) string) (job, *reply) {
	id := in.PathValue("id")
	d := c.dialect()
	if !isUUID(id) {
		r := d.refuse(http.StatusBadRequest, "Invalid "+parameter+" parameter.")
		return job{}, &r
	}
	j, ok, err := c.books.find(id)
	if err != nil {
		return job{}, &reply{fault: dropped}
	}
	if !ok || j.Provider != Colossyan || j.Owner != in.owner || wanted(j) != id {
		r := d.refuse(http.StatusNotFound, "Not found.")
		return job{}, &r
	}
	return j, nil
}

func (c colossyan) findJob(in *call) (job, *reply) {
	return c.find(in, "videoGenerationJobId", func(j job) string {
		if c.behaviour().JobByVideoID {
			return j.ResultID
		}
		return j.ID
	})
}

func (c colossyan) findVideo(in *call) (job, *reply) {
	j, refused := c.find(in, "videoId", func(j job) string { return j.ResultID })
	if refused != nil {
		return job{}, refused
	}
	now := c.now()
	if j.fate(now) != succeeded || j.Deleted || now.Before(j.ends().Add(c.behaviour().ResultDelay)) {
		r := c.dialect().refuse(http.StatusNotFound, "Generated video not found.")
		return job{}, &r
	}
	return j, nil
}

// job answers with a job's status and the job itself.
func (c colossyan) job(in *call) reply {
	j, refused := c.findJob(in)
	if refused != nil {
		return *refused
	}
	now := c.now()
	if j.fate(now) == cancelled && c.behaviour().DeletedIsGone {
		return c.dialect().refuse(http.StatusNotFound, "Video generation job not found.")
	}
	body := map[string]any{
		"id": j.ID, "videoId": j.ResultID, "status": c.status(j, now),
		"creationDate": c.stamp(j.Created), "folderId": nil, "isAPIGenerated": true, "sharded": false,
		"userId": "sandbox-user",
	}
	body["progress"], body["maximumProgress"] = colossyanProgress(j, now)
	var request map[string]json.RawMessage
	if json.Unmarshal(j.Body, &request) == nil {
		for _, name := range []string{"videoCreative", "templateJobId", "dynamicVariables"} {
			if value, ok := request[name]; ok {
				body[name] = value
			}
		}
	}
	return reply{status: http.StatusOK, body: body}
}

func (c colossyan) status(j job, now time.Time) string {
	switch j.fate(now) {
	case succeeded:
		return "finished"
	case failed:
		return "failed"
	case cancelled:
		return "deleted"
	case running:
	}
	switch part := j.progress(now); {
	case part < 0.1:
		return "in_queue"
	case part < 0.25:
		return "preprocessing"
	case part < 0.3:
		return "preprocessing_finished"
	case c.behaviour().OddStatus != "":
		return c.behaviour().OddStatus
	default:
		return "generating"
	}
}

// colossyanProgress is not a percentage: it counts pieces of work, and as long
// as nobody has cut the job into pieces there are none.
func colossyanProgress(j job, now time.Time) (progress, maximum int64) {
	part := j.progress(now)
	if part < 0.25 {
		return 0, 0
	}
	maximum = 3 + j.Length.Milliseconds()/1700
	return int64(math.Floor(part * float64(maximum))), maximum
}

// deleteJob stops a job.
func (c colossyan) deleteJob(in *call) reply {
	j, refused := c.findJob(in)
	if refused != nil {
		return *refused
	}
	now := c.now()
	_, no, err := c.books.change(j.ID, func(j *job) *refusal {
		if !j.Cancelled.IsZero() || j.Deleted {
			return &refusal{status: http.StatusNotFound, text: "Video generation job not found."}
		}
		if j.fate(now) == running {
			j.Cancelled = now
		} else {
			j.Deleted = true
		}
		return nil
	})
	return c.deleted(no, err)
}

// deleteVideo removes a finished video.
func (c colossyan) deleteVideo(in *call) reply {
	j, refused := c.findVideo(in)
	if refused != nil {
		return *refused
	}
	_, no, err := c.books.change(j.ID, func(j *job) *refusal {
		j.Deleted = true
		return nil
	})
	return c.deleted(no, err)
}

func (c colossyan) deleted(no *refusal, err error) reply {
	switch {
	case err != nil:
		return reply{fault: dropped}
	case no != nil:
		return c.dialect().refusal(*no)
	case c.behaviour().DeleteNoContent:
		return reply{status: http.StatusNoContent}
	default:
		return reply{status: http.StatusOK, body: map[string]any{}}
	}
}

// video answers with where a finished video is.
func (c colossyan) video(in *call) reply {
	j, refused := c.findVideo(in)
	if refused != nil {
		return *refused
	}
	return reply{status: http.StatusOK, body: map[string]any{
		"id": j.ResultID, "jobId": j.ID, "shareId": j.ID, "name": colossyanName(j),
		"publicUrl": c.link(in.base, j, ".mp4"), "thumbnailUrl": c.link(in.base, j, ".png"),
		"createdAt": c.stamp(j.ends()), "videoSizeBytes": len(video(j.Length)),
		"videoDurationSeconds": j.Length.Seconds(),
	}}
}

// colossyanName is what the workspace lists the video as.
func colossyanName(j job) string {
	var request struct {
		VideoCreative struct {
			Settings struct{ Name string }
		}
		TemplateJobID string
	}
	_ = json.Unmarshal(j.Body, &request) // it was read before it was accepted
	if name := request.VideoCreative.Settings.Name; name != "" {
		return name
	}
	return "Template " + request.TemplateJobID
}

// notice is a job's callback: its own fields, the callback payload and the
// variables, all in one flat object.
func (c colossyan) notice(j job, kind noticeKind) notice {
	now := c.now()
	if c.behaviour().OldCallback && j.fate(now) != succeeded {
		return notice{}
	}
	own := map[string]any{"url": nil, "videoUrl": nil, "shareUrl": nil, "status": c.status(j, now)}
	if j.fate(now) == succeeded {
		own["url"] = c.link(j.Base, j, ".mp4")
		own["videoUrl"], own["shareUrl"] = shareLink(j.Base, j), shareLink(j.Base, j)
	}
	var request struct {
		CallbackPayload, DynamicVariables map[string]any
	}
	_ = json.Unmarshal(j.Body, &request) // it was read before it was accepted
	switch kind {
	case forged:
		request.CallbackPayload = garbled(request.CallbackPayload)
	case stranger:
		request.CallbackPayload = map[string]any{"reference": newID()}
	case genuine:
	}
	if c.behaviour().OldCallback {
		delete(own, "status")
		delete(own, "videoUrl")
		request.DynamicVariables = nil
	}
	layers := []map[string]any{request.DynamicVariables, request.CallbackPayload, own}
	if c.behaviour().PayloadWins {
		layers = []map[string]any{own, request.CallbackPayload, request.DynamicVariables}
	}
	return notice{body: encode(flatten(layers...))}
}

// flatten puts objects into one; later ones overwrite earlier ones.
func flatten(layers ...map[string]any) map[string]any {
	flat := map[string]any{}
	for _, layer := range layers {
		for name, value := range layer {
			flat[name] = value
		}
	}
	return flat
}

// garbled is a payload as someone would invent it who has seen another one: the
// right names and form, the wrong values.
func garbled(payload map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range payload {
		if text, ok := value.(string); ok && text != "" {
			last := "0"
			if strings.HasSuffix(text, last) {
				last = "1"
			}
			value = text[:len(text)-1] + last
		}
		out[name] = value
	}
	return out
}
