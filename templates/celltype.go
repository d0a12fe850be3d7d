package templates

import (
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// typeMaker turns a cell into JSON of a declared type.
type typeMaker struct {
	kind string // number, integer, boolean, array, object, string
	item string // for array: the type of its entries
}

// json gives the cell as JSON, false when it is not of the type. For text it gives "".
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

// jsonNumber accepts what JSON accepts; a whole number may be written 12.0 and is sent as 12.
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

func jsonDocument(cell string, kind schema.Kind) (string, bool) {
	n, bad := schema.Read("", []byte(cell))
	return cell, bad == nil && n.Kind == kind
}

// list reads "a; b; c", leaving out empty entries.
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
