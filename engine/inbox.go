package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Ignored counts the notices that changed nothing.
type Ignored struct {
	Duplicate int // said before
	Late      int // about a row that is settled, or that this run does not know
	Strange   int // unsigned, and about no row of this run
}

// inbox holds the notices of webhooks. A notice is a hint that makes the run ask at once.
// Where there is no ticket to ask by, an authentic notice becomes a claim: the run
// confirms it at the service, and only a confirmed claim settles its row. The inbox
// belongs to the loop.
type inbox struct {
	keys    map[string]string           // reference → key, of every row that may have a job
	seen    map[noticeKey]bool          // what was said already
	pending map[string]providers.Notice // came before the answer to their own submit, or during a call
	claims  map[string]claim            // about rows without a ticket, waiting to be confirmed
	ignored Ignored
}

// noticeKey identifies a notice: services repeat their webhooks, and two with the same
// key say the same.
type noticeKey struct {
	reference string
	authentic bool
	outcome   providers.Outcome
	job       string
}

// claim is an authentic notice about a row without a ticket, which waits to be confirmed.
type claim struct {
	notice providers.Notice
	at     time.Time // when to confirm it next
	tries  int
}

// How often a claim is confirmed. It takes more than one try, because the service's file
// store may be behind the job that fills it (COL-P5).
const (
	claimTries = 4
	claimPause = 5 * time.Second
)

// listen reads the references of all entries that a notice may be about. Settled ones are
// left out: a notice cannot change them (L6).
func (r *run) listen(ctx context.Context) error {
	r.inbox = inbox{
		keys: map[string]string{}, seen: map[noticeKey]bool{},
		pending: map[string]providers.Notice{}, claims: map[string]claim{},
	}
	if r.engine.Notices == nil {
		return nil
	}
	open := []ledger.State{ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure}
	for entry, err := range r.engine.Store.Entries(ctx, ledger.Query{States: open}) {
		if err != nil {
			return fmt.Errorf("read references: %w", err)
		}
		if entry.Reference != "" { // a notice without one is about no row
			r.inbox.keys[entry.Reference] = entry.Key
		}
	}
	return nil
}

// notice receives one notice. It is a reason to ask at once and no proof, because anybody
// who finds the address can send one. Only an entry without a ticket can be settled by
// it, and only by an authentic one that is confirmed.
func (r *run) notice(ctx context.Context, n providers.Notice) error {
	entry, err := r.addressee(ctx, n)
	switch {
	case err != nil:
		return err
	case entry.Key == "" && !n.Authentic:
		r.inbox.ignored.Strange++
		return nil
	case entry.Key == "" || entry.State.Settled():
		r.inbox.ignored.Late++
		return nil
	}
	said := noticeKey{n.Reference, n.Authentic, n.Progress.Outcome, n.Ticket.Job}
	if r.inbox.seen[said] {
		r.inbox.ignored.Duplicate++
		return nil
	}
	r.inbox.seen[said] = true
	r.actOn(entry, n)
	return nil
}

// addressee returns the entry that a notice is about, and the zero Entry when there is
// none. It goes by our reference, or by the ticket where a proxy has cut that off.
func (r *run) addressee(ctx context.Context, n providers.Notice) (ledger.Entry, error) {
	if key, known := r.inbox.keys[n.Reference]; known {
		return r.worker.entry(ctx, key)
	}
	if n.Reference != "" || n.Ticket.Job == "" {
		return ledger.Entry{}, nil
	}
	return ledger.Holder(ctx, r.engine.Store, n.Ticket.Job)
}

// actOn acts on a notice that is new. While a call about the row is on its way, the notice
// waits for its end: two changes of one version of an entry would contradict each other.
func (r *run) actOn(entry ledger.Entry, n providers.Notice) {
	switch {
	case r.busy[entry.Key]:
		if n.Authentic || !r.inbox.pending[entry.Key].Authentic {
			r.inbox.pending[entry.Key] = n
		}
	case entry.State == ledger.Submitted:
		r.due.drop(entry.Key)
		r.due.add(r.engine.clock(), entry.Key)
	case entry.State == ledger.Unsure && (provesJob(n) || n.Authentic && n.Progress.Outcome == providers.Failed):
		r.addClaim(entry.Key, n)
	case entry.State == ledger.Planned && provesJob(n):
		r.queue.drop(entry.Key)
		r.addClaim(entry.Key, n)
	}
}

// provesJob reports whether a notice proves that the service has a job of a row. A notice
// of a failure proves none: the row may be sent again.
func provesJob(n providers.Notice) bool {
	return n.Authentic && (n.Ticket.Job != "" || n.Progress.Outcome == providers.Succeeded)
}

// addClaim notes a claim, which startConfirming confirms in the next turn of the loop.
func (r *run) addClaim(key string, n providers.Notice) {
	r.inbox.claims[key] = claim{notice: n, at: r.engine.clock()}
}

// callEnded ends a call about a row, after its answer was absorbed, and acts on the notice
// that came meanwhile: some notices are quicker than the answer to their own submit.
func (r *run) callEnded(entry ledger.Entry) {
	key := entry.Key
	delete(r.busy, key)
	if c, ok := r.inbox.claims[key]; ok {
		r.settleClaim(entry, c)
	}
	if n, ok := r.inbox.pending[key]; ok {
		delete(r.inbox.pending, key)
		if entry.State.Settled() {
			r.inbox.ignored.Late++
			return
		}
		r.actOn(entry, n)
	}
}

// settleClaim drops a claim when its row has a ticket or is settled, or when confirming it
// has failed too often. A planned row leaves the queue while there is a claim: a search
// found nothing, but the claim says that the service has a job, and sending the row again
// would pay twice.
func (r *run) settleClaim(entry ledger.Entry, c claim) {
	switch {
	case entry.State == ledger.Submitted || entry.State.Settled() || c.tries >= claimTries:
		delete(r.inbox.claims, entry.Key)
	case entry.State == ledger.Planned:
		r.queue.drop(entry.Key)
	}
}

// startConfirming has the claims confirmed that are due, and returns when to look again.
// Each try waits longer than the last one.
func (r *run) startConfirming(wire context.Context, now time.Time) (next time.Time) {
	for key, c := range r.inbox.claims {
		if r.busy[key] {
			continue
		}
		if c.at.After(now) {
			next = earlier(next, c.at)
			continue
		}
		if !r.work(key, func() (Done, error) { return r.worker.Confirm(wire, key, c.notice) }) {
			continue // an answer will wake the loop
		}
		if c.notice.Ticket.Job != "" {
			r.pace.Polled(now)
		}
		if !r.active[key] {
			r.occupy(key) // until it turns out otherwise, its job is running
		}
		r.due.drop(key)
		c.tries++
		c.at = now.Add(claimPause << c.tries)
		r.inbox.claims[key] = c
	}
	return next
}
