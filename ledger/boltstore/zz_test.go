package boltstore_test

import (
	"fmt"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func TestZZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	settle(t, create(t, path), 50000)
	db, _ := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	defer db.Close()
	db.View(func(tx *bolt.Tx) error {
		fmt.Println("size", tx.Size(), "free pages MB", float64(db.Stats().FreePageN)*4096/1e6, float64(db.Stats().PendingPageN)*4096/1e6)
		return tx.ForEach(func(n []byte, b *bolt.Bucket) error {
			s := b.Stats()
			fmt.Printf("%-10s keys %7d leafalloc %6.1fMB inuse %6.1fMB (%.0f B/key) branch %.1fMB\n", n, s.KeyN, float64(s.LeafAlloc)/1e6, float64(s.LeafInuse)/1e6, float64(s.LeafInuse)/float64(max(1, s.KeyN)), float64(s.BranchAlloc)/1e6)
			return nil
		})
	})
}
