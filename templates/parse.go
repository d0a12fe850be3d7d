package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// Parse reads a template document in JSON, or in YAML when the name ends in .yaml or
// .yml, or an export of a service's editor, which one of the operations recognizes. It
// returns all problems at once; the template is nil only when the document cannot be read
// at all. A template with errors must not be compiled.
func Parse(name string, data []byte, known Operations) (*Template, problem.List) {
	t, found := parse(name, data, known)
	return t, found.In(name)
}

// parse is [Parse] without the file's name in the problems.
func parse(name string, data []byte, known Operations) (*Template, problem.List) {
	var places []yamlPlace
	if isYAML(name) {
		written, from, fault := fromYAML(data)
		if fault != nil {
			return nil, problem.List{*fault}
		}
		data = written
		places = from
	}
	root, bad := schema.Read(name, data)
	if bad != nil {
		return nil, problem.List{syntaxProblem(bad, data, places, known)}
	}
	t := &Template{Name: name, data: data, root: root, node: root, places: places, where: make(map[*schema.Node]string)}
	t.steps = []*Template{t}
	// Excel and the Windows editor write a byte order mark; the schema package skips it.
	c := &Findings{t: t}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		c.list = append(c.list, problem.Problem{Severity: problem.Warning, Code: "TPL-BOM", Place: problem.Place{Line: 1, Character: 1},
			Message: "the file begins with an invisible byte order mark", Hint: "nothing needs doing; saving it as \"UTF-8 without BOM\" removes the mark"})
	}
	t.mark(root, "")
	if !t.open(c, known) {
		return nil, c.list
	}
	t.variables(c)
	t.conditions(c)
	t.broken = c.list.HasErrors()
	return t, c.list
}

// mark notes the JSON pointer of every node, so that problems can name places.
func (t *Template) mark(n *schema.Node, pointer string) {
	t.where[n] = pointer
	for i, child := range n.Children {
		part := strconv.Itoa(i)
		if n.Kind == schema.Object {
			part = schema.PointerPart(child.Key)
		}
		t.mark(child, pointer+"/"+part)
	}
}

// open finds out which kind of document it is, and where its parts are. After false, the
// document lacks a part without which later checks would only report consequences.
func (t *Template) open(c *Findings, known Operations) bool {
	if t.root.Kind != schema.Object {
		c.At(t.root, "TPL-SHAPE", "a template is a JSON object", `start with {"operation": …} or export the video from Studio`)
		return false
	}
	if export, ok := known.exported(t.root); ok && t.root.Member("operation") == nil {
		t.operation = export
		t.Operation = export.Name
		t.request = t.root
		t.openScenes()
		return t.document().Check(t, c)
	}
	if !t.checkShape(c) {
		return false
	}
	t.openSteps(c)
	whole := true
	for _, step := range t.steps {
		whole = step.openRequest(c, known) && whole
	}
	return whole
}

// openRequest finds the parts of one step, and checks those that its operation needs.
func (t *Template) openRequest(c *Findings, known Operations) bool {
	t.Operation = t.Text(t.node.Member("operation"))
	t.operation = known.find(t.Operation)
	t.Language = t.Text(t.node.Member("language"))
	t.request = t.node.Member("request")
	t.openScenes()
	t.openDuration(c)
	if !t.document().Check(t, c) {
		return false
	}
	if t.request == nil {
		c.At(t.node, "TPL-SHAPE", "there is no request", `add "request": the body to send, with {placeholders} in its texts`)
		return false
	}
	return true
}

// openScenes finds the scenes, beside the request or in it.
func (t *Template) openScenes() {
	if name := t.form().Scenes; name != "" {
		if t.scenes = t.node.Member(name); t.scenes == nil {
			t.scenes = t.request.Member(name)
		}
	}
	t.Request = t.Raw(t.request)
	t.Creative = t.Raw(t.scenes)
}

// checkShape checks the document against template.schema.json, the schema that editors
// use as well.
func (t *Template) checkShape(c *Findings) bool {
	s, err := schema.Load("template")
	if err != nil {
		c.At(t.root, "TPL-SHAPE", err.Error(), "")
		return false
	}
	found := s.Check(bytes.TrimPrefix(t.data, []byte("\xef\xbb\xbf")))
	for _, v := range found {
		c.At(t.root.Find(v.Pointer), shapeCode(v), sentence(v), hintOr(v.Hint, "see: reelmerge schema template"))
	}
	return len(found) == 0
}

// shapeCode returns the problem code for a part of the document.
func shapeCode(v schema.Violation) string {
	switch {
	case strings.HasPrefix(v.Pointer, "/variables"):
		return "TPL-DECLARATION"
	case strings.HasSuffix(v.Pointer, "/operation"):
		return "TPL-OPERATION"
	case isOfStep(v.Pointer):
		return "TPL-STEP-NAME"
	}
	return "TPL-SHAPE"
}

// sentence joins a violation's place and message: `"duration" must be a number`.
func sentence(v schema.Violation) string {
	name := strings.ReplaceAll(strings.TrimPrefix(v.Pointer, "/"), "/", ".")
	if name == "" {
		return "the document " + v.Message
	}
	return fmt.Sprintf("%q %s", name, v.Message)
}

// hintOr returns a hint, or another one if there is none.
func hintOr(hint, otherwise string) string {
	if hint == "" {
		return otherwise
	}
	return hint
}

// openDuration reads the length that the document states.
func (t *Template) openDuration(c *Findings) {
	n := t.node.Member("duration")
	if n == nil {
		return
	}
	t.Duration = new(Duration)
	base := n.Member("base_seconds")
	if base == nil || base.Kind != schema.String {
		if err := json.Unmarshal(t.Raw(n), t.Duration); err != nil {
			c.At(n, "TPL-SHAPE", "the duration cannot be read", "write numbers of seconds")
		}
		return
	}
	text := t.Text(base)
	holes := Placeholders(t.Raw(base))
	if len(holes) != 1 || text != "{"+holes[0].Name+"}" {
		c.At(base, "TPL-SHAPE", "base_seconds is a number or one placeholder", `write the seconds, or "{seconds}" for a column that has them`)
		return
	}
	t.Duration.BaseVariable = holes[0].Name
	if more := n.Member("seconds_per_character"); more != nil {
		_ = json.Unmarshal(t.Raw(more), &t.Duration.SecondsPerCharacter) // the schema wants a number
	}
}

// Raw returns the text of a node as it stands in the document, nil for no node.
func (t *Template) Raw(n *schema.Node) []byte {
	if n == nil {
		return nil
	}
	return t.data[n.Start:n.End]
}

// Text decodes a JSON string. It returns "" for any other node, and for none.
func (t *Template) Text(n *schema.Node) string {
	if n == nil || n.Kind != schema.String {
		return ""
	}
	var s string
	if err := json.Unmarshal(t.Raw(n), &s); err != nil {
		return "" // the document was read, so this is a string
	}
	return s
}
