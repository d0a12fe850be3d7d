package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// checkJSON is the document of `check --json`.
type checkJSON struct {
	Campaign string           `json:"campaign"`
	Rows     int              `json:"rows"`
	Valid    int              `json:"valid"`
	Filtered int              `json:"filtered"`
	Count    int              `json:"problem_count"` // of errors
	Warnings int              `json:"warning_count"`
	Problems problem.List     `json:"problems"`
	Notices  []sources.Notice `json:"notices,omitempty"`
}

// refuse lists the problems of a campaign, template or sheet as a whole, and ends
// the command: nothing was sent.
func (t *terminal) refuse(problems problem.List) error {
	if t.json {
		doc := checkJSON{Problems: problems}
		doc.Count, doc.Warnings = problems.Count()
		if err := t.printJSON(doc); err != nil {
			return err
		}
		return exit(exitUsage)
	}
	for _, p := range problems {
		fmt.Fprintln(t.out, problemLine(p))
	}
	return exit(exitUsage)
}

// problemLine is one problem on one line, with its cure on a second.
func problemLine(p problem.Problem) string {
	var b strings.Builder
	b.WriteString(p.Place.String() + ": ")
	if !p.IsError() {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Code + ": " + subject(p) + p.Message)
	text := wording.Clean(b.String())
	if p.Hint != "" {
		text += "\n    " + wording.Clean(p.Hint)
	}
	return text
}

// subject names the column and variable unless the message does.
func subject(p problem.Problem) string {
	switch {
	case p.Column != "" && !strings.Contains(p.Message, p.Column):
		return fmt.Sprintf("column %q: ", p.Column)
	case p.Column == "" && p.Variable != "" && !strings.Contains(p.Message, p.Variable):
		return fmt.Sprintf("variable %q: ", p.Variable)
	}
	return ""
}

// group is one cause of problems and the cells it was found in.
type group struct {
	first problem.Problem
	cells []string
	count int
}

// groups puts problems of the same rule, column and message together: a person
// mends causes, not cells.
func groups(problems problem.List) []*group {
	index := map[string]*group{}
	var list []*group
	for _, p := range problems {
		id := strings.Join([]string{p.Severity.String(), p.Code, p.Column, p.Variable, cmp.Or(p.Cause, p.Message)}, "\x00")
		g := index[id]
		if g == nil {
			g = &group{first: p}
			index[id] = g
			list = append(list, g)
		}
		g.count++
		if len(g.cells) < shownCells {
			g.cells = append(g.cells, cellName(p))
		}
	}
	return list
}

const shownCells = 8

func cellName(p problem.Problem) string {
	name := p.Cell
	if name == "" {
		name = fmt.Sprintf("row %d", p.Row)
	}
	if p.Like > 0 {
		name += fmt.Sprintf(" (as row %d)", p.Like)
	}
	return name
}

// printProblems lists the problems of rows by cause.
func printProblems(out io.Writer, plan *engine.Plan) {
	for _, g := range groups(plan.Problems) {
		if g.count == 1 {
			fmt.Fprintln(out, problemLine(g.first))
			continue
		}
		p := g.first
		p.Cell, p.Row, p.Line = "", 0, 0
		p.Message = fmt.Sprintf("%s, in %s rows: %s%s", cmp.Or(p.Cause, p.Message), wording.Count(g.count), cellList(g), together(p.Code, plan))
		fmt.Fprintln(out, problemLine(p))
	}
	if hidden := plan.Found + plan.Warnings - len(plan.Problems); hidden > 0 {
		fmt.Fprintf(out, "… and %s more (--max-problems 0 lists all)\n", wording.Count(hidden))
	}
}

// together says what all rows cost that make a video again.
func together(code string, plan *engine.Plan) string {
	var costs []string
	for account, sum := range plan.Repeated {
		if sum.Rows > 0 {
			costs = append(costs, sum.Likely.In(account.Unit))
		}
	}
	if code != "ROW-DUPLICATE-VIDEO" || len(costs) == 0 {
		return ""
	}
	slices.Sort(costs)
	return "; together they cost " + strings.Join(costs, " and ") + " more"
}

func cellList(g *group) string {
	list := strings.Join(g.cells, ", ")
	if g.count > len(g.cells) {
		list += ", …"
	}
	return list
}

// printErrors lists the problems for which rows are not sent; check has the others.
func printErrors(out io.Writer, plan *engine.Plan) {
	errors := *plan
	errors.Warnings, errors.Problems = 0, nil
	for _, p := range plan.Problems {
		if p.IsError() || !inCheck(p) {
			errors.Problems = append(errors.Problems, p)
		}
		if !p.IsError() && !inCheck(p) {
			errors.Warnings++
		}
	}
	printProblems(out, &errors)
}

// inCheck reports whether check finds a warning too: one does not come about without a
// network.
func inCheck(p problem.Problem) bool { return p.Code != "ROW-MEDIA-KEPT" }

// countNotes says how many notes and warnings there are, and which command has them:
// one that is read before each run is soon not read any more.
func (a *app) countNotes(plan *engine.Plan) {
	var parts []string
	if n := len(plan.Notices); n > 0 {
		parts = append(parts, wording.Plural(n, "note"))
	}
	n := plan.Warnings
	for _, p := range plan.Problems {
		if !p.IsError() && !inCheck(p) {
			n--
		}
	}
	if n > 0 {
		parts = append(parts, wording.Plural(n, "warning"))
	}
	if len(parts) > 0 {
		a.say("%s: %s", strings.Join(parts, ", "), a.campaign.Command("check"))
	}
}

func (t *terminal) printNotices(plan *engine.Plan) {
	for _, n := range plan.Notices {
		text := "note: " + n.Message
		if n.Hint != "" {
			text += " (" + n.Hint + ")"
		}
		t.say("%s", text)
	}
}

func checkDocument(c *reelmerge.Campaign, plan *engine.Plan) checkJSON {
	return checkJSON{
		Campaign: c.File().Name, Rows: plan.Rows.Total, Valid: plan.Rows.Valid, Filtered: plan.Rows.Filtered,
		Count: plan.Found, Warnings: plan.Warnings, Problems: append(problem.List{}, plan.Problems...), Notices: plan.Notices,
	}
}
