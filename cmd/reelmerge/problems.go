package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/tty"
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
		t.listingOn(t.out, t.screen.out).problem(p)
	}
	return exit(exitUsage)
}

// listing is where problems are listed: how wide it is, and whether it shows colours.
type listing struct {
	out   io.Writer
	width int // 0: its lines are not broken
	look  tty.Look
}

// listingOn lists on a stream: as it came if it is a terminal, so that colours reach it.
func (t *terminal) listingOn(cleaned io.Writer, stream any) listing {
	if screen, ok := stream.(io.Writer); ok && isTerminal(stream) && !plainByWish(os.Getenv) {
		return listing{screen, widthOf(stream), tty.LookOf(os.Getenv)}
	}
	return listing{out: cleaned}
}

// problem lists one problem, with its cure in the next lines.
func (l listing) problem(p problem.Problem) {
	marked := tty.Bad
	head := p.Place.String() + ": "
	if !p.IsError() {
		marked = tty.Warn
		head += "warning: "
	}
	head = wording.Clean(head + p.Code + ":")
	for i, text := range wording.Wrap(head+" "+wording.Clean(subject(p)+p.Message), l.width, hintIndent) {
		if rest, ok := strings.CutPrefix(text, head); ok && i == 0 {
			l.line(tty.Line{tty.In(marked, head), tty.In(tty.Plain, rest)})
			continue
		}
		l.line(tty.Line{tty.In(tty.Plain, text)})
	}
	l.hint(p.Hint)
}

// hint says what to do. What stands on further lines is to be pasted: it is not broken.
func (l listing) hint(text string) {
	first, paste, _ := strings.Cut(text, "\n")
	for _, said := range wording.Wrap(wording.Clean(first), max(0, l.width-len(hintIndent)), "") {
		l.line(tty.Line{tty.In(tty.Dim, hintIndent+said)})
	}
	for said := range strings.Lines(paste) {
		l.line(tty.Line{tty.In(tty.Plain, hintIndent+wording.Clean(strings.TrimRight(said, "\n")))})
	}
}

// hintIndent is where cures begin.
const hintIndent = "    "

func (l listing) line(text tty.Line) { fmt.Fprintln(l.out, text.Encode(l.look)) }

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

// problems lists the problems of rows by cause, errors first.
func (l listing) problems(plan *engine.Plan) {
	for _, g := range plan.Problems.Groups() {
		p := g.First
		if g.Count > 1 {
			p.Cell, p.Row, p.Line = "", 0, 0
			p.Message = fmt.Sprintf("%s, in %s rows: %s%s", cmp.Or(p.Cause, p.Message), wording.Count(g.Count), g.CellList(), together(p.Code, plan))
		}
		l.problem(p)
	}
	if hidden := plan.Found + plan.Warnings - len(plan.Problems); hidden > 0 {
		l.line(tty.Line{tty.In(tty.Plain, fmt.Sprintf("… and %s more (--max-problems 0 lists all)", wording.Count(hidden)))})
	}
}

// together says how much the rows cost together that make a video again.
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

// errors lists the problems for which rows are not sent; check lists the others too.
func (l listing) errors(plan *engine.Plan) {
	errors := *plan
	errors.Warnings = 0
	errors.Problems = nil
	for _, p := range plan.Problems {
		if p.IsError() || !inCheck(p) {
			errors.Problems = append(errors.Problems, p)
		}
		if !p.IsError() && !inCheck(p) {
			errors.Warnings++
		}
	}
	l.problems(&errors)
}

// inCheck reports whether check finds a warning as well. One warning arises only with a
// network.
func inCheck(p problem.Problem) bool { return p.Code != "ROW-MEDIA-KEPT" }

// countNotes says how many notes and warnings there are, and which command lists them. If
// they were listed before each run, people would stop reading them.
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
	if t.quiet {
		return
	}
	l := t.listingOn(t.err, t.screen.err)
	for _, n := range plan.Notices {
		for _, said := range wording.Wrap("note: "+wording.Clean(n.Message), l.width, hintIndent) {
			l.line(tty.Line{tty.In(tty.Plain, said)})
		}
		if n.Hint != "" {
			l.hint(n.Hint)
		}
	}
}

func checkDocument(c *reelmerge.Campaign, plan *engine.Plan) checkJSON {
	return checkJSON{
		Campaign: c.File().Name, Rows: plan.Rows.Total, Valid: plan.Rows.Valid, Filtered: plan.Rows.Filtered,
		Count: plan.Found, Warnings: plan.Warnings, Problems: append(problem.List{}, plan.Problems...), Notices: plan.Notices,
	}
}
