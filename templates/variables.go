package templates

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// variables finds the variables of the template, and each place where one is used.
func (t *Template) variables(c *Findings) {
	if declared := t.root.Member("variables"); declared != nil && t.request != t.root {
		t.Declared = true
		for _, n := range declared.Children {
			t.declare(n, c)
		}
	}
	index := make(map[string]int)
	for i, v := range t.Variables {
		index[v.Name] = i
	}
	count := 0
	for _, step := range t.steps {
		count = step.uses(c, t, index, count)
	}
	for _, step := range t.steps {
		step.Variables, step.Declared = t.Variables, t.Declared
	}
	if count > MaxPlaceholders {
		c.At(t.root, "TPL-TOO-MANY", fmt.Sprintf("there are %d placeholders; %d are allowed", count, MaxPlaceholders), "split the template")
	}
	if len(t.Variables) > MaxVariables {
		c.At(t.root, "TPL-TOO-MANY", fmt.Sprintf("there are %d variables; %d are allowed", len(t.Variables), MaxVariables), "split the template")
	}
}

// uses finds the variables of one step, whose list the first step has. It adds to a count
// of placeholders.
func (t *Template) uses(c *Findings, first *Template, index map[string]int, count int) int {
	s := &useFinder{t: first, step: t, c: c, at: Spot{Scene: -1}, places: t.document().Places(t), codes: t.form().Codes.orGeneral(), index: index, count: count}
	s.visit(t.request)
	if t.scenes != nil && !t.inRequest(t.scenes) {
		s.visit(t.scenes)
	}
	s.visit(t.node.Member("duration"))
	return s.count
}

// inRequest reports whether a node is part of the request. Scenes inside the request must
// not be visited twice.
func (t *Template) inRequest(n *schema.Node) bool {
	return t.request != nil && n.Start >= t.request.Start && n.End <= t.request.End
}

// declare adds a declared variable. The declaration must be a JSON Schema of draft-07.
func (t *Template) declare(n *schema.Node, c *Findings) {
	raw := t.Raw(n)
	if _, err := schema.Compile(n.Key, raw); err != nil {
		c.At(n, "TPL-DECLARATION", fmt.Sprintf("the declaration of %q is not a JSON Schema we can check: %v", n.Key, err), "see the draft-07 keywords, or take the keyword out")
		return
	}
	var d struct {
		Type     string
		Spoken   bool
		Optional bool
		Ref      string `json:"$ref"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		c.At(n, "TPL-DECLARATION", fmt.Sprintf("the declaration of %q cannot be read", n.Key), "")
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
	v.Say = t.say(n.Member("say"))
	v.Required = !v.Optional && v.Default == nil
	t.Variables = append(t.Variables, v)
}

// cell writes a JSON value as it would stand in a cell; ok is false for no value.
func (t *Template) cell(n *schema.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind == schema.String {
		return t.Text(n), true
	}
	return string(t.Raw(n)), true
}

// checkUnused warns of declared variables that stand nowhere: their column would be
// filled in for nothing, often because of a misspelt placeholder.
func (t *Template) checkUnused(c *Findings) {
	if t.ByName() && t.scenes == nil {
		return // only the service knows where they are used
	}
	for _, v := range t.Variables {
		if len(v.Uses) == 0 && v.declared != nil && !t.decides(v.Name) {
			c.Warn(v.declared, "TPL-UNUSED", fmt.Sprintf("the variable %q is declared and stands nowhere", v.Name), fmt.Sprintf("write {%s} where it belongs, or take the declaration out", v.Name))
		}
	}
}

// useFinder walks the request and the scenes, and notes every placeholder.
type useFinder struct {
	t      *Template // the first step, which has the variables
	step   *Template // the one that is looked at
	c      *Findings
	index  map[string]int
	places Places
	codes  Codes
	at     Spot
	count  int
}

// visit walks a node and all below it. Each child gets a copy of the finder with its own
// spot; the count of placeholders is carried back.
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
		inner.at = s.places.Enter(s.at, n, child, i)
		inner.visit(child)
		s.count = inner.count
	}
}

// text notes the placeholders of one string. Beyond the limit it only counts.
func (s *useFinder) text(n *schema.Node) {
	raw := s.t.Raw(n)
	found := Placeholders(raw)
	for _, p := range found {
		s.count++
		use := Use{Pointer: s.t.where[n], Scene: s.at.Scene, Field: n.Key, Spoken: s.at.Script, Whole: p.Start == 1 && p.End == len(raw)-1}
		if s.count <= MaxPlaceholders {
			s.place(n, p, use)
		}
	}
}

// place notes one use of a variable. A template without declarations gets a variable with
// the first use of its name; one with declarations refuses a name that is not declared,
// since it is most likely misspelt.
func (s *useFinder) place(n *schema.Node, p Placeholder, use Use) {
	if p.Name == "" {
		if !s.step.takeHole(n, p, s.c) {
			s.unrecognised(n, p)
		}
		return
	}
	i, known := s.index[p.Name]
	if !known && s.t.Declared {
		s.undeclared(n, p)
		return
	}
	if !known {
		i = len(s.t.Variables)
		s.index[p.Name] = i
		s.t.Variables = append(s.t.Variables, Variable{Name: p.Name, Type: "string", Required: true})
	}
	v := &s.t.Variables[i]
	v.Uses = append(v.Uses, use)
	v.Spoken = v.Spoken || use.Spoken
	s.places.Check(p.Name, n, s.at, s.c)
}

// unrecognised reports a text in braces that is no variable's name. It is an error where
// people hear or read the text, else a warning.
func (s *useFinder) unrecognised(n *schema.Node, p Placeholder) {
	message := fmt.Sprintf("%q is in braces and is no variable's name", schema.Shorten(p.Raw))
	hint := "a name has letters, digits and underscores, and no spaces; where the template was made, rename it to " + asName(p.Raw) + ", and export it again"
	if p.Raw == "{" || p.Raw == "}" {
		message, hint = fmt.Sprintf("%q stands here without its other half, or twice", p.Raw), "a variable is a name in one pair of braces: {first_name}"
	}
	if s.at.Scene >= 0 {
		message = fmt.Sprintf("scene %d: %s", s.at.Scene+1, message)
	}
	if s.at.Words {
		s.c.At(n, s.codes.Placeholder, message, hint)
		return
	}
	s.c.Warn(n, s.codes.Placeholder, message, hint)
}

// asName writes what stands in braces as a variable's name.
func asName(raw string) string {
	words := strings.FieldsFunc(strings.ToLower(raw), func(r rune) bool { return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') })
	name := strings.Join(words, "_")
	if name == "" || !isName([]byte(name)) {
		name = "first_name"
	}
	return "{" + name + "}"
}

// undeclared reports a name that is not declared, and proposes one that differs in case.
func (s *useFinder) undeclared(n *schema.Node, p Placeholder) {
	hint := fmt.Sprintf("declare %q under variables", p.Name)
	for _, v := range s.t.Variables {
		if strings.EqualFold(v.Name, p.Name) {
			hint = fmt.Sprintf("did you mean {%s}?", v.Name)
		}
	}
	s.c.At(n, "TPL-UNDECLARED", fmt.Sprintf("{%s} stands in the template and is not declared", p.Name), hint)
}
