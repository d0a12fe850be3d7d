package boltstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// Create makes a new ledger and opens it for writing. It is complete and durable before
// it gets its name, so a crash leaves a whole ledger or none. Where a ledger is, the
// error is fs.ErrExist; where one was, [ledger.ErrMissing].
func Create(path string, id ledger.Identity) (*Store, error) {
	if err := create(path, id); err != nil {
		return nil, fmt.Errorf("create ledger %q: %w", path, err)
	}
	return Open(path, Options{})
}

// create makes the file of a new ledger. It is written whole and durable under a temporary
// name first, so that no crash leaves half a ledger under the real one.
func create(path string, id ledger.Identity) error {
	if id.ID == "" {
		return errors.New("it needs an id")
	}
	if there, err := Exists(path); err != nil {
		return err
	} else if there {
		return fs.ErrExist
	}
	if err := onLocalDisk(path); err != nil {
		return err
	}
	temp, err := draft(path, id)
	if err != nil {
		return err
	}
	// A link, unlike a rename, never takes the place of another ledger; not
	// every file system has links.
	err = os.Link(temp, path)
	if err == nil {
		err = os.Remove(temp)
	} else if !errors.Is(err, fs.ErrExist) {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	if err := syncFolder(path); err != nil {
		return err
	}
	intents := uint64(0)
	return writeWitness(path, witness{Ledger: id, Intents: &intents}) // after the ledger: a name without a ledger means a loss
}

// draft writes an empty ledger under a temporary name, and returns that name. It removes
// the file when it fails.
func draft(path string, id ledger.Identity) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return "", err
	}
	temp := f.Name()
	if err = f.Close(); err == nil {
		err = guarded(func() error { return found(temp, id) })
	}
	if err != nil {
		return "", errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	return temp, nil
}

// found makes an empty ledger of an empty file.
func found(temp string, id ledger.Identity) error {
	db, err := bolt.Open(temp, 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return err
	}
	err = errors.Join(db.Update(func(tx *bolt.Tx) error { return furnish(tx, id) }), db.Close())
	if err != nil {
		return err
	}
	return syncFile(temp)
}

// furnish writes the buckets and records that every ledger has.
func furnish(tx *bolt.Tx, id ledger.Identity) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	data, err := json.Marshal(id)
	if err != nil {
		return err
	}
	version := uint64(formatVersion)
	first := &transaction{tx: tx}
	return errors.Join(
		first.put(bucketMeta, []byte(keyFormat), record.Sequence(&version)),
		first.put(bucketMeta, []byte(keyIdentity), record.Rest(&data)),
		first.put(bucketMeta, []byte(keyTotals), (&totals{}).walk(map[ledger.State]int{}, nil)),
	)
}

// ignoreMissing accepts that a file to be removed does not exist.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFile makes the content of a closed file durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
