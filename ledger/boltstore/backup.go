package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Backup copies the ledger to another file, whole and durable, unless that file has the
// latest commit already. Where the file system can share blocks between files, it takes
// neither time nor room. It is meant for the start of a run, since writers wait for it.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.turn.wait(ctx); err != nil { // between two commits the file is whole
		return err
	}
	defer s.turn.leave()
	if err := s.poisoned(); err != nil {
		return err
	}
	if s.backedUp(path) {
		return nil
	}
	if err := replaceFile(path, s.copyTo); err != nil {
		return fmt.Errorf("back up ledger to %q: %w", path, err)
	}
	return nil
}

// copyTo leaves the copying to the operating system, which can share the blocks.
func (s *Store) copyTo(f *os.File) error {
	from, err := os.Open(s.path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, from.Close())
}

// backedUp reports whether a file begins as the ledger does and has its size. The first
// pages change with every commit, so two files that agree there have the same last
// commit.
func (s *Store) backedUp(path string) bool {
	f, err := openRegular(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read from
	newest := s.newest()
	pages := make([]byte, len(newest))
	if _, err := io.ReadFull(f, pages); err != nil || !bytes.Equal(pages, newest) {
		return false
	}
	copied, err := f.Stat()
	if err != nil {
		return false
	}
	info, err := s.file.Stat()
	return err == nil && info.Size() == copied.Size()
}
