package boltstore

import (
	"errors"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
)

// A writer that finds the ledger held by readers says that it wants it, in a file
// beside. Readers let it go after a moment, and wait before they take it again while
// that file is fresh: so that many readers, each of which reads only briefly, never keep
// a writer out together. A file that a crash left is not fresh.
func wantedPath(path string) string { return path + ".wanted" }

const (
	atOnce    = 20 * time.Millisecond // how long a lock that is free takes
	forReader = 20 * time.Second      // how long a writer waits for readers to let go
	fresh     = 2 * time.Second
	goesFirst = 5 * time.Second // how long a reader lets a writer go first
	lookAgain = 20 * time.Millisecond
)

// takeBolt opens a file for writing. It waits as long as it is told for another
// writer, and longer for readers.
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

// giveWay waits while a writer wants the ledger.
func giveWay(path string) {
	for began := time.Now(); time.Since(began) < goesFirst; time.Sleep(lookAgain) {
		info, err := os.Lstat(wantedPath(path))
		if err != nil || time.Since(info.ModTime()) > fresh {
			return
		}
	}
}
