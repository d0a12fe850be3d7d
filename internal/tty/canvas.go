package tty

import (
	"fmt"
	"io"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// Style is the look of a span, as the parameter of an SGR escape sequence.
type Style string

// The styles, by what they say.
const (
	Plain Style = ""
	Bold  Style = "1"
	Dim   Style = "2"
	Good  Style = "32"
	Bad   Style = "31"
	Warn  Style = "33"
)

// Span is text in one style. The text can come from strangers, so [Line.Fit] removes its
// control characters.
type Span struct {
	Style Style
	Text  string
}

// In is a text in a style.
func In(s Style, text string) Span { return Span{Style: s, Text: text} }

// Line is one line of a terminal.
type Line []Span

// Add returns the line with one more span.
func (l Line) Add(s Style, format string, args ...any) Line {
	return append(l, Span{s, fmt.Sprintf(format, args...)})
}

// Cells is the width of the line, in character cells.
func (l Line) Cells() (n int) {
	for _, s := range l {
		n += wording.Cells(s.Text)
	}
	return n
}

// Fit removes from the line everything that is not text, and cuts it to a width with an
// ellipsis.
func (l Line) Fit(most int, k Look) Line {
	clean := make(Line, len(l))
	for i, s := range l {
		clean[i] = Span{s.Style, wording.Clean(s.Text)}
	}
	if clean.Cells() <= most {
		return clean
	}
	ellipsis := "…"
	if !k.Blocks {
		ellipsis = "..."
	}
	return append(clean.Cut(most-wording.Cells(ellipsis)), Span{Dim, ellipsis})
}

// Cut keeps the part of the line that fits into a width.
func (l Line) Cut(most int) (kept Line) {
	for _, s := range l {
		for i, r := range s.Text {
			if most -= wording.CellsOf(r); most < 0 {
				return append(kept, Span{s.Style, s.Text[:i]})
			}
		}
		kept = append(kept, s)
	}
	return kept
}

// Encode writes the line for a terminal.
func (l Line) Encode(k Look) string {
	var b strings.Builder
	for _, s := range l {
		if !k.Color || s.Style == Plain {
			b.WriteString(s.Text)
			continue
		}
		b.WriteString("\x1b[" + string(s.Style) + "m" + s.Text + "\x1b[0m")
	}
	return b.String()
}

// Canvas redraws a block of lines at the end of a terminal, and leaves the lines above.
// It changes no mode of the terminal, so a killed process leaves the terminal usable. One
// goroutine uses it.
type Canvas struct {
	Out  io.Writer
	Look Look
	Size func() (width, height int)

	shown []int  // cells of the lines that are on the screen
	wide  int    // width of the terminal then
	last  string // the text that was written last
}

// Draw replaces the block, unless it is equal to the one on the screen.
func (c *Canvas) Draw(lines func(width int) []Line) {
	wide, high := c.Size()
	block := make([]string, 0, 16)
	room := make([]int, 0, 16)
	for _, l := range lines(wide - 1) {
		if len(block) == max(1, high-1) {
			break
		}
		fitted := l.Fit(wide-1, c.Look) // a full line would make terminals wrap, each in its way
		block = append(block, fitted.Encode(c.Look))
		room = append(room, fitted.Cells())
	}
	text := strings.Join(block, "\x1b[K\r\n") + "\x1b[K\r\n"
	if text == c.last && wide == c.wide {
		return
	}
	_, _ = io.WriteString(c.Out, c.back(wide, high)+text+"\x1b[J")
	c.shown = room
	c.wide = wide
	c.last = text
}

// Clear removes the block from the screen.
func (c *Canvas) Clear() {
	if c.last == "" {
		return
	}
	wide, high := c.Size()
	_, _ = io.WriteString(c.Out, c.back(wide, high)+"\x1b[J")
	c.shown = nil
	c.last = ""
}

// back moves the cursor to the first line of the block. A terminal that became narrower
// has wrapped the lines into more rows. Those are erased row by row, because terminals
// keep a copy of a screen that is erased as a whole.
func (c *Canvas) back(wide, high int) string {
	rows := 0
	for _, n := range c.shown {
		rows += max(1, (n+wide-1)/wide)
	}
	rows = min(rows, high-1)
	if rows <= 0 {
		return "\r"
	}
	up := fmt.Sprintf("\r\x1b[%dA", rows)
	if wide == c.wide {
		return up
	}
	return up + strings.Repeat("\x1b[2K\x1b[B", rows) + up
}
