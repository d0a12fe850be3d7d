package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// These are the answers of a [Store] that leave it sound: the call changed
// nothing and the store can be used on. Any other error is poison (invariant
// L12): it is not known which changes are on the disk, this process must submit nothing
// more, and only the next start can find out.
var (
	// ErrConflict is returned when an entry is not at the version that the
	// change was made for.
	ErrConflict = errors.New("entry has changed meanwhile")
	// ErrBudget is returned when a reservation does not fit the budget.
	ErrBudget = errors.New("budget reached")
	// ErrTaken is returned when a ticket already belongs to another entry.
	ErrTaken = errors.New("the job belongs to another row")
	// ErrStopped is returned when the context of a call was done before its change
	// was begun, or before all was read that it asked for.
	ErrStopped = errors.New("stopped")
)

// Sound reports whether the store refused a change without harm.
func Sound(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrBudget) || errors.Is(err, ErrTaken) ||
		errors.Is(err, ErrIllegal) || errors.Is(err, ErrStopped) ||
		errors.Is(err, ErrFenced) || errors.Is(err, ErrUnavailable)
}

// Stopped returns the answer of a store to a call whose context is done: [ErrStopped],
// with the cause of the context. It is nil while the context goes on.
func Stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
}

// Change is one event for one entry at a known version; version 0 says that
// there must be no entry yet.
type Change struct {
	Key     string
	Version uint64
	Event   Event
	// Budget, when set, must hold after an Intend: reserved and charged of the
	// entry's account together stay within it (invariant L4). The check and the
	// reservation are one transaction.
	Budget *credit.Amount
}

// Query selects entries. Fields that are set must all hold; the zero value
// selects everything.
type Query struct {
	Keys   []string
	States []State
	Ticket string // the job id of a ticket
}

// Selector returns the query as a question to ask of each entry.
func (q Query) Selector() func(Entry) bool {
	keys := make(map[string]bool, len(q.Keys))
	for _, key := range q.Keys {
		keys[key] = true
	}
	return func(e Entry) bool {
		return (len(keys) == 0 || keys[e.Key]) &&
			(len(q.States) == 0 || slices.Contains(q.States, e.State)) &&
			(q.Ticket == "" || e.Ticket.Job == q.Ticket)
	}
}

// Store keeps the entries of one campaign. It is safe for concurrent use by
// many goroutines of one process; one process writes it at a time (L8), but for a [Shared].
//
// The context of a call ends its waiting, never its work: once a change is begun it
// runs to its end, and the caller gets its answer. So a call that was stopped has
// changed nothing. What must be kept after a signal as well, such as the answer to a
// request that may be paid, is given a context that no signal ends.
type Store interface {
	// Apply makes the changes durable, all or none, and returns the entries
	// after them, in order. When it returns nil, they survive kill -9 and loss
	// of power. Many callers share the cost of one sync.
	Apply(ctx context.Context, changes ...Change) ([]Entry, error)
	// Entries yields the selected entries in the order in which they were
	// first planned. An error ends the sequence.
	Entries(ctx context.Context, q Query) iter.Seq2[Entry, error]
	// Summary returns counts and balances without reading the entries.
	Summary(ctx context.Context) (Summary, error)
	// Intents returns when requests were about to be sent, or sent again, since a time, oldest
	// first: a restart buys no new allowance of a rate window.
	Intents(ctx context.Context, since time.Time) ([]time.Time, error)
	// Record keeps a run's record (invariant L7), durably.
	Record(ctx context.Context, run Run) error
}

// Identity says which ledger this is: another provider, another base URL or the
// sandbox are other ledgers, since tickets and money mean nothing there.
type Identity struct {
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Provider string    `json:"provider"`
	BaseURL  string    `json:"base_url"`
	Sandbox  bool      `json:"sandbox"`
}

// ErrOther is returned when a ledger belongs to another provider, base URL or
// sandbox than the campaign asks for.
var ErrOther = errors.New("this is the ledger of something else")

// Conflict reports why entries of this ledger mean nothing to the other
// identity, as an error that matches [ErrOther]; nil when they do. The id and
// the time of creation do not matter.
func (i Identity) Conflict(other Identity) error {
	switch {
	case i.Sandbox != other.Sandbox:
		return fmt.Errorf("%w: it was made %s, and this run is %s", ErrOther, i.ground(), other.ground())
	case i.Provider != other.Provider:
		return fmt.Errorf("%w: it was made with provider %q, and this run is with %q", ErrOther, i.Provider, other.Provider)
	case i.BaseURL != other.BaseURL:
		return fmt.Errorf("%w: it was made at %q, and this run is at %q", ErrOther, i.BaseURL, other.BaseURL)
	}
	return nil
}

func (i Identity) ground() string {
	if i.Sandbox {
		return "on the sandbox"
	}
	return "on the real service"
}

// Run is the record of one run: every row of the sheet is refused, filtered, or
// exactly one entry (invariant L7).
type Run struct {
	Started  time.Time `json:"started"`
	Sheet    string    `json:"sheet"`
	Rows     int       `json:"rows"`
	Entries  int       `json:"entries"`
	Filtered []int     `json:"filtered,omitempty"` // row numbers
	// Unpermitted has those of Filtered whose people may not be sent a video, by the reason:
	// suppress or consent. The others are left out by the campaign's condition.
	Unpermitted map[string][]int `json:"unpermitted,omitempty"`
	Refused     []Refusal        `json:"refused,omitempty"`
	Changed     []string         `json:"changed,omitempty"` // keys that wait for keep or redo
	Removed     []string         `json:"removed,omitempty"` // keys of entries that the sheet no longer has
	Unfinished  bool             `json:"unfinished,omitempty"`
	// Approval is the digest of the newest approval that was in force, empty without one.
	Approval string `json:"approval,omitempty"`
	// Restored is when an earlier copy became the ledger for the last time. Rows that
	// were bought before it may have been bought again since the copy was made. Every
	// later record has the time as well.
	Restored time.Time `json:"restored,omitzero"`
}

// Accounted reports whether the record accounts for every row.
func (r Run) Accounted() bool { return r.Rows == r.Entries+len(r.Filtered)+len(r.Refused) }

// Refusal is a row that failed the check.
type Refusal struct {
	Row    int    `json:"row"`
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason"`
}

// Summary is the ledger in numbers.
type Summary struct {
	Identity Identity
	States   map[State]int // of rows
	Parts    map[State]int // of parts, which rows share
	Balances map[credit.Account]Money
	Run      *Run // the latest record
}

// NewSummary returns an empty summary.
func NewSummary(id Identity) Summary {
	return Summary{Identity: id, States: map[State]int{}, Parts: map[State]int{}, Balances: map[credit.Account]Money{}}
}

// Book books one change of an entry; before is the zero Entry for a new one. It subtracts
// the old entry and adds the new one, so that it needs no knowledge of events.
func (s *Summary) Book(before, after Entry) {
	if before.State != "" {
		s.counts(before)[before.State]--
		s.addEntry(before, -1)
	}
	if after.State != "" {
		s.counts(after)[after.State]++
		s.addEntry(after, 1)
	}
}

// counts are those that an entry belongs to. Parts are counted beside the rows: they are
// nothing that a customer gets.
func (s *Summary) counts(e Entry) map[State]int {
	if !e.IsPart() {
		return s.States
	}
	if s.Parts == nil {
		s.Parts = map[State]int{}
	}
	return s.Parts
}

// addEntry adds the balances of one entry, or subtracts them with a sign of -1.
func (s *Summary) addEntry(e Entry, sign credit.Amount) {
	s.add(e.Account, e.Money, sign)
	for _, b := range e.Elsewhere {
		s.add(b.Account, b.Money, sign)
	}
}

// add adds to one account's balance. A balance of nothing is removed, so that two
// summaries of the same entries are equal.
func (s *Summary) add(a credit.Account, part Money, sign credit.Amount) {
	m := s.Balances[a]
	m.add(part, sign)
	if m.isZero() {
		delete(s.Balances, a)
		return
	}
	s.Balances[a] = m
}

// Clone returns a summary that shares nothing with this one.
func (s *Summary) Clone() Summary {
	c := Summary{Identity: s.Identity, States: maps.Clone(s.States), Parts: maps.Clone(s.Parts), Balances: maps.Clone(s.Balances)}
	if s.Run != nil {
		run := *s.Run
		c.Run = &run
	}
	return c
}

// Fits reports whether an account stays within a budget.
func (s *Summary) Fits(a credit.Account, limit credit.Amount) bool {
	m := s.Balances[a]
	return m.Reserved.Plus(m.Charged) <= limit
}
