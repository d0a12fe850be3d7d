package engine

import (
	"context"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// Snapshot is how a run goes at one instant, as its loop knows it. It shares nothing
// with the run.
type Snapshot struct {
	At      time.Time
	Left    int           // rows that this run may still send
	Sent    int           // submits of this run
	Active  int           // jobs that may be running
	Next    Turn          // of the next submit
	Intents []time.Time   // that rate windows remember, oldest first
	Latest  time.Time     // when the latest of the jobs left that the run follows; zero: none did
	Jobs    int           // videos that were made in this run
	Typical time.Duration // how long one of them took, on average
	Doubted time.Time     // when the latest row left of which it is not known whether it was made; zero: none did
	Held    string        // why nothing more is sent; empty: the run does not hold
}

// course collects what a snapshot needs and the run itself does not.
type course struct {
	latest, doubted time.Time
	jobs            int
	worked          time.Duration
}

// depart notes a job that the run follows.
func (c *course) depart(at time.Time) { c.latest = later(c.latest, at) }

// note learns from the end of an entry's call.
func (c *course) note(d Done) {
	switch e := d.Entry; {
	case e.State == ledger.Unsure:
		c.doubted = later(c.doubted, e.IntendedAt)
	case e.State == ledger.Submitted:
		c.depart(e.IntendedAt)
	case e.State == ledger.Succeeded && !d.Moot && !e.IntendedAt.IsZero() && e.SettledAt.After(e.IntendedAt):
		c.jobs++
		c.worked += e.SettledAt.Sub(e.IntendedAt)
	}
}

// snapshot copies the state of the run as it is now. It shares no memory with the run,
// because the receiver may keep it and read it from another goroutine.
func (r *run) snapshot(ctx context.Context) Snapshot {
	now := r.engine.clock()
	s := Snapshot{
		At: now, Sent: r.sent, Active: len(r.active), Next: r.pace.Submit(now), Intents: slices.Clone(r.pace.intents),
		Latest: r.course.latest, Jobs: r.course.jobs, Doubted: r.course.doubted, Held: r.held,
	}
	if s.Jobs > 0 {
		s.Typical = r.course.worked / time.Duration(s.Jobs)
	}
	if r.held == "" && ctx.Err() == nil {
		s.Left = r.queue.Len() + r.chain.rowsWaiting()
	}
	if r.engine.Most > 0 {
		s.Left = min(s.Left, max(0, r.engine.Most-r.sent))
	}
	return s
}

// tellProgress sends a snapshot to [Engine.Progress], if it is set.
func (r *run) tellProgress(ctx context.Context) {
	if r.engine.Progress != nil {
		r.engine.Progress(r.snapshot(ctx))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
