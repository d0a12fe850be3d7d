package boltstore

import (
	"context"
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// belongs refuses a ledger that is for something else. Another address alone is no
// reason while no job was created for any row: there is nothing at the old address that
// the rows of this ledger could mean.
func (s *Store) belongs(wanted ledger.Identity) error {
	is := s.summary.Identity
	conflict := is.Conflict(wanted)
	is.BaseURL = wanted.BaseURL
	if conflict == nil || is.Conflict(wanted) != nil || s.totals.tickets > 0 {
		return conflict
	}
	for e, err := range s.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			return err
		}
		if !e.NothingMade() {
			return conflict
		}
	}
	return nil
}

// readdress makes another address the ledger's own, durably, where [Store.belongs] has
// allowed it. A crash between the two files does no harm: run.json is compared by the
// ledger's id.
func (s *Store) readdress(wanted *ledger.Identity) error {
	if wanted == nil || s.summary.Identity.BaseURL == wanted.BaseURL {
		return nil
	}
	is := s.summary.Identity
	is.BaseURL = wanted.BaseURL
	data, err := json.Marshal(is)
	if err != nil {
		return err
	}
	err = guarded(func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			return (&transaction{tx: tx}).put(bucketMeta, []byte(keyIdentity), record.Rest(&data))
		})
	})
	if err != nil {
		return errors.Join(err, s.release())
	}
	s.summary.Identity = is
	if s.older {
		return nil
	}
	if err := writeWitness(s.path, s.witness()); err != nil {
		return errors.Join(err, s.release())
	}
	return nil
}
