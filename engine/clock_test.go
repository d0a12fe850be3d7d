package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
)

// punctual is a search that looks at nothing from before the request, as those of
// real services do, which have to end somewhere.
type punctual struct{ *shelf }

func (p punctual) Find(ctx context.Context, l providers.Lost) (found []job.Ticket, err error) {
	all, err := p.shelf.Find(ctx, l)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range all {
		if !p.born[t.Job].Before(l.Since.Add(-time.Minute)) {
			found = append(found, t)
		}
	}
	return found, err
}

// ahead is a process whose clock is ahead: everything that it writes is from the
// future, once somebody has set the clock back.
type ahead struct {
	ledger.Store
	by time.Duration
}

func (a ahead) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	for i := range changes {
		changes[i].Event.At = changes[i].Event.At.Add(a.by)
	}
	return a.Store.Apply(ctx, changes...)
}

// TestAClockThatIsSetBackProvesNothing loses an answer while the clock is three
// hours ahead. Afterwards the job seems to be older than its own request, so that
// no search finds it: the row is not sent again, not even when its intent is in the
// past at last, and nobody waits for three hours.
func TestAClockThatIsSetBackProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s, store := searchable(w, true), newMemory(t)
		s.provider = punctual{s.provider.(*shelf)}
		planRows(t, store, s, rows(2))
		wrong := ahead{mortalStore{store, w}, 3 * time.Hour}
		w.dieAt = map[int]bool{4: true} // with the answer on its way
		_, _ = newEngine(wrong, s).Run(t.Context(), readyRows(t, store))
		w.restart()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second) // searched once
		defer cancel()
		if _, err := newEngine(store, s).Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour) // by now, the intent is in the past
		begun := time.Now()
		e := newEngine(store, s)
		e.Limits = engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: time.Minute, Deadline: time.Hour}
		if _, err := e.Run(t.Context(), readyRows(t, store)); err != nil {
			t.Fatal(err)
		}
		unsure := 0
		for key, e := range states(t, store) {
			if jobs := s.bank()[key]; jobs > 1 {
				t.Errorf("%s has %d jobs", key, jobs)
			}
			if e.State == ledger.Unsure {
				unsure++
			} else if e.State != ledger.Succeeded {
				t.Errorf("%s is %s", key, e.State)
			}
		}
		if took := time.Since(begun); unsure == 0 || took > time.Hour {
			t.Errorf("%d unsure after %v", unsure, took)
		}
	})
}

// TestAJobFromTheFutureIsAskedForSoon: it was sent before the clock was set back.
func TestAJobFromTheFutureIsAskedForSoon(t *testing.T) {
	l := engine.Limits{FirstPoll: 15 * time.Second, MaxPoll: time.Minute}
	now := ledgertest.Start()
	if at := l.NextPoll(now.Add(5*time.Hour), now); at.Sub(now) > l.MaxPoll {
		t.Errorf("in %v", at.Sub(now))
	}
}
