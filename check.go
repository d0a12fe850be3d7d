package reelmerge

import (
	"context"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
)

// CheckOptions say how the rows are checked.
type CheckOptions struct {
	Most   int  // problems that are kept; all are counted; 0 keeps all
	Pinned bool // go on with the copy of a sheet that is at a web address
	// Marked is the workbook that a copy of the sheet is written to, with the cells of
	// all problems marked; empty: none.
	Marked string
	// Online also asks the account whether it has what the rows name, and every link
	// for its size and type. It costs nothing, and nothing that costs money can be
	// reached (invariant L13).
	Online bool
}

// Checked is the result of a check: the problems, and the number of rows that are ready.
type Checked struct {
	*engine.Plan
	Marked string // where the marked copy is; empty: none was asked for
}

// Check lists every problem of every row. It writes no file except the marked copy.
func (c *Campaign) Check(ctx context.Context, o CheckOptions) (*Checked, error) {
	if err := c.vetMarked(o.Marked); err != nil {
		return nil, err
	}
	if err := c.fetchSheet(ctx, o.Pinned); err != nil {
		return nil, err
	}
	if o.Online {
		if err := c.inform(ctx); err != nil {
			return nil, err
		}
	}
	planner, err := c.open()
	if err != nil {
		return nil, err
	}
	planner.Sent = func(key string) bool { return c.sentBefore(ctx, key) }
	seen := c.seeColumns(planner)
	if o.Marked == "" {
		planner.Most = o.Most // a marked copy marks them all
	}
	done := &Checked{}
	if done.Plan, err = c.checkRows(ctx, planner, o.Online); err != nil {
		return nil, err
	}
	seen.warn(done.Plan, o.Most)
	c.prepend(done.Plan)
	c.mentionKey(done.Plan, seen.survey)
	c.addresses().mention(c, done.Plan)
	if o.Marked != "" {
		if done.Marked, err = c.writeMarked(o.Marked, planner, done.Problems); err != nil {
			return nil, err
		}
	}
	if o.Most > 0 && len(done.Problems) > o.Most {
		done.Problems = done.Problems[:o.Most]
	}
	return done, nil
}

// checkRows goes through the sheet, and then asks the account and the network if that is
// wanted.
func (c *Campaign) checkRows(ctx context.Context, planner *engine.Planner, asking bool) (*engine.Plan, error) {
	if !asking {
		return c.pass(ctx, planner)
	}
	o := newOnline(c, planner)
	var err error
	if o.vetting, err = c.newVetting(); err != nil {
		return nil, err
	}
	planner.Fetch = c.addresses().fetch
	plan, err := c.pass(ctx, planner)
	if err != nil {
		return nil, err
	}
	return plan, c.askOnline(ctx, o, plan)
}

// prepend puts the warnings of campaign and template before those of the rows. It also
// says once which rules cannot be checked for any row.
func (c *Campaign) prepend(plan *engine.Plan) {
	if surveyor, ok := providers.As[providers.Surveyor](c.checker); ok {
		for _, p := range surveyor.Survey(c.template.Request) {
			plan.Notices = append(plan.Notices, sources.Notice{Code: p.Code, Message: p.Message, Hint: p.Hint, Column: -1})
		}
	}
	plan.Notices = append(plan.Notices, c.mailNotices()...)
	stale := c.corrected.gone()
	plan.Warnings += len(stale)
	plan.Problems = append(stale, plan.Problems...)
	plan.Warnings += len(c.problems)
	plan.Problems = append(c.problems[:len(c.problems):len(c.problems)], plan.Problems...)
	c.cure(plan)
}
