package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"maps"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// audit sums up the records that one worker has read. The sums are then compared with the
// ledger's own totals, balances and indexes. Several workers share the file, so each has
// an audit of its own, and merge joins them.
type audit struct {
	seed     maphash.Seed
	buf      []byte
	skimmer  *record.Skimmer
	e        ledger.Entry
	n        uint64
	head     func(*record.Codec)
	number   func(*record.Codec)
	problems []error

	records map[string]uint64 // how many records each bucket has
	highest uint64            // number of an entry
	counted ledger.Summary    // what the entries add up to
	made    sums              // what the indexes should be, by the entries
	found   sums              // what they are

	states   map[ledger.State]int // what the ledger says of itself, of rows
	parts    map[ledger.State]int // and of parts
	totals   totals
	balances map[credit.Account]ledger.Money
}

// sums stand for the members of the two indexes. Each member adds a hash of its contents,
// so that an index and its entries give the same sum in any order. Comparing the members
// themselves would need memory for all of them.
type sums struct{ keys, tickets uint64 }

// errPlace marks a record under a key or in a bucket where it does not belong.
var errPlace = errors.New("it is not where it belongs")

// newAudit returns an empty audit. Audits whose sums are compared need the same seed.
func newAudit(seed maphash.Seed) *audit {
	a := &audit{
		seed: seed, skimmer: record.NewSkimmer(), records: map[string]uint64{}, counted: ledger.NewSummary(ledger.Identity{}),
		states: map[ledger.State]int{}, parts: map[ledger.State]int{}, balances: map[credit.Account]ledger.Money{},
	}
	a.head = func(c *record.Codec) { record.Head(c, &a.e) }
	a.number = record.Sequence(&a.n)
	return a
}

// leaf reads the records of one page.
func (a *audit) leaf(im *image, l leaf) {
	if a.buf == nil {
		a.buf = make([]byte, im.pageSize)
	}
	err := im.records(l, a.buf, func(flags uint32, key, value []byte) error {
		if flags != 0 {
			return damaged("page %d: %s %s is no record", l.id, l.bucket, describe(l.bucket, key))
		}
		a.records[l.bucket]++
		if err := a.record(l.bucket, key, value); err != nil {
			a.problems = append(a.problems, err)
		}
		return nil
	})
	if err != nil {
		a.problems = append(a.problems, err)
	}
}

// record reads one record as far as it can be checked. Every one must have its checksum;
// those that others can be computed from are decoded as well.
func (a *audit) record(bucket string, key, value []byte) error {
	switch bucket {
	case bucketGoing, bucketDone:
		return a.entry(bucket, key, value)
	case bucketKeys:
		err := a.skim(bucket, key, value, a.number)
		a.found.keys += mix(maphash.Bytes(a.seed, key), a.n)
		return err
	case bucketTickets:
		err := a.skim(bucket, key, value, a.number)
		a.found.tickets += mix(maphash.Bytes(a.seed, key), a.n)
		return err
	case bucketBalances:
		return a.balance(key, value)
	case bucketMeta:
		if string(key) == keyTotals {
			return open(bucket, key, value, a.totals.walk(a.states, a.parts))
		}
	}
	_, err := unseal(bucket, key, value) // other records contribute to no sum
	return err
}

// entry adds one entry to the sums. An entry in the wrong bucket is damage, because
// searches by state would miss it.
func (a *audit) entry(bucket string, key, value []byte) error {
	e := &a.e
	*e = ledger.Entry{}
	if err := a.skim(bucket, key, value, a.head); err != nil {
		return err
	}
	if len(key) != 8 || place(e.State) != bucket {
		return &brokenRecord{bucket, bytes.Clone(key), errPlace}
	}
	n := binary.BigEndian.Uint64(key)
	a.highest = max(a.highest, n)
	a.counted.Book(ledger.Entry{}, *e)
	a.made.keys += mix(maphash.String(a.seed, e.Key), n)
	for _, job := range e.Tickets() {
		a.made.tickets += mix(maphash.String(a.seed, job), n) // packed, as in the index
	}
	return nil
}

// skim decodes the first part of a record, into memory that is used again: opening a ledger
// of a million rows must take seconds.
func (a *audit) skim(bucket string, key, value []byte, walk func(*record.Codec)) error {
	data, err := unseal(bucket, key, value)
	if err != nil {
		return err
	}
	return unreadable(bucket, key, a.skimmer.Skim(data, walk))
}

// balance reads the balance of one account, which compare holds against the entries.
func (a *audit) balance(key, value []byte) error {
	var m ledger.Money
	if err := open(bucketBalances, key, value, func(c *record.Codec) { record.Money(c, &m) }); err != nil {
		return err
	}
	account, err := record.AccountOf(key)
	a.balances[account] = m
	return err
}

// mix joins a hash with the number of its entry, so that two keys which have swapped their
// entries change the sum.
func mix(h, n uint64) uint64 {
	const odd, prime = 0x9E3779B97F4A7C15, 0xFF51AFD7ED558CCD
	h = (h ^ n*odd) * prime
	return h ^ h>>32
}

// merge adds the sums of another worker.
func (a *audit) merge(o *audit) {
	a.problems = append(a.problems, o.problems...)
	for bucket, n := range o.records {
		a.records[bucket] += n
	}
	a.highest = max(a.highest, o.highest)
	for s, n := range o.counted.States {
		a.counted.States[s] += n
	}
	for s, n := range o.counted.Parts {
		a.counted.Parts[s] += n
	}
	for account, m := range o.counted.Balances {
		a.counted.Balances[account] = a.counted.Balances[account].Plus(m)
	}
	a.made.add(o.made)
	a.found.add(o.found)
	maps.Copy(a.balances, o.balances)
	if o.totals != (totals{}) {
		a.totals = o.totals
		a.states, a.parts = o.states, o.parts // one reader met them
	}
}

func (s *sums) add(o sums) {
	s.keys += o.keys
	s.tickets += o.tickets
}

// compare returns the places where the ledger does not agree with itself. A checksum cannot
// find a whole record that is missing; the counts do.
func (a *audit) compare() (problems []error) {
	made := uint64(a.states[ledger.Succeeded] + a.parts[ledger.Succeeded])
	for bucket, want := range map[string]uint64{
		bucketMeta: 3, bucketKeys: a.totals.entries, bucketBodies: a.totals.bodies, bucketTickets: a.totals.tickets,
		bucketIntents: a.totals.intents, bucketRuns: a.totals.runs, bucketDone: made, bucketGoing: a.totals.entries - made,
	} {
		if got := a.records[bucket]; got != want {
			problems = append(problems, damaged("%s has %d records, %d were written", bucket, got, want))
		}
	}
	if a.highest != a.totals.entries {
		problems = append(problems, damaged("the last entry is number %d, want %d", a.highest, a.totals.entries))
	}
	if a.made != a.found {
		problems = append(problems, damaged("what leads to the entries does not fit them"))
	}
	for _, s := range ledger.States() {
		if a.states[s] != a.counted.States[s] {
			problems = append(problems, damaged("the totals count %d %s, the entries are %d", a.states[s], s, a.counted.States[s]))
		}
		if a.parts[s] != a.counted.Parts[s] {
			problems = append(problems, damaged("the totals count %d parts %s, the entries are %d", a.parts[s], s, a.counted.Parts[s]))
		}
	}
	maps.DeleteFunc(a.counted.Balances, func(_ credit.Account, m ledger.Money) bool { return m == ledger.Money{} })
	if !maps.Equal(a.balances, a.counted.Balances) {
		problems = append(problems, damaged("the balances are %v, the entries add up to %v", a.balances, a.counted.Balances))
	}
	return problems
}
