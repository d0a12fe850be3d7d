package atomicfile

import "errors"

// ErrNoRoom is returned, wrapped, by those who leave the last of a disk's room to
// others.
var ErrNoRoom = errors.New("the disk has too little room left")

// IsFull reports whether an error says that a disk, or a person's share of it, is
// full: trying again soon brings nothing.
func IsFull(err error) bool { return errors.Is(err, ErrNoRoom) || diskFull(err) }
