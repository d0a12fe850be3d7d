package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/approval"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// PlanOptions say what is planned, and where the plan is written.
type PlanOptions struct {
	Most    int                  // problems that are kept; all are counted; 0 keeps all
	Only    map[string]bool      // keys of the rows to send; nil for all
	Changed engine.ChangedPolicy // for rows that have changed since they were bought
	Pinned  bool                 // go on with the copy of a sheet that is at a web address
	By      string               // the column by whose values the cost is shown; empty: none
	Digest  bool                 // name the plan by its digest, also where the campaign asks for no approval
	Risk    int                  // how many of the riskiest rows are listed
	// Each is told of every row in the order of the sheet; nil is not called.
	Each func(engine.Visited)
	// Page and Workbook are the files that the plan is written to, as HTML and as
	// XLSX; empty: none.
	Page, Workbook string
}

// Plan is what a run would do, what it would cost and how long it would take.
type Plan struct {
	report.PlanPage
	Result  *engine.Plan // the rows, their problems and what would be sent
	Columns []string     // of the sheet
	Key     string       // the column that names the rows; empty: their values do
	Files   []string     // that were written

	pairs []approval.Pair
	terms approval.Terms
}

// Plan says what a run would do, what it would cost and how long it would take. It sends
// nothing, and does not change the ledger (invariant L13).
func (c *Campaign) Plan(ctx context.Context, o PlanOptions) (*Plan, error) {
	if err := c.vetOutputs(o.Page, o.Workbook); err != nil {
		return nil, err
	}
	// The second would replace the first.
	if o.Page != "" && o.Page == o.Workbook {
		return nil, fail(Usage, fmt.Errorf("--html and --xlsx both name %q", o.Page), "give each a file of its own")
	}
	if err := c.fetchSheet(ctx, o.Pinned); err != nil {
		return nil, err
	}
	past, err := c.recall(ctx)
	if err != nil {
		return nil, err
	}
	defer past.close()
	p := &planning{campaign: c, past: past, options: o}
	if err := p.plan(ctx); err != nil {
		return nil, err
	}
	page, err := c.writePage(output{path: o.Page, named: true, shared: true}, p.page.WriteHTML)
	if err != nil {
		return nil, err
	}
	// A plan shows the number of the other notices: these say what must be set before the run.
	for _, n := range c.mailNotices() {
		c.note("note: %s; %s", n.Message, n.Hint)
	}
	c.noteUnproven()
	done := &Plan{PlanPage: p.page, Result: p.result, Columns: p.columns, Key: sources.ColumnName(c.file.Rows.Key), pairs: p.pairs.list, terms: p.terms}
	for _, path := range []string{page, p.book} {
		if path != "" {
			done.Files = append(done.Files, path)
		}
	}
	return done, nil
}

// past is the knowledge of a plan from the ledger. The zero value is that of a campaign
// that has not run.
type past struct {
	store Store       // nil: there is none
	sent  []time.Time // intents that rate windows remember
	books map[credit.Account]ledger.Money
}

// recall reads the ledger, if there is one. The plan keeps it open for the questions of
// the planner.
func (c *Campaign) recall(ctx context.Context) (p past, err error) {
	if p.store, err = c.peek(ctx); err != nil || p.store == nil {
		return p, err
	}
	p.sent, err = p.store.Intents(ctx, time.Now().Add(-c.limits().Memory()))
	if err == nil {
		err = p.readBooks(ctx)
	}
	if err != nil {
		p.close()
		return past{}, ledgerFailure(err)
	}
	return p, nil
}

// readBooks reads what the accounts were charged and what is reserved.
func (p *past) readBooks(ctx context.Context) error {
	summary, err := p.store.Summary(ctx)
	p.books = summary.Balances
	return err
}

func (p past) close() {
	if p.store != nil {
		p.store.Close()
	}
}

// planning is a plan that is being made, for a terminal, a page and a workbook at once.
type planning struct {
	campaign *Campaign
	past     past
	options  PlanOptions
	columns  []string
	refused  []report.RowNote
	result   *engine.Plan
	purse    *purse
	sample   report.Sample // of the first row that would be sent
	page     report.PlanPage
	book     string         // where the workbook was written
	gate     *gate          // nil: no approval is asked for
	pairs    pairing        // of all that would be sent, where a digest is asked for
	terms    approval.Terms // beside them
}

// plan makes the plan. A workbook is written in the same pass over the sheet, row by row,
// so that memory does not grow.
func (p *planning) plan(ctx context.Context) error {
	planner, err := p.planner()
	if err != nil {
		return err
	}
	p.columns = columnNames(planner.Rows)
	if p.options.Workbook == "" {
		return p.pass(ctx, planner, nil)
	}
	var failed error
	rows := func(yield func(report.PlanRow, error) bool) {
		failed = p.pass(ctx, planner, func(v engine.Visited) error {
			if !yield(p.campaign.planRow(planner, v), nil) {
				return errStopped
			}
			return nil
		})
		// The workbook must not look complete if the sheet could not be read to its end.
		if failed != nil && !errors.Is(failed, errStopped) {
			yield(report.PlanRow{}, failed)
		}
	}
	err = p.writeBook(rows)
	if failed != nil && !errors.Is(failed, errStopped) {
		return failed // it knows its cause
	}
	return err
}

// writeBook writes the workbook. The error of an output that must not be written has its
// cause already; any other is one of the disk.
func (p *planning) writeBook(rows iter.Seq2[report.PlanRow, error]) error {
	book := report.PlanBook{Rows: rows, Page: func() report.PlanPage { return p.page }}
	var err error
	p.book, err = p.campaign.write(output{path: p.options.Workbook, named: true}, book.Write)
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fail(Usage, fmt.Errorf("write workbook: %w", err), "choose a file in a folder that you may write")
}

// pass goes through the sheet once, and fills in the page. It tells visit of each row, unless
// that is nil.
func (p *planning) pass(ctx context.Context, planner *engine.Planner, visit func(engine.Visited) error) error {
	p.purse = p.campaign.newPurse(0)
	var err error
	if p.gate, err = p.campaign.gate(ctx, p.past.store); err != nil {
		planner.Rows.Close()
		return err
	}
	decide := &decisions{planning: p, planner: planner}
	planner.Visit = func(v engine.Visited) error {
		p.purse.take(&v, p.past.books)
		decide.take(&v)
		p.ask(&v)
		if p.options.Each != nil {
			p.options.Each(v)
		}
		if v.Action == engine.ActionSubmit && p.sample.Texts == nil {
			p.sample = report.Sample{Row: v.Number, Texts: says(planner, v.Cells)}
		}
		if v.Refusal != "" {
			p.refused = append(p.refused, report.RowNote{Row: v.Number, Key: v.Key, Reason: v.Refusal, WhatToDo: v.Hint})
		}
		if visit == nil {
			return nil
		}
		return visit(v)
	}
	plan, err := p.campaign.pass(ctx, planner)
	if err != nil {
		return err
	}
	p.campaign.prepend(plan)
	p.result = plan
	p.page = p.planPage()
	if p.page.Sheet, err = p.campaign.sheetRead(ctx, p.options.Pinned); err != nil {
		return err
	}
	p.sayApproval()
	p.page.Changed = decide.changedNotes()
	p.page.Sample = p.sample
	p.page.Gone, err = p.goneNotes(ctx)
	return err
}

// planner opens the sheet for a plan. Without a ledger all rows count as new.
func (p *planning) planner() (*engine.Planner, error) {
	planner, err := p.campaign.open()
	if err != nil {
		return nil, err
	}
	o := p.options
	if err := hasColumn(planner, o.By); err != nil {
		planner.Rows.Close()
		return nil, err
	}
	planner.Most = o.Most
	planner.Only = o.Only
	planner.Changed = o.Changed
	planner.Fetch = p.campaign.addresses().fetch
	planner.Voices = p.campaign.voices()
	planner.By = o.By
	planner.Detailed = true
	planner.Risky = o.Risk
	if o.Page != "" {
		planner.Risky = max(o.Risk, riskyOnPage)
	}
	planner.Fingerprints = p.campaign.file.Approval != nil || o.Digest
	// Without a ledger every row is new, and there is nothing to compare with.
	if p.past.store != nil {
		planner.Ledger = p.past.store
		planner.Going = isGoing(p.past.store)
	}
	return planner, nil
}

// columnNames are the names of a sheet's columns.
func columnNames(rows sources.Reader) (names []string) {
	for _, column := range rows.Columns() {
		names = append(names, column.Name)
	}
	return names
}

// nearestColumn is the hint for a column that the sheet has not.
func nearestColumn(name string, columns []string) string {
	return wording.NearestOr(name, columns, "its columns are: "+strings.Join(columns, ", "))
}
