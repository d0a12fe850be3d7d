package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// MostSteps is how many steps a chain has at most.
const MostSteps = 8

// previous is the name by which a hole means the nearest step before its own that is not
// passed over for the row.
const previous = "previous"

// nearest is the number of that step in a [Hole].
const nearest = -1

// Hole is a place in a request for what an earlier step brings.
type Hole struct {
	Step  int    // its number in [Template.Steps]; negative: the nearest one before
	Field string // job, result or video_url
}

// HoleAt is a hole in the request of a row: the text belongs before the byte At.
type HoleAt struct {
	Hole
	At int
}

// holeFields are what an earlier step brings: the id of its job, the id of its video where
// the service gives another one, and the link to the video.
func holeFields() []string { return []string{"job", "result", "video_url"} }

// Steps is the chain that the template belongs to, the first step first. A template without
// other steps is a chain of one.
func (t *Template) Steps() []*Template { return t.steps }

// Last is the step that makes the video of a row.
func (t *Template) Last() *Template { return t.steps[len(t.steps)-1] }

// openSteps finds the steps of the document, and checks what they say about each other.
func (t *Template) openSteps(c *Findings) {
	if then := t.root.Member("then"); then != nil {
		for _, n := range then.Children {
			t.steps = append(t.steps, &Template{Name: t.Name, data: t.data, root: t.root, node: n, places: t.places, where: t.where})
		}
	}
	if len(t.steps) > MostSteps {
		c.At(t.root.Member("then"), "TPL-STEP-MANY", fmt.Sprintf("the chain has %d steps; %d are allowed", len(t.steps), MostSteps), "make the first steps a campaign of their own")
	}
	for i, step := range t.steps {
		step.steps = t.steps
		step.openStep(c, i)
	}
}

// openStep reads what a step says about itself.
func (t *Template) openStep(c *Findings, at int) {
	name, first := t.node.Member("name"), t.steps[0]
	t.Step = t.Text(name)
	if shared := t.node.Member("shared"); shared != nil {
		t.Unshared = string(t.Raw(shared)) == "false"
	}
	switch {
	case len(t.steps) == 1:
		t.Step = ""
	case t.Step == "":
		c.At(t.node, "TPL-STEP-NAME", fmt.Sprintf("step %d of the chain has no name", at+1), `add "name", such as "base": people and the other steps call it so`)
	case t.Step == previous:
		c.At(name, "TPL-STEP-NAME", `a step cannot be called "previous"`, "{previous.job} means the step before; choose another name")
	case slices.ContainsFunc(t.steps[:at], func(s *Template) bool { return s.Step == t.Step }):
		c.At(name, "TPL-STEP-NAME", fmt.Sprintf("two steps are called %q", t.Step), "give each step a name of its own")
	}
	t.checkLast(c, at)
	service, _, _ := strings.Cut(first.Text(first.node.Member("operation")), "/")
	if own, _, _ := strings.Cut(t.Text(t.node.Member("operation")), "/"); own != service {
		c.At(t.node.Member("operation"), "TPL-STEP-SERVICE", fmt.Sprintf("the step %q is one of %q, and the chain began at %q", t.Step, own, service),
			"use operations of one service: another one does not know the job of the step before")
	}
}

// checkLast refuses a condition or a share of the last step: it makes the video of the row.
func (t *Template) checkLast(c *Findings, at int) {
	if at < len(t.steps)-1 {
		return
	}
	for _, member := range []string{"when", "shared"} {
		if n := t.node.Member(member); n != nil {
			c.At(n, "TPL-STEP-LAST", fmt.Sprintf("the last step has %q, and it makes the video of each row", member), fmt.Sprintf("take %q out, or add a step behind it", member))
		}
	}
}

// isOfStep reports whether a place of the document is one that chains alone have.
func isOfStep(pointer string) bool {
	last := pointer[strings.LastIndexByte(pointer, '/')+1:]
	return pointer == "/then" || last == "name" || last == "when" || last == "shared"
}

// conditions compiles the conditions of the steps, which read the values of variables.
func (t *Template) conditions(c *Findings) {
	var names []string
	for _, v := range t.Variables {
		names = append(names, v.Name)
	}
	for _, step := range t.steps {
		n := step.node.Member("when")
		if n == nil {
			continue
		}
		filter, found := NewFilter(names, t.Text(n))
		for _, p := range found {
			c.At(n, "TPL-STEP-WHEN", "when: "+p.Message, hintOr(p.Hint, "a condition reads the variables of the template: language != \"en\""))
		}
		if len(found) == 0 && strings.TrimSpace(t.Text(n)) == "" {
			c.At(n, "TPL-STEP-WHEN", "the condition is empty", "take \"when\" out, or write when the step is made")
		}
		step.When = filter
	}
	t.checkUnused(c)
}

// decides reports whether a condition of the chain reads a variable.
func (t *Template) decides(variable string) bool {
	_, at := t.Variable(variable)
	return slices.ContainsFunc(t.steps, func(s *Template) bool { return s.When != nil && slices.Contains(s.When.Columns(), at) })
}

// Reads lists the variables on whose values the request of this step depends, or whether it
// is made.
func (t *Template) Reads() (all []int) {
	for i, v := range t.Variables {
		used := t.ByName() || slices.ContainsFunc(v.Uses, func(u Use) bool { return t.has(u.Pointer) })
		if used || t.When != nil && slices.Contains(t.When.Columns(), i) {
			all = append(all, i)
		}
	}
	return all
}

// has reports whether a place belongs to this step.
func (t *Template) has(pointer string) bool {
	if t.node == t.root {
		return !within(pointer, "/then")
	}
	return within(pointer, t.where[t.node])
}

// hole reads what stands in braces as a hole for an earlier step, as far as it is one.
func (t *Template) hole(p Placeholder) (Hole, bool) {
	name, field, dotted := strings.Cut(strings.Trim(p.Raw, "{}"), ".")
	if p.Name != "" || !dotted || !slices.Contains(holeFields(), field) {
		return Hole{}, false
	}
	own := slices.Index(t.steps, t)
	if name == previous {
		return Hole{nearest, field}, own > 0
	}
	at := slices.IndexFunc(t.steps, func(s *Template) bool { return s.Step == name })
	return Hole{at, field}, at >= 0 && at < own
}

// takeHole reports whether what stands in braces was meant for an earlier step. What cannot
// be filled is a problem: it would be sent as it stands, and paid for.
func (t *Template) takeHole(n *schema.Node, p Placeholder, c *Findings) bool {
	name, field, dotted := strings.Cut(strings.Trim(p.Raw, "{}"), ".")
	if !dotted || len(t.steps) == 1 && name != previous || !isName([]byte(name)) {
		return false
	}
	var names []string
	for _, s := range t.steps[:slices.Index(t.steps, t)] {
		names = append(names, s.Step)
	}
	_, fills := t.hole(p)
	later := slices.ContainsFunc(t.steps, func(s *Template) bool { return s.Step == name })
	refuse := func(message, hint string) { c.At(n, "TPL-STEP-HOLE", message, hint) }
	switch {
	case !slices.Contains(holeFields(), field):
		refuse(fmt.Sprintf("%s asks for %q, and a step brings job, result and video_url", p.Raw, field), wording.NearestOr(field, holeFields(), "write {"+name+".job}, {"+name+".result} or {"+name+".video_url}"))
	case fills && (t.ByName() || !t.inRequest(n)):
		refuse(p.Raw+" stands outside the request that is sent", "put it into a text of the step's request")
	case fills:
	case len(names) == 0:
		refuse(p.Raw+" stands in the first step, and none comes before it", "write a variable, or what is to be sent")
	case later:
		refuse(fmt.Sprintf("%s names a step that does not come before this one", p.Raw), "name one of: "+strings.Join(names, ", "))
	default:
		refuse(fmt.Sprintf("%s names a step that there is not", p.Raw), wording.NearestOr(name, names, "name one of: "+strings.Join(names, ", ")))
	}
	return true
}

// Skipped is the problem of a row for which a step is passed over that a later one names.
func (t *Template) Skipped(at int, h Hole) problem.Problem {
	name := "{" + previous + "." + h.Field + "}"
	if h.Step >= 0 {
		name = "{" + t.steps[h.Step].Step + "." + h.Field + "}"
	}
	return problem.Problem{
		Severity: problem.Error, Code: "TPL-STEP-SKIPPED",
		Message: fmt.Sprintf("the step %q needs %s, and that step is passed over for this row", t.steps[at].Step, name),
		Cause:   "a step needs another one that is passed over",
		Hint:    "write {previous." + h.Field + "}, change the condition of the step, or leave the row out with rows.where",
	}
}
