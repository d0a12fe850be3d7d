package engine_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestForecastByFinishedVideosIsRight forecasts the rest of campaigns from what their first
// videos took, and runs them. What a video took holds the wait for its poll already: it must
// not be rounded up to polls again. Where a cap on active jobs binds, the mean decides.
func TestForecastByFinishedVideosIsRight(t *testing.T) {
	usual := engine.Limits{Active: 5, Submits: []providers.Window{{Count: 30, Per: time.Minute}}, FirstPoll: 15 * time.Second, MaxPoll: time.Minute, Deadline: 2 * time.Hour}
	quick := usual
	quick.FirstPoll, quick.MaxPoll = time.Second, 2*time.Second
	for _, test := range []struct {
		name   string
		limits engine.Limits
		rows   int // after those that teach
		render time.Duration
		spread float64
		teach  int
	}{
		{"20 s, the usual polls, 8 seen", usual, 40, 20 * time.Second, 0, 8},
		{"16 s and 30 % of spread, the usual polls, 40 seen", usual, 40, 16 * time.Second, 0.3, 40},
		{"12 s and 40 % of spread, quick polls, 40 seen", quick, 60, 12 * time.Second, 0.4, 40},
	} {
		t.Run(test.name, func(t *testing.T) {
			var offs []float64
			for seed := range uint64(9) {
				synctest.Test(t, func(t *testing.T) {
					s := unsearchable(t, &world{}, sandbox.Options{Render: time.Millisecond})
					s.provider = &lasting{Provider: s.provider, mean: test.render, spread: test.spread, random: rand.New(rand.NewPCG(seed, 4)), ends: map[string]time.Time{}}
					offs = append(offs, forecastAndRun(t, s, test.limits, test.teach, test.rows))
				})
			}
			slices.Sort(offs)
			t.Logf("off by %.1f %% to %.1f %%", 100*offs[0], 100*offs[len(offs)-1])
			if middle := offs[len(offs)/2]; math.Abs(middle) > 0.05 || test.spread == 0 && max(-offs[0], offs[len(offs)-1]) > 0.01 {
				t.Errorf("the middle of nine forecasts is %.1f %% off", 100*middle)
			}
		})
	}
}

// forecastAndRun lets the first rows teach, forecasts the others, runs them, and returns by
// which share the forecast was off.
func forecastAndRun(t *testing.T, s service, limits engine.Limits, teach, rows int) float64 {
	store := newMemory(t)
	ready := planSpoken(t, store, s, teach+rows, guess)
	e := newEngine(store, s)
	e.Limits, e.Lessons, e.Most = limits, learn.New(nil), teach
	if _, err := e.Run(t.Context(), ready); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Minute) // the windows are empty again
	mean, videos := e.Lessons.Work()
	began := time.Now()
	forecast := engine.ForecastRun(rows, engine.Forecast{Limits: limits, Typical: mean, Noticed: true, Took: e.Lessons.Took(), Spread: engine.SpreadOf(videos)}, began)
	e.Most = 0
	if _, err := e.Run(t.Context(), readyRows(t, store)); err != nil {
		t.Fatal(err)
	}
	return forecast.Likely.Seconds()/lastEnd(t, store).Sub(began).Seconds() - 1
}

// lasting has each job take a time of its own.
type lasting struct {
	providers.Provider
	mean   time.Duration
	spread float64
	mu     sync.Mutex
	random *rand.Rand
	ends   map[string]time.Time
}

func (l *lasting) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	receipt, err := l.Provider.Submit(ctx, r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends[receipt.Ticket.Job] = time.Now().Add(time.Duration(float64(l.mean) * max(0.2, 1+l.spread*l.random.NormFloat64())))
	return receipt, err
}

func (l *lasting) Poll(ctx context.Context, operation string, ticket job.Ticket) (providers.Progress, error) {
	l.mu.Lock()
	end := l.ends[ticket.Job]
	l.mu.Unlock()
	if time.Now().Before(end) {
		return providers.Progress{Outcome: providers.Running}, nil
	}
	return l.Provider.Poll(ctx, operation, ticket)
}

// lastEnd is when the last video was settled.
func lastEnd(t *testing.T, store ledger.Store) (last time.Time) {
	t.Helper()
	for e, err := range store.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.SettledAt.After(last) {
			last = e.SettledAt
		}
	}
	return last
}
