package boltstore

import (
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/ledger"
)

// regular refuses anything but a regular file. A named pipe would block its reader for
// ever.
func regular(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %q is no regular file", ledger.ErrForeign, path)
	}
	return info, err
}

// openRegular opens a regular file for reading.
func openRegular(path string) (*os.File, error) {
	if _, err := regular(path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

func readRegular(path string) ([]byte, error) {
	if _, err := regular(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
