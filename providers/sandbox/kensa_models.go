package sandbox

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/credit"
)

// kensaModel is a model that an account can use.
type kensaModel struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Provider     string   `json:"provider"`
	Modes        []string `json:"modes"`
	MaxDuration  float64  `json:"maxDuration"`
	Resolutions  []string `json:"resolutions"`
	AspectRatios []string `json:"aspectRatios"`
	Enabled      bool     `json:"enabled"`

	durations []float64
}

// kensaModels lists the models. One is disabled, since clients must not offer it.
func kensaModels() []kensaModel {
	both, square := []string{"text-to-video", "image-to-video"}, []string{"16:9", "9:16", "1:1"}
	return []kensaModel{
		{"sora-2", "Sora 2", "OpenAI", both, 15, []string{"720p", "1080p"}, []string{"16:9", "9:16"}, true, []float64{10, 15}},
		{"veo-3-1", "Veo 3.1", "Google", both, 8, []string{"720p", "1080p", "4k"}, []string{"16:9", "9:16"}, true, []float64{8}},
		{"wan-2-6", "Wan 2.6", "Alibaba", both, 15, []string{"720p", "1080p"}, square, true, []float64{5, 10, 15}},
		{"seedance-1-5", "Seedance 1.5", "ByteDance", both, 12, []string{"480p", "720p", "1080p"}, square, true, []float64{4, 8, 12}},
		{"kling-1-0", "Kling 1.0", "Kuaishou", both[:1], 10, []string{"720p"}, square, false, nil},
	}
}

// models answers with the list of models.
func (k kensa) models(*call) reply { return success(map[string]any{"models": kensaModels()}) }

// check returns what is wrong with a request, or "".
func (k kensa) check(o kensaOrder) string {
	models := kensaModels()
	at := slices.IndexFunc(models, func(m kensaModel) bool { return m.ID == o.Model && m.Enabled })
	switch {
	case strings.TrimSpace(o.Prompt) == "":
		return "Prompt is required"
	case utf8.RuneCountInString(o.Prompt) > kensaPromptLimit:
		return "Prompt is too long"
	case at < 0:
		return "Unsupported model: " + o.Model
	}
	m := models[at]
	switch {
	// Written this way round, the condition is false for NaN, too.
	case !(o.Duration > 0 && o.Duration <= m.MaxDuration):
		return "Duration out of range"
	case k.behaviour().DiscreteDurations && !slices.Contains(m.durations, o.Duration):
		return "Unsupported duration"
	case !slices.Contains(m.AspectRatios, o.AspectRatio):
		return "Unsupported aspect ratio: " + o.AspectRatio
	case o.Quality != "" && !slices.Contains(m.Resolutions, o.Quality):
		return "Unsupported quality: " + o.Quality
	case o.StartImageURL != nil && !isWebURL(*o.StartImageURL):
		return "Invalid startImageUrl"
	}
	return ""
}

// quality returns the resolution of the video. It has a default.
func (o kensaOrder) quality() string {
	if o.Quality == "" {
		return "720p"
	}
	return o.Quality
}

// price returns the cost of a video. The service publishes one price: 2 credits for ten
// seconds of sora-2 at 720p. The others are plausible guesses.
func (k kensa) price(o kensaOrder) credit.Amount {
	seconds := strconv.FormatFloat(o.Duration, 'f', -1, 64)
	if price, ok := k.behaviour().Prices[o.Model+" "+o.quality()+" "+seconds]; ok {
		return price
	}
	percent := map[string]int64{"480p": 50, "720p": 100, "1080p": 200, "4k": 290}[o.quality()]
	if o.Model == "veo-3-1" {
		return wholeCredits(10*percent, 100)
	}
	tenthsPerSecond := map[string]int64{"sora-2": 2, "wan-2-6": 50, "seedance-1-5": 40}[o.Model]
	// Whole numbers until the end: a float could round a price up by a credit.
	return wholeCredits(tenthsPerSecond*percent*int64(math.Round(o.Duration*1000)), 10*100*1000)
}

// wholeCredits returns n/d credits, rounded up.
func wholeCredits(n, d int64) credit.Amount { return credit.Of((n + d - 1) / d) }
