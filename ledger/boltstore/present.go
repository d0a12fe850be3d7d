package boltstore

import (
	"fmt"
	"os"
	"slices"

	"github.com/reelmerge/reelmerge/ledger"
)

// present refuses intents and resends once the file is no longer at its path, because the folder was
// moved or deleted while it was in use. A deleted file vanishes with the process, and the
// memory of a paid video with it. Other changes are still written, since a file that was
// only moved keeps them.
func (s *Store) present(changes []ledger.Change) error {
	paid := []ledger.Kind{ledger.Intend, ledger.Resend}
	if !slices.ContainsFunc(changes, func(c ledger.Change) bool { return slices.Contains(paid, c.Event.Kind) }) {
		return nil
	}
	if err := s.atItsPath(); err != nil {
		return fmt.Errorf("%w while it was in use: %w", ledger.ErrMissing, err)
	}
	return nil
}

// whole returns an error when the file is shorter than it was. bbolt would not see
// it: it writes the pages that changed and takes the others, which are gone, for
// empty ones.
func (s *Store) whole() error {
	own, err := s.file.Stat()
	if err != nil {
		return err
	}
	if own.Size() < s.longest {
		return fmt.Errorf("%w: it was cut short while it was in use, from %d bytes to %d", ledger.ErrCorrupt, s.longest, own.Size())
	}
	s.longest = own.Size()
	return nil
}

// atItsPath returns an error unless the file that is open lies at its path.
func (s *Store) atItsPath() error {
	at, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	own, err := s.file.Stat()
	if err == nil && !os.SameFile(at, own) {
		err = fmt.Errorf("%q is another file now", s.path)
	}
	return err
}
