package boltstore

import (
	"errors"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
)

// A writer that finds the ledger held by readers writes a file beside it. Readers that come
// later wait while that file is fresh. Without it, many readers that each read only briefly
// could keep a writer out for ever. A file that a crash left soon stops being fresh.
func wantedPath(path string) string { return path + ".wanted" }

const (
	atOnce    = 20 * time.Millisecond // how long a lock that is free takes
	forReader = 20 * time.Second      // how long a writer waits for readers to let go
	fresh     = 2 * time.Second
	goesFirst = 5 * time.Second // how long a reader lets a writer go first
	lookAgain = 20 * time.Millisecond
)

// takeBolt opens a file for writing. It waits for another writer as long as the caller
// says, because a run may last for hours, and longer for readers, because they are brief.
func takeBolt(path string, timeout time.Duration) (*bolt.DB, *os.File, error) {
	db, file, err := openBolt(path, bolt.Options{Timeout: min(atOnce, timeout)})
	if !isLocked(err) {
		return db, file, err
	}
	defer os.Remove(wantedPath(path))
	for began := time.Now(); ; {
		// Where it cannot be said, the lock comes when the readers leave a gap.
		_ = os.WriteFile(wantedPath(path), nil, 0o600)
		db, file, err = openBolt(path, bolt.Options{Timeout: min(timeout, fresh/2)})
		locked, ok := errors.AsType[*ledger.LockedError](err)
		if waited := time.Since(began); !ok || locked.PID != 0 && waited >= timeout || waited >= forReader {
			return db, file, err
		}
	}
}

func isLocked(err error) bool {
	_, locked := errors.AsType[*ledger.LockedError](err)
	return locked
}

// giveWay waits while a writer wants the ledger, but never longer than goesFirst.
func giveWay(path string) {
	for began := time.Now(); time.Since(began) < goesFirst; time.Sleep(lookAgain) {
		info, err := os.Lstat(wantedPath(path))
		if err != nil || time.Since(info.ModTime()) > fresh {
			return
		}
	}
}
