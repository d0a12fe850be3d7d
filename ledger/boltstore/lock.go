package boltstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// The lock itself is bbolt's, on the ledger file. The lock file beside it only names the
// holder for the error message; one that a crash left behind does no harm.
func lockPath(path string) string { return path + ".lock" }

// hold writes the note that names this process as the holder. The note is always a new
// file, so that it is never written through a link or into a file of another program.
func (s *Store) hold() error {
	path := lockPath(s.path)
	if err := removeNote(path); err != nil {
		return err
	}
	data, err := json.Marshal(ledger.LockedError{PID: os.Getpid(), Host: cmp.Or(host(), "an unknown host"), Started: time.Now().UTC()})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// longestHost bounds the name of a host in a file.
const longestHost = 100

// host is the name of this machine as it is written down beside a ledger, and empty
// when the machine has none.
func host() string {
	name, _ := os.Hostname() // a name is a courtesy, not a reason to stop
	return name[:min(len(name), longestHost)]
}

// longestNote is more than any note of ours has.
const longestNote = 4 << 10

// removeNote removes the note of a process that crashed; after a power cut it may be empty
// or full of zeros. A file that is no note stays, because another program may have
// written it.
func removeNote(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > longestNote {
		return fmt.Errorf("%w: %q", ledger.ErrLockFile, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var note ledger.LockedError
	if text := bytes.Trim(data, "\x00"); len(text) > 0 && (json.Unmarshal(text, &note) != nil || note.PID == 0) {
		return fmt.Errorf("%w: %q", ledger.ErrLockFile, path)
	}
	return ignoreMissing(os.Remove(path))
}

// letGo removes the note while this process still holds the lock. Afterwards it could be
// the note of the next holder.
func (s *Store) letGo() { _ = removeNote(lockPath(s.path)) }

// holder returns the error that names the process which has the ledger. A note that
// cannot be read does not mean that the ledger is free.
func holder(path string) error {
	locked := &ledger.LockedError{}
	if info, err := os.Lstat(lockPath(path)); err != nil || !info.Mode().IsRegular() {
		return &ledger.LockedError{Path: path} // a pipe there would be waited for
	}
	if data, err := os.ReadFile(lockPath(path)); err != nil || json.Unmarshal(data, locked) != nil {
		locked = &ledger.LockedError{} // in use all the same
	}
	locked.Path = path
	return locked
}
