package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// Stage is a step of a chain, before the one that makes the videos of rows.
type Stage struct {
	Program *templates.Program
	Checker providers.Checker
}

// stage is a step as one worker checks it. It uses its memory again for the next row.
type stage struct {
	Stage
	number    int // in the chain
	template  *templates.Template
	traits    providers.Traits
	attacher  providers.Attacher // nil where the service takes no files, as the two below
	lasting   providers.Lasting
	measurer  providers.Measurer
	script    string
	broken    problem.List // rules that every row breaks, once they are known
	ruled     bool         // they are known
	own       bool         // each row has the step for itself
	rendered  templates.Rendered
	reads     []int            // the variables that it and the steps before it depend on
	said      map[string]*said // by the values of those variables
	values    []byte           // the key of the row that is looked up
	remembers bool             // fingerprints are wanted
}

func newStage(of Stage, number int) *stage {
	t := of.Program.Template()
	s := &stage{
		Stage: of, number: number, template: t, traits: of.Checker.Traits(), script: t.Script(),
		said: map[string]*said{},
	}
	s.attacher, _ = providers.As[providers.Attacher](of.Checker)
	s.lasting, _ = providers.As[providers.Lasting](of.Checker)
	s.measurer, _ = providers.As[providers.Measurer](of.Checker)
	return s
}

// steps are those of the chain; the last one makes the videos of rows.
func (p *Planner) steps() []Stage {
	return append(slices.Clone(p.Earlier), Stage{p.Program, p.Checker})
}

// stages returns the steps of the chain for one worker.
func (p *Planner) stages() (all []*stage) {
	own := false
	reads := map[int]bool{}
	for i, of := range p.steps() {
		s := newStage(of, i)
		// What comes after a row's own step is made from that, and so is the row's own too.
		own = own || s.template.Unshared
		s.own = own
		s.remembers = i < len(p.Earlier) || p.remembers()
		if i < len(p.Earlier) {
			for _, v := range s.template.Reads() {
				reads[v] = true
			}
			for v := range s.template.Variables {
				if reads[v] {
					s.reads = append(s.reads, v)
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// remembers reports whether rows are compared with a ledger or recorded in it. Without one,
// hashing and copying every payload would only take time.
func (p *Planner) remembers() bool { return p.Record != nil || p.Ledger != nil }

// mostSaid bounds how many requests of a step one worker keeps: a step that says something
// else for each row is not worth it.
const mostSaid = 4096

// said is what one step says for a row, and for all rows with the same values.
type said struct {
	stage    *stage
	skipped  bool // its condition does not hold: nothing is made
	content  ledger.Content
	sources  []*said // of each hole of the content, the step that fills it
	before   *said   // the nearest step before that is made; nil: none
	problems problem.List
	expected learn.Expected
	alike    string
	video    identity
	lasts    job.Length // of its video, for steps that are charged by it
	fit      templates.Fit
	key      string // of the part in the ledger; empty for a row's own step

	part *part // of the plan; it belongs to the gatherer
}

// chain finds what each earlier step says for the row. Rows with the same values have the
// same answer, so it is worked out once.
func (c *rowChecker) chain(row sources.Row, out *checked) {
	out.parts = out.parts[:0]
	for _, s := range c.stages[:len(c.stages)-1] {
		m := c.lookUp(s, row, out.parts)
		for _, p := range m.problems {
			out.problems = append(out.problems, c.breach(s, p, row.Number))
		}
		out.parts = append(out.parts, m)
		if m.problems.HasErrors() {
			return // later steps would only say the same in other words
		}
	}
}

func (c *rowChecker) lookUp(s *stage, row sources.Row, before []*said) *said {
	values := c.rendered.Values()
	s.values = s.values[:0]
	for _, v := range s.reads {
		s.values = binary.AppendUvarint(s.values, uint64(len(values[v])))
		s.values = append(s.values, values[v]...)
	}
	if m := s.said[string(s.values)]; m != nil {
		return m
	}
	m := &said{stage: s}
	made, wrong := s.template.When.Made(values)
	switch {
	case wrong != nil:
		m.problems = problem.List{*wrong}
	case !made:
		m.skipped = true
	default:
		s.Program.Again(&c.rendered, &s.rendered)
		m.problems = slices.Clone(s.rendered.Problems)
		c.say(s, &s.rendered, before, row, m)
	}
	if len(s.said) >= mostSaid {
		clear(s.said)
	}
	s.said[string(s.values)] = m
	return m
}

// say makes the request of one step, checks it by the service's rules and estimates its
// cost. Steps before it are given in their order.
func (c *rowChecker) say(s *stage, rendered *templates.Rendered, before []*said, row sources.Row, m *said) {
	m.stage = s
	if !m.follow(s, rendered, before) {
		return
	}
	request := providers.Request{Operation: s.template.Operation, Body: rendered.Body}
	if len(m.content.Fill) > 0 {
		request.Body = standIn(rendered.Body, m.content.Fill)
	}
	c.attach(s, &request, m)
	m.problems = append(m.problems, s.rules(request)...)
	length := ledgerLength(s.measure(request, rendered))
	source := m.sourceLength()
	if !length.Known() {
		length = source
	}
	m.lasts = length
	if s.lasting != nil && !rendered.Seconds.Known {
		m.lasts = s.lasting.Lasts(request, source)
	}
	quote := func(l job.Length) credit.Estimate { return s.Checker.Quote(request, l) }
	content := &m.content
	content.Operation, content.Step = s.template.Operation, s.template.Step
	content.Account, content.Estimate, content.Seconds = s.Checker.Account(request), learn.Planned(length, quote), length
	if c.planner.remembers() || len(c.planner.Voices) > 0 {
		content.Made = breakdown(s.script, &rendered.Made, length)
	}
	m.expected = c.planner.lessons.Expect(*content, quote)
	m.fit = rendered.Tightest
	if c.planner.NeedPrice && !m.expected.Cost.Known() {
		m.problems = append(m.problems, unpriced())
	}
	if p := implausible(content.Account, m.expected.Cost); p.Code != "" {
		m.problems = append(m.problems, p)
	}
	c.keepContent(s, rendered.Body, request, row, m)
}

// follow finds the steps that the request goes on with. It is false where one is passed over
// that the request needs.
func (m *said) follow(s *stage, rendered *templates.Rendered, before []*said) bool {
	m.before = nil
	for _, b := range before {
		if !b.skipped {
			m.before = b
		}
	}
	m.sources = m.sources[:0]
	m.content.Fill = nil
	for _, hole := range rendered.Holes {
		from := m.before
		if hole.Step >= 0 {
			from = before[hole.Step]
		}
		if from == nil || from.skipped {
			m.problems = append(m.problems, s.template.Skipped(s.number, hole.Hole))
			return false
		}
		m.sources = append(m.sources, from)
		m.content.Fill = append(m.content.Fill, ledger.Fill{At: hole.At, Field: hole.Field})
	}
	return true
}

// sourceLength is how long the video is that the step goes on with: services charge edits by
// it. One that joins several is as long as all of them.
func (m *said) sourceLength() (sum job.Length) {
	sources := m.sources
	if len(sources) == 0 && m.before != nil {
		sources = []*said{m.before}
	}
	for i, from := range sources {
		if slices.Contains(sources[:i], from) {
			continue
		}
		if !from.lasts.Known() {
			return job.Length{}
		}
		sum.Low += from.lasts.Low
		sum.Likely += from.lasts.Likely
		sum.High += from.lasts.High
	}
	return sum
}

// standIn is a request for the rules and prices of the service, before it is known what
// fills its holes.
func standIn(payload []byte, holes []ledger.Fill) []byte {
	texts := make([]string, len(holes))
	for i, hole := range holes {
		texts[i] = "to-be-made"
		if hole.Field == ledger.FillVideoURL {
			texts[i] = "https://example.com/to-be-made.mp4"
		}
	}
	return ledger.FillIn(payload, holes, texts)
}

// rules returns the rules of the service that the request breaks. Where they do not
// depend on the values, they are checked for one row and the result serves for all.
func (s *stage) rules(request providers.Request) problem.List {
	if !s.traits.Static {
		return s.Checker.Check(request)
	}
	if !s.ruled {
		s.broken = s.Checker.Check(request)
		s.ruled = true
	}
	return s.broken
}

// keepContent copies what would be bought into the result. The request that is kept has its
// holes empty; r has them filled for the sake of the rules.
func (c *rowChecker) keepContent(s *stage, body []byte, r providers.Request, row sources.Row, m *said) {
	last := s.number == len(c.stages)-1
	request := r
	request.Body = body
	if last && c.planner.Duplicates != KeepDuplicates {
		m.video = identityOfVideo(request, m.writeBefore)
	}
	asked := last && (c.planner.Fingerprints || c.planner.Show[row.Number])
	if !s.remembers && !asked {
		return
	}
	m.content.Fingerprint = fingerprint(s.template.Operation, body, r.Media, m.writeBefore)
	if !last {
		m.key = ledger.PartKey(m.content.Fingerprint)
	}
	// What rows share may be shown for any of them.
	shown := !last && c.planner.Show != nil && (!s.own || c.planner.Show[row.Number])
	if c.planner.Record == nil && !shown {
		return
	}
	m.content.Payload = slices.Clone(body)
	m.alike = resemblance(s.Checker, r)
	for _, file := range r.Media {
		m.content.Media = append(m.content.Media, job.Media{Part: file.Part, Path: file.Path, Type: file.Type, SHA256: file.SHA256})
	}
}

// writeBefore hashes what the step goes on with, and where it stands in the request. The
// names of steps are left out: a step that is only renamed is the same work. A step that
// none comes before adds nothing.
func (m *said) writeBefore(h hash.Hash) {
	if m.before == nil {
		return
	}
	h.Write([]byte("\x00after\x00"))
	h.Write(m.before.content.Fingerprint[:])
	for i, hole := range m.content.Fill {
		h.Write(binary.AppendUvarint(nil, uint64(hole.At)))
		h.Write([]byte(hole.Field + "\x00"))
		h.Write(m.sources[i].content.Fingerprint[:])
	}
}

// fingerprint hashes what would be bought. The key, the reference and the callback are
// left out: a row that is only renamed, or called back elsewhere, is the same video. What
// comes before is the part of the chain; where there is none, it writes nothing.
func fingerprint(operation string, body []byte, media []providers.Media, before func(hash.Hash)) ledger.Fingerprint {
	h := sha256.New()
	h.Write([]byte(operation))
	h.Write([]byte{0})
	writeContent(h, body, media)
	before(h)
	return ledger.Fingerprint(h.Sum(nil))
}
