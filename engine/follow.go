package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// chain holds what waits for another entry to succeed: rows for their parts, and parts for
// those before them. It belongs to the loop.
type chain struct {
	waiting map[string][]Ready // by the key of the entry that is waited for
	made    map[string]bool    // the entries that were asked about, and whether they have succeeded
	places  map[string]int     // of what waits or waited, in the order of sending
}

// lineUp puts what may be sent at once into the queue, parts first, and has the rest wait.
// A run that sends only some rows sends only the parts of those.
func (r *run) lineUp(ctx context.Context, ready []Ready) error {
	r.chain = chain{waiting: map[string][]Ready{}, made: map[string]bool{}, places: map[string]int{}}
	all := slices.Concat(r.engine.needed(ready), ready)
	var now []Ready
	for i, one := range all {
		if len(one.After) > 0 {
			r.chain.places[one.Key] = i
		}
		first, err := r.awaited(ctx, one)
		switch {
		case err != nil:
			return err
		case first != "":
			r.chain.waiting[first] = append(r.chain.waiting[first], one)
		default:
			now = append(now, one)
		}
	}
	r.queue = newQueue(now)
	return nil
}

// needed are the parts that the rows of this run wait for, directly or through another part.
func (e *Engine) needed(ready []Ready) (parts []Ready) {
	if len(e.Parts) == 0 {
		return nil
	}
	if e.Most > 0 {
		ready = ready[:min(e.Most, len(ready))]
	}
	after := map[string][]string{}
	for _, p := range e.Parts {
		after[p.Key] = p.After
	}
	wanted := map[string]bool{}
	var want func(keys []string)
	want = func(keys []string) {
		for _, key := range keys {
			if !wanted[key] {
				wanted[key] = true
				want(after[key])
			}
		}
	}
	for _, row := range ready {
		want(row.After)
	}
	for _, p := range e.Parts {
		if wanted[p.Key] {
			parts = append(parts, p)
		}
	}
	return parts
}

// awaited returns the first entry that has not succeeded and must have; empty: there is none.
func (r *run) awaited(ctx context.Context, one Ready) (string, error) {
	for _, key := range one.After {
		made, known := r.chain.made[key]
		if !known {
			entry, err := ledger.Find(ctx, r.engine.Store, key)
			if err != nil {
				return "", fmt.Errorf("read a step: %w", err)
			}
			made = entry.State == ledger.Succeeded
			r.chain.made[key] = made
		}
		if !made {
			return key, nil
		}
	}
	return "", nil
}

// free puts what waited for an entry into the queue, once that has succeeded.
func (r *run) free(ctx context.Context, entry ledger.Entry) error {
	waiting := r.chain.waiting[entry.Key]
	if entry.State != ledger.Succeeded || len(waiting) == 0 {
		return nil
	}
	delete(r.chain.waiting, entry.Key)
	r.chain.made[entry.Key] = true
	for _, one := range waiting {
		next, err := r.awaited(ctx, one)
		if err != nil {
			return err
		}
		if next != "" {
			r.chain.waiting[next] = append(r.chain.waiting[next], one)
			continue
		}
		r.queue.rows = append(r.queue.rows, one)
	}
	slices.SortStableFunc(r.queue.rows[r.queue.head:], func(a, b Ready) int { return r.chain.places[a.Key] - r.chain.places[b.Key] })
	return nil
}

// rowsWaiting counts the rows that wait for a part.
func (c *chain) rowsWaiting() (n int) {
	for _, waiting := range c.waiting {
		for _, one := range waiting {
			if !ledger.IsPart(one.Key) {
				n++
			}
		}
	}
	return n
}

// keptError says why an entry is not sent although its turn has come. It is no failure of the
// service: the entry stays planned, and the next run tries again.
type keptError struct{ why string }

// Error says why.
func (k *keptError) Error() string { return k.why }

// fill finds out what fills the holes of an entry: what the steps before it hold now. The
// error is a keptError, or one of the service that was asked for a link.
func (w Worker) fill(ctx context.Context, entry ledger.Entry) (filled []ledger.Filled, fault, fatal error) {
	for _, key := range entry.Follows() {
		source, err := w.entry(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		if source.State != ledger.Succeeded {
			return nil, &keptError{fmt.Sprintf("waits for %s, which is %s", source.PartName(), source.State)}, nil
		}
	}
	for _, hole := range entry.Fill {
		source, err := w.entry(ctx, hole.From)
		if err != nil {
			return nil, nil, err
		}
		if source, err = w.renewed(ctx, source, hole.Field); err != nil {
			return nil, err, nil
		}
		one, err := source.FillWith(hole.Field)
		if err != nil {
			return nil, &keptError{err.Error()}, nil
		}
		filled = append(filled, one)
	}
	entry.Filled = filled
	if len(filled) > 0 {
		if found := w.Step.rulesOf(entry.Operation).Check(w.Step.request(entry)); found.HasErrors() {
			return nil, &keptError{"with what the step before brought, the service would refuse it: " + found.Error()}, nil
		}
	}
	return filled, nil, nil
}

// renewed returns a step with a link to its video that works: links expire, and a row may be
// sent long after its part was made. Where the service does not renew links, an old one is
// looked at.
func (w Worker) renewed(ctx context.Context, source ledger.Entry, field string) (ledger.Entry, error) {
	links := w.Step.rulesOf(source.Operation).Traits().Links
	if field != ledger.FillVideoURL || source.Purged {
		return source, nil
	}
	if links.Renewed {
		progress, err := w.Step.Provider.Poll(ctx, source.Operation, source.Ticket)
		if err != nil {
			return source, err
		}
		if progress.Outcome != providers.Succeeded || progress.Result.VideoURL == "" {
			return source, &keptError{fmt.Sprintf("the service gives no link to the video of %s any more", source.PartName())}
		}
		source.Result.VideoURL = progress.Result.VideoURL
		return source, nil
	}
	if links.Expire && w.CheckLink != nil {
		if err := w.CheckLink(ctx, source.Result.VideoURL); err != nil {
			return source, &keptError{fmt.Sprintf("the link to the video of %s does not work any more, and the service does not renew it: %v", source.PartName(), err)}
		}
	}
	return source, nil
}

// kept notes why an entry was not sent, for the outcome of the run.
func (r *run) kept(d Done) {
	var why *keptError
	if errors.As(d.Err, &why) {
		r.keptBack = append(r.keptBack, Kept{Key: d.Entry.Key, Row: d.Entry.Row, Why: why.why})
	}
}

// Kept is an entry whose turn has come and that was not sent, since what it goes on with
// cannot be used.
type Kept struct {
	Key string
	Row int
	Why string
}

// rulesOf returns what knows the rules and prices of an operation. All entries but those of chains have
// that of the campaign.
func (s Stepper) rulesOf(operation string) providers.Checker {
	if c, known := s.Checkers[operation]; known {
		return c
	}
	return s.Checker
}
