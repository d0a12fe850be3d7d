package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// chart is a picture of a page, for light and for dark screens, with a text that
// says the same.
type chart struct {
	Title, Alt    string
	Light         template.URL
	Dark          template.Srcset
	Width, Height int
}

// drawing is a chart before it has colours.
type drawing struct {
	title, alt string
	height     vg.Length
	draw       func(p *plot.Plot, c colours) error
}

const chartWidth vg.Length = 640

// colours of a chart.
type colours struct {
	ink, grid color.Color
	series    []color.Color
}

// Both palettes are told apart by people who see no red or no green, and stand
// out from their ground by at least 3:1.
func light() colours {
	return colours{hex(0x3c4043), hex(0xdadce0), []color.Color{hex(0x1a6fb5), hex(0xc0541a), hex(0x20795a), hex(0x8a4d9e), hex(0x6b6b6b), hex(0xa8322d)}}
}

func dark() colours {
	return colours{hex(0xd7dade), hex(0x454a50), []color.Color{hex(0x6db3f2), hex(0xf29a5c), hex(0x5cc8a0), hex(0xcf9ae0), hex(0xb0b0b0), hex(0xf28b82)}}
}

func hex(rgb uint32) color.Color {
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}
}

// render draws a chart twice.
func (d drawing) render() (chart, error) {
	c := chart{Title: d.title, Alt: d.alt, Width: int(chartWidth), Height: int(d.height)}
	bright, err := d.svg(light())
	if err != nil {
		return chart{}, fmt.Errorf("draw chart %q: %w", d.title, err)
	}
	gloomy, err := d.svg(dark())
	if err != nil {
		return chart{}, fmt.Errorf("draw chart %q: %w", d.title, err)
	}
	// Safe by their alphabet: base64 cannot leave the attribute, and a browser
	// runs nothing in a picture.
	c.Light, c.Dark = template.URL(bright), template.Srcset(gloomy) //nolint:gosec // see above
	return c, nil
}

func (d drawing) svg(c colours) (string, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	style(p, c)
	if err := d.draw(p, c); err != nil {
		return "", err
	}
	canvas := vgsvg.New(chartWidth, d.height)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	text := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(text), nil
}

// style sets the fonts and the ink of everything that is not data.
func style(p *plot.Plot, c colours) {
	face := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 12}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Color, axis.Tick.Label.Color = c.grid, c.ink, c.grid, c.ink
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = face, face
		axis.Padding = 4
	}
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = face, c.ink
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, 2
}

// bars draws one bar per name, the first on top.
func bars(title, unit string, names []string, values []float64) drawing {
	whole := !slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) })
	names, values = slices.Clone(names), slices.Clone(values)
	alt := title + ", in " + unit + ":"
	for i := range names {
		names[i] = Shorten(Clean(names[i]), 34)
		alt += fmt.Sprintf(" %s %.6g;", names[i], values[i])
	}
	slices.Reverse(names)
	slices.Reverse(values)
	return drawing{title: title, alt: alt, height: 60 + 24*vg.Length(len(names)), draw: func(p *plot.Plot, c colours) error {
		chart, err := plotter.NewBarChart(plotter.Values(values), 14)
		if err != nil {
			return err
		}
		chart.Horizontal, chart.Color, chart.LineStyle.Width = true, c.series[0], 0
		p.Add(verticalGrid(c), chart)
		p.NominalY(names...)
		p.X.Label.Text, p.X.Min = unit, 0
		if whole {
			p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
		}
		return nil
	}}
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
	dashed bool
}

// lines draws values over time, each of which holds until the next.
func lines(title, unit string, all []series) drawing {
	alt := title + ", in " + unit + ":"
	for _, s := range all {
		alt += fmt.Sprintf(" %s ends at %.6g;", s.name, s.values[len(s.values)-1])
	}
	return drawing{title: title, alt: alt, height: 260, draw: func(p *plot.Plot, c colours) error {
		p.Add(horizontalGrid(c))
		for i, s := range all {
			points := make(plotter.XYs, len(s.at))
			for j := range s.at {
				points[j] = plotter.XY{X: float64(s.at[j].Unix()), Y: s.values[j]}
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			line.StepStyle, line.Width, line.Color = plotter.PostStep, 2, c.series[i%len(c.series)]
			if s.dashed {
				line.StepStyle, line.Width, line.Dashes = plotter.NoStep, 1.5, []vg.Length{5, 4}
			}
			p.Add(line)
			p.Legend.Add(Shorten(Clean(s.name), 40), line)
		}
		p.X.Tick.Marker = plot.TickerFunc(timeTicks)
		p.Y.Label.Text, p.Y.Min = unit, 0
		p.Y.Max *= 1.25 // room for the legend
		if p.Y.Max > 2 {
			p.Y.Tick.Marker = plot.TickerFunc(wholeTicks)
		}
		return nil
	}}
}

// wholeTicks marks an axis of things that are not cut, at no more than six
// round numbers.
func wholeTicks(from, to float64) []plot.Tick {
	step := 1.0
	for i := 0; (to-from)/step > 6; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	var ticks []plot.Tick
	for v := math.Ceil(from/step) * step; v <= to; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: number(int(v))})
	}
	return ticks
}

// timeTicks marks a time axis at round times, as on a clock.
func timeTicks(from, to float64) []plot.Tick {
	step, format := timeStep(time.Duration(to-from) * time.Second)
	var ticks []plot.Tick
	for at := time.Unix(int64(from), 0).UTC().Truncate(step); at.Unix() <= int64(to); at = at.Add(step) {
		if at.Unix() >= int64(from) {
			ticks = append(ticks, plot.Tick{Value: float64(at.Unix()), Label: at.Format(format)})
		}
	}
	return ticks
}

// timeStep returns the shortest round step that gives no more than eight marks,
// and how to write them.
func timeStep(length time.Duration) (time.Duration, string) {
	const day = 24 * time.Hour
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour,
	} {
		switch {
		case length > 8*step:
		case step < time.Minute:
			return step, "15:04:05"
		case length > day:
			return step, "2 Jan 15:04"
		default:
			return step, "15:04"
		}
	}
	return max(day, (length/8).Truncate(day)+day), "2 Jan"
}

// histogram draws how many videos last how long.
func histogram(title string, lengths []time.Duration) drawing {
	values := make(plotter.Values, len(lengths))
	shortest, longest := slices.Min(lengths), slices.Max(lengths)
	if shortest == longest {
		return bars(title, "videos", []string{span(shortest.Seconds())}, []float64{float64(len(lengths))})
	}
	for i, d := range lengths {
		values[i] = d.Seconds()
	}
	alt := fmt.Sprintf("%s: %s videos of %s to %s", title, number(len(lengths)), span(shortest.Seconds()), span(longest.Seconds()))
	return drawing{title: title, alt: alt, height: 240, draw: func(p *plot.Plot, c colours) error {
		h, err := plotter.NewHist(values, min(20, 4+len(values)/8))
		if err != nil {
			return err
		}
		h.FillColor, h.LineStyle.Width = c.series[0], 0
		p.Add(horizontalGrid(c), h)
		p.X.Label.Text, p.Y.Label.Text, p.Y.Min = "seconds", "videos", 0
		p.Y.Tick.Marker = plot.TickerFunc(wholeTicks)
		return nil
	}}
}
