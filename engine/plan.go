package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// Plan reads the sheet to its end, collects every problem of every row, and
// compares what would be bought with what the ledger already holds. It spends
// nothing. An error means that the sheet or the ledger could not be read.
func (p *Planner) Plan(ctx context.Context) (*Plan, error) {
	g, err := p.newGatherer(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.pipe(ctx, func(c *checked) error { return g.take(ctx, c) }); err != nil {
		return nil, err
	}
	return g.finish(ctx)
}

// gatherer puts the checked rows together. It runs in one goroutine, in the
// order of the sheet.
type gatherer struct {
	*Planner
	plan    *Plan
	place   place
	id      string         // of the ledger
	rows    owners         // of keys, or of files where the two tell the same
	files   owners         // of the file names that the pattern gives to rows
	names   *ledger.Names  // of the files of all entries
	videos  owners         // of contents
	repeats map[string]int // occurrences of a hashed key
	known   map[string]*known
	purged  bool // some rows of the ledger have only the hash of their key
	changes []ledger.Change
	details *detailer
	unclear int                    // rows whose length is not known
	leftOut map[int]map[string]int // by column, how often a value stands in rows that the filter leaves out
}

// known is what planning needs of an entry that the ledger holds.
type known struct {
	state    ledger.State
	version  uint64
	kept     ledger.Fingerprint
	attempts int
	reason   string
	content  ledger.Content // without the payload
	money    ledger.Money
	seen     bool
}

// recordRows is how many rows share one durable write.
const recordRows = 512

func (p *Planner) newGatherer(ctx context.Context) (*gatherer, error) {
	g := &gatherer{
		Planner: p, place: p.place(), plan: p.newPlan(), rows: owners{}, videos: owners{}, names: ledger.NewNames(),
		repeats: map[string]int{}, known: map[string]*known{},
	}
	g.details = g.newDetailer()
	g.files = g.newFiles()
	return g, g.remember(ctx)
}

func (p *Planner) newPlan() *Plan {
	return &Plan{
		Cost: map[credit.Account]*credit.Sum{}, Repeated: map[credit.Account]*credit.Sum{},
		Unsure: map[credit.Account]credit.Amount{}, Lost: map[string]bool{},
		Seconds: templates.Interval{Known: true},
		Run:     ledger.Run{Started: time.Now(), Sheet: filepath.Base(p.File)},
	}
}

// remember reads what the ledger holds, and what of its reservations belongs to rows
// that nobody knows about.
func (g *gatherer) remember(ctx context.Context) error {
	if g.Known == nil {
		return nil
	}
	summary, err := g.Known.Summary(ctx)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	g.id = summary.Identity.ID
	g.plan.Books = summary.Books
	for e, err := range g.Known.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		g.known[e.Key] = knownOf(e)
		g.noteName(e)
		g.purged = g.purged || ledger.IsPurgedKey(e.Key)
		if e.State == ledger.Unsure || e.State == ledger.Intended && !g.Going {
			g.plan.Unsure[e.Account] = g.plan.Unsure[e.Account].Plus(e.Money.Reserved)
		}
	}
	return nil
}

func knownOf(e ledger.Entry) *known {
	k := &known{
		state: e.State, version: e.Version, kept: e.Kept, attempts: len(e.Attempts), reason: e.Reason,
		content: e.Content, money: e.Money,
	}
	k.content.Payload, k.content.Media = nil, nil
	return k
}

// take books one row.
func (g *gatherer) take(ctx context.Context, c *checked) error {
	g.plan.Rows.Total++
	g.identify(c)
	if !c.filtered && !c.refused() {
		g.compareVideos(c)
	}
	action := g.decide(c)
	if len(g.changes) >= recordRows {
		if err := g.flush(ctx); err != nil {
			return err
		}
	}
	g.plan.Actions.count(action)
	return g.visit(c, action)
}

// decide says what becomes of a row: it is refused, filtered, or one entry
// (invariant L7).
func (g *gatherer) decide(c *checked) Action {
	if c.filtered {
		g.plan.Rows.Filtered++
		g.plan.Run.Filtered = append(g.plan.Run.Filtered, c.number)
		g.leaveOut(c)
		return ActionFiltered
	}
	for i := range c.problems {
		g.report(&c.problems[i])
	}
	if c.refused() {
		g.refuse(c)
		return ActionRefused
	}
	g.plan.Rows.Valid++
	g.lengthen(c.seconds)
	return g.settle(c)
}

// identify makes hashed keys distinct, and refuses a key that another row has.
func (g *gatherer) identify(c *checked) {
	if c.hashed {
		g.repeats[c.key]++
		c.key += "-" + strconv.Itoa(g.repeats[c.key])
	}
	if c.key == "" {
		return
	}
	c.entry = g.entryKey(c.key)
	if k := g.known[c.entry]; k != nil {
		k.seen = true
	}
	if !c.hashed {
		g.checkKey(c)
	}
	if c.key == "" {
		return
	}
	switch first, clash := g.claim(c); {
	case first == 0:
	case clash == sameKey:
		column := slices.IndexFunc(g.place.columns, func(col column) bool { return col.Name == g.Key })
		c.problems = append(c.problems, g.place.at(problem.Problem{
			Severity: problem.Error, Code: "ROW-KEY-DUPLICATE", Value: c.key,
			Message: fmt.Sprintf("row %d has the same key, so that the two videos could not be told apart", first),
			Cause:   "another row has the same key, so that the videos could not be told apart", Like: first,
			Hint: "give each row its own key, or choose another column under rows: key",
		}, c.number, column))
	case clash == sameLook:
		g.alike(c, first)
	case !c.filtered:
		c.problems = append(c.problems, g.place.at(g.collision(c, first), c.number, -1))
	}
}

// entryKey is what the ledger calls a row: its key, or the hash of it when the
// row was purged.
func (g *gatherer) entryKey(key string) string {
	if !g.purged || g.known[key] != nil {
		return key
	}
	if hashed := ledger.PurgedKey(g.id, key); g.known[hashed] != nil {
		return hashed
	}
	return key
}

// compareVideos finds rows of other keys that would make the very same video.
func (g *gatherer) compareVideos(c *checked) {
	if g.Duplicates == KeepDuplicates {
		return
	}
	first, _ := g.videos.claim(c.video, "", c.number)
	if first == 0 {
		return
	}
	severity := problem.Error
	if g.Duplicates != RefuseDuplicates {
		severity = problem.Warning
		book(g.plan.Repeated, &c.content)
	}
	c.problems = append(c.problems, g.place.at(problem.Problem{
		Severity: severity, Code: "ROW-DUPLICATE-VIDEO",
		Message: fmt.Sprintf("row %d would make the very same video%s", first, costText(c.content)),
		Cause:   "another row would make the very same video", Like: first,
		Hint: "delete one of the rows, or set rows: duplicates: keep",
	}, c.number, -1))
}

func costText(c ledger.Content) string {
	if !c.Estimate.Known() {
		return ""
	}
	return "; this one costs " + c.Estimate.Likely.In(c.Account.Unit) + " more"
}

func (g *gatherer) report(p *problem.Problem) {
	if p.IsError() {
		g.plan.Found++
	} else {
		g.plan.Warnings++
	}
	if g.Most == 0 || len(g.plan.Problems) < g.Most {
		g.plan.Problems = append(g.plan.Problems, *p)
	}
}

func (g *gatherer) refuse(c *checked) {
	g.plan.Rows.Refused++
	i := slices.IndexFunc(c.problems, problem.Problem.IsError)
	g.plan.Run.Refused = append(g.plan.Run.Refused, ledger.Refusal{Row: c.number, Key: c.entry, Reason: refusal(c.problems[i])})
}

// refusal says in one line why a row is refused. It names the cell, never its
// value: the ledger keeps it.
func refusal(p problem.Problem) string {
	reason := p.Code + ": " + p.Message
	if p.Cell != "" {
		reason = p.Cell + ": " + reason
	}
	return reason
}

func (g *gatherer) lengthen(s templates.Interval) {
	total := &g.plan.Seconds
	if !s.Known {
		g.unclear++
		return
	}
	total.Low, total.Likely, total.High = total.Low+s.Low, total.Likely+s.Likely, total.High+s.High
}

func (g *gatherer) finish(ctx context.Context) (*Plan, error) {
	plan := g.plan
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	for key, k := range g.known {
		if k.seen {
			continue
		}
		plan.Actions.Removed++
		plan.Run.Removed = append(plan.Run.Removed, key)
		if k.state != ledger.Planned {
			plan.Vanished++
		}
	}
	slices.Sort(plan.Run.Removed)
	if g.unclear > 0 || plan.Rows.Valid == 0 {
		plan.Seconds = templates.Interval{}
	}
	if n := float64(plan.Rows.Valid); plan.Seconds.Known {
		plan.Seconds.Low, plan.Seconds.Likely, plan.Seconds.High = plan.Seconds.Low/n, plan.Seconds.Likely/n, plan.Seconds.High/n
	}
	plan.LeftOut = g.leftOutValues()
	plan.Notices, plan.Details = g.Rows.Notices(), g.details.details(g.By)
	plan.Run.Rows, plan.Run.Entries = plan.Rows.Total, plan.Rows.Valid
	return plan, nil
}
