package samsar

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/schema"
)

// Checker knows the rules and prices of one operation. It uses no network and is safe for
// concurrent use.
type Checker struct {
	operation operation
	schema    *schema.Schema
	prices    catalogue
}

// NewChecker returns the checker of an operation. A campaign's prices take the
// place of the published ones.
func NewChecker(name string, p providers.Prices) (*Checker, error) {
	o, known := find(name)
	if !known {
		return nil, fmt.Errorf("check %q: samsar has no such operation", name)
	}
	shape, err := schema.Compile(schema.NameOf(name), o.schema())
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", name, err)
	}
	prices, err := newCatalogue(p)
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", name, err)
	}
	return &Checker{operation: o, schema: shape, prices: prices}, nil
}

// settleTime is how long a new request may take to appear in the list. The service
// documents no such time; this is a cautious guess.
const settleTime = 30 * time.Second

// Traits says how the operation behaves. Samsar publishes no limits. The pace and the
// times here are cautious guesses, and a campaign may set others.
func (c *Checker) Traits() providers.Traits {
	t := providers.Traits{
		Submits:   []providers.Window{{Count: 1, Per: time.Second}},
		Active:    5,
		FirstPoll: 10 * time.Second,
		MaxPoll:   60 * time.Second,
		Deadline:  3 * time.Hour,
		Echoes:    true,
		CancelMeans: "Samsar stops the rendering where it is. What its finished stages took is not said to come back, " +
			"so take it for spent.",
		Look: "Samsar, Library",
		GuessCost: "If it was made after all, the same video is made and paid a second time: " +
			"thirty seconds of the cheapest model are 900 credits.",
	}
	// Only this route has a list in which a lost request can be found. The list shows a
	// request with pictures only after these were fetched, so the search waits that long.
	if c.operation.external && c.operation.listed {
		t.FindComplete = true
		t.FindByContent = true
		t.Settle = settleTime
		if c.operation.fetches {
			t.Settle = submitTimeout
		}
	}
	return t
}

// Check reports every rule that the request breaks: first those of its shape,
// which its schema numbers, then those between its fields.
func (c *Checker) Check(r providers.Request) problem.List {
	// Aliases are resolved first, so that each rule sees one name of a field.
	in, problems, err := read(r.Body)
	if err != nil {
		return rest.ObjectProblem("the template's request must be a JSON object")
	}
	f := &findings{operation: c.operation, in: c.operation.complete(in), prices: c.prices, problems: problems}
	f.shape(c.schema, in)
	for _, rule := range c.operation.rules {
		rule(f)
	}
	f.sources()
	f.callback(r.Callback)
	return f.problems
}

// Survey warns of a template that joins sessions while its rows do not tell their aspect
// ratios. Then SAM-J2 cannot be checked here, and only the service refuses.
func (c *Checker) Survey(request json.RawMessage) problem.List {
	in, _, err := read(request)
	if err != nil || c.operation.path != "join_videos" || in.has(knownRatios) {
		return nil
	}
	return problem.List{{
		Severity: problem.Warning, Code: "SAM-J2", Place: problem.Place{Pointer: "/session_ids"},
		Message: "the aspect ratios of the sessions are not known: Samsar refuses to join different ones, before it charges",
		Hint:    "to have it checked, give the template's request " + knownRatios + ", from a column of the sheet",
	}}
}

// rule looks for one kind of mistake.
type rule func(*findings)

// findings gathers the problems of one request.
type findings struct {
	operation operation
	in        fields // with the defaults that are sent for missing fields
	prices    catalogue
	problems  problem.List
}

// refuse adds an error at a field, and warn a warning. A field may be a path such as
// "image_urls/3".
func (f *findings) refuse(code, field, message, hint string) {
	f.problems = append(f.problems, problem.Problem{
		Code: code, Place: problem.Place{Pointer: "/" + field}, Value: shown(f.in[first(field)]), Message: message, Hint: hint,
	})
}

func (f *findings) warn(code, field, message, hint string) {
	f.refuse(code, field, message, hint)
	f.problems[len(f.problems)-1].Severity = problem.Warning
}

// first returns the first field of a path.
func first(path string) string {
	name, _, _ := strings.Cut(path, "/")
	return name
}

// shown writes a value as its author wrote it.
func shown(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(rest.OrNull(raw), &text) == nil {
		return schema.Shorten(text)
	}
	return schema.Shorten(string(raw))
}

// shape checks the request against its schema. The schema's annotations name the rule
// that each field stands for.
func (f *findings) shape(s *schema.Schema, in fields) {
	body, err := json.Marshal(in)
	if err != nil {
		return // it was read from JSON
	}
	for _, v := range s.Check(body) {
		name := strings.TrimPrefix(v.Pointer, "/")
		message := fmt.Sprintf("%q %s", name, v.Message)
		switch v.Keyword {
		case "not":
			message = fmt.Sprintf("%q has no place in %s/%s", name, Name, f.operation.name)
		case "additionalProperties":
			message = v.Message
		}
		hint := v.Hint
		if hint == "" {
			hint = "see: reelmerge schema " + s.Name()
		}
		f.problems = append(f.problems, problem.Problem{
			Code: v.Rule, Place: problem.Place{Pointer: v.Pointer}, Value: v.Value, Message: message, Hint: hint,
		})
	}
}
