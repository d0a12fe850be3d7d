package samsar

import (
	_ "embed" // the catalogue
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitCredits is the unit of all of the service's prices. They have changed
// between editions of its documentation (SAM-$10), so they are dated data.
const unitCredits = "credits"

//go:embed catalogue.json
var published []byte

// catalogue has the models and prices of the service on one day.
type catalogue struct {
	AsOf        string              `json:"as_of"`
	VideoModels []videoModel        `json:"video_models"`
	ImageModels []string            `json:"image_models"`
	Avatar      credit.Amount       `json:"narrator_avatar_per_second"`
	ExpressCTA  credit.Amount       `json:"express_cta_per_second"`
	Translate   credit.Amount       `json:"translate_per_second"`
	Join        credit.Amount       `json:"join_per_second"`
	Outro       credit.Amount       `json:"outro_or_footer"`
	Fonts       map[string][]string `json:"fonts"`

	perJob *credit.Amount // of the campaign: replaces every formula
}

// videoModel is one model with its price per second and the lengths of the clips
// that it makes.
type videoModel struct {
	Value     string        `json:"value"`
	Label     string        `json:"label"`
	PerSecond credit.Amount `json:"per_second"`
	Clips     []int64       `json:"clips"` // seconds, ascending

	configured bool
}

// newCatalogue reads the published prices and replaces them by those of the campaign: a
// price per job replaces all, one per minute that of every model, and a line of the price
// table that of one model.
func newCatalogue(p providers.Prices) (catalogue, error) {
	var c catalogue
	if err := json.Unmarshal(published, &c); err != nil {
		return catalogue{}, fmt.Errorf("read price list: %w", err)
	}
	c.perJob = p.PerJob
	if p.PerMinute != nil {
		for i := range c.VideoModels {
			c.VideoModels[i].PerSecond = p.PerMinute.Ratio(1, 60)
			c.VideoModels[i].configured = true
		}
	}
	for _, line := range p.Table {
		c.set(line)
	}
	if p.AsOf != "" && (p.PerJob != nil || p.PerMinute != nil || len(p.Table) > 0) {
		c.AsOf = p.AsOf
	}
	return c, nil
}

// set takes over one line of the campaign's price table. A model that the
// service did not publish is taken to make clips of 5 and 10 seconds.
func (c *catalogue) set(line providers.Price) {
	milliseconds := line.Duration.Milliseconds()
	if milliseconds <= 0 {
		milliseconds = time.Second.Milliseconds()
	}
	// A line may give a price for any length; the plan computes by seconds.
	rate := line.Amount.Ratio(time.Second.Milliseconds(), milliseconds)
	i := slices.IndexFunc(c.VideoModels, func(m videoModel) bool { return m.Value == line.Model })
	if i < 0 {
		c.VideoModels = append(c.VideoModels, videoModel{Value: line.Model, Label: line.Model, Clips: []int64{5, 10}})
		i = len(c.VideoModels) - 1
	}
	c.VideoModels[i].PerSecond = rate
	c.VideoModels[i].configured = true
}

func (c catalogue) model(value string) (videoModel, bool) {
	i := slices.IndexFunc(c.VideoModels, func(m videoModel) bool { return m.Value == value })
	if i < 0 {
		return videoModel{}, false
	}
	return c.VideoModels[i], true
}

// interval prices a video of a model between two lengths in milliseconds.
type interval struct{ low, likely, high int64 }

func (c catalogue) per(rate credit.Amount, i interval, basis credit.Basis) credit.Estimate {
	of := func(ms int64) credit.Amount { return rate.Ratio(ms, 1000) }
	return credit.Estimate{Low: of(i.low), Likely: of(i.likely), High: of(i.high), Basis: basis, PriceDate: c.AsOf}
}

func (m videoModel) basis() credit.Basis {
	if m.configured {
		return credit.Configured
	}
	return credit.Documented
}

// formula prices a request. Where the length of the video is not known, length
// says how long it is expected to be.
type formula func(c catalogue, in fields, length job.Length) credit.Estimate

func free(c catalogue, _ fields, _ job.Length) credit.Estimate { // SAM-$5
	return credit.Estimate{Basis: credit.Documented, PriceDate: c.AsOf}
}

func flat(c catalogue, _ fields, _ job.Length) credit.Estimate { // SAM-$4
	e := credit.Exactly(c.Outro, credit.Documented)
	e.PriceDate = c.AsOf
	return e
}

func byTranslation(c catalogue, _ fields, length job.Length) credit.Estimate { // SAM-$3
	return c.ofSource(c.Translate, length)
}

func byJoining(c catalogue, _ fields, length job.Length) credit.Estimate { // SAM-$3
	return c.ofSource(c.Join, length)
}

// ofSource prices an edit by the length of the video that it edits. The service does not
// tell that length, so the campaign must.
func (c catalogue) ofSource(rate credit.Amount, length job.Length) credit.Estimate {
	if !length.Known() {
		return credit.Estimate{}
	}
	ms := time.Duration.Milliseconds
	return c.per(rate, interval{ms(length.Low), ms(length.Likely), ms(length.High)}, credit.Documented)
}

// outroSeconds is what an outro may add to a video (SAM-$6).
const outroSeconds = 8

// tolerance, in credits, is how much the charges may exceed the price of a length that is
// no whole number of seconds: each stage of the work is rounded up by itself (SAM-$8).
const tolerance = 10

// bySeconds prices a text-to-video. The documented price is that of the requested
// duration. At most, whole clips and an outro are charged (SAM-$1, SAM-$6).
func bySeconds(c catalogue, in fields, _ job.Length) credit.Estimate {
	m, known := c.model(in.text("video_model"))
	ms := in.milliseconds("duration")
	if !known || ms == 0 {
		return credit.Estimate{}
	}
	high := m.wholeClips(ms)
	if hasOutro(in) {
		high += outroSeconds * 1000
	}
	e := c.per(m.PerSecond, interval{ms, ms, high}, m.basis())
	// Stages round a part of a second up, each by itself.
	if ms%1000 != 0 {
		e.High = max(e.High, e.Low.Plus(credit.Of(tolerance)))
	}
	return e
}

// byPictures prices an image list: between the shortest and the longest clip for each
// picture, with the outro (SAM-$2, SAM-$7). An expected length of the video moves only
// the likely price: the service requires credits for the highest one.
func byPictures(c catalogue, in fields, length job.Length) credit.Estimate {
	m, known := c.model(in.text("video_model"))
	pictures := int64(len(in.list("image_urls")))
	if !known || pictures == 0 || len(m.Clips) == 0 {
		return credit.Estimate{}
	}
	// The narrator and calls to action are charged by the second, like the video.
	rate := m.PerSecond
	if in.flag("add_narrator_avatar") {
		rate = rate.Plus(c.Avatar)
	}
	if in.flag("express_cta_generation") {
		rate = rate.Plus(c.ExpressCTA)
	}
	i := interval{low: pictures * m.Clips[0] * 1000, high: pictures * slices.Max(m.Clips) * 1000}
	if hasOutro(in) {
		i.high += outroSeconds * 1000
	}
	// Without an expected length the middle is as likely as any other.
	i.likely = (i.low + i.high) / 2
	if length.Known() {
		i.likely = min(max(length.Likely.Milliseconds(), i.low), i.high)
	}
	return c.per(rate, i, m.basis())
}

// Lasts is how long the video of a request will be. An edit keeps the length of its source,
// and a new outro may make it longer.
func (c *Checker) Lasts(r providers.Request, source job.Length) job.Length {
	in, _, err := read(r.Body)
	if err != nil {
		return job.Length{}
	}
	if c.operation.sources == "" {
		return c.ofNew(c.operation.complete(in))
	}
	if source.Known() && (c.operation.path == "add_outro_image" || c.operation.path == "update_outro_image") {
		source.High += outroSeconds * time.Second
	}
	return source
}

// Wastes says what a translation pays for when it comes after another edit: it is charged
// by the second of its source, and makes the texts in the picture anew.
func (c *Checker) Wastes(earlier string) string {
	if c.operation.path != "translate_video" {
		return ""
	}
	before, known := find(earlier)
	switch {
	case !known:
		return ""
	case before.path == "add_outro_image", before.path == "update_outro_image":
		return fmt.Sprintf("an outro is up to %d seconds long, and each second is translated for %s credits: %s more for each translation",
			outroSeconds, c.prices.Translate, c.prices.Translate.Ratio(outroSeconds, 1))
	case before.path == "join_videos":
		return fmt.Sprintf("each second of all the joined videos is translated for %s credits", c.prices.Translate)
	case before.path == "add_subtitles", before.path == "remove_subtitles":
		return "a translation sets its own subtitles, so those of its source are lost"
	}
	return ""
}

// ofNew is the length of a video that is made from a text. That of pictures is not known
// beforehand.
func (c *Checker) ofNew(in fields) job.Length {
	m, known := c.prices.model(in.text("video_model"))
	ms := in.milliseconds("duration")
	if !known || ms == 0 {
		return job.Length{}
	}
	high := m.wholeClips(ms)
	if hasOutro(in) {
		high += outroSeconds * 1000
	}
	of := func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
	return job.Length{Low: of(ms), Likely: of(ms), High: of(high)}
}

// hasOutro reports whether the video gets an outro, which is charged by its seconds.
func hasOutro(in fields) bool {
	return in.has("outro_image_url") || in.flag("generate_outro_image") || in.flag("express_cta_generation")
}

// wholeClips returns the shortest sum of clips that is at least as long as a length, in
// milliseconds. It marks all sums that can be reached, second by second.
func (m videoModel) wholeClips(ms int64) int64 {
	if len(m.Clips) == 0 {
		return ms
	}
	seconds := (ms + 999) / 1000
	// The shortest sum is less than one clip beyond the length, so no sum beyond that is
	// needed.
	limit := seconds + slices.Max(m.Clips)
	reached := make([]bool, limit+1)
	reached[0] = true
	for at := range limit + 1 {
		if !reached[at] {
			continue
		}
		if at >= seconds {
			return at * 1000
		}
		for _, clip := range m.Clips {
			if clip > 0 && at+clip <= limit {
				reached[at+clip] = true
			}
		}
	}
	return seconds * 1000
}

// Quote prices a request by the published formulas, or as the campaign says.
func (c *Checker) Quote(r providers.Request, length job.Length) credit.Estimate {
	if c.prices.perJob != nil {
		e := credit.Exactly(*c.prices.perJob, credit.Configured)
		e.PriceDate = c.prices.AsOf
		return e
	}
	in, _, err := read(r.Body)
	if err != nil {
		return credit.Estimate{}
	}
	return c.operation.price(c.prices, c.operation.complete(in), length)
}

// Charge is the cost that the service reports for a finished, failed or cancelled
// session. If it reports none, a finished session costs its quote, if that is exact. The
// cost of any other is unknown: nothing says that credits are given back.
func (c *Checker) Charge(quoted credit.Estimate, p providers.Progress) credit.Charge {
	switch {
	case p.Outcome == providers.Running:
		return credit.Charge{}
	case p.Reported.Basis != credit.Unknown:
		return p.Reported
	case p.Outcome == providers.Succeeded && quoted.Known() && quoted.Low == quoted.High:
		return credit.Charge{Amount: quoted.Likely, Basis: quoted.Basis}
	}
	return credit.Charge{}
}

// Account is the owner of the API key, or the external user who pays. An external user's
// key is unique only at one provider, so both are part of the account's name.
func (c *Checker) Account(r providers.Request) credit.Account {
	account := credit.Account{Provider: Name, Unit: unitCredits}
	if !c.operation.external {
		return account
	}
	if in, _, err := read(r.Body); err == nil {
		u := in.user()
		account.Payer = u.Provider + "/" + u.key()
	}
	return account
}
