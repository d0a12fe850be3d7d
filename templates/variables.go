package templates

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// variables finds out which variables the template has and where each is used.
func (t *Template) variables(c *problems) {
	if declared := t.root.Member("variables"); declared != nil && t.request != t.root {
		t.Declared = true
		for _, n := range declared.Children {
			t.declare(n, c)
		}
	}
	s := &useFinder{t: t, c: c, scene: -1, index: make(map[string]int)}
	for i, v := range t.Variables {
		s.index[v.Name] = i
	}
	s.visit(t.request)
	if t.creative != nil && !t.inRequest(t.creative) {
		s.visit(t.creative)
	}
	if s.count > MaxPlaceholders {
		c.at(t.root, "TPL-TOO-MANY", fmt.Sprintf("there are %d placeholders; %d are allowed", s.count, MaxPlaceholders), "split the template")
	}
	if len(t.Variables) > MaxVariables {
		c.at(t.root, "TPL-TOO-MANY", fmt.Sprintf("there are %d variables; %d are allowed", len(t.Variables), MaxVariables), "split the template")
	}
	t.checkUnused(c)
}

func (t *Template) inRequest(n *schema.Node) bool {
	return t.request != nil && n.Start >= t.request.Start && n.End <= t.request.End
}

// declare adds one declared variable, and holds its declaration to draft-07.
func (t *Template) declare(n *schema.Node, c *problems) {
	raw := t.raw(n)
	if _, err := schema.Compile(n.Key, raw); err != nil {
		c.at(n, "TPL-DECLARATION", fmt.Sprintf("the declaration of %q is not a JSON Schema we can check: %v", n.Key, err), "see the draft-07 keywords, or take the keyword out")
		return
	}
	var d struct {
		Type     string
		Spoken   bool
		Optional bool
		Ref      string `json:"$ref"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		c.at(n, "TPL-DECLARATION", fmt.Sprintf("the declaration of %q cannot be read", n.Key), "")
		return
	}
	v := Variable{Name: n.Key, Type: d.Type, Spoken: d.Spoken, Optional: d.Optional, Schema: raw, declared: n}
	if v.Type == "" {
		v.Type = "string"
	}
	v.Example, _ = t.cell(n.Member("example"))
	if text, has := t.cell(n.Member("default")); has {
		v.Default = &text
	}
	v.Required = !v.Optional && v.Default == nil
	t.Variables = append(t.Variables, v)
}

// cell writes a JSON value as it would stand in a cell.
func (t *Template) cell(n *schema.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind == schema.String {
		return t.text(n), true
	}
	return string(t.raw(n)), true
}

func (t *Template) checkUnused(c *problems) {
	if t.Operation == TemplateJob && t.creative == nil {
		return // nobody but Colossyan knows where they are used
	}
	for _, v := range t.Variables {
		if len(v.Uses) == 0 && v.declared != nil {
			c.warn(v.declared, "TPL-UNUSED", fmt.Sprintf("the variable %q is declared and stands nowhere", v.Name), fmt.Sprintf("write {%s} where it belongs, or take the declaration out", v.Name))
		}
	}
}

// useFinder walks the request and the scenes and notes every placeholder.
type useFinder struct {
	t      *Template
	c      *problems
	index  map[string]int
	scene  int
	script bool
	track  string
	count  int
}

func (s *useFinder) visit(n *schema.Node) {
	if n == nil {
		return
	}
	if n.Kind == schema.String {
		s.text(n)
		return
	}
	for i, child := range n.Children {
		inner := *s
		inner.enter(n, child, i)
		inner.visit(child)
		s.count = inner.count
	}
}

// enter notes in which scene and in which kind of track the walk is.
func (s *useFinder) enter(parent, child *schema.Node, i int) {
	switch {
	case parent.Key == "scenes" && s.t.creative != nil && s.t.creative.Member("scenes") == parent:
		s.scene = i
	case parent.Key == "tracks" && s.scene >= 0:
		s.track = s.t.text(child.Member("type"))
	}
	s.script = s.track == "actor" && child.Key == "text" && child.Kind == schema.String
}

func (s *useFinder) text(n *schema.Node) {
	raw := s.t.raw(n)
	found := placeholders(raw)
	for _, p := range found {
		s.count++
		use := Use{Pointer: s.t.where[n], Scene: s.scene, Field: n.Key, Spoken: s.script, Whole: p.start == 1 && p.end == len(raw)-1}
		if s.count <= MaxPlaceholders {
			s.place(n, p, use)
		}
	}
}

func (s *useFinder) place(n *schema.Node, p placeholder, use Use) {
	if p.name == "" {
		s.unrecognised(n, p)
		return
	}
	i, known := s.index[p.name]
	if !known && s.t.Declared {
		s.undeclared(n, p)
		return
	}
	if !known {
		i = len(s.t.Variables)
		s.index[p.name] = i
		s.t.Variables = append(s.t.Variables, Variable{Name: p.name, Type: "string", Required: true})
	}
	v := &s.t.Variables[i]
	v.Uses = append(v.Uses, use)
	v.Spoken = v.Spoken || use.Spoken
	s.checkPlace(n, p)
}

// checkPlace: COL-V3. Colossyan replaces placeholders in scripts and text elements only;
// in a video job reelmerge puts the values in place itself, anywhere.
func (s *useFinder) checkPlace(n *schema.Node, p placeholder) {
	if s.t.Operation != TemplateJob || n.Key == "text" || s.track == "text" {
		return
	}
	message := fmt.Sprintf("{%s} stands in %q, where Colossyan does not replace variables", p.name, n.Key)
	switch n.Key {
	case "imageUrl", "videoUrl", "audioUrl", "actor", "speakerId", "templateJobId":
		s.c.at(n, "COL-V3", message, "use the operation colossyan/video-job, which fills in every field")
	default:
		s.c.warn(n, "COL-V3", message, "use it in scripts and text elements only")
	}
}

// unrecognised: COL-V2. Text in braces that is no variable's name may be read aloud.
func (s *useFinder) unrecognised(n *schema.Node, p placeholder) {
	message := fmt.Sprintf("%q is in braces and is no variable's name", schema.Shorten(p.raw))
	hint := "a name has letters, digits and underscores, and no spaces, such as {first_name}"
	if p.raw == "{" || p.raw == "}" {
		message, hint = fmt.Sprintf("%q stands here without its other half, or twice", p.raw), "a variable is a name in one pair of braces: {first_name}"
	}
	if !s.t.colossyan() {
		s.c.warn(n, "TPL-PLACEHOLDER", message, hint)
		return
	}
	if s.script || s.track == "text" {
		s.c.at(n, "COL-V2", message, hint)
		return
	}
	s.c.warn(n, "COL-V2", message, hint)
}

func (s *useFinder) undeclared(n *schema.Node, p placeholder) {
	hint := fmt.Sprintf("declare %q under variables", p.name)
	for _, v := range s.t.Variables {
		if strings.EqualFold(v.Name, p.name) {
			hint = fmt.Sprintf("did you mean {%s}?", v.Name)
		}
	}
	s.c.at(n, "TPL-UNDECLARED", fmt.Sprintf("{%s} stands in the template and is not declared", p.name), hint)
}
