//go:build linux || darwin

package atomicfile

import (
	"math"
	"os"
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

// SameDisk reports whether two files or folders take their room from one disk. What
// cannot be looked at may.
func SameDisk(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	if err1 != nil || err2 != nil {
		return true
	}
	one, ok1 := x.Sys().(*syscall.Stat_t)
	other, ok2 := y.Sys().(*syscall.Stat_t)
	return !ok1 || !ok2 || one.Dev == other.Dev
}
