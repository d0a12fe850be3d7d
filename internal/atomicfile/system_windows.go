package atomicfile

import (
	"errors"
	"syscall"
)

// What Windows says when another program has the target open.
const (
	errSharingViolation = syscall.Errno(32)
	errLockViolation    = syscall.Errno(33)
)

// What Windows says when there is no room.
const (
	errHandleDiskFull = syscall.Errno(39)
	errDiskFull       = syscall.Errno(112)
)

// diskFull recognizes what the system says when there is no room.
func diskFull(err error) bool {
	return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull)
}

// lockedByOther reports whether a rename failed because the target is open.
func lockedByOther(err error) bool {
	return errors.Is(err, errSharingViolation) || errors.Is(err, errLockViolation) ||
		errors.Is(err, syscall.ERROR_ACCESS_DENIED)
}

// syncFolder has nothing to do: NTFS journals the rename.
func syncFolder(string) error { return nil }
