package ledger

import (
	"errors"
	"fmt"
	"time"
)

// These say why a ledger cannot be opened or used. They are the same for every kind of
// store. A ledger that is refused is left as it was found.
var (
	// ErrMissing is returned when there is no ledger where there was one. A new one
	// must not take its place: every row would be bought again.
	ErrMissing = errors.New("the ledger is gone")
	// ErrCorrupt is returned when the ledger does not hold what was written to it.
	ErrCorrupt = errors.New("the ledger is damaged")
	// ErrForeign is returned when the file is no ledger, or not the one that was kept
	// there.
	ErrForeign = errors.New("this is not the ledger of this folder")
	// ErrOlder is returned when there was a later run, or there were more requests, than
	// the ledger knows: an earlier copy was put in its place. Rows that were sent since
	// then are not in it as sent, and would be sent and paid for again.
	ErrOlder = errors.New("the ledger is an earlier copy of itself")
	// ErrUnproven is returned when nothing tells a ledger that was used from an
	// earlier copy of it.
	ErrUnproven = errors.New("nothing shows whether this is the latest copy of the ledger")
	// ErrNewer is returned when a later version of the program wrote the ledger.
	ErrNewer = errors.New("the ledger was written by a newer version")
	// ErrReadOnly is returned by changes of a store that was opened for reading.
	ErrReadOnly = errors.New("the ledger is open for reading only")
	// ErrClosed is returned by calls after a store was closed.
	ErrClosed = errors.New("the ledger is closed")
	// ErrPoisoned is returned by every call after the first failed write (invariant L12).
	// It is not known which changes the ledger holds; only the next start can find out.
	ErrPoisoned = errors.New("an earlier write to the ledger failed")
	// ErrNetwork is returned when a ledger's file lies on a network file system, where
	// neither locks nor memory maps can be trusted.
	ErrNetwork = errors.New("a ledger cannot live on a network file system")
	// ErrLockFile is returned when another file is where the lock file belongs.
	ErrLockFile = errors.New("something else is in the place of the ledger's lock file")
)

// MovedError is returned when the ledger is at another place now. To go on with a file that
// was left behind would buy rows again that were bought since.
type MovedError struct {
	Store  string `json:"store"`  // the database that has it
	Ledger string `json:"ledger"` // its name there
}

// Error names the place.
func (e *MovedError) Error() string {
	return fmt.Sprintf("the ledger of this folder is in a database now: it is %q of %s", e.Ledger, e.Store)
}

// LockedError is returned when another process has the ledger open (invariant
// L8). The holder is unknown, all zero, when it is only reading.
type LockedError struct {
	Path    string    `json:"-"`
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// Error names the holder.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("open ledger %q: in use by another process", e.Path)
	}
	return fmt.Sprintf("open ledger %q: in use by process %d on %s since %s",
		e.Path, e.PID, e.Host, e.Started.Local().Format("2006-01-02 15:04:05"))
}
