package learn

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// works holds how long the service worked on the latest videos.
type works struct {
	list []work
}

type work struct {
	at    time.Time
	lasts time.Duration
}

func (w *works) add(e ledger.Entry) {
	lasts := e.SettledAt.Sub(e.IntendedAt)
	if e.IntendedAt.IsZero() || lasts <= 0 {
		return
	}
	if w.list = append(w.list, work{e.SettledAt, lasts}); len(w.list) >= 2*most {
		w.trim()
	}
}

func (w *works) trim() {
	slices.SortStableFunc(w.list, func(a, b work) int { return b.at.Compare(a.at) })
	w.list = w.list[:min(len(w.list), most)]
}

// Work is how long one of the latest videos took from its request until a poll noticed its
// end, and how many videos say so; 0 while they are too few. It is the mean, since jobs that
// wait for each other's place take their sum.
func (l *Lessons) Work() (mean time.Duration, videos int) {
	if l == nil {
		return 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.works.mean()
}

// Took is how long each of the videos of [Lessons.Work] took, the latest first.
func (l *Lessons) Took() []time.Duration {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.works.took()
}

// late is from how many medians on a job was not at work, but waited for a run that asks.
const late = 4

func (w *works) mean() (mean time.Duration, videos int) {
	took := w.took()
	for _, lasts := range took {
		mean += lasts
	}
	return mean / time.Duration(max(1, len(took))), len(took)
}

// took lists the latest first, without those that only waited.
func (w *works) took() (list []time.Duration) {
	if w.trim(); len(w.list) < few {
		return nil
	}
	for _, v := range w.list {
		list = append(list, v.lasts)
	}
	middle := slices.Sorted(slices.Values(list))[len(list)/2]
	return slices.DeleteFunc(list, func(lasts time.Duration) bool { return lasts > late*middle })
}

// Seen says how far the first estimates were off, by the latest finished videos that teach
// about each other. The zero value means that too few are finished.
type Seen struct {
	Videos  int     // that were looked at
	Stretch float64 // their real length divided by the planned one; 0: not known
	Dearer  float64 // their real cost divided by the planned one; 0: not known
	// Modes are the two lengths, as shares of the planned one, that the videos gather
	// around, where they do.
	Modes []float64
}

// Seen looks at the videos of the class whose video ended last.
func (l *Lessons) Seen() (s Seen) {
	if l == nil {
		return s
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest == nil || len(l.latest.samples) < few {
		return s
	}
	l.latest.trim()
	var length, expected float64
	var charged, planned credit.Amount
	var shares []float64
	for _, v := range l.latest.samples {
		s.Videos++
		if v.length > 0 && v.expected > 0 {
			length, expected = length+v.length, expected+v.expected
			shares = append(shares, v.length/v.expected)
		}
		if v.paid && v.priced {
			charged, planned = charged.Plus(v.charged), planned.Plus(v.planned)
		}
	}
	if len(shares) >= few {
		s.Stretch = length / expected
		s.Modes = modes(shares)
	}
	if planned > 0 {
		s.Dearer = float64(charged) / float64(planned) // a ratio to talk about; no amount comes from it
	}
	return s
}

// modes finds two lengths that shares gather around: a split after which the two parts are
// far apart, each is narrow, and none is an outlier or two.
func modes(shares []float64) []float64 {
	slices.Sort(shares)
	n := len(shares)
	cut := 0
	gap := 0.0
	for i := max(few, n/10); i <= n-max(few, n/10); i++ {
		if g := shares[i] - shares[i-1]; g > gap {
			cut = i
			gap = g
		}
	}
	if cut == 0 {
		return nil
	}
	left, right := shares[:cut], shares[cut:]
	if apart := middle(right) - middle(left); apart < 0.15*middle(left) || gap < 0.4*apart {
		return nil
	}
	return []float64{middle(left), middle(right)}
}

func middle(sorted []float64) float64 { return sorted[len(sorted)/2] }

// String says how far the first estimates were off; it is empty while too few videos are
// finished.
func (s Seen) String() string {
	if s.Stretch == 0 && s.Dearer == 0 {
		return ""
	}
	text := wording.Plural(s.Videos, "finished video") + " were as estimated"
	if parts := append(offBy(s.Stretch, "longer", "shorter"), offBy(s.Dearer, "dearer", "cheaper")...); len(parts) > 0 {
		text = fmt.Sprintf("%s were %s than estimated", wording.Plural(s.Videos, "finished video"), strings.Join(parts, " and "))
	}
	if len(s.Modes) == 2 {
		text += fmt.Sprintf("; they come in two lengths, about %.0f%% and %.0f%% of the estimate", 100*s.Modes[0], 100*s.Modes[1])
	}
	return text
}

// FarOff reports whether what was seen is off the estimates by more than a quarter.
func (s Seen) FarOff() bool { return FarOff(s.Stretch) || FarOff(s.Dearer) }

// FarOff reports whether a ratio is more than a quarter away from one; 0 is one that is
// not known.
func FarOff(ratio float64) bool { return ratio > 0 && math.Abs(ratio-1) > 0.25 }

// offBy writes how far a ratio is from one; it is empty when the ratio is not known or
// rounds to one.
func offBy(ratio float64, more, less string) []string {
	switch percent := math.Round((ratio - 1) * 100); {
	case ratio == 0, percent == 0:
		return nil
	case percent > 0:
		return []string{fmt.Sprintf("%.0f%% %s", percent, more)}
	default:
		return []string{fmt.Sprintf("%.0f%% %s", -percent, less)}
	}
}
