package schema

import "strings"

// rules are the annotations by which a schema says which numbered rule of a service a
// member stands for: x-rule and x-hint, of each member and, for names that are not
// known, of the schema as a whole; x-rule-missing where leaving the member out breaks
// another rule.
type rules struct {
	whole   annotation
	members map[string]annotation
}

// annotation is what a schema says about one member. The rule's number leads to the
// service's documentation.
type annotation struct{ rule, missing, hint string }

// rulesOf reads the annotations of a schema and of its direct members. Deeper ones belong
// to the rule of the member that they are in.
func rulesOf(tree any) rules {
	root, _ := tree.(map[string]any)
	properties, _ := root["properties"].(map[string]any)
	r := rules{whole: annotationOf(root), members: make(map[string]annotation, len(properties))}
	for name, member := range properties {
		r.members[name] = annotationOf(member)
	}
	return r
}

func annotationOf(node any) annotation {
	m, _ := node.(map[string]any)
	text := func(key string) string { s, _ := m[key].(string); return s }
	return annotation{rule: text("x-rule"), missing: text("x-rule-missing"), hint: text("x-hint")}
}

// annotate gives a violation the rule of the member that it is in, and that rule's hint.
func (r rules) annotate(v *Violation) {
	name, _, _ := strings.Cut(strings.TrimPrefix(v.Pointer, "/"), "/")
	a, known := r.members[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	if !known && v.Pointer != "" {
		a = r.whole
	}
	v.Rule = a.rule
	if v.Keyword == "required" && a.missing != "" {
		v.Rule = a.missing
	}
	if a.hint != "" {
		v.Hint = a.hint
	}
}
