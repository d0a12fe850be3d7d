package reelmerge

import (
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/report"
)

// planRow is the line of a row in the plan's workbook.
func (c *Campaign) planRow(planner *engine.Planner, v engine.Visited) report.PlanRow {
	row := report.PlanRow{
		Row: v.Number, Key: v.Key, Action: ActionWord(v.Action),
		Charged: v.Money.Charged, Reserved: v.Money.Reserved, Reason: v.Refusal, WhatToDo: v.Hint,
	}
	if v.Action != engine.ActionSubmit {
		return row
	}
	var sum credit.Sum
	sum.Add(v.Expected.Cost)
	row.Says = strings.Join(says(planner, v.Cells), "\n")
	row.Cost = c.costOf(v.Content.Account, sum)
	row.Priced = v.Expected.Cost.PriceDate
	if length := v.Expected.Length.Likely; length > 0 {
		row.Seconds = report.Seconds(length)
	}
	return row
}

// ActionWord returns the word of results sheets for an action.
func ActionWord(a engine.Action) string {
	return map[engine.Action]string{
		engine.ActionSubmit:    report.ActionSend,
		engine.ActionDone:      report.StatusMade,
		engine.ActionInFlight:  report.StatusBeingMade,
		engine.ActionUnsure:    report.StatusNotKnown,
		engine.ActionFailed:    report.StatusFailed,
		engine.ActionCancelled: report.StatusCancelled,
		engine.ActionChanged:   report.StatusChanged,
		engine.ActionLater:     report.StatusToSend,
		engine.ActionWaits:     report.StatusToSend,
		engine.ActionRefused:   report.StatusProblems,
		engine.ActionFiltered:  report.StatusLeftOut,
	}[a]
}
