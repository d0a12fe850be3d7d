// Package learn turns finished videos into better estimates of those that are still to come.
//
// A video lasts
//
//	fixed + stretch · spoken + pause · files
//
// seconds, where the breakdown of its plan says what is fixed, how long its voices were
// expected to speak, and in how many files. Stretch and pause are fitted to the finished
// videos of the same script and the same voices. A robust fit gives what one row lasts; the
// mean of all videos, outliers included, gives what many rows come to.
//
// What jobs cost is computed from their length by the service's prices. Where the length does
// not decide the price, the charges themselves teach it.
//
// The files follow that path: class.go keeps the latest videos, fit.go and charges.go learn
// from them, seen.go says what was learnt, voices.go carries it to the next campaign.
package learn

import (
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// few is how many finished videos teach something: two that agree may be chance.
const few = 3

// Lessons is what finished videos have taught. Plan, run and forecast share one, so that
// they say the same at the same moment. It may be used by several goroutines; a nil
// *Lessons has learnt nothing.
type Lessons struct {
	mu      sync.Mutex
	voices  Voices // of earlier campaigns
	classes map[class]*window
	latest  *window                            // that the video which ended last belongs to
	costs   map[credit.Account]credit.Estimate // see anyCost; emptied by each video
	works   works
}

// New returns lessons that know what earlier campaigns of the account taught.
func New(v Voices) *Lessons { return &Lessons{voices: v, classes: map[class]*window{}} }

// Expected is what a row is expected to last and to cost.
type Expected struct {
	Length job.Length
	Cost   credit.Estimate // of the row alone: its high end is what is reserved for it
	Mean   credit.Mean     // what such a row adds to the sum of many; the zero value: Cost
	Videos int             // that taught it; 0: none did
}

// Worst is the most that a job should be trusted to cost, while it cannot be stopped any
// more. Videos that were not seen yet may be twice as long: of n without one it follows that
// fewer than 3 in n are, by the rule of three. Where no video has confirmed an estimated
// length, all may be.
func (e Expected) Worst() credit.Amount {
	switch high := e.Cost.High; {
	case e.Videos > 0:
		return high.Plus(high.Ratio(few, int64(max(few, e.Videos))))
	case e.Cost.Basis == credit.Estimated:
		return high.Times(2)
	default:
		return high
	}
}

// Quote prices a request by the length of its video, as [providers.Checker] does.
type Quote func(job.Length) credit.Estimate

// Planned is the estimate of a row before anything is learnt.
func Planned(length job.Length, quote Quote) credit.Estimate {
	return weakened(quote(length), length, credit.Estimated)
}

// weakened gives an estimate the basis of its length, where the length decides about it: a
// published price of a length that is only estimated is no published cost.
func weakened(e credit.Estimate, length job.Length, basis credit.Basis) credit.Estimate {
	if e.Low != e.High && length.Low != length.High {
		e.Basis = e.Basis.Weaker(basis)
	}
	return e
}

// Add learns from an entry whose video is finished; it overlooks any other.
func (l *Lessons) Add(e ledger.Entry) {
	if l == nil || e.State != ledger.Succeeded {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.works.add(e)
	l.costs = nil
	key := classOf(e.Content)
	w := l.classes[key]
	if w == nil {
		w = &window{}
		l.classes[key] = w
	}
	w.add(sampleOf(e))
	if l.latest == nil || w.last.After(l.latest.last) {
		l.latest = w
	}
}

// Expect says how long a row's video is expected to last, and what it is expected to cost.
// It uses the lessons of all videos until now. The content is as planned. Without lessons the answer is the plan's own.
func (l *Lessons) Expect(c ledger.Content, quote Quote) Expected {
	plain := Expected{Length: c.Seconds, Cost: c.Estimate}
	if l == nil {
		return plain
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.classes) == 0 && len(l.voices) == 0 {
		return plain
	}
	w, f, c := l.lesson(c)
	if w == nil && !f.known() {
		if !c.Estimate.Known() {
			plain.Cost = l.anyCost(c.Account)
		}
		return plain
	}
	learnt := f.expect(c)
	if learnt.Known() && byLength(quote) {
		e := priced(learnt, quote)
		e.Videos = f.videos
		return e
	}
	if w == nil {
		return plain
	}
	e := w.charges().expect(c)
	if e.Length = learnt.Length; !e.Length.Known() {
		e.Length = c.Seconds
	}
	if !e.Cost.Known() {
		e.Cost = l.anyCost(c.Account)
	}
	return e
}

// lesson finds the videos that teach about a row: those of its script and voices; else what
// earlier campaigns know of its voice; else those of the first edition, which kept no
// breakdown, so that the row does without its own. The window is nil when it is too small to
// teach.
func (l *Lessons) lesson(c ledger.Content) (*window, fit, ledger.Content) {
	prior := l.voices.prior(c.Made)
	if w := l.classes[classOf(c)]; w != nil && len(w.samples) >= few {
		return w, w.fit(prior), c
	}
	if prior.known {
		return nil, prior.fit(), c
	}
	first := class{account: c.Account}
	if w := l.classes[first]; w != nil && len(w.samples) >= few && c.Made.Script != "" && len(l.classes) == 1 {
		c.Made = job.Breakdown{}
		return w, w.fit(prior), c
	}
	return nil, fit{}, c
}

// byLength reports whether the length of a video decides what it costs.
func byLength(quote Quote) bool {
	short := quote(exactly(10 * time.Second))
	return short.Known() && short.Likely != quote(exactly(time.Hour)).Likely
}

func exactly(d time.Duration) job.Length { return job.Length{Low: d, Likely: d, High: d} }

// priced turns lengths into amounts.
func priced(l lengths, quote Quote) Expected {
	cost := func(d time.Duration) credit.Amount { return quote(exactly(d)).Likely }
	own := quote(job.Length{Low: max(0, l.mean-l.own), Likely: l.mean, High: l.mean + l.own})
	return Expected{
		Length: l.Length, Cost: weakened(quote(l.Length), l.Length, credit.Observed),
		Mean: credit.Mean{Low: cost(l.least), Likely: cost(l.mean), High: cost(l.most), Own: max(own.High.Minus(own.Likely), own.Likely.Minus(own.Low))},
	}
}

// anyCost is what a video of the account cost, where nothing else is known of its price. It
// is asked for each row of a sheet, and computed once.
func (l *Lessons) anyCost(a credit.Account) credit.Estimate {
	if known, has := l.costs[a]; has {
		return known
	}
	var all charges
	for key, w := range l.classes {
		if key.account == a {
			all.join(w.charges())
		}
	}
	if l.costs == nil {
		l.costs = map[credit.Account]credit.Estimate{}
	}
	l.costs[a] = all.absolute()
	return l.costs[a]
}
