// Package display draws how a run goes: a block of lines for a terminal, and single lines
// where nothing can be drawn again.
package display

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/tty"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Screen draws a status document as the live display.
type Screen struct {
	reelmerge.Status
	Look      tty.Look
	Now       time.Time
	Onlooking bool // the run belongs to another process
	width     int
}

// longWait is a wait that needs an explanation.
const longWait = 5 * time.Second

// widest is the width of the display on wider terminals, since longer lines are hard to
// read.
const widest = 100

// Draw returns the lines for a terminal of some width.
func (s Screen) Draw(width int) []tty.Line {
	s.width = min(width, widest)
	return s.lines()
}

func (s Screen) lines() []tty.Line {
	blocks := [][]tty.Line{{s.title(), s.bar()}, s.counts(), slices.Concat(s.pace(), s.spent(), s.ends()), s.trouble(), {s.footer()}}
	var lines []tty.Line
	for _, block := range blocks {
		if len(lines) > 0 && len(block) > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, block...)
	}
	return lines
}

// flow writes parts beside each other, and continues below when a line is full.
func (s Screen) flow(head tty.Line, gap string, parts []tty.Line) (lines []tty.Line) {
	l, indent := head, tty.Line{}.Add(tty.Plain, "%*s", head.Cells(), "")
	for i, part := range parts {
		switch {
		case i == 0:
		case l.Cells()+wording.Cells(gap)+part.Cells() > s.width:
			lines = append(lines, l)
			l = indent
		default:
			l = l.Add(tty.Dim, "%s", gap)
		}
		l = slices.Concat(l, part)
	}
	return append(lines, l)
}

// title names the campaign at the left and the time it has taken at the right.
func (s Screen) title() tty.Line {
	l := tty.Line{}.Add(tty.Bold, "%s", s.Campaign).Add(tty.Dim, "%s%s", s.dot(), s.Progress.Service)
	elapsed := wording.Lasting(s.Now.Sub(s.Progress.Began).Truncate(time.Second))
	room := max(0, s.width-wording.Cells(elapsed)-1)
	if l.Cells() > room {
		l = l.Cut(room)
	}
	return l.Add(tty.Dim, "%*s", s.width-l.Cells(), elapsed)
}

func (s Screen) dot() string {
	if s.Look.Blocks {
		return " · "
	}
	return " - "
}

// bar shows the rows that are made, that failed or were cancelled, and that are being
// made, as parts of all rows that this run is to settle.
func (s Screen) bar() tty.Line {
	made, wrong := s.States[ledger.Succeeded], s.States[ledger.Failed]+s.States[ledger.Cancelled]
	total := max(1, s.Progress.Total)
	share := fmt.Sprintf(" %3d%%", min(100, 100*(made+wrong)/total))
	room := max(1, s.width-len(share))
	upTo := func(n int) int { return min(room, n*room/total) }
	a, b, c := upTo(made), upTo(made+wrong), upTo(made+wrong+s.making()+s.States[ledger.Unsure])
	full, half, empty := "█", "▒", "░"
	if !s.Look.Blocks {
		full, half, empty = "#", "+", "."
	}
	return tty.Line{
		tty.In(tty.Good, strings.Repeat(full, a)), tty.In(tty.Bad, strings.Repeat(full, b-a)),
		tty.In(tty.Plain, strings.Repeat(half, c-b)), tty.In(tty.Dim, strings.Repeat(empty, room-c)), tty.In(tty.Bold, share),
	}
}

// making is the number of jobs at the service.
func (s Screen) making() int { return s.States[ledger.Submitted] + s.States[ledger.Intended] }

// counts are the states in the order of a row's life. Each number keeps its width, so
// that the display does not jump.
func (s Screen) counts() []tty.Line {
	room := len(wording.Count(s.Progress.Total))
	var parts []tty.Line
	for _, c := range []struct {
		name  string
		n     int
		style tty.Style
	}{
		{"to send", s.Progress.ToSend, tty.Bold},
		{"being made", s.making(), tty.Bold},
		{"made", s.States[ledger.Succeeded], tty.Good},
		{"failed", s.States[ledger.Failed], tty.Bad},
		{"not known", s.States[ledger.Unsure], tty.Warn},
		{"cancelled", s.States[ledger.Cancelled], tty.Warn},
	} {
		if c.n == 0 && c.name == "cancelled" {
			continue
		}
		if c.n == 0 {
			c.style = tty.Dim
		}
		parts = append(parts, tty.Line{}.Add(tty.Dim, "%s ", c.name).Add(c.style, "%-*s", room, wording.Count(c.n)))
	}
	return s.flow(tty.Line{tty.In(tty.Plain, "  ")}, "  ", parts)
}

func label(name string) tty.Line { return tty.Line{}.Add(tty.Dim, "  %-6s", name) }

func part(format string, args ...any) tty.Line { return tty.Line{}.Add(tty.Plain, format, args...) }

// pace says how fast rows are sent, and which limit keeps them from being sent faster.
func (s Screen) pace() []tty.Line {
	p := s.Progress
	parts := []tty.Line{part("%s of %s", wording.Count(p.Sent), wording.Count(p.Sent+p.ToSend))}
	if p.ToSend == 0 {
		return s.flow(label("sent"), s.dot(), parts)
	}
	if p.PerMinute != nil {
		parts = append(parts, part("%s", Rate(*p.PerMinute)))
	}
	if p.BoundBy != "" {
		parts = append(parts, part("bound by %s", p.BoundBy))
	}
	if p.NextAt != nil && p.NextAt.Sub(s.Now) > longWait {
		parts = append(parts, part("next in %s", wording.Lasting(p.NextAt.Sub(s.Now))))
	}
	return s.flow(label("sent"), s.dot(), parts)
}

// spent shows the balance of each account, and how much of the budget is used.
func (s Screen) spent() (lines []tty.Line) {
	for _, c := range s.Credits {
		name := "spent"
		parts := []tty.Line{part("%s", c.Spent())}
		switch {
		case s.Test:
			name = "cost"
			parts = []tty.Line{part("%s would be charged", c.Spent())}
		case c.Reserved > 0:
			parts = append(parts, part("%s set aside", c.SetAside()))
		}
		if budget := s.Progress.Budget; budget != nil && *budget > 0 {
			used := c.Charged.Plus(c.Reserved).Ratio(100, int64(*budget))
			parts = append(parts, part("%d%% of %s", int64(used), budget.In(c.Unit)))
		}
		lines = append(lines, s.flow(label(name), s.dot(), parts)...)
	}
	return lines
}

// ends says when the run is expected to end, and the first estimate of that.
func (s Screen) ends() []tty.Line {
	p := s.Progress
	var parts []tty.Line
	switch {
	case p.CallbacksUntil != nil:
		return s.flow(label("ends"), s.dot(), []tty.Line{part("%s", Awaited(s.Status, s.Now))})
	case s.Held != "" && s.making() == 0:
		parts = append(parts, part("now: nothing more is sent"))
	case p.Ends == nil:
		parts = append(parts, part("not known until the first video is made"))
	case !p.Ends.After(s.Now):
		parts = append(parts, part("any moment"))
	default:
		parts = append(parts, part("%s, in about %s", wording.Moment(*p.Ends, s.Now), wording.Lasting(p.Ends.Sub(s.Now))))
	}
	if p.Ends != nil && p.StopAt != nil && p.Ends.After(*p.StopAt) && p.ToSend > 0 {
		parts = append(parts, tty.Line{}.Add(tty.Warn, "after the stop time %s", wording.Moment(*p.StopAt, s.Now)))
	}
	if p.Ends != nil && p.FirstEnds != nil && farOff(p.FirstEnds.Sub(p.Began), p.Ends.Sub(p.Began)) {
		parts = append(parts, tty.Line{}.Add(tty.Dim, "first estimate %s", wording.Moment(*p.FirstEnds, s.Now)))
	}
	return s.flow(label("ends"), s.dot(), parts)
}

// Awaited says what an otherwise finished run waits for.
func Awaited(doc reelmerge.Status, now time.Time) string {
	return fmt.Sprintf("waits until %s for callbacks about %s not known", wording.Moment(*doc.Progress.CallbacksUntil, now), wording.Plural(doc.States[ledger.Unsure], "row"))
}

// farOff reports whether an estimate was off by more than a tenth.
func farOff(estimate, truth time.Duration) bool { return 10*(truth-estimate).Abs() > estimate.Abs() }

// trouble lists the last rows that failed or became unsure.
func (s Screen) trouble() (lines []tty.Line) {
	for _, t := range s.Progress.Trouble {
		look := tty.Bad
		if t.State == ledger.Unsure {
			look = tty.Warn
		}
		lines = append(lines, tty.Line{}.Add(look, "  row %d %s", t.Row, Words(t.State)).Add(tty.Plain, ": %s", reelmerge.PlainReason(t.Reason)))
	}
	return lines
}

// footer says what a person can do.
func (s Screen) footer() tty.Line {
	switch {
	case s.Progress.Stopping:
		return tty.Line{}.Add(tty.Warn, "  Stopping: requests on their way are waited for. Ctrl-C again leaves at once.")
	case s.Progress.CallbacksUntil != nil && !s.Onlooking:
		return tty.Line{}.Add(tty.Dim, "  Ctrl-C ends the wait; then decide with reelmerge resolve.")
	case s.Held != "":
		return tty.Line{}.Add(tty.Warn, "  Holds: %s.", s.Held)
	case s.Onlooking:
		return tty.Line{}.Add(tty.Dim, "  The run goes on in its own process; Ctrl-C ends only this display.")
	}
	return tty.Line{}.Add(tty.Dim, "  Ctrl-C stops and saves; run it again to go on.")
}

// Rate writes a speed in a unit that gives a small number.
func Rate(perMinute float64) string {
	switch {
	case perMinute >= 120:
		return fmt.Sprintf("%.0f a second", perMinute/60)
	case perMinute >= 2:
		return fmt.Sprintf("%.0f a minute", perMinute)
	}
	return fmt.Sprintf("%.0f an hour", perMinute*60)
}

// Words is the state of a row that failed or became unsure.
func Words(s ledger.State) string {
	if s == ledger.Unsure {
		return "is not known"
	}
	return report.StatusOf(&ledger.Entry{State: s})
}
