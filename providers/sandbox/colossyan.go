package sandbox

import (
	"fmt"
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

// ColossyanBehaviour chooses the behaviour that Colossyan's documentation leaves open.
type ColossyanBehaviour struct {
	// TemplateBase and TemplatePerCharacter set the length of a template job's video: the
	// base, and more for each character of its variables' values. If both are zero, they
	// are 20 s and 60 ms.
	TemplateBase, TemplatePerCharacter time.Duration
	// JobByVideoID makes the path of a job expect the videoId, as one page says. The other
	// pages say the job's id.
	JobByVideoID bool
	// NoVideoID leaves the videoId out of the answer to a submit, as the older edition did.
	NoVideoID bool
	// ResultDelay is how long a finished job's video is not found yet.
	ResultDelay time.Duration
	// DeletedIsGone answers 404 for a deleted job, instead of status "deleted".
	DeletedIsGone bool
	// DeleteNoContent answers deletions with 204 and no body, instead of 200.
	DeleteNoContent bool
	// PayloadWins lets the keys of the callback payload and the variables overwrite the
	// callback's own fields. Otherwise the own fields win.
	PayloadWins bool
	// OldCallback sends the older edition's callback: no status, no videoUrl, no
	// variables, and none at all for a failed job.
	OldCallback bool
	// OddStatus is an undocumented status, shown while a job is generating. A client must
	// survive one.
	OddStatus string
	// ErrorShape sets the form of errors: "message" (also when empty), "error", "errors" or
	// "text".
	ErrorShape string
}

// colossyan plays the service Colossyan.
type colossyan struct{ *Sandbox }

// routes registers all paths of the service.
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

// errorBody words an error. The documentation shows no example, so several forms can be
// chosen.
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

// videoJob accepts a job that contains its whole video.
func (c colossyan) videoJob(in *call) reply {
	fields, raw, refused := in.object()
	if refused == nil {
		refused = checkVideoJob(fields)
	}
	if refused != nil {
		return c.dialect().refusal(*refused)
	}
	draft := c.draft("colossyan/video-job", fields, raw, "callback", "callbackPayload", "callbackUrl")
	// This call does not know a callbackUrl, and ignores it.
	draft.Webhook, _ = fields["callback"].(string)
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
	// This call does not know a callback, and ignores it.
	draft.Webhook, _ = fields["callbackUrl"].(string)
	draft.Length = c.templateLength(fields["dynamicVariables"].(map[string]any))
	return c.accept(in, draft)
}

// draft returns a job without its price. The fields in but are no part of the content,
// since they do not change the video.
func (c colossyan) draft(operation string, fields map[string]any, raw []byte, but ...string) job {
	return job{
		ID: newUUID(), ResultID: newUUID(), Operation: operation,
		Content: contentOf(operation, fields, but...), BodyHash: hash(raw), Body: raw,
		Reference: payloadReference(fields), Unit: minutes,
	}
}

// accept prices a job by its length and submits it.
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

// payloadReference finds the caller's own key in a callback payload. It looks under the
// usual names first. Without any of them it takes the only text, if there is just one.
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

// templateLength returns the length of a template's video with these values. It depends on
// them, so that an estimate can be wrong.
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

// checkTemplateJob refuses a template job without a template or variables.
func checkTemplateJob(fields map[string]any) *refusal {
	if id, ok := fields["templateJobId"].(string); !ok || strings.TrimSpace(id) == "" {
		return badRequest("Invalid input data: templateJobId must be a string.")
	}
	if _, ok := fields["dynamicVariables"].(map[string]any); !ok {
		return badRequest("Invalid input data: dynamicVariables must be an object.")
	}
	return checkCallback(fields, "callbackUrl", true)
}

// checkCallback checks the callback fields. Only template jobs may set them to null.
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
	// The answer is the result, so there is no job to poll and no second id.
	draft.ID, draft.ResultID = "avatar-"+newID(), ""
	draft.Instant = true
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
	// As for an avatar, the answer is the result.
	draft.ID, draft.ResultID = newUUID(), ""
	draft.Instant = true
	draft.Reference = title
	return c.dialect().submit(in, draft, nil, func(j job) reply {
		return reply{status: http.StatusOK, body: map[string]any{"url": shareLink(j.Base, j)}}
	})
}
