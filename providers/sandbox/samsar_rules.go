package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// samsarRule returns what is wrong with an order, or "".
type samsarRule func(*samsarOrder) string

// firstProblem returns the first problem that a rule finds.
func firstProblem(o *samsarOrder, rules ...samsarRule) string {
	for _, rule := range rules {
		if problem := rule(o); problem != "" {
			return problem
		}
	}
	return ""
}

// common checks the fields of all new videos: language, subtitles, font.
func common(o *samsarOrder) string {
	languages := []string{"auto", "en", "es", "fr", "de", "pt", "it", "nl", "sv", "hi", "ar", "ru", "ja", "ko", "th", "zh"}
	language := "auto"
	if value, ok := o.input["language"]; ok {
		language, _ = value.(string)
	}
	if !slices.Contains(languages, language) {
		return "unsupported language"
	}
	o.session.Language = language
	if language == "auto" {
		// The service chooses a language from the text. English stands for its choice here.
		o.session.Language = "en"
	}
	o.session.Subtitles = o.input["enable_subtitles"] != false
	font, ok := o.input["font_key"]
	if !ok {
		return ""
	}
	fonts, known := samsarFonts()[language]
	if !known {
		fonts = samsarFonts()["default"]
	}
	if name, _ := font.(string); language != "auto" && !slices.Contains(fonts, name) {
		return "font_key is not supported for the language"
	}
	return ""
}

// outro allows one way to make an outro, and checks its fields.
func outro(o *samsarOrder) string {
	in := o.input
	address, _ := in["cta_url"].(string)
	if in["generate_outro_image"] != true && !expressCTA(in) {
		picture, given := in["outro_image_url"].(string)
		if given && !isPicture(picture) {
			return "outro_image_url must be a URL"
		}
		o.session.Outro = given
		return outroArea(o)
	}
	o.session.Outro = true
	// A generated outro excludes every field of the other ways. An explicit false is no use
	// of one.
	for _, name := range []string{"outro_image_url", "add_outro_animation", "add_outro_focus_area", "outro_focust_area", "outro_focus_area"} {
		if value, ok := in[name]; ok && value != false {
			return "use only one outro mode: omit " + name
		}
	}
	if !isWebURL(address) {
		return "cta_url is required to generate an outro"
	}
	return ""
}

// outroArea checks the area of an outro. The service knows it under two spellings.
func outroArea(o *samsarOrder) string {
	in := o.input
	area, given := in["outro_focust_area"]
	other, also := in["outro_focus_area"]
	// If both are there, they must agree. Otherwise it is not clear which one counts.
	if given && also && !maps.Equal(rectangle(area), rectangle(other)) {
		return "outro_focust_area and outro_focus_area differ"
	}
	if also {
		area = other
		given = true
	}
	if in["add_outro_focus_area"] == true && (in["add_outro_animation"] != true || !given) {
		return "add_outro_focus_area requires add_outro_animation and outro_focust_area"
	}
	if given && !withinCanvas(rectangle(area), o.session.AspectRatio) {
		return "outro_focust_area must lie within the canvas"
	}
	return ""
}

// withinCanvas reports whether an area lies within the picture.
func withinCanvas(r map[string]float64, aspectRatio string) bool {
	width, height := 1792.0, 1024.0
	if aspectRatio == "9:16" {
		width, height = height, width
	}
	return len(r) == 4 && r["x"] >= 0 && r["y"] >= 0 && r["width"] > 0 && r["height"] > 0 &&
		r["x"]+r["width"] <= width && r["y"]+r["height"] <= height
}

// rectangle reads the four numbers of an area. An incomplete one has fewer.
func rectangle(value any) map[string]float64 {
	fields, _ := value.(map[string]any)
	r := map[string]float64{}
	for _, name := range []string{"x", "y", "width", "height"} {
		if number, ok := fields[name].(json.Number); ok {
			if f, err := number.Float64(); err == nil {
				r[name] = f
			}
		}
	}
	return r
}

// expressCTA reads the switch for generated calls to action. The service accepts six names.
func expressCTA(in map[string]any) bool {
	names := []string{
		"express_cta_generation", "expressCtaGeneration", "auto_generate_cta_text", "autoGenerateCtaText",
		"generate_cta_texts", "generateCtaTexts",
	}
	return slices.ContainsFunc(names, func(name string) bool { return in[name] == true })
}

// callToAction refuses fields that generated calls to action exclude.
func callToAction(o *samsarOrder) string {
	if !expressCTA(o.input) {
		return ""
	}
	for _, name := range []string{"cta_text_top", "cta_text_bottom", "footer_metadata"} {
		if _, ok := o.input[name]; ok {
			return "express_cta_generation excludes " + name
		}
	}
	return ""
}

// textFooter checks the footer of a text-to-video: one item for all scenes, or several.
func textFooter(o *samsarOrder) string { return footer(o, 1) }

// imageFooter checks the footer of an image list: one item for each image.
func imageFooter(o *samsarOrder, images int) string { return footer(o, images) }

// footer checks the items of a footer.
func footer(o *samsarOrder, atLeast int) string {
	// Generated calls to action bring a footer of their own.
	if o.input["add_footer_animation"] != true || expressCTA(o.input) {
		return ""
	}
	items, _ := o.input["footer_metadata"].([]any)
	if len(items) < atLeast {
		return "footer_metadata needs an item per scene"
	}
	for _, value := range items {
		item, _ := value.(map[string]any)
		address, _ := item["url"].(string)
		title, _ := item["title"].(string)
		if !isWebURL(address) || strings.TrimSpace(title) == "" {
			return "each item of footer_metadata needs a url and a title"
		}
	}
	return ""
}

// imageURLs counts the images of a list. Each must have an address.
func imageURLs(value any) (count int, problem string) {
	list, _ := value.([]any)
	if len(list) == 0 {
		return 0, "image_urls must be a non-empty array"
	}
	for _, entry := range list {
		if !isWebURL(imageURL(entry)) {
			return 0, "each of image_urls must be a URL, or an object with one"
		}
	}
	return len(list), ""
}

// imageURL returns the address of an image, under any of its names.
func imageURL(entry any) string {
	if text, ok := entry.(string); ok {
		return text
	}
	fields, _ := entry.(map[string]any)
	for _, name := range []string{"image_url", "imageUrl", "url", "src", "enhanced_url", "enhancedUrl"} {
		if text, ok := fields[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// isPicture reports whether a text is the address of a picture, or a picture itself.
func isPicture(text string) bool { return isWebURL(text) || strings.HasPrefix(text, "data:image/") }
