package reelmerge

import (
	"fmt"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

var began = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// TestForecastLearnsFromTheRunsOwnVideos: what was thought at first stays to
// compare with.
func TestForecastLearnsFromTheRunsOwnVideos(t *testing.T) {
	limits := engine.Limits{Active: 2, FirstPoll: time.Minute, MaxPoll: 10 * time.Minute}
	o := newOutlook(func() engine.Forecast { return engine.Forecast{Limits: limits, Typical: time.Minute} }, began, engine.Snapshot{Left: 100})
	if got := o.first.Sub(began); got != 50*time.Minute {
		t.Errorf("at first %v", got)
	}
	at := began.Add(15 * time.Minute)
	o.update(at, engine.Snapshot{Left: 90, Sent: 10, Jobs: 10, Typical: 3 * time.Minute, Latest: began.Add(12 * time.Minute)})
	if got := o.ends.Sub(began); got != 150*time.Minute {
		t.Errorf("after ten videos: %v", got)
	}
	if got := o.boundBy(at); got != "active: 2" {
		t.Errorf("bound by %q", got)
	}
	if o.first != began.Add(50*time.Minute) {
		t.Errorf("the first estimate moved to %v", o.first)
	}
}

// TestForecastNamesTheWindowThatMakesTheNextRowWait for long.
func TestForecastNamesTheWindowThatMakesTheNextRowWait(t *testing.T) {
	limits := engine.Limits{Submits: []providers.Window{{Count: 2, Per: time.Hour}}, Active: 9}
	sent := []time.Time{began.Add(-50 * time.Minute), began.Add(-20 * time.Minute)}
	s := engine.Snapshot{Left: 3, Intents: sent, Next: engine.NewPace(limits, sent).Submit(began)}
	o := newOutlook(func() engine.Forecast { return engine.Forecast{Limits: limits, Typical: time.Second} }, began, s)
	if got := o.boundBy(began); got != "submits: 2/h" {
		t.Errorf("bound by %q", got)
	}
	if got := o.next.At.Sub(began).Round(time.Millisecond); got != 10*time.Minute {
		t.Errorf("the next one in %v", got)
	}
}

// TestForecastSaysNothingItDoesNotKnow: of a service without a typical time, the
// first video tells.
func TestForecastSaysNothingItDoesNotKnow(t *testing.T) {
	o := newOutlook(func() engine.Forecast { return engine.Forecast{} }, began, engine.Snapshot{Left: 5})
	if !o.first.IsZero() || !o.ends.IsZero() {
		t.Errorf("ends %v", o.ends)
	}
	o.update(began.Add(time.Minute), engine.Snapshot{Left: 4, Sent: 1, Jobs: 1, Typical: time.Minute, Latest: began})
	if o.ends.IsZero() || !o.first.IsZero() {
		t.Errorf("ends %v, at first %v", o.ends, o.first)
	}
}

// TestAWatchForgetsWhatIsNotShown: memory does not grow with the rows.
func TestAWatchForgetsWhatIsNotShown(t *testing.T) {
	w := &watch{run: &running{}}
	for i := range 100_000 {
		e := ledger.Entry{Content: ledger.Content{Row: i}, State: ledger.Failed}
		w.happened(engine.Happening{What: engine.Failed, Entry: e, Detail: fmt.Sprintf("reason %d", i%8)})
	}
	trouble := w.troubles()
	if len(trouble) != lastTroubles || len(w.reasons) != mostReasons {
		t.Fatalf("%d troubles, %d reasons", len(trouble), len(w.reasons))
	}
	if trouble[2].Row != 99_999 || w.reasons[0].Rows != 12_500 || w.others != 37_500 {
		t.Errorf("%+v, %+v, %d others", trouble, w.reasons, w.others)
	}
}
