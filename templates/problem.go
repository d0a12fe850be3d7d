package templates

import (
	"bytes"
	"fmt"

	"github.com/reelmerge/reelmerge/schema"
)

// Severity says whether a problem keeps a video from being made.
type Severity int

// The severities. The zero value is the careful one.
const (
	Error   Severity = iota // nothing is sent
	Warning                 // it is sent, and somebody should know
)

// String is "error" or "warning", as reports and JSON write it.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is something wrong with a template, or with one row's values.
type Problem struct {
	Severity  Severity
	Code      string   // the rule: COL-T7, VAR-PATTERN, TPL-JSON …
	Variable  string   // the variable it is about, "" when it is none or several
	Variables []string // when several are involved, as in the length of a script
	Value     string   // what was found, shortened
	Message   string   // what is wrong, with the numbers
	Hint      string   // what to do
	Pointer   string   // JSON pointer into the template, "" for values
	Line      int      // in the template's file, 0 when unknown
	Column    int      // in characters, from 1
}

// HasErrors reports whether any of the problems keeps the video from being made.
func HasErrors(problems []Problem) bool {
	for _, p := range problems {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// syntaxProblem makes a problem of a document that cannot be read. A name that stands twice
// is COL-V8 in what looks like Colossyan's: the document cannot be asked which service it
// is for.
func syntaxProblem(bad *schema.SyntaxError, data []byte, places []yamlPlace) Problem {
	p := Problem{Code: "TPL-JSON", Message: bad.Message, Hint: bad.Hint, Line: bad.Line, Column: bad.Column}
	if bad.Duplicate {
		p.Code = "TPL-DUPLICATE-KEY"
		if bytes.Contains(data, []byte(`"colossyan/`)) || bytes.Contains(data, []byte(`"videoCreative"`)) {
			p.Code = "COL-V8"
		}
	}
	if places != nil {
		p.Line, p.Column = 0, 0 // of the JSON we made, which nobody has seen
	}
	return p
}

// problems collects what is wrong with a template and knows where its nodes stand.
type problems struct {
	t    *Template
	list []Problem
}

// at records an error at a node of the template.
func (c *problems) at(n *schema.Node, code, message, hint string) {
	c.add(n, Problem{Code: code, Message: message, Hint: hint})
}

// warn records a warning at a node of the template.
func (c *problems) warn(n *schema.Node, code, message, hint string) {
	c.add(n, Problem{Severity: Warning, Code: code, Message: message, Hint: hint})
}

// add keeps the first problems; whoever has that many generated the file and will run the
// check again. An error after the last place still counts as one.
func (c *problems) add(n *schema.Node, p Problem) {
	switch {
	case len(c.list) < MaxProblems:
		c.list = append(c.list, c.t.problemAt(n, p))
	case p.Severity == Error && !HasErrors(c.list):
		c.list[MaxProblems-1] = c.t.problemAt(n, p)
	}
}

// problemAt fills in the place of a problem.
func (t *Template) problemAt(n *schema.Node, p Problem) Problem {
	if n == nil {
		return p
	}
	if pointer, known := t.where[n]; known {
		p.Pointer = pointer
	}
	p.Line, p.Column = t.position(n.Start)
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
