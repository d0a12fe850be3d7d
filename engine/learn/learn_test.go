package learn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

var account = credit.Account{Provider: "acme", Unit: "minutes"}

// perMinute prices a minute at one unit.
func perMinute(l job.Length) credit.Estimate {
	of := func(d time.Duration) credit.Amount { return credit.Unit.Ratio(d.Milliseconds(), 60_000) }
	return credit.Estimate{Low: of(l.Low), Likely: of(l.Likely), High: of(l.High), Basis: credit.Documented}
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}

// row is planned with fixed scenes, and speech in one file of a voice.
func row(script, voice string, fixed, spoken float64) ledger.Content {
	length := seconds(fixed + spoken + 0.9)
	c := ledger.Content{
		Account: account, Seconds: job.Length{Low: length * 85 / 100, Likely: length, High: length * 115 / 100},
		Made: job.Breakdown{Script: script, Fixed: seconds(fixed), Voices: []job.Say{{Voice: voice, Tracks: 1, Spoken: seconds(spoken), Silence: seconds(0.9)}}},
	}
	c.Estimate = learn.Planned(c.Seconds, perMinute)
	return c
}

// made is the entry of a video that lasted so many seconds, the nth that was made.
func made(n int, c ledger.Content, lasted float64) ledger.Entry {
	at := time.Date(2026, 5, 4, 9, 0, n, 0, time.UTC)
	e := ledger.Entry{
		Key: fmt.Sprint(n), State: ledger.Succeeded, Content: c, Basis: credit.Observed,
		IntendedAt: at.Add(-30 * time.Second), SubmittedAt: at.Add(-29 * time.Second), SettledAt: at,
	}
	e.Result.Duration = seconds(lasted)
	e.Money.Charged = perMinute(job.Length{Low: e.Result.Duration, Likely: e.Result.Duration, High: e.Result.Duration}).Likely
	return e
}

// sums is what the rest of a campaign was expected to cost, and what it came to.
type sums struct {
	expected credit.Sum
	truth    credit.Amount
}

func (s sums) off() float64 { return float64(s.expected.Likely)/float64(s.truth) - 1 }

func (s sums) holds() bool { return s.expected.Low <= s.truth && s.truth <= s.expected.High }

// campaign teaches with the first rows and adds up the rest.
func campaign(lessons *learn.Lessons, rows, taught int, plan func(i int) ledger.Content, lasts func(i int, c ledger.Content) float64) (s sums) {
	for i := range rows {
		c := plan(i)
		e := made(i, c, lasts(i, c))
		if i < taught {
			lessons.Add(e)
			continue
		}
		expected := lessons.Expect(c, perMinute)
		s.expected.AddOfMany(expected.Cost, expected.Mean)
		s.truth = s.truth.Plus(e.Money.Charged)
	}
	return s
}

func spoken(c ledger.Content) float64 { return c.Made.Speech().Spoken.Seconds() }

// varied plans rows of 8 to 12 seconds of speech beside fixed scenes.
func varied(fixed float64) func(int) ledger.Content {
	return func(i int) ledger.Content { return row("s", "v", fixed, 8+float64(i%9)/2) }
}

// TestTheRestIsRightAfterTwentyVideos, where rows are alike: within five percent of what it
// comes to, and inside its interval. The first plan of each case is not.
func TestTheRestIsRightAfterTwentyVideos(t *testing.T) {
	for _, test := range []struct {
		name  string
		fixed float64
		lasts func(random *rand.Rand, c ledger.Content) float64
	}{
		{"0.6 times as long", 0, func(_ *rand.Rand, c ledger.Content) float64 { return 0.6 * c.Seconds.Likely.Seconds() }},
		{"1.6 times as long", 0, func(_ *rand.Rand, c ledger.Content) float64 { return 1.6 * c.Seconds.Likely.Seconds() }},
		{"1.2 times as long, with noise", 0, func(random *rand.Rand, c ledger.Content) float64 {
			return c.Seconds.Likely.Seconds() * (1.2 + 0.08*random.NormFloat64())
		}},
		{"a slower pace and more silence", 0, func(_ *rand.Rand, c ledger.Content) float64 { return 0.85*spoken(c) + 1.95 }},
		{"speech of 1.3 beside 20 fixed seconds", 20, func(_ *rand.Rand, c ledger.Content) float64 { return 20 + 1.3*(spoken(c)+0.9) }},
		{"speech of 1.3 beside 60 fixed seconds", 60, func(_ *rand.Rand, c ledger.Content) float64 { return 60 + 1.3*(spoken(c)+0.9) }},
		{"speech of 0.75 beside 30 fixed seconds", 30, func(_ *rand.Rand, c ledger.Content) float64 { return 30 + 0.75*(spoken(c)+0.9) }},
		{"all of it 1.2 times as long, fixed seconds included", 30, func(_ *rand.Rand, c ledger.Content) float64 { return 1.2 * c.Seconds.Likely.Seconds() }},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		s := campaign(learn.New(nil), 120, 20, varied(test.fixed), func(_ int, c ledger.Content) float64 { return test.lasts(random, c) })
		if off := math.Abs(s.off()); off > 0.05 || !s.holds() {
			t.Errorf("%s: %.1f %% off; %s to %s holds %s: %t", test.name, 100*off, s.expected.Low, s.expected.High, s.truth, s.holds())
		}
		if first := campaign(learn.New(nil), 120, 0, varied(test.fixed), func(_ int, c ledger.Content) float64 { return test.lasts(random, c) }); math.Abs(first.off()) < 0.02 {
			t.Errorf("%s: the first plan is right already: %.1f %%", test.name, 100*first.off())
		}
	}
}

// TestIntervalsHoldTheTruth simulates campaigns of all kinds: at least 93 of 100 sums of
// what is left lie inside their interval, after 5, 20 and 100 videos, and as many rows.
func TestIntervalsHoldTheTruth(t *testing.T) {
	kinds := map[string]func(r *rand.Rand, i int) float64{
		"noise":        func(r *rand.Rand, _ int) float64 { return 1 + 0.08*r.NormFloat64() },
		"2 % doubled":  func(r *rand.Rand, _ int) float64 { return (1 + 0.08*r.NormFloat64()) * float64(1+oneIn(r, 50)) },
		"two modes":    func(r *rand.Rand, _ int) float64 { return 1 - 0.3*float64(oneIn(r, 2)) },
		"a few longer": func(r *rand.Rand, _ int) float64 { return 1 + 0.4*float64(oneIn(r, 5)) },
		"little noise": func(r *rand.Rand, _ int) float64 { return 1 + 0.02*r.NormFloat64() },
	}
	const campaigns = 100
	for name, kind := range kinds {
		for _, taught := range []int{5, 20, 100} {
			inside, rowsInside, rows := 0, 0, 0
			for n := range campaigns {
				r := rand.New(rand.NewPCG(uint64(n), 7))
				factor := 0.6 + r.Float64()
				lasts := func(i int, c ledger.Content) float64 { return 5 + factor*max(0.2, kind(r, i))*(spoken(c)+0.9) }
				lessons := learn.New(nil)
				s := campaign(lessons, taught+100, taught, varied(5), lasts)
				if s.holds() {
					inside++
				}
				for i := range 20 {
					c := varied(5)(i)
					l, truth := lessons.Expect(c, perMinute).Length, seconds(lasts(i, c))
					if rows++; l.Low <= truth && truth <= l.High {
						rowsInside++
					}
				}
			}
			t.Logf("%s after %d: %d %% of sums, %d %% of rows", name, taught, inside*100/campaigns, rowsInside*100/rows)
			if inside*100 < 93*campaigns {
				t.Errorf("%s after %d videos: %d of %d sums inside", name, taught, inside, campaigns)
			}
			// Five videos cannot know of a mode that one in five has.
			if rowsInside*100 < 85*rows {
				t.Errorf("%s after %d videos: %d of %d rows inside", name, taught, rowsInside, rows)
			}
		}
	}
}

func oneIn(r *rand.Rand, n int) int {
	if r.IntN(n) == 0 {
		return 1
	}
	return 0
}

// TestAChangedTemplateLearnsItsOwn begins anew with another script or voice, also after a
// thousand videos of the old one.
func TestAChangedTemplateLearnsItsOwn(t *testing.T) {
	lessons := learn.New(nil)
	for i := range 1000 {
		c := varied(0)(i)
		lessons.Add(made(i, c, 1.4*c.Seconds.Likely.Seconds()))
	}
	changes := map[string]func(int) ledger.Content{
		"script": func(i int) ledger.Content { return row("another", "v", 0, 8+float64(i%9)/2) },
		"voice":  func(i int) ledger.Content { return row("s", "another", 0, 8+float64(i%9)/2) },
	}
	for name, plan := range changes {
		if got, want := lessons.Expect(plan(0), perMinute), plan(0); got.Cost != want.Estimate || got.Length != want.Seconds {
			t.Errorf("another %s is planned by the old one: %+v", name, got)
		}
		rest := campaign(lessons, 120, 20, func(i int) ledger.Content { return plan(i) }, func(i int, c ledger.Content) float64 { return 0.85 * c.Seconds.Likely.Seconds() })
		if off := math.Abs(rest.off()); off > 0.05 || !rest.holds() {
			t.Errorf("after 20 of another %s: %.1f %% off", name, 100*off)
		}
	}
}

// TestTheLatestVideosTeach follows a service that changes its voices: the ledger is read in
// the order of keys, and what ended last counts.
func TestTheLatestVideosTeach(t *testing.T) {
	lessons := learn.New(nil)
	for i := range 1000 {
		factor := 1.0
		if n := (i * 7) % 1000; n >= 800 {
			factor = 1.3
		}
		c := varied(0)(i)
		lessons.Add(made((i*7)%1000, c, factor*c.Seconds.Likely.Seconds()))
	}
	c := varied(0)(4)
	got := lessons.Expect(c, perMinute).Length.Likely.Seconds() / c.Seconds.Likely.Seconds()
	if math.Abs(got-1.3) > 0.02 {
		t.Errorf("%.2f times as long, want 1.3", got)
	}
}

// TestTwoLengthsAreSaid, and one is not.
func TestTwoLengthsAreSaid(t *testing.T) {
	for want, factors := range map[string][]float64{
		"20 finished videos were 20% longer and 20% dearer than estimated; they come in two lengths, about 80% and 160% of the estimate": {0.8, 1.6},
		"20 finished videos were 10% longer and 10% dearer than estimated":                                                               {1.1, 1.1},
		"20 finished videos were as estimated":                                                                                           {1, 1},
	} {
		lessons := learn.New(nil)
		for i := range 20 {
			c := row("s", "v", 0, 10)
			lessons.Add(made(i, c, factors[i%2]*c.Seconds.Likely.Seconds()))
		}
		if got := lessons.Seen().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c, few := row("s", "v", 0, 10), learn.New(nil)
	few.Add(made(1, c, 30))
	few.Add(made(2, c, 30))
	if got := few.Seen(); got.String() != "" || got.FarOff() {
		t.Errorf("two videos teach %+v", got)
	}
	if got := few.Expect(c, perMinute); got.Cost != c.Estimate {
		t.Errorf("two videos correct a row: %+v", got)
	}
}

// TestChargesTeachWhereNoLengthDecides, as for lists of pictures whose price is a range.
func TestChargesTeachWhereNoLengthDecides(t *testing.T) {
	flat := func(job.Length) credit.Estimate {
		return credit.Estimate{Low: credit.Of(750), Likely: credit.Of(1125), High: credit.Of(1500), Basis: credit.Documented}
	}
	lessons := learn.New(nil)
	c := ledger.Content{Account: account, Made: job.Breakdown{Script: "list"}, Estimate: learn.Planned(job.Length{}, flat)}
	var first, rest credit.Sum
	for i := range 120 {
		if got := lessons.Expect(c, flat); i == 0 && got.Cost != c.Estimate {
			t.Errorf("at first %+v", got)
		} else if i < 20 {
			first.AddOfMany(got.Cost, got.Mean)
		} else {
			rest.AddOfMany(got.Cost, got.Mean)
		}
		if i >= 20 {
			continue
		}
		e := made(i, c, 0)
		e.Money.Charged = credit.Of(750)
		lessons.Add(e)
	}
	if first.Likely <= credit.Of(20*750) {
		t.Errorf("the first rows were planned with %s already", first.Likely)
	}
	if rest.Likely != credit.Of(100*750) || rest.Low > rest.Likely || rest.High > credit.Of(100*900) || rest.Basis != credit.Observed {
		t.Errorf("the rest: %s (%s to %s), %s", rest.Likely, rest.Low, rest.High, rest.Basis)
	}
	if high := lessons.Expect(c, flat).Cost.High; high <= credit.Of(750) || high >= credit.Of(1125) {
		t.Errorf("at most %s is set aside for a row", high)
	}
}

// TestUnknownPricesAreThoseOfOtherVideos of the account, and of no other.
func TestUnknownPricesAreThoseOfOtherVideos(t *testing.T) {
	unknown := func(job.Length) credit.Estimate { return credit.Estimate{} }
	lessons := learn.New(nil)
	for i := range 4 {
		e := made(i, ledger.Content{Account: account, Made: job.Breakdown{Script: "old"}}, 0)
		e.Money.Charged = credit.Of(int64(2 + i))
		lessons.Add(e)
	}
	want := credit.Estimate{Low: credit.Of(2), Likely: 3_500_000, High: credit.Of(5), Basis: credit.Observed}
	if got := lessons.Expect(ledger.Content{Account: account, Made: job.Breakdown{Script: "new"}}, unknown).Cost; got != want {
		t.Errorf("%+v", got)
	}
	if got := lessons.Expect(ledger.Content{Account: credit.Account{Provider: "other"}}, unknown).Cost; got.Known() {
		t.Errorf("another account costs %+v", got)
	}
}

// TestVoicesGoToTheNextCampaign: what one campaign taught of a voice is known at the first
// row of another script.
func TestVoicesGoToTheNextCampaign(t *testing.T) {
	lessons := learn.New(nil)
	for i := range 50 {
		c := varied(0)(i)
		lessons.Add(made(i, c, 1.25*spoken(c)+0.4+0.1*float64(i%3)))
	}
	next := learn.New(lessons.Voices())
	c := row("another script", "v", 30, 12)
	got, want := next.Expect(c, perMinute), 30+1.25*12+0.5
	if off := math.Abs(got.Length.Likely.Seconds()/want - 1); off > 0.03 || got.Cost.Basis != credit.Observed {
		t.Errorf("%v expected, want %.1f s", got.Length.Likely, want)
	}
	if l := got.Length; l.Low.Seconds() > want || l.High.Seconds() < want {
		t.Errorf("%v to %v", l.Low, l.High)
	}
	other := row("another script", "w", 30, 12)
	if got := next.Expect(other, perMinute); got.Cost != other.Estimate {
		t.Errorf("another voice is corrected: %+v", got)
	}
}

// TestTheFirstEditionsVideosTeach, which have no breakdown.
func TestTheFirstEditionsVideosTeach(t *testing.T) {
	lessons := learn.New(nil)
	for i := range 20 {
		c := varied(0)(i)
		c.Made = job.Breakdown{}
		lessons.Add(made(i, c, 1.2*c.Seconds.Likely.Seconds()))
	}
	c := varied(0)(3)
	if got := lessons.Expect(c, perMinute).Length.Likely.Seconds() / c.Seconds.Likely.Seconds(); math.Abs(got-1.2) > 0.03 {
		t.Errorf("%.2f times as long, want 1.2", got)
	}
}

// TestWorkIsTheMean of what jobs took, without those that waited for another run.
func TestWorkIsTheMean(t *testing.T) {
	lessons := learn.New(nil)
	for i, lasted := range []time.Duration{10 * time.Second, 20 * time.Second, 60 * time.Second, 9 * time.Hour} {
		e := made(i, row("s", "v", 0, 10), 10)
		e.IntendedAt = e.SettledAt.Add(-lasted)
		lessons.Add(e)
	}
	if mean, videos := lessons.Work(); mean != 30*time.Second || videos != 3 {
		t.Errorf("%v of %d", mean, videos)
	}
	if mean, videos := (*learn.Lessons)(nil).Work(); mean != 0 || videos != 0 {
		t.Errorf("nothing teaches %v of %d", mean, videos)
	}
}
