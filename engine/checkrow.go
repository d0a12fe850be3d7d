package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
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
	sheet    []string // the cells without corrections; nil where there are none
	key      string   // empty where the sheet has none, or a hash that needs its occurrence number
	entry    string   // what the ledger calls the row
	hashed   bool
	earlier  string    // the hash that the first version gave the row; empty where it is the same
	left     LeftOutBy // what leaves it out; empty where it is kept
	problems problem.List
	own      said     // what the row's own step says
	identity identity // that tells the row apart from others; see [naming.name]
	texts    int      // characters of its values; 0 where no details are wanted
	wait     *Wait    // for a part that cannot be made now
	parts    []*said  // what the steps before the row's own say
	signs    *signs   // nil unless the riskiest rows are wanted
	shown    *Shown   // nil unless the row is to be shown
}

func (c *checked) leftOut() bool { return c.left != "" }

func (c *checked) refused() bool { return c.problems.HasErrors() }

// rowChecker checks rows one after another. Each worker has its own, because it uses
// its memory again for the next row, which saves allocations at a million rows.
type rowChecker struct {
	planner   *Planner
	place     place
	keyColumn int // -1: hash the bound values
	bound     map[int]bool
	stages    []*stage // of the chain; the last one is the row's own
	naming    naming
	measurer  *templates.Measurer // nil where there are no boxes
	values    []string
	said      []string // their spoken forms; nil where there are none
	earlier   []string // the values as the first version read them
	rendered  templates.Rendered
	placed    func(name string) providers.Placed
}

// newChecker returns a checker of rows for one worker. The columns that feed something are
// listed once, because every fault of every row is compared with them.
func (p *Planner) newChecker(ctx context.Context) *rowChecker {
	variables := p.Program.Template().Variables
	c := &rowChecker{
		planner: p, place: p.place(), keyColumn: p.keyColumn(), naming: p.naming(), stages: p.stages(),
		values: make([]string, len(variables)), bound: map[int]bool{},
		placed: p.placer(ctx),
	}
	if p.Boxes != nil && p.Boxes.Len() > 0 {
		c.measurer = p.Boxes.Measurer()
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

// row checks one row and writes the result into out. It writes over the list of problems
// that out had before, so an earlier result must not be used any more.
func (c *rowChecker) row(row sources.Row, out *checked) {
	*out = checked{
		number: row.Number, cells: row.Cells, sheet: row.Sheet, problems: out.problems[:0], parts: out.parts[:0],
		own: said{problems: out.own.problems[:0], sources: out.own.sources[:0]},
	}
	if !c.keep(row, out) {
		return
	}
	c.faults(row, out)
	c.note(out, c.planner.Binder.Bind(c.values, row.Cells))
	c.said = c.planner.Sayings.Row(c.values, row.Cells, c.said)
	c.rendered.NoBody = !c.needsBody()
	c.planner.Program.RowSaying(c.values, c.said, &c.rendered)
	c.note(out, c.rendered.Problems)
	c.advise(row, out)
	if c.measurer != nil {
		c.note(out, c.measurer.Row(c.rendered.Values()))
	}
	c.name(row, out)
	if !out.refused() {
		c.chain(row, out)
	}
	if !out.refused() {
		c.price(row, out)
	}
	out.signs = c.signs()
	out.shown = c.show(out)
	c.sumsUp(row, out)
}

// needsBody reports whether anybody reads the request of a row: its fingerprint, the search
// for rows that would make the same video, a page, or the service.
func (c *rowChecker) needsBody() bool {
	p, own := c.planner, c.stages[len(c.stages)-1]
	looks := own.attacher != nil || own.lasting != nil || own.measurer != nil || !own.traits.Static || !own.ruled
	return looks || own.remembers || len(p.Earlier) > 0 || p.Fingerprints || p.Show != nil || p.Duplicates != KeepDuplicates
}

// sumsUp leaves of a row of totals the one problem that says so, at its first text. The
// others follow from it, and mending them would make a video for no customer.
func (c *rowChecker) sumsUp(row sources.Row, out *checked) {
	i := slices.IndexFunc(out.problems, func(p problem.Problem) bool { return p.Code == "ROW-TOTALS" })
	if i < 0 {
		return
	}
	total := out.problems[i]
	if out.refused() {
		total.Severity = problem.Error
	}
	if at := slices.IndexFunc(row.Cells, func(text string) bool { return strings.TrimSpace(text) != "" }); at >= 0 {
		total = c.place.at(total, row.Number, at)
		total.Value = row.Cells[at]
	}
	out.problems = append(out.problems[:0], total)
}

// note adds problems of values, each at its cell.
func (c *rowChecker) note(out *checked, found problem.List) {
	for _, p := range found {
		out.problems = append(out.problems, c.point(p, out.number))
	}
}

// advise adds warnings about values that would embarrass in a video. Defaults of the
// campaign are left out: their author chose them, and every blank cell would warn.
func (c *rowChecker) advise(row sources.Row, out *checked) {
	for _, p := range c.rendered.Advice {
		refused := slices.IndexFunc(out.problems, func(q problem.Problem) bool { return q.IsError() && q.Variable == p.Variable })
		if refused >= 0 { // one line for the cell: its cure is the same
			out.problems[refused].Setting = p.Setting
			continue
		}
		value, i := c.value(p.Variable)
		if templates.IsAboutSpeech(p.Code) && len(c.said) > 0 && c.said[i] != "" {
			continue // it is not spoken as it is written
		}
		if value == "" || c.fromSheet(p.Variable, row) {
			out.problems = append(out.problems, c.point(p, row.Number))
		}
	}
}

func (c *rowChecker) value(variable string) (string, int) {
	_, i := c.planner.Program.Template().Variable(variable)
	if i < 0 {
		return "", i
	}
	return c.values[i], i
}

// fromSheet reports whether a cell of the row feeds the variable.
func (c *rowChecker) fromSheet(variable string, row sources.Row) bool {
	_, i := c.value(variable)
	return i >= 0 && slices.ContainsFunc(c.planner.Binder.Columns(i), func(column int) bool {
		return strings.TrimSpace(row.Cells[column]) != ""
	})
}

// keep applies the filter of the campaign, and then the list and the column that say who
// may be sent a video. A row that the filter cannot judge is kept with a problem: leaving it out without a
// word would cost a customer the video.
func (c *rowChecker) keep(row sources.Row, out *checked) bool {
	if c.planner.Filter != nil {
		keep, wrong := c.planner.Filter.Keep(row.Cells)
		switch {
		case wrong != nil:
			out.problems = append(out.problems, c.place.at(*wrong, row.Number, -1))
		case !keep:
			out.left = ByWhere
			if c.keyColumn >= 0 { // without a key, a row is known by its bound values, and a filtered row has none
				c.name(row, out)
			}
			return false
		}
	}
	return c.permitted(row, out)
}

// permitted applies the campaign's permission. The row keeps its name also where values
// name it: a video that was made before the permission ended is known by it.
func (c *rowChecker) permitted(row sources.Row, out *checked) bool {
	if c.planner.Permission == nil {
		return true
	}
	by, warning := c.planner.Permission.leftOutBy(row)
	if by == "" {
		return true
	}
	out.left = by
	if c.keyColumn < 0 {
		_ = c.planner.Binder.Bind(c.values, row.Cells) // a row that is left out has no problems of its values
	}
	c.name(row, out)
	out.problems = out.problems[:0]
	if warning != nil {
		out.problems = append(out.problems, c.place.at(*warning, row.Number, c.planner.Permission.Consent))
	}
	return false
}

// faults adds the faults of the cells that feed the video. Others are left out: a broken
// formula in a column that is not used must not keep the row from being sent.
func (c *rowChecker) faults(row sources.Row, out *checked) {
	for _, f := range row.Faults {
		if c.bound[f.Column] || f.Code == StaleCorrection {
			out.problems = append(out.problems, c.place.fault(f, row.Number))
		}
	}
}

// StaleCorrection is the code of a correction that does not fit the sheet any more. It
// refuses its row also where the column feeds no video: it may feed the filter.
const StaleCorrection = "ROW-CORRECTION-STALE"

// point sets a problem's cell: the first column that feeds its variable, or the whole
// row where none does.
func (c *rowChecker) point(p problem.Problem, row int) problem.Problem {
	if _, i := c.planner.Program.Template().Variable(p.Variable); i >= 0 {
		if columns := c.planner.Binder.Columns(i); len(columns) > 0 {
			return c.place.at(p, row, columns[0])
		}
	}
	return c.place.at(p, row, -1)
}

// name gives the row its key. Without a key column the key is a hash of the bound
// values, so that a row keeps its key when the sheet is sorted.
func (c *rowChecker) name(row sources.Row, out *checked) {
	if c.keyColumn < 0 {
		out.key = c.hash(row)
		out.hashed = true
		out.earlier = c.earlierKey(row)
		return
	}
	out.key = row.Cells[c.keyColumn]
	if out.key == "" {
		out.problems = append(out.problems, c.place.at(problem.Problem{
			Severity: problem.Error, Code: "ROW-KEY-EMPTY",
			Message: "the key is empty: without it, a row could be paid twice",
			Hint:    "give the row its own value in this column",
		}, row.Number, c.keyColumn))
		return
	}
	c.naming.name(out)
}

// hash is the key of a row by its values: those of the sheet as it stands, so that a
// correction makes no new row of it.
func (c *rowChecker) hash(row sources.Row) string {
	if row.Sheet == nil {
		return hashKey(c.values)
	}
	return HashOf(c.planner.Binder, len(c.values), row.Sheet)
}

// HashOf is the key of a row without one, but for its occurrence: a hash of the values that
// its cells give to so many variables.
func HashOf(binder *templates.Binder, variables int, cells []string) string {
	values := make([]string, variables)
	_ = binder.Bind(values, cells) // a row with problems has a key as well
	return hashKey(values)
}

// earlierKey returns the key of a row as the first version read it, empty where it read the
// same. See [sources.Row.Earlier].
func (c *rowChecker) earlierKey(row sources.Row) string {
	if row.Earlier == nil {
		return ""
	}
	c.earlier = slices.Grow(c.earlier[:0], len(c.values))[:len(c.values)]
	_ = c.planner.Binder.Bind(c.earlier, row.Earlier) // a row with problems was not sent, so no entry has its hash
	return hashKey(c.earlier)
}

// hashKey makes a key of the values. A zero byte ends each, so that "ab","c" and "a","bc"
// get different keys.
func hashKey(values []string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(v))
		h.Write([]byte{0})
	}
	return "row-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// price makes the request, checks it by the service's rules and estimates its cost.
// Rows with problems never come here, because their request would be a guess.
func (c *rowChecker) price(row sources.Row, out *checked) {
	own := c.stages[len(c.stages)-1]
	c.say(own, &c.rendered, out.parts, row, &out.own)
	for _, p := range out.own.problems {
		out.problems = append(out.problems, c.breach(own, p, row.Number))
	}
	out.own.content.Row = row.Number
	if c.planner.Detailed {
		out.texts = c.rendered.Characters
	}
}

// breach points a broken rule at the cell that feeds its place in the request. A static
// rule, which every row breaks in the same way, is not pointed at a cell: the cure is in
// the template.
func (c *rowChecker) breach(s *stage, p problem.Problem, row int) problem.Problem {
	if p.Variable != "" {
		return c.point(p, row)
	}
	if s.traits.Static {
		return c.place.at(p, row, -1)
	}
	template := s.template
	for _, i := range template.Feeding(p.Pointer) {
		if columns := c.planner.Binder.Columns(i); len(columns) > 0 {
			p.Variable = template.Variables[i].Name
			return c.place.at(p, row, columns[0])
		}
	}
	return c.place.at(p, row, -1)
}

// unpriced returns the problem of a row without a price under a budget: the budget could
// not be kept.
func unpriced() problem.Problem {
	return problem.Problem{
		Severity: problem.Error, Code: "ROW-NO-PRICE",
		Message: "there is a budget, and it is not known what this row will cost",
		Hint:    "add what the service charges under prices: in the campaign, or leave the budget out",
	}
}

// implausible returns the problem of an account or a price that the ledger would refuse;
// its code is empty when there is none. It is found here so that the row is refused with
// a cure, instead of the run ending with an error of the ledger.
func implausible(a credit.Account, cost credit.Estimate) (p problem.Problem) {
	switch {
	case len(a.Provider)+len(a.Payer)+len(a.Unit) > ledger.Longest:
		p = problem.Problem{Code: "ROW-PAYER-LONG", Message: fmt.Sprintf("who pays has a name of %d bytes; at most %d can be kept", len(a.Payer), ledger.Longest),
			Hint: "correct the cell: it should hold the id of a user"}
	case cost.Known() && !ledger.Plausible(cost.High):
		p = problem.Problem{Code: "ROW-PRICE-HIGH", Message: "the row would cost " + cost.High.In(a.Unit) + ", more than can be booked",
			Hint: "correct prices: in the campaign, or what the template says about the length of a video"}
	default:
		return p
	}
	p.Severity = problem.Error
	return p
}

// attach adds the files that the request names, where the service takes files.
func (c *rowChecker) attach(s *stage, r *providers.Request, m *said) {
	if s.attacher == nil {
		return
	}
	media, problems := s.attacher.Attach(*r, c.placed)
	r.Media = media
	m.problems = append(m.problems, problems...)
}
