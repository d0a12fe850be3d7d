package schema

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"
)

// Violation is one thing in a document that breaks its schema, in the reader's words.
type Violation struct {
	Pointer string // JSON pointer to the value, "" for the whole document
	Keyword string // the draft-07 keyword that refused it, or "syntax"
	Value   string // the value as it was written, shortened; "" when the value is missing
	Message string // completes the sentence that starts with the value's name
	Hint    string // what to do, "" when the message says it
	Rule    string // the numbered rule that it breaks, where the schema names one with x-rule
}

// Error makes a violation an error for callers that stop at the first.
func (v Violation) Error() string {
	if v.Pointer == "" {
		return v.Message
	}
	return v.Pointer + ": " + v.Message
}

// violations translates the library's findings. A finding of allOf is left out when there
// are others: it only says that one of them is there. The order is fixed, because the
// library walks maps.
func violations(found []gojsonschema.ResultError) []Violation {
	var out []Violation
	refused := refusedNames(found)
	for _, e := range found {
		v := translate(e)
		if v.Keyword == "allOf" && len(found) > 1 || explainsName(e, refused) {
			continue
		}
		out = append(out, v)
	}
	// Sorted by place, the problems of one value stand together.
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Pointer != out[j].Pointer {
			return out[i].Pointer < out[j].Pointer
		}
		return out[i].Keyword < out[j].Keyword // the library walks maps, in no order
	})
	return out
}

// refusedNames collects the members whose names are refused. The library reports the
// reason as a second finding, at the wrong place; explainsName finds it by these names.
func refusedNames(found []gojsonschema.ResultError) map[string]bool {
	names := make(map[string]bool)
	for _, e := range found {
		if e.Type() == "invalid_property_name" {
			names[pointer(e.Context())+"/"+details(e.Details()).text("property")] = true
		}
	}
	return names
}

// explainsName reports whether a finding is only the reason for a refused name.
func explainsName(e gojsonschema.ResultError, refused map[string]bool) bool {
	name, isText := e.Value().(string)
	return isText && len(refused) > 0 && e.Type() != "invalid_property_name" && refused[pointer(e.Context())+"/"+name]
}

// translate turns one finding into a violation. The library's own messages speak of types
// and keywords of JSON Schema, which authors of a campaign need not know.
func translate(e gojsonschema.ResultError) Violation {
	d := details(e.Details())
	v := Violation{Pointer: pointer(e.Context()), Value: show(e.Value())}
	switch e.Type() {
	case "required":
		v.Pointer, v.Value = v.Pointer+"/"+PointerPart(d.text("property")), ""
		v.Keyword, v.Message = "required", "is missing"
		v.Hint = fmt.Sprintf("add %q", d.text("property"))
	case "additional_property_not_allowed":
		v.Pointer += "/" + PointerPart(d.text("property"))
		v.Keyword, v.Message = "additionalProperties", fmt.Sprintf("nothing is known by the name %q", d.text("property"))
		v.Hint = "check the spelling, or take it out"
	case "invalid_type":
		v.Keyword, v.Message = "type", fmt.Sprintf("must be %s, not %s", typeWords(d.text("expected")), typeWords(d.text("given")))
	case "enum", "const":
		v.Keyword, v.Message = e.Type(), "must be "+oneOf(d.text("allowed"))
	case "pattern":
		v.Keyword, v.Message = "pattern", "does not have the form "+d.text("pattern")
	case "format":
		v.Keyword, v.Message = "format", "is not "+FormatWords(strings.TrimPrefix(d.text("format"), formatPrefix))
	case "invalid_property_name":
		v.Pointer += "/" + PointerPart(d.text("property"))
		v.Keyword, v.Message = "propertyNames", fmt.Sprintf("%q is not an allowed name", d.text("property"))
	default:
		v.Keyword, v.Message = sizeOrLogic(e.Type(), d)
	}
	return v
}

// sizeOrLogic translates findings about the length of a text or the size of a number, and
// leaves the others to listOrLogic.
func sizeOrLogic(kind string, d details) (keyword, message string) {
	switch kind {
	case "string_gte":
		return "minLength", fmt.Sprintf("has fewer than %s characters", d.text("min"))
	case "string_lte":
		return "maxLength", fmt.Sprintf("has more than %s characters", d.text("max"))
	case "number_gte":
		return "minimum", "must be at least " + d.text("min")
	case "number_gt":
		return "exclusiveMinimum", "must be more than " + d.text("min")
	case "number_lte":
		return "maximum", "must be at most " + d.text("max")
	case "number_lt":
		return "exclusiveMaximum", "must be less than " + d.text("max")
	case "multiple_of":
		return "multipleOf", "must be a multiple of " + d.text("multiple")
	}
	return listOrLogic(kind, d)
}

// listOrLogic translates findings about lists and objects.
func listOrLogic(kind string, d details) (keyword, message string) {
	switch kind {
	case "array_min_items":
		return "minItems", fmt.Sprintf("needs at least %s entries", d.text("min"))
	case "array_max_items":
		return "maxItems", fmt.Sprintf("takes at most %s entries", d.text("max"))
	case "array_no_additional_items":
		return "additionalItems", "has more entries than allowed"
	case "unique":
		return "uniqueItems", fmt.Sprintf("entries %s and %s are the same", d.text("i"), d.text("j"))
	case "contains":
		return "contains", "lacks an entry it must have"
	case "array_min_properties":
		return "minProperties", fmt.Sprintf("needs at least %s members", d.text("min"))
	case "array_max_properties":
		return "maxProperties", fmt.Sprintf("takes at most %s members", d.text("max"))
	case "missing_dependency":
		return "dependencies", fmt.Sprintf("also needs %q", d.text("dependency"))
	}
	return logic(kind)
}

// logic translates findings of keywords that join other schemas. A kind that is not listed
// comes from the schema "false", which allows nothing at its place.
func logic(kind string) (keyword, message string) {
	switch kind {
	case "number_any_of":
		return "anyOf", "has none of the allowed forms"
	case "number_one_of":
		return "oneOf", "must have exactly one of the allowed forms"
	case "number_all_of":
		return "allOf", "does not meet all its rules"
	case "number_not":
		return "not", "has a form that is not allowed"
	case "condition_then":
		return "then", "lacks what its other members call for"
	case "condition_else":
		return "else", "lacks what its other members call for"
	}
	return "false", "does not belong here"
}

// FormatWords says what a format asks for, with an example.
func FormatWords(name string) string {
	switch name {
	case "date", "iso-date":
		return "a date such as 2026-05-31"
	case "time":
		return "a time such as 14:30:00"
	case "date-time":
		return "a date and time such as 2026-05-31T14:30:00Z"
	case "email":
		return "an e-mail address such as ada@example.org"
	case "uri":
		return "a web address such as https://example.org/a.jpg"
	case "https-url":
		return "an address that starts with https://"
	case "hostname":
		return "a host name such as example.org"
	case "ipv4", "ipv6":
		return "an IP address"
	case "uuid":
		return "an id such as 3f6c2b1e-8a50-4d1f-9f0e-6f1f8f6f0a11"
	case "regex":
		return "a pattern (regular expression)"
	case "e164":
		return "a phone number such as +4930123456"
	case "hex-color":
		return "a colour such as #1a2b3c"
	}
	return "in the format " + name
}

// details are the values that the library puts into its own messages.
type details gojsonschema.ErrorDetails

// text returns one detail as text; it is empty when the library gave none.
func (d details) text(key string) string {
	if v, ok := d[key]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

// pointer rebuilds a JSON pointer from the library's context, which joins names that may
// themselves hold dots; a control character cannot be taken for one.
func pointer(c *gojsonschema.JsonContext) string {
	parts := strings.Split(c.String("\x00"), "\x00")
	var b strings.Builder
	for _, p := range parts[1:] { // the first is always (root)
		b.WriteByte('/')
		b.WriteString(PointerPart(p))
	}
	return b.String()
}

// typeWords writes the names of JSON types in words that a reader of the sheet knows.
func typeWords(types string) string {
	words := strings.NewReplacer("string", "text", "integer", "a whole number", "number", "a number", "boolean", "true or false",
		"array", "a list", "object", "an object", "null", "empty").Replace(types)
	return strings.ReplaceAll(words, ",", " or ")
}

// oneOf writes the allowed values; a single one is written as it is.
func oneOf(allowed string) string {
	if strings.Contains(allowed, ", ") {
		return "one of " + allowed
	}
	return allowed
}

// show writes a value as JSON, cut to what fits on a line.
func show(value any) string {
	text, isText := value.(string)
	if !isText {
		b, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		text = string(b)
	}
	return Shorten(text)
}

// Shorten cuts a text after 80 characters, so that a message stays a line.
func Shorten(text string) string {
	const limit = 80
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return string(runes[:limit]) + "…"
}
