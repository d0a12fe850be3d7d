package sandbox

import (
	"net/http"
	"strings"
)

// voices lists the voices of a workspace: those of the documentation's samples, and one for
// each of several other languages.
func (c colossyan) voices(*call) reply {
	var list []any
	for _, v := range []struct{ name, label, language string }{
		{"aquXcfLbkxpW4BBI5qKm", "Karen", "en-US"},
		{"en-GB-RyanNeural", "Ryan", "en-GB"},
		{"de-DE-KatjaNeural", "Katja", "de-DE"},
		{"fr-FR-DeniseNeural", "Denise", "fr-FR"},
		{"es-ES-ElviraNeural", "Elvira", "es-ES"},
	} {
		// The documented fields are all there, since clients may expect any of them.
		list = append(list, map[string]any{
			"name": v.name, "displayName": v.label, "sample": "", "genders": []string{}, "characters": []string{},
			"ages": []string{}, "scenarios": []string{}, "languages": []string{v.language}, "style": "general",
			"isClonedVoice": false,
			"features":      map[string]bool{"pitch": true, "emphasize": true, "pause": true, "speed": true},
		})
	}
	return reply{status: http.StatusOK, body: list}
}

// actors lists the avatars of a workspace, its own instant ones included.
func (c colossyan) actors(in *call) reply {
	list := []any{
		colossyanActor("karen", "Karen", "Studio", "full_body", "bubble", "shoulder"),
		colossyanActor("ryan", "Ryan", "Studio", "full_body", "bubble", "shoulder"),
		colossyanActor("maya", "Maya", "ssa_lite", "bubble", "shoulder"),
	}
	own, err := c.books.list(Colossyan, func(j *job) bool { return j.Operation == "colossyan/avatar" && j.Owner == in.owner })
	if err != nil {
		return reply{fault: dropped}
	}
	for _, j := range own {
		list = append(list, colossyanActor(j.ID, j.Reference, "Instant", "bubble", "shoulder"))
	}
	return reply{status: http.StatusOK, body: list}
}

// colossyanActor returns the entry of an avatar. Only full bodies have two inference
// models.
func colossyanActor(name, label, kind string, variants ...string) map[string]any {
	models := []string{"neo"}
	if strings.Contains(strings.Join(variants, " "), "full_body") {
		models = []string{"legacy", "neo"}
	}
	return map[string]any{
		"name": name, "display_name": label, "preview_url": "", "version": "v1", "type": kind,
		"gender": "Female", "age": 30, "ethnicity": "", "clothing_style": "Casual", "quality": "lite",
		"emotions": []string{}, "default_voice": "aquXcfLbkxpW4BBI5qKm",
		"features": map[string]bool{"side_view": false, "emotions": false, "hand_gesture": false},
		"views": []any{map[string]any{
			"viewVariantType":             "front",
			"aspectRatio":                 map[string]any{"height": 9, "width": 16, "ratio": 16.0 / 9},
			"supportedActorTrackVariants": variants,
			"supportedInferenceModels":    models,
		}},
	}
}
