package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// onTheWire knows which entries of a shared ledger may still reach the service, although the
// machine that sent them is gone or has lost its lease. The zero value is that of a ledger in
// a file: its lock shows that no process sends anything.
type onTheWire struct {
	shared     bool
	now        time.Time
	quarantine time.Duration
}

// wireOf asks a ledger how long its requests may be on the wire.
func wireOf(ctx context.Context, store ledger.Store) (w onTheWire, err error) {
	many, shared := store.(ledger.Shared)
	if !shared {
		return w, nil
	}
	w.shared, w.now = true, many.Now()
	w.quarantine, err = many.Quarantine(ctx)
	return w, ledgerFailure(err)
}

// refuses returns why a decision about an entry must wait, with the minute from which it
// works. An intended entry is left to the machine that drives the campaign: it finds out
// whether the request left.
func (w onTheWire) refuses(d Decision, e ledger.Entry) error {
	if !w.shared {
		return nil
	}
	free := e.LeftAt().Add(w.quarantine)
	early := w.now.Before(free)
	switch {
	case e.State == ledger.Intended && early:
		return fail(Locked, fmt.Errorf("%s was sent at %s and may be on its way", d.who(), wording.Moment(e.IntendedAt, w.now)),
			"the run finds out what became of it; a decision works from "+minute(free, w.now)+" on")
	case e.State == ledger.Intended:
		return fail(Locked, fmt.Errorf("%s was being sent when its machine stopped: the next run finds out what became of it", d.who()),
			"then decide what it does not find:", next("run"))
	case e.State == ledger.Unsure && early && (d.Choice == NotSubmitted || d.Choice == Resubmit):
		return fail(Locked, fmt.Errorf("%s was sent at %s, and another machine may still be sending it", d.who(), wording.Moment(e.LeftAt(), w.now)),
			"this decision works from "+minute(free, w.now)+" on")
	}
	return nil
}

// minute is a time of day, rounded up to the minute.
func minute(t, now time.Time) string {
	up, now := t.Add(time.Minute-time.Nanosecond).Truncate(time.Minute).Local(), now.Local()
	if up.YearDay() == now.YearDay() && up.Year() == now.Year() {
		return up.Format("15:04")
	}
	return up.Format("2 Jan 15:04")
}

// alone takes the lease of a shared ledger for an operation that no run goes on beside. The
// lock of a ledger in a file has seen to that already.
func (c *Campaign) alone(ctx context.Context, store Store) (ledger.Store, func(), error) {
	many, shared := store.(ledger.Shared)
	if !shared {
		return store, func() {}, nil
	}
	lease, err := many.Acquire(ctx, ledger.Drive{Who: c.machine(), TTL: usualLease})
	if err != nil {
		return nil, nil, drivenElsewhere(err)
	}
	return lease, func() { c.release(ctx, lease) }, nil
}

// release gives a lease back, whatever ended its use: the next machine should not have to
// wait for it to run out.
func (c *Campaign) release(ctx context.Context, lease ledger.Lease) {
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), patienceOfRelease)
	defer cancel()
	if err := lease.Release(brief); err != nil && !errors.Is(err, ledger.ErrFenced) {
		c.note("note: the lease is not given back, and runs out by itself: %v", err)
	}
}

// patienceOfRelease is how long the end of an operation waits for the database.
const patienceOfRelease = 5 * time.Second
