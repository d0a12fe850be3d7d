package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// style is the look of a span, as the parameter of an SGR escape sequence.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	good  style = "32"
	bad   style = "31"
	warn  style = "33"
)

// span is text in one style. The text can come from strangers, so [line.fit] removes its
// control characters.
type span struct {
	style style
	text  string
}

// line is one line of a terminal.
type line []span

func (l line) add(s style, format string, args ...any) line {
	return append(l, span{s, fmt.Sprintf(format, args...)})
}

// cells is the width of the line, in character cells.
func (l line) cells() (n int) {
	for _, s := range l {
		n += wording.Cells(s.text)
	}
	return n
}

// fit removes from the line everything that is not text, and cuts it to a width with an
// ellipsis.
func (l line) fit(most int, k look) line {
	clean := make(line, len(l))
	for i, s := range l {
		clean[i] = span{s.style, wording.Clean(s.text)}
	}
	if clean.cells() <= most {
		return clean
	}
	ellipsis := "…"
	if !k.blocks {
		ellipsis = "..."
	}
	return append(clean.cut(most-wording.Cells(ellipsis)), span{dim, ellipsis})
}

// cut keeps the part of the line that fits into a width.
func (l line) cut(most int) (kept line) {
	for _, s := range l {
		for i, r := range s.text {
			if most -= wording.CellsOf(r); most < 0 {
				return append(kept, span{s.style, s.text[:i]})
			}
		}
		kept = append(kept, s)
	}
	return kept
}

// encode writes the line for a terminal.
func (l line) encode(k look) string {
	var b strings.Builder
	for _, s := range l {
		if !k.color || s.style == plain {
			b.WriteString(s.text)
			continue
		}
		b.WriteString("\x1b[" + string(s.style) + "m" + s.text + "\x1b[0m")
	}
	return b.String()
}

// canvas redraws a block of lines at the end of a terminal, and leaves the lines above.
// It changes no mode of the terminal, so a killed process leaves the terminal usable. One
// goroutine uses it.
type canvas struct {
	out  io.Writer
	look look
	size func() (width, height int)

	shown []int  // cells of the lines that are on the screen
	wide  int    // width of the terminal then
	last  string // the text that was written last
}

// draw replaces the block, unless it is equal to the one on the screen.
func (c *canvas) draw(lines func(width int) []line) {
	wide, high := c.size()
	block := make([]string, 0, 16)
	room := make([]int, 0, 16)
	for _, l := range lines(wide - 1) {
		if len(block) == max(1, high-1) {
			break
		}
		fitted := l.fit(wide-1, c.look) // a full line would make terminals wrap, each in its way
		block = append(block, fitted.encode(c.look))
		room = append(room, fitted.cells())
	}
	text := strings.Join(block, "\x1b[K\r\n") + "\x1b[K\r\n"
	if text == c.last && wide == c.wide {
		return
	}
	_, _ = io.WriteString(c.out, c.back(wide, high)+text+"\x1b[J")
	c.shown = room
	c.wide = wide
	c.last = text
}

// clear removes the block from the screen.
func (c *canvas) clear() {
	if c.last == "" {
		return
	}
	wide, high := c.size()
	_, _ = io.WriteString(c.out, c.back(wide, high)+"\x1b[J")
	c.shown = nil
	c.last = ""
}

// back moves the cursor to the first line of the block. A terminal that became narrower
// has wrapped the lines into more rows. Those are erased row by row, because terminals
// keep a copy of a screen that is erased as a whole.
func (c *canvas) back(wide, high int) string {
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
