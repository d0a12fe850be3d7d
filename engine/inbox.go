package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Mail counts the notices that a run had no use for.
type Mail struct {
	Duplicate int // said before
	Late      int // about a row that is settled, or that this run does not know
	Strange   int // unsigned, and about no row of this run
}

// inbox remembers what notices need. It belongs to the loop.
type inbox struct {
	keys   map[string]string           // reference → key, of every row that may have a job
	seen   map[saying]bool             // what was said already
	early  map[string]providers.Notice // came before the answer to their own submit, or during a call
	claims map[string]assertion        // about rows without a ticket, waiting to be believed
	mail   Mail
}

// saying is what makes two notices the same.
type saying struct {
	reference string
	authentic bool
	outcome   providers.Outcome
	job       string
}

// assertion is an authentic notice about a row of which nothing can be asked.
type assertion struct {
	notice providers.Notice
	at     time.Time // when to look next whether it is true
	tries  int
}

// How often it is asked whether a claim is true: the service's file store may be
// behind the job that fills it (COL-P5).
const (
	claimTries = 4
	claimPause = 5 * time.Second
)

// listen learns the references of all entries that a notice may concern.
func (r *run) listen(ctx context.Context) error {
	r.inbox = inbox{
		keys: map[string]string{}, seen: map[saying]bool{},
		early: map[string]providers.Notice{}, claims: map[string]assertion{},
	}
	if r.Notices == nil {
		return nil
	}
	open := []ledger.State{ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure}
	for entry, err := range r.Store.Entries(ctx, ledger.Query{States: open}) {
		if err != nil {
			return fmt.Errorf("read references: %w", err)
		}
		if entry.Reference != "" { // a notice without one is about no row
			r.inbox.keys[entry.Reference] = entry.Key
		}
	}
	return nil
}

// notice takes a push of the service as what it is: a reason to ask at once. Only
// an entry for which there is nothing to ask is settled by it, and only when it
// is authentic.
func (r *run) notice(ctx context.Context, n providers.Notice) error {
	entry, err := r.addressee(ctx, n)
	switch {
	case err != nil:
		return err
	case entry.Key == "" && !n.Authentic:
		r.inbox.mail.Strange++
		return nil
	case entry.Key == "" || entry.State.Settled():
		r.inbox.mail.Late++
		return nil
	}
	said := saying{n.Reference, n.Authentic, n.Progress.Outcome, n.Ticket.Job}
	if r.inbox.seen[said] {
		r.inbox.mail.Duplicate++
		return nil
	}
	r.inbox.seen[said] = true
	r.heed(entry, n)
	return nil
}

// addressee is the row that a notice is about, without a key when this run knows
// none: by our reference, or where a proxy has cut that off, by its ticket.
func (r *run) addressee(ctx context.Context, n providers.Notice) (ledger.Entry, error) {
	if key, known := r.inbox.keys[n.Reference]; known {
		return r.worker.entry(ctx, key)
	}
	if n.Reference != "" || n.Ticket.Job == "" {
		return ledger.Entry{}, nil
	}
	return ledger.Holder(ctx, r.Store, n.Ticket.Job)
}

// heed acts on a notice that says something new. A row that a call is about
// waits for its answer: two changes of one entry would contradict each other.
func (r *run) heed(entry ledger.Entry, n providers.Notice) {
	switch {
	case r.busy[entry.Key]:
		if n.Authentic || !r.inbox.early[entry.Key].Authentic {
			r.inbox.early[entry.Key] = n
		}
	case entry.State == ledger.Submitted:
		r.due.drop(entry.Key)
		r.due.add(time.Now(), entry.Key)
	case entry.State == ledger.Unsure && (provesJob(n) || n.Authentic && n.Progress.Outcome == providers.Failed):
		r.claim(entry.Key, n)
	case entry.State == ledger.Planned && provesJob(n):
		r.queue.drop(entry.Key)
		r.claim(entry.Key, n)
	}
}

// provesJob reports whether a notice proves that the service made something of a
// row. One about a failure does not keep it from being sent again.
func provesJob(n providers.Notice) bool {
	return n.Authentic && (n.Ticket.Job != "" || n.Progress.Outcome == providers.Succeeded)
}

func (r *run) claim(key string, n providers.Notice) {
	r.inbox.claims[key] = assertion{notice: n, at: time.Now()}
}

// answered ends a call about a row, after its answer was absorbed, and attends
// to what came meanwhile: some notices are quicker than the answer to their own
// submit, or than its loss.
func (r *run) answered(entry ledger.Entry) {
	key := entry.Key
	delete(r.busy, key)
	if c, ok := r.inbox.claims[key]; ok {
		r.review(entry, c)
	}
	if n, ok := r.inbox.early[key]; ok {
		delete(r.inbox.early, key)
		if entry.State.Settled() {
			r.inbox.mail.Late++
			return
		}
		r.heed(entry, n)
	}
}

// review is done with a claim when its row has a ticket or is settled, or when
// it has not turned out true for too long. A row that a search believes never to
// have been made is not sent while a claim says otherwise.
func (r *run) review(entry ledger.Entry, c assertion) {
	switch {
	case entry.State == ledger.Submitted || entry.State.Settled() || c.tries >= claimTries:
		delete(r.inbox.claims, entry.Key)
	case entry.State == ledger.Planned:
		r.queue.drop(entry.Key)
	}
}

// startBelieving finds out whether claims are true and says when to look again.
func (r *run) startBelieving(wire context.Context, now time.Time) (next time.Time) {
	for key, c := range r.inbox.claims {
		if r.busy[key] {
			continue
		}
		if c.at.After(now) {
			next = earlier(next, c.at)
			continue
		}
		if !r.work(key, func() (Done, error) { return r.worker.Believe(wire, key, c.notice) }) {
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
