package boltstore

import (
	"encoding/json"
	"os"
	"time"
)

// The lock itself is bbolt's, on the ledger file. The lock file beside it only
// says who holds it, for people; one that a crash left behind does no harm.
func lockPath(path string) string { return path + ".lock" }

// hold writes down who has the ledger.
func (s *Store) hold() error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host" // a name is a courtesy, not a reason to stop
	}
	data, err := json.Marshal(LockedError{PID: os.Getpid(), Host: host, Started: time.Now().UTC()})
	if err != nil {
		return err
	}
	return os.WriteFile(lockPath(s.path), data, 0o600)
}

// letGo takes the note away while the lock is still held, so that it cannot be
// the next holder's.
func (s *Store) letGo() { _ = os.Remove(lockPath(s.path)) }

// holder reads who has the ledger.
func holder(path string) error {
	locked := &LockedError{}
	if data, err := os.ReadFile(lockPath(path)); err != nil || json.Unmarshal(data, locked) != nil {
		locked = &LockedError{} // in use all the same
	}
	locked.Path = path
	return locked
}
