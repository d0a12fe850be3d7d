package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// Purge writes the ledger anew without the contents of purged entries. Their keys become
// hashes, also in the records of earlier runs. Deleted data does not stay behind on free
// pages, as it does in a file that is changed in place. gone says which keys of refused
// rows, which have no entries, are hidden as well; nil keeps them. The new file replaces
// the old one at once and whole. The store is closed by it: open it again to go on.
//
// The caller purges entries by events first. Those are committed to the old file, even
// when there is nothing new to purge: a process that waits for the old file sees by the
// latest commit that the file is not the ledger any more.
func (s *Store) Purge(ctx context.Context, gone func(key string) bool) error {
	if !s.queue.Started() {
		return ledger.ErrReadOnly
	}
	if err := s.touch(ctx); err != nil {
		return err
	}
	temp, err := s.purged(gone)
	if err == nil {
		err = s.supersede(temp)
	}
	if err != nil {
		return fmt.Errorf("purge ledger %q: %w", s.path, err)
	}
	return nil
}

// touch commits something, so that the old file differs from the one that another process
// may have verified: that process must not write to it any more.
func (s *Store) touch(ctx context.Context) error {
	return s.do(ctx, func(t *transaction) error { t.dirty = true; return nil })
}

// purged writes the new file under a name of its own. Nothing is committed to
// the old one from then on.
func (s *Store) purged(gone func(key string) bool) (temp string, err error) {
	s.turn.take()
	defer s.turn.leave()
	if err := s.poisoned(); err != nil {
		return "", err
	}
	if temp, err = draft(s.path, s.summary.Identity); err != nil {
		return "", err
	}
	err = guarded(func() error { return s.rewrite(temp, gone) })
	if s.faulted(err); err == nil {
		err = syncFile(temp)
	}
	if err != nil {
		return "", errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	s.poison.CompareAndSwap(nil, &poison{ledger.ErrClosed})
	return temp, nil
}

// supersede puts the new file in the place of the old one and closes that. The lock is
// held meanwhile, so that no other process writes the old file. Windows cannot replace an
// open file: there the old one is closed first, and the rename fails if another process
// has opened it in between.
func (s *Store) supersede(temp string) error {
	rename := func() error { return os.Rename(temp, s.path) }
	steps := []func() error{rename, s.Close}
	if runtime.GOOS == "windows" {
		steps = []func() error{s.Close, rename}
	}
	if err := errors.Join(steps[0](), steps[1]()); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	return syncFolder(s.path)
}

// rewrite fills a new file from this one.
func (s *Store) rewrite(temp string, gone func(key string) bool) error {
	db, err := bolt.Open(temp, 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return err
	}
	db.AllocSize = 1 << 20
	err = s.db.View(func(from *bolt.Tx) error {
		p := &purger{id: s.summary.Identity.ID, from: from, db: db, gone: map[string]bool{}, also: gone}
		for _, bucket := range []string{bucketGoing, bucketDone, bucketKeys, bucketRuns, bucketBodies, bucketTickets, bucketIntents, bucketBalances, bucketMeta} {
			if err := p.copy(bucket); err != nil {
				return err
			}
		}
		return p.flush()
	})
	return errors.Join(err, db.Close())
}

// purger copies records into the new file, a few thousand with each commit.
type purger struct {
	id   string // of the ledger
	from *bolt.Tx
	db   *bolt.DB
	gone map[string]bool // keys of purged entries, as they were
	also func(key string) bool

	pending []item
}

// item is one record to be written into the new file.
type item struct {
	bucket     string
	key, value []byte
}

const purgeBatch = 4096

// copy copies one bucket. Records are renewed one by one and written many at a time, so
// that memory does not grow with the ledger.
func (p *purger) copy(bucket string) error {
	return p.from.Bucket([]byte(bucket)).ForEach(func(k, v []byte) error {
		r, err := p.renew(item{bucket, k, v})
		if err != nil {
			return err
		}
		if p.pending = append(p.pending, r); len(p.pending) < purgeBatch {
			return nil
		}
		return p.flush()
	})
}

// flush writes the pending records. A crash between two of these commits leaves a file
// under a temporary name, and the ledger as it was.
func (p *purger) flush() error {
	err := p.db.Update(func(to *bolt.Tx) error {
		for _, r := range p.pending {
			b := to.Bucket([]byte(r.bucket))
			b.FillPercent = fill(r.bucket)
			if err := b.Put(r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	})
	p.pending = p.pending[:0]
	return err
}

// renew returns a record without purged contents. Entries must come first: they tell which
// keys are gone from the index and from the records of runs.
func (p *purger) renew(r item) (item, error) {
	switch r.bucket {
	case bucketGoing, bucketDone:
		return p.entry(r)
	case bucketKeys:
		return p.key(r)
	case bucketRuns:
		return p.run(r)
	}
	return r, nil
}

// entry gives a purged entry its hashed key. Its values were removed by the event already.
func (p *purger) entry(r item) (item, error) {
	var e ledger.Entry
	if err := open(r.bucket, r.key, r.value, func(c *record.Codec) { record.Entry(c, &e) }); err != nil || !e.Purged {
		return r, err
	}
	if len(r.key) != 8 || binary.BigEndian.Uint64(r.key) == 0 {
		return r, &brokenRecord{r.bucket, r.key, errPlace}
	}
	p.gone[e.Key] = true
	e = e.Forgotten(p.id)
	r.value = seal(r.bucket, r.key, func(c *record.Codec) { record.Entry(c, &e) })
	return r, nil
}

// key renews the index record of a purged entry's key.
func (p *purger) key(r item) (item, error) {
	if !p.gone[string(r.key)] {
		return r, nil
	}
	var n uint64
	if err := open(r.bucket, r.key, r.value, record.Sequence(&n)); err != nil {
		return r, err
	}
	r.key = []byte(ledger.PurgedKey(p.id, string(r.key)))
	r.value = seal(r.bucket, r.key, record.Sequence(&n))
	return r, nil
}

// run hides purged keys in the record of a run.
func (p *purger) run(r item) (item, error) {
	var data []byte
	if err := open(r.bucket, r.key, r.value, record.Rest(&data)); err != nil {
		return r, err
	}
	var run ledger.Run
	if err := json.Unmarshal(data, &run); err != nil {
		return r, &brokenRecord{r.bucket, r.key, err}
	}
	data, err := json.Marshal(run.Purged(p.id, p.hides))
	if err != nil {
		return r, err
	}
	r.value = seal(r.bucket, r.key, record.Rest(&data))
	return r, nil
}

// hides reports whether a key is to be hidden: that of a purged entry, or one of a refused
// row, which has no entry, if the caller says so.
func (p *purger) hides(key string) bool {
	return p.gone[key] || key != "" && p.also != nil && p.also(key)
}
