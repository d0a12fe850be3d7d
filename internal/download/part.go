package download

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"strings"
)

// part is a file that is not whole yet: its bytes, and the mark (an ETag, or a
// date) by which the service can tell whether the rest belongs to them.
type part struct{ data, mark string }

// partOf names the partial file of a job's video. The name does not say whose it
// is, and is never too long.
func partOf(file, job string) part {
	if job != "" { // without one, it is where the first edition kept it
		file += "\x00" + job
	}
	sum := sha256.Sum256([]byte(file))
	name := "." + hex.EncodeToString(sum[:8])
	return part{data: name + ".part", mark: name + ".mark"}
}

// longestMark is the most a mark may have; longer ones are not worth keeping.
const longestMark = 1 << 10

// state says how many bytes are there and may be kept.
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

// open prepares the bytes from a place on. A new file begins without a mark,
// which is written before the first byte: at no instant do bytes of one file
// stand beside the mark of another.
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

// remove forgets the part; there is nothing to do about one that stays.
func (p part) remove(root *os.Root) {
	_ = root.Remove(p.mark)
	_ = root.Remove(p.data)
}

// publish gives the whole file its name and makes that durable.
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
	_ = folder.Sync() // Windows cannot, and needs not
	return nil
}

// markOf returns what If-Range may name: a strong ETag, else the date.
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
