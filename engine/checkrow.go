package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// checked is one row after everything that concerns it alone.
type checked struct {
	number   int
	cells    []string
	key      string // empty where the sheet has none, or a hash that needs its occurrence number
	entry    string // what the ledger calls the row
	hashed   bool
	filtered bool
	problems problem.List
	content  ledger.Content
	video    identity // of what would be made; zero where nobody looks for duplicates
	alike    string   // see [providers.Resembler]
	texts    int      // characters of its values; 0 where nobody asks for details
	seconds  templates.Interval
	fit      templates.Fit
}

func (c *checked) refused() bool { return c.problems.HasErrors() }

// rowChecker checks rows one after another and uses its memory again. Each
// worker has its own.
type rowChecker struct {
	*Planner
	place     place
	keyColumn int // -1: hash the bound values
	bound     map[int]bool
	traits    providers.Traits
	advisor   *templates.Advisor
	values    []string
	rendered  templates.Rendered
	broken    problem.List // rules that every row breaks, once they are known
	ruled     bool         // they are known
	placed    func(name string) providers.Placed
}

func (p *Planner) newChecker(ctx context.Context) *rowChecker {
	variables := p.Program.Template().Variables
	c := &rowChecker{
		Planner: p, place: p.place(), keyColumn: p.keyColumn(), traits: p.Checker.Traits(),
		values: make([]string, len(variables)), bound: map[int]bool{}, advisor: templates.NewAdvisor(p.Program.Template()),
		placed: p.placer(ctx),
	}
	for i := range variables {
		for _, column := range p.Binder.Columns(i) {
			c.bound[column] = true
		}
	}
	c.bound[c.keyColumn] = true
	c.bound[-1] = true // faults of the row as a whole
	return c
}

func (p *Planner) place() place {
	return place{file: p.File, sheet: p.Rows.Sheet(), columns: p.Rows.Columns()}
}

func (p *Planner) keyColumn() int {
	return slices.IndexFunc(p.Rows.Columns(), func(c sources.Column) bool { return p.Key != "" && c.Name == p.Key })
}

// row answers for a row. What out held before is gone, its list of problems is
// written over.
func (c *rowChecker) row(row sources.Row, out *checked) {
	*out = checked{number: row.Number, cells: row.Cells, problems: out.problems[:0]}
	if !c.keep(row, out) {
		return
	}
	c.faults(row, out)
	c.note(out, c.Binder.Bind(c.values, row.Cells))
	c.Program.Row(c.values, &c.rendered)
	c.note(out, c.rendered.Problems)
	c.advise(row, out)
	c.name(row, out)
	if !out.refused() {
		c.price(row, out)
	}
}

// note books problems of values, each at its cell.
func (c *rowChecker) note(out *checked, found problem.List) {
	for _, p := range found {
		out.problems = append(out.problems, c.point(p, out.number))
	}
}

// advise notes what would embarrass, but for values that the campaign's own
// defaults put into blank cells.
func (c *rowChecker) advise(row sources.Row, out *checked) {
	for _, p := range c.advisor.Row(c.values) {
		if value, _ := c.value(p.Variable); value == "" || c.fromSheet(p.Variable, row) {
			out.problems = append(out.problems, c.point(p, row.Number))
		}
	}
}

func (c *rowChecker) value(variable string) (string, int) {
	_, i := c.Program.Template().Variable(variable)
	if i < 0 {
		return "", i
	}
	return c.values[i], i
}

// fromSheet reports whether a cell of the row feeds the variable.
func (c *rowChecker) fromSheet(variable string, row sources.Row) bool {
	_, i := c.value(variable)
	return i >= 0 && slices.ContainsFunc(c.Binder.Columns(i), func(column int) bool {
		return strings.TrimSpace(row.Cells[column]) != ""
	})
}

// keep applies the filter of the campaign.
func (c *rowChecker) keep(row sources.Row, out *checked) bool {
	if c.Filter == nil {
		return true
	}
	keep, wrong := c.Filter.Keep(row.Cells)
	if wrong != nil {
		out.problems = append(out.problems, c.place.at(*wrong, row.Number, -1))
		return true
	}
	out.filtered = !keep
	if out.filtered && c.keyColumn >= 0 { // without a key, a row is known by its bound values, and a filtered row has none
		c.name(row, out)
	}
	return keep
}

// faults of cells that nothing uses do not concern the video.
func (c *rowChecker) faults(row sources.Row, out *checked) {
	for _, f := range row.Faults {
		if c.bound[f.Column] {
			out.problems = append(out.problems, c.place.fault(f, row.Number))
		}
	}
}

// point finds the cell of a value's problem: the first column that feeds its
// variable.
func (c *rowChecker) point(p problem.Problem, row int) problem.Problem {
	if _, i := c.Program.Template().Variable(p.Variable); i >= 0 {
		if columns := c.Binder.Columns(i); len(columns) > 0 {
			return c.place.at(p, row, columns[0])
		}
	}
	return c.place.at(p, row, -1)
}

// name gives the row its key.
func (c *rowChecker) name(row sources.Row, out *checked) {
	if c.keyColumn < 0 {
		out.key, out.hashed = hashKey(c.values), true
		return
	}
	out.key = row.Cells[c.keyColumn]
	if out.key == "" {
		out.problems = append(out.problems, c.place.at(problem.Problem{
			Severity: problem.Error, Code: "ROW-KEY-EMPTY",
			Message: "the key is empty: without it, a row could be paid twice",
			Hint:    "give the row its own value in this column",
		}, row.Number, c.keyColumn))
	}
}

func hashKey(values []string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(v))
		h.Write([]byte{0})
	}
	return "row-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// price makes the request, holds it to the service's rules and says what it
// will cost.
func (c *rowChecker) price(row sources.Row, out *checked) {
	request := providers.Request{Operation: c.Operation, Body: c.rendered.Body}
	c.attach(&request, row, out)
	for _, p := range c.rules(request) {
		out.problems = append(out.problems, c.breach(p, row.Number))
	}
	out.seconds, out.fit = c.measure(request), c.rendered.Tightest
	if c.Detailed {
		out.texts = characters(c.values)
	}
	length := ledgerLength(out.seconds)
	estimate := c.Checker.Quote(request, length)
	if !estimate.Known() {
		estimate = c.Seen
	}
	if c.NeedPrice && !estimate.Known() {
		out.problems = append(out.problems, c.place.at(unpriced(), row.Number, -1))
	}
	out.content = ledger.Content{
		Row: row.Number, Operation: c.Operation, Account: c.Checker.Account(request),
		Estimate: estimate, Seconds: length,
	}
	if p := unbookable(out.content); p.Code != "" {
		out.problems = append(out.problems, c.place.at(p, row.Number, -1))
	}
	if c.Duplicates != KeepDuplicates {
		out.video = identityOfVideo(request)
	}
	if c.Record != nil || c.Known != nil {
		c.keepContent(request, out)
	}
}

// breach points a broken rule at the cell that feeds its place in the request. A
// rule that every row breaks alike is no cell's.
func (c *rowChecker) breach(p problem.Problem, row int) problem.Problem {
	if c.traits.Static {
		return c.place.at(p, row, -1)
	}
	template := c.Program.Template()
	for _, i := range template.Feeding(p.Pointer) {
		if columns := c.Binder.Columns(i); len(columns) > 0 {
			p.Variable = template.Variables[i].Name
			return c.place.at(p, row, columns[0])
		}
	}
	return c.place.at(p, row, -1)
}

func characters(values []string) (n int) {
	for _, v := range values {
		n += utf8.RuneCountInString(v)
	}
	return n
}

// rules are the service's rules that the request breaks. Where they do not depend
// on what is put in place, one row answers for all.
func (c *rowChecker) rules(request providers.Request) problem.List {
	if !c.traits.Static {
		return c.Checker.Check(request)
	}
	if !c.ruled {
		c.broken, c.ruled = c.Checker.Check(request), true
	}
	return c.broken
}

func unpriced() problem.Problem {
	return problem.Problem{
		Severity: problem.Error, Code: "ROW-NO-PRICE",
		Message: "there is a budget, and it is not known what this row will cost",
		Hint:    "add what the service charges under prices: in the campaign, or leave the budget out",
	}
}

// unbookable is what the ledger would refuse of an account or a price; its code is
// empty where there is nothing.
func unbookable(c ledger.Content) (p problem.Problem) {
	switch a := c.Account; {
	case len(a.Provider)+len(a.Payer)+len(a.Unit) > ledger.Longest:
		p = problem.Problem{Code: "ROW-PAYER-LONG", Message: fmt.Sprintf("who pays has a name of %d bytes; at most %d can be kept", len(a.Payer), ledger.Longest),
			Hint: "correct the cell: it should hold the id of a user"}
	case c.Estimate.Known() && !ledger.Plausible(c.Estimate.High):
		p = problem.Problem{Code: "ROW-PRICE-HIGH", Message: "the row would cost " + c.Estimate.High.In(a.Unit) + ", more than can be booked",
			Hint: "correct prices: in the campaign, or what the template says about the length of a video"}
	default:
		return p
	}
	p.Severity = problem.Error
	return p
}

// keepContent keeps what would be bought. It matters beside a ledger alone, not for
// a mere count of a new sheet's cost.
func (c *rowChecker) keepContent(r providers.Request, out *checked) {
	out.content.Fingerprint = fingerprint(c.Operation, r.Body, r.Media)
	if c.Record == nil {
		return
	}
	out.content.Payload = slices.Clone(r.Body)
	out.alike = resemblance(c.Checker, r)
	for _, m := range r.Media {
		out.content.Media = append(out.content.Media, job.Media{Part: m.Part, Path: m.Path, Type: m.Type, SHA256: m.SHA256})
	}
}

// attach adds the files that the request names, where the service takes files.
func (c *rowChecker) attach(r *providers.Request, row sources.Row, out *checked) {
	attacher, ok := c.Checker.(providers.Attacher)
	if !ok {
		return
	}
	media, problems := attacher.Attach(*r, c.placed)
	r.Media = media
	for _, p := range problems {
		out.problems = append(out.problems, c.breach(p, row.Number))
	}
}
