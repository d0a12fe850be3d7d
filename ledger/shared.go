package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// These are the answers of a [Shared] store that leave it sound, besides those of [Store].
var (
	// ErrFenced is returned when a change would spend money, and its caller does not hold
	// the lease, or holds one that another process has taken over. Only Intend and Resend
	// spend; every other event reports a fact, which is welcome from any process.
	ErrFenced = errors.New("another process drives this ledger now")
	// ErrUnavailable is returned when the database did not answer for as long as the store
	// waits, and it is certain that the change was not made.
	ErrUnavailable = errors.New("the database of the ledger does not answer")
)

// LongestSubmit is the longest that a paid request is waited for where a ledger is shared, by
// the most patient of the services' clients. A process that is stopped
// and goes on later sends nothing of a request that is older: the connection is closed by
// then.
const LongestSubmit = 10 * time.Minute

// ShortestLease is the shortest lease that a store gives. A shorter one would be lost by a
// short pause of the machine.
const ShortestLease = 2 * time.Second

// Shared is a [Store] that several processes, on several machines, open at the same time.
// One of them drives the ledger: it holds the lease, and only it may spend. The others
// read, and report what they know: a late answer, the decision of a person.
//
// The versions of entries are what keeps a row from being paid for twice. The lease keeps
// the pace, and tells a process that was stopped that its time is over.
type Shared interface {
	Store
	// Acquire takes the lease. While another process holds it, the answer is a
	// [*DrivenError]. The lease renews itself until it is released or lost.
	Acquire(ctx context.Context, d Drive) (Lease, error)
	// Driver says who drives the ledger now; the zero Driver: no process does.
	Driver(ctx context.Context) (Driver, error)
	// Now is the time of the clock that all processes share. It makes no call.
	Now() time.Time
	// Quarantine is how long after its intent an entry may still reach the service, although
	// another process drives the ledger by now: [LongestSubmit] and the longest lease that
	// the ledger was ever driven with. Before it is over, no search proves that nothing was
	// created, and no person may decide it.
	Quarantine(ctx context.Context) (time.Duration, error)
	// Document changes one of the documents that are kept beside the ledgers, under its
	// lock. What is empty after the change is removed; an error of the change leaves the
	// document as it was. Names of one ledger's own documents begin with [DocumentOf].
	Document(ctx context.Context, name string, change func(Desk) ([]byte, error)) error
}

// Drive is what a process says when it takes a lease.
type Drive struct {
	Who     string        // for people: the machine and the process
	Account string        // that the ledger's jobs are of: no two entries of its ledgers have one ticket
	TTL     time.Duration // how long the lease holds without a renewal
}

// Lease is a [Store] in the hands of the process that drives the ledger.
type Lease interface {
	Store
	// Valid reports whether no other process can have taken over yet. It makes no call, and is
	// called directly before the first byte of a paid request. It counts from before the
	// last renewal was asked for, by a clock that goes on while the machine sleeps.
	Valid() bool
	// Lost is closed when the lease is over, for any reason.
	Lost() <-chan struct{}
	// Release gives the lease back, so that another process can take it at once.
	Release(ctx context.Context) error
}

// Driver is the process that drives a ledger.
type Driver struct {
	Who   string
	Since time.Time
	Until time.Time // when its lease is over, unless it is renewed
	Epoch int64     // grows with each lease
}

// Desk is a document while its lock is held.
type Desk struct {
	Text []byte    // nil: there is none
	Now  time.Time // by the clock of [Shared]
	// Driven reports whether a process drives a ledger of the same store, by its id.
	Driven func(ledger string) bool
}

// DocumentOf is the name of a document of one ledger.
func DocumentOf(ledger, name string) string { return "ledger/" + ledger + "/" + name }

// DrivenError says that another process drives the ledger.
type DrivenError struct{ Driver Driver }

// Error implements error.
func (e *DrivenError) Error() string {
	return fmt.Sprintf("%s drives this campaign since %s", e.Driver.Who, e.Driver.Since.Local().Format(time.DateTime))
}
