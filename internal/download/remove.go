package download

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// Removed counts the files of an entry that were deleted or left.
type Removed struct {
	Deleted int
	Left    int // changed since they were fetched, so they are not ours to delete
}

// Remove takes the videos that were fetched for an entry, whole or partial, out of
// a folder. A file stays when it is none of those to be trusted, as
// [ledger.Names.Trusted] tells; one that cannot be read is an error. A folder that does not exist holds none. Errors
// never name the file, whose name may be a person's.
func Remove(dir string, e ledger.Entry, trusted []ledger.Fetched) (done Removed, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return done, fmt.Errorf("open folder of videos: %w", err)
	}
	defer func() { _ = root.Close() }()
	// Partial files have the name of a job. Each job of the row may have left one.
	for _, job := range append(e.Tickets(), "") {
		partOf(e.File, job).remove(root)
	}
	for _, name := range namesOf(e) {
		if err := done.remove(root, name, trusted); err != nil {
			return done, fmt.Errorf("remove a video: %w", err)
		}
	}
	return done, nil
}

// namesOf returns the names that the files of an entry may have, each once.
func namesOf(e ledger.Entry) (names []string) {
	for _, f := range e.Files() {
		// A name that is not safe was never given to a video. The ledger may have been
		// changed by hand.
		if safename.Clean(f.File) == f.File && !slices.Contains(names, f.File) {
			names = append(names, f.File)
		}
	}
	return names
}

// remove deletes one file, if it is still the one that was fetched.
func (done *Removed) remove(root *os.Root, name string, trusted []ledger.Fetched) error {
	_, err := root.Lstat(name)
	if err == nil {
		var mine bool
		if mine, err = ours(root, name, trusted); err == nil && !mine {
			done.Left++
			return nil
		}
	}
	if err == nil {
		err = root.Remove(name)
	}
	if err == nil {
		done.Deleted++
	}
	// The path in the error may contain a customer's name.
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
