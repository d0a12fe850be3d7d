package engine

import (
	"slices"

	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
)

// Action is what a run does with a row of the sheet.
type Action string

// The actions. Every row has exactly one.
const (
	ActionSubmit    Action = "submit"
	ActionDone      Action = "done"      // the video is there
	ActionInFlight  Action = "in_flight" // the service is at work: its result is waited for
	ActionUnsure    Action = "unsure"    // it is not known whether it was made: a person decides
	ActionFailed    Action = "failed"    // sent again by retry alone
	ActionCancelled Action = "cancelled" // sent again by retry alone
	ActionChanged   Action = "changed"   // bought as it was: a person decides
	ActionWaits     Action = "waits"     // for a part that failed, was cancelled, or is not known to be made
	ActionLater     Action = "later"     // may be sent, and is none of those chosen for this run
	ActionRefused   Action = "refused"   // it has problems
	ActionFiltered  Action = "filtered"  // the campaign's filter leaves it out
)

// Actions counts what a run would do with each row, and what it would not touch.
type Actions struct {
	Submit    int `json:"submit"`
	Done      int `json:"done"`
	InFlight  int `json:"in_flight"`
	Unsure    int `json:"unsure"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Changed   int `json:"changed"`
	Waits     int `json:"waits"` // for a part that failed, was cancelled, or is not known to be made
	Removed   int `json:"removed"`
}

// count counts one row. Later, refused and filtered rows have counters of their own in
// [RowCounts].
func (n *Actions) count(a Action) {
	switch a {
	case ActionSubmit:
		n.Submit++
	case ActionDone:
		n.Done++
	case ActionInFlight:
		n.InFlight++
	case ActionUnsure:
		n.Unsure++
	case ActionFailed:
		n.Failed++
	case ActionCancelled:
		n.Cancelled++
	case ActionChanged:
		n.Changed++
	case ActionWaits:
		n.Waits++
	case ActionLater, ActionRefused, ActionFiltered: // counted as rows
	}
}

// Visited is one row as a plan sees it.
type Visited struct {
	Number  int
	Cells   []string
	Sheet   []string // the cells as the sheet has them, where corrections changed some; else nil
	Key     string
	Action  Action
	Refusal string // why the row is refused; empty when it is not
	Hint    string // what to do about the refusal
	// Content is what would be bought, with its price; the zero value where the
	// row is refused or filtered.
	Content ledger.Content
	// Expected is its length and cost by what finished videos taught.
	Expected learn.Expected
	// Parts are sent before the row can be.
	Parts []PartVisit
	Wait  *Wait // what a row waits for that would be sent; nil: for nothing
	// Money is what the row has cost so far.
	Money ledger.Money
}

// visit hands one row to the caller of the plan. A refused or filtered row has no content,
// because its request was never made.
func (g *gatherer) visit(c *checked, action Action) error {
	if g.planner.Visit == nil {
		return nil
	}
	return g.planner.Visit(g.visited(c, action))
}

// keepShown keeps a row that is to be shown, with what the plan knows of it.
func (g *gatherer) keepShown(c *checked, action Action) {
	if c.shown == nil {
		return
	}
	c.shown.Key = c.key
	c.shown.Visited = g.visited(c, action)
	if !c.refused() {
		c.shown.Fingerprint = c.own.content.Fingerprint.String()
	}
	c.shown.Problems = slices.Clone(c.problems)
	g.plan.Shown = append(g.plan.Shown, c.shown)
}

func (g *gatherer) visited(c *checked, action Action) Visited {
	v := Visited{Number: c.number, Cells: c.cells, Sheet: c.sheet, Key: c.entry, Action: action}
	switch action {
	case ActionFiltered:
	case ActionRefused:
		first := c.problems[slices.IndexFunc(c.problems, problem.Problem.IsError)]
		v.Refusal, v.Hint = refusal(first), first.Hint
	case ActionSubmit, ActionDone, ActionInFlight, ActionUnsure, ActionFailed, ActionCancelled, ActionChanged, ActionWaits, ActionLater:
		v.Content = c.own.content
		v.Expected = c.own.expected
	}
	if action == ActionSubmit {
		v.Parts = partVisits(g.linked)
	}
	v.Wait = c.wait
	if was := g.remembered[c.entry]; was != nil {
		v.Money = was.money
	}
	return v
}
