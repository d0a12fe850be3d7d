package samsar

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// fields are the members of a request, under their canonical names.
type fields map[string]json.RawMessage

// has reports whether a field is there and not null.
func (f fields) has(name string) bool {
	raw, ok := f[name]
	return ok && string(raw) != "null"
}

// text returns a text, or "" for anything else.
func (f fields) text(name string) string {
	var s string
	if json.Unmarshal(rest.OrNull(f[name]), &s) != nil {
		return ""
	}
	return s
}

// flag reports whether a switch is on.
func (f fields) flag(name string) bool { return string(f[name]) == "true" }

// off reports whether a switch is set to false, and not only left out.
func (f fields) off(name string) bool { return string(f[name]) == "false" }

// list returns the entries of a list, and none for anything else.
func (f fields) list(name string) []json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(rest.OrNull(f[name]), &all) != nil {
		return nil
	}
	return all
}

// milliseconds reads a number of seconds, rounded up to milliseconds. It returns 0 for a
// missing number, and for one that is not between zero and a day. It counts in whole
// numbers: as a float, 32.197 seconds would be a millisecond more, and would cost more.
func (f fields) milliseconds(name string) int64 {
	const day = 24 * 60 * 60
	raw := rest.OrNull(f[name])
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds <= 0 || seconds > day {
		return 0
	}
	exact, ok := new(big.Rat).SetString(strings.TrimSpace(string(raw)))
	if !ok {
		return 0
	}
	exact.Mul(exact, big.NewRat(1000, 1))
	up := new(big.Int).Add(exact.Num(), new(big.Int).Sub(exact.Denom(), big.NewInt(1)))
	return up.Div(up, exact.Denom()).Int64()
}

// alias is another name of a field, which the service accepts or people write.
type alias struct{ name, canonical, rule string }

func aliases() []alias {
	return []alias{
		{"outro_focus_area", "outro_focust_area", "SAM-O5"},
		{"expressCtaGeneration", "express_cta_generation", "SAM-C2"},
		{"auto_generate_cta_text", "express_cta_generation", "SAM-C2"},
		{"autoGenerateCtaText", "express_cta_generation", "SAM-C2"},
		{"generate_cta_texts", "express_cta_generation", "SAM-C2"},
		{"generateCtaTexts", "express_cta_generation", "SAM-C2"},
		{"outroImageUrl", "outro_image_url", "SAM-S3"},
		{"new_outro_image_url", "outro_image_url", "SAM-S3"},
		{"newOutroImageUrl", "outro_image_url", "SAM-S3"},
	}
}

// read reads a request and gives its fields their canonical names. Two names for
// one field with different values are a problem.
func read(body []byte) (fields, problem.List, error) {
	members, err := rest.Object(body)
	if err != nil {
		return nil, nil, err
	}
	in := fields(members)
	var problems problem.List
	for _, a := range aliases() {
		value, set := in[a.name]
		if !set {
			continue
		}
		if other, both := in[a.canonical]; both && !same(value, other) {
			problems = append(problems, problem.Problem{
				Code: a.rule, Place: problem.Place{Pointer: "/" + a.name}, Value: string(value),
				Message: fmt.Sprintf("%q and %q are the same field and have different values", a.name, a.canonical),
				Hint:    "keep one of them",
			})
		}
		// The schema and the rules know the canonical name only, and the service gets it
		// too.
		in[a.canonical] = value
		delete(in, a.name)
	}
	return in, problems, nil
}

// same compares two values without regard to spacing and to the order of members.
func same(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// user is an external user, who pays with credits of their own.
type user struct {
	Provider  string `json:"provider"`
	ID        string `json:"external_user_id"`
	UniqueKey string `json:"unique_key"`
}

// key is the name under which the service keeps the user.
func (u user) key() string {
	if u.UniqueKey != "" {
		return u.UniqueKey
	}
	return u.ID
}

func (f fields) user() user {
	var u user
	if json.Unmarshal(rest.OrNull(f["external_user"]), &u) != nil {
		return user{}
	}
	return u
}

// body returns the body that is sent: the request under "input", and beside it the
// webhook and the payer (SAM-V10, SAM-V11).
func (o operation) body(in fields, webhook string) ([]byte, error) {
	whole := map[string]any{}
	input := maps.Clone(o.complete(in))
	delete(input, knownRatios)
	if o.external {
		whole["external_user"] = input["external_user"]
		delete(input, "external_user")
		if id, named := input["videoSessionId"]; named { // the twins' name for it
			input["session_id"] = id
			delete(input, "videoSessionId")
		}
	}
	whole["input"] = input
	if webhook != "" {
		whole["webhookUrl"] = webhook
	}
	return json.Marshal(whole)
}

// knownRatios is a field of ours, which is not sent: a row tells in it the aspect ratios
// of the sessions that it joins.
const knownRatios = "aspect_ratios"

// private lists the values of a row in a request: all texts except words of the API. They
// are removed from the service's messages before these reach a log, a sheet or a screen.
func private(in fields) []string {
	var found []string
	for name, raw := range in {
		if slices.Contains([]string{"image_model", "video_model", "aspect_ratio", "language", "tone", "font_key", knownRatios}, name) {
			continue
		}
		var tree any
		if json.Unmarshal(raw, &tree) == nil {
			collect(tree, &found)
		}
	}
	return found
}

func collect(value any, found *[]string) {
	switch v := value.(type) {
	case string:
		*found = append(*found, v)
	case []any:
		for _, item := range v {
			collect(item, found)
		}
	case map[string]any:
		for _, item := range v {
			collect(item, found)
		}
	}
}

// isWebAddress reports whether a text is an http or https address.
func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && !strings.ContainsAny(text, " \t\r\n")
}

// isPicture reports whether a text is a web address, or a picture written out.
func isPicture(text string) bool { return isWebAddress(text) || strings.HasPrefix(text, "data:image/") }
