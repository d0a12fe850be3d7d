package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// The file. Sequence numbers count entries in the order in which they were first
// planned, from one; they and times are big-endian, so that keys are appended.
// Every value is sealed with a checksum.
const (
	bucketMeta    = "reelmerge" // "format", "identity", "totals"
	bucketGoing   = "going"     // sequence → entry, while it has not succeeded
	bucketDone    = "done"      // sequence → entry that has succeeded
	bucketBodies  = "bodies"    // sequence → what its submit sends
	bucketKeys    = "keys"      // key → sequence
	bucketTickets = "tickets"   // ticket → sequence, of earlier attempts too
	bucketIntents = "intents"   // time, number → nothing
	bucketBooks   = "books"     // account → money
	bucketRuns    = "runs"      // number → run
)

// The keys of bucketMeta.
const (
	keyFormat   = "format"
	keyIdentity = "identity"
	keyTotals   = "totals"
)

func buckets() []string {
	return []string{
		bucketMeta, bucketGoing, bucketDone, bucketBodies, bucketKeys,
		bucketTickets, bucketIntents, bucketBooks, bucketRuns,
	}
}

// place is the bucket of an entry. In the end nearly all have succeeded and will
// not change: they are packed away, and whoever looks for work need not read
// them.
func place(s ledger.State) string {
	if s == ledger.Succeeded {
		return bucketDone
	}
	return bucketGoing
}

// fill is how full pages are packed when they are split. Most keys only grow, and
// fill page after page; what is done grows no more, and tickets arrive anywhere.
func fill(bucket string) float64 {
	switch bucket {
	case bucketDone:
		return 1
	case bucketTickets:
		return bolt.DefaultFillPercent
	}
	return 0.95
}

// formatVersion is the version of the whole file, entryVersion that of the layout
// of entries, recordVersion that of all other records.
const (
	formatVersion = 1
	recordVersion = 1
	entryVersion  = 2
)

// layout is the version that the records of a bucket are written in. Earlier ones
// are read.
func layout(bucket string) byte {
	if bucket == bucketGoing || bucket == bucketDone {
		return entryVersion
	}
	return recordVersion
}

const sealSize = 4 + 1

func checksum(bucket string, key, versioned []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, []byte(bucket))
	sum = crc32.Update(sum, table, binary.BigEndian.AppendUint32(nil, uint32(len(key))))
	return crc32.Update(crc32.Update(sum, table, key), table, versioned)
}

// seal makes a record: the checksum of its place, its key and its contents, then
// the version, then the contents. A record that lands under another key, or in
// another bucket, is as broken as one with a flipped bit.
func seal(bucket string, key []byte, walk func(*codec)) []byte {
	record := encode(append(make([]byte, 4, 64), layout(bucket)), walk)
	binary.BigEndian.PutUint32(record, checksum(bucket, key, record[4:]))
	return record
}

// unseal returns the contents of a record. They point into it.
func unseal(bucket string, key, record []byte) ([]byte, error) {
	if len(record) < sealSize || binary.BigEndian.Uint32(record) != checksum(bucket, key, record[4:]) {
		return nil, &brokenRecord{bucket, bytes.Clone(key), errChecksum}
	}
	if record[4] > layout(bucket) {
		return nil, fmt.Errorf("%w: record version %d", ErrNewer, record[4])
	}
	return record[sealSize:], nil
}

// open reads a record.
func open(bucket string, key, record []byte, walk func(*codec)) error {
	data, err := unseal(bucket, key, record)
	if err != nil {
		return err
	}
	c := codec{buf: data, reading: true, first: record[4] == 1}
	return unreadable(bucket, key, c.read(walk))
}

// unreadable says what is wrong with the contents of a record. What a newer
// version wrote is not broken.
func unreadable(bucket string, key []byte, err error) error {
	if err == nil || errors.Is(err, ErrNewer) {
		return err
	}
	return &brokenRecord{bucket, bytes.Clone(key), err}
}

var errChecksum = errors.New("its checksum does not match")

// brokenRecord is the [ErrCorrupt] of one record.
type brokenRecord struct {
	bucket string
	key    []byte
	cause  error
}

func (b *brokenRecord) Error() string {
	return fmt.Sprintf("%v: %s %s: %v", ErrCorrupt, b.bucket, describe(b.bucket, b.key), b.cause)
}

// ofRow reports whether the record is a part of an entry.
func (b *brokenRecord) ofRow() bool {
	return slices.Contains([]string{bucketGoing, bucketDone, bucketBodies}, b.bucket) && len(b.key) == 8
}

func (b *brokenRecord) Unwrap() []error { return []error{ErrCorrupt, b.cause} }

// describe writes a key for people.
func describe(bucket string, key []byte) string {
	switch bucket {
	case bucketGoing, bucketDone, bucketBodies, bucketRuns:
		if len(key) == 8 {
			return fmt.Sprintf("number %d", binary.BigEndian.Uint64(key))
		}
	case bucketTickets:
		var job string
		if decode(key, func(c *codec) { name(c, &job) }) == nil {
			return fmt.Sprintf("%q", job)
		}
	case bucketMeta, bucketKeys:
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("%x", key)
}

func sequenceKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func timeKey(t time.Time) []byte {
	seconds := uint64(t.Unix()) ^ 1<<63 // years before 1970 come first
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, seconds), uint32(t.Nanosecond()))
}

func timeOf(key []byte) time.Time {
	seconds := binary.BigEndian.Uint64(key) ^ 1<<63
	return time.Unix(int64(seconds), int64(binary.BigEndian.Uint32(key[8:]))).UTC()
}

func accountOf(key []byte) (a credit.Account, err error) {
	err = decode(key, func(c *codec) { account(c, &a) })
	return a, err
}

func accountKey(a credit.Account) []byte {
	return encode(nil, func(c *codec) { account(c, &a) })
}

// ticketKey is the key of a ticket in its index.
func ticketKey(job string) []byte { return encode(nil, func(c *codec) { name(c, &job) }) }

// number64 walks a sequence number.
func number64(n *uint64) func(*codec) { return func(c *codec) { count(c, n) } }

func nothing(*codec) {}

// rest walks bytes to the end of the record: JSON, for the few records that are
// read by people as well.
func rest(data *[]byte) func(*codec) {
	return func(c *codec) {
		if c.reading {
			*data = append([]byte(nil), c.take(len(c.buf))...)
			return
		}
		c.buf = append(c.buf, *data...)
	}
}

// totals counts the records of each kind. Numbers are handed out by them, and
// a record that vanished is noticed by them.
type totals struct{ entries, bodies, tickets, intents, runs uint64 }

// walk walks the totals, and with them the summary's count of each state.
func (t *totals) walk(states map[ledger.State]int) func(*codec) {
	return func(c *codec) {
		for _, n := range []*uint64{&t.entries, &t.bodies, &t.tickets, &t.intents, &t.runs} {
			count(c, n)
		}
		for _, s := range ledger.States() { // one more at the end is a new record version
			n := states[s]
			count(c, &n)
			states[s] = n
		}
	}
}
