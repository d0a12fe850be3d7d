package boltstore

import "errors"

// These say what only a file can have against it; the others are [ledger]'s.
var (
	// ErrNetwork is returned when the file lies on a network file system, where
	// neither locks nor memory maps can be trusted.
	ErrNetwork = errors.New("a ledger cannot live on a network file system")
	// ErrLockFile is returned when another file is where the lock file belongs.
	ErrLockFile = errors.New("something else is in the place of the ledger's lock file")
)
