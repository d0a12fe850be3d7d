package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/schema"
)

// TestEveryRuleOfEverySchemaHasADocumentThatOnlyItRefuses takes each rule out of
// each schema in turn. Unless some document then passes that did not pass before,
// the rule is dead: misspelt, shadowed, or said twice.
func TestEveryRuleOfEverySchemaHasADocumentThatOnlyItRefuses(t *testing.T) {
	for name := range sources() {
		if name == "service" { // it is so large that this takes an hour; providers/declared breaks descriptions in each place instead
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := decoded(t, name)
			refused := refusedBy(load(t, name), tree)
			rules := rulesIn(tree, "", nil)
			for _, rule := range rules {
				if !alive(without(t, tree, rule), rule, refused) {
					t.Errorf("no document needs the rule %s", rule)
				}
			}
			t.Logf("%d rules, %d documents", len(rules), len(refused))
		})
	}
}

// refusal is a document and the keywords that refused it.
type refusal struct {
	doc      []byte
	keywords map[string]bool
}

// TestATrackWithoutATypeLacksNothingElse holds the conditions to tracks that
// they are about: a missing type is neither a video nor an image.
func TestATrackWithoutATypeLacksNothingElse(t *testing.T) {
	doc := change(t, lastExample(t, "colossyan-video-job"), "/videoCreative/scenes/0/tracks/0", `{"text":"hi"}`)
	found := load(t, "colossyan-video-job").Check(doc)
	if len(found) != 1 || found[0].Pointer != "/videoCreative/scenes/0/tracks/0/type" {
		t.Errorf("%v, want the type alone", found)
	}
}

func decoded(t *testing.T, name string) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal(sources()[name], &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// rulesIn lists the pointers of everything that refuses something. A required
// name is a rule of its own.
func rulesIn(node any, at string, rules []string) []string {
	if node == false {
		return append(rules, at)
	}
	m, isObject := node.(map[string]any)
	if !isObject {
		return rules
	}
	for _, keyword := range slices.Sorted(maps.Keys(m)) {
		here := at + "/" + keyword
		switch value := m[keyword]; keyword {
		case "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
			"minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "format", "not",
			"anyOf", "oneOf", "contains":
			rules = append(rules, here)
		case "required":
			for i := range value.([]any) {
				rules = append(rules, here+"/"+strconv.Itoa(i))
			}
		case "properties", "patternProperties", "definitions", "dependencies":
			for _, name := range slices.Sorted(maps.Keys(value.(map[string]any))) {
				if keyword == "dependencies" {
					rules = append(rules, here+"/"+schema.PointerPart(name))
					continue
				}
				rules = rulesIn(value.(map[string]any)[name], here+"/"+schema.PointerPart(name), rules)
			}
		case "allOf":
			for i, part := range value.([]any) {
				rules = rulesIn(part, here+"/"+strconv.Itoa(i), rules)
			}
		case "items", "additionalProperties", "propertyNames", "then", "else":
			rules = rulesIn(value, here, rules)
		}
	}
	return rules
}

// without is the schema with one rule taken out.
func without(t *testing.T, tree map[string]any, rule string) *schema.Schema {
	t.Helper()
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	var fresh any
	if err := json.Unmarshal(text, &fresh); err != nil {
		t.Fatal(err)
	}
	remove(fresh, strings.Split(rule, "/")[1:])
	if text, err = json.Marshal(fresh); err != nil {
		t.Fatal(err)
	}
	mutant, err := schema.Compile("mutant", text)
	if err != nil {
		t.Fatalf("without %s: %v", rule, err)
	}
	return mutant
}

func remove(node any, path []string) any {
	part := strings.NewReplacer("~1", "/", "~0", "~").Replace(path[0])
	switch v := node.(type) {
	case map[string]any:
		switch {
		case len(path) > 1:
			v[part] = remove(v[part], path[1:])
		case v[part] == false:
			v[part] = true
		default:
			delete(v, part)
		}
		return v
	case []any:
		i, _ := strconv.Atoi(part)
		if len(path) > 1 {
			v[i] = remove(v[i], path[1:])
			return v
		}
		return slices.Delete(v, i, i+1)
	}
	return node
}

// alive tries the likely documents first: those that a rule of that kind refused.
func alive(mutant *schema.Schema, rule string, refused []refusal) bool {
	parts := strings.Split(rule, "/")
	likely := func(r refusal) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return r.keywords[part] })
	}
	passes := func(r refusal) bool { return len(mutant.Check(r.doc)) == 0 }
	return slices.ContainsFunc(refused, func(r refusal) bool { return likely(r) && passes(r) }) ||
		slices.ContainsFunc(refused, func(r refusal) bool { return !likely(r) && passes(r) })
}

// refusedBy makes documents from a schema's examples by writing each odd value
// into each place that the schema names, and keeps those that are refused.
func refusedBy(s *schema.Schema, tree map[string]any) (refused []refusal) {
	g := grower{root: tree}
	for _, example := range tree["examples"].([]any) {
		g.grow(tree, example, func(doc any) {
			text, err := json.Marshal(doc)
			if err != nil {
				return
			}
			r := refusal{text, map[string]bool{}}
			for _, v := range s.Check(text) {
				r.keywords[v.Keyword] = true
			}
			if len(r.keywords) > 0 {
				refused = append(refused, r)
			}
		}, 0)
	}
	return refused
}

// grower walks a schema and a document side by side.
type grower struct{ root map[string]any }

// grow calls use with the document changed in one place, for every place and
// every odd value.
func (g grower) grow(node, doc any, use func(any), depth int) {
	for _, v := range g.odd(doc) {
		use(v)
	}
	m := g.resolve(node)
	if m == nil || depth > 8 {
		return
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := m[keyword].([]any)
		for _, part := range parts {
			g.branch(part, doc, use, depth)
		}
	}
	g.meet(m["if"], doc, use)
	switch d := doc.(type) {
	case map[string]any:
		g.members(m, d, use, depth)
	case []any:
		for i, v := range d {
			g.grow(m["items"], v, func(n any) {
				list := slices.Clone(d)
				list[i] = n
				use(list)
			}, depth+1)
		}
	}
}

// meet makes a document to which a condition applies.
func (g grower) meet(condition, doc any, use func(any)) {
	members, isObject := doc.(map[string]any)
	if condition == nil || !isObject {
		return
	}
	met := maps.Clone(members)
	for name, sub := range condition.(map[string]any)["properties"].(map[string]any) {
		met[name] = sub.(map[string]any)["const"]
	}
	use(met)
}

// branch looks into one of several ways to be valid, from the document and from
// a sample of the branch's own.
func (g grower) branch(node, doc any, use func(any), depth int) {
	g.grow(node, doc, use, depth+1)
	if own := g.sample(node, 0); own != nil && fmt.Sprintf("%T", own) != fmt.Sprintf("%T", doc) {
		use(own)
		g.grow(node, own, use, depth+1)
	}
}

func (g grower) members(m, doc map[string]any, use func(any), depth int) {
	set := func(name string) func(any) {
		return func(v any) {
			changed := maps.Clone(doc)
			changed[name] = v
			use(changed)
		}
	}
	for name := range doc {
		changed := maps.Clone(doc)
		delete(changed, name)
		use(changed)
	}
	for _, name := range []string{"zzz", "a b", "", "url", strings.Repeat("n", 300)} {
		set(name)("x")
	}
	properties, _ := m["properties"].(map[string]any)
	for name, sub := range properties {
		value, there := doc[name]
		if !there {
			value = g.sample(sub, 0)
			set(name)(value)
		}
		g.grow(sub, value, set(name), depth+1)
	}
	g.together(properties, doc, use)
	if m["maxProperties"] != nil {
		crowd := maps.Clone(doc)
		for i := range 1100 {
			crowd["n"+strconv.Itoa(i)] = map[string]any{}
		}
		use(crowd)
	}
	if m["additionalProperties"] != nil {
		value := g.sample(m["additionalProperties"], 0)
		set("other")(value)
		set("a b")(value)
		g.grow(m["additionalProperties"], value, set("other"), depth+1)
	}
}

// together adds members that may not stand beside each other: pairs, and all.
func (g grower) together(properties, doc map[string]any, use func(any)) {
	names := slices.Sorted(maps.Keys(properties))
	all := maps.Clone(doc)
	for i, name := range names {
		for _, other := range names[i+1:] {
			pair := map[string]any{}
			maps.Copy(pair, doc)
			pair[name], pair[other] = g.sample(properties[name], 0), g.sample(properties[other], 0)
			use(pair)
		}
		if doc[name] == nil {
			all[name] = g.sample(properties[name], 0)
		}
	}
	use(all)
}

func (g grower) resolve(node any) map[string]any {
	m, _ := node.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		var at any = g.root
		for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[part]
		}
		return g.resolve(at)
	}
	return m
}

// sample is a document that the schema accepts, or nearly.
func (g grower) sample(node any, depth int) any {
	m := g.resolve(node)
	if examples, ok := m["examples"].([]any); ok && len(examples) > 0 {
		return examples[0]
	}
	if enum, ok := m["enum"].([]any); ok {
		return enum[0]
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if parts, ok := m[keyword].([]any); ok && m["properties"] == nil {
			return g.sample(parts[0], depth+1)
		}
	}
	kind := m["type"]
	if kinds, ok := kind.([]any); ok {
		kind = kinds[0]
	}
	switch kind {
	case "object":
		return g.object(m, depth)
	case "array":
		return []any{g.sample(m["items"], depth+1)}
	case "number", "integer":
		return 1
	case "boolean":
		return true
	}
	if m["properties"] != nil {
		return g.object(m, depth)
	}
	if m["format"] == "uri" || m["format"] == "https-url" {
		return "https://example.com/a.png"
	}
	return "x"
}

func (g grower) object(m map[string]any, depth int) map[string]any {
	out := map[string]any{}
	properties, _ := m["properties"].(map[string]any)
	required, _ := m["required"].([]any)
	for _, name := range required {
		if depth < 8 {
			out[name.(string)] = g.sample(properties[name.(string)], depth+1)
		}
	}
	return out
}

// odd are values that some rule may refuse.
func (g grower) odd(instead any) []any {
	odd := []any{
		nil, true, 0, -1, 1, 7, 1.5, 1e9, 241, "", " ", "x", "{x}", "a\nb", "http://example.com", "(", strings.Repeat("x", 6000),
		[]any{}, []any{"x", "x"}, []any{7}, map[string]any{}, map[string]any{"zzz": 1},
	}
	switch v := instead.(type) {
	case []any:
		odd = append(odd, append(slices.Clone(v), v...), append(slices.Clone(v), 7), []any{})
	case string:
		odd = append(odd, v+"\x00", v+" ", strings.Repeat(v, 300))
	case map[string]any:
		more := maps.Clone(v)
		more["zzz"] = 7
		odd = append(odd, more)
	}
	return odd
}
