package ledger

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// These are the answers of a [Store] that leave it sound: the call changed
// nothing and the store can be used on. Any other error is poison (invariant
// L12): what the disk holds is not known, nothing more may be submitted by this
// process, and only the next start can tell.
var (
	// ErrConflict is returned when an entry is not at the version that the
	// change was made for.
	ErrConflict = errors.New("entry has changed meanwhile")
	// ErrBudget is returned when a reservation does not fit the budget.
	ErrBudget = errors.New("budget reached")
	// ErrTaken is returned when a ticket already belongs to another entry.
	ErrTaken = errors.New("ticket belongs to another row")
)

// Sound reports whether the store refused a change without harm.
func Sound(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrBudget) || errors.Is(err, ErrTaken) || errors.Is(err, ErrIllegal)
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

// Store keeps the entries of one campaign. It is safe for concurrent use by
// many goroutines of one process; one process writes it at a time (L8).
type Store interface {
	// Apply makes the changes durable, all or none, and returns the entries
	// after them, in order. When it returns nil, they survive kill -9 and loss
	// of power. Many callers share the cost of one sync.
	Apply(changes ...Change) ([]Entry, error)
	// Entries yields the selected entries in the order in which they were
	// first planned. An error ends the sequence.
	Entries(q Query) iter.Seq2[Entry, error]
	// Summary returns counts and books without reading the entries.
	Summary() (Summary, error)
	// Intents returns when requests were about to be sent since a time, oldest
	// first: a restart buys no new allowance of a rate window.
	Intents(since time.Time) ([]time.Time, error)
	// Record keeps a run's record (invariant L7), durably.
	Record(run Run) error
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

// Run is the record of one run: every row of the sheet is refused, filtered, or
// exactly one entry (invariant L7).
type Run struct {
	Started    time.Time `json:"started"`
	Sheet      string    `json:"sheet"`
	Rows       int       `json:"rows"`
	Entries    int       `json:"entries"`
	Filtered   []int     `json:"filtered,omitempty"` // row numbers
	Refused    []Refusal `json:"refused,omitempty"`
	Changed    []string  `json:"changed,omitempty"` // keys that wait for keep or redo
	Removed    []string  `json:"removed,omitempty"` // keys of entries that the sheet no longer has
	Unfinished bool      `json:"unfinished,omitempty"`
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
	States   map[State]int
	Books    map[credit.Account]Money
	Run      *Run // the latest record
}

// NewSummary returns an empty summary.
func NewSummary(id Identity) Summary {
	return Summary{Identity: id, States: map[State]int{}, Books: map[credit.Account]Money{}}
}

// Move books one change of an entry; before is the zero Entry for a new one.
func (s *Summary) Move(before, after Entry) {
	if before.State != "" {
		s.States[before.State]--
		s.book(before, -1)
	}
	if after.State != "" {
		s.States[after.State]++
		s.book(after, 1)
	}
}

func (s *Summary) book(e Entry, sign credit.Amount) {
	m := s.Books[e.Account]
	m.add(e.Money, sign)
	if m.isZero() {
		delete(s.Books, e.Account)
		return
	}
	s.Books[e.Account] = m
}

// Fits reports whether an account stays within a budget.
func (s *Summary) Fits(a credit.Account, limit credit.Amount) bool {
	m := s.Books[a]
	return m.Reserved.Plus(m.Charged) <= limit
}

// Check reads every entry of a store and returns what breaks the invariants: an
// empty answer means that states, money, tickets and counts agree.
func Check(s Store) []error {
	summary, err := s.Summary()
	if err != nil {
		return []error{fmt.Errorf("read summary: %w", err)}
	}
	c := checker{counted: NewSummary(summary.Identity), tickets: map[string]string{}}
	for e, err := range s.Entries(Query{}) {
		if err != nil {
			return append(c.errs, fmt.Errorf("read entries: %w", err))
		}
		c.entry(e)
	}
	c.totals(summary)
	return c.errs
}

type checker struct {
	counted Summary
	tickets map[string]string
	errs    []error
}

func (c *checker) report(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *checker) entry(e Entry) {
	c.counted.Move(Entry{}, e)
	if !e.Money.Balanced() {
		c.report("entry %q: money does not balance: %+v (L5)", e.Key, e.Money)
	}
	if e.Money.Reserved > 0 && !e.State.Open() {
		c.report("entry %q is %s and still holds a reservation (L5)", e.Key, e.State)
	}
	if e.State == Submitted && e.Ticket.Job == "" {
		c.report("entry %q is submitted without a ticket (L2)", e.Key)
	}
	if e.State == Planned && len(e.Payload) == 0 {
		c.report("entry %q is planned without what its submit needs (L11)", e.Key)
	}
	if e.State.Settled() != !e.SettledAt.IsZero() {
		c.report("entry %q is %s, settled at %v", e.Key, e.State, e.SettledAt)
	}
	c.ticket(e)
}

func (c *checker) ticket(e Entry) {
	if e.Ticket.Job == "" {
		return
	}
	if other, taken := c.tickets[e.Ticket.Job]; taken {
		c.report("entries %q and %q hold the same ticket %q", other, e.Key, e.Ticket.Job)
	}
	c.tickets[e.Ticket.Job] = e.Key
}

func (c *checker) totals(s Summary) {
	for _, state := range States() {
		if s.States[state] != c.counted.States[state] {
			c.report("summary counts %d %s, entries are %d", s.States[state], state, c.counted.States[state])
		}
	}
	for account, money := range c.counted.Books {
		if s.Books[account] != money {
			c.report("books of %s say %+v, entries add up to %+v (L5)", account, s.Books[account], money)
		}
	}
	for account, money := range s.Books {
		if _, known := c.counted.Books[account]; !known {
			c.report("books of %s say %+v, no entry does (L5)", account, money)
		}
	}
}
