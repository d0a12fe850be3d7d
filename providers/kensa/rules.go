package kensa

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// longestPrompt is the most characters of a prompt. The documentation names no limit, and a
// sibling of the service accepts as many.
const longestPrompt = 5000

// Checker knows the rules and prices of the operation. It makes no requests and is safe for
// concurrent use.
type Checker struct {
	prices prices
	models map[string]model // the deployment's models; nil: it was not asked
	ratio  *regexp.Regexp
}

// NewChecker returns the checker of the operation. Models in a price table count as known,
// like those of the documentation (KEN-G7).
func NewChecker(operation string, p providers.Prices) (*Checker, error) {
	if operation != Generate {
		return nil, fmt.Errorf("check %q: kensa has no such operation", operation)
	}
	return &Checker{prices: newPrices(p), ratio: regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`)}, nil
}

// WithAssets returns a checker that also knows the models of the account, as listed by
// [Client.Assets]: which are enabled, how long their videos may be, and in which shapes.
// Other assets change nothing.
func (c *Checker) WithAssets(kind string, assets []providers.Asset) providers.Checker {
	if kind != Models {
		return c
	}
	informed := *c
	informed.models = map[string]model{}
	for _, a := range assets {
		informed.models[a.Name] = modelOf(a)
	}
	return &informed
}

// Traits describes the behaviour of the operation. The limits are our caution. Those of an
// account depend on its plan and are not published.
func (c *Checker) Traits() providers.Traits {
	return providers.Traits{
		Submits:       []providers.Window{{Count: 1, Per: 15 * time.Second}},
		Active:        1,
		FirstPoll:     10 * time.Second,
		MaxPoll:       30 * time.Second,
		Typical:       3 * time.Minute, // the sample video of the documentation: ten seconds of sora-2
		Deadline:      2 * time.Hour,
		FindComplete:  true,
		FindByContent: true,
		Settle:        30 * time.Second,
		CancelMeans: "Kensa cannot stop a video. It goes on and its credits are charged; " +
			"reelmerge only stops to ask for it.",
		Look:      "Kensa, My videos",
		GuessCost: "the same video and its credits a second time, and your customer may get it twice",
	}
}

// Check reports every rule that the request breaks.
func (c *Checker) Check(r providers.Request) problem.List {
	fields, err := rest.Object(r.Body)
	if err != nil {
		return rest.ObjectProblem("the template's request must be a JSON object")
	}
	f := &findings{fields: fields}
	m, online := c.model(f)
	f.names()
	f.prompt()
	f.duration(m)
	f.aspectRatio(m, c.ratio)
	f.quality(m)
	f.startImage(m, online)
	return f.problems
}

// findings collects the problems of one request.
type findings struct {
	fields   map[string]json.RawMessage
	problems problem.List
}

// add adds a problem with the value of its field.
func (f *findings) add(code, field, message, hint string) {
	f.problems = append(f.problems, problem.Problem{
		Code: code, Place: problem.Place{Pointer: "/" + field}, Value: rest.Text(f.fields, field), Message: message, Hint: hint,
	})
}

// fieldNames are the fields of a request.
func fieldNames() []string {
	return []string{"prompt", "model", "duration", "aspectRatio", "quality", "startImageUrl"}
}

// names finds misspelled fields. The service ignores them, and a video without its first
// picture costs as much as one with it.
func (f *findings) names() {
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	}
	for name := range f.fields {
		for _, right := range fieldNames() {
			if name != right && plain(name) == plain(right) {
				f.add("TPL-REQUEST", name, fmt.Sprintf("Kensa ignores %q; the field is called %q", name, right), "rename it to "+right)
			}
		}
	}
}

// model checks KEN-V2 and KEN-V7. It returns the facts of the model; online is true if they
// come from the deployment.
func (c *Checker) model(f *findings) (m model, online bool) {
	name := rest.Text(f.fields, "model")
	if name == "" {
		f.add("KEN-V2", "model", "the model is missing or no text", "write one of: "+strings.Join(c.modelNames(), ", "))
		return model{}, false
	}
	// Without the deployment's list, an unknown model may just be new. The hint says how to
	// allow it.
	if c.models == nil {
		if !slices.Contains(c.modelNames(), name) {
			f.add("KEN-V2", "model", fmt.Sprintf("Kensa's documentation names no model %q", name),
				"write one of: "+strings.Join(c.modelNames(), ", ")+"; for a newer model, add it to the price table or check online")
		}
		return model{}, false
	}
	m, known := c.models[name]
	switch {
	case !known:
		f.add("KEN-V2", "model", fmt.Sprintf("your deployment has no model %q", name), "write one of: "+strings.Join(c.modelNames(), ", "))
	case m.disabled:
		f.add("KEN-V7", "model", fmt.Sprintf("the model %q is switched off in your deployment", name),
			"write one of: "+strings.Join(c.modelNames(), ", "))
	}
	return m, known
}

// modelNames returns the models that may be used: those of the deployment if it was asked,
// or else those of the documentation and of the price table.
func (c *Checker) modelNames() (names []string) {
	if c.models == nil {
		names = append([]string{"sora-2", "veo-3-1", "wan-2-6", "seedance-1-5"}, c.prices.models()...)
	}
	for name, m := range c.models {
		if !m.disabled {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// prompt checks KEN-V1.
func (f *findings) prompt() {
	prompt := rest.Text(f.fields, "prompt")
	switch n := utf8.RuneCountInString(prompt); {
	case strings.TrimSpace(prompt) == "":
		f.add("KEN-V1", "prompt", "the prompt is empty or no text", "say what the video is to show")
	case n > longestPrompt:
		f.problems = append(f.problems, problem.Problem{
			Code: "KEN-V1", Place: problem.Place{Pointer: "/prompt"},
			Message: fmt.Sprintf("the prompt has %d characters; more than %d may be refused", n, longestPrompt), Hint: "shorten it",
		})
	}
}

// duration checks KEN-V3. Only the longest length of a model is published (KEN-G5).
func (f *findings) duration(m model) {
	const hint = "write a number of seconds, such as 10"
	var n float64
	raw := f.fields["duration"]
	switch {
	case len(raw) == 0:
		f.add("KEN-V3", "duration", "the duration is missing", hint)
	case json.Unmarshal(raw, &n) != nil || string(raw) == "null":
		f.add("KEN-V3", "duration", "the duration is no number",
			`declare its variable as {"type": "number"} and let the text be the placeholder alone, or write a number`)
	case n <= 0:
		f.add("KEN-V3", "duration", "the duration is not above zero", hint)
	case m.maxDuration > 0 && n > m.maxDuration:
		f.add("KEN-V3", "duration", fmt.Sprintf("%v s is longer than the %v s that the model makes", n, m.maxDuration), "shorten it, or choose another model")
	// It is only a warning: a new model may accept fractions.
	case n != math.Trunc(n):
		f.add("KEN-V3", "duration", fmt.Sprintf("%v s is no whole number of seconds; models are known to make whole ones only", n), "round it")
		f.problems[len(f.problems)-1].Severity = problem.Warning
	}
}

// aspectRatio checks KEN-V4.
func (f *findings) aspectRatio(m model, pattern *regexp.Regexp) {
	ratio := rest.Text(f.fields, "aspectRatio")
	switch {
	case !pattern.MatchString(ratio):
		f.add("KEN-V4", "aspectRatio", "the aspect ratio is missing or not of the form 16:9", "write 16:9, 9:16 or 1:1")
	case len(m.aspectRatios) > 0 && !slices.Contains(m.aspectRatios, ratio):
		f.add("KEN-V4", "aspectRatio", fmt.Sprintf("the model makes no %s", ratio), "write one of: "+strings.Join(m.aspectRatios, ", "))
	}
}

// quality checks KEN-V5. The deployment counts more than the documentation (KEN-G8).
func (f *findings) quality(m model) {
	if _, set := f.fields["quality"]; !set {
		return
	}
	allowed := []string{"480p", "720p", "1080p", "4k"}
	if len(m.resolutions) > 0 {
		allowed = m.resolutions
	}
	if !slices.Contains(allowed, rest.Text(f.fields, "quality")) {
		f.add("KEN-V5", "quality", "the model does not make this quality", "write one of: "+strings.Join(allowed, ", ")+", or leave quality out")
	}
}

// startImage checks KEN-V6.
func (f *findings) startImage(m model, online bool) {
	// A model without modes, or one that was not asked, may take anything.
	can := func(mode string) bool { return !online || len(m.modes) == 0 || slices.Contains(m.modes, mode) }
	if _, set := f.fields["startImageUrl"]; !set {
		if !can(textToVideo) {
			f.add("KEN-V6", "startImageUrl", "the model makes videos from a first picture only", "set startImageUrl, or choose another model")
		}
		return
	}
	u, err := url.Parse(rest.Text(f.fields, "startImageUrl"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		f.add("KEN-V6", "startImageUrl", "the first picture is no web address", "write an address that begins with https://, or leave startImageUrl out")
		return
	}
	if !can(imageToVideo) {
		f.add("KEN-V6", "startImageUrl", "the model takes no first picture", "leave startImageUrl out, or choose another model")
	}
}
