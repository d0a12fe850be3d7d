package declared

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// Load reads the description at a path. All problems come at once; the description is nil
// when one of them is an error.
func Load(path string) (*Description, problem.List) {
	data, err := atomicfile.Read(path, MaxSize+1)
	if err != nil {
		return nil, problem.List{{Code: "SVC-FILE", Place: problem.Place{File: path}, Value: path,
			Message: fmt.Sprintf("read service: %v", wording.WithoutPath(err)), Hint: "check the path"}}
	}
	return Parse(path, data)
}

// Parse reads a description from memory; name says where it would lie.
func Parse(name string, data []byte) (*Description, problem.List) {
	d, found := parse(data)
	found.Sort()
	found = found.In(name)
	if found.HasErrors() {
		return nil, found
	}
	return d, found
}

func parse(data []byte) (*Description, problem.List) {
	document, found := readYAML(data)
	if found.HasErrors() {
		return nil, found
	}
	f, err := format()
	if err != nil {
		return nil, problem.List{{Code: "SVC-SCHEMA", Message: err.Error(), Hint: "this is a bug: please tell us"}}
	}
	for _, v := range f.compiled.Check(document.json.Bytes()) {
		found = append(found, document.violation(v, f.tree))
	}
	if found.HasErrors() {
		return nil, found
	}
	d, err := document.description(data)
	if err != nil {
		return nil, problem.List{{Code: "SVC-SCHEMA", Message: err.Error(), Hint: "see: reelmerge schema service"}}
	}
	c := &checker{d: d, document: document}
	c.all()
	return d, c.found
}

// description decodes a document that holds to the schema.
func (d *document) description(text []byte) (*Description, error) {
	raw, err := decode(d.json.Bytes())
	if err != nil {
		return nil, err
	}
	made := &Description{text: bytes.Clone(text), raw: raw}
	dec := json.NewDecoder(bytes.NewReader(d.json.Bytes()))
	dec.UseNumber()
	return made, dec.Decode(made)
}

// Decode reads a description that [Parse] has found good before. It checks nothing.
func Decode(data []byte) (*Description, error) {
	document, found := readYAML(data)
	if found.HasErrors() {
		return nil, found
	}
	return document.description(data)
}

// formatSchema is the schema of descriptions.
type formatSchema struct {
	compiled *schema.Schema
	tree     map[string]any
}

// format compiles the schema once: that takes longer than to read a description.
var format = sync.OnceValues(func() (formatSchema, error) {
	var f formatSchema
	source, err := schema.Source("service")
	if err != nil {
		return f, err
	}
	if f.compiled, err = schema.Compile("service", source); err != nil {
		return f, err
	}
	return f, json.Unmarshal(source, &f.tree)
})

// violation turns what a schema refuses into a problem with its place.
func (d *document) violation(v schema.Violation, names map[string]any) problem.Problem {
	p := problem.Problem{Code: "SVC-SCHEMA", Place: d.place(v.Pointer), Value: v.Value, Hint: v.Hint}
	p.Pointer = v.Pointer
	parent, name := "", v.Pointer
	if at := strings.LastIndexByte(v.Pointer, '/'); at >= 0 {
		parent, name = v.Pointer[:at], strings.NewReplacer("~1", "/", "~0", "~").Replace(v.Pointer[at+1:])
	}
	switch v.Keyword {
	case "additionalProperties":
		p.Message = v.Message
		p.Hint = wording.NearestOr(name, membersAt(names, parent), "see: reelmerge schema service")
	case "required":
		p.Line, p.Character = d.place(parent).Line, d.place(parent).Character
		p.Message = fmt.Sprintf("%s is missing", dotted(v.Pointer))
	default:
		p.Message = dotted(v.Pointer) + " " + v.Message
	}
	if p.Hint == "" {
		p.Hint = "see: reelmerge schema service"
	}
	return p
}

// dotted names a member for people: operations.video.submit.
func dotted(pointer string) string {
	if pointer == "" {
		return "the description"
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.ReplaceAll(pointer[1:], "/", "."))
}

// membersAt lists the members that a schema knows at a place of a document.
func membersAt(root map[string]any, pointer string) []string {
	at := resolve(root, root)
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		properties, _ := at["properties"].(map[string]any)
		below, named := properties[part]
		if !named {
			if below = at["additionalProperties"]; below == nil || below == false {
				below = at["items"]
			}
		}
		at = resolve(root, below)
	}
	properties, _ := at["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// resolve follows the reference of a schema.
func resolve(root map[string]any, node any) map[string]any {
	m, _ := node.(map[string]any)
	name, ok := strings.CutPrefix(fmt.Sprint(m["$ref"]), "#/definitions/")
	if !ok {
		return m
	}
	definitions, _ := root["definitions"].(map[string]any)
	target, _ := definitions[name].(map[string]any)
	return target
}

// decode reads JSON with its numbers as they are written.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}
