package samsar

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
)

// callback requires an encrypted webhook (SAM-V10).
func (f *findings) callback(address string) {
	if address == "" {
		return
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		f.problems = append(f.problems, problem.Problem{
			Code: "SAM-V10", Message: "the webhook's address is no https address",
			Hint: "set webhook.url to an https address of your own",
		})
	}
}

// sources checks that the payer of an edit also owns the session that it edits. The
// service charges by the kind of the session's id, whatever the route says.
func (f *findings) sources() {
	if f.operation.sources == "" || f.operation.external {
		return
	}
	f.payer(f.operation.sources, f.in.text(f.operation.sources))
	for i, raw := range f.in.list(f.operation.sources) {
		f.payer(fmt.Sprintf("%s/%d", f.operation.sources, i), shown(raw))
	}
}

func (f *findings) payer(field, id string) {
	if strings.HasPrefix(id, externalPrefix) {
		f.refuse("ROW-PAYER", field, fmt.Sprintf("the session %q belongs to an external user, who would pay for this", id),
			"use the operation "+External(Name+"/"+f.operation.name)+" if that is meant, else a session of your own")
	}
}

// joined requires sessions of one aspect ratio, as far as the row tells them (SAM-J2).
// The service has no call that tells the ratio of a session.
func joined(f *findings) {
	ids, ratios := f.in.list("session_ids"), f.in.list(knownRatios)
	first := ""
	unknown := max(0, len(ids)-len(ratios))
	for i, raw := range ratios {
		ratio := shown(raw)
		field := fmt.Sprintf("%s/%d", knownRatios, i)
		switch {
		case ratio == "":
			unknown++
		case ratio != "16:9" && ratio != "9:16": // the schema's business
		case first == "":
			first = ratio
		case ratio != first:
			f.refuse("SAM-J2", field, fmt.Sprintf("the sessions have different aspect ratios, %s and %s: Samsar joins none such", first, ratio), "join sessions of one aspect ratio")
			return
		}
	}
	switch {
	case !f.in.has(knownRatios): // said once, by Survey
	case len(ratios) > len(ids):
		f.refuse("SAM-J2", knownRatios, fmt.Sprintf("%d aspect ratios for %d sessions", len(ratios), len(ids)), "give one for each session, in their order")
	case unknown > 0:
		f.warn("SAM-J2", knownRatios, "the aspect ratio of a session is not known: Samsar refuses to join different ones, before it charges", "fill it in where you know it")
	}
}

// prompt requires a text in the prompt (SAM-V1). The schema limits its length.
func prompt(f *findings) {
	if f.in.has("prompt") && strings.TrimSpace(f.in.text("prompt")) == "" {
		f.refuse("SAM-V1", "prompt", "the prompt is empty", "say what the video is about, in 1 to 1000 characters")
	}
}

// models requires known models, named by their value and not by their label (SAM-V3).
func models(f *findings) {
	if value := f.in.text("video_model"); value != "" {
		if _, known := f.prices.model(value); !known {
			f.refuse("SAM-V3", "video_model", fmt.Sprintf("%q is no video model of Samsar's price list of %s", value, f.prices.AsOf), f.modelHint(value))
		}
	}
	image := f.in.text("image_model")
	switch {
	case image == "":
	case !slices.Contains(f.prices.ImageModels, image):
		f.refuse("SAM-V3", "image_model", fmt.Sprintf("%q is no image model of Samsar's", image), "use one of "+strings.Join(f.prices.ImageModels, ", "))
	case strings.HasPrefix(image, "CUSTOM_"):
		f.warn("SAM-G18", "image_model", "a custom image model works only when your Samsar account has one", "set it up in Samsar first, or use another model")
	}
}

func (f *findings) modelHint(value string) string {
	var all []string
	for _, m := range f.prices.VideoModels {
		if strings.EqualFold(m.Label, value) || strings.EqualFold(m.Value, value) {
			return fmt.Sprintf("write %q: requests want the value, not the label", m.Value)
		}
		all = append(all, m.Value)
	}
	return "use one of " + strings.Join(all, ", ") + "; for a newer model, add its price to prices.table"
}

// length warns of durations that the service may round or refuse (SAM-V4,
// SAM-V5).
func length(f *findings) {
	ms := f.in.milliseconds("duration")
	m, known := f.prices.model(f.in.text("video_model"))
	switch {
	case ms == 0 || ms > 240_000: // the schema's business
	case ms < 10_000:
		f.warn("SAM-V4", "duration", "less than 10 seconds may be refused, or charged as 10: the documentation gives no minimum, the vendor's published server does", "use 10 or more")
	case ms%1000 != 0:
		f.warn("SAM-V4", "duration", "a part of a second may be rounded up", "use whole seconds")
	case known && m.wholeClips(ms) != ms:
		f.warn("SAM-V5", "duration", fmt.Sprintf("%s makes clips of %s seconds, and no sum of them is %s: it may be rounded up", m.Value, clipList(m), f.in["duration"]),
			fmt.Sprintf("use %d", m.wholeClips(ms)/1000))
	}
}

func clipList(m videoModel) string {
	words := make([]string, len(m.Clips))
	for i, clip := range m.Clips {
		words[i] = fmt.Sprint(clip)
	}
	return strings.Join(words, " or ")
}

// font requires a font of the language. Which language "auto" becomes is not known before
// (SAM-V8).
func font(f *findings) {
	name, language := f.in.text("font_key"), f.in.text("language")
	if name == "" {
		return
	}
	fonts, own := f.prices.Fonts[language]
	if !own {
		fonts = f.prices.Fonts["default"]
	}
	if slices.Contains(fonts, name) {
		return
	}
	hint := "use one of " + strings.Join(fonts, ", ")
	if language == "" || language == "auto" {
		f.warn("SAM-V8", "font_key", fmt.Sprintf("whether %q suits a language that Samsar chooses by itself is not known", name), hint+", or set language")
		return
	}
	f.refuse("SAM-V8", "font_key", fmt.Sprintf("Samsar has no font %q for %q", name, language), hint)
}

// pictures requires exactly one address for each entry (SAM-I1, SAM-I2).
func pictures(f *findings) {
	all := f.in.list("image_urls")
	for i, raw := range all {
		address, names := picture(raw)
		field := fmt.Sprintf("image_urls/%d", i)
		switch {
		case names != 1:
			f.refuse("SAM-I1", field, fmt.Sprintf("picture %d has %d addresses, it must have one", i+1, names), "give one of image_url, imageUrl, url, src, enhanced_url, enhancedUrl")
		case !isWebAddress(address):
			f.refuse("SAM-I2", field, fmt.Sprintf("picture %d is no web address: %q", i+1, address), "upload it and write its http or https address")
		}
	}
	m, known := f.prices.model(f.in.text("video_model"))
	if known && int64(len(all))*slices.Max(append([]int64{0}, m.Clips...)) > 240 {
		f.warn("SAM-G24", "image_urls", fmt.Sprintf("%d pictures may make a video of more than 240 seconds; Samsar states no limit here, and charges every second", len(all)), "use fewer pictures if that is not meant")
	}
}

// picture reads the address of an entry, and counts how many it has.
func picture(raw json.RawMessage) (address string, names int) {
	if json.Unmarshal(raw, &address) == nil {
		return address, 1
	}
	var entry fields
	if json.Unmarshal(raw, &entry) != nil {
		return "", 0
	}
	for _, name := range []string{"image_url", "imageUrl", "url", "src", "enhanced_url", "enhancedUrl"} {
		if text := entry.text(name); text != "" {
			address = text
			names++
		}
	}
	return address, names
}

// narrator refuses an avatar with several narrators (SAM-I4).
func narrator(f *findings) {
	if f.in.flag("add_narrator_avatar") && f.in.off("limit_single_narrator") {
		f.refuse("SAM-I4", "limit_single_narrator", "an avatar can only be one narrator", "set limit_single_narrator to true, or leave it out")
	}
}

// outroMode allows one way to make an outro (SAM-O1), with all that it needs
// (SAM-O2).
func outroMode(f *findings) {
	generated := f.in.flag("generate_outro_image")
	if !generated && !f.in.flag("express_cta_generation") {
		return
	}
	// A switch that is set to false excludes nothing.
	for _, name := range []string{"outro_image_url", "add_outro_animation", "add_outro_focus_area", "outro_focust_area"} {
		if f.in.has(name) && !f.in.off(name) {
			f.refuse("SAM-O1", name, fmt.Sprintf("a generated outro and %q exclude each other", name), "keep one way to make the outro")
		}
	}
	if generated && !isWebAddress(f.in.text("cta_url")) {
		f.refuse("SAM-O2", "cta_url", "a generated outro needs the web address that it leads to", "set cta_url to an http or https address")
	}
}

// canvas is the size of a video in pixels.
func canvas(aspectRatio string) (width, height float64) {
	if aspectRatio == "9:16" {
		return 1024, 1792
	}
	return 1792, 1024
}

// outroArea checks the area that an outro zooms to (SAM-O3, SAM-O4). The aspect ratio of
// an edited session is not known, so the area may fit either canvas.
func outroArea(f *findings) {
	if f.in.flag("add_outro_focus_area") && (!f.in.flag("add_outro_animation") || !f.in.has("outro_focust_area")) {
		f.refuse("SAM-O3", "add_outro_focus_area", "zooming to an area needs the animation, and the area",
			"set add_outro_animation to true and give outro_focust_area")
	}
	var area struct{ X, Y, Width, Height float64 }
	if !f.in.has("outro_focust_area") || json.Unmarshal(f.in["outro_focust_area"], &area) != nil {
		return
	}
	ratios := []string{"16:9", "9:16"}
	if ratio := f.in.text("aspect_ratio"); ratio != "" {
		ratios = []string{ratio}
	}
	inside := func(ratio string) bool {
		width, height := canvas(ratio)
		return area.X+area.Width <= width && area.Y+area.Height <= height
	}
	if !slices.ContainsFunc(ratios, inside) {
		f.refuse("SAM-O4", "outro_focust_area", "the area lies outside of the picture", "the canvas is 1792×1024 pixels at 16:9 and 1024×1792 at 9:16")
	}
}

// addresses requires web addresses. The service drops an outro or a footer that it cannot
// use, with a warning in its own log only (SAM-O6).
func addresses(f *findings) {
	for _, name := range []string{"outro_image_url", "cta_url", "cta_logo"} {
		if f.in.has(name) && !isWebAddress(f.in.text(name)) {
			f.refuse("SAM-O6", name, fmt.Sprintf("%q is no web address", name), "write an address that begins with https://, or leave it out")
		}
	}
}

// pictureOrData is [addresses] for edits, which also take pictures as data URLs
// (SAM-G17).
func pictureOrData(f *findings) {
	for _, name := range []string{"outro_image_url", "cta_logo"} {
		if f.in.has(name) && !isPicture(f.in.text(name)) {
			f.refuse("SAM-O6", name, fmt.Sprintf("%q is neither a web address nor a data URL of a picture", name), "write an address that begins with https://")
		}
	}
	if f.in.has("cta_url") && f.in.text("cta_url") != "" && !isWebAddress(f.in.text("cta_url")) {
		f.refuse("SAM-O6", "cta_url", `"cta_url" is no web address`, "write an address that begins with https://, or leave it out")
	}
}

// callsToAction checks what generated calls to action need and exclude (SAM-C1).
func callsToAction(f *findings) {
	if !f.in.flag("express_cta_generation") {
		return
	}
	if !isWebAddress(f.in.text("cta_url")) {
		f.refuse("SAM-C1", "cta_url", "generated calls to action need one web address that they lead to", "set cta_url to an http or https address")
	}
	for _, name := range []string{"cta_text_top", "cta_text_bottom", "footer_metadata"} {
		if f.in.has(name) {
			f.refuse("SAM-C1", name, fmt.Sprintf("generated calls to action exclude %q", name), "take it out, or set express_cta_generation to false")
		}
	}
}

// footer checks the parts that a footer needs (SAM-F1), and warns of a footer without
// effect (SAM-F3, SAM-F4).
func footer(f *findings) {
	items := f.in.list("footer_metadata")
	wanted := f.in.flag("add_footer_animation")
	switch {
	case wanted && len(items) == 0:
		f.refuse("SAM-F1", "footer_metadata", "a footer needs footer_metadata", "give a list of objects with url and title")
	case !wanted && f.in.has("footer_metadata"):
		f.warn("SAM-F3", "footer_metadata", "without add_footer_animation the footer is ignored", "set add_footer_animation to true, or take footer_metadata out")
	case wanted && f.in.flag("enable_subtitles"):
		f.warn("SAM-F4", "enable_subtitles", "the vendor's published server switches subtitles off where there is a footer", "set enable_subtitles to false, or leave the footer out")
	}
	for i, raw := range items {
		var item fields
		if json.Unmarshal(raw, &item) != nil {
			continue // the schema's business
		}
		if strings.TrimSpace(item.text("title")) == "" || !isWebAddress(item.text("url")) {
			f.refuse("SAM-F1", fmt.Sprintf("footer_metadata/%d", i), fmt.Sprintf("item %d of the footer needs a title and a web address", i+1), "give it a url with http or https, and a title")
		}
	}
}

// footerOfPictures requires an item for each picture (SAM-F2).
func footerOfPictures(f *findings) {
	items, pictures := len(f.in.list("footer_metadata")), len(f.in.list("image_urls"))
	if f.in.flag("add_footer_animation") && items > 0 && items != pictures {
		f.refuse("SAM-F2", "footer_metadata", fmt.Sprintf("%d items for %d pictures", items, pictures), "give one item for each picture, in their order")
	}
}

// otherOutro requires exactly one way to change an outro (SAM-S3).
func otherOutro(f *findings) {
	picture, generated := f.in.text("outro_image_url") != "", f.in.flag("generate_outro_image")
	switch {
	case picture && generated:
		f.refuse("SAM-S3", "outro_image_url", "a generated outro and a picture exclude each other", "keep outro_image_url, or generate_outro_image")
	case generated && !isWebAddress(f.in.text("cta_url")):
		f.refuse("SAM-S3", "cta_url", "a generated outro needs the web address that it leads to", "set cta_url to an http or https address")
	case !picture && !generated:
		f.refuse("SAM-S3", "outro_image_url", "nothing says what the new outro is", "give outro_image_url, or cta_url for a generated one")
	}
}

// otherFooter requires a change of the footer (SAM-S4).
func otherFooter(f *findings) {
	var given []string
	for _, name := range []string{"cta_text", "cta_logo", "cta_url"} {
		if strings.TrimSpace(f.in.text(name)) != "" {
			given = append(given, name)
		}
	}
	switch {
	case f.in.flag("remove_footer") && len(given) > 0:
		f.warn("SAM-S4", "remove_footer", "the footer is taken away, so "+strings.Join(given, ", ")+" is ignored", "take one or the other out")
	case !f.in.flag("remove_footer") && len(given) == 0:
		f.refuse("SAM-S4", "cta_text", "nothing says what the new footer is", "give cta_text, cta_logo or cta_url, or set remove_footer to true")
	}
}
