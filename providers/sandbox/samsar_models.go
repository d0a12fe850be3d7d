package sandbox

import "net/http"

// samsarImageModel and samsarVideoModel are lines of the price list.
type samsarImageModel struct {
	value string
	price int64
}

type samsarVideoModel struct {
	value, label string
	rate         int64 // credits per second
	units        []int64
}

// samsarImageModels lists the prices of image models.
func samsarImageModels() []samsarImageModel {
	return []samsarImageModel{{"GPTIMAGE2", 46}, {"NANOBANANA2", 23}, {"SEEDREAM", 15}, {"CUSTOM_TEXT_TO_IMAGE", 10}}
}

// samsarVideoModels lists the rates of video models, and the lengths of their pieces.
func samsarVideoModels() []samsarVideoModel {
	return []samsarVideoModel{
		{"VEO3.1I2V", "VEO3.1I2V", 60, []int64{6, 8}},
		{"VEO3.1I2VFAST", "VEO3.1I2VFAST", 36, []int64{6, 8}},
		{"SEEDANCEI2V", "Seedance 1.5", 30, []int64{5, 10}},
		{"KLINGIMGTOVID3PRO", "KLINGIMGTOVID3PRO", 36, []int64{5, 10}},
		{"HAPPYHORSEI2V", "Happy Horse 1.0 I2V", 36, []int64{5, 10, 15}},
		{"RUNWAYML", "RunwayML Gen 4.5", 30, []int64{5, 10}},
	}
}

// unitsOf returns the lengths in which a model makes video.
func unitsOf(model string) []int64 {
	for _, m := range samsarVideoModels() {
		if m.value == model {
			return m.units
		}
	}
	return []int64{5}
}

// samsarStage is one stage of a rendering. It has a name in the status, a name in the price
// list and a rate in credits per second. The video takes the rest.
type samsarStage struct {
	name, component string
	rate            int64
}

// samsarStages lists the stages in order.
func samsarStages() []samsarStage {
	return []samsarStage{
		{"prompt_generation", "pipeline", 4},
		{"inference", "inference", 4},
		{"image_generation", "image_gen_edit", 2},
		{"speech_generation", "speech", 2},
		{"music_generation", "music", 2},
		{"lip_sync_generation", "effects_and_lipsync", 2},
		{"video_generation", "video", 0},
	}
}

// parts splits a model's rate among the stages.
func (samsarVideoModel) parts(rate int64) []int64 {
	var parts []int64
	rest := rate
	for _, stage := range samsarStages() {
		// Cheap models pay less than the sum of the fixed rates, so each stage takes no
		// more than is left.
		part := min(stage.rate, rest)
		if stage.component == "video" {
			part = rest
		}
		parts = append(parts, part)
		rest -= part
	}
	return parts
}

// samsarFonts lists the fonts by language.
func samsarFonts() map[string][]string {
	return map[string][]string{
		"default": {"Rampart One", "Montserrat", "Arial", "sans-serif"},
		"en":      {"Poppins", "Montserrat", "Arial", "sans-serif"},
		"ja":      {"Noto Sans JP", "M PLUS Rounded 1c", "Hiragino Sans", "Yu Gothic UI", "sans-serif"},
		"ko":      {"Noto Sans KR", "Pretendard", "Apple SD Gothic Neo", "Malgun Gothic", "sans-serif"},
	}
}

// models answers with the models and their prices.
func (s samsar) models(*call) reply {
	var images, videos []any
	for _, m := range samsarImageModels() {
		images = append(images, map[string]any{"label": m.value, "value": m.value, "basePrice": m.price})
	}
	for _, m := range samsarVideoModels() {
		rate := s.rate(m.value)
		parts := map[string]any{"total": rate, "optionalAddons": map[string]any{"express_cta_generation": ctaRate}}
		for i, stage := range samsarStages() {
			parts[stage.component] = m.parts(rate)[i]
		}
		videos = append(videos, map[string]any{"label": m.label, "value": m.value, "basePrice": rate, "pricingDistribution": parts})
	}
	return reply{status: http.StatusOK, body: map[string]any{"IMAGE_MODELS": images, "VIDEO_MODELS": videos}}
}

// fonts answers with the fonts.
func (s samsar) fonts(*call) reply {
	return reply{status: http.StatusOK, body: map[string]any{"fontsByLanguage": samsarFonts()}}
}

// rate returns the credits for a second of a model, or 0 for an unknown one.
func (s samsar) rate(model string) int64 {
	if rate, ok := s.behaviour().Rates[model]; ok {
		return rate
	}
	for _, m := range samsarVideoModels() {
		if m.value == model {
			return m.rate
		}
	}
	return 0
}
