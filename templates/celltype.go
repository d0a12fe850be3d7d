package templates

import (
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// typeMaker turns a cell into JSON of a type that a variable declares.
type typeMaker struct {
	kind string // number, integer, boolean, array, object, string
	item string // for array: the type of its entries
}

// json returns the cell as JSON; ok is false when the cell is not of the type. For a text
// it returns "", since texts are escaped while they are written.
func (m typeMaker) json(cell string) (string, bool) {
	cell = strings.TrimSpace(cell)
	switch m.kind {
	case "number", "integer":
		return jsonNumber(cell, m.kind == "integer")
	case "boolean":
		lower := strings.ToLower(cell)
		return lower, lower == "true" || lower == "false"
	case "array":
		if !strings.HasPrefix(cell, "[") {
			return m.list(cell)
		}
		return jsonDocument(cell, schema.Array)
	case "object":
		return jsonDocument(cell, schema.Object)
	}
	return "", true
}

// jsonNumber accepts the numbers that JSON accepts, and returns them digit by digit. A
// whole number may be written 12.0, as spreadsheets do, and is sent as 12.
func jsonNumber(cell string, whole bool) (string, bool) {
	n, bad := schema.Read("", []byte(cell))
	if bad != nil || n.Kind != schema.Number {
		return "", false
	}
	if !whole {
		return cell, true
	}
	mantissa, zeros, hasPoint := strings.Cut(cell, ".")
	if strings.ContainsAny(cell, "eE") || hasPoint && strings.Trim(zeros, "0") != "" {
		return "", false
	}
	return mantissa, true
}

// jsonDocument accepts a cell that is a JSON document of a kind, and sends it as it is.
func jsonDocument(cell string, kind schema.Kind) (string, bool) {
	n, bad := schema.Read("", []byte(cell))
	return cell, bad == nil && n.Kind == kind
}

// list reads entries that are separated by semicolons, such as "a; b; c", and leaves out
// empty ones. A comma is no separator: it is common inside texts and numbers.
func (m typeMaker) list(cell string) (string, bool) {
	out := []byte{'['}
	for part := range strings.SplitSeq(cell, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		made, ok := typeMaker{kind: m.item}.json(part)
		if !ok {
			return "", false
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if made == "" {
			out = append(appendEscaped(append(out, '"'), part), '"')
		} else {
			out = append(out, made...)
		}
	}
	return string(append(out, ']')), true
}

// words and hint say in a message what the cell should hold.
func (m typeMaker) words() string {
	switch m.kind {
	case "number":
		return "a number"
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	}
	return "a JSON object"
}

func (m typeMaker) hint() string {
	switch m.kind {
	case "number":
		return "write it like 12.5: digits, a point, no thousands separator, no currency sign"
	case "integer":
		return "write it like 12"
	case "boolean":
		return "write true or false"
	case "array":
		return "separate the entries by semicolons, or write a JSON list"
	}
	return `write it like {"text": "hello"}`
}
