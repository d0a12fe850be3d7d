package boltstore

import bolt "go.etcd.io/bbolt"

// WriteFormat makes a ledger look as if another version had written it.
func WriteFormat(path string, version uint64) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Update(func(tx *bolt.Tx) error {
		return (&transaction{tx: tx}).put(bucketMeta, []byte(keyFormat), number64(&version))
	}); err != nil {
		return err
	}
	return db.Close()
}

// Reseal replaces the entry of a row by one that is not what the books say, with a
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
		return (&transaction{tx: tx}).put(place(e.State), sequenceKey(number), func(c *codec) { entry(c, &e) })
	}); err != nil {
		return err
	}
	return db.Close()
}
