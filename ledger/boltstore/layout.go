package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// The buckets of the file. Sequence numbers count entries from one, in the order in which
// they were first planned. They and times are big-endian, so that new keys are appended.
// Every value is sealed with a checksum.
const (
	bucketMeta     = "reelmerge" // "format", "identity", "totals"
	bucketGoing    = "going"     // sequence → entry, while it has not succeeded
	bucketDone     = "done"      // sequence → entry that has succeeded
	bucketBodies   = "bodies"    // sequence → the part of an entry that its submit sends
	bucketKeys     = "keys"      // key → sequence
	bucketTickets  = "tickets"   // ticket → sequence, of earlier attempts too
	bucketIntents  = "intents"   // time, number → an empty record
	bucketBalances = "books"     // account → money
	bucketRuns     = "runs"      // number → run
)

// The keys of bucketMeta.
const (
	keyFormat   = "format"
	keyIdentity = "identity"
	keyTotals   = "totals"
	keyMoved    = "moved" // of a ledger that is elsewhere now
)

// buckets lists the buckets that every ledger of this format has, and no others.
func buckets() []string {
	return []string{
		bucketMeta, bucketGoing, bucketDone, bucketBodies, bucketKeys,
		bucketTickets, bucketIntents, bucketBalances, bucketRuns,
	}
}

// place returns the bucket of an entry. In the end nearly all entries have succeeded and
// will not change. They have a bucket of their own, so that a search for open entries need
// not read them.
func place(s ledger.State) string {
	if s == ledger.Succeeded {
		return bucketDone
	}
	return bucketGoing
}

// fill returns how full pages are packed when they are split. Sequence numbers and times
// only grow, so their pages can be nearly full. Records of finished entries never grow, so
// theirs can be full. Tickets arrive in any order, and need room in every page.
func fill(bucket string) float64 {
	switch bucket {
	case bucketDone:
		return 1
	case bucketTickets:
		return bolt.DefaultFillPercent
	}
	return 0.95
}

// formatVersion is the version of the whole file.
const formatVersion = 1

// layout says how the records of a bucket are written.
func layout(bucket string) record.Layout {
	if bucket == bucketGoing || bucket == bucketDone {
		return record.Layout{Place: bucket, Version: record.EntryVersion}
	}
	return record.Layout{Place: bucket, Version: record.Version}
}

// seal writes a record. Its key is part of the checksum, so a record that was moved to
// another key is found as well.
func seal(bucket string, key []byte, walk func(*record.Codec)) []byte {
	return layout(bucket).Seal(key, walk)
}

// unseal checks a record and returns its contents, which share the record's memory.
func unseal(bucket string, key, sealed []byte) ([]byte, error) {
	data, err := layout(bucket).Unseal(key, sealed)
	return data, unreadable(bucket, key, err)
}

// open reads a record.
func open(bucket string, key, sealed []byte, walk func(*record.Codec)) error {
	return unreadable(bucket, key, layout(bucket).Open(key, sealed, walk))
}

// unreadable says which record is broken, and why. A record of a newer version is not
// broken: the user needs a newer program.
func unreadable(bucket string, key []byte, err error) error {
	if err == nil || errors.Is(err, ledger.ErrNewer) {
		return err
	}
	return &brokenRecord{bucket, bytes.Clone(key), err}
}

// brokenRecord is the [ledger.ErrCorrupt] of one record.
type brokenRecord struct {
	bucket string
	key    []byte
	cause  error
}

func (b *brokenRecord) Error() string {
	return fmt.Sprintf("%v: %s %s: %v", ledger.ErrCorrupt, b.bucket, describe(b.bucket, b.key), b.cause)
}

// ofRow reports whether the record is a part of an entry.
func (b *brokenRecord) ofRow() bool {
	return slices.Contains([]string{bucketGoing, bucketDone, bucketBodies}, b.bucket) && len(b.key) == 8
}

func (b *brokenRecord) Unwrap() []error { return []error{ledger.ErrCorrupt, b.cause} }

// describe writes a key for an error message.
func describe(bucket string, key []byte) string {
	switch bucket {
	case bucketGoing, bucketDone, bucketBodies, bucketRuns:
		if len(key) == 8 {
			return fmt.Sprintf("number %d", binary.BigEndian.Uint64(key))
		}
	case bucketTickets:
		if job, err := record.TicketOf(key); err == nil {
			return fmt.Sprintf("%q", job)
		}
	case bucketMeta, bucketKeys:
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("%x", key)
}

// sequenceKey, timeKey and timeOf turn numbers and times into keys that sort like them.
func sequenceKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func timeKey(t time.Time) []byte {
	seconds := uint64(t.Unix()) ^ 1<<63 // years before 1970 come first
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, seconds), uint32(t.Nanosecond()))
}

func timeOf(key []byte) time.Time {
	seconds := binary.BigEndian.Uint64(key) ^ 1<<63
	return time.Unix(int64(seconds), int64(binary.BigEndian.Uint32(key[8:]))).UTC()
}

// totals counts the records of each kind. They give new entries their numbers, and show
// when a record has vanished.
type totals struct{ entries, bodies, tickets, intents, runs uint64 }

// walk walks the totals, and with them the summary's counts of each state. Those of parts
// are written where there are some: a ledger without them stays as it was.
func (t *totals) walk(states, parts map[ledger.State]int) func(*record.Codec) {
	return func(c *record.Codec) {
		for _, n := range []*uint64{&t.entries, &t.bodies, &t.tickets, &t.intents, &t.runs} {
			record.Count(c, n)
		}
		countStates(c, states)
		if c.More(total(parts) > 0) {
			countStates(c, parts)
		}
	}
}

// countStates walks a count of each state.
func countStates(c *record.Codec, states map[ledger.State]int) {
	for _, s := range ledger.States() { // one more at the end is a new record version
		n := states[s]
		record.Count(c, &n)
		states[s] = n
	}
}

// total is how many entries the counts are of.
func total(states map[ledger.State]int) (n int) {
	for _, of := range states {
		n += of
	}
	return n
}
