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
	c := checker{counted: NewSummary(summary.Identity), tickets: map[string]string{}}
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
	c.ticket(e)
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
	for _, state := range States() {
		if s.States[state] != c.counted.States[state] {
			c.report("summary counts %d %s, entries are %d", s.States[state], state, c.counted.States[state])
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
