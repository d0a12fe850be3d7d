package schema

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

const draft07 = "http://json-schema.org/draft-07/schema"

// shape says which part of a keyword's value is a schema, so that the walk finds all
// schemas.
type shape int

const (
	unknown        shape = iota
	plain                // a value that holds no schemas
	oneSchema            // a schema
	manySchemas          // an array of schemas
	namedSchemas         // an object of schemas
	oneOrMany            // items: a schema or an array of them
	dependentShape       // dependencies: an object of schemas or name lists
)

// shapeOf returns the shape of a keyword. It lists every draft-07 keyword and our own
// annotations. A name that is not listed is unknown and refused: a misspelt keyword would
// otherwise be ignored, and the schema would let everything pass.
func shapeOf(keyword string) shape {
	switch keyword {
	case "$schema", "$id", "$ref", "$comment", "title", "description", "default", "examples", "readOnly", "writeOnly",
		"type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
		"maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties",
		"required", "format", "contentMediaType", "contentEncoding",
		"example", "spoken", "optional", "say":
		return plain
	case "additionalItems", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not":
		return oneSchema
	case "allOf", "anyOf", "oneOf":
		return manySchemas
	case "definitions", "properties", "patternProperties":
		return namedSchemas
	case "items":
		return oneOrMany
	case "dependencies":
		return dependentShape
	}
	if strings.HasPrefix(keyword, "x-") {
		return plain
	}
	return unknown
}

// fence refuses a decoded schema with parts that gojsonschema would ignore, and returns a
// copy without $id (so that no reference can leave the document) and with our formats. It
// works on a copy, because the caller reads annotations from the schema as it was written.
func fence(tree any) (any, error) {
	w := &walker{root: tree}
	if m, ok := tree.(map[string]any); ok {
		w.checkDraft(m)
	}
	out := w.schema(tree, "#")
	w.checkLoops(tree)
	return out, errors.Join(w.faults...)
}

// walker walks over the schemas within a schema. It collects all faults, so that an author
// need not correct them one run at a time.
type walker struct {
	root   any // for references
	faults []error
}

func (w *walker) fault(at, format string, args ...any) {
	w.faults = append(w.faults, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

// checkDraft refuses other drafts. The library would check by the rules of draft-07 all the
// same, and keywords that have changed since would mean something else.
func (w *walker) checkDraft(m map[string]any) {
	v, present := m["$schema"]
	if !present {
		return
	}
	if s, _ := v.(string); strings.TrimSuffix(s, "#") != draft07 {
		w.fault("#/$schema", "is %q, only draft-07 (%q) is understood", v, draft07+"#")
	}
}

// schema checks one schema and returns its copy. Names are walked in sorted order, so that
// faults come in the same order each time.
func (w *walker) schema(node any, at string) any {
	m, ok := node.(map[string]any)
	if !ok {
		if _, isBool := node.(bool); !isBool {
			w.fault(at, "a schema is an object, true or false")
		}
		return node
	}
	out := make(map[string]any, len(m))
	for _, key := range sortedKeys(m) {
		w.keyword(out, key, m[key], at)
	}
	w.checkRef(m, at)
	return out
}

// keyword checks one keyword and copies it. It goes into a value only where that holds
// schemas: an object under "const" or "default" is data and may have any names.
func (w *walker) keyword(out map[string]any, key string, value any, at string) {
	here := at + "/" + key
	switch shapeOf(key) {
	case oneSchema:
		out[key] = w.schema(value, here)
	case manySchemas:
		out[key] = w.list(value, here)
	case namedSchemas:
		out[key] = w.named(key, value, here)
	case oneOrMany:
		if _, isList := value.([]any); isList {
			out[key] = w.list(value, here)
		} else {
			out[key] = w.schema(value, here)
		}
	case dependentShape:
		out[key] = w.dependencies(value, here)
	case plain:
		w.plain(out, key, value, at)
	case unknown:
		w.fault(here, "draft-07 has no keyword %q, and a checker would ignore it", key)
	}
}

// plain copies a keyword that holds no schema. The library resolves references by $id, also
// over the network, so only the root may have one, and it is left out of the copy.
func (w *walker) plain(out map[string]any, key string, value any, at string) {
	here := at + "/" + key
	switch key {
	case "$id":
		if at != "#" {
			w.fault(here, "only the root may have an $id")
		}
		return
	case "$schema":
		return
	case "format":
		name, _ := value.(string)
		if !knownFormat(name) {
			w.fault(here, "the format %q is not checked; known formats are %s", name, strings.Join(FormatNames(), ", "))
		}
		value = formatPrefix + name // our check, not the library's of the same name
	case "pattern":
		w.checkPattern(value, here)
	}
	out[key] = value
}

// checkPattern refuses a pattern that Go's RE2 cannot compile, such as one with a
// look-ahead: editors would check it, and this program could not.
func (w *walker) checkPattern(value any, at string) {
	text, _ := value.(string)
	if _, err := regexp.Compile(text); err != nil {
		w.fault(at, "pattern %q: %v (look-ahead and back-references are not available)", text, err)
	}
}

// list copies an array of schemas.
func (w *walker) list(value any, at string) any {
	items, ok := value.([]any)
	if !ok {
		w.fault(at, "must be an array of schemas")
		return value
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = w.schema(item, fmt.Sprintf("%s/%d", at, i))
	}
	return out
}

// named copies an object whose members are schemas. Their names are data, except under
// patternProperties, where each is a pattern.
func (w *walker) named(keyword string, value any, at string) any {
	m, ok := value.(map[string]any)
	if !ok {
		w.fault(at, "must be an object of schemas")
		return value
	}
	out := make(map[string]any, len(m))
	for _, name := range sortedKeys(m) {
		here := at + "/" + PointerPart(name)
		if keyword == "patternProperties" {
			w.checkPattern(name, here)
		}
		out[name] = w.schema(m[name], here)
	}
	return out
}

// dependencies copies the keyword of that name, whose members are schemas or lists of
// names.
func (w *walker) dependencies(value any, at string) any {
	m, ok := value.(map[string]any)
	if !ok {
		w.fault(at, "must be an object")
		return value
	}
	out := make(map[string]any, len(m))
	for _, name := range sortedKeys(m) {
		if _, isList := m[name].([]any); isList {
			out[name] = m[name]
			continue
		}
		out[name] = w.schema(m[name], at+"/"+PointerPart(name))
	}
	return out
}

// checkRef refuses references that leave the document, because the library would fetch
// them from the network. It also refuses keywords beside a reference: draft-07 ignores
// them, and the author would never notice.
func (w *walker) checkRef(m map[string]any, at string) {
	ref, present := m["$ref"]
	if !present {
		return
	}
	text, _ := ref.(string)
	if !strings.HasPrefix(text, "#") {
		w.fault(at+"/$ref", "%q leaves this document; only references that start with # are followed", text)
		return
	}
	if _, found := resolve(w.root, text); !found {
		w.fault(at+"/$ref", "%q points at nothing", text)
	}
	for _, key := range sortedKeys(m) {
		if key != "$ref" && !isAnnotation(key) {
			w.fault(at+"/"+key, "draft-07 ignores keywords beside $ref; wrap the reference in allOf")
		}
	}
}

// isAnnotation reports whether a keyword only describes: it may stand beside a reference.
func isAnnotation(key string) bool {
	switch key {
	case "$schema", "$id", "$comment", "title", "description", "default", "examples", "example", "definitions":
		return true
	}
	return strings.HasPrefix(key, "x-")
}

// checkLoops refuses references that come back to themselves without going deeper into
// the document: the checker would follow them until the stack ends.
func (w *walker) checkLoops(tree any) {
	visitSchemas(tree, func(m map[string]any) {
		if w.loops(m, nil) {
			w.fault("#", "a $ref leads back to itself")
		}
	})
}

// loops follows the schemas that apply to the same value, and reports whether a reference
// comes back. The trail holds the references of this way only: two ways to the same
// definition are no loop.
func (w *walker) loops(m map[string]any, trail []string) bool {
	for _, next := range sameValue(m) {
		ref, _ := next["$ref"].(string)
		if ref == "" {
			if w.loops(next, trail) {
				return true
			}
			continue
		}
		for _, seen := range trail {
			if seen == ref {
				return true
			}
		}
		target, found := resolve(w.root, ref)
		deeper, isMap := target.(map[string]any)
		if found && isMap && w.loops(map[string]any{"allOf": []any{deeper}}, append(trail, ref)) {
			return true
		}
	}
	return false
}

// sameValue lists the schemas that apply to the same value as m does.
func sameValue(m map[string]any) []map[string]any {
	var out []map[string]any
	add := func(v any) {
		if s, ok := v.(map[string]any); ok {
			out = append(out, s)
		}
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		items, _ := m[key].([]any)
		for _, item := range items {
			add(item)
		}
	}
	for _, key := range []string{"not", "if", "then", "else"} {
		add(m[key])
	}
	// A schema that only refers to another one stands for itself, so that loops sees its
	// reference. A property that is called $ref is no reference, and has a schema as value.
	if ref, isRef := m["$ref"].(string); isRef && ref != "" && len(out) == 0 {
		out = append(out, m)
	}
	return out
}

// visitSchemas calls visit for every object that may be a schema, and also for the objects
// between two schemas, such as the one under "properties".
func visitSchemas(node any, visit func(map[string]any)) {
	switch v := node.(type) {
	case map[string]any:
		visit(v)
		for _, key := range sortedKeys(v) {
			if shapeOf(key) != plain {
				visitSchemas(v[key], visit)
			}
		}
	case []any:
		for _, item := range v {
			visitSchemas(item, visit)
		}
	}
}

// resolve follows a local JSON pointer reference such as #/definitions/scene.
func resolve(root any, ref string) (any, bool) {
	pointer := strings.TrimPrefix(ref, "#")
	if pointer == "" {
		return root, true
	}
	node := root
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := node.(map[string]any)
		if !ok {
			return nil, false
		}
		if node, ok = m[unescapePointer(part)]; !ok {
			return nil, false
		}
	}
	return node, true
}

// sortedKeys returns the names of an object in an order that does not change.
func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// PointerPart writes a member's name as a part of a JSON pointer: ~ and / are escaped. Most
// names have neither, and there may be very many of them.
func PointerPart(s string) string {
	if !strings.ContainsAny(s, "~/") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

// unescapePointer undoes PointerPart. The order matters: "~01" stands for "~1", and not
// for "/".
func unescapePointer(s string) string {
	if !strings.Contains(s, "~") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}
