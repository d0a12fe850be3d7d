// Package ledgertest is the conformance suite that every [ledger.Store] must pass, and
// has a store in memory for tests that need many fast ones. ledgertest.go has the suite
// and its first cases, cases.go the others, model.go the random ones, and memory.go the
// store.
package ledgertest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// Memory is a [ledger.Store] that lives as long as the process. A test crashes a run by
// dropping it and starting another one on the same Memory: like a disk, it keeps exactly
// the changes that were answered with nil. [Memory.Open] shares it between processes.
type Memory struct {
	db      *database // whose lock guards the rest
	order   []string
	entries map[string]ledger.Entry
	holders map[string]string
	intents []time.Time
	summary ledger.Summary
	driver  ledger.Driver // the last one
	account string        // of the last driver
	longest time.Duration // of all leases
}

var _ ledger.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory(id ledger.Identity) *Memory {
	return (&database{documents: map[string][]byte{}}).open(id)
}

// Apply implements [ledger.Store].
func (m *Memory) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return m.change(ctx, func() error { return nil }, changes)
}

// change makes changes unless they are fenced off, which is asked while the lock is held.
func (m *Memory) change(ctx context.Context, fence func() error, changes []ledger.Change) ([]ledger.Entry, error) {
	if err := ledger.Stopped(ctx); err != nil {
		return nil, err
	}
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	if err := fence(); err != nil {
		return nil, err
	}
	// A refused call leaves the summary and the entries as they were.
	edits, err := ledger.Decide(shelf{m}, &m.summary, changes)
	if err != nil {
		return nil, err
	}
	after := make([]ledger.Entry, len(edits))
	// Only now is anything changed: Decide has accepted the whole call.
	for i, e := range edits {
		m.keep(e)
		after[i] = e.After
	}
	return after, nil
}

// keep stores one edit. Tickets of the old entry are removed first, because it may have
// lost one.
func (m *Memory) keep(e ledger.Edit) {
	key := e.After.Key
	if e.Before.State == "" {
		m.order = append(m.order, key)
	}
	m.entries[key] = e.After
	for _, job := range e.Before.Tickets() {
		delete(m.holders, job)
	}
	for _, job := range e.After.Tickets() {
		m.holders[job] = key
	}
	// Each request is one more, also when it is sent again.
	if at, paid := e.PaidCall(); paid {
		m.intents = append(m.intents, at)
	}
}

// shelf is the view of a store whose lock is held.
type shelf struct{ m *Memory }

// Entry implements [ledger.View].
func (s shelf) Entry(key string) (ledger.Entry, error) { return s.m.entries[key], nil }

// Holder implements [ledger.View]. The ledgers of one account have each ticket once.
func (s shelf) Holder(ticket string) (string, error) {
	if key, held := s.m.holders[ticket]; held {
		return key, nil
	}
	for _, other := range s.m.db.ledgers {
		if key, held := other.holders[ticket]; held && s.m.account != "" && other.account == s.m.account {
			return key + " of the ledger " + other.summary.Identity.ID, nil // which is no key of this one
		}
	}
	return "", nil
}

// Entries implements [ledger.Store]. It yields the entries as they were at the first
// step.
func (m *Memory) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for _, e := range m.selected(q) {
			if ctx.Err() != nil {
				break
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := ledger.Stopped(ctx); err != nil {
			yield(ledger.Entry{}, err)
		}
	}
}

// selected copies the entries that a query selects, so that the caller may change entries
// while it reads.
func (m *Memory) selected(q ledger.Query) (found []ledger.Entry) {
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	selects := q.Selector()
	keys := m.order
	if len(q.Keys) == 1 { // an engine's most frequent question, which must not walk all entries
		keys = q.Keys
	}
	for _, key := range keys {
		if e, known := m.entries[key]; known && selects(e) {
			found = append(found, e)
		}
	}
	return found
}

// Summary implements [ledger.Store].
func (m *Memory) Summary(ctx context.Context) (ledger.Summary, error) {
	if err := ledger.Stopped(ctx); err != nil {
		return ledger.Summary{}, err
	}
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	return m.summary.Clone(), nil
}

// Intents implements [ledger.Store].
func (m *Memory) Intents(ctx context.Context, since time.Time) ([]time.Time, error) {
	if err := ledger.Stopped(ctx); err != nil {
		return nil, err
	}
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	// Callers may keep the answer while others change the store.
	times := slices.DeleteFunc(slices.Clone(m.intents), func(t time.Time) bool { return t.Before(since) })
	slices.SortStableFunc(times, time.Time.Compare)
	return times, nil
}

// Record implements [ledger.Store].
func (m *Memory) Record(ctx context.Context, run ledger.Run) error {
	if err := ledger.Stopped(ctx); err != nil {
		return err
	}
	// Stores on a disk must write the record, so one that cannot be written is refused
	// here as well.
	if _, err := json.Marshal(run); err != nil {
		return fmt.Errorf("%w: write the record of a run: %w", ledger.ErrIllegal, err)
	}
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	if run.Restored.IsZero() && m.summary.Run != nil {
		run.Restored = m.summary.Run.Restored
	}
	m.summary.Run = &run
	return nil
}
