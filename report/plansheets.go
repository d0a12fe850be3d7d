package report

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report/internal/workbook"
)

// rowSheet has one line for every row of the customer's sheet, also for the rows that are
// not sent, with the reason.
func (b PlanBook) rowSheet() planSheet {
	first, rest := readFirst(costNames())
	names := slices.Concat([]string{"Row", "Key", "What a run does", "Seconds, likely"}, first,
		[]string{"What the video says", "Why it is not sent", "What to do"}, rest, []string{"Prices of", "Spent so far", "Set aside now"})
	fills := fillsByWord()
	return planSheet{sheetRows, columns(names, 7, 16, 15, 14, 10, 9, 14, 9, widest, 32, 32, 12, 14, 10, 10, 18, 13, 13, 12, 14, 14), func(yield func([]workbook.Cell, error) bool) {
		for row, err := range b.Rows {
			if !yield(row.cells(fills), err) {
				return
			}
		}
	}}
}

// cells are the cells of a row's line. A row that is not sent has no cost; its cells
// there stay empty.
func (r PlanRow) cells(fills map[string]int) []workbook.Cell {
	cost := make([]workbook.Cell, len(costNames()))
	if r.Action == ActionSend {
		cost = r.Cost.cells()
	}
	seconds := workbook.Cell{}
	if r.Seconds != nil {
		seconds = workbook.Cell{Text: strconv.FormatFloat(*r.Seconds, 'f', -1, 64), Number: true, Amount: true}
	}
	first, rest := readFirst(cost)
	return slices.Concat([]workbook.Cell{count(r.Row), words(r.Key), {Text: r.Action, Fill: fills[r.Action]}, seconds}, first,
		[]workbook.Cell{words(wording.Clean(r.Says)), words(wording.Clean(r.Reason)), words(wording.Clean(r.WhatToDo))}, rest,
		[]workbook.Cell{words(r.Priced), exact(r.Charged), exact(r.Reserved)})
}

// readFirst splits the columns of a cost into those that a person reads first, which are
// printed with the row (likely, unit, and likely in money with its currency), and the rest.
func readFirst[T any](cost []T) (first, rest []T) {
	return []T{cost[4], cost[2], cost[9], cost[7]}, []T{cost[0], cost[1], cost[3], cost[5], cost[6], cost[8], cost[10]}
}

// fillsByWord returns the number of the colours for each word. Numbers begin with 1: 0 is
// a cell without colour.
func fillsByWord() map[string]int {
	byWord := map[string]int{}
	list, _ := statusFills()
	for i, word := range list {
		byWord[word] = i + 1
	}
	byWord[ActionSend] = byWord[StatusMade]
	return byWord
}

// costNames are the columns of a cost.
func costNames() []string {
	return []string{
		"Service", "Payer", "Unit", "Least", "Likely", "Most", "How it is known",
		"Currency", "Money, least", "Money, likely", "Money, most",
	}
}

func (c Cost) cells() []workbook.Cell {
	cells := []workbook.Cell{words(c.Provider), words(c.Payer), words(c.Unit), perhaps(c.Low), perhaps(c.Likely), perhaps(c.High), words(HowKnown(c.Basis, c.service()))}
	if m := c.Money; m != nil {
		return append(cells, words(m.Currency), exact(m.Low), exact(m.Likely), exact(m.High))
	}
	return append(cells, make([]workbook.Cell, 4)...)
}

// costSheet has one line per account, with what it has paid already.
func (p PlanPage) costSheet() planSheet {
	names := append(costNames(), "Prices of", "Rows without a price", "Spent already", "Being made, at most", "Not known, at most")
	spent := map[string]Spent{}
	for _, s := range p.Spent {
		spent[s.account()] = s
	}
	costs := p.Cost
	for _, s := range p.Spent { // an account with charges before, to which this run adds none
		if !p.charges(s) {
			costs = append(costs[:len(costs):len(costs)], Cost{Provider: s.Provider, Payer: s.Payer, Unit: s.Unit})
		}
	}
	return planSheet{sheetCosts, columns(names, 12, 14, 12, 13, 13, 13, 16, 9, 13, 13, 13, 12, 21, 15, 21, 21), all(costs, func(c Cost) []workbook.Cell {
		asOf := ""
		s := spent[c.account()]
		if c.Money != nil {
			asOf = c.Money.AsOf
		}
		return append(c.cells(), words(asOf), count(c.UnknownRows), exact(s.Charged), exact(s.InFlight), exact(s.Unsure))
	})}
}

// charges reports whether this run would charge the account.
func (p PlanPage) charges(s Spent) bool {
	for _, c := range p.Cost {
		if c.account() == s.account() {
			return true
		}
	}
	return false
}

// groupSheet has every group; the page adds the cheaper ones up.
func (p PlanPage) groupSheet() planSheet {
	by := wording.Clean(p.GroupedBy)
	if by == "" {
		by = "Group"
	}
	names := append([]string{by, "Rows"}, costNames()...)
	return planSheet{sheetGroups, columns(names, 30, 9, 12, 14, 10, 13, 13, 13, 16, 9, 13), all(p.Groups, func(g Group) []workbook.Cell {
		return append([]workbook.Cell{words(g.name()), count(g.Rows)}, g.Cost.cells()...)
	})}
}

// dearestSheet, riskSheet and refusedSheet have the rows that a person should look at
// before the run.
func (p PlanPage) dearestSheet() planSheet {
	names := append([]string{"Row", "Key"}, costNames()...)
	return planSheet{sheetDearest, columns(names, 8, 22, 12, 14, 10, 13, 13, 13, 16, 9, 13), all(p.dearest(), func(r RowCost) []workbook.Cell {
		return append([]workbook.Cell{count(r.Row), words(r.Key)}, r.Cost.cells()...)
	})}
}

func (p PlanPage) riskSheet() planSheet { return planSheet{sheetRisk, noteColumns(), notes(p.AtRisk)} }

func (p PlanPage) refusedSheet() planSheet {
	return planSheet{sheetRefused, noteColumns(), notes(p.Refused)}
}

// changedSheet and goneSheet have the rows about which a person decides.
func (p PlanPage) changedSheet() planSheet {
	return planSheet{sheetChanged, noteColumns(), notes(p.Changed)}
}

func (p PlanPage) goneSheet() planSheet { return planSheet{sheetGone, noteColumns(), notes(p.Gone)} }

func noteColumns() []workbook.Column {
	return columns([]string{"Row", "Key", "Why", "What to do"}, 7, 22, widest, widest)
}

func notes(list []RowNote) iter.Seq2[[]workbook.Cell, error] {
	return all(list, func(n RowNote) []workbook.Cell {
		return []workbook.Cell{count(n.Row), words(n.Key), words(wording.Clean(n.Reason)), words(wording.Clean(n.WhatToDo))}
	})
}

// figureSheet is the first sheet that a person sees: the plan in a few figures.
func (p PlanPage) figureSheet() planSheet {
	type figure struct {
		name string
		cell workbook.Cell
	}
	figures := []figure{
		{"Campaign", words(wording.Clean(p.Campaign))}, {"Sheet", words(wording.Clean(p.Source))}, {"Made on", words(when(p.At))},
		{"Rows in the sheet", count(p.Rows.Total)}, {"Rows that can be sent", count(p.Rows.Valid)}, {"Rows with problems", count(p.Rows.Refused)},
		{"Rows left out by the filter", count(p.Rows.FilteredBy.Where)}, {"Rows on the list of rows.suppress", count(p.Rows.FilteredBy.Suppress)},
		{"Rows without a consent", count(p.Rows.FilteredBy.Consent)}, {"Videos to send", count(p.Actions.Submit)}, {"Made already", count(p.Actions.Done)},
		{"Being made", count(p.Actions.InFlight)}, {"Not known: to decide", count(p.Actions.Unsure)}, {"Failed before", count(p.Actions.Failed)},
		{"Cancelled", count(p.Actions.Cancelled)}, {"Changed since they were made", count(p.Actions.Changed)}, {"Gone from the sheet", count(p.Actions.Removed)},
	}
	for _, c := range p.Cost {
		figures = append(figures, figure{"Likely cost, in " + c.account(), words(c.total() + ", " + HowKnown(c.Basis, c.service()))})
		if c.Money != nil {
			figures = append(figures, figure{"Likely cost, in money", words(c.dated())})
		}
	}
	for _, r := range p.timeRows() {
		figures = append(figures, figure{strings.ToUpper(r[0][:1]) + r[0][1:], words(wording.Clean(r[1]))})
	}
	for _, m := range p.Missing {
		figures = append(figures, figure{"To know more, tell it", words(wording.Clean(m))})
	}
	if p.Run != "" {
		figures = append(figures, figure{"To do it", words(wording.Clean(p.Run))})
	}
	return planSheet{sheetFigures, columns([]string{"What", "Value"}, 34, widest), all(figures, func(f figure) []workbook.Cell {
		return []workbook.Cell{words(f.name), f.cell}
	})}
}
