package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// pictures draws a chart for every screen.
func pictures(d drawing) []picture { return render([]drawing{d})[0].Pictures }

// faults are what is wrong with a picture that nobody has looked at.
func faults(p picture) (list []string) {
	fault := func(format string, args ...any) {
		list = append(list, p.Class+": "+fmt.Sprintf(format, args...))
	}
	whole := frame{0, 0, p.Width, p.Height}
	marks := map[string]bool{}
	for i, a := range p.Texts {
		if a.Anchor == "middle" {
			if marks[a.Text] {
				fault("two marks are called %q", a.Text)
			}
			marks[a.Text] = true
		}
		if !inside(a.box(), whole) {
			fault("%q at %v leaves the picture", a.Text, a.box())
		}
		for _, b := range p.Texts[:i] {
			if overlap(a.box(), b.box()) {
				fault("%q and %q overlap", a.Text, b.Text)
			}
		}
		for _, k := range p.Keys {
			if overlap(a.box(), k.box()) {
				fault("%q overlaps the key of %s", a.Text, k.Look)
			}
		}
	}
	for _, b := range p.Bars {
		if box := (frame{b.X, b.Y, b.X + b.Width, b.Y + b.Height}); !inside(box, p.plot) || b.Width < sliver || b.Height < sliver {
			fault("the bar of %q is at %v, the plot at %v", b.Says, box, p.plot)
		}
	}
	for _, r := range p.Rules {
		if box := r.box(); !inside(box, frame{p.plot.left, p.plot.top, p.plot.right, p.plot.bottom + 5}) {
			fault("a line of the grid is at %v, the plot at %v", box, p.plot)
		}
	}
	for _, k := range p.Keys {
		if box := k.box(); !inside(box, whole) || box.bottom > p.plot.top {
			fault("the key of %s is at %v, the plot at %v", k.Look, box, p.plot)
		}
	}
	for _, c := range p.Curves {
		for _, at := range points(c) {
			if !inside(frame{at[0], at[1], at[0], at[1]}, p.plot) {
				fault("the curve %s is at %v, the plot at %v", c.Look, at, p.plot)
			}
		}
	}
	if p.plot.right-p.plot.left < p.Width/8 || p.Height <= p.plot.bottom {
		fault("nothing is left of the plot: %v", p.plot)
	}
	return list
}

// nearly is what rounding may add.
const nearly = 0.06

func inside(a, b frame) bool {
	return a.left >= b.left-nearly && a.right <= b.right+nearly && a.top >= b.top-nearly && a.bottom <= b.bottom+nearly
}

func overlap(a, b frame) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func (k key) box() frame { return frame{k.From, k.Y - 1, k.To, k.Y + 1} }

func (r rule) box() frame {
	if r.Upright {
		return frame{r.At, r.From, r.At, r.To}
	}
	return frame{r.From, r.At, r.To, r.At}
}

// points are the corners of a curve.
func points(c curve) (all [][2]px) {
	var x, y px
	for _, step := range regexp.MustCompile(`[MHV][^MHV]*`).FindAllString(c.Path, -1) {
		switch step[0] {
		case 'M':
			_, _ = fmt.Sscan(step[1:], &x, &y)
		case 'H':
			_, _ = fmt.Sscan(step[1:], &x)
		case 'V':
			_, _ = fmt.Sscan(step[1:], &y)
		}
		all = append(all, [2]px{x, y})
	}
	return all
}

func check(t rapid.TB, d drawing) {
	t.Helper()
	for _, p := range pictures(d) {
		for _, fault := range faults(p) {
			t.Errorf("%s: %s", d.title, fault)
		}
	}
}

// texts draws names as sheets and services have them.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "x", "Lisbon", "São Paulo", "李雷的名字很长很长很长很长很长很长", "WWWWWWWWWWWWWWWW", "👩🏽‍🚀 Ada 🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", "שלום", strings.Repeat("the text is too long for its scene ", 20)}),
		rapid.Map(rapid.String(), wording.Clean))
}

// values draws amounts of every size.
func values() *rapid.Generator[float64] {
	return rapid.Map(rapid.OneOf(
		rapid.Just(int64(0)), rapid.Int64Range(1, 999), rapid.Map(rapid.Int64Range(0, 30), func(n int64) int64 { return n * 1e6 }),
		rapid.Int64Range(0, math.MaxInt64)), func(n int64) float64 { return place(credit.Amount(n)) })
}

func shown(v float64) string { return wording.Thousands(fmt.Sprintf("%.0f", v)) + ".123456" }

func TestBarsAreWholeAndLabelsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []bar
		for range rapid.IntRange(1, mostGroups).Draw(t, "bars") {
			v := values().Draw(t, "value")
			list = append(list, bar{texts().Draw(t, "name"), v, shown(v)})
		}
		check(t, bars("bars", measure{texts().Draw(t, "unit"), rapid.Bool().Draw(t, "whole")}, list))
	})
}

func TestCurvesAreInThePlotAndTheLegendIsNot(t *testing.T) {
	looks := []string{"charged", "likely", "most", "made", "progress", "failed"}
	rapid.Check(t, func(t *rapid.T) {
		at := []time.Time{time.Date(2026, 11, 20, 21, 3, 5, 123e6, time.UTC)}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			pause := time.Duration(rapid.OneOf(rapid.Int64Range(0, 2e9), rapid.Int64Range(0, 48*3600e9)).Draw(t, "pause"))
			at = append(at, at[len(at)-1].Add(pause))
		}
		var all []series
		for i := range rapid.IntRange(1, len(looks)).Draw(t, "series") {
			s := series{name: texts().Draw(t, "name"), look: looks[i], at: at}
			for range at {
				s.values = append(s.values, values().Draw(t, "value"))
			}
			s.last = shown(s.values[len(at)-1])
			all = append(all, s)
		}
		check(t, lines("curves", measure{texts().Draw(t, "unit"), rapid.Bool().Draw(t, "whole")}, all))
	})
}

func TestEveryBinIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		longest := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 185 * time.Second, 10 * time.Minute, 61 * time.Minute, 30 * time.Hour}).Draw(t, "longest")
		shortest := longest - longest/rapid.SampledFrom([]time.Duration{2, 100, 1000}).Draw(t, "part")
		lengths := rapid.SliceOfN(rapid.Map(rapid.Int64Range(int64(shortest), int64(longest)), func(n int64) time.Duration { return time.Duration(n) }), 1, 200).Draw(t, "lengths")
		d := histogram("lengths", lengths)
		check(t, d)
		if slices.Min(lengths) == slices.Max(lengths) {
			return
		}
		for _, p := range pictures(d) {
			first, last := p.Bars[0], p.Bars[len(p.Bars)-1]
			if first.X > p.plot.left+1 || last.X+last.Width < p.plot.right-1 {
				t.Errorf("%s: bars from %v to %v, the plot %v", p.Class, first.X, last.X+last.Width, p.plot)
			}
		}
	})
}

// TestABarOfOneRowAmongManyIsSeen is a chart whose smallest bar was not there.
func TestABarOfOneRowAmongManyIsSeen(t *testing.T) {
	list := []bar{{"second", 100_000, "100,000"}, {"first", 1, "1"}, {"none", 0, "0"}}
	for _, p := range pictures(bars("Why rows failed", rows(), list)) {
		if len(p.Bars) != 2 || p.Bars[1].Width < sliver || p.Bars[0].Y < p.plot.top || p.Bars[1].Y+p.Bars[1].Height > p.plot.bottom {
			t.Errorf("%s: %+v in %v", p.Class, p.Bars, p.plot)
		}
	}
	lengths := append(slices.Repeat([]time.Duration{40 * time.Second}, 100_000), 20*time.Second)
	for _, p := range pictures(histogram("lengths", lengths)) {
		if len(p.Bars) != 2 || p.Bars[0].Height < sliver || !strings.HasSuffix(p.Bars[0].Says, ": 1 video") {
			t.Errorf("%s: %+v in %v", p.Class, p.Bars, p.plot)
		}
	}
}

// night is a run that begins late and lasts so long.
func night(late, length time.Duration) []series {
	at := time.Date(2026, 11, 20, 21, 3, 5, 0, time.UTC).Add(late)
	ends := []time.Time{at, at.Add(length)}
	return []series{
		{name: "charged", look: "charged", at: ends, values: []float64{0, 812.7}, last: "812.7"},
		{name: "planned, likely", look: "likely", at: ends, values: []float64{850, 850}, last: "850"},
		{name: "planned, at most", look: "most", at: ends, values: []float64{900, 900}, last: "900"},
	}
}

// TestNoLegendStandsOverTheGrid is a chart whose legend stood on its first line.
func TestNoLegendStandsOverTheGrid(t *testing.T) {
	for _, p := range pictures(lines("Spend", measure{unit: "minutes"}, night(0, 8*time.Hour))) {
		if len(p.Keys) != 3 {
			t.Fatalf("%s: %d keys", p.Class, len(p.Keys))
		}
		highest := p.Height
		for _, r := range p.Rules {
			highest = min(highest, r.box().top)
		}
		named := 0
		for _, text := range p.Texts {
			if strings.Contains(text.Text, "charged") || strings.Contains(text.Text, "planned") {
				named++
				if text.box().bottom > highest {
					t.Errorf("%s: %q reaches down to %v, the grid begins at %v", p.Class, text.Text, text.box().bottom, highest)
				}
			}
		}
		if named != 3 {
			t.Errorf("%s: %d names", p.Class, named)
		}
	}
}

// TestEveryScreenHasMarksOfTime is a chart that had one mark on a phone.
func TestEveryScreenHasMarksOfTime(t *testing.T) {
	for length := 10 * time.Millisecond; length < 800*24*time.Hour; length = length * 6 / 5 {
		for late := range time.Duration(7) {
			for _, p := range pictures(lines("Spend", measure{unit: "minutes"}, night(late*length/7, length))) {
				n := 0
				for _, text := range p.Texts {
					if text.Anchor == "middle" {
						n++
					}
					if strings.Contains(text.Text, "…") {
						t.Errorf("%v: %q is cut, %s", length, text.Text, p.Class)
					}
				}
				if n < 2 || n > 11 {
					t.Errorf("%v, %d/7 late: %d marks, %s", length, late, n, p.Class)
				}
			}
		}
	}
}

// TestCountsAreNotCut is a chart of one row whose axis counted halves of it.
func TestCountsAreNotCut(t *testing.T) {
	for _, p := range pictures(bars("Why rows failed", rows(), []bar{{"x", 1, "1"}})) {
		for _, text := range p.Texts {
			if strings.Contains(text.Text, ".") {
				t.Errorf("%s: %q", p.Class, text.Text)
			}
		}
	}
}

func TestDaysAreNamedOnce(t *testing.T) {
	from := time.Date(2026, 11, 20, 21, 3, 5, 0, time.UTC)
	for length, want := range map[time.Duration]string{
		time.Hour: "20 Nov 2026, UTC", 8 * time.Hour: "20 to 21 Nov 2026, UTC",
		14 * 24 * time.Hour: "20 Nov to 4 Dec 2026, UTC", 60 * 24 * time.Hour: "20 Nov 2026 to 19 Jan 2027, UTC",
	} {
		if got := days(from, from.Add(length)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func labels(ticks []tick) string {
	var list []string
	for _, tick := range ticks {
		list = append(list, tick.label)
	}
	return strings.Join(list, " ")
}

// lengthTicks are those of bins of a width.
func lengthTicks(width, from, to float64, most int) []tick {
	b := histogramBins{step: width, first: from / width, n: make([]int, int((to-from)/width))}
	return b.ticks(from, to, most)
}

func TestAxesAreMarkedAtRoundNumbers(t *testing.T) {
	from := time.Date(2026, 11, 20, 21, 3, 5, 0, time.UTC)
	over := func(length time.Duration, most int) []tick {
		return timeTicks(seconds(from), seconds(from.Add(length)), most)
	}
	whole, cut := measure{whole: true}, measure{}
	for _, c := range []struct {
		want  string
		ticks []tick
	}{
		{"22:00 23:00 00:00 01:00 02:00 03:00 04:00 05:00", over(8*time.Hour, 8)},
		{"21:05 21:10 21:15 21:20 21:25 21:30", over(30*time.Minute, 8)},
		{"21:03:05 21:03:06 21:03:07", over(2*time.Second, 2)},
		{"21:03:05.0 21:03:05.2 21:03:05.4 21:03:05.6 21:03:05.8", over(900*time.Millisecond, 5)},
		{"21 Nov 23 Nov 25 Nov 27 Nov 29 Nov", over(9*24*time.Hour, 8)},
		{"0 1 2 3 4 5", whole.ticks(0, 5, 8)},
		{"0 1", whole.ticks(0, 1, 8)},
		{"0 20,000 40,000 60,000 80,000 100,000", whole.ticks(0, 100_000, 6)},
		{"0 20 40 60 80", cut.ticks(0, 83.9, 8)},
		{"0.0 0.2 0.4 0.6", cut.ticks(0, 0.7, 4)},
		{"0.00 0.01 0.02 0.03 0.04 0.05", cut.ticks(0, 0.05999, 8)},
		{"0 500 1,000", cut.ticks(0, 1400, 4)},
		{"35 40 45 50 55", lengthTicks(5, 35, 55, 9)},
		{"21.6 22.0 22.4 22.8 23.2", lengthTicks(0.2, 21.4, 23.2, 5)},
		{"0 15 30 45 60", lengthTicks(15, 0, 60, 4)},
		{"2 min 3 min 4 min 5 min", lengthTicks(30, 100, 301, 5)},
		{"190.0 190.5 191.0", lengthTicks(0.5, 190, 191, 5)},
		{"3,600 3,630 3,660 3,690", lengthTicks(15, 3600, 3700, 5)},
		{"1 h 1 h 30 min 2 h", lengthTicks(1800, 3600, 7200, 3)},
	} {
		if got := labels(c.ticks); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestEveryVideoIsInABin counts lengths that lie on the edges of bins.
func TestEveryVideoIsInABin(t *testing.T) {
	var lengths []time.Duration
	for i := range 500 {
		lengths = append(lengths, time.Duration(21_700+i*7)*time.Millisecond, 22*time.Second, 23_100*time.Millisecond)
	}
	counted, n := bins(lengths, slices.Min(lengths), slices.Max(lengths)), 0
	for _, some := range counted.n {
		n += some
	}
	if n != len(lengths) || len(counted.n) < 5 || len(counted.n) > 25 {
		t.Errorf("%d bins hold %v of %d videos", len(counted.n), n, len(lengths))
	}
}

// TestALengthOnTheEdgeIsInTheBinThatBeginsThere, in whatever way a float divides.
func TestALengthOnTheEdgeIsInTheBinThatBeginsThere(t *testing.T) {
	for i := range 1000 {
		edge := time.Duration(i) * 100 * time.Millisecond
		counted := bins([]time.Duration{edge, edge, edge + 300*time.Millisecond}, edge, edge+300*time.Millisecond)
		if math.Abs(counted.edge(0)-edge.Seconds()) > 1e-6 || len(counted.n) != 4 || counted.n[0] != 2 || counted.n[3] != 1 {
			t.Errorf("%v: %v", edge, counted)
		}
	}
}

func TestTextIsTrimmedToItsRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, room := texts().Draw(t, "text"), px(rapid.Float64Range(30, 400).Draw(t, "room"))
		got := trim(text, room)
		if textWidth(got) > room {
			t.Errorf("%q takes %v of %v", got, textWidth(got), room)
		}
		if got != text && (!strings.HasSuffix(got, "…") || !strings.HasPrefix(text, strings.TrimSuffix(got, "…"))) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
