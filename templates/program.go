package templates

import (
	"cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// Program is a template with everything done that does not depend on a row. It never
// changes, so any number of goroutines may call Row, each with its own Rendered.
type Program struct {
	t      *Template
	checks []valueCheck
	ops    []op
	timing *timing
}

// Rendered is what one row gives. Its memory is used again by the next Row.
type Rendered struct {
	Problems problem.List
	Body     []byte    // the request, valid until the next Row; not to be sent when there are errors
	Seconds  Interval  // how long the video will be
	Made     Breakdown // what the likely length is made of
	Tightest Fit       // the scene whose speech fits with the least room

	values []string // what stands in the holes: the cell, else the default
	lists  []string // cells of type array, object, number, boolean as JSON
}

// Interval is an estimate of a length in seconds. When Known is false nobody can know
// and the numbers are zero.
type Interval struct {
	Low, Likely, High float64
	Known             bool
}

// Fit says how a scene's speech fits into it.
type Fit struct {
	Scene int     // index of the scene, counted from 0
	Name  string  // its name in the template, may be ""
	Slack float64 // seconds left when the speech ends, negative when it is cut
	Known bool    // false when no scene has a speech that could be too long
}

// Compile checks everything that does not depend on a row and cuts the request into
// pieces. The problems are those Parse has not told; with an error in either list the
// program is nil.
func (t *Template) Compile(o Options) (*Program, problem.List) {
	c := &problems{t: t}
	p := &Program{t: t}
	t.checkRequest(c)
	p.checks = t.valueChecks(c)
	p.ops = t.body()
	p.timing = newTiming(t, o.Speech, c)
	if t.broken || c.list.HasErrors() {
		return nil, c.list.In(t.Name)
	}
	return p, c.list.In(t.Name)
}

// Template is the template the program was compiled from.
func (p *Program) Template() *Template { return p.t }

// Row checks one row's values, puts them in place and estimates the video's length.
// values holds one text per variable, in the order of [Template.Variables]; a missing
// one counts as empty. Everything in out is overwritten.
func (p *Program) Row(values []string, out *Rendered) {
	out.reset(len(p.t.Variables))
	for i := range p.checks {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		p.checks[i].check(value, i, out)
	}
	p.render(out)
	p.timing.row(out)
}

func (r *Rendered) reset(n int) {
	r.Problems, r.Body = r.Problems[:0], r.Body[:0]
	r.Seconds, r.Tightest = Interval{}, Fit{}
	if cap(r.values) < n {
		r.values, r.lists = make([]string, n), make([]string, n)
	}
	r.values, r.lists = r.values[:n], r.lists[:n]
}

// checkRequest holds the request to its operation's JSON Schema where there is one.
// Places with placeholders are left to the rows.
func (t *Template) checkRequest(c *problems) {
	s, err := schema.Load(schemaName(t.Operation))
	if err != nil {
		return // an operation without a published schema
	}
	for _, v := range s.Check(t.raw(t.request)) {
		if n := t.request.Find(v.Pointer); !t.leftToOthers(v, n) {
			c.at(n, cmp.Or(v.Rule, "TPL-SCHEMA"), "the request is not what the service takes: "+sentence(v), hintOr(v.Hint, "see: reelmerge schema "+s.Name()))
		}
	}
}
