package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/internal/tty"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// print writes a line for people, in colour if the terminal shows it.
func (t *terminal) print(l tty.Line) {
	if t.quiet {
		return
	}
	k := tty.Look{Blocks: true}
	to := t.err
	if isTerminal(t.screen.err) && !plainByWish(os.Getenv) {
		k.Color = tty.LookOf(os.Getenv).Color
		to = t.screen.err
	}
	fitted := l.Fit(math.MaxInt, k)
	text := ""
	for _, s := range fitted {
		text += s.Text
	}
	lines := wording.Prose(text, widthOf(t.screen.err))
	if len(lines) == 1 {
		fmt.Fprintln(to, fitted.Encode(k))
		return
	}
	for _, said := range lines { // in the style of its text, which is the last one
		fmt.Fprintln(to, tty.Line{tty.In(fitted[len(fitted)-1].Style, said)}.Encode(k))
	}
}

// lastScreen says what a run did and what it cost.
func lastScreen(c *reelmerge.Campaign, end *reelmerge.Outcome) []tty.Line {
	lines := append(headline(c, end), tookLine(end)...)
	if c.IsTest() {
		lines = append(lines, tty.Line{tty.In(tty.Warn, c.TestLine())})
	}
	for _, credits := range c.StatusOf(end.Summary).Credits {
		lines = append(lines, note(credits.Said(c.IsTest())))
	}
	if end.Took >= longRun && end.Seen.FarOff() {
		lines = append(lines, note("seen", end.Seen.String()))
	}
	if text := end.Webhooks.String(); text != "" {
		lines = append(lines, tty.Line{tty.In(tty.Plain, text)})
	}
	if n := end.Crowded; n > 0 {
		lines = append(lines, tty.Line{tty.In(tty.Warn, c.Service().Title+" was busy "+times(n)+" with a job that is none of this campaign's: somebody else uses the account")})
	}
	for _, err := range end.FetchFailed {
		lines = append(lines, tty.Line{tty.In(tty.Warn, err.Error())})
	}
	return append(lines, why(end)...)
}

// longRun is the length of a run from which on the screen says how good the estimate was.
const longRun = time.Minute

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func note(name, text string) tty.Line {
	return tty.Line{tty.In(tty.Dim, name+": "), tty.In(tty.Plain, text)}
}

// headline counts the rows of the sheet, and says why nothing more is sent.
func headline(c *reelmerge.Campaign, end *reelmerge.Outcome) []tty.Line {
	look := tty.Good
	t := end.Tally
	switch {
	case t.Failed > 0:
		look = tty.Bad
	case t.Made == 0 || t.ToSend+t.BeingMade+t.NotKnown+t.Changed+t.Problems > 0:
		look = tty.Warn
	}
	lines := []tty.Line{{tty.In(look, t.String())}}
	if end.Plan != nil {
		if text, cure := c.Empty(end.Plan); text != "" {
			lines = append(lines, tty.Line{tty.In(tty.Warn, text)}.Add(tty.Dim, "; %s", cure))
		}
	}
	if end.Interrupted {
		lines = append(lines, tty.Line{tty.In(tty.Warn, "stopped; everything is saved")})
	}
	if end.Held != "" {
		lines = append(lines, tty.Line{tty.In(tty.Warn, "held: "+end.Held)})
	}
	return lines
}

// tookLine says how long the run took. After a long run that ended by itself it also
// gives the first estimate, if that was far off.
func tookLine(end *reelmerge.Outcome) []tty.Line {
	ended := !end.Interrupted && end.Held == ""
	if ended && end.Sent == 0 && end.Took < time.Second {
		if end.Plan != nil && end.Plan.NoneLeft() {
			return nil // the line above says why
		}
		return []tty.Line{{tty.In(tty.Plain, "nothing was left to send")}}
	}
	l := note("took", wording.Lasting(end.Took))
	if end.Estimated <= 0 || !ended || end.Sent == 0 || end.Took < longRun || !learn.FarOff(float64(end.Estimated)/float64(end.Took)) {
		return []tty.Line{l}
	}
	return []tty.Line{l.Add(tty.Dim, "; the first estimate was %s", wording.Lasting(end.Estimated))}
}

// why lists the reasons of this run's failures, with how often each occurred.
func why(end *reelmerge.Outcome) (lines []tty.Line) {
	if len(end.Reasons) == 0 {
		return nil
	}
	lines = append(lines, tty.Line{tty.In(tty.Bold, "why rows failed:")})
	for _, r := range end.Reasons {
		lines = append(lines, tty.Line{}.Add(tty.Bad, "  %s × ", wording.Count(r.Rows)).Add(tty.Plain, "%s", r.Text))
	}
	if end.Others > 0 {
		lines = append(lines, tty.Line{}.Add(tty.Bad, "  %s × ", wording.Count(end.Others)).Add(tty.Plain, "other reasons, see the results"))
	}
	return lines
}

// commander writes a line to copy that runs a command on a campaign; see
// [reelmerge.Campaign.Command].
type commander func(verb string, flags ...string) string

// step is a command that a person would run next, to be copied.
type step struct {
	command string
	purpose string
}

// nextSteps are the commands that a person would run next after a run, the most urgent
// first.
func nextSteps(command commander, limited bool, end *reelmerge.Outcome) []step {
	l := todo{command: command}
	states := end.Summary.States
	going := states[ledger.Planned] + states[ledger.Intended] + states[ledger.Submitted]
	goesOn := end.Interrupted || end.Held != "" && going > 0
	if end.Cure != "" && going+states[ledger.Unsure] > 0 {
		l.steps = append(l.steps, step{"", "first " + end.Cure})
	}
	switch {
	case end.CapReached || end.Unapproved > 0:
		l.add(1, "plan", "look at what waits for an approval, and approve it", "")
	case goesOn && end.GoOn != "":
		l.steps = append(l.steps, step{end.GoOn, "go on where this run stopped"})
	case goesOn:
		l.add(1, "run", "go on where this run stopped", "")
	}
	l.addOpen(states)
	if !goesOn {
		l.add(states[ledger.Submitted], "run", "later: ask for a video not made yet", "later: ask for %s videos not made yet")
	}
	if limited && !goesOn {
		l.add(len(end.Plan.Ready)-end.Sent, "run", "send the row that is left", "send the other %s rows")
	}
	l.addChanged(end.Changed)
	l.add(end.Tally.Problems, "check", "see what is wrong with the row that has problems", "see what is wrong with the %s rows that have problems")
	if n := end.Unapproved; n > 0 {
		l.steps = append(l.steps, step{"", wording.Plural(n, "row") + " not sent, not approved: " + end.Waits})
	}
	if n := end.Waiting; n > 0 {
		l.steps = append(l.steps, step{"", wording.Plural(n, "row") + " not sent, the same as one that is not known"})
	}
	return l.steps
}

// stepsFrom are the commands that a person would run next after looking at the status.
func stepsFrom(command commander, doc reelmerge.Status) []step {
	l := todo{command: command}
	if doc.Running {
		l.add(1, "status --watch", "follow it", "")
		return l.steps
	}
	l.addOpen(doc.States)
	l.addChanged(doc.Changed)
	if doc.Approval != nil && doc.Approval.Waiting > 0 {
		l.add(1, "plan", "look at what waits for an approval, and approve it", "")
	}
	l.add(doc.States[ledger.Planned]+doc.States[ledger.Intended]+doc.States[ledger.Submitted], "run",
		"go on with a row that is not finished", "go on with %s rows that are not finished")
	return l.steps
}

// todo collects steps, each with the number of rows that it is for.
type todo struct {
	command commander
	steps   []step
}

// add takes a command as a verb with its flags.
func (l *todo) add(n int, command, one, many string) {
	if n < 1 {
		return
	}
	purpose := one
	if n > 1 {
		purpose = fmt.Sprintf(many, wording.Count(n))
	}
	words := strings.Fields(command)
	l.steps = append(l.steps, step{l.command(words[0], words[1:]...), purpose})
}

// addOpen adds the decisions that only a person can make.
func (l *todo) addOpen(states map[ledger.State]int) {
	l.add(states[ledger.Unsure], "resolve", "decide a row that is not known", "decide %s rows that are not known")
	l.add(states[ledger.Failed], "retry", "send the failed row again", "send the %s failed rows again")
}

// addChanged adds the two ways to decide about rows that changed.
func (l *todo) addChanged(n int) {
	l.add(n, "run --changed keep", "keep a bought row that changed, or", "keep %s bought rows that changed, or")
	l.add(n, "run --changed redo", "make it again, and pay again", "make all %s again, and pay again")
}

// layOut writes commands below each other, and their purposes beside them if there is
// room.
func layOut(steps []step) (lines []tty.Line) {
	if len(steps) == 0 {
		return nil
	}
	wide, purpose := 0, 0
	for _, s := range steps {
		wide, purpose = max(wide, wording.Cells(s.command)), max(purpose, wording.Cells(s.purpose))
	}
	lines = append(lines, tty.Line{tty.In(tty.Bold, "next:")})
	for _, s := range steps {
		switch {
		case s.command == "":
			lines = append(lines, tty.Line{tty.In(tty.Dim, "  # "+s.purpose)})
		case len("  ")+wide+len("  # ")+purpose > lineWidth:
			lines = append(lines, tty.Line{tty.In(tty.Dim, "  # "+s.purpose)}, tty.Line{tty.In(tty.Plain, "  "+s.command)})
		default:
			lines = append(lines, tty.Line{}.Add(tty.Plain, "  %-*s", wide, s.command).Add(tty.Dim, "  # %s", s.purpose))
		}
	}
	return lines
}

// printNext says what a person would run next, to copy.
func (t *terminal) printNext(steps ...step) {
	for _, l := range layOut(steps) {
		t.print(l)
	}
}
