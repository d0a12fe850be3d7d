package atomicfile

import "os"

// Same reports whether two paths lead to one file that is there.
func Same(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// IsThere reports whether something has the name, also a link that leads nowhere.
func IsThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// IsOrdinary reports whether a path is that of an ordinary file: opening it cannot
// block, and leads nowhere else.
func IsOrdinary(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}
