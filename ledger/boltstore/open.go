package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/reelmerge/reelmerge/ledger"
)

// Exists reports whether there is a ledger at a path to open, broken or not. Its error is
// [ledger.ErrMissing] when there was one and it is gone, so that no caller makes a new one
// in its place: every row would be bought again.
func Exists(path string) (bool, error) {
	info, err := regular(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, wrapOpen(path, err)
	}
	if err == nil && info.Size() > 0 {
		return true, nil
	}
	witness, known, readErr := readWitness(path)
	switch {
	case witness.Store != "":
		return false, wrapOpen(path, readErr)
	case readErr != nil:
		return false, wrapOpen(path, fmt.Errorf("%w: %w", ledger.ErrMissing, readErr))
	case known:
		return false, wrapOpen(path, fmt.Errorf("%w: %s names ledger %s", ledger.ErrMissing, witnessPath(path), witness.Ledger.ID))
	case err == nil:
		return true, nil // empty: no ledger, but not a free place either
	}
	return false, nil
}

// openWriter verifies the file while it is only open for reading, and then opens it for
// writing. bbolt may write as soon as the file is open, so a broken one must be refused
// before. The pages that change with every commit show whether the file is still the
// verified one.
func openWriter(path string, o Options) (*Store, error) {
	const attempts = 3 // another process may run to its end in between
	for range attempts {
		verified, err := openReader(path, o)
		if err != nil {
			return nil, err
		}
		meta := verified.newest()
		if err := verified.release(); err != nil {
			return nil, err
		}
		db, file, err := takeBolt(path, o.Timeout)
		if err != nil {
			return nil, err
		}
		s := &Store{path: path, db: db, file: file, older: o.Older, last: verified.last, turn: newTurn(), summary: verified.summary, totals: verified.totals}
		if bytes.Equal(s.newest(), meta) {
			db.AllocSize = 1 << 20
			if err := s.named(); err != nil {
				return nil, err
			}
			return s, s.readdress(o.Identity)
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	return nil, &ledger.LockedError{Path: path}
}

// named writes the run.json of a ledger that has none: a crash came after the ledger was
// made and before its run.json was.
func (s *Store) named() error {
	if s.last.Ledger.ID != "" || s.older {
		return nil
	}
	if err := writeWitness(s.path, s.witness()); err != nil {
		return errors.Join(err, s.release())
	}
	return nil
}

// newest returns the pages that change with every commit.
func (s *Store) newest() []byte {
	pages := make([]byte, 2*s.db.Info().PageSize)
	if _, err := s.file.ReadAt(pages, 0); err != nil {
		return nil
	}
	return pages
}

// openReader opens a file for reading and verifies all of it.
func openReader(path string, o Options) (*Store, error) {
	if there, err := Exists(path); err != nil {
		return nil, err
	} else if !there {
		return nil, fs.ErrNotExist
	}
	if err := onLocalDisk(path); err != nil {
		return nil, err
	}
	// Read-only, bbolt shares the lock with other readers and keeps writers out.
	db, file, err := openBolt(path, bolt.Options{Timeout: o.Timeout, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, db: db, file: file, older: o.Older, turn: newTurn()}
	err = s.verify()
	if err == nil && o.Identity != nil {
		err = s.belongs(*o.Identity)
	}
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// verify reads the whole file without bbolt, then the summary with it, and compares the
// ledger with run.json. The order matters: bbolt trusts every page that it reads.
func (s *Store) verify() error {
	problems, err := inspect(s.file)
	if err != nil {
		return err
	}
	if n := len(problems); n > fewProblems {
		problems = append(problems[:fewProblems:fewProblems], damaged("and %d more problems", n-fewProblems))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	err = s.look(func(r reader) (err error) {
		s.summary, s.totals, err = r.summary()
		return err
	})
	if err != nil {
		return err
	}
	return s.expected()
}

// fewProblems is how many problems an error of Open lists; Verify lists all.
const fewProblems = 5

// openBolt opens a file that is there, and returns the holder as an error if it is in use.
// An empty file is refused before bbolt sees it, because bbolt would make it a new
// database: a ledger that was emptied would be taken for one without rows.
func openBolt(path string, o bolt.Options) (db *bolt.DB, file *os.File, err error) {
	o.FreelistType = bolt.FreelistMapType
	o.NoStatistics = true
	o.OpenFile = func(path string, flags int, mode os.FileMode) (*os.File, error) {
		if _, err := regular(path); err != nil {
			return nil, err
		}
		// Only Create makes ledgers: a path with a typing mistake must not become one.
		file, err = os.OpenFile(path, flags&^os.O_CREATE, mode)
		if err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err != nil || info.Size() == 0 {
			return nil, errors.Join(err, errEmpty, file.Close())
		}
		return file, nil
	}
	err = guarded(func() error {
		db, err = bolt.Open(path, 0o600, &o)
		return err
	})
	switch {
	case err == nil:
		return db, file, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, nil, holder(path)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, ledger.ErrForeign):
		return nil, nil, err
	case errors.Is(err, berrors.ErrInvalid) && !hasMagic(path):
		return nil, nil, fmt.Errorf("%w: not a ledger file at all", ledger.ErrForeign)
	}
	return nil, nil, fmt.Errorf("%w: %w", ledger.ErrCorrupt, err)
}

var errEmpty = errors.New("the file is empty")

// Verify reads every page and record of a ledger and returns all that is wrong
// with it: an empty answer means that the file holds what was written to it. The
// error says why it could not be read at all. It also decodes every entry to its end,
// which [Open] leaves out to start quickly.
func Verify(ctx context.Context, path string) ([]error, error) {
	db, file, err := openBolt(path, bolt.Options{Timeout: time.Second, ReadOnly: true})
	if errors.Is(err, ledger.ErrCorrupt) || errors.Is(err, ledger.ErrForeign) {
		return []error{err}, nil
	}
	if err != nil {
		return nil, wrapOpen(path, err)
	}
	s := &Store{path: path, db: db, file: file, turn: newTurn()}
	problems, err := inspect(file)
	if err == nil && len(problems) == 0 {
		problems = s.deep(ctx)
	}
	if closeErr := s.release(); err == nil {
		err = closeErr
	}
	if err != nil {
		return problems, wrapOpen(path, err)
	}
	return problems, nil
}

// deep decodes every entry to its end and checks it by the invariants.
func (s *Store) deep(ctx context.Context) []error {
	if err := s.verify(); err != nil {
		return []error{err}
	}
	return ledger.Check(ctx, s)
}
