package colossyan

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Checker knows the rules and prices of one operation. It uses no network and is safe for
// concurrent use.
type Checker struct {
	operation   string
	unit        string
	price       price
	placeholder *regexp.Regexp
}

// NewChecker returns the checker of an operation.
func NewChecker(operation string, p providers.Prices) (*Checker, error) {
	if !slices.Contains([]string{TemplateJob, VideoJob, Avatar, Draft}, operation) {
		return nil, fmt.Errorf("check %q: colossyan has no such operation", operation)
	}
	return &Checker{
		operation: operation, unit: unitOf(p), price: priceOf(operation, p),
		placeholder: regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_]*\}`),
	}, nil
}

func makesVideo(operation string) bool { return operation == TemplateJob || operation == VideoJob }

// Traits says how the operation behaves. Colossyan publishes no limits. The pace, the
// number of active jobs and the times here are cautious guesses (COL-P3), and a campaign
// may set others.
func (c *Checker) Traits() providers.Traits {
	t := providers.Traits{
		Submits:   []providers.Window{{Count: 1, Per: time.Second}},
		Active:    5,
		FirstPoll: 15 * time.Second,
		MaxPoll:   60 * time.Second,
		Deadline:  2 * time.Hour,
		Echoes:    true,
		CancelMeans: "Colossyan stops the job and deletes it, with the part of the video that is made. " +
			"Whether its minutes come back is not documented.",
		Look:      "Colossyan, Generated videos",
		GuessCost: "the same minutes a second time, and your customer may get the video twice",
		Links:     providers.Links{Page: providers.PageByWebhook, Expire: true, Renewed: true}, // COL-G10, COL-P6
	}
	if makesVideo(c.operation) {
		t.Static = true // values are checked with the template, cell by cell, so the request needs no second check
		return t
	}
	t.Active = 1
	t.FirstPoll = 0
	t.MaxPoll = 0
	t.Echoes = false
	t.Synchronous = true
	t.CancelMeans = "There is nothing to stop: Colossyan answers at once."
	t.Look, t.GuessCost = "Colossyan, Avatars", "the same avatar twice in the workspace"
	if c.operation == Draft {
		t.Look, t.GuessCost = "Colossyan, Drafts", "the same draft twice in the workspace"
	}
	return t
}

// Check reports every rule that the request breaks.
func (c *Checker) Check(r providers.Request) problem.List {
	fields, err := rest.Object(r.Body)
	if err != nil {
		return rest.ObjectProblem("the template's request must be a JSON object")
	}
	f := &findings{placeholder: c.placeholder}
	f.callbacks(c.operation, fields, r.Callback)
	switch c.operation {
	case TemplateJob:
		f.templateJob(fields)
	case VideoJob:
		f.videoJob(fields)
	case Avatar:
		f.avatar(fields)
	case Draft:
		f.draft(fields)
	}
	return f.problems
}

// findings gathers the problems of one request.
type findings struct {
	placeholder *regexp.Regexp
	problems    problem.List
}

func (f *findings) add(p problem.Problem) { f.problems = append(f.problems, p) }

// at writes a place in the request as a JSON pointer.
func at(path ...any) problem.Place {
	var out strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, step := range path {
		out.WriteByte('/')
		switch s := step.(type) {
		case string:
			out.WriteString(escape.Replace(s))
		case int:
			out.WriteString(strconv.Itoa(s))
		}
	}
	return problem.Place{Pointer: out.String()}
}

// callbacks checks that the request sets no callback by itself, and that no variable has
// the name of a field that the callback uses.
func (f *findings) callbacks(operation string, fields map[string]json.RawMessage, address string) {
	f.ownCallback(operation, fields)
	if address == "" || callbackField(operation) == "" {
		return
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		f.add(problem.Problem{
			Code: "COL-B5", Message: "the webhook's address is no https address; Colossyan sends the row's values to it",
			Hint: "set webhook.url to an https address of your own",
		})
	}
	var variables map[string]json.RawMessage
	if json.Unmarshal(rest.OrNull(fields["dynamicVariables"]), &variables) != nil {
		return
	}
	for _, name := range ourKeys() {
		if _, taken := variables[name]; taken {
			f.add(problem.Problem{
				Code: "COL-B2", Place: at("dynamicVariables", name), Value: name,
				Message: fmt.Sprintf("the variable %q has the name of a field that reelmerge puts into the callback", name),
				Hint:    "rename the variable in Studio and save the template job anew, or run without webhook",
			})
		}
	}
	for _, name := range overwritten(fields) {
		f.add(problem.Problem{
			Severity: problem.Warning, Code: "COL-B3", Place: at("dynamicVariables", name), Value: name,
			Message: fmt.Sprintf("the variable %q has the name of the callback's own field and may overwrite it", name),
			Hint:    "no callback is asked for, the job is polled; rename the variable in Studio to have callbacks",
		})
	}
}

// ownCallback refuses callbacks that a template sets by itself: they would send values of
// the row to an address that the campaign does not name.
func (f *findings) ownCallback(operation string, fields map[string]json.RawMessage) {
	right := callbackField(operation)
	for _, name := range []string{"callback", "callbackUrl"} {
		if _, set := fields[name]; !set {
			continue
		}
		message := fmt.Sprintf("%q is set by reelmerge from webhook.url", name)
		if name != right && right != "" {
			message = fmt.Sprintf("this operation calls it %q; Colossyan silently ignores %q", right, name)
		}
		f.add(problem.Problem{
			Code: "COL-G1", Place: at(name), Value: name, Message: message,
			Hint: "take it out of the template and set webhook.url in the campaign",
		})
	}
	raw, set := fields["callbackPayload"]
	if !set {
		return
	}
	f.add(problem.Problem{
		Code: "COL-B4", Place: at("callbackPayload"), Message: "the callback payload is reelmerge's own: it names the row without telling anything of it",
		Hint: "take callbackPayload out of the template",
	})
	var payload map[string]json.RawMessage
	if json.Unmarshal(raw, &payload) != nil {
		return
	}
	for _, name := range reservedKeys() {
		if _, there := payload[name]; there {
			f.add(problem.Problem{
				Code: "COL-B1", Place: at("callbackPayload", name), Value: name,
				Message: fmt.Sprintf("%q is a field of the callback itself", name),
				Hint:    "take callbackPayload out of the template",
			})
		}
	}
}

// templateJob checks a request for a video from a saved template job.
func (f *findings) templateJob(fields map[string]json.RawMessage) {
	if strings.TrimSpace(rest.Text(fields, "templateJobId")) == "" {
		f.add(problem.Problem{
			Code: "TPL-NO-ID", Place: at("templateJobId"), Message: "the template job's id is missing or no text",
			Hint: "Studio shows it after Generate, Export to API, Save job as a template",
		})
	}
	raw, set := fields["dynamicVariables"]
	var variables map[string]json.RawMessage
	if !set || json.Unmarshal(raw, &variables) != nil || variables == nil {
		f.add(problem.Problem{
			Code: "COL-V10", Place: at("dynamicVariables"), Message: "a template job needs dynamicVariables, even when there are none",
			Hint: `write "dynamicVariables": {}`,
		})
		return
	}
	for _, name := range sortedKeys(variables) {
		f.variable(name, variables[name])
	}
}

// variable checks one value: it is a text (COL-V4) without braces (COL-V7).
func (f *findings) variable(name string, raw json.RawMessage) {
	var value string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &value) != nil {
		f.add(problem.Problem{
			Code: "COL-V4", Place: at("dynamicVariables", name), Value: string(raw),
			Message: fmt.Sprintf("the value of %q is no text; how Colossyan writes anything else is not documented", name),
			Hint:    "write it as a text, for a number with a format",
		})
		return
	}
	if strings.ContainsAny(value, "{}") {
		f.add(problem.Problem{
			Code: "COL-V7", Place: at("dynamicVariables", name), Value: value,
			Message: fmt.Sprintf("the value of %q has a brace in it, which Colossyan may take for a variable", name),
			Hint:    "take { and } out of the cell",
		})
	}
}

// avatar checks a request for a new avatar. By the documentation all fields are optional,
// but without a source there is nothing to make an avatar from.
func (f *findings) avatar(fields map[string]json.RawMessage) {
	source := rest.Text(fields, "sourceFileUrl")
	if u, err := url.Parse(source); err != nil || u.Scheme != "https" || u.Host == "" {
		f.add(problem.Problem{
			Code: "TPL-SCHEMA", Place: at("sourceFileUrl"), Value: source,
			Message: "an avatar needs the https address of a picture or a video", Hint: "set sourceFileUrl",
		})
	}
	if _, set := fields["gender"]; !set {
		return
	}
	if gender := rest.Text(fields, "gender"); gender != "Male" && gender != "Female" {
		f.add(problem.Problem{
			Code: "TPL-SCHEMA", Place: at("gender"), Value: gender,
			Message: "Colossyan knows Male and Female", Hint: "write Male or Female, or leave gender out",
		})
	}
}

// draft checks a request for a draft from structured text.
func (f *findings) draft(fields map[string]json.RawMessage) {
	var summary struct {
		Title    string `json:"title"`
		Chapters []struct {
			Script string `json:"script"`
		} `json:"chapters"`
	}
	if json.Unmarshal(rest.OrNull(fields["summary"]), &summary) != nil || summary.Title == "" || len(summary.Chapters) == 0 {
		f.add(problem.Problem{
			Code: "TPL-SCHEMA", Place: at("summary"), Message: "a draft needs a summary with a title and chapters",
			Hint: "set summary.title and summary.chapters, each with title and script",
		})
	}
	for i, chapter := range summary.Chapters {
		if strings.TrimSpace(chapter.Script) == "" {
			f.add(problem.Problem{
				Code: "TPL-SCHEMA", Place: at("summary", "chapters", i, "script"), Message: "the chapter has no script",
				Hint: "fill it, or take the chapter out",
			})
		}
	}
	if rest.Text(fields, "templateId") == "" {
		f.add(problem.Problem{
			Severity: problem.Warning, Code: "TPL-SCHEMA", Place: at("templateId"),
			Message: "without templateId Colossyan picks a template at random", Hint: "set templateId",
		})
	}
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
