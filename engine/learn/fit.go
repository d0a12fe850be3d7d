package learn

import (
	"math"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// fit is how the videos of a class differ from their plans. Residuals, and
// the figures that come from them, are shares of the spoken part.
type fit struct {
	videos  int
	stretch float64 // real seconds of a planned second of speech
	pause   float64 // real seconds of silence of a file
	sigma   float64 // of a row, without outliers
	low     float64 // the least residual that a row should be expected to have, below 0
	high    float64 // the greatest
	mean    float64 // of all residuals, outliers included
	sd      float64 // the same
	a       matrix  // precision of stretch and pause
}

func (f fit) known() bool { return f.stretch > 0 }

// prior is what is known of stretch and pause before any video of the class.
type prior struct {
	known   bool // by earlier campaigns
	videos  int
	stretch float64
	spread  float64 // of a row's residual
	pause   float64 // seconds of a file
}

// The prior of a voice of which nothing is known. Between voices of a language the pace
// differs by 8 %, and that of a guessed language by more; whether the silence of a file
// counts, and how much more a service adds, is known within half a second.
const (
	priorStretch   = 0.3
	priorPause     = 0.5
	leastSigma     = 0.01 // services round lengths
	rounds         = 20
	tuning         = 1.345 // Huber's constant: 95 % as good as least squares without outliers
	knownSamples   = 20    // earlier campaigns count as so many videos at the most
	leastWidth     = 0.4   // seconds, as in a first plan
	unseenOutliers = 2.0   // see shared
	mostUnseen     = 0.1
)

// matrix is a symmetric one of two rows.
type matrix struct{ ss, sp, pp float64 }

// solve returns x of m·x = (a, b).
func (m matrix) solve(a, b float64) (x, y float64) {
	det := m.ss*m.pp - m.sp*m.sp
	return (m.pp*a - m.sp*b) / det, (m.ss*b - m.sp*a) / det
}

// variance of spoken·stretch + files·pause.
func (m matrix) variance(spoken, files float64) float64 {
	x, y := m.solve(spoken, files)
	return spoken*x + files*y
}

// fitTo fits stretch and pause by iteratively reweighted least squares: a video that is
// far off counts little.
func fitTo(all []sample, p prior) fit {
	samples := slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.length <= 0 || s.spoken <= 0 })
	if len(samples) < few {
		return fit{}
	}
	f := fit{videos: len(samples), stretch: 1, pause: p.pauseOf(samples)}
	if p.known {
		f.stretch = p.stretch
	}
	start := f
	center := f.residuals(samples)
	slices.Sort(center)
	f.stretch *= 1 + center[len(center)/2] // a start that outliers do not pull
	f.pause *= 1 + center[len(center)/2]
	for range rounds {
		f.sigma = max(leastSigma, spreadOf(f.residuals(samples)))
		before := f.stretch
		f.round(samples, start, p)
		if math.Abs(f.stretch-before) < 1e-6 {
			break
		}
	}
	f.measure(f.residuals(samples))
	return f
}

// round solves once, with the weights of the last solution.
func (f *fit) round(samples []sample, start fit, p prior) {
	stretchSD, pauseSD := priorStretch, priorPause
	if p.known {
		stretchSD = max(0.02, 2*p.spread/math.Sqrt(float64(min(p.videos, knownSamples))))
		pauseSD = priorPause / 2
	}
	m := matrix{ss: 1 / (stretchSD * stretchSD), pp: 1 / (pauseSD * pauseSD)}
	a, b := start.stretch*m.ss, start.pause*m.pp
	for _, s := range samples {
		part := f.part(s.spoken, s.files)
		weight := 1 / (f.sigma * part * f.sigma * part)
		if off := math.Abs(s.length-s.fixed-part) / (f.sigma * part); off > tuning {
			weight *= tuning / off
		}
		m.ss += weight * s.spoken * s.spoken
		m.sp += weight * s.spoken * s.files
		m.pp += weight * s.files * s.files
		a += weight * s.spoken * (s.length - s.fixed)
		b += weight * s.files * (s.length - s.fixed)
	}
	f.a = m
	f.stretch, f.pause = m.solve(a, b)
	f.stretch = max(f.stretch, 0.05)
}

// part is what the spoken part lasts, no less than a tenth of a second.
func (f *fit) part(spoken, files float64) float64 {
	return max(0.1, f.stretch*spoken+f.pause*files)
}

func (f *fit) residuals(samples []sample) []float64 {
	list := make([]float64, len(samples))
	for i, s := range samples {
		part := f.part(s.spoken, s.files)
		list[i] = (s.length - s.fixed - part) / part
	}
	return list
}

// spreadOf is the robust standard deviation of residuals: the median of their distances
// from 0, by the factor that makes it that of a normal distribution.
func spreadOf(residuals []float64) float64 {
	off := make([]float64, len(residuals))
	for i, r := range residuals {
		off[i] = math.Abs(r)
	}
	slices.Sort(off)
	return 1.4826 * off[len(off)/2]
}

// measure notes what the residuals say. A row is expected to be off by as much as the
// videos were, but for one in twenty of them.
func (f *fit) measure(residuals []float64) {
	slices.SortFunc(residuals, func(a, b float64) int {
		if math.Abs(a) < math.Abs(b) {
			return -1
		}
		return 1
	})
	for i, r := range residuals {
		if i < len(residuals)-len(residuals)/20 {
			f.low, f.high = min(f.low, r), max(f.high, r)
		}
		f.mean += r / float64(len(residuals))
	}
	for _, r := range residuals {
		f.sd += (r - f.mean) * (r - f.mean)
	}
	f.sd = math.Sqrt(f.sd / float64(max(1, len(residuals)-1)))
}

// pauseOf is the silence of a file, as planned or as known.
func (p prior) pauseOf(samples []sample) float64 {
	if p.known {
		return p.pause
	}
	var silence, files float64
	for _, s := range samples {
		silence, files = silence+s.silence, files+s.files
	}
	if files == 0 {
		return 0
	}
	return silence / files
}

// fit is the prior alone.
func (p prior) fit() fit {
	n := float64(min(p.videos, knownSamples))
	sd := max(0.03, 2*p.spread/math.Sqrt(n))
	return fit{
		videos: p.videos, stretch: p.stretch, pause: p.pause, sigma: max(leastSigma, p.spread), sd: p.spread,
		a: matrix{ss: 1 / (sd * sd), pp: 4 / (priorPause * priorPause)},
	}
}

// lengths is what a row is expected to last.
type lengths struct {
	job.Length               // of the row alone
	mean       time.Duration // of rows like it
	least      time.Duration // that the mean may be
	most       time.Duration
	own        time.Duration // by which a row differs from the mean
}

// times is how many standard deviations hold 95 of 100, for a sample of n (Student).
func times(n int) float64 { return 1.96 + 3.7/float64(max(1, n-1)) }

// expect applies the fit to a row.
func (f fit) expect(c ledger.Content) lengths {
	if !f.known() {
		return lengths{}
	}
	s := plannedOf(c)
	if s.spoken <= 0 {
		return lengths{}
	}
	part := f.part(s.spoken, s.files)
	doubt := math.Sqrt(f.a.variance(s.spoken, s.files)) / part // of stretch and pause
	t := times(f.videos)
	half := t * math.Sqrt(f.sigma*f.sigma+doubt*doubt)
	shared := t * math.Hypot(f.sd/math.Sqrt(float64(f.videos)), doubt)
	at := func(share float64) time.Duration { return seconds(max(0, s.fixed+part*(1+share))) }
	l := lengths{mean: at(f.mean), least: at(f.mean - shared), most: at(f.mean + shared + f.unseen()), own: seconds(2 * f.sd * part)}
	l.Likely = at(0)
	l.Low = max(0, min(at(min(f.low, -half)), l.Likely-seconds(leastWidth)))
	l.High = max(at(max(f.high, half)), l.Likely+seconds(leastWidth))
	return l
}

// unseen is what outliers that were not seen yet may add to a mean, as a share. Of n videos
// without one it follows that fewer than 3 in n are, by the rule of three; most are about
// twice as long, and some were seen.
func (f fit) unseen() float64 { return min(mostUnseen, unseenOutliers/float64(f.videos)) }

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}
