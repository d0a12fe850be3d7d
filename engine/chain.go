package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
)

// Chained is what a plan says of the steps before the rows' own.
type Chained struct {
	Parts []Ready    // to be sent, since rows wait for them: those that free most rows first
	Steps []StepPlan // of the chain, the rows' own step last; nil where there is no chain
	// Apart is what the rows and their parts would cost if no two rows shared a part.
	Apart map[credit.Account]*credit.Sum
	Waits []Wait // why rows are not sent that are ready themselves
	// LeftOver counts the parts of the ledger that no row of the sheet needs any more.
	LeftOver int
}

// StepPlan is what would be sent of one step.
type StepPlan struct {
	Name      string
	Operation string
	Jobs      int // to be sent
	Rows      int // that those jobs serve
	Cost      map[credit.Account]*credit.Sum
	// Varies has, for a step that nearly each row has for itself although it may be shared,
	// the variables that tell the rows apart.
	Varies []string
}

// Wait is a part that rows wait for and that this run does not make.
type Wait struct {
	Key    string
	Step   string
	Part   string       // what people call it, see [ledger.Entry.PartName]
	State  ledger.State // failed, cancelled or unsure
	Reason string
	Rows   int
}

// Text says what the rows wait for: "waits for base: failed: the reason".
func (w Wait) Text() string {
	state := string(w.State)
	if w.State == ledger.Unsure || w.State == ledger.Intended {
		state = "not known whether it was made"
	}
	if w.Reason == "" {
		return fmt.Sprintf("waits for %s: %s", w.Step, state)
	}
	return fmt.Sprintf("waits for %s: %s: %s", w.Step, state, w.Reason)
}

// PartVisit is a part that is sent before a row can be.
type PartVisit struct {
	Key      string
	Content  ledger.Content
	Expected learn.Expected
}

// part is one part as a plan sees it.
type part struct {
	key      string // in the ledger
	content  ledger.Content
	expected learn.Expected
	alike    string
	was      *rememberedRow
	decided  bool
	send     bool  // it is sent by this run
	wait     *Wait // what keeps it from being made; nil: nothing
	rows     int   // that it is sent for
}

// link gives a row, and the parts before it, the keys by which they find each other in the
// ledger. It returns the parts that are made for the row, in their order.
func (g *gatherer) link(c *checked) []*part {
	g.linked = g.linked[:0]
	if len(c.parts) == 0 {
		return nil
	}
	of := map[*said]*part{}
	for _, m := range c.parts {
		if !m.skipped {
			of[m] = g.partOf(m, c, of)
			g.linked = append(g.linked, of[m])
		}
	}
	if n := len(g.linked); n > 0 && c.own.content.Operation != "" {
		c.own.content.After = g.linked[n-1].key
		for i := range c.own.content.Fill {
			c.own.content.Fill[i].From = of[c.own.sources[i]].key
		}
	}
	return g.linked
}

// partOf returns the part that a row's step is: the one of all rows that say the same, or
// its own.
func (g *gatherer) partOf(m *said, c *checked, of map[*said]*part) *part {
	if m.part != nil {
		return m.part
	}
	key := m.key
	if m.stage.own {
		key = ledger.OwnPartKey(c.key, m.content.Fingerprint)
	}
	p := g.parts[key]
	if p == nil {
		p = g.newPart(m, key, of)
		g.parts[key] = p
	}
	if !m.stage.own {
		m.part = p
	}
	return p
}

func (g *gatherer) newPart(m *said, key string, of map[*said]*part) *part {
	p := &part{key: g.entryKey(key), content: m.content, expected: m.expected, alike: m.alike}
	p.content.Fill = slices.Clone(m.content.Fill)
	if m.before != nil {
		p.content.After = of[m.before].key
	}
	for i := range p.content.Fill {
		p.content.Fill[i].From = of[m.sources[i]].key
	}
	if p.was = g.remembered[p.key]; p.was == nil {
		p.was = &rememberedRow{}
	}
	p.was.seen = true
	return p
}

// need decides what becomes of the parts of a row that would be sent. It returns what the row
// has to wait for; nil where nothing is in its way, once the parts to send are made.
func (g *gatherer) need(parts []*part) *Wait {
	for _, p := range parts {
		if !p.decided {
			g.decidePart(p)
		}
		if p.wait != nil {
			p.wait.Rows++
			return p.wait
		}
	}
	return nil
}

// decidePart is the table "When is a row bought again?" for a part. Its key is the hash of
// its request, so a part never changes: another request is another part.
func (g *gatherer) decidePart(p *part) {
	p.decided = true
	was := p.was
	switch was.state {
	case ledger.Succeeded, ledger.Submitted:
	case ledger.Failed, ledger.Cancelled:
		if g.planner.Retry == nil || !g.planner.Retry(p.remembered()) {
			g.wait(p)
			return
		}
		g.plan.Retried++
		g.sendPart(p, ledger.ByPerson)
	case ledger.Intended, ledger.Unsure:
		if was.state == ledger.Unsure || !g.planner.Going {
			g.plan.Sendable[p.key] = true // its content cannot have changed
			g.wait(p)
		}
	case ledger.Planned, "":
		g.sendPart(p, "")
	}
}

func (g *gatherer) wait(p *part) {
	r := p.remembered()
	p.wait = &Wait{Key: p.key, Step: r.Step, Part: r.Part, State: r.State, Reason: r.Reason}
	g.waits = append(g.waits, p.wait)
}

// remembered is what a person is told of the part.
func (p *part) remembered() Remembered {
	e := ledger.Entry{Key: p.key, Content: p.content}
	return Remembered{Step: p.content.Step, Part: e.PartName(), State: p.was.state, Reason: p.was.reason}
}

// sendPart plans a part and lists it for the run.
func (g *gatherer) sendPart(p *part, by ledger.By) {
	p.send = true
	g.toSend = append(g.toSend, p)
	g.toPay.add(p.content.Account, &p.expected)
	g.planEntry(p.key, &p.content, p.was, by)
	if g.planner.Show == nil {
		p.content.Payload, p.content.Media = nil, nil // the ledger has it
	}
}

// count adds the row and its parts to what the steps cost, and to what they would cost if
// each row had its own.
func (g *gatherer) count(c *checked, parts []*part) {
	if g.plan.Steps == nil {
		return
	}
	last := len(g.plan.Steps) - 1
	at := 0
	for _, m := range c.parts {
		if m.skipped {
			continue
		}
		p := parts[at]
		at++
		if !p.send {
			continue
		}
		if p.rows++; p.rows == 1 {
			g.plan.Steps[m.stage.number].add(p.content.Account, &p.expected)
		}
		g.plan.Steps[m.stage.number].Rows++
		addCost(g.plan.Apart, p.content.Account, &p.expected)
	}
	g.plan.Steps[last].add(c.own.content.Account, &c.own.expected)
	g.plan.Steps[last].Rows++
	addCost(g.plan.Apart, c.own.content.Account, &c.own.expected)
}

func (s *StepPlan) add(a credit.Account, e *learn.Expected) {
	s.Jobs++
	addCost(s.Cost, a, e)
}

// newSteps returns the empty counts of the chain, nil where there is none.
func (p *Planner) newSteps() (steps []StepPlan) {
	if len(p.Earlier) == 0 {
		return nil
	}
	for _, s := range p.Program.Template().Steps() {
		steps = append(steps, StepPlan{Name: s.Step, Operation: s.Operation, Cost: map[credit.Account]*credit.Sum{}})
	}
	return steps
}

// partVisits lists the parts that are sent before a row.
func partVisits(parts []*part) (visits []PartVisit) {
	for _, p := range parts {
		if p.send {
			visits = append(visits, PartVisit{p.key, p.content, p.expected})
		}
	}
	return visits
}

// finishChain puts the parts into the order in which they are sent, and warns of steps that
// are shared by name alone.
func (g *gatherer) finishChain() {
	plan := g.plan
	slices.SortStableFunc(g.toSend, func(a, b *part) int { return b.rows - a.rows })
	if g.planner.Record != nil {
		for _, p := range g.toSend {
			plan.Parts = append(plan.Parts, Ready{Key: p.key, Fingerprint: p.content.Fingerprint, Alike: p.alike, After: p.content.Follows()})
		}
	}
	for _, w := range g.waits {
		plan.Waits = append(plan.Waits, *w)
	}
	for key, was := range g.remembered {
		if ledger.IsPart(key) && !was.seen {
			plan.LeftOver++
		}
	}
	for i, s := range g.planner.Earlier {
		g.warnUnshared(i, s)
	}
}

// fewRows is the number of rows from which on it is worth a word that they share nothing.
const fewRows = 10

// warnUnshared warns of a step that hardly any two rows share, although it does not say that
// it is the row's own: mostly a value of a row slipped in, and each is paid for.
func (g *gatherer) warnUnshared(i int, s Stage) {
	step := &g.plan.Steps[i]
	t := s.Program.Template()
	if t.Unshared || step.Rows < fewRows || step.Jobs*2 <= step.Rows {
		return
	}
	reads := t.Reads()
	for _, earlier := range g.planner.Earlier[:i] {
		if earlier.Program.Template().Unshared {
			return
		}
	}
	for _, v := range reads {
		step.Varies = append(step.Varies, t.Variables[v].Name)
	}
	if len(step.Varies) == 0 {
		return // the step before is told apart, and says so itself
	}
	var cost []string
	for _, a := range slices.SortedFunc(maps.Keys(step.Cost), func(a, b credit.Account) int { return strings.Compare(a.String(), b.String()) }) {
		if sum := step.Cost[a]; sum.Likely > 0 {
			cost = append(cost, sum.Likely.In(a.Unit))
		}
	}
	p := problem.Problem{
		Severity: problem.Warning, Code: "TPL-STEP-UNSHARED", Place: problem.Place{File: t.Name},
		Message: fmt.Sprintf("the step %q has %d jobs for %d rows: it says {%s}, which differs from row to row", t.Step, step.Jobs, step.Rows, strings.Join(step.Varies, "}, {")),
		Cause:   "a step that rows could share holds a value of each row",
		Hint:    `take the variable out of the step, or write "shared": false if each row is to have its own`,
	}
	if len(cost) > 0 {
		p.Message += "; together they cost " + strings.Join(cost, " and ")
	}
	g.report(&p)
}
