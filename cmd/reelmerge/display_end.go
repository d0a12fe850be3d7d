package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// print writes a line for people, in colour where that can be seen.
func (a *app) print(l line) {
	if a.quiet {
		return
	}
	k, to := look{blocks: true}, a.err
	if isTerminal(a.screen.err) && !plainByWish(os.Getenv) {
		k.color, to = lookOf(os.Getenv).color, a.screen.err
	}
	fmt.Fprintln(to, l.fit(math.MaxInt, k).encode(k))
}

// lastScreen says what happened and what it cost.
func (s *setup) lastScreen(end ending) []line {
	lines, cost := append(end.headline(), end.course.line(end)), "spent"
	if s.isTest() {
		lines, cost = append(lines, line{{warn, testLine}}), "cost"
	}
	for _, text := range s.bookLines(end.summary) {
		lines = append(lines, note(cost, text))
	}
	if text := end.seen.String(); text != "" {
		lines = append(lines, note("seen", text))
	}
	if text := end.mail.line(); text != "" {
		lines = append(lines, line{{plain, text}})
	}
	if n := end.outcome.Crowded; n > 0 {
		lines = append(lines, line{{warn, s.service.Title + " was busy " + times(n) + " with a job that is none of this campaign's: somebody else uses the account"}})
	}
	for _, err := range end.outcome.FetchFailed {
		lines = append(lines, line{{warn, err.Error()}})
	}
	return append(lines, end.course.why()...)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func note(name, text string) line { return line{{dim, name + ": "}, {plain, text}} }

// headline counts rows by state, and says why nothing more is sent.
func (e ending) headline() []line {
	look := good
	switch states := e.summary.States; {
	case states[ledger.Failed] > 0:
		look = bad
	case states[ledger.Succeeded] == 0 || states[ledger.Planned]+states[ledger.Submitted]+states[ledger.Unsure] > 0:
		look = warn
	}
	lines := []line{{{look, statesLine(e.summary.States) + changedToo(e.changed)}}}
	if e.outcome.Interrupted {
		lines = append(lines, line{{warn, "stopped; everything is saved"}})
	}
	if e.outcome.Held != "" {
		lines = append(lines, line{{warn, "held: " + e.outcome.Held}})
	}
	return lines
}

// line says how long the run took, and where it came to its end how far the
// first estimate was off.
func (c course) line(e ending) line {
	if e.outcome.Sent == 0 && c.took < time.Second && !e.outcome.Interrupted && e.outcome.Held == "" {
		return line{{plain, "nothing was left to send"}}
	}
	l := note("took", wording.Brief(c.took))
	if c.estimated <= 0 || e.outcome.Interrupted || e.outcome.Held != "" || e.outcome.Sent == 0 {
		return l
	}
	return l.add(dim, "; the first estimate was %s, %s", wording.Brief(c.estimated), offBy(c.estimated, c.took))
}

// offBy compares an estimate with what came out.
func offBy(estimate, truth time.Duration) string {
	switch percent := math.Round(100 * (float64(estimate)/float64(max(1, truth)) - 1)); {
	case percent >= 100:
		return fmt.Sprintf("%.1f times as long", float64(estimate)/float64(max(1, truth)))
	case percent >= 1:
		return fmt.Sprintf("%.0f %% too long", percent)
	case percent <= -1:
		return fmt.Sprintf("%.0f %% too short", -percent)
	}
	return "just right"
}

// why are the reasons of this run's failures, with how often each came.
func (c course) why() (lines []line) {
	if len(c.reasons) == 0 {
		return nil
	}
	lines = append(lines, line{{bold, "why rows failed:"}})
	for _, r := range c.reasons {
		lines = append(lines, line{}.add(bad, "  %s × ", wording.Count(r.rows)).add(plain, "%s", r.text))
	}
	if c.others > 0 {
		lines = append(lines, line{}.add(bad, "  %s × ", wording.Count(c.others)).add(plain, "other reasons, see the results"))
	}
	return lines
}

// step is a command that a person would run next, to copy.
type step struct {
	command string
	purpose string
}

// nextSteps are the commands that a person would run next, the most urgent
// first.
func (s *setup) nextSteps(j sending, end ending) []step {
	l := todo{setup: s}
	states := end.summary.States
	going := states[ledger.Planned] + states[ledger.Intended] + states[ledger.Submitted]
	goesOn := end.outcome.Interrupted || end.outcome.Held != "" && going > 0
	if goesOn {
		l.add(1, "run", "go on where this run stopped", "")
	}
	l.addOpen(states)
	if !goesOn {
		l.add(states[ledger.Submitted], "run", "later: ask for a video not made yet", "later: ask for %s videos not made yet")
	}
	if j.flags.limit > 0 && !goesOn {
		l.add(len(j.plan.Ready)-end.outcome.Sent, "run", "send the row that is left", "send the other %s rows")
	}
	l.addChanged(end.changed)
	if n := end.outcome.Waiting; n > 0 {
		l.steps = append(l.steps, step{"", wording.Plural(n, "row") + " not sent, the same as one that nobody knows about"})
	}
	return l.steps
}

// stepsFrom are the commands that a person would run next who looks at where a
// campaign stands.
func (s *setup) stepsFrom(doc statusJSON) []step {
	l := todo{setup: s}
	if doc.Running {
		l.add(1, "status --watch", "follow it", "")
		return l.steps
	}
	l.addOpen(doc.States)
	l.addChanged(doc.Changed)
	l.add(doc.States[ledger.Planned]+doc.States[ledger.Intended]+doc.States[ledger.Submitted], "run",
		"go on with a row that is not finished", "go on with %s rows that are not finished")
	return l.steps
}

// todo collects steps, each with the number of rows that it is for.
type todo struct {
	setup *setup
	steps []step
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
	l.steps = append(l.steps, step{l.setup.command(words[0], words[1:]...), purpose})
}

// addOpen adds what only a person can decide.
func (l *todo) addOpen(states map[ledger.State]int) {
	l.add(states[ledger.Unsure], "resolve", "decide a row that nobody knows about", "decide %s rows that nobody knows about")
	l.add(states[ledger.Failed], "retry", "send the failed row again", "send the %s failed rows again")
}

// addChanged adds the two ways to decide about rows that changed.
func (l *todo) addChanged(n int) {
	l.add(n, "run --changed keep", "keep a bought row that changed, or", "keep %s bought rows that changed, or")
	l.add(n, "run --changed redo", "make it again, and pay again", "make all %s again, and pay again")
}

// layOut puts commands under each other, and what they do beside them as far as
// that stays readable.
func layOut(steps []step) (lines []line) {
	if len(steps) == 0 {
		return nil
	}
	wide, purpose := 0, 0
	for _, s := range steps {
		wide, purpose = max(wide, cells(s.command)), max(purpose, cells(s.purpose))
	}
	lines = append(lines, line{{bold, "next:"}})
	for _, s := range steps {
		switch {
		case s.command == "":
			lines = append(lines, line{{dim, "  # " + s.purpose}})
		case len("  ")+wide+len("  # ")+purpose > lineWidth:
			lines = append(lines, line{{dim, "  # " + s.purpose}}, line{{plain, "  " + s.command}})
		default:
			lines = append(lines, line{}.add(plain, "  %-*s", wide, s.command).add(dim, "  # %s", s.purpose))
		}
	}
	return lines
}

// printNext says what a person would run next, to copy.
func (a *app) printNext(steps ...step) {
	for _, l := range layOut(steps) {
		a.print(l)
	}
}
