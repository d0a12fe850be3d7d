package ledger

import (
	"context"
	"fmt"
)

// Check reads every entry of a store and returns what breaks the invariants: an
// empty answer means that states, money, tickets and counts agree.
func Check(ctx context.Context, s Store) []error {
	summary, err := s.Summary(ctx)
	if err != nil {
		return []error{fmt.Errorf("read summary: %w", err)}
	}
	c := checker{counted: NewSummary(summary.Identity), tickets: map[string]string{}, parts: map[string]bool{}, wanted: map[string]string{}}
	for e, err := range s.Entries(ctx, Query{}) {
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
	parts   map[string]bool   // that there are
	wanted  map[string]string // by the part that an entry was made from, the entry
	errs    []error
}

func (c *checker) report(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// entry checks one entry by itself: its money, its state, and what the state promises.
func (c *checker) entry(e Entry) {
	c.counted.Book(Entry{}, e)
	for _, b := range e.Balances() {
		if !b.Money.Balanced() {
			c.report("entry %q: money of %s does not balance: %+v (L5)", e.Key, b.Account, b.Money)
		}
	}
	if e.Money.Reserved > 0 && !e.State.Open() {
		c.report("entry %q is %s and still holds a reservation (L5)", e.Key, e.State)
	}
	if e.State == Submitted && e.Ticket.Job == "" {
		c.report("entry %q is submitted without a ticket (L2)", e.Key)
	}
	if e.Sent.Resends > 0 && e.Sent.Hash.IsZero() {
		c.report("entry %q was sent again without a key (L3)", e.Key)
	}
	if e.State == Planned && len(e.Payload) == 0 {
		c.report("entry %q is planned without what its submit needs (L11)", e.Key)
	}
	if e.Fetched.File != "" && (e.State != Succeeded || e.Purged) {
		c.report("entry %q is %s and has the file of a video", e.Key, e.State)
	}
	if e.State.Settled() != !e.SettledAt.IsZero() {
		c.report("entry %q is %s, settled at %v", e.Key, e.State, e.SettledAt)
	}
	c.chain(e)
	c.ticket(e)
}

// chain checks what an entry says of the step before it: a request that was sent is known
// whole, and the part that it was made from is there.
func (c *checker) chain(e Entry) {
	if e.IsPart() {
		c.parts[e.Key] = true
	}
	if e.State == Planned && len(e.Filled) > 0 {
		c.report("entry %q is planned, and its holes are filled", e.Key)
	}
	if len(e.Filled) > 0 && len(e.Filled) != len(e.Fill) {
		c.report("entry %q fills %d of its %d holes (L1)", e.Key, len(e.Filled), len(e.Fill))
	}
	if e.After != "" && len(e.Filled) > 0 {
		c.wanted[e.After] = e.Key
	}
}

func (c *checker) ticket(e Entry) {
	for _, job := range e.Tickets() {
		if other, taken := c.tickets[job]; taken {
			c.report("entries %q and %q hold the same ticket %q", other, e.Key, job)
		}
		c.tickets[job] = e.Key
	}
}

// totals compares the summary with the sum of all entries. The summary is what budgets are
// checked by, so it must not drift away from them.
func (c *checker) totals(s Summary) {
	for part, key := range c.wanted {
		if !c.parts[part] {
			c.report("entry %q was made from a part that is missing", key)
		}
	}
	for _, state := range States() {
		if s.States[state] != c.counted.States[state] {
			c.report("summary counts %d %s, entries are %d", s.States[state], state, c.counted.States[state])
		}
		if s.Parts[state] != c.counted.Parts[state] {
			c.report("summary counts %d parts %s, entries are %d", s.Parts[state], state, c.counted.Parts[state])
		}
	}
	for account, money := range c.counted.Balances {
		if s.Balances[account] != money {
			c.report("the balance of %s is %+v, its entries add up to %+v (L5)", account, s.Balances[account], money)
		}
	}
	for account, money := range s.Balances {
		if _, known := c.counted.Balances[account]; !known {
			c.report("the balance of %s is %+v, and no entry has it (L5)", account, money)
		}
	}
}
