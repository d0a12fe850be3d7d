//go:build linux || darwin

package atomicfile

import (
	"math"
	"syscall"
)

// Room returns how many bytes a user may still write to the disk of a folder;
// false where the system does not say.
func Room(folder string) (bytes int64, ok bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil || fs.Blocks == 0 {
		return 0, false
	}
	if size := uint64(fs.Bsize); fs.Bavail < math.MaxInt64/size {
		return int64(fs.Bavail * size), true
	}
	return math.MaxInt64, true
}
