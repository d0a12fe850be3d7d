package templates

import (
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// schemaName is the name of the schema of an operation's request body.
func schemaName(operation string) string {
	return strings.ReplaceAll(operation, "/", "-")
}

// leftToOthers reports whether a violation of the request's schema is none: because a
// row's value will stand there, because reelmerge adds the member itself, or because a
// numbered rule of this package says the same in better words.
func (t *Template) leftToOthers(v schema.Violation, n *schema.Node) bool {
	if n.Kind == schema.String && len(placeholders(t.raw(n))) > 0 {
		return true
	}
	switch v.Keyword {
	case "anyOf", "oneOf", "allOf", "not", "then", "else", "contains", "uniqueItems":
		if t.hasHole(n) {
			return true // whether it holds depends on what a row puts inside
		}
	}
	if !t.colossyan() {
		return false
	}
	if n.Kind == schema.Null {
		return true // an open export writes null for what it leaves out
	}
	field := v.Pointer[strings.LastIndexByte(v.Pointer, '/')+1:]
	switch field {
	case "dynamicVariables": // added by reelmerge, or refused by TPL-DYNAMIC-VARIABLES
		return true
	case "duration", "startTimeGap", "endTimeGap": // COL-T3
		return true
	case "width", "height": // COL-T24
		return v.Keyword != "required"
	case "videoUrl": // COL-G3
		return v.Keyword == "required"
	}
	return v.Keyword == "then" || v.Keyword == "not" && t.isTrack(n) || v.Keyword == "allOf"
}

// isTrack reports whether a node is an element of a scene's tracks.
func (t *Template) isTrack(n *schema.Node) bool {
	return strings.Contains(t.where[n], "/tracks/")
}

// hasHole reports whether a placeholder stands anywhere inside a node.
func (t *Template) hasHole(n *schema.Node) bool {
	if n.Kind == schema.String {
		return len(placeholders(t.raw(n))) > 0
	}
	for _, child := range n.Children {
		if t.hasHole(child) {
			return true
		}
	}
	return false
}
