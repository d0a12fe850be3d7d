package templates

import (
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// syntaxProblem makes a problem of a document that cannot be read. A name that stands twice
// may have a code of its own in what looks like a certain kind of template, see
// [Operations.duplicate].
func syntaxProblem(bad *schema.SyntaxError, data []byte, places []yamlPlace, known Operations) problem.Problem {
	p := problem.Problem{Code: "TPL-JSON", Message: bad.Message, Hint: bad.Hint, Place: problem.Place{Line: bad.Line, Character: bad.Column}}
	if bad.Duplicate {
		p.Code = known.duplicate(data)
	}
	if places != nil {
		p.Line, p.Character = 0, 0 // of the JSON we made, which nobody has seen
	}
	return p
}

// Findings collects what is wrong with a template and knows where its nodes stand.
type Findings struct {
	t    *Template
	list problem.List
}

// At records an error at a node of the template.
func (c *Findings) At(n *schema.Node, code, message, hint string) {
	c.Add(n, problem.Problem{Code: code, Message: message, Hint: hint})
}

// Warn records a warning at a node of the template.
func (c *Findings) Warn(n *schema.Node, code, message, hint string) {
	c.Add(n, problem.Problem{Severity: problem.Warning, Code: code, Message: message, Hint: hint})
}

// Add keeps the first problems; whoever has that many generated the file and will run the
// check again. An error after the last place still counts as one.
func (c *Findings) Add(n *schema.Node, p problem.Problem) {
	switch {
	case len(c.list) < MaxProblems:
		c.list = append(c.list, c.t.Placed(n, p))
	case p.IsError() && !c.list.HasErrors():
		c.list[MaxProblems-1] = c.t.Placed(n, p)
	}
}

// Placed returns a problem with its place, that of a node of the template.
func (t *Template) Placed(n *schema.Node, p problem.Problem) problem.Problem {
	if n == nil {
		return p
	}
	if pointer, known := t.where[n]; known {
		p.Pointer = pointer
	}
	p.Line, p.Character = t.position(n.Start)
	return p
}
