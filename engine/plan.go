package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
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
	if err := p.pipe(ctx, g.rows.await, func(c *checked) error { return g.take(ctx, c) }); err != nil {
		return nil, err
	}
	return g.finish(ctx)
}

// gatherer puts the checked rows together. It runs in one goroutine, in the
// order of the sheet.
type gatherer struct {
	planner    *Planner
	plan       *Plan
	place      place
	id         string // of the ledger
	naming     naming
	rows       *owners        // of keys, or of files where the two tell the same
	files      *owners        // of the file names that the pattern gives to rows
	names      *ledger.Names  // of the files of all entries
	videos     *owners        // of contents
	repeats    map[string]int // occurrences of a hashed key
	remembered map[string]*rememberedRow
	purged     bool // some rows of the ledger have only the hash of their key
	changes    []ledger.Change
	unknown    rememberedRow // stands for what the ledger knows of a row that it has not
	toPay      bill
	details    *detailer
	risks      *risks
	parts      map[string]*part // by their keys, as the sheet makes them
	linked     []*part          // of the row that is looked at
	toSend     []*part
	waits      []*Wait
	unclear    int                    // rows whose length is not known
	leftOut    map[int]map[string]int // by column, how often a value stands in rows that the filter leaves out
}

// rememberedRow is the part of an entry that planning needs. It has no payload, so that
// a million rows fit into memory.
type rememberedRow struct {
	state    ledger.State
	version  uint64
	kept     ledger.Fingerprint
	attempts int
	reason   string
	content  ledger.Content // without the payload
	money    ledger.Money
	job      string          // of its ticket
	filled   []ledger.Filled // what the holes of its content were filled with
	seen     bool
}

// recordRows is how many rows share one durable write.
const recordRows = 512

func (p *Planner) newGatherer(ctx context.Context) (*gatherer, error) {
	g := &gatherer{
		planner: p, place: p.place(), plan: p.newPlan(), naming: p.naming(), rows: new(owners), videos: new(owners), names: ledger.NewNames(),
		repeats: map[string]int{}, remembered: map[string]*rememberedRow{}, parts: map[string]*part{},
	}
	g.toPay.sums = g.plan.Cost
	p.lessons = g.plan.Lessons
	g.details = g.newDetailer()
	g.risks = g.newRisks()
	g.files = g.newFiles()
	return g, g.remember(ctx)
}

func (p *Planner) newPlan() *Plan {
	return &Plan{
		Cost: map[credit.Account]*credit.Sum{}, Repeated: map[credit.Account]*credit.Sum{},
		Unsure: map[credit.Account]credit.Amount{}, Sendable: map[string]bool{},
		Seconds: templates.Interval{Known: true}, Lessons: learn.New(p.Voices),
		Run:     ledger.Run{Started: time.Now(), Sheet: filepath.Base(p.File)},
		Chained: Chained{Steps: p.newSteps(), Apart: map[credit.Account]*credit.Sum{}},
	}
}

// remember reads the entries of the ledger, its balances, and the part of them that is
// reserved for unsure rows.
func (g *gatherer) remember(ctx context.Context) error {
	if g.planner.Ledger == nil {
		return nil
	}
	summary, err := g.planner.Ledger.Summary(ctx)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	g.id = summary.Identity.ID
	g.plan.Balances = summary.Balances
	for e, err := range g.planner.Ledger.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		g.remembered[e.Key] = rememberRow(e)
		g.plan.Lessons.Add(e)
		g.noteName(e)
		g.purged = g.purged || ledger.IsPurgedKey(e.Key)
		if e.State == ledger.Unsure || e.State == ledger.Intended && !g.planner.Going {
			g.plan.Unsure[e.Account] = g.plan.Unsure[e.Account].Plus(e.Money.Reserved)
		}
	}
	return nil
}

// rememberRow keeps the part of an entry that planning needs.
func rememberRow(e ledger.Entry) *rememberedRow {
	was := &rememberedRow{
		state: e.State, version: e.Version, kept: e.Kept, attempts: len(e.Attempts), reason: e.Reason,
		content: e.Content, money: e.Money, job: e.Ticket.Job, filled: e.Filled,
	}
	was.content.Payload, was.content.Media = nil, nil
	return was
}

// take adds one checked row to the plan.
func (g *gatherer) take(ctx context.Context, c *checked) error {
	g.plan.Rows.Total++
	g.identify(c)
	if !c.leftOut() && !c.refused() {
		g.compareVideos(c)
	}
	action := g.decide(c)
	if len(g.changes) >= recordRows {
		if err := g.flush(ctx); err != nil {
			return err
		}
	}
	g.plan.Actions.count(action)
	g.risks.add(c)
	g.keepShown(c, action)
	return g.visit(c, action)
}

// decide decides about one row: it is refused, filtered, or exactly one entry. Every row
// is counted in one of the three, so that none can be left out unseen (invariant L7).
func (g *gatherer) decide(c *checked) Action {
	if c.leftOut() {
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
	g.link(c)
	g.lengthen(c.own.expected.Length)
	return g.settle(c)
}

// identify makes hashed keys distinct, and refuses a key that another row has: two rows
// under one key would be one entry, and the second customer would get no video.
func (g *gatherer) identify(c *checked) {
	if c.hashed {
		c.key = g.hashedKey(c)
	}
	if c.key == "" {
		return
	}
	c.entry = g.entryKey(c.key)
	if was := g.remembered[c.entry]; was != nil {
		was.seen = true
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
		column := slices.IndexFunc(g.place.columns, func(col column) bool { return col.Name == g.planner.Key })
		c.problems = append(c.problems, g.place.at(problem.Problem{
			Severity: problem.Error, Code: "ROW-KEY-DUPLICATE", Value: c.key,
			Message: fmt.Sprintf("row %d has the same key, so that the two videos could not be told apart", first),
			Cause:   "another row has the same key, so that the videos could not be told apart", Like: first,
			Hint: "give each row its own key, or choose another column under rows: key",
		}, c.number, column))
	case clash == sameLook:
		g.alike(c, first)
	case !c.leftOut():
		c.problems = append(c.problems, g.place.at(g.collision(c, first), c.number, -1))
	}
}

// hashedKey makes the key of a row without one distinct, by its occurrence. A row that the
// ledger does not have may be there under what the first version read in its cells. Then it
// is that entry, as a row with a key of its own would be, and is not bought again.
func (g *gatherer) hashedKey(c *checked) string {
	g.repeats[c.key]++
	key := Occurrence(c.key, g.repeats[c.key])
	if c.earlier == "" || g.remembered[g.entryKey(key)] != nil {
		return key
	}
	earlier := Occurrence(c.earlier, g.repeats[c.earlier]+1)
	if g.remembered[g.entryKey(earlier)] == nil {
		return key
	}
	g.repeats[c.earlier]++
	g.plan.Reread++
	return earlier
}

// Occurrence is the key of the n-th row with a hash.
func Occurrence(hash string, n int) string { return hash + "-" + strconv.Itoa(n) }

// entryKey returns the key of a row in the ledger: its own, or the hash of it when the
// row was purged. A purged row must be known again, or it would be bought again.
func (g *gatherer) entryKey(key string) string {
	if !g.purged || g.remembered[key] != nil {
		return key
	}
	if hashed := ledger.PurgedKey(g.id, key); g.remembered[hashed] != nil {
		return hashed
	}
	return key
}

// compareVideos finds rows of other keys that would make the very same video, because
// that is usually a customer who is in the sheet twice, and paid twice.
func (g *gatherer) compareVideos(c *checked) {
	if g.planner.Duplicates == KeepDuplicates {
		return
	}
	first, _ := g.videos.claim(c.own.video, "", c.number)
	if first == 0 {
		return
	}
	severity := problem.Error
	if g.planner.Duplicates != RefuseDuplicates {
		severity = problem.Warning
		addCost(g.plan.Repeated, c.own.content.Account, &c.own.expected)
	}
	c.problems = append(c.problems, g.place.at(problem.Problem{
		Severity: severity, Code: "ROW-DUPLICATE-VIDEO",
		Message: fmt.Sprintf("row %d would make the very same video%s", first, costText(c)),
		Cause:   "another row would make the very same video", Like: first,
		Hint: "delete one of the rows, or set rows: duplicates: keep",
	}, c.number, -1))
}

func costText(c *checked) string {
	cost := c.own.expected.Cost
	if !cost.Known() {
		return ""
	}
	return "; this one costs " + cost.Likely.In(c.own.content.Account.Unit) + " more"
}

// report counts a problem and keeps the first ones: a sheet with the same mistake in a
// million rows must not fill memory.
func (g *gatherer) report(p *problem.Problem) {
	if p.IsError() {
		g.plan.Found++
	} else {
		g.plan.Warnings++
	}
	if g.planner.Most == 0 || len(g.plan.Problems) < g.planner.Most {
		g.plan.Problems = append(g.plan.Problems, *p)
	}
}

func (g *gatherer) refuse(c *checked) {
	g.plan.Rows.Refused++
	i := slices.IndexFunc(c.problems, problem.Problem.IsError)
	g.plan.Run.Refused = append(g.plan.Run.Refused, ledger.Refusal{Row: c.number, Key: c.entry, Reason: refusal(c.problems[i])})
}

// refusal returns in one line why a row is refused. It names the cell and never its
// value, because the ledger keeps the line and values may be personal.
func refusal(p problem.Problem) string {
	reason := p.Code + ": " + p.Message
	if p.Cell != "" {
		reason = p.Cell + ": " + reason
	}
	return reason
}

// lengthen adds the length of one row's video to the plan's total.
func (g *gatherer) lengthen(l job.Length) {
	total := &g.plan.Seconds
	if !l.Known() {
		g.unclear++
		return
	}
	total.Low += l.Low.Seconds()
	total.Likely += l.Likely.Seconds()
	total.High += l.High.Seconds()
}

// finish writes the last changes and completes the plan. Entries that no row has claimed
// are listed as removed: when sent rows vanish while new ones appear, the sheet or its
// key column is probably the wrong one, and the run must not start.
func (g *gatherer) finish(ctx context.Context) (*Plan, error) {
	plan := g.plan
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	for key, was := range g.remembered {
		if was.seen || ledger.IsPart(key) { // parts are no rows, and cannot be gone from the sheet
			continue
		}
		plan.Actions.Removed++
		plan.Run.Removed = append(plan.Run.Removed, key)
		if was.state != ledger.Planned {
			plan.Vanished++
		}
	}
	g.finishChain()
	slices.Sort(plan.Run.Removed)
	if g.unclear > 0 || plan.Rows.Valid == 0 {
		plan.Seconds = templates.Interval{}
	}
	if n := float64(plan.Rows.Valid); plan.Seconds.Known {
		plan.Seconds.Low /= n
		plan.Seconds.Likely /= n
		plan.Seconds.High /= n
	}
	plan.LeftOut = g.leftOutValues()
	plan.Notices = g.planner.Rows.Notices()
	plan.Details = g.details.details(g.planner.By)
	plan.Risky = g.risks.rows()
	plan.Run.Rows, plan.Run.Entries = plan.Rows.Total, plan.Rows.Valid
	return plan, nil
}
