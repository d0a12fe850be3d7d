package download

import (
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Leave makes downloads keep so many bytes of the disk free. room returns the free bytes.
// Leave is called before the first download.
func (f *Folder) Leave(reserve int64, room func() (bytes int64, known bool)) {
	f.reserve = reserve
	f.room = room
}

// mayTake returns an error if there is no room for so many more bytes.
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

// lookEvery is how many bytes are written between two checks of the room.
const lookEvery = 1 << 20

// rationed writes a file and checks the room now and then. The length that a service names
// may be wrong, and other programs write to the disk, too.
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
