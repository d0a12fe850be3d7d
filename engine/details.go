package engine

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/templates"
)

// Details is what a plan says beyond its totals: where the money goes, and which
// rows to look at. All of it is about the rows that would be sent.
type Details struct {
	By      string
	Groups  []GroupCost // by the value of the column By, the dearest first
	Dearest []RowDetail
	Tight   []RowDetail // whose speech has less than two seconds of room in its scene, the tightest first
	Longest []RowDetail // whose texts are far longer than those of an average row
	Lengths []time.Duration
}

// GroupCost is the cost of the rows that share a value.
type GroupCost struct {
	Value   string
	Account credit.Account
	Sum     credit.Sum
}

// RowDetail is one row to look at.
type RowDetail struct {
	Row     int
	Key     string
	Content ledger.Content
	Cost    credit.Estimate // that is expected
	Fit     templates.Fit
	Extra   int // characters that its texts have beyond those of an average row

	texts int // characters of its values
}

const (
	detailRows   = 10     // of each list
	detailGroups = 10_000 // beyond, a column is no grouping but a name for each row
	detailSlack  = 2.0    // seconds: an estimate of a scene's speech may well be off by as much
	detailExtra  = 100    // characters: seven seconds of speech, or two lines of a caption
)

// detailer collects details as the rows come. It keeps only a few rows of each list, so
// that its memory does not grow with the sheet.
type detailer struct {
	column  int
	groups  map[string]map[credit.Account]*credit.Sum
	dearest topRows
	tight   topRows
	longest topRows
	lengths []time.Duration
	rows    int
	texts   int       // characters of all rows' values
	row     RowDetail // the one that is added
}

func (g *gatherer) newDetailer() *detailer {
	if !g.planner.Detailed {
		return nil
	}
	d := &detailer{
		column: slices.IndexFunc(g.place.columns, func(c column) bool { return g.planner.By != "" && c.Name == g.planner.By }),
		groups: map[string]map[credit.Account]*credit.Sum{},
	}
	d.dearest.before = func(a, b *RowDetail) bool { return a.Cost.Likely < b.Cost.Likely }
	d.tight.before = func(a, b *RowDetail) bool { return a.Fit.Slack > b.Fit.Slack }
	d.longest.before = func(a, b *RowDetail) bool { return a.texts < b.texts }
	return d
}

// add adds a row that would be sent.
func (d *detailer) add(c *checked) {
	if d == nil {
		return
	}
	row := &d.row
	*row = RowDetail{Row: c.number, Key: c.key, Content: c.content, Cost: c.expected.Cost, Fit: c.fit, texts: c.texts}
	row.Content.Payload, row.Content.Media = nil, nil
	d.rows, d.texts = d.rows+1, d.texts+row.texts
	d.longest.offer(row)
	if row.Cost.Known() {
		d.dearest.offer(row)
	}
	if c.fit.Known && c.fit.Slack < detailSlack {
		d.tight.offer(row)
	}
	if c.expected.Length.Known() {
		d.lengths = append(d.lengths, c.expected.Length.Likely)
	}
	if d.column >= 0 {
		d.group(c.cells[d.column], c)
	}
}

// group adds a row's cost to the group of its value. Beyond detailGroups values it uses
// one group for the rest, because such a column names each row and groups nothing.
func (d *detailer) group(value string, c *checked) {
	sums := d.groups[value]
	if sums == nil {
		if len(d.groups) >= detailGroups {
			value = "…"
		}
		if sums = d.groups[value]; sums == nil {
			sums = map[credit.Account]*credit.Sum{}
			d.groups[value] = sums
		}
	}
	addCost(sums, c.content.Account, c.expected)
}

// details returns what was collected, in an order that does not change from call to call.
func (d *detailer) details(by string) *Details {
	if d == nil {
		return nil
	}
	out := &Details{By: by, Dearest: d.dearest.sorted(), Tight: d.tight.sorted(), Longest: d.outliers(), Lengths: d.lengths}
	for value, sums := range d.groups {
		for account, sum := range sums {
			out.Groups = append(out.Groups, GroupCost{value, account, *sum})
		}
	}
	slices.SortFunc(out.Groups, func(a, b GroupCost) int {
		return cmp.Or(cmp.Compare(a.Account.String(), b.Account.String()),
			cmp.Compare(b.Sum.Likely, a.Sum.Likely), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// outliers returns the rows whose texts are far longer than the average. The difference
// counts and not the length, because all rows may have long texts.
func (d *detailer) outliers() (rows []RowDetail) {
	for _, r := range d.longest.sorted() {
		if r.Extra = r.texts - d.texts/d.rows; r.Extra >= detailExtra {
			rows = append(rows, r)
		}
	}
	return rows
}

// topRows keeps the greatest few rows by an order.
type topRows struct {
	rows   []RowDetail
	before func(a, b *RowDetail) bool
}

func (t *topRows) offer(r *RowDetail) {
	if len(t.rows) < detailRows {
		heap.Push(t, *r)
	} else if t.before(&t.rows[0], r) {
		t.rows[0] = *r
		heap.Fix(t, 0)
	}
}

func (t *topRows) sorted() []RowDetail {
	slices.SortStableFunc(t.rows, func(a, b RowDetail) int {
		switch {
		case t.before(&b, &a):
			return -1
		case t.before(&a, &b):
			return 1
		}
		return cmp.Compare(a.Row, b.Row)
	})
	return t.rows
}

// Len implements [heap.Interface].
func (t *topRows) Len() int { return len(t.rows) }

// Less implements [heap.Interface]: the least of the kept rows comes first.
func (t *topRows) Less(i, j int) bool { return t.before(&t.rows[i], &t.rows[j]) }

// Swap implements [heap.Interface].
func (t *topRows) Swap(i, j int) { t.rows[i], t.rows[j] = t.rows[j], t.rows[i] }

// Push implements [heap.Interface].
func (t *topRows) Push(x any) { t.rows = append(t.rows, x.(RowDetail)) }

// Pop implements [heap.Interface].
func (t *topRows) Pop() any {
	last := len(t.rows) - 1
	x := t.rows[last]
	t.rows = t.rows[:last]
	return x
}
