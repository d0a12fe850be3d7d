package download

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// errClaim marks errors of the ledger, which another attempt would not change.
var errClaim = errors.New("the ledger did not take it")

// mostNames is how many names are tried for one video.
const mostNames = 10_000

// found looks for the video on this machine. A crash may have kept a whole file from its
// name, or the first edition may have fetched a file without recording it.
func (d *download) found() (bool, error) {
	root := d.folder.root
	recorded := d.entry.Fetched
	switch {
	case recorded.Proven():
		if whole, err := same(root, d.part.data, recorded); err != nil || !whole {
			return false, nil // it is fetched
		}
		return true, d.publish(recorded)
	case recorded.File == "":
		return false, nil
	}
	info, err := root.Lstat(recorded.File)
	if err != nil || !plain(d.entry, info) {
		return false, nil
	}
	file, err := read(root, recorded.File)
	if err != nil {
		return false, err
	}
	file.File = recorded.File
	return d.claimed(file)
}

// publish gives the whole file the first free name.
func (d *download) publish(file ledger.Fetched) error {
	// Two rows may want the same name. The lock keeps the check and the renaming together.
	d.folder.naming.Lock()
	defer d.folder.naming.Unlock()
	for n := range mostNames {
		file.File = d.name(n)
		taken, err := d.take(file)
		if err != nil {
			return err
		}
		if taken {
			return d.part.publish(d.folder.root, file.File)
		}
	}
	return fmt.Errorf("%w: other files have its name and the next %d", ErrRefused, mostNames)
}

// take records that the file gets its name, if the name is free. It reports whether it did.
func (d *download) take(file ledger.Fetched) (bool, error) {
	if free, err := d.vacate(file.File); err != nil || !free {
		return false, err
	}
	return d.claimed(file)
}

// name returns the n-th name to try: first the recorded one, then the row's own, and then
// variants of it.
func (d *download) name(n int) string {
	switch recorded := d.entry.Fetched.File; {
	case n == 0 && recorded != "" && safename.Clean(recorded) == recorded:
		return recorded
	case n <= 1:
		return d.entry.File
	}
	return safename.Numbered(d.entry.File, n)
}

// vacate reports whether a name may be taken. It removes an earlier video of the same row
// before the new one is recorded, so that the old one is never taken for the new one. Any
// other file stays.
func (d *download) vacate(name string) (bool, error) {
	_, err := d.folder.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	if mine, err := ours(d.folder.root, name, d.entry.Files()); err != nil || !mine {
		return false, nil // one that cannot be read may be anybody's
	}
	return true, d.folder.root.Remove(name)
}

// claimed asks the ledger whether the file may have its name.
func (d *download) claimed(file ledger.Fetched) (bool, error) {
	mine, err := d.claim(file)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errClaim, err)
	}
	return mine, nil
}

// ours reports whether a file is one of the recorded ones and has not changed. For files
// of the first edition only the name is recorded. The error says that the file cannot be
// read, so that the answer is not known.
func ours(root *os.Root, name string, recorded []ledger.Fetched) (bool, error) {
	for _, f := range recorded {
		if f.File != name {
			continue
		}
		if f.Proven() {
			if is, err := same(root, name, f); err != nil || is {
				return is, err
			}
			continue
		}
		if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() {
			return true, nil
		}
	}
	return false, nil
}

// same reports whether a file has the recorded contents.
func same(root *os.Root, name string, f ledger.Fetched) (bool, error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	case err != nil || !info.Mode().IsRegular() || info.Size() != f.Bytes:
		return false, nil
	}
	is, err := read(root, name)
	return err == nil && is.SHA256 == f.SHA256, err
}

// read returns the size and the hash of a file.
func read(root *os.Root, name string) (f ledger.Fetched, err error) {
	file, err := root.Open(name)
	if err != nil {
		return f, err
	}
	defer func() { _ = file.Close() }() // only read from
	h := sha256.New()
	if f.Bytes, err = io.Copy(h, file); err != nil {
		return f, err
	}
	f.SHA256 = ledger.Fingerprint(h.Sum(nil))
	return f, nil
}
