package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// transaction is the work of one commit. It is the [ledger.View] for decisions: each
// change sees the changes that were decided before it, also those of the same commit.
type transaction struct {
	store *Store
	tx    *bolt.Tx
	dirty bool
	paid  map[credit.Account]bool // the accounts whose balances changed
}

// Entry implements [ledger.View].
func (t *transaction) Entry(key string) (ledger.Entry, error) {
	n, err := reader{t.tx}.sequence(bucketKeys, []byte(key))
	if err != nil || n == 0 {
		return ledger.Entry{}, err
	}
	return reader{t.tx}.entry(n)
}

// Holder implements [ledger.View].
func (t *transaction) Holder(ticket string) (string, error) {
	n, err := reader{t.tx}.sequence(bucketTickets, record.TicketKey(ticket))
	if err != nil || n == 0 {
		return "", err
	}
	e, err := reader{t.tx}.entry(n)
	return e.Key, err
}

// apply decides about the changes of one call and writes what they come to. A refusal
// leaves the transaction as it was, so that the other calls of the commit go on. An error
// while writing is poison: half of the edits may be in the transaction.
func (t *transaction) apply(changes []ledger.Change) ([]ledger.Entry, error) {
	edits, err := ledger.Decide(t, &t.store.summary, changes)
	if err != nil {
		return nil, err
	}
	after := make([]ledger.Entry, len(edits))
	for i, edit := range edits {
		if err := t.edit(edit); err != nil {
			return nil, fmt.Errorf("write entry %q: %w", edit.After.Key, err)
		}
		after[i] = edit.After
	}
	return after, nil
}

// edit writes one entry and its indexes. All of them are in one transaction, so a crash
// leaves either the old entry with the old indexes or the new one with the new.
func (t *transaction) edit(e ledger.Edit) error {
	n, err := t.number(e)
	if err != nil {
		return err
	}
	for _, write := range []func(uint64, ledger.Edit) error{t.body, t.tickets, t.intent, t.writeEntry} {
		if err := write(n, e); err != nil {
			return err
		}
	}
	t.noteAccounts(e)
	return nil
}

// writeEntry writes the entry itself. An entry that has succeeded moves to the bucket of
// the finished ones; see place.
func (t *transaction) writeEntry(n uint64, e ledger.Edit) error {
	from, to := place(e.Before.State), place(e.After.State)
	if from != to {
		if err := t.remove(from, sequenceKey(n)); err != nil {
			return err
		}
	}
	return t.put(to, sequenceKey(n), func(c *record.Codec) { record.Entry(c, &e.After) })
}

// number finds the sequence number of an entry, or gives it the next one.
func (t *transaction) number(e ledger.Edit) (uint64, error) {
	if e.Before.State != "" {
		n, err := reader{t.tx}.sequence(bucketKeys, []byte(e.After.Key))
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: key %q has no entry", ledger.ErrCorrupt, e.After.Key)
		}
		return n, err
	}
	t.store.totals.entries++
	n := t.store.totals.entries
	return n, t.put(bucketKeys, []byte(e.After.Key), record.Sequence(&n))
}

// body writes the part of an entry that its submit sends. It is by far the largest and
// rarely changes, so it has a record of its own: most commits need not write it again.
func (t *transaction) body(n uint64, e ledger.Edit) error {
	totals := &t.store.totals
	key := sequenceKey(n)
	before, after := record.HasBody(e.Before), record.HasBody(e.After)
	switch {
	case before && !after:
		totals.bodies--
		return t.remove(bucketBodies, key)
	case after && !before:
		totals.bodies++
	case record.SameBody(e.Before, e.After):
		return nil
	}
	return t.put(bucketBodies, key, func(c *record.Codec) { record.Body(c, &e.After) })
}

// tickets keeps the index from tickets to entries. A ticket leads to one entry only; the
// decision has refused others before ([ledger.ErrTaken]).
func (t *transaction) tickets(n uint64, e ledger.Edit) error {
	held, holds := e.Before.Tickets(), e.After.Tickets()
	for _, job := range holds {
		if slices.Contains(held, job) {
			continue
		}
		t.store.totals.tickets++
		if err := t.put(bucketTickets, record.TicketKey(job), record.Sequence(&n)); err != nil {
			return err
		}
	}
	for _, job := range held {
		if slices.Contains(holds, job) {
			continue
		}
		t.store.totals.tickets--
		if err := t.remove(bucketTickets, record.TicketKey(job)); err != nil {
			return err
		}
	}
	return nil
}

// intent notes the time of a request, for the rate windows of later runs. The number makes
// two intents of the same instant two records.
func (t *transaction) intent(_ uint64, e ledger.Edit) error {
	sent, paid := e.PaidCall()
	if !paid {
		return nil
	}
	t.store.totals.intents++
	key := binary.AppendUvarint(timeKey(sent), t.store.totals.intents)
	return t.put(bucketIntents, key, record.Nothing)
}

// noteAccounts notes the accounts whose balances changed. They are written once per
// commit, since most changes of a commit are about the same account.
func (t *transaction) noteAccounts(e ledger.Edit) {
	for _, b := range append(e.Before.Balances(), e.After.Balances()...) {
		t.paid[b.Account] = true
	}
}

// record adds the record of a run. It carries the time of the last restore on: without it
// the next run would not know that rows may have been bought twice.
func (t *transaction) record(run ledger.Run) error {
	if run.Restored.IsZero() {
		run.Restored = t.store.restored()
	}
	data, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("%w: write the record of a run: %w", ledger.ErrIllegal, err)
	}
	t.store.totals.runs++
	t.store.summary.Run = &run
	return t.put(bucketRuns, sequenceKey(t.store.totals.runs), record.Rest(&data))
}

// save writes the balances and totals of the commit. They are in the same transaction as
// the entries, so that a budget never counts a reservation that is not there.
func (t *transaction) save() error {
	if !t.dirty {
		return errUnchanged
	}
	for account := range t.paid {
		if err := t.pay(account); err != nil {
			return err
		}
	}
	return t.put(bucketMeta, []byte(keyTotals), t.store.totals.walk(t.store.summary.States, t.store.summary.Parts))
}

// pay writes one account's balance, or removes an empty one.
func (t *transaction) pay(account credit.Account) error {
	m, kept := t.store.summary.Balances[account]
	if !kept {
		return t.remove(bucketBalances, record.AccountKey(account))
	}
	return t.put(bucketBalances, record.AccountKey(account), func(c *record.Codec) { record.Money(c, &m) })
}

// put writes one record, sealed with its checksum.
func (t *transaction) put(bucket string, key []byte, walk func(*record.Codec)) error {
	t.dirty = true
	b := t.tx.Bucket([]byte(bucket))
	b.FillPercent = fill(bucket)
	return b.Put(key, seal(bucket, key, walk))
}

func (t *transaction) remove(bucket string, key []byte) error {
	t.dirty = true
	b := t.tx.Bucket([]byte(bucket))
	b.FillPercent = fill(bucket)
	return b.Delete(key)
}
