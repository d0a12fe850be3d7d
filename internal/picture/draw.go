package main

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"
)

// The measures of the picture, in pixels.
const (
	width      = 1000
	lineHeight = 24
	titleBar   = 30
	gap        = 24
)

// canvas collects the elements of an SVG.
// Coordinates are whole pixels.
type canvas struct{ bytes.Buffer }

// draw draws the first sheet beside the terminal, the second sheet below both, and the
// videos below that.
func draw(before [][]string, said []string, after [][]string, stills [][]byte) []byte {
	var body canvas
	// The terminal decides the height of the upper half; the sheet stands in its middle.
	tall := titleBar + lineHeight*len(said) + 16
	small := titleBar + lineHeight*len(before) + 8
	body.sheet(0, (tall-small)/2, 280, "customers.csv", before, []int{112, 98, 70})
	body.arrow(286, tall/2, 314, tall/2)
	body.terminal(322, 0, width-322, tall, said)
	below := tall + gap + 16
	body.arrow(width/2, tall+6, width/2, below-8)
	body.sheet(0, below, width, "results.csv", after, []int{120, 110, 90, 120, 300, 140, 120})
	high := below + titleBar + lineHeight*len(after) + 8 + gap
	room := (width - gap*(len(stills)-1)) / len(stills)
	for i, still := range stills {
		body.video(i*(room+gap), high, room, still)
	}
	high += room*9/16 + 2

	// The margin of two pixels keeps the borders from being cut. Fonts are those that a
	// reader's system has: a picture in a page loads none.
	var b canvas
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 %d %d" width="%d" role="img" aria-label="%s">`+"\n", width+4, high+4, width,
		escaped("A sheet of customers, what the program says about it, and the sheet that comes back, with a video for every row"))
	b.WriteString(`<style>text{font:14px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}.mono{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#d1d7e0}.typed{fill:#fff;font-weight:bold}.head{font-weight:bold}.title{fill:#59636e}.link{fill:#0969da;text-decoration:underline}</style>` + "\n")
	b.Write(body.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (b *canvas) box(x, y, w, h int, fill, stroke string) {
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", x, y, w, h, fill, stroke)
}

func (b *canvas) text(x, y int, class, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, escaped(text))
}

// sheet draws a table with its name above it.
func (b *canvas) sheet(x, y, w int, title string, rows [][]string, widths []int) {
	b.box(x, y, w, titleBar+lineHeight*len(rows)+8, "#ffffff", "#8b949e")
	b.text(x+12, y+20, "title", title)
	for i, row := range rows {
		top, left := y+titleBar+lineHeight*i, x
		fmt.Fprintf(b, `<path d="M%d %dh%d" stroke="#d1d9e0"/>`+"\n", x, top, w)
		for j, cell := range row {
			class := ""
			switch {
			case i == 0:
				class = "head"
			case strings.HasPrefix(cell, "http"):
				class = "link"
			}
			b.text(left+12, top+17, class, cell)
			left += widths[j]
		}
	}
}

// terminal draws what was typed and what was said.
func (b *canvas) terminal(x, y, w, h int, lines []string) {
	b.box(x, y, w, h, "#161b22", "#161b22")
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(b, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`+"\n", x+18+20*i, y+16, colour)
	}
	for i, line := range lines {
		class := "mono"
		if strings.HasPrefix(line, "$ ") {
			class = "mono typed"
		}
		b.text(x+16, y+titleBar+lineHeight*i+18, class, line)
	}
}

// video draws the first picture of a video, with the mark that plays it.
func (b *canvas) video(x, y, w int, still []byte) {
	h := w * 9 / 16
	fmt.Fprintf(b, `<image x="%d" y="%d" width="%d" height="%d" href="data:image/png;base64,%s"/>`+"\n", x, y, w, h, base64.StdEncoding.EncodeToString(still))
	cx, cy := x+w/2, y+h*2/3
	fmt.Fprintf(b, `<circle cx="%d" cy="%d" r="22" fill="#ffffff" fill-opacity="0.9"/><path d="M%d %dl18 11l-18 11z" fill="#1f2328"/>`+"\n", cx, cy, cx-6, cy-11)
}

// arrow draws a line to the right, or down, with a head at its end.
func (b *canvas) arrow(x1, y1, x2, y2 int) {
	dx, dy := sign(x2-x1), sign(y2-y1)
	fmt.Fprintf(b, `<path d="M%d %dL%d %dm%d %dL%d %dL%d %d" fill="none" stroke="#8b949e" stroke-width="2.5"/>`+"\n",
		x1, y1, x2, y2, -7*dx-7*dy, -7*dy-7*dx, x2, y2, x2-7*dx+7*dy, y2-7*dy+7*dx)
}

func sign(n int) int { return max(-1, min(1, n)) }

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
