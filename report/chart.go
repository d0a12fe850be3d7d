package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// chart is a figure of a page. It has the same picture for screens of three
// widths, of which the style sheet shows one, so that letters keep their size.
type chart struct {
	Title    string
	Pictures []picture
}

// picture is a chart for one kind of screen: what the page's template draws, in
// units that are pixels where the screen has the picture's width.
type picture struct {
	Class, ID  string
	Title, Alt string // a screen reader reads them out
	Width      px
	Height     px

	Rules  []rule
	Bars   []rect
	Curves []curve
	Keys   []key
	Texts  []label

	plot frame
}

// px is a place or a length in a picture.
type px float64

// String writes the length with one decimal. A screen shows no more, and a page with
// thousands of points stays small.
func (v px) String() string {
	return strconv.FormatFloat(math.Round(10*float64(v))/10, 'f', -1, 64)
}

// frame is a part of a picture.
type frame struct{ left, top, right, bottom px }

// rule is a line of the grid, and one that is strong is where an axis begins.
type rule struct {
	From, To, At px
	Upright      bool
	Strong       bool
}

// rect is a bar, with what is said where a mouse rests on it.
type rect struct {
	X, Y, Width, Height px
	Says                string
}

// curve is a line over time. Its look is a class of the style sheet.
type curve struct {
	Look, Path string
	X, Y       px // the end of the curve, drawn as a dot
}

// key shows the look of a curve beside its name.
type key struct {
	Look     string
	From, To px
	Y        px
}

// drawing is a chart before its size is known. Text cannot be scaled with a picture and
// stay readable, so each drawing is drawn once for each width of screen.
type drawing struct {
	title, unit, alt string
	draw             func(p *picture)
}

// render draws each chart of a page for three widths. The style sheet decides by the
// width of the screen which of the three is shown.
func render(all []drawing) []chart {
	charts := make([]chart, len(all))
	for i, d := range all {
		charts[i].Title = d.title
		title := d.title
		if d.unit != "" {
			title += ", in " + Shorten(d.unit, 60)
		}
		for _, screen := range []picture{{Class: "wide", Width: 928}, {Class: "mid", Width: 576}, {Class: "slim", Width: 344}} {
			screen.ID = fmt.Sprintf("chart%d-%s", i+1, screen.Class)
			screen.Title = title
			screen.Alt = d.alt
			d.draw(&screen)
			charts[i].Pictures = append(charts[i].Pictures, screen)
		}
	}
	return charts
}

// Distances within pictures.
const (
	gap      px = 8   // between a label and what it belongs to
	line     px = 20  // from one line of text to the next
	drawn    px = 200 // height of what is drawn of curves and of a histogram
	thick    px = 16  // of a bar
	sliver   px = 2   // the shortest bar that can be seen
	keyWidth px = 24
)

// bar is one value of a bar chart, with its name and the text that stands at its end.
type bar struct {
	name  string
	value float64
	label string
}

// bars draws one bar per name, the first on top, each with its number.
func bars(title string, m measure, list []bar) drawing {
	var said []string
	for i, b := range list {
		list[i].name = Shorten(b.name, 120)
		said = append(said, Shorten(b.name, 60)+" "+b.label)
	}
	return drawing{title: title, unit: m.unit, alt: strings.Join(said, "; ") + ".", draw: func(p *picture) { p.drawBars(m, list) }}
}

// drawBars puts names beside the bars where there is room for the longest, and
// above them where there is not.
func (p *picture) drawBars(m measure, list []bar) {
	var names, numbers px
	most := 0.0
	for _, b := range list {
		names = max(names, textWidth(b.name))
		numbers = max(numbers, textWidth(b.label))
		most = max(most, b.value)
	}
	left, above := names+gap, px(0)
	// Long names would leave too little room for the bars beside them.
	if left > p.Width*0.4 || left+numbers > p.Width*0.7 {
		left, above = gap/2, line
	}
	row := above + thick + 10
	p.plot = frame{left: left, top: 2, right: p.Width - numbers - gap, bottom: 2 + row*px(len(list))}
	s := p.across(0, cmp.Or(most, 1), m.ticks)
	if above == 0 {
		p.Rules = append(p.Rules, rule{At: left, From: p.plot.top, To: p.plot.bottom, Upright: true, Strong: true})
	}
	for i, b := range list {
		y := p.plot.top + row*px(i) + above + 4
		if above > 0 {
			p.write(label{X: left, Y: y - 6, Text: trim(b.name, p.Width-left)})
		} else {
			p.write(label{X: left - gap, Y: y + thick - 4, Anchor: "end", Text: b.name})
		}
		r := rect{X: left, Y: y, Height: thick, Says: b.name + ": " + b.label}
		if b.value > 0 {
			r.Width = max(s.of(b.value)-left, sliver)
			p.Bars = append(p.Bars, r)
		}
		p.write(label{X: r.X + r.Width + gap/2, Y: y + thick - 4, Text: b.label, Class: "number"})
	}
	p.caption(m.unit)
}

// series is one line of a chart over time.
type series struct {
	name   string
	look   string // a class of the style sheet
	at     []time.Time
	values []float64
	last   string // of the values, as people read it
}

// lines draws values over time, each of which holds until the next.
func lines(title string, m measure, all []series) drawing {
	first, last := all[0].at[0], all[0].at[len(all[0].at)-1]
	var said []string
	for _, s := range all {
		said = append(said, s.name+" ends at "+s.last)
	}
	alt := fmt.Sprintf("From %s to %s: %s.", when(first), when(last), strings.Join(said, "; "))
	return drawing{title: title, unit: m.unit, alt: alt, draw: func(p *picture) { p.drawLines(m, all, first, last) }}
}

// drawLines draws the legend, both axes and the curves. The legend comes first, since it
// decides where the plot begins: it must never lie on the grid.
func (p *picture) drawLines(m measure, all []series, first, last time.Time) {
	most := 0.0
	for _, s := range all {
		most = max(most, slices.Max(s.values))
	}
	y := p.upright(m, most, p.legend(all))
	x := p.across(seconds(first), max(seconds(last), seconds(first.Add(shortest))), timeTicks)
	for _, s := range all {
		p.Curves = append(p.Curves, s.curve(x, y))
	}
	p.caption(days(first, last))
}

// legend puts the names of curves at the top, in as many lines as they need, and returns
// where the rest of the picture begins.
func (p *picture) legend(all []series) px {
	x, y := px(0), line/2
	for _, s := range all {
		text := trim(wording.Clean(s.name)+": "+s.last, p.Width-keyWidth-gap)
		width := keyWidth + gap + textWidth(text)
		if x > 0 && x+width > p.Width {
			x, y = 0, y+line
		}
		p.Keys = append(p.Keys, key{Look: s.look, From: x, To: x + keyWidth, Y: y})
		p.write(label{X: x + keyWidth + gap, Y: y + 4, Text: text})
		x += width + 2*gap
	}
	return y + 1.5*gap
}

// curve returns the steps of a series as a path. A point that lies where the one before
// it lies, to a tenth of a pixel, adds nothing to the path.
func (s series) curve(x, y scale) curve {
	c := curve{Look: s.look, X: x.of(seconds(s.at[0])), Y: y.of(s.values[0])}
	path := "M" + c.X.String() + " " + c.Y.String()
	for i := range s.at {
		if to := x.of(seconds(s.at[i])); to.String() != c.X.String() {
			c.X = to
			path += "H" + to.String()
		}
		if to := y.of(s.values[i]); to.String() != c.Y.String() {
			c.Y = to
			path += "V" + to.String()
		}
	}
	c.Path = path
	return c
}

// histogram draws how many videos last how long.
func histogram(title string, lengths []time.Duration) drawing {
	shortest, longest := slices.Min(lengths), slices.Max(lengths)
	if shortest == longest {
		return bars(title, videos(), []bar{{span(shortest.Seconds()), float64(len(lengths)), wording.Count(len(lengths))}})
	}
	counted := bins(lengths, shortest, longest)
	most := slices.Max(counted.n)
	alt := fmt.Sprintf("%s of %s to %s; most of them, %s, last %s.", wording.Plural(len(lengths), "video"), span(shortest.Seconds()), span(longest.Seconds()),
		wording.Count(most), counted.span(slices.Index(counted.n, most)))
	return drawing{title: title, alt: alt, draw: func(p *picture) { p.drawBins(counted, most) }}
}

// videos is the measure of charts that count videos.
func videos() measure { return measure{unit: "videos", whole: true} }

// drawBins draws a bar for each bin that is not empty, half a pixel apart on each side.
func (p *picture) drawBins(counted histogramBins, most int) {
	y := p.upright(videos(), float64(most), 0)
	x := p.across(counted.edge(0), counted.end(), counted.ticks)
	for i, n := range counted.n {
		if n == 0 {
			continue
		}
		left := x.of(counted.edge(i))
		right := x.of(counted.edge(i + 1))
		high := max(p.plot.bottom-y.of(float64(n)), sliver)
		p.Bars = append(p.Bars, rect{left + 0.5, p.plot.bottom - high, right - left - 1, high, counted.span(i) + ": " + wording.Plural(n, "video")})
	}
	p.caption(counted.unit())
}
