package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// mostNamed is how many rows that wait for a decision a plan names.
const mostNamed = 250

// decisions are the rows of a plan about which a person decides: those that changed since
// they were bought, and those that are gone from the sheet.
type decisions struct {
	planning *planning
	planner  *engine.Planner
	changed  []engine.Visited
}

// take keeps a row that changed.
func (d *decisions) take(v *engine.Visited) {
	if v.Action == engine.ActionChanged && len(d.changed) < mostNamed {
		d.changed = append(d.changed, *v)
	}
}

// changedNotes say of each changed row what is different. The ledger keeps no cells. The
// results of the last run have them, as long as they call the row made.
func (d *decisions) changedNotes() []report.RowNote {
	if len(d.changed) == 0 {
		return nil
	}
	c := d.planning.campaign
	bought := c.cellsOfResults(d.changed)
	var notes []report.RowNote
	for _, v := range d.changed {
		reason := d.differences(bought[v.Key], v.Cells)
		if reason == "" {
			reason = "the row, or the template, is not as it was when the video was ordered"
		}
		notes = append(notes, report.RowNote{Row: v.Number, Key: v.Key, Reason: reason, WhatToDo: c.decideAlone(v.Key)})
	}
	return notes
}

// decideAlone is the command that keeps one row; with redo it is made again. A key that
// --only would take for several, or for a file, is left to all rows at once.
func (c *Campaign) decideAlone(key string) string {
	flags := []string{"--changed", "keep"}
	if !strings.Contains(key, ",") && strings.TrimSpace(key) == key && wording.Typable(key) && !atomicfile.IsThere(key) {
		flags = append(flags, wording.Flag("--only", key)...)
	}
	return c.Command("run", flags...) + " (or redo: make it again, and pay again)"
}

// differences names the cells that feed the video and are not as they were.
func (d *decisions) differences(before map[string]string, cells []string) string {
	var parts []string
	for i, column := range d.planner.Rows.Columns() {
		was, known := before[column.Name]
		if known && i < len(cells) && was != cells[i] && d.feeds(i) {
			parts = append(parts, fmt.Sprintf("%s: %s → %s", column.Name, cellText(was), cellText(cells[i])))
		}
	}
	return strings.Join(parts, "; ")
}

func cellText(text string) string {
	if strings.TrimSpace(text) == "" {
		return "empty"
	}
	return wording.Shorten(text)
}

// feeds reports whether a column goes into the video.
func (d *decisions) feeds(column int) bool {
	for i := range d.planner.Program.Template().Variables {
		if slices.Contains(d.planner.Binder.Columns(i), column) {
			return true
		}
	}
	return false
}

// cellsOfResults are the cells of some rows as the results of the last run have them, by
// key and column. Results that cannot be read say nothing.
func (c *Campaign) cellsOfResults(rows []engine.Visited) map[string]map[string]string {
	wanted := map[string]bool{}
	for _, v := range rows {
		wanted[v.Key] = true
	}
	found := map[string]map[string]string{}
	results, err := sources.Open(c.path("results"+resultsExt(c.file.Rows.File)), sources.Options{HeaderRow: c.file.Rows.HeaderRow, Missing: c.missing})
	if err != nil {
		return found
	}
	defer results.Close()
	columns := results.Columns()
	for {
		row, err := results.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return nil
			}
			return found
		}
		cells := map[string]string{}
		for i, column := range columns {
			cells[column.Name] = row.Cells[i]
		}
		status := cells[report.ResultColumns()[0]]
		if key := cells[c.file.Rows.Key]; wanted[key] && (status == report.StatusMade || status == report.StatusTest) {
			found[key] = cells
		}
	}
}

// goneNotes name the rows that the ledger has and the sheet has not.
func (p *planning) goneNotes(ctx context.Context) ([]report.RowNote, error) {
	keys := p.result.Run.Removed
	if len(keys) == 0 || p.past.store == nil {
		return nil, nil
	}
	var notes []report.RowNote
	for e, err := range p.past.store.Entries(ctx, ledger.Query{Keys: keys[:min(len(keys), mostNamed)]}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		notes = append(notes, report.RowNote{Row: e.Row, Key: e.Key, Reason: report.StatusOf(&e)})
	}
	return notes, nil
}

// says is what the video of a row says or shows of it.
func says(planner *engine.Planner, cells []string) []string {
	template := planner.Program.Template()
	values := make([]string, len(template.Variables))
	_ = planner.Binder.Bind(values, cells) // check lists the problems; such a value is empty
	return template.Says(values)
}
