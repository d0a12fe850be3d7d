package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// search looks for a lost job. One fitting job that no row holds is adopted. A
// complete search that twice finds nothing, and shows a job that the ledger knows
// each time, proves that nothing was created, unless the clock was set back since:
// a job older than its own intent is not looked at. Where another process may still be
// sending the request, nothing is proven yet.
func (s Stepper) search(ctx context.Context, e ledger.Entry) (ledger.Event, error) {
	finder, ok := providers.As[providers.Finder](s.Provider)
	if !ok || e.Unfilled() { // what it was sent with is not known, so nothing can be compared
		return ledger.Event{}, errNothing
	}
	if s.rulesOf(e.Operation).Traits().FindByContent && s.Beside != nil && s.Beside(e.IntendedAt, s.clock()) {
		return ledger.Event{}, errBeside
	}
	others, err := s.others(ctx, e)
	if err != nil {
		return ledger.Event{}, err
	}
	found, err := finder.Find(ctx, s.lost(ctx, e, others))
	switch {
	case errors.Is(err, providers.ErrNotSearchable):
		return ledger.Event{}, errNothing
	case providers.KindOf(err) == providers.Conflict:
		return ledger.Event{}, contested(err, others)
	case err != nil:
		return ledger.Event{}, err
	}
	now := s.clock()
	switch {
	case len(found) == 1:
		return ledger.Event{Kind: ledger.Adopt, At: now, Reason: s.Session, Ticket: found[0]}, nil
	case len(found) > 1:
		return ledger.Event{}, errNothing // only a person can tell them apart
	case s.absent(e, now):
		return ledger.Event{Kind: ledger.Unsend, At: now, Reason: "searched twice: no job was created"}, nil
	}
	return ledger.Event{Kind: ledger.Search, At: now}, nil
}

// errBeside is why a job that is told by its content is not looked for: one that fits may be
// that of another ledger, and one that is missing may have been taken for the other's.
var errBeside = fmt.Errorf("another campaign of this account was at work then, and the service tells jobs by their content alone: %w", errNothing)

// others lists the rows besides a lost one that may have a job which no row holds. A job
// that fits one of them as well must not be adopted.
func (s Stepper) others(ctx context.Context, e ledger.Entry) ([]ledger.Entry, error) {
	if s.Doubtful == nil {
		return nil, nil
	}
	return s.Doubtful(ctx, e.Key)
}

// lost describes a lost row to a search: the request, the time from which on its job may
// have been created, and the rows and jobs that the search must tell it from.
func (s Stepper) lost(ctx context.Context, e ledger.Entry, others []ledger.Entry) providers.Lost {
	l := providers.Lost{Request: s.request(e), Since: e.IntendedAt, Foreign: e.Session() != s.Session}
	if s.Taken != nil {
		l.Taken = func(job string) bool { return s.Taken(ctx, job) }
	}
	if s.Holder != nil {
		l.Known = func(job string) (time.Time, bool) {
			holder, held := s.Holder(ctx, job)
			return holder.IntendedAt, held && testifies(holder, e)
		}
	}
	for _, other := range others {
		l.Others = append(l.Others, s.request(other))
	}
	return l
}

// testifies reports whether a row's job shows that a list is that of the account
// which a lost row was sent to: it was sent, or found, with the same credentials.
// Where those of the lost row are not recorded, any job counts that was sent before
// the row was lost.
func testifies(witness, lost ledger.Entry) bool {
	switch {
	case witness.Account.Provider != lost.Account.Provider || witness.Account.Payer != lost.Account.Payer:
		return false
	case witness.Session() == lost.Session():
		return true
	}
	return lost.Session() == "" && !witness.IntendedAt.After(lostAt(lost))
}

// lostAt returns when the answer about a row was lost.
func lostAt(e ledger.Entry) time.Time {
	for _, m := range slices.Backward(e.History) {
		if m.Kind == ledger.Lose {
			return m.At
		}
	}
	return e.IntendedAt
}

// SetBack reports whether the clock was set back since a row was sent: a later moment of
// its history has an earlier date. Its job may then be dated before its own intent, so a
// search from the intent on proves nothing.
func SetBack(e ledger.Entry, now time.Time) bool {
	if e.IntendedAt.After(now) {
		return true
	}
	for _, m := range slices.Backward(e.History) {
		switch {
		case m.Kind == ledger.Intend:
			return false
		case m.At.Before(e.IntendedAt):
			return true
		}
	}
	return false
}

// contestedError says that a job was found which could be another row's as well.
type contestedError struct {
	error
	rivals []string // the keys of those rows
}

// contested turns the places that a search names its rivals by into the keys of their rows.
func contested(err error, others []ledger.Entry) error {
	c := &contestedError{error: err}
	var conflict *providers.Error
	if errors.As(err, &conflict) {
		for _, place := range conflict.Rivals {
			c.rivals = append(c.rivals, others[place].Key)
		}
	}
	return c
}

// Unwrap returns the error of the search.
func (c *contestedError) Unwrap() error { return c.error }
