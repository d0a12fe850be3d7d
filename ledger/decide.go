package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// View is the part of a store that a decision about changes reads. It is small, so that a
// store of any kind can answer it within its own transaction.
type View interface {
	// Entry returns the entry of a key, and the zero Entry when there is none.
	Entry(key string) (Entry, error)
	// Holder returns the key of the entry that a ticket belongs to, and nothing
	// when it belongs to none.
	Holder(ticket string) (key string, err error)
}

// Edit is one decided change of one entry; Before is the zero Entry for a new
// one.
type Edit struct{ Before, After Entry }

// PaidCall is when a paid request was about to leave by this edit, and whether one was: a
// first one, or the same once more. Rate windows count both.
func (e Edit) PaidCall() (at time.Time, paid bool) {
	switch {
	case e.After.State == Intended && e.Before.State == Planned:
		return e.After.IntendedAt, true
	case e.Before.State == Unsure && e.After.Sent.Resends > e.Before.Sent.Resends:
		return e.After.AskedAt, true
	}
	return time.Time{}, false
}

// Longest is the length, in bytes, that keys, tickets and the names of an
// account may have.
const Longest = 16 << 10

// Decide works out what a set of changes does to a store, all or none: it is
// the part of [Store].Apply that every store has in common. The edits are in the
// order of the changes and are booked in the summary; when a change is refused
// with one of the [Sound] errors, or the view fails, the summary is as before.
func Decide(v View, s *Summary, changes []Change) ([]Edit, error) {
	d := decision{view: v, summary: s, entries: map[string]Entry{}, holders: map[string]string{}}
	for _, c := range changes {
		if err := d.change(c); err != nil {
			d.undo()
			return nil, err
		}
	}
	return d.edits, nil
}

// decision is the view as the changes so far have made it. Later changes of the same call
// are decided on it, although nothing is written yet.
type decision struct {
	view    View
	summary *Summary
	entries map[string]Entry
	holders map[string]string
	edits   []Edit
}

// change decides one change. The version is compared first: a caller that saw an older
// entry must not overwrite what happened since.
func (d *decision) change(c Change) error {
	before, err := d.entry(c.Key)
	if err != nil {
		return fmt.Errorf("read entry %q: %w", c.Key, err)
	}
	if before.Version != c.Version {
		return fmt.Errorf("%w: %q is at version %d, not %d", ErrConflict, c.Key, before.Version, c.Version)
	}
	after, err := Next(before, c.Event)
	if err != nil {
		return fmt.Errorf("change %q: %w", c.Key, err)
	}
	after.Key = c.Key
	if err := d.ready(c.Event, after); err != nil {
		return err
	}
	if a := after.Account; len(a.Provider)+len(a.Payer)+len(a.Unit) > Longest {
		return fmt.Errorf("%w: the names of an account have at most %d bytes", ErrIllegal, Longest)
	}
	if err := d.own(before, after); err != nil {
		return err
	}
	d.edits = append(d.edits, Edit{before, after})
	d.entries[c.Key] = after
	d.summary.Book(before, after)
	return d.afford(c, after)
}

// ready refuses the intent of an entry whose chain has not come so far, or was filled with a
// job that its step does not hold any more. It is decided in the transaction of the intent,
// so that the job cannot be disowned in between.
func (d *decision) ready(ev Event, after Entry) error {
	if ev.Kind != Intend || ev.By == ByPerson && len(ev.Filled) == 0 {
		return nil
	}
	for _, key := range after.Follows() {
		if e, err := d.entry(key); err != nil {
			return fmt.Errorf("read step %q of %q: %w", key, after.Key, err)
		} else if e.State != Succeeded {
			return fmt.Errorf("%w: %s comes after %s, which is %s", ErrIllegal, said(after.Key), e.PartName(), orNone(e.State))
		}
	}
	for i, hole := range after.Fill {
		if e, err := d.entry(hole.From); err != nil || e.Ticket.Job != after.Filled[i].Job {
			return fmt.Errorf("%w: %s is filled with a job that %s does not hold", ErrIllegal, said(after.Key), e.PartName())
		}
	}
	return nil
}

// undo takes the booked edits back, the latest first, because several may be about one
// entry.
func (d *decision) undo() {
	for _, e := range slices.Backward(d.edits) {
		d.summary.Book(e.After, e.Before)
	}
}

// entry returns an entry as earlier changes of the same call have left it.
func (d *decision) entry(key string) (Entry, error) {
	if key == "" || len(key) > Longest {
		return Entry{}, fmt.Errorf("%w: a key has 1 to %d bytes, this one %d", ErrIllegal, Longest, len(key))
	}
	if e, changed := d.entries[key]; changed {
		return e, nil
	}
	return d.view.Entry(key)
}

// own refuses a ticket that another entry has: two rows with one job would both be settled
// by it, and one customer would get the video of the other.
func (d *decision) own(before, after Entry) error {
	held, holds := before.Tickets(), after.Tickets()
	for _, job := range holds {
		if slices.Contains(held, job) {
			continue
		}
		if err := d.free(job, after.Key); err != nil {
			return err
		}
		d.holders[job] = after.Key
	}
	for _, job := range held {
		if !slices.Contains(holds, job) {
			d.holders[job] = ""
		}
	}
	return nil
}

// free reports whether a ticket may become an entry's. Tickets that changes of the same
// call have given or taken count before those of the view.
func (d *decision) free(job, key string) error {
	if len(job) > Longest {
		return fmt.Errorf("%w: a ticket has at most %d bytes, this one %d", ErrIllegal, Longest, len(job))
	}
	holder, changed := d.holders[job]
	if !changed {
		var err error
		if holder, err = d.view.Holder(job); err != nil {
			return fmt.Errorf("look up ticket %q: %w", job, err)
		}
	}
	if holder != "" && holder != key {
		return fmt.Errorf("%w: %q is of %s, not of %s", ErrTaken, job, said(holder), said(key))
	}
	return nil
}

// said names an entry in an error. The key of a part is no text for people.
func said(key string) string {
	if IsPart(key) {
		return "a step that rows share"
	}
	return strconv.Quote(key)
}

// afford refuses a reservation that exceeds its budget (L4), and a balance that a number
// cannot hold. It runs after the booking: check and reservation are one step, so two
// intents cannot both take the last of a budget.
func (d *decision) afford(c Change, after Entry) error {
	money := d.summary.Balances[after.Account]
	if money.wrapped() {
		return fmt.Errorf("%w: the balance of %s is full", ErrIllegal, after.Account)
	}
	if c.Event.Kind == Intend && c.Budget != nil && !d.summary.Fits(after.Account, *c.Budget) {
		return overBudget(after, money, *c.Budget)
	}
	return nil
}

func overBudget(e Entry, m Money, limit credit.Amount) error {
	needs := e.Expected().High
	return fmt.Errorf("%w: %s needs %s %s, %s of %s are set aside or spent", ErrBudget, said(e.Key),
		needs, e.Account.Unit, m.Reserved.Plus(m.Charged).Minus(needs), limit)
}
