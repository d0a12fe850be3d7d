// Package atomicfile replaces files as a whole: a reader, or the next start after
// a crash, finds the old file or the new one, never half of either.
//
// Files are created for their owner alone (0600, folders 0700): what reelmerge
// writes names customers. A file that others may read is shared, see [File.Share].
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// InUseError is returned by [File.Commit] when another program has the target
// open. The new content is still there: commit it under another name.
type InUseError struct {
	Path string
	Err  error // what the system said; nil where a lock file was found
}

// Error names the file.
func (e *InUseError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("replace %q: it is open in another program", e.Path)
	}
	return fmt.Sprintf("replace %q: it is open in another program: %v", e.Path, e.Err)
}

// Unwrap returns what the system said.
func (e *InUseError) Unwrap() error { return e.Err }

// File is new content on its way to a path. It is written beside the target and
// takes its place with [File.Commit].
type File struct {
	temp *os.File
	path string
}

// Create begins a new file for path, and makes the folder if it is missing.
// Finish it with Commit, and defer Discard.
func Create(path string) (*File, error) {
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("create folder for %q: %w", path, err)
	}
	temp, err := os.CreateTemp(folder, "."+name+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("create %q: %w", path, err)
	}
	return &File{temp: temp, path: path}, nil
}

// Share makes the file one that others may read, as far as the umask lets them. It is for a
// file without content: the umask counts when a file is made, and cannot be asked for.
func (f *File) Share() error {
	name := f.temp.Name()
	err := errors.Join(f.temp.Close(), os.Remove(name))
	if err == nil {
		f.temp, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return fmt.Errorf("create %q: %w", f.path, err)
	}
	return nil
}

// Write appends to the new content.
func (f *File) Write(p []byte) (int, error) { return f.temp.Write(p) }

// Commit makes the content durable and puts it in the place of the path. It
// returns an [*InUseError] when another program holds the target; CommitAs can
// be called then.
func (f *File) Commit() error { return f.CommitAs(f.path) }

// CommitAs is [File.Commit] under another name in the same folder.
func (f *File) CommitAs(path string) error {
	if err := f.temp.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("write %q: %w", path, err)
	}
	if err := f.temp.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("write %q: %w", path, err)
	}
	if heldBySpreadsheet(path) {
		return &InUseError{Path: path}
	}
	if err := os.Rename(f.temp.Name(), path); err != nil {
		if lockedByOther(err) {
			return &InUseError{Path: path, Err: err}
		}
		return fmt.Errorf("replace %q: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// Discard removes what was written; after a commit it does nothing.
func (f *File) Discard() {
	_ = f.temp.Close()           // it may be closed already, and it is removed next
	_ = os.Remove(f.temp.Name()) // after a commit it has another name
}

// CommitBeside commits, and when another program holds the target it puts the
// content beside it. It returns the path that was written.
func (f *File) CommitBeside() (string, error) {
	return PutBeside(f.path, f.CommitAs, func(err error, _ int) bool {
		var inUse *InUseError
		return errors.As(err, &inUse)
	})
}

// standIns is how many names beside a file are tried.
const standIns = 9

// PutBeside puts something at a path, or else at the first of the names beside it
// that takes it: "results (new).xlsx". Taken says of an error whether the next name
// is worth a try; n is 0 for the path itself. It returns the path that was written,
// and the path itself beside an error.
func PutBeside(path string, put func(path string) error, taken func(err error, n int) bool) (string, error) {
	for n := 0; ; n++ {
		at := beside(path, n)
		err := put(at)
		switch {
		case err == nil:
			return at, nil
		case !taken(err, n):
			return path, err
		case n == standIns:
			return path, fmt.Errorf("no name is free beside %q: %w", path, err)
		}
	}
}

// beside names the n-th stand-in of a file: "results (new 2).xlsx". The one before
// the first is the file itself.
func beside(path string, n int) string {
	if n == 0 {
		return path
	}
	extension := filepath.Ext(path)
	mark := " (new)"
	if n > 1 {
		mark = fmt.Sprintf(" (new %d)", n)
	}
	return strings.TrimSuffix(path, extension) + mark + extension
}

// WriteFile replaces a file by data, durably.
func WriteFile(path string, data []byte) error {
	return fill(path, data, func(f *File) error { return f.Commit() })
}

// Replace replaces a file by data, whole for every reader and after a kill. It does not wait
// for the disk, so a power cut may take the last changes back, or leave the file empty.
func Replace(path string, data []byte) error {
	return fill(path, data, func(f *File) error {
		if err := errors.Join(f.temp.Close(), os.Rename(f.temp.Name(), path)); err != nil {
			return fmt.Errorf("replace %q: %w", path, err)
		}
		return nil
	})
}

// fill writes the data of a file, and has it take its place.
func fill(path string, data []byte, place func(*File) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return place(f)
}

// WriteShared writes a file that others may read, as far as the umask lets them. One that is
// there is replaced only where over says so.
func WriteShared(path string, data []byte, over bool) error {
	if !over {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return errors.Join(err, file.Close())
	}
	file, err := Create(path)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := file.Share(); err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Commit()
}

// heldBySpreadsheet looks for the lock files that spreadsheet programs leave
// while a file is open: where the system lets us replace it all the same, the
// person would not see the new results, and write over them with the next save.
func heldBySpreadsheet(path string) bool {
	folder, name := filepath.Split(path)
	for _, lock := range []string{".~lock." + name + "#", "~$" + name} {
		if _, err := os.Lstat(filepath.Join(folder, lock)); err == nil {
			return true
		}
	}
	return false
}
