package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

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
// right names and the right row, but nothing that proves where it comes from.
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
