package download

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// Remove takes the entry's video, whole or partial, out of a folder, and reports
// whether there was one. A folder that does not exist holds none. Errors never
// name the file, whose name may be a person's.
func Remove(dir string, e ledger.Entry) (bool, error) {
	if e.File == "" || safename.Clean(e.File) != e.File {
		return false, nil // no video ever got such a name
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open folder of videos: %w", err)
	}
	defer func() { _ = root.Close() }()
	partOf(e.File).remove(root)
	err = root.Remove(e.File)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return false, fmt.Errorf("remove a video: %w", err)
	}
	return true, nil
}
