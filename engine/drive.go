package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Lease tells whether this process still drives the ledger. A [ledger.Lease] is one.
type Lease interface {
	// Valid is asked directly before the first byte of each paid request.
	Valid() bool
	// Lost is closed when the lease is over.
	Lost() <-chan struct{}
}

// Drive has the engine drive a ledger that several processes share: it sends while the lease
// holds, goes by the clock of the store, and proves nothing before the quarantine is over.
func (e *Engine) Drive(ctx context.Context, s ledger.Shared, l ledger.Lease) error {
	quarantine, err := s.Quarantine(ctx)
	if err != nil {
		return fmt.Errorf("ask for the quarantine: %w", err)
	}
	e.Store, e.Lease, e.Now, e.Quarantine = l, l, s.Now, quarantine
	return nil
}

// clock is the time that stored times are compared with.
func (e *Engine) clock() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// lost is closed when another process may drive the ledger; nil where none can.
func (e *Engine) lost() <-chan struct{} {
	if e.Lease == nil {
		return nil
	}
	return e.Lease.Lost()
}

// clock is the time by the clock that the entries' times are of.
func (s Stepper) clock() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// driven returns [ledger.ErrFenced] when another process may drive the ledger by now.
func (s Stepper) driven() error {
	if s.Lease != nil && !s.Lease.Valid() {
		return ledger.ErrFenced
	}
	return nil
}

// paid is the context of a paid request. Where a ledger is shared, none of it leaves once the
// lease is over, however long the process was stopped after the intent; and it is over when
// the quarantine counts on that.
func (s Stepper) paid(ctx context.Context, open func() error) (context.Context, context.CancelFunc) {
	ctx = providers.Guarded(ctx, open)
	if s.Lease == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, ledger.LongestSubmit)
}

// absent reports whether a search that found nothing, as the one before, proves that an
// entry's request created nothing. No process may still be sending it.
func (s Stepper) absent(e ledger.Entry, now time.Time) bool {
	return e.Asked > 0 && s.rulesOf(e.Operation).Traits().FindComplete && !SetBack(e, now) && !now.Before(e.LeftAt().Add(s.Quarantine))
}

// elsewhere is why a run sends nothing more when another process has the lease.
const elsewhere = "another process drives this campaign now"

// leave ends the run's part in the ledger: what is on the wire is waited for and recorded,
// and nothing else is begun.
func (r *run) leave(kind Hold, why string) {
	r.gone = true
	clear(r.inbox.claims)
	r.hold(kind, why)
}

// obeyLedger leaves the ledger when it says that another process drives it, or when its
// database does not answer any more. It reports whether that was the matter.
func (r *run) obeyLedger(err error) bool {
	switch {
	case errors.Is(err, ledger.ErrFenced):
		r.leave(HoldDriven, elsewhere)
	case errors.Is(err, ledger.ErrUnavailable):
		r.leave(HoldOutage, ledger.ErrUnavailable.Error())
	default:
		return false
	}
	return true
}
