package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// RiskyRow is a row that is worth a look before the others are paid for.
type RiskyRow struct {
	Row int
	Key string // empty where the row has none
	Why []string

	Entry string // what the ledger calls the row
}

// signs are what tells how risky a row is, as the worker that checked it found them.
type signs struct {
	shapes []string // of the values, by variable; then of the spoken forms, "" where there is none
	long   []int    // characters of the values
	empty  int      // optional variables without a value
	full   float64  // the fullest box, as a share of its room
	box    string   // its name
}

// read returns the signs of the row that was checked last.
func (c *rowChecker) signs() *signs {
	if c.planner.Risky == 0 {
		return nil
	}
	variables := c.planner.Program.Template().Variables
	s := &signs{shapes: make([]string, len(variables)), long: make([]int, len(variables))}
	for i, v := range variables {
		value := c.values[i]
		s.shapes[i] = shape(value)
		s.long[i] = len([]rune(value))
		if strings.TrimSpace(value) == "" && !v.Required {
			s.empty++
		}
	}
	for _, spoken := range c.said {
		s.shapes = append(s.shapes, shape(spoken))
	}
	if c.measurer != nil {
		for _, f := range c.measurer.Fits(c.rendered.Values()) {
			if f.Verdict.Fill > s.full {
				s.full = f.Verdict.Fill
				s.box = f.Box
			}
		}
	}
	return s
}

// longestShape bounds what is remembered of one value.
const longestShape = 48

// shape is what kind of value it is: letters by script and case, digits, and all signs as
// they are, each run once. Names have one of a few shapes; a wrong column, or an emoji, has
// another.
func shape(value string) string {
	var b strings.Builder
	var last rune
	for _, r := range value {
		class := classOf(r)
		if class == last {
			continue
		}
		if b.Len() > longestShape {
			break
		}
		b.WriteRune(class)
		last = class
	}
	return b.String()
}

// classOf is the sign that stands for a kind of characters.
func classOf(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return '0'
	case unicode.Is(unicode.Latin, r) && unicode.IsUpper(r):
		return 'A'
	case unicode.Is(unicode.Latin, r):
		return 'a'
	case unicode.IsLetter(r):
		for name, table := range map[string]*unicode.RangeTable{"я": unicode.Cyrillic, "λ": unicode.Greek, "字": unicode.Han, "ع": unicode.Arabic} {
			if unicode.Is(table, r) {
				return []rune(name)[0]
			}
		}
		return 'ა'
	case unicode.IsMark(r), unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.So, unicode.Sk) || r > 0xffff:
		return '☺'
	}
	return r
}

// risks chooses the rows that are worth a look. It keeps a few rows of each kind, so that
// its memory does not grow with the sheet.
type risks struct {
	most     int
	by       int              // the column of which each value is worth a look; -1: none
	names    []string         // of the variables, then of their spoken forms
	written  int              // how many are of variables
	problems map[string]*kind // by code and variable
	values   map[string]*kind // by value of the column
	shapes   []map[string]*tally
	ranked   []*ranking
	order    []string // of problems and values, as they came
	seen     map[int]RiskyRow
}

// kind are rows that have something in common.
type kind struct {
	why   string
	error bool
	rows  []RiskyRow
}

type tally struct {
	count int
	first RiskyRow
}

// ranking keeps the rows that have the most of something, in this order.
type ranking struct {
	rows []RiskyRow
	much []float64
	say  func(float64) string
}

// The bounds of what is remembered, for a sheet with a value of its own in each row.
const (
	mostKinds  = 200
	mostShapes = 2_000
)

func (g *gatherer) newRisks() *risks {
	if g.planner.Risky == 0 {
		return nil
	}
	r := &risks{most: g.planner.Risky, problems: map[string]*kind{}, values: map[string]*kind{}, seen: map[int]RiskyRow{},
		by: slices.IndexFunc(g.place.columns, func(c column) bool { return g.planner.By != "" && c.Name == g.planner.By })}
	for _, v := range g.planner.Program.Template().Variables {
		r.names = append(r.names, v.Name)
		r.shapes = append(r.shapes, map[string]*tally{})
	}
	r.written = len(r.names)
	for _, name := range r.names {
		r.names = append(r.names, "spoken form of "+name)
		r.shapes = append(r.shapes, map[string]*tally{})
	}
	fixed := func(text string) func(float64) string { return func(float64) string { return text } }
	r.ranked = []*ranking{
		rankFull:  {say: func(f float64) string { return fmt.Sprintf("fills its box to %.0f%%", 100*f) }},
		rankTight: {say: func(f float64) string { return tightness(-f) }},
		rankEmpty: {say: func(f float64) string { return fmt.Sprintf("values that are left out: %.0f", f) }},
		rankDear:  {say: fixed("among the dearest")},
		rankLong:  {say: fixed("among the longest texts")},
	}
	return r
}

func tightness(slack float64) string {
	if slack < 0 {
		return fmt.Sprintf("%.1f s of its speech are cut", -slack)
	}
	return fmt.Sprintf("its speech is among the tightest: %.1f s are left in its scene", slack)
}

// The rankings, in the order in which rows are chosen from them.
const (
	rankFull = iota
	rankTight
	rankEmpty
	rankLong
	rankDear
)

// add looks at one row. Filtered rows are none of a run's.
func (r *risks) add(c *checked) {
	if r == nil || c.leftOut() || c.signs == nil {
		return
	}
	row := RiskyRow{Row: c.number, Key: c.key, Entry: c.entry}
	for i := range c.problems {
		r.problem(row, &c.problems[i])
	}
	for i, s := range c.signs.shapes {
		if s != "" || i < r.written {
			r.shape(i, s, row)
		}
	}
	if r.by >= 0 {
		r.keep(r.values, c.cells[r.by], row, fmt.Sprintf("the first with %q in the column", c.cells[r.by]), false)
	}
	total := 0
	for _, n := range c.signs.long {
		total += n
	}
	if c.signs.full > 0 {
		r.ranked[rankFull].offer(row, c.signs.full, r.most)
	}
	if c.own.fit.Known {
		r.ranked[rankTight].offer(row, -c.own.fit.Slack, r.most)
	}
	if c.signs.empty > 0 {
		r.ranked[rankEmpty].offer(row, float64(c.signs.empty), r.most)
	}
	r.ranked[rankLong].offer(row, float64(total), r.most)
	if cost := c.own.expected.Cost; cost.Known() {
		r.ranked[rankDear].offer(row, float64(cost.Likely)/float64(credit.Unit), r.most)
	}
}

// offer takes a row among the first few. Of equal rows the first one stays in front.
func (k *ranking) offer(row RiskyRow, much float64, most int) {
	at := len(k.much)
	for at > 0 && k.much[at-1] < much {
		at--
	}
	if at >= most {
		return
	}
	k.rows = slices.Insert(k.rows, at, row)
	k.much = slices.Insert(k.much, at, much)
	k.rows = k.rows[:min(len(k.rows), most)]
	k.much = k.much[:min(len(k.much), most)]
}

// said are the rows with what each has.
func (k *ranking) said() []RiskyRow {
	for i := range k.rows {
		k.rows[i].Why = []string{k.say(k.much[i])}
	}
	return k.rows
}

func (r *risks) problem(row RiskyRow, p *problem.Problem) {
	why := p.Code + ": " + p.Message
	r.keep(r.problems, p.Code+"\x00"+p.Variable+p.Column, row, why, p.IsError())
}

// keep remembers the first rows of a kind.
func (r *risks) keep(in map[string]*kind, key string, row RiskyRow, why string, isError bool) {
	k := in[key]
	if k == nil {
		if len(in) >= mostKinds {
			return
		}
		k = &kind{why: why, error: isError}
		in[key] = k
		r.order = append(r.order, key)
	}
	if len(k.rows) < r.most {
		row.Why = []string{why}
		k.rows = append(k.rows, row)
	}
}

func (r *risks) shape(variable int, s string, row RiskyRow) {
	known := r.shapes[variable]
	t := known[s]
	if t == nil {
		if len(known) >= mostShapes {
			return
		}
		t = &tally{first: row}
		known[s] = t
	}
	t.count++
}

// rows returns the rows to look at, the riskiest first: those that would be refused, one of
// each kind; then what is unlike the other rows, warnings, and the extremes.
func (r *risks) rows() []RiskyRow {
	if r == nil {
		return nil
	}
	var chosen []RiskyRow
	lists := r.lists()
	for depth := 0; len(chosen) < r.most; depth++ {
		left := false
		for _, list := range lists {
			if depth >= len(list) {
				continue
			}
			left = true
			chosen = r.choose(chosen, list[depth], depth == 0)
		}
		if !left {
			break
		}
	}
	return chosen
}

// choose adds a row, or a reason to a row that is chosen already, if it is a good one: the
// row is the first of its list.
func (r *risks) choose(chosen []RiskyRow, row RiskyRow, first bool) []RiskyRow {
	if i := slices.IndexFunc(chosen, func(c RiskyRow) bool { return c.Row == row.Row }); i >= 0 {
		for _, why := range row.Why {
			if first && !slices.Contains(chosen[i].Why, why) {
				chosen[i].Why = append(chosen[i].Why, why)
			}
		}
		return chosen
	}
	if len(chosen) >= r.most {
		return chosen
	}
	row.Why = slices.Clone(row.Why)
	return append(chosen, row)
}

// lists are the rows of each kind, in the order in which they are chosen.
func (r *risks) lists() (lists [][]RiskyRow) {
	for _, isError := range []bool{true, false} {
		for _, key := range r.order {
			if k := r.problems[key]; k != nil && k.error == isError {
				lists = append(lists, k.rows)
			}
		}
		if isError {
			lists = append(lists, r.unlike()...)
		}
	}
	for _, k := range r.ranked {
		lists = append(lists, k.said())
	}
	for _, key := range r.order {
		if k := r.values[key]; k != nil {
			lists = append(lists, k.rows[:1])
		}
	}
	return lists
}

// rare is the share of rows below which a shape is unlike those of the others.
const rare = 0.02

// unlike are the rows whose values have a shape that few others have, by variable.
func (r *risks) unlike() (lists [][]RiskyRow) {
	for i, known := range r.shapes {
		total, most := 0, 0
		for _, t := range known {
			total, most = total+t.count, max(most, t.count)
		}
		if 2*most < total {
			continue // each row has its own: none is unlike the others
		}
		var found []*tally
		for _, t := range known {
			if t.count <= max(1, int(rare*float64(total))) && t.count < most {
				found = append(found, t)
			}
		}
		slices.SortFunc(found, func(a, b *tally) int { return cmp.Or(a.count-b.count, a.first.Row-b.first.Row) })
		var list []RiskyRow
		for _, t := range found[:min(len(found), r.most)] {
			row := t.first
			row.Why = []string{fmt.Sprintf("its %s is unlike that of other rows", r.names[i])}
			list = append(list, row)
		}
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	return lists
}

// Shown is a row as it would be seen, and what is wrong with it.
type Shown struct {
	Row         int
	Key         string
	Fingerprint string // of what would be bought; empty where the row is refused
	Body        []byte // of the request
	Creative    []byte // the scenes with the row's values in them; nil where there are none
	Scenes      []templates.SceneNote
	Fits        []templates.BoxFit
	Said        []Said
	Problems    problem.List
	Visited
}

// Said is a value that is spoken otherwise than it is written.
type Said struct{ Variable, Written, Spoken string }

// saidOtherwise lists the values of the row that was checked last that are.
func (c *rowChecker) saidOtherwise() (list []Said) {
	for i, spoken := range c.said {
		if written := c.values[i]; spoken != "" && spoken != written {
			list = append(list, Said{c.planner.Program.Template().Variables[i].Name, written, spoken})
		}
	}
	return list
}

// show keeps what would be seen of the row that was checked last.
func (c *rowChecker) show(out *checked) *Shown {
	if !c.planner.Show[out.number] || out.leftOut() {
		return nil
	}
	s := &Shown{
		Row: out.number, Key: out.key, Body: slices.Clone(c.rendered.Body), Problems: slices.Clone(out.problems),
		Creative: c.planner.Program.Creative(&c.rendered), Scenes: c.planner.Program.Scenes(&c.rendered), Said: c.saidOtherwise(),
	}
	if c.measurer != nil {
		s.Fits = c.measurer.Fits(c.rendered.Values())
	}
	return s
}
