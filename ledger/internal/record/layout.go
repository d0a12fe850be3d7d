package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// EntryVersion is the version of the layout of entries, Version that of all other
// records.
const (
	Version      = 1
	EntryVersion = 2
)

// Layout describes how the records of one place, such as a table, are written. Records of
// earlier versions can be read.
type Layout struct {
	Place   string
	Version byte
}

// ErrChecksum is returned for a record that differs from the one that was written under
// its key.
var ErrChecksum = errors.New("its checksum does not match")

const sealSize = 4 + 1

// checksum covers the place and the key as well, with the key's length between them: so no
// two records of different places or keys have the same input.
func (l Layout) checksum(key, versioned []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, []byte(l.Place))
	sum = crc32.Update(sum, table, binary.BigEndian.AppendUint32(nil, uint32(len(key))))
	return crc32.Update(crc32.Update(sum, table, key), table, versioned)
}

// Seal makes a record: the checksum of its place, its key and its contents, then
// the version, then the contents. A record that lands under another key, or in
// another place, is as broken as one with a flipped bit.
func (l Layout) Seal(key []byte, walk func(*Codec)) []byte {
	sealed := Encode(append(make([]byte, 4, 64), l.Version), walk)
	binary.BigEndian.PutUint32(sealed, l.checksum(key, sealed[4:]))
	return sealed
}

// Unseal returns the contents of a record. They point into it.
func (l Layout) Unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < sealSize || binary.BigEndian.Uint32(sealed) != l.checksum(key, sealed[4:]) {
		return nil, ErrChecksum
	}
	// The checksum was right, so this is no damage: a later edition wrote the record.
	if sealed[4] > l.Version {
		return nil, fmt.Errorf("%w: record version %d", ledger.ErrNewer, sealed[4])
	}
	return sealed[sealSize:], nil
}

// Open reads a record.
func (l Layout) Open(key, sealed []byte, walk func(*Codec)) error {
	data, err := l.Unseal(key, sealed)
	if err != nil {
		return err
	}
	c := Codec{buf: data, reading: true, first: sealed[4] == 1}
	return c.read(walk)
}

// Skimmer reads the first fields of records with one codec that it uses again. There are
// millions of records, and allocating memory for each costs more than reading it.
type Skimmer struct {
	codec Codec             // of the record at hand, with what is read of it
	words map[string]string // those that many records share
}

// NewSkimmer returns a skimmer that shares no words yet.
func NewSkimmer() *Skimmer { return &Skimmer{words: map[string]string{}} }

// Skim reads as many of a record's fields as the walk asks for. Names, such as those of
// tickets, are returned packed as they are written: that is enough to compare them.
func (s *Skimmer) Skim(contents []byte, walk func(*Codec)) error {
	s.codec = Codec{buf: contents, reading: true, times: s.codec.times[:0], skim: s.words}
	walk(&s.codec)
	return s.codec.err
}

// StateOf reads the state that the contents of an entry begin with; empty when they
// do not begin with one.
func StateOf(contents []byte) (s ledger.State) {
	state(&Codec{buf: contents, reading: true}, &s)
	return s
}

// AccountKey is the key of an account.
func AccountKey(a credit.Account) []byte {
	return Encode(nil, func(c *Codec) { account(c, &a) })
}

// AccountOf reads the key of an account.
func AccountOf(key []byte) (a credit.Account, err error) {
	err = Decode(key, func(c *Codec) { account(c, &a) })
	return a, err
}

// TicketKey is the key of a ticket.
func TicketKey(job string) []byte { return Encode(nil, func(c *Codec) { name(c, &job) }) }

// TicketOf reads the key of a ticket.
func TicketOf(key []byte) (job string, err error) {
	err = Decode(key, func(c *Codec) { name(c, &job) })
	return job, err
}

// Sequence walks a sequence number.
func Sequence(n *uint64) func(*Codec) { return func(c *Codec) { Count(c, n) } }

// Nothing walks no contents.
func Nothing(*Codec) {}

// Rest walks bytes to the end of the record. They are JSON, for the few records that a
// person may have to read with other tools.
func Rest(data *[]byte) func(*Codec) {
	return func(c *Codec) {
		if c.reading {
			*data = append([]byte(nil), c.take(len(c.buf))...)
			return
		}
		c.buf = append(c.buf, *data...)
	}
}
