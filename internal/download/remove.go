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

// Removed counts what became of the files of an entry.
type Removed struct {
	Deleted int
	Left    int // not as they were fetched, so they are no longer ours to delete
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

// namesOf are the names under which the files of an entry may lie, each once.
func namesOf(e ledger.Entry) (names []string) {
	for _, f := range e.Files() {
		if safename.Clean(f.File) == f.File && !slices.Contains(names, f.File) { // no video ever got another name
			names = append(names, f.File)
		}
	}
	return names
}

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
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
