package boltstore

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// WriteFormat makes a ledger look as if another version had written it.
func WriteFormat(path string, version uint64) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Update(func(tx *bolt.Tx) error {
		return (&transaction{tx: tx}).put(bucketMeta, []byte(keyFormat), record.Sequence(&version))
	}); err != nil {
		return err
	}
	return db.Close()
}

// Reseal replaces the entry of a row by one that does not agree with the balances, with a
// checksum that is right.
func Reseal(path string, number uint64) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Update(func(tx *bolt.Tx) error {
		e, err := reader{tx}.entry(number)
		if err != nil {
			return err
		}
		e.Money.Ever++
		return (&transaction{tx: tx}).put(place(e.State), sequenceKey(number), func(c *record.Codec) { record.Entry(c, &e) })
	}); err != nil {
		return err
	}
	return db.Close()
}

// LastUse is what run.json said of the latest use when the ledger was opened.
func (s *Store) LastUse() (name string, at time.Time) { return s.last.Host, s.last.Time }

// Host is the name of this machine as it is written down beside a ledger.
func Host() string { return host() }
