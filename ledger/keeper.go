package ledger

import (
	"context"
	"time"
)

// Keeper is a [Store] that looks after the copies of its ledger, as one in a file
// must. A database does so itself.
type Keeper interface {
	// Backup copies the ledger to a file, whole and durable, unless that holds the
	// latest change already.
	Backup(ctx context.Context, path string) error
	// Purge removes for good what events have purged, and also the records of refused
	// rows whose keys are gone; nil keeps those. It closes the store.
	Purge(ctx context.Context, gone func(key string) bool) error
	// Elsewhere is where and when the ledger was changed last before it was opened, if
	// that was on another machine; the host is empty when it was here, or is not known.
	Elsewhere() (host string, at time.Time)
	// Distrust says that this may be an earlier copy, although nothing shows it: from
	// now on the ledger is [ErrOlder], until a run is recorded in it.
	Distrust(ctx context.Context) error
	// Vouch says that this is the latest copy, for an [ErrUnproven] ledger.
	Vouch(ctx context.Context) error
}
