package learn

import (
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// class names the videos that teach about each other: a template that changed, and another
// voice, begin anew.
type class struct {
	script  string
	voices  string
	account credit.Account
}

func classOf(c ledger.Content) class {
	return class{script: c.Made.Script, voices: voicesOf(c.Made), account: c.Account}
}

func voicesOf(b job.Breakdown) string {
	if len(b.Voices) == 1 {
		return b.Voices[0].Voice // without a copy, for most rows
	}
	names := make([]string, len(b.Voices))
	for i, v := range b.Voices {
		names[i] = v.Voice
	}
	return strings.Join(names, "\x00")
}

// sample is one finished video.
type sample struct {
	at       time.Time
	fixed    float64 // seconds, as the three below
	spoken   float64 // as planned
	silence  float64 // as planned, of all files
	files    float64
	length   float64       // of the video; 0: the service does not say
	expected float64       // as planned
	priced   bool          // the plan knew a cost
	planned  credit.Amount // the likely one
	charged  credit.Amount
	paid     bool // the charge is known, and of this video alone
}

// sampleOf reads a finished video. Only rows with a single attempt teach a cost: the
// balance of an entry holds the charges of all its attempts.
func sampleOf(e ledger.Entry) sample {
	s := plannedOf(e.Content)
	s.at = e.SettledAt
	s.length = e.Result.Duration.Seconds()
	s.charged = e.Money.Charged
	s.paid = e.Basis != credit.Unknown && len(e.Attempts) == 0
	return s
}

// plannedOf reads what a row was planned with. A video without speech, or without a
// breakdown, is taken for one that is spoken from end to end, so that its length is learnt
// as well.
func plannedOf(c ledger.Content) sample {
	speech := c.Made.Speech()
	s := sample{
		fixed: c.Made.Fixed.Seconds(), spoken: speech.Spoken.Seconds(), silence: speech.Silence.Seconds(), files: float64(speech.Tracks),
		expected: c.Seconds.Likely.Seconds(), priced: c.Estimate.Known(), planned: c.Estimate.Likely,
	}
	if s.spoken <= 0 {
		s.spoken, s.fixed, s.silence, s.files = s.expected, 0, 0, 0
	}
	return s
}

// most is how many videos of a class are remembered, the latest ones: a service that changes
// its voices is followed soon, and a mean of two hundred is good to a few percent.
const most = 200

// window holds the latest videos of a class.
type window struct {
	samples   []sample
	last      time.Time // when the latest ended
	fitted    fit
	costs     charges
	unfit     bool // samples came since fitted was made
	uncounted bool // the same of costs
}

// add keeps a sample. Twice as many as needed are kept, so that they are sorted only now
// and then; a ledger is read in the order of its keys.
func (w *window) add(s sample) {
	w.samples = append(w.samples, s)
	w.unfit, w.uncounted = true, true
	if s.at.After(w.last) {
		w.last = s.at
	}
	if len(w.samples) >= 2*most {
		w.trim()
	}
}

func (w *window) trim() {
	slices.SortStableFunc(w.samples, func(a, b sample) int { return b.at.Compare(a.at) })
	w.samples = w.samples[:min(len(w.samples), most)]
}

// fit returns what the lengths of the videos say. The prior of a class is always the same.
func (w *window) fit(p prior) fit {
	if w.unfit {
		w.trim()
		w.fitted = fitTo(w.samples, p)
		w.unfit = false
	}
	return w.fitted
}

// charges returns what the costs of the videos say.
func (w *window) charges() *charges {
	if w.uncounted {
		w.trim()
		w.costs = chargesOf(w.samples)
		w.uncounted = false
	}
	return &w.costs
}
