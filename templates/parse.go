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

// Parse reads a template document in JSON, or in YAML when the name ends in .yaml or .yml, or a bare Studio export {"videoCreative": …}, which
// is a colossyan/video-job. It returns all problems at once; the template is nil only
// when the document cannot be read at all. A template with errors must not be compiled.
func Parse(name string, data []byte) (*Template, problem.List) {
	t, found := parse(name, data)
	return t, found.In(name)
}

func parse(name string, data []byte) (*Template, problem.List) {
	var places []yamlPlace
	if isYAML(name) {
		written, from, fault := fromYAML(data)
		if fault != nil {
			return nil, problem.List{*fault}
		}
		data, places = written, from
	}
	root, bad := schema.Read(name, data)
	if bad != nil {
		return nil, problem.List{syntaxProblem(bad, data, places)}
	}
	t := &Template{Name: name, data: data, root: root, places: places, where: make(map[*schema.Node]string)}
	c := &problems{t: t}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		c.list = append(c.list, problem.Problem{Severity: problem.Warning, Code: "TPL-BOM", Place: problem.Place{Line: 1, Character: 1},
			Message: "the file begins with an invisible byte order mark", Hint: "nothing needs doing; saving it as \"UTF-8 without BOM\" removes the mark"})
	}
	t.mark(root, "")
	if !t.open(c) {
		return nil, c.list
	}
	t.variables(c)
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

// open finds out what kind of document it is and where its parts are.
func (t *Template) open(c *problems) bool {
	if t.root.Kind != schema.Object {
		c.at(t.root, "TPL-SHAPE", "a template is a JSON object", `start with {"operation": …} or export the video from Studio`)
		return false
	}
	if t.root.Member("operation") == nil && t.root.Member("videoCreative") != nil {
		t.openExport()
		t.refuseDynamicVariables(c)
		return true
	}
	if !t.checkShape(c) {
		return false
	}
	t.Operation = t.text(t.root.Member("operation"))
	t.Language = t.text(t.root.Member("language"))
	t.request = t.root.Member("request")
	t.creative = t.root.Member("videoCreative")
	if t.creative == nil {
		t.creative = t.request.Member("videoCreative")
	} else if t.Operation == VideoJob && t.request.Member("videoCreative") != nil {
		c.at(t.creative, "TPL-SHAPE", "the scenes are there twice: in videoCreative and in request.videoCreative", "keep the one in request, which is sent")
	}
	t.openDuration(c)
	t.Request, t.Creative = t.raw(t.request), t.raw(t.creative)
	return t.checkParts(c)
}

// openExport takes a bare Studio export for the request of a video job.
func (t *Template) openExport() {
	t.Operation = VideoJob
	t.request = t.root
	t.creative = t.root.Member("videoCreative")
	t.Request, t.Creative = t.raw(t.request), t.raw(t.creative)
}

// checkShape holds the document to template.schema.json.
func (t *Template) checkShape(c *problems) bool {
	s, err := schema.Load("template")
	if err != nil {
		c.at(t.root, "TPL-SHAPE", err.Error(), "")
		return false
	}
	found := s.Check(bytes.TrimPrefix(t.data, []byte("\xef\xbb\xbf")))
	for _, v := range found {
		c.at(t.root.Find(v.Pointer), shapeCode(v), sentence(v), hintOr(v.Hint, "see: reelmerge schema template"))
	}
	return len(found) == 0
}

func shapeCode(v schema.Violation) string {
	switch {
	case v.Pointer == "/operation":
		return "TPL-OPERATION"
	case strings.HasPrefix(v.Pointer, "/variables"):
		return "TPL-DECLARATION"
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

func hintOr(hint, otherwise string) string {
	if hint == "" {
		return otherwise
	}
	return hint
}

func (t *Template) openDuration(c *problems) {
	n := t.root.Member("duration")
	if n == nil {
		return
	}
	t.Duration = new(Duration)
	if err := json.Unmarshal(t.raw(n), t.Duration); err != nil {
		c.at(n, "TPL-SHAPE", "the duration cannot be read", "write numbers of seconds")
	}
}

// checkParts refuses documents that lack what their operation needs.
func (t *Template) checkParts(c *problems) bool {
	switch {
	case t.Operation == TemplateJob && t.request.Member("templateJobId") == nil:
		c.at(t.root, "TPL-NO-ID", "the request has no templateJobId", "in Studio: Generate, Export to API, Save job as a template; copy the id")
		return false
	case t.Operation == TemplateJob && t.root.Member("variables") == nil && t.creative == nil:
		c.at(t.root, "TPL-NO-VARIABLES", "nothing says which variables the saved template has: Colossyan does not tell", `add "variables", or "videoCreative" as Studio exports it`)
		return false
	case t.Operation == VideoJob && t.request == nil && t.creative != nil:
		c.at(t.creative, "TPL-SHAPE", "the scenes of a video job belong in request", `write "request": {"videoCreative": …}`)
		return false
	case t.request == nil:
		c.at(t.root, "TPL-SHAPE", "there is no request", `add "request": the body to send, with {placeholders} in its texts`)
		return false
	}
	t.refuseDynamicVariables(c)
	return true
}

// refuseDynamicVariables: values come from rows only. COL-V11: never inside videoCreative.
func (t *Template) refuseDynamicVariables(c *problems) {
	const hint = "take it out: reelmerge fills in the values itself"
	if n := t.creative.Member("dynamicVariables"); n != nil {
		c.at(n, "COL-V11", "dynamicVariables does not belong inside videoCreative", hint)
	}
	if n := t.request.Member("dynamicVariables"); n != nil && t.colossyan() {
		c.at(n, "TPL-DYNAMIC-VARIABLES", "the request has dynamicVariables of its own", hint)
	}
}

// raw is the text of a node, nil for no node.
func (t *Template) raw(n *schema.Node) []byte {
	if n == nil {
		return nil
	}
	return t.data[n.Start:n.End]
}

// text decodes a JSON string, "" for anything else.
func (t *Template) text(n *schema.Node) string {
	if n == nil || n.Kind != schema.String {
		return ""
	}
	var s string
	if err := json.Unmarshal(t.raw(n), &s); err != nil {
		return "" // the document was read, so this is a string
	}
	return s
}
