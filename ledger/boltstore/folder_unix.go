//go:build unix

package boltstore

import (
	"errors"
	"os"
	"path/filepath"
)

// syncFolder makes the name of a file durable. Syncing the file is not enough: after a
// loss of power it could be without a name, or still have the old one.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
