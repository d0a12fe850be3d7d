package templates

import (
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// syntaxProblem makes a problem of a document that cannot be read. A name that stands
// twice gets the code of the kind of template that the document looks like, see
// [Operations.duplicate].
func syntaxProblem(bad *schema.SyntaxError, data []byte, places []yamlPlace, known Operations) problem.Problem {
	p := problem.Problem{Code: "TPL-JSON", Message: bad.Message, Hint: bad.Hint, Place: problem.Place{Line: bad.Line, Character: bad.Column}}
	if bad.Duplicate {
		p.Code = known.duplicate(data)
	}
	if places != nil {
		p.Line, p.Character = 0, 0 // they count in the JSON made from the YAML, which no person has seen
	}
	return p
}

// Findings collects the problems of a template and gives each its place in the file.
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

// Add keeps the first problems only. A file with more of them was generated, and its
// author will check again after mending the generator. One error is always kept, since
// callers go on when there are only warnings.
func (c *Findings) Add(n *schema.Node, p problem.Problem) {
	switch {
	case len(c.list) < MaxProblems:
		c.list = append(c.list, c.t.Placed(n, p))
	case p.IsError() && !c.list.HasErrors():
		c.list[MaxProblems-1] = c.t.Placed(n, p)
	}
}

// Placed returns the problem with the place of a node: its JSON pointer, and line and
// character in the file that a person wrote.
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
