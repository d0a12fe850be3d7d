package templates

import (
	"bytes"
	"fmt"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// syntaxProblem makes a problem of a document that cannot be read. A name that stands twice
// is COL-V8 in what looks like Colossyan's: the document cannot be asked which service it
// is for.
func syntaxProblem(bad *schema.SyntaxError, data []byte, places []yamlPlace) problem.Problem {
	p := problem.Problem{Code: "TPL-JSON", Message: bad.Message, Hint: bad.Hint, Place: problem.Place{Line: bad.Line, Character: bad.Column}}
	if bad.Duplicate {
		p.Code = "TPL-DUPLICATE-KEY"
		if bytes.Contains(data, []byte(`"colossyan/`)) || bytes.Contains(data, []byte(`"videoCreative"`)) {
			p.Code = "COL-V8"
		}
	}
	if places != nil {
		p.Line, p.Character = 0, 0 // of the JSON we made, which nobody has seen
	}
	return p
}

// problems collects what is wrong with a template and knows where its nodes stand.
type problems struct {
	t    *Template
	list problem.List
}

// at records an error at a node of the template.
func (c *problems) at(n *schema.Node, code, message, hint string) {
	c.add(n, problem.Problem{Code: code, Message: message, Hint: hint})
}

// warn records a warning at a node of the template.
func (c *problems) warn(n *schema.Node, code, message, hint string) {
	c.add(n, problem.Problem{Severity: problem.Warning, Code: code, Message: message, Hint: hint})
}

// add keeps the first problems; whoever has that many generated the file and will run the
// check again. An error after the last place still counts as one.
func (c *problems) add(n *schema.Node, p problem.Problem) {
	switch {
	case len(c.list) < MaxProblems:
		c.list = append(c.list, c.t.problemAt(n, p))
	case p.IsError() && !c.list.HasErrors():
		c.list[MaxProblems-1] = c.t.problemAt(n, p)
	}
}

// problemAt fills in the place of a problem.
func (t *Template) problemAt(n *schema.Node, p problem.Problem) problem.Problem {
	if n == nil {
		return p
	}
	if pointer, known := t.where[n]; known {
		p.Pointer = pointer
	}
	p.Line, p.Character = t.position(n.Start)
	return p
}

func quoted(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%q", names[0])
	}
	text := ""
	for i, name := range names[:len(names)-1] {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text + fmt.Sprintf(" and %q", names[len(names)-1])
}
