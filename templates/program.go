package templates

import (
	"cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// Program is a template in which everything is done that does not depend on a row. It
// never changes, so any number of goroutines may call Row, each with its own Rendered.
type Program struct {
	t       *Template
	checks  []valueCheck
	advisor *Advisor
	ops     []op
	length  *length

	// Earlier are the steps before this one, the first one first. See [Program.Again].
	Earlier []*Program
}

// Rendered is the result of one row. The next Row reuses its memory.
type Rendered struct {
	Problems problem.List
	// Advice warns of values that would embarrass in a video, see [Advisor].
	Advice   problem.List
	Body     []byte    // the request, valid until the next Row; not to be sent when there are errors
	Seconds  Interval  // how long the video will be
	Made     Breakdown // what the likely length is made of
	Tightest Fit       // the scene whose speech fits with the least room
	NoBody   bool      // nobody reads Body, nor Holes, so that they are left empty
	Holes    []HoleAt  // the places in Body for what earlier steps bring, in their order
	// Characters is how many the row's values have.
	Characters int

	values []string // the texts in the holes: the cell, else the default
	spoken []string // the values as scripts have them
	lists  []string // cells of type array, object, number, boolean as JSON

	memories []memory    // of the variables' values
	recalled []*recalled // of the row's values; nil for those that are not remembered
	of       *Program    // that the memories belong to
}

// Interval is an estimate of a length in seconds. If Known is false, the length cannot be
// known and the numbers are zero.
type Interval struct {
	Low, Likely, High float64
	Known             bool
}

// Plus adds two lengths that follow each other. If one is not known, neither is the sum.
func (i Interval) Plus(j Interval) Interval {
	if !i.Known || !j.Known {
		return Interval{}
	}
	return Interval{Low: i.Low + j.Low, Likely: i.Likely + j.Likely, High: i.High + j.High, Known: true}
}

// Fit says how a scene's speech fits into it.
type Fit struct {
	Scene int     // index of the scene, counted from 0
	Name  string  // its name in the template, may be ""
	Slack float64 // seconds left when the speech ends, negative when it is cut
	Known bool    // false when no scene has a speech that could be too long
}

// Values are the texts in the holes, one per variable, of the row or else of the
// template. The caller must not change them.
func (r *Rendered) Values() []string { return r.values }

// JSON returns the value of a variable that is no text, as it stands in the request.
func (r *Rendered) JSON(variable int) string { return r.lists[variable] }

// Compile checks everything that does not depend on a row, and cuts the request into
// pieces. It returns the problems that Parse has not reported. With an error in either
// list the program is nil. The program of a chain is that of its last step, which makes the
// video of a row.
func (t *Template) Compile() (*Program, problem.List) {
	c := &Findings{t: t}
	checks, advisor := t.valueChecks(c), NewAdvisor(t)
	var chain []*Program
	for _, step := range t.steps {
		p := &Program{t: step, checks: checks, advisor: advisor, Earlier: chain[:len(chain):len(chain)]}
		step.checkRequest(c)
		p.ops = step.body()
		p.length = newLength(step, c)
		chain = append(chain, p)
	}
	if t.broken || c.list.HasErrors() {
		return nil, c.list.In(t.Name)
	}
	return chain[len(chain)-1], c.list.In(t.Name)
}

// Template is the template the program was compiled from.
func (p *Program) Template() *Template { return p.t }

// Row checks one row's values, puts them in place and estimates the length of the video.
// values holds one text per variable, in the order of [Template.Variables]; a missing one
// counts as empty. Everything in out is overwritten. A row with errors has a body too,
// for a person to look at; the caller must not send it.
func (p *Program) Row(values []string, out *Rendered) { p.RowSaying(values, nil, out) }

// RowSaying is [Program.Row] for values of which some are spoken in another form than they
// are written in, as [Sayings.Row] gives them: scripts get the spoken form, and everything
// else the written one.
func (p *Program) RowSaying(values, spoken []string, out *Rendered) {
	out.reset(len(p.t.Variables))
	out.remember(p)
	for i := range p.checks {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		p.take(i, value, out)
	}
	out.say(spoken)
	p.render(out)
	p.length.row(out)
}

// Again renders the row whose values another program of the same chain has checked already.
// The problems are those that the length of this step's video brings.
func (p *Program) Again(row, out *Rendered) {
	out.reset(len(p.t.Variables))
	copy(out.values, row.values)
	copy(out.spoken, row.spoken)
	copy(out.lists, row.lists)
	p.render(out)
	p.length.row(out)
}

// reset empties the result and keeps its memory.
func (r *Rendered) reset(n int) {
	r.Problems = r.Problems[:0]
	r.Advice = r.Advice[:0]
	r.Characters = 0
	r.Body = r.Body[:0]
	r.Holes = r.Holes[:0]
	r.Seconds = Interval{}
	r.Tightest = Fit{}
	r.Made.Set(&Breakdown{})
	if cap(r.values) < n {
		r.values, r.lists, r.spoken = make([]string, n), make([]string, n), make([]string, n)
		r.recalled = make([]*recalled, n)
	}
	r.values, r.lists, r.spoken, r.recalled = r.values[:n], r.lists[:n], r.spoken[:n], r.recalled[:n]
	clear(r.recalled)
}

// remember makes the memories those of a program.
func (r *Rendered) remember(p *Program) {
	if r.of == p {
		return
	}
	r.of = p
	r.memories = make([]memory, len(p.checks))
	for i := range r.memories {
		r.memories[i] = newMemory()
	}
}

// say sets the values as they are spoken. What is left out is not spoken either.
func (r *Rendered) say(spoken []string) {
	copy(r.spoken, r.values)
	for i, said := range spoken {
		if said != "" && r.values[i] != "" {
			r.spoken[i] = said
		}
	}
}

// Spoken are the values as scripts have them. They are not to be changed.
func (r *Rendered) Spoken() []string { return r.spoken }

// checkRequest checks the request against its operation's JSON Schema, if there is one.
// Places with placeholders are checked row by row instead.
func (t *Template) checkRequest(c *Findings) {
	if t.operation.Schema == nil {
		return
	}
	s, err := schema.Compile(schema.NameOf(t.Operation), t.operation.Schema)
	if err != nil {
		c.At(t.root, "TPL-SCHEMA", err.Error(), "")
		return
	}
	for _, v := range s.Check(t.Raw(t.request)) {
		if n := t.request.Find(v.Pointer); !t.leftToOthers(v, n) {
			c.At(n, cmp.Or(v.Rule, "TPL-SCHEMA"), "the request is not what the service takes: "+sentence(v), hintOr(v.Hint, "see: reelmerge schema "+s.Name()))
		}
	}
}
