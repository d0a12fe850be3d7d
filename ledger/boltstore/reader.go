package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// Entries implements [ledger.Store]. It reads a few hundred entries at a time and keeps no
// transaction open in between, so that the caller may change entries as it goes, and a
// slow caller does not keep old pages from being freed. Each entry is as it was when its
// part was read.
func (s *Store) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		w := walk{query: q, selects: q.Selector()}
		for !w.found || len(w.left) > 0 {
			var entries []ledger.Entry
			err := s.view(ctx, func(r reader) (err error) { entries, err = w.next(r); return err })
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(ledger.Entry{}, err)
				return
			}
		}
	}
}

// walk reads the entries that a query selects, part by part.
type walk struct {
	query   ledger.Query
	selects func(ledger.Entry) bool
	found   bool     // the numbers of the entries are known
	left    []uint64 // the sequence numbers that are not read yet
}

// next reads the next few hundred entries. The first part is read in the transaction that
// finds the numbers: most queries are about one key and need no second one.
func (w *walk) next(r reader) (_ []ledger.Entry, err error) {
	if !w.found {
		if w.left, err = r.selected(w.query); err != nil {
			return nil, err
		}
		w.found = true
	}
	part := w.left[:min(256, len(w.left))]
	w.left = w.left[len(part):]
	return r.load(part, w.selects)
}

// Intents implements [ledger.Store].
func (s *Store) Intents(ctx context.Context, since time.Time) ([]time.Time, error) {
	var times []time.Time
	err := s.view(ctx, func(r reader) error {
		c := r.tx.Bucket([]byte(bucketIntents)).Cursor()
		for k, v := c.Seek(timeKey(since)); k != nil; k, v = c.Next() {
			if err := open(bucketIntents, k, v, record.Nothing); err != nil {
				return err
			}
			times = append(times, timeOf(k))
		}
		return nil
	})
	return times, err
}

// selected returns the sequence numbers of the entries that a query may be about.
func (r reader) selected(q ledger.Query) (numbers []uint64, err error) {
	switch {
	case q.Ticket != "":
		numbers, err = r.sequences(bucketTickets, record.TicketKey(q.Ticket))
	case len(q.Keys) > 0:
		numbers, err = r.sequences(bucketKeys, keysOf(q.Keys)...)
	case len(q.States) > 0 && !slices.Contains(q.States, ledger.Succeeded):
		numbers, err = r.going(q.States)
	default:
		numbers, err = r.all()
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), err
}

// load reads entries and keeps those that the query is about.
func (r reader) load(numbers []uint64, selects func(ledger.Entry) bool) (entries []ledger.Entry, err error) {
	for _, n := range numbers {
		e, err := r.entry(n)
		if err != nil {
			return entries, err
		}
		if selects(e) {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// view reads within one transaction.
func (s *Store) view(ctx context.Context, read func(reader) error) error {
	if err := s.turn.wait(ctx); err != nil {
		return err
	}
	defer s.turn.leave()
	return s.look(read)
}

// look is [Store.view] for the goroutine that has the turn.
func (s *Store) look(read func(reader) error) error {
	if err := s.poisoned(); err != nil {
		return err
	}
	err := guarded(func() error {
		return s.db.View(func(tx *bolt.Tx) error { return read(reader{tx}) })
	})
	s.faulted(err)
	return err
}

// reader reads records within one transaction, and checks each.
type reader struct{ tx *bolt.Tx }

// get reads one record; it reports false when there is none.
func (r reader) get(bucket string, key []byte, walk func(*record.Codec)) (bool, error) {
	sealed := r.tx.Bucket([]byte(bucket)).Get(key)
	if sealed == nil {
		return false, nil
	}
	return true, open(bucket, key, sealed, walk)
}

// sequence returns the number of the entry that a key or ticket leads to, and 0
// when there is none.
func (r reader) sequence(bucket string, key []byte) (n uint64, err error) {
	_, err = r.get(bucket, key, record.Sequence(&n))
	return n, err
}

func keysOf(keys []string) (raw [][]byte) {
	for _, key := range keys {
		raw = append(raw, []byte(key))
	}
	return raw
}

// sequences returns the numbers of the entries that keys or tickets lead to. Keys without an
// entry are left out.
func (r reader) sequences(bucket string, keys ...[]byte) (numbers []uint64, err error) {
	for _, key := range keys {
		n, err := r.sequence(bucket, key)
		if err != nil {
			return nil, err
		}
		if n != 0 {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// going returns the numbers of the entries in some states, none of which is succeeded. It
// reads only the state of each, without decoding the rest.
func (r reader) going(states []ledger.State) (numbers []uint64, err error) {
	err = r.tx.Bucket([]byte(bucketGoing)).ForEach(func(k, v []byte) error {
		data, err := unseal(bucketGoing, k, v)
		if err != nil {
			return err
		}
		if slices.Contains(states, record.StateOf(data)) {
			numbers = append(numbers, binary.BigEndian.Uint64(k))
		}
		return nil
	})
	return numbers, err
}

// all returns the numbers of all entries. They have no gaps, because entries are never
// removed.
func (r reader) all() ([]uint64, error) {
	s := ledger.NewSummary(ledger.Identity{})
	t, err := r.totals(&s)
	numbers := make([]uint64, t.entries)
	for i := range numbers {
		numbers[i] = uint64(i) + 1
	}
	return numbers, err
}

// entry reads both records of an entry. It looks in the bucket of open entries first,
// because most questions are about those.
func (r reader) entry(n uint64) (e ledger.Entry, err error) {
	key := sequenceKey(n)
	found := false
	for _, bucket := range []string{bucketGoing, bucketDone} {
		if found, err = r.get(bucket, key, func(c *record.Codec) { record.Entry(c, &e) }); found || err != nil {
			break
		}
	}
	if err == nil && !found {
		err = fmt.Errorf("%w: entry number %d is not there", ledger.ErrCorrupt, n)
	}
	if err != nil {
		return ledger.Entry{}, err
	}
	if _, err = r.get(bucketBodies, key, func(c *record.Codec) { record.Body(c, &e) }); err != nil {
		return ledger.Entry{}, fmt.Errorf("entry %q: %w", e.Key, err)
	}
	return e, nil
}

// meta reads a record that every ledger has.
func (r reader) meta(key string, walk func(*record.Codec)) error {
	found, err := r.get(bucketMeta, []byte(key), walk)
	if err == nil && !found {
		err = fmt.Errorf("%w: it has no %s", ledger.ErrCorrupt, key)
	}
	return err
}

func (r reader) identity() (id ledger.Identity, err error) {
	var data []byte
	if err := r.meta(keyIdentity, record.Rest(&data)); err != nil {
		return id, err
	}
	return id, json.Unmarshal(data, &id)
}

// totals reads the counts of records, and those of states into a summary.
func (r reader) totals(s *ledger.Summary) (t totals, err error) {
	err = r.meta(keyTotals, t.walk(s.States, s.Parts))
	return t, err
}

// summary reads the ledger in numbers.
func (r reader) summary() (s ledger.Summary, t totals, err error) {
	id, err := r.identity()
	if err != nil {
		return s, t, err
	}
	s = ledger.NewSummary(id)
	if t, err = r.totals(&s); err != nil {
		return s, t, err
	}
	if s.Run, err = r.run(t.runs); err != nil {
		return s, t, err
	}
	return s, t, r.balances(s.Balances)
}

// balances reads the balance of each account.
func (r reader) balances(into map[credit.Account]ledger.Money) error {
	return r.tx.Bucket([]byte(bucketBalances)).ForEach(func(k, v []byte) error {
		var m ledger.Money
		if err := open(bucketBalances, k, v, func(c *record.Codec) { record.Money(c, &m) }); err != nil {
			return err
		}
		a, err := record.AccountOf(k)
		into[a] = m
		return err
	})
}

// run reads the record of a run by its number; number 0 means that there was none.
func (r reader) run(n uint64) (*ledger.Run, error) {
	if n == 0 {
		return nil, nil
	}
	var data []byte
	found, err := r.get(bucketRuns, sequenceKey(n), record.Rest(&data))
	if err == nil && !found {
		err = fmt.Errorf("%w: run number %d is not there", ledger.ErrCorrupt, n)
	}
	if err != nil {
		return nil, err
	}
	run := &ledger.Run{}
	return run, json.Unmarshal(data, run)
}
