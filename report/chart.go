package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// chart is a picture of a page, for light and for dark screens, wide and narrow
// ones, with a text that says the same.
type chart struct {
	Title, Alt string
	Light      picture // of a wide screen, and of paper
	Others     []picture
}

// picture is a chart as one kind of screen shows it.
type picture struct {
	Media         string // the kind of screen
	Source        template.URL
	Set           template.Srcset
	Width, Height int
}

// drawing is a chart before it has colours and a size.
type drawing struct {
	title, alt string
	height     vg.Length
	draw       func(p *plot.Plot, c canvas) error
}

// canvas is what a chart is drawn on.
type canvas struct {
	colours
	width vg.Length
}

// The column of a page on a large screen and on a phone.
const (
	wide   vg.Length = 928
	narrow vg.Length = 358
)

// isNarrow reports whether there is room for half of the marks and names alone.
func (c canvas) isNarrow() bool { return c.width < wide/2 }

// colours of a chart.
type colours struct {
	ink, grid color.Color
	series    []color.Color
}

// Both palettes are told apart by people who see no red or no green, and stand
// out from their ground by at least 3:1.
func light() colours {
	return colours{hex(0x3c4043), hex(0xdadce0), []color.Color{hex(0x1a6fb5), hex(0xb06a00), hex(0x20795a), hex(0x8a4d9e), hex(0x6b6b6b), hex(0xc2182f)}}
}

func dark() colours {
	return colours{hex(0xd7dade), hex(0x454a50), []color.Color{hex(0x6db3f2), hex(0xf2c14e), hex(0x5cc8a0), hex(0xcf9ae0), hex(0xb0b0b0), hex(0xff6b7d)}}
}

func hex(rgb uint32) color.Color {
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}
}

// The kinds of screens that have a picture of their own.
const (
	phones     = "screen and (max-width:40rem)"
	darkPhones = phones + " and (prefers-color-scheme:dark)"
	darkness   = "screen and (prefers-color-scheme:dark)"
)

// render draws a chart for each kind of screen.
func (d drawing) render() (chart, error) {
	c := chart{Title: d.title, Alt: d.alt}
	for _, kind := range []struct {
		media string
		canvas
	}{{darkPhones, canvas{dark(), narrow}}, {phones, canvas{light(), narrow}}, {darkness, canvas{dark(), wide}}, {"", canvas{light(), wide}}} {
		svg, err := d.svg(kind.canvas)
		if err != nil {
			return chart{}, fmt.Errorf("draw chart %q: %w", d.title, err)
		}
		// Safe by their alphabet: base64 cannot leave the attribute, and a browser
		// runs nothing in a picture.
		p := picture{kind.media, template.URL(svg), template.Srcset(svg), int(kind.width), int(d.height)} //nolint:gosec // see above
		if kind.media == "" {
			c.Light = p
		} else {
			c.Others = append(c.Others, p)
		}
	}
	return c, nil
}

// points is how many of a picture's units make one of a screen's.
const points = 0.75

func (d drawing) svg(c canvas) (string, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	style(p, c.colours)
	if err := d.draw(p, c); err != nil {
		return "", err
	}
	picture := vgsvg.New(c.width*points, d.height*points)
	p.Draw(draw.New(picture))
	var b bytes.Buffer
	if _, err := picture.WriteTo(&b); err != nil {
		return "", err
	}
	svg := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg), nil
}

// style sets the fonts and the ink of everything that is not data.
func style(p *plot.Plot, c colours) {
	face := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 10}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Color, axis.Tick.Label.Color = c.grid, c.ink, c.grid, c.ink
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = face, face
		axis.Padding = 4
	}
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = face, c.ink
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, 2
}

// bar is one thing with its size, and how people read that.
type bar struct {
	name  string
	value float64
	label string
}

// bars draws one bar per name, the first on top, each with its number.
func bars(title, unit string, list []bar) drawing {
	alt := title + ", in " + unit + ":"
	most := 0.0
	for _, b := range list {
		alt += " " + Shorten(b.name, 34) + " " + b.label + ";"
		most = max(most, b.value)
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return drawing{title: title, alt: alt, height: 70 + 26*vg.Length(len(list)), draw: func(p *plot.Plot, c canvas) error {
		values, labels := make(plotter.Values, len(list)), plotter.XYLabels{}
		names := make([]string, len(list))
		for i, b := range list {
			values[i], names[i] = b.value, Shorten(b.name, c.letters())
			labels.XYs = append(labels.XYs, plotter.XY{X: b.value, Y: float64(i)})
			labels.Labels = append(labels.Labels, b.label)
		}
		chart, err := plotter.NewBarChart(values, 13)
		if err != nil {
			return err
		}
		chart.Horizontal, chart.Color, chart.LineStyle.Width = true, c.series[0], 0
		numbers, err := plotter.NewLabels(labels)
		if err != nil {
			return err
		}
		for i := range numbers.TextStyle {
			numbers.TextStyle[i] = p.X.Tick.Label
			numbers.TextStyle[i].XAlign, numbers.TextStyle[i].YAlign = text.XLeft, text.YCenter
		}
		numbers.Offset.X = 4
		p.Add(verticalGrid(c.colours), chart, numbers)
		p.NominalY(names...)
		p.Y.Tick.Width, p.Y.Width = 0, 0
		p.X.Label.Text, p.X.Min, p.X.Max = unit, 0, most*c.headroom()
		p.X.Tick.Marker = plot.TickerFunc(c.roundTicks)
		return nil
	}}
}

// letters is how long a name beside a bar may be.
func (c canvas) letters() int {
	if c.isNarrow() {
		return 16
	}
	return 46
}

// headroom is what the longest bar leaves for its number.
func (c canvas) headroom() float64 {
	if c.isNarrow() {
		return 1.35
	}
	return 1.12
}

// marks is how many marks an axis has at most.
func (c canvas) marks() int {
	if c.isNarrow() {
		return 4
	}
	return 8
}

func verticalGrid(c colours) *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Width = c.grid, 0
	return g
}

func horizontalGrid(c colours) *plotter.Grid {
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Width = c.grid, 0
	return g
}

// series is one line of a chart over time.
type series struct {
	name   string
	at     []time.Time
	values []float64
	last   string // of the values, as people read it
	colour int    // among those of [colours]
	dashed bool
}

// lines draws values over time, each of which holds until the next.
func lines(title, unit string, all []series) drawing {
	alt := title + ", in " + unit + ":"
	for _, s := range all {
		alt += " " + s.name + " ends at " + s.last + ";"
	}
	return drawing{title: title, alt: alt, height: 300, draw: func(p *plot.Plot, c canvas) error {
		p.Add(horizontalGrid(c.colours))
		for _, s := range all {
			line, err := s.line(c.colours)
			if err != nil {
				return err
			}
			p.Add(line)
			p.Legend.Add(Shorten(wording.Clean(s.name), 40), line)
		}
		p.X.Tick.Marker = plot.TickerFunc(c.timeTicks)
		p.Y.Label.Text, p.Y.Min = unit, 0
		p.Y.Max *= 1.1 + 0.08*float64(len(all)) // room for the legend
		p.Y.Tick.Marker = plot.TickerFunc(c.roundTicks)
		return nil
	}}
}

func (s series) line(c colours) (*plotter.Line, error) {
	points := make(plotter.XYs, len(s.at))
	for j := range s.at {
		points[j] = plotter.XY{X: float64(s.at[j].UnixMilli()) / 1000, Y: s.values[j]}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.StepStyle, line.Width, line.Color = plotter.PostStep, 1.75, c.series[s.colour%len(c.series)]
	if s.dashed {
		line.StepStyle, line.Width, line.Dashes = plotter.NoStep, 1.25, []vg.Length{5, 4}
	}
	return line, nil
}

// roundTicks marks an axis at round numbers, no more of them than there is room
// for.
func (c canvas) roundTicks(from, to float64) []plot.Tick {
	step := roundStep((to - from) / float64(c.marks()))
	var ticks []plot.Tick
	for i := math.Ceil(from / step); i*step <= to*(1+1e-9); i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: roundLabel(i*step, step)})
	}
	return ticks
}

// roundStep is the least of 1, 2 and 5 times a power of ten that is no less.
func roundStep(least float64) float64 {
	if !(least > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= least*(1-1e-9) {
			return factor * power
		}
	}
	return 10 * power
}

// roundLabel writes a multiple of a round step, with as many places as the step
// has.
func roundLabel(v, step float64) string {
	if step >= 1 {
		return wording.Count(int(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'f', int(-math.Floor(math.Log10(step)+1e-9)), 64)
}

// timeTicks marks a time axis at round times, as on a clock.
func (c canvas) timeTicks(from, to float64) []plot.Tick {
	length := time.Duration((to - from) * float64(time.Second))
	step, format := timeStep(length, c.marks())
	var ticks []plot.Tick
	for at := time.Unix(int64(from), 0).UTC().Truncate(step); float64(at.Unix()) <= to; at = at.Add(step) {
		if float64(at.Unix()) >= from {
			ticks = append(ticks, plot.Tick{Value: float64(at.Unix()), Label: at.Format(format)})
		}
	}
	return ticks
}

// timeStep returns the shortest round step that gives no more than so many marks,
// and how to write them.
func timeStep(length time.Duration, most int) (time.Duration, string) {
	marks := time.Duration(most)
	const day = 24 * time.Hour
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		switch {
		case length > marks*step:
		case step < time.Minute:
			return step, "15:04:05"
		case length > day:
			return step, "2 Jan 15:04"
		default:
			return step, "15:04"
		}
	}
	return max(day, (length/marks).Truncate(day)+day), "2 Jan"
}

// histogram draws how many videos last how long.
func histogram(title string, lengths []time.Duration) drawing {
	shortest, longest := slices.Min(lengths), slices.Max(lengths)
	if shortest == longest {
		return bars(title, "videos", []bar{{span(shortest.Seconds()), float64(len(lengths)), wording.Count(len(lengths))}})
	}
	alt := fmt.Sprintf("%s: %s videos of %s to %s", title, wording.Count(len(lengths)), span(shortest.Seconds()), span(longest.Seconds()))
	counted := bins(lengths, shortest, longest)
	return drawing{title: title, alt: alt, height: 260, draw: func(p *plot.Plot, c canvas) error {
		h := &plotter.Histogram{Bins: counted, Width: counted[0].Max - counted[0].Min, FillColor: c.series[0]}
		h.LineStyle.Width, h.Color = 0.5, c.grid
		p.Add(horizontalGrid(c.colours), h)
		p.X.Label.Text, p.Y.Label.Text, p.Y.Min = "seconds", "videos", 0
		p.Y.Max *= 1.08
		p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(c.roundTicks), plot.TickerFunc(wholeTicks)
		return nil
	}}
}

// bins counts lengths by a round number of seconds, in about twenty steps.
func bins(lengths []time.Duration, shortest, longest time.Duration) []plotter.HistogramBin {
	step := roundStep((longest - shortest).Seconds() / min(20, 4+float64(len(lengths))/8))
	first := math.Floor(shortest.Seconds() / step)
	all := make([]plotter.HistogramBin, int(math.Floor(longest.Seconds()/step)-first)+1)
	for i := range all {
		all[i].Min, all[i].Max = (first+float64(i))*step, (first+float64(i)+1)*step
	}
	for _, d := range lengths {
		i := int(math.Floor(d.Seconds()/step) - first)
		all[min(max(i, 0), len(all)-1)].Weight++
	}
	return all
}

// wholeTicks marks an axis of things that are not cut, at no more than six
// round numbers.
func wholeTicks(from, to float64) []plot.Tick {
	step := max(1, roundStep((to-from)/6))
	var ticks []plot.Tick
	for v := math.Ceil(from/step) * step; v <= to; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: wording.Count(int(v))})
	}
	return ticks
}
