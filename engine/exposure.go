package engine

import (
	"context"
	"sync"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
)

// exposure holds what the open jobs of a run may cost beyond what was reserved for them.
// Lessons may say of a running job that it will cost more than was known when it was sent.
// Its reservation does not change, so the budget of the next intent is smaller by the rest:
// a budget is a cap also when the first estimates were too low. A nil exposure is that of a
// run without a budget.
type exposure struct {
	mu   sync.Mutex // held over an intent: two must not count on the same room
	open map[string]ledger.Entry
}

// room returns the budget of the next intent, whose own estimate is given. The caller holds
// the lock. A job that is alone has the whole budget: there is no other to wait for.
func (x *exposure) room(budget credit.Amount, next learn.Expected, expect func(ledger.Entry) learn.Expected) credit.Amount {
	running := false
	for _, e := range x.open {
		if e.State == ledger.Unsure || e.Overdue {
			continue // it may never end, and rows must not wait for it: only its reservation counts
		}
		running = true
		budget = budget.Minus(max(0, expect(e).Worst().Minus(e.Money.Reserved)))
	}
	if running {
		budget = budget.Minus(next.Worst().Minus(next.Cost.High))
	}
	return budget
}

// keep notes an entry as it is now.
func (x *exposure) keep(e ledger.Entry) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.set(e)
}

func (x *exposure) set(e ledger.Entry) {
	if e.State.Open() {
		x.open[e.Key] = e
	} else {
		delete(x.open, e.Key)
	}
}

// newExposure reads the open entries that earlier runs left.
func newExposure(ctx context.Context, store ledger.Store) (*exposure, error) {
	x := &exposure{open: map[string]ledger.Entry{}}
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Intended, ledger.Submitted, ledger.Unsure}}) {
		if err != nil {
			return nil, err
		}
		x.set(e)
	}
	return x, nil
}
