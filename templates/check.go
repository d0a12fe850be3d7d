package templates

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// valueCheck is one variable's declaration, prepared for a million values. Its fields
// cover the common keywords of JSON Schema. A declaration with any other keyword sets
// full, and then gojsonschema checks the whole declaration. Both ways give the same
// verdict, and a test compares them.
type valueCheck struct {
	v     *Variable
	codes Codes
	maker typeMaker

	minLength, maxLength int // code points; maxLength is -1 for no limit
	pattern              *pattern
	enum                 []string
	format               func(string) bool
	formatName           string
	minimum, maximum     float64 // ±Inf for none
	full                 *schema.Schema
}

// valueChecks prepares the checks of all variables.
func (t *Template) valueChecks(c *Findings) []valueCheck {
	checks := make([]valueCheck, len(t.Variables))
	codes := t.form().Codes.orGeneral()
	for i := range t.Variables {
		checks[i] = t.newCheck(&t.Variables[i], codes, c)
	}
	for i := range checks {
		checks[i].checkOwn(c)
	}
	return checks
}

// newCheck prepares one declaration. The first keyword that the fast way does not know
// sends the whole declaration the slow way: checking half of it here would report faults
// twice.
func (t *Template) newCheck(v *Variable, codes Codes, c *Findings) valueCheck {
	check := valueCheck{v: v, codes: codes, maxLength: -1, minimum: math.Inf(-1), maximum: math.Inf(1), maker: typeMaker{kind: v.Type}}
	if v.declared == nil {
		return check
	}
	if items := v.declared.Member("items"); items != nil && items.Kind == schema.Object {
		check.maker.item = t.Text(items.Member("type"))
	}
	for _, n := range v.declared.Children {
		if !check.take(t, n) {
			check.slow(v, c)
			break
		}
	}
	return check
}

// slow compiles the declaration for gojsonschema.
func (k *valueCheck) slow(v *Variable, c *Findings) {
	full, err := schema.Compile(v.Name, v.Schema)
	if err != nil {
		c.At(v.declared, "TPL-DECLARATION", err.Error(), "") // Parse compiled it already
		return
	}
	k.full = full
}

// take learns one keyword of the declaration; false means that the fast way does not know
// it. Keywords apply to values of some types only, so one for another type is left to the
// slow way.
func (k *valueCheck) take(t *Template, n *schema.Node) bool {
	text := t.Text(n)
	var number int
	var err error
	if n.Kind == schema.Number {
		number, err = strconv.Atoi(string(t.Raw(n)))
	}
	isText := k.v.Type == "string"
	switch n.Key {
	case "title", "description", "$comment", "default", "example", "examples", "spoken", "optional", "say", "type":
		return true
	case "minLength":
		k.minLength = number
		return err == nil && isText
	case "maxLength":
		k.maxLength = number
		return err == nil && isText
	case "pattern":
		k.pattern = newPattern(text)
		return isText
	case "format":
		k.formatName = text
		k.format, _ = schema.Format(text)
		return isText
	case "enum", "const":
		return isText && k.enum == nil && k.takeEnum(t, n)
	case "minimum":
		return k.takeBound(t, n, &k.minimum)
	case "maximum":
		return k.takeBound(t, n, &k.maximum)
	}
	return strings.HasPrefix(n.Key, "x-")
}

// takeEnum learns the allowed texts; "const" is a list of one.
func (k *valueCheck) takeEnum(t *Template, n *schema.Node) bool {
	nodes := n.Children
	if n.Key == "const" {
		nodes = []*schema.Node{n}
	}
	k.enum = make([]string, 0, len(nodes))
	for _, item := range nodes {
		if item.Kind != schema.String {
			return false
		}
		k.enum = append(k.enum, t.Text(item))
	}
	return true
}

// takeBound learns a minimum or maximum.
func (k *valueCheck) takeBound(t *Template, n *schema.Node, bound *float64) bool {
	f, err := strconv.ParseFloat(string(t.Raw(n)), 64)
	*bound = f
	return err == nil && (k.v.Type == "number" || k.v.Type == "integer")
}

// checkOwn checks a declaration's own default and example. A default is not checked again
// for each row, so a wrong one would go into every video whose cell is empty.
func (k *valueCheck) checkOwn(c *Findings) {
	if k.v.declared == nil {
		return
	}
	own := map[string]string{"example": k.v.Example}
	if k.v.Default != nil {
		own["default"] = *k.v.Default
	}
	for _, name := range []string{"default", "example"} {
		if own[name] == "" {
			continue
		}
		out := &Rendered{values: make([]string, 1), lists: make([]string, 1)}
		k.value(own[name], 0, out)
		for _, p := range out.Problems {
			if p.IsError() {
				c.At(k.v.declared.Member(name), "TPL-DECLARATION", fmt.Sprintf("the %s of %q breaks its own rule %s: %s", name, k.v.Name, p.Code, p.Message), "change one of the two")
			}
		}
	}
}

// check judges one cell, and leaves the value that will be sent in out.
func (k *valueCheck) check(value string, i int, out *Rendered) {
	out.values[i], out.lists[i] = "", ""
	if !blank(value) {
		k.value(value, i, out)
		return
	}
	switch {
	case k.v.Default != nil:
		out.values[i] = *k.v.Default
		out.lists[i], _ = k.maker.json(*k.v.Default)
	case !k.v.Optional:
		k.missing(value, out)
	}
}

// missing refuses an empty cell. Services rarely document what they do without a value;
// at worst the voice reads the placeholder aloud in a paid video.
func (k *valueCheck) missing(value string, out *Rendered) {
	hint := "fill in the cell"
	if k.v.Example != "" {
		hint += fmt.Sprintf(", for example %q", k.v.Example)
	}
	out.Problems = append(out.Problems, problem.Problem{Code: k.codes.Empty, Variable: k.v.Name, Value: value,
		Message: fmt.Sprintf("%q is empty", k.v.Name), Hint: hint + fmt.Sprintf("; or give %q a default, or mark it optional, in the template", k.v.Name)})
}

// value judges a cell that is not empty. A cell of the wrong type gets that one problem:
// the other keywords would only repeat it.
func (k *valueCheck) value(value string, i int, out *Rendered) {
	out.values[i] = value
	plain := k.characters(value, out)
	if k.v.Type != "string" {
		made, ok := k.maker.json(value)
		if !ok {
			k.fail(out, "type", value, "must be "+k.maker.words(), k.maker.hint())
			return
		}
		out.lists[i] = made
	}
	if k.full != nil {
		k.fullCheck(value, out.lists[i], out)
		return
	}
	k.fastCheck(value, plain, out)
}

// fastCheck judges a value by the prepared keywords. If plain is true, each byte of the
// value is a character.
func (k *valueCheck) fastCheck(value string, plain bool, out *Rendered) {
	if k.v.Type != "string" {
		k.bounds(value, out.lists, out)
		return
	}
	if k.minLength > 0 || k.maxLength >= 0 {
		n := len(value)
		if !plain {
			n = utf8.RuneCountInString(value)
		}
		k.length(value, n, out)
	}
	if k.pattern != nil && !k.pattern.match(value) {
		k.fail(out, "pattern", value, "does not have the form "+k.pattern.text, k.exampleHint())
	}
	if k.enum != nil && !slices.Contains(k.enum, value) {
		k.fail(out, "enum", value, "must be one of "+strings.Join(k.enum, ", "), spelling(k.enum, value))
	}
	if k.format != nil && !k.format(value) {
		k.fail(out, "format", value, "is not "+schema.FormatWords(k.formatName), "")
	}
}

// length compares the number of characters with both limits. JSON Schema counts code
// points.
func (k *valueCheck) length(value string, n int, out *Rendered) {
	if n < k.minLength {
		k.fail(out, "minLength", value, fmt.Sprintf("has %d characters; at least %d are needed", n, k.minLength), k.exampleHint())
	}
	if k.maxLength >= 0 && n > k.maxLength {
		k.fail(out, "maxLength", value, fmt.Sprintf("has %d characters; %d are allowed", n, k.maxLength), fmt.Sprintf("shorten it by %d", n-k.maxLength))
	}
}

// bounds compares numbers as floats. A value so close to a bound that a float cannot tell
// them apart goes to gojsonschema, which computes exactly.
func (k *valueCheck) bounds(value string, made []string, out *Rendered) {
	if math.IsInf(k.minimum, -1) && math.IsInf(k.maximum, 1) {
		return
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || near(f, k.minimum) || near(f, k.maximum) {
		k.exactBounds(value, out)
		return
	}
	if f < k.minimum {
		k.fail(out, "minimum", value, fmt.Sprintf("must be at least %v", k.minimum), "")
	}
	if f > k.maximum {
		k.fail(out, "maximum", value, fmt.Sprintf("must be at most %v", k.maximum), "")
	}
}

func (k *valueCheck) exactBounds(value string, out *Rendered) {
	if full, err := schema.Compile(k.v.Name, k.v.Schema); err == nil {
		made, _ := k.maker.json(value)
		k.report(value, full.Check([]byte(made)), out)
	}
}

// near reports whether a float may lie on the wrong side of a bound because it was
// rounded.
func near(f, bound float64) bool {
	return !math.IsInf(bound, 0) && math.Abs(f-bound) <= 1e-9*max(1, math.Abs(bound))
}

// fullCheck lets gojsonschema judge the value.
func (k *valueCheck) fullCheck(value, made string, out *Rendered) {
	doc := []byte(made)
	if k.v.Type == "string" {
		doc = append(appendEscaped([]byte{'"'}, value), '"')
	}
	k.report(value, k.full.Check(doc), out)
}

// report turns violations into problems; one inside a list says which entry it is.
func (k *valueCheck) report(value string, found []schema.Violation, out *Rendered) {
	for _, v := range found {
		message := v.Message
		if v.Pointer != "" {
			message = fmt.Sprintf("entry %s %s", strings.TrimPrefix(v.Pointer, "/"), message)
		}
		k.fail(out, v.Keyword, value, message, v.Hint)
	}
}

// fail adds a problem with the code of a broken keyword.
func (k *valueCheck) fail(out *Rendered, keyword, value, message, hint string) {
	if hint == "" {
		hint = "correct the cell"
	}
	out.Problems = append(out.Problems, problem.Problem{Code: codeOf(keyword), Variable: k.v.Name, Value: schema.Shorten(value),
		Message: fmt.Sprintf("%q %s", k.v.Name, message), Hint: hint})
}

func (k *valueCheck) exampleHint() string {
	if k.v.Example == "" {
		return ""
	}
	return fmt.Sprintf("write it like %q", k.v.Example)
}

// codeOf returns the problem code for a broken keyword of JSON Schema. These codes are in
// the documentation of problems, and people look them up: they stay when keywords are
// added.
func codeOf(keyword string) string {
	switch keyword {
	case "pattern":
		return "VAR-PATTERN"
	case "enum", "const":
		return "VAR-ENUM"
	case "maxLength":
		return "VAR-TOO-LONG"
	case "minLength":
		return "VAR-TOO-SHORT"
	case "type":
		return "VAR-TYPE"
	case "format":
		return "VAR-FORMAT"
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		return "VAR-RANGE"
	}
	return "VAR-SCHEMA"
}

// spelling proposes the allowed text that differs only in case or in surrounding spaces.
func spelling(list []string, value string) string {
	for _, item := range list {
		if strings.EqualFold(item, strings.TrimSpace(value)) {
			return fmt.Sprintf("write %q", item)
		}
	}
	return ""
}

// blank reports whether a text is empty or all spaces. Most values begin with a letter,
// which the first byte already tells.
func blank(s string) bool {
	return s == "" || s[0] <= ' ' && strings.TrimSpace(s) == "" || s[0] >= utf8.RuneSelf && strings.TrimSpace(s) == ""
}
