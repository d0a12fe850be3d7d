package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// notice returns a job's callback. Its own fields, the callback payload and the variables
// share one flat object, so names can collide as they do at the service.
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
	// The body was parsed when the job was accepted.
	_ = json.Unmarshal(j.Body, &request)
	// A forged callback has the names of a real one, but not its secret values. One of a
	// stranger has other keys.
	switch kind {
	case forged:
		request.CallbackPayload = garbled(request.CallbackPayload)
	case stranger:
		for name := range request.CallbackPayload {
			request.CallbackPayload[name] = newID()
		}
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

// flatten merges objects. Later ones overwrite earlier ones.
func flatten(layers ...map[string]any) map[string]any {
	flat := map[string]any{}
	for _, layer := range layers {
		for name, value := range layer {
			flat[name] = value
		}
	}
	return flat
}

// garbled returns a payload as a forger would write it who has seen another one. The names
// and the row are right, but the values that prove its origin are not.
func garbled(payload map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range payload {
		if text, ok := value.(string); ok && text != "" && !slices.Contains(referenceNames(), name) {
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
