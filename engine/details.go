package engine

import (
	"cmp"
	"container/heap"
	"math"
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

	texts int   // characters of its values
	rank  int64 // in its list
}

// lengths are those of many videos, in milliseconds: they are shown in a chart of all rows.
// Growing in blocks, they are never there twice.
type lengths struct{ blocks [][]uint32 }

const lengthsInBlock = 8192

func (l *lengths) add(d time.Duration) {
	n := len(l.blocks)
	if n == 0 || len(l.blocks[n-1]) == lengthsInBlock {
		l.blocks = append(l.blocks, make([]uint32, 0, lengthsInBlock))
		n++
	}
	l.blocks[n-1] = append(l.blocks[n-1], uint32(min(d.Milliseconds(), math.MaxUint32)))
}

func (l *lengths) all() []time.Duration {
	var all []time.Duration
	for _, block := range l.blocks {
		all = slices.Grow(all, len(l.blocks)*lengthsInBlock-len(all))
		for _, ms := range block {
			all = append(all, time.Duration(ms)*time.Millisecond)
		}
	}
	return all
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
	lengths lengths
	rows    int
	texts   int // characters of all rows' values
}

func (g *gatherer) newDetailer() *detailer {
	if !g.planner.Detailed {
		return nil
	}
	d := &detailer{
		column: slices.IndexFunc(g.place.columns, func(c column) bool { return g.planner.By != "" && c.Name == g.planner.By }),
		groups: map[string]map[credit.Account]*credit.Sum{},
	}
	d.dearest.rank = func(c *checked) int64 { return int64(c.own.expected.Cost.Likely) }
	d.tight.rank = func(c *checked) int64 { return -int64(c.own.fit.Slack * float64(time.Second)) }
	d.longest.rank = func(c *checked) int64 { return int64(c.texts) }
	return d
}

// add adds a row that would be sent.
func (d *detailer) add(c *checked) {
	if d == nil {
		return
	}
	d.rows, d.texts = d.rows+1, d.texts+c.texts
	d.longest.offer(c)
	if c.own.expected.Cost.Known() {
		d.dearest.offer(c)
	}
	if c.own.fit.Known && c.own.fit.Slack < detailSlack {
		d.tight.offer(c)
	}
	if c.own.expected.Length.Known() {
		d.lengths.add(c.own.expected.Length.Likely)
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
	addCost(sums, c.own.content.Account, &c.own.expected)
}

// details returns what was collected, in an order that does not change from call to call.
func (d *detailer) details(by string) *Details {
	if d == nil {
		return nil
	}
	out := &Details{By: by, Dearest: d.dearest.sorted(), Tight: d.tight.sorted(), Longest: d.outliers(), Lengths: d.lengths.all()}
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

// topRows keeps the few rows of the highest rank. Of two rows with the same one, the earlier
// stays.
type topRows struct {
	rows []RowDetail
	rank func(*checked) int64
}

func (t *topRows) offer(c *checked) {
	rank := t.rank(c)
	if len(t.rows) == detailRows && rank <= t.rows[0].rank {
		return // as nearly all rows of a large sheet
	}
	row := RowDetail{Row: c.number, Key: c.key, Content: c.own.content, Cost: c.own.expected.Cost, Fit: c.own.fit, texts: c.texts, rank: rank}
	row.Content.Payload, row.Content.Media = nil, nil
	if len(t.rows) < detailRows {
		heap.Push(t, row)
		return
	}
	t.rows[0] = row
	heap.Fix(t, 0)
}

func (t *topRows) sorted() []RowDetail {
	slices.SortStableFunc(t.rows, func(a, b RowDetail) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.Row, b.Row))
	})
	return t.rows
}

// Len implements [heap.Interface].
func (t *topRows) Len() int { return len(t.rows) }

// Less implements [heap.Interface]: the least of the kept rows comes first.
func (t *topRows) Less(i, j int) bool { return t.rows[i].rank < t.rows[j].rank }

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
