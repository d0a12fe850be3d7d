package report

import (
	"math"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// measure is what an axis counts.
type measure struct {
	unit  string
	whole bool // only whole numbers of it exist, such as rows: no tick lies between them
}

// tick is a marked value of an axis.
type tick struct {
	value float64
	label string
}

// scale places values between two ends of a picture.
type scale struct {
	from, to   float64
	start, end px
}

// of returns where a value lies in the picture. A scale may run backwards: the axis of
// values has its zero at the bottom, where y is greatest.
func (s scale) of(v float64) px {
	return s.start + px((v-s.from)/(s.to-s.from))*(s.end-s.start)
}

// upright draws the axis of values on the left, from zero to a round number, below the
// space that ends at top. It also decides where the plot lies in the picture, since the
// widest label tells how much room is left beside the axis.
func (p *picture) upright(m measure, most float64, top px) scale {
	const marks = 5
	step := m.step(most / marks)
	// Division leaves values such as 3.0000000000000004; without the tolerance such a
	// value would add an empty step on top.
	last := max(1, math.Ceil(most/step*(1-1e-9))) * step
	ticks := m.ticks(0, last, marks)
	p.write(label{X: 0, Y: top + 16, Text: trim(m.unit, p.Width)})
	p.plot = frame{top: top + 30, right: p.Width - 2*gap}
	p.plot.bottom = p.plot.top + drawn
	for _, t := range ticks {
		p.plot.left = max(p.plot.left, textWidth(t.label)+gap)
	}
	s := scale{0, last, p.plot.bottom, p.plot.top}
	for i, t := range ticks {
		p.write(label{X: p.plot.left - gap, Y: s.of(t.value) + 4, Anchor: "end", Text: t.label})
		p.Rules = append(p.Rules, rule{At: s.of(t.value), From: p.plot.left, To: p.plot.right, Strong: i == 0})
	}
	return s
}

// across draws the axis below the plot, with as many marks as have room beside each
// other. When even two labels do not fit, it keeps the ticks and leaves labels out.
func (p *picture) across(from, to float64, ticks func(from, to float64, most int) []tick) scale {
	s := scale{from, to, p.plot.left, p.plot.right}
	var marks []tick
	var labels []label
	// A label of about 48 pixels fits on every axis. The loop asks for fewer ticks until
	// all of them can have their label; the best try so far is kept.
	for most := min(max(1, int((s.end-s.start)/48)), 10); most > 0; most-- {
		all := ticks(from, to, most)
		fit := p.below(s, all)
		if len(fit) > len(labels) {
			marks = all
			labels = fit
		}
		if len(fit) == len(all) && len(fit) > 1 {
			marks = all
			labels = fit
			break
		}
	}
	for _, t := range marks {
		p.Rules = append(p.Rules, rule{At: s.of(t.value), From: p.plot.top, To: p.plot.bottom + 4, Upright: true})
	}
	p.Texts = append(p.Texts, labels...)
	return s
}

// below puts labels under their marks, and leaves out those that have no room.
func (p *picture) below(s scale, marks []tick) []label {
	var labels []label
	for _, t := range marks {
		half := textWidth(t.label) / 2
		l := label{X: min(max(s.of(t.value), half), p.Width-half), Y: p.plot.bottom + line, Anchor: "middle", Text: t.label}
		if n := len(labels); n == 0 || labels[n-1].box().right+1.5*gap <= l.box().left {
			labels = append(labels, l)
		}
	}
	return labels
}

// caption writes the name of the lower axis below its labels, and ends the picture there.
func (p *picture) caption(text string) {
	p.write(label{X: p.plot.left, Y: p.plot.bottom + 2*line, Text: trim(text, p.Width-p.plot.left)})
	p.Height = p.plot.bottom + 2*line + gap
}

// step returns the smallest round step that is at least as large as least.
func (m measure) step(least float64) float64 {
	if m.whole {
		return max(1, roundStep(least))
	}
	return roundStep(least)
}

// ticks marks an axis at round numbers, with at most most+1 ticks.
func (m measure) ticks(from, to float64, most int) []tick {
	return ticksAt(m.step((to-from)/float64(most)), from, to, roundLabel)
}

// ticksAt marks the multiples of a step between two values. It multiplies instead of
// adding, so that rounding errors do not grow along the axis.
func ticksAt(step, from, to float64, write func(v, step float64) string) []tick {
	var ticks []tick
	for i := max(0, math.Ceil(from/step-1e-9)); i*step <= to+step*1e-9; i++ {
		ticks = append(ticks, tick{i * step, write(i*step, step)})
	}
	return ticks
}

// roundStep returns the smallest of 1, 2 and 5 times a power of ten that is at least as
// large as least. People read such steps without counting.
func roundStep(least float64) float64 {
	if !(least > 0) {
		// The negation is also true for NaN, which a comparison with <= would let
		// through.
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

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// shortest is the least length of an axis of time. A run whose events all have one time
// would otherwise have an axis of no length, and a division by zero.
const shortest = 500 * time.Millisecond

// timeTicks marks an axis of seconds since 1970 at round times, as on a clock.
func timeTicks(from, to float64, most int) []tick {
	step, format := timeStep(time.Duration((to-from)*float64(time.Second)), most)
	var ticks []tick
	for at := time.UnixMilli(int64(from * 1000)).UTC().Truncate(step); seconds(at) <= to; at = at.Add(step) {
		if seconds(at) >= from {
			ticks = append(ticks, tick{seconds(at), at.Format(format)})
		}
	}
	return ticks
}

// timeStep returns the shortest round step that gives at most so many marks, and the
// layout that writes them. Steps divide an hour or a day evenly, as on a clock.
func timeStep(length time.Duration, most int) (time.Duration, string) {
	marks := time.Duration(most)
	const day = 24 * time.Hour
	for _, step := range []time.Duration{
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		switch {
		case length > marks*step:
		case step < time.Second:
			return step, "15:04:05.0"
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

// days names the day or days between two times. The marks on the axis say only the hour;
// the caption below them says which day it is.
func days(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	const day, month, year = "2", "2 Jan", "2 Jan 2006"
	begins := year
	switch {
	case from.Format(year) == to.Format(year):
		return to.Format(year) + ", UTC"
	case from.Year() == to.Year() && from.Month() == to.Month():
		begins = day
	case from.Year() == to.Year():
		begins = month
	}
	return from.Format(begins) + " to " + to.Format(year) + ", UTC"
}

// lengthUnit names the unit of an axis of video lengths, which ends at to seconds and has
// a mark every step seconds. Above three minutes the labels are written with their
// minutes, unless a step is too small to show in such a label.
func lengthUnit(to, step float64) string {
	if to <= 180 || step < 1 || to > 3600 && step < 60 {
		return "seconds"
	}
	return "length of a video"
}

// lengthLabel writes a length on an axis, in the unit that [lengthUnit] names.
func lengthLabel(v, to, step float64) string {
	if lengthUnit(to, step) == "seconds" {
		return roundLabel(v, step)
	}
	return span(v)
}

// lengthStep returns the smallest number of seconds that is round on a clock and at least
// as large as least.
func lengthStep(least float64) float64 {
	if least <= 10 {
		return roundStep(least)
	}
	for _, step := range []float64{15, 30, 60, 120, 300, 600, 900, 1800} {
		if step >= least {
			return step
		}
	}
	return 3600 * roundStep(least/3600)
}

// histogramBins are counts of videos by their lengths, each of so many seconds.
type histogramBins struct {
	step  float64
	first float64 // where the first bin begins, as a number of steps from zero
	n     []int
}

// bins counts lengths by a round number of seconds, in about twenty steps.
func bins(lengths []time.Duration, shortest, longest time.Duration) histogramBins {
	step := lengthStep((longest - shortest).Seconds() / min(20, 4+float64(len(lengths))/8))
	// A few lengths are put into few bins: twenty bins of one video each would show
	// nothing.
	at := func(d time.Duration) float64 { return math.Floor(d.Seconds()/step + 1e-9) }
	b := histogramBins{step: step, first: at(shortest)}
	b.n = make([]int, int(at(longest)-b.first)+1)
	for _, d := range lengths {
		b.n[int(at(d)-b.first)]++
	}
	return b
}

// edge is where a bin begins, and the one before it ends.
func (b histogramBins) edge(i int) float64 { return (b.first + float64(i)) * b.step }

func (b histogramBins) end() float64 { return b.edge(len(b.n)) }

// span says which lengths are in a bin.
func (b histogramBins) span(i int) string {
	text := b.label(b.edge(i)) + " to " + b.label(b.edge(i+1))
	if b.unit() == "seconds" {
		text += " s"
	}
	return text
}

func (b histogramBins) label(v float64) string { return lengthLabel(v, b.end(), b.step) }

func (b histogramBins) unit() string { return lengthUnit(b.end(), b.step) }

// ticks marks edges of bins.
func (b histogramBins) ticks(from, to float64, most int) []tick {
	step := b.step
	for _, factor := range []float64{1, 2, 5, 10, 20} {
		// Ticks stay on edges of bins, so that a reader sees which lengths a bar counts.
		if step = factor * b.step; (to-from)/step <= float64(most) {
			break
		}
	}
	return ticksAt(step, from, to, func(v, _ float64) string { return b.label(v) })
}
