package templates

import "github.com/reelmerge/reelmerge/schema"

// leftToOthers reports whether a violation of the request's schema is no problem here: a
// row's value will stand at the place, or the kind of document deals with it.
func (t *Template) leftToOthers(v schema.Violation, n *schema.Node) bool {
	if n.Kind == schema.String && len(Placeholders(t.Raw(n))) > 0 {
		return true
	}
	switch v.Keyword {
	case "anyOf", "oneOf", "allOf", "not", "then", "else", "contains", "uniqueItems":
		if t.hasHole(n) {
			return true // whether it holds depends on what a row puts inside
		}
	}
	return t.document().Leaves(t, v, n)
}

// hasHole reports whether a placeholder stands anywhere inside a node.
func (t *Template) hasHole(n *schema.Node) bool {
	if n.Kind == schema.String {
		return len(Placeholders(t.Raw(n))) > 0
	}
	for _, child := range n.Children {
		if t.hasHole(child) {
			return true
		}
	}
	return false
}
