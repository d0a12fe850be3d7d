package download

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"strings"
)

// part is a file that is not whole yet. It consists of the bytes and a mark (an ETag or a
// date), by which the service can tell whether the rest belongs to them.
type part struct{ data, mark string }

// partOf returns the partial file of a job's video. Its name is a hash, so it reveals no
// customer and is never too long.
func partOf(file, job string) part {
	// Without a job it is the place that the first edition used.
	if job != "" {
		file += "\x00" + job
	}
	sum := sha256.Sum256([]byte(file))
	name := "." + hex.EncodeToString(sum[:8])
	return part{data: name + ".part", mark: name + ".mark"}
}

// longestMark is the longest mark that is kept.
const longestMark = 1 << 10

// state returns how many bytes are there and can be kept. Without a mark none can.
func (p part) state(root *os.Root) (size int64, mark string) {
	text, err := root.ReadFile(p.mark)
	if err != nil || len(text) == 0 {
		return 0, ""
	}
	info, err := root.Lstat(p.data)
	if err != nil || !info.Mode().IsRegular() {
		return 0, ""
	}
	return info.Size(), string(text)
}

// open opens the partial file for writing at a place. A new file begins without a mark, and
// gets it before the first byte. So the bytes of one file never stand beside the mark of
// another, not even after a crash.
func (p part) open(root *os.Root, from int64, mark string) (*os.File, error) {
	if from > 0 {
		return root.OpenFile(p.data, os.O_WRONLY|os.O_APPEND, 0o600)
	}
	p.remove(root)
	file, err := root.OpenFile(p.data, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if mark == "" {
		return file, nil
	}
	if err := root.WriteFile(p.mark, []byte(mark), 0o600); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// remove deletes the partial file. An error does not matter: the next attempt continues
// the file or replaces it.
func (p part) remove(root *os.Root) {
	_ = root.Remove(p.mark)
	_ = root.Remove(p.data)
}

// publish gives the whole file its name, and makes the name durable.
func (p part) publish(root *os.Root, name string) error {
	if err := root.Rename(p.data, name); err != nil {
		return err
	}
	_ = root.Remove(p.mark)
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	// Windows cannot sync a folder, and does not need to.
	_ = folder.Sync()
	return nil
}

// markOf returns the mark for If-Range: a strong ETag, or else the date. A weak ETag may be
// the same for other bytes.
func markOf(h http.Header) string {
	mark := h.Get("ETag")
	if mark == "" || strings.HasPrefix(mark, "W/") {
		mark = h.Get("Last-Modified")
	}
	if len(mark) > longestMark {
		return ""
	}
	return mark
}
