package download

import (
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Leave has downloads leave the last bytes of a disk to others; room says how many
// there are. It is called before the first download.
func (f *Folder) Leave(reserve int64, room func() (bytes int64, known bool)) {
	f.reserve, f.room = reserve, room
}

// mayTake reports, as an error, that there is no room for so many bytes more.
func (f *Folder) mayTake(bytes int64) error {
	if f.room == nil {
		return nil
	}
	left, known := f.room()
	if !known || left-f.reserve >= max(bytes, 1) {
		return nil
	}
	return fmt.Errorf("%w: %d MB, of which %d MB are kept for the ledger", atomicfile.ErrNoRoom, left>>20, f.reserve>>20)
}

// lookEvery is how many bytes are written between two looks at the room.
const lookEvery = 1 << 20

// rationed writes a file, and looks at the room now and then: the length that a
// service names may be wrong, and others write as well.
type rationed struct {
	file   *os.File
	folder *Folder
	since  int
}

// Write implements [io.Writer].
func (r *rationed) Write(p []byte) (int, error) {
	if r.since += len(p); r.since >= lookEvery {
		r.since = 0
		if err := r.folder.mayTake(int64(len(p))); err != nil {
			return 0, err
		}
	}
	return r.file.Write(p)
}
