package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// tallied counts the calls of a run, and ends it when there are too many.
type tallied struct {
	*shelf
	calls []time.Time
	stop  context.CancelFunc
}

func (c *tallied) note() {
	if c.calls = append(c.calls, time.Now()); len(c.calls) > 500 {
		c.stop()
	}
}

func (c *tallied) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	c.note()
	return c.shelf.Submit(ctx, r)
}

func (c *tallied) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	c.note()
	return c.shelf.Poll(ctx, operation, t)
}

// TestZeroLimitsAreCareful runs an engine without limits: it makes one
// request a second, and asks no job without a pause.
func TestZeroLimitsAreCareful(t *testing.T) {
	for name, limits := range map[string]engine.Limits{
		"zero":             {},
		"a deadline alone": {Deadline: time.Hour},
		"no polls":         {Active: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				s, store := searchable(&world{}, true), newMemory(t)
				c := &tallied{shelf: s.provider.(*shelf), stop: stop}
				s.provider = c
				e := newEngine(store, s)
				e.Limits, e.Workers = limits, 1
				out, err := e.Run(ctx, planRows(t, store, s, rows(5)))
				if err != nil || out.Interrupted || out.Sent != 5 {
					t.Fatalf("%d calls, %+v, %v", len(c.calls), out, err)
				}
				took := c.calls[len(c.calls)-1].Sub(c.calls[0])
				if most := int(took/time.Second) + 1 + 5; len(c.calls) > most { // a submit comes beside the polls of the job before
					t.Errorf("%d calls in %v", len(c.calls), took)
				}
			})
		})
	}
}

// TestTheCallersLimitsComeBeforeTheServices, but for what the service enforces itself.
func TestTheCallersLimitsComeBeforeTheServices(t *testing.T) {
	second, minute := []providers.Window{{Count: 1, Per: time.Second}}, []providers.Window{{Count: 30, Per: time.Minute}}
	traits := providers.Traits{Submits: second, Active: 5, FirstPoll: 10 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}
	hard := traits
	hard.HardActive = true
	service := engine.Limits{Submits: second, Active: 5, FirstPoll: 10 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}
	with := func(change func(*engine.Limits)) engine.Limits {
		l := service
		change(&l)
		return l
	}
	for _, test := range []struct {
		name      string
		traits    providers.Traits
		own, want engine.Limits
	}{
		{"nothing of their own", traits, engine.Limits{}, service},
		{"more at a time", traits, engine.Limits{Active: 9}, with(func(l *engine.Limits) { l.Active = 9 })},
		{"more at a time than can be", hard, engine.Limits{Active: 9}, with(func(l *engine.Limits) { l.HardActive = true })},
		{"fewer at a time", hard, engine.Limits{Active: 2}, with(func(l *engine.Limits) { l.Active, l.HardActive = 2, true })},
		{"windows", traits, engine.Limits{Submits: minute, Requests: minute[0]}, with(func(l *engine.Limits) { l.Submits, l.Requests = minute, minute[0] })},
		{"times", traits, engine.Limits{FirstPoll: 1, MaxPoll: 2, Deadline: 3}, with(func(l *engine.Limits) { l.FirstPoll, l.MaxPoll, l.Deadline = 1, 2, 3 })},
	} {
		if diff := cmp.Diff(test.want, engine.LimitsOf(test.traits).With(test.own)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
