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
		return reply{status: http.StatusOK, body: map[string]any{"url": shareLink(j.Base, j)}}
	})
}
