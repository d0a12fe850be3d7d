package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// record says which file an address led to when it was last asked. It does not contain the
// address, since a signed one is a password.
type record struct {
	Hash     string `json:"sha256"`
	Size     int64  `json:"size"`
	Tag      string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
	// Others are hashes of other copies of this address: earlier ones or, after a kill, the
	// last one. A copy that no record names is not surely ours, and is never deleted.
	Others []string `json:"others,omitempty"`
}

// hashes returns the hashes of all copies that the record knows.
func (r record) hashes() []string { return append([]string{r.Hash}, r.Others...) }

// longestMark is the longest name of a version that is kept.
const longestMark = 1 << 10

// recordPath returns the path of an address's record. Its name is a hash, because the
// address may be a password.
func (s *Shelf) recordPath(address string) string {
	return filepath.Join(s.options.Dir, "of-"+digest(address)[:32]+".json")
}

// earlier returns the record of an address from another run. It returns nil if there is
// none, or if the copy is missing or has changed.
func (s *Shelf) earlier(address string) *record {
	r, known := readRecord(s.recordPath(address))
	if !known || !s.holds(r.Hash) {
		return nil
	}
	return &r
}

// readRecord reads a record of ours. It accepts no other file.
func readRecord(path string) (r record, known bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return r, false
	}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &r) != nil || slices.ContainsFunc(r.hashes(), func(h string) bool { return !isHash(h) }) {
		return record{}, false
	}
	return r, true
}

// isHash reports whether a text has the form of a SHA-256 in the name of a copy.
func isHash(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdef") == ""
}

// holds reports whether the copy with a hash is there, whole and unchanged.
func (s *Shelf) holds(hash string) bool { return isCopy(Path(s.options.Dir, hash), s.options.Most+1) }

// isCopy reports whether the content of a file has the hash that is its name. It reads at
// most so many bytes: a longer file cannot be a copy.
func isCopy(path string, most int64) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	_, err = io.Copy(sum, io.LimitReader(file, most))
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == filepath.Base(path)
}

// take reads the answer to a request, and keeps its file.
func (s *Shelf) take(address string, r *http.Response, copied *record) (File, error) {
	switch {
	case r.StatusCode == http.StatusNotModified && copied != nil:
		return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size}, nil
	case r.StatusCode != http.StatusOK:
		return File{}, &StatusError{r.StatusCode}
	// The hash must be that of the file, and not of its compressed form.
	case isEncoded(r.Header):
		return File{}, final{errors.New("the server sends it compressed, although that was not asked for")}
	case r.ContentLength > s.options.Most:
		return File{}, &TooLargeError{r.ContentLength}
	}
	hash, size, err := s.keep(r.Body, func(hash string) { s.expect(address, hash) })
	if err != nil {
		return File{}, err
	}
	s.remember(address, record{Hash: hash, Size: size, Tag: mark(r.Header, "ETag"), Modified: mark(r.Header, "Last-Modified")})
	return File{Path: Path(s.options.Dir, hash), Size: size}, nil
}

// mark returns the server's name of the version. A longer one is not kept, so the file is
// fetched again next time.
func mark(h http.Header, name string) string {
	if value := h.Get(name); len(value) <= longestMark {
		return value
	}
	return ""
}

// incoming is the name of a file that is not whole yet.
const incoming = "incoming"

// keep writes a body to a file and gives the file its name when it is whole and durable. A
// kill in between leaves no file that looks like a copy. expect is called before the name
// is given, so that a copy always has a record.
func (s *Shelf) keep(body io.Reader, expect func(hash string)) (hash string, size int64, err error) {
	file, err := atomicfile.Create(filepath.Join(s.options.Dir, incoming))
	if err != nil {
		return "", 0, final{fmt.Errorf("keep a copy: %w", err)}
	}
	defer file.Discard()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(sum, file), io.LimitReader(body, s.options.Most+1))
	// Errors on our side are final. A broken connection may be tried again.
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, publicnet.ErrIdle):
		return "", 0, final{fmt.Errorf("it did not come in time: %d bytes, and then no more", size)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", 0, fmt.Errorf("the connection broke after %d bytes", size)
	case err != nil:
		return "", 0, fmt.Errorf("after %d bytes: %w", size, err)
	case size > s.options.Most:
		return "", 0, &TooLargeError{size}
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	if s.holds(hash) {
		return hash, size, nil
	}
	// The record must be on disk first. A copy without one would stay in the folder for
	// ever.
	expect(hash)
	if err := file.CommitAs(Path(s.options.Dir, hash)); err != nil {
		return "", 0, final{fmt.Errorf("keep a copy: %w", err)}
	}
	return hash, size, nil
}

// expect adds a coming copy to the record, so that a copy that a kill leaves behind is
// known.
func (s *Shelf) expect(address, hash string) {
	r, known := readRecord(s.recordPath(address))
	switch {
	case !known:
		r = record{Hash: hash}
	case !slices.Contains(r.hashes(), hash):
		r.Others = append(r.Others, hash)
	}
	s.note(address, r)
}

// remember writes the record of an address, with its earlier copies.
func (s *Shelf) remember(address string, r record) {
	if before, known := readRecord(s.recordPath(address)); known {
		r.Others = slices.DeleteFunc(before.hashes(), func(hash string) bool { return hash == r.Hash })
	}
	s.note(address, r)
}

// note writes a record. Without it the file is only fetched again, so an error is no reason
// to stop.
func (s *Shelf) note(address string, r record) {
	if data, err := json.Marshal(r); err == nil {
		_ = atomicfile.WriteFile(s.recordPath(address), data)
	}
}

// abandoned is the age from which a file that is not whole is left over.
const abandoned = time.Hour

// tidy removes the unfinished files of killed processes.
func (s *Shelf) tidy() {
	// A folder that cannot be read has nothing to tidy.
	entries, _ := readFolder(s.options.Dir)
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && isHalf(info) && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(s.options.Dir, entry.Name()))
		}
	}
}

// halves matches the names of unfinished files, records those of records.
var (
	halves  = regexp.MustCompile(`^\.(` + incoming + `|of-[0-9a-f]{32}\.json)\.[0-9]+\.tmp$`)
	records = regexp.MustCompile(`^of-[0-9a-f]{32}\.json$`)
)

func isHalf(info fs.FileInfo) bool { return info.Mode().IsRegular() && halves.MatchString(info.Name()) }

// readFolder lists the folder of a shelf. A folder that is missing holds nothing. One that
// is a link belongs to somebody else, and is refused.
func readFolder(dir string) ([]fs.DirEntry, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, errNoFolder
	}
	return os.ReadDir(dir)
}

var errNoFolder = errors.New("it is a link or a file")

// Forget removes every copy except those with the given hashes, and the records of
// addresses that led to none of them. It removes only files that the shelf made: the name
// of a copy is the hash of its content, and a record names it. It returns how many files
// were removed, and how many other files are left.
func Forget(dir string, except map[string]bool) (removed, left int, err error) {
	entries, err := readFolder(dir)
	switch {
	case errors.Is(err, errNoFolder):
		return 0, 1, nil
	case err != nil:
		return 0, 0, fmt.Errorf("read folder of media: %w", err)
	}
	index := index(dir, entries)
	for _, entry := range entries {
		hashes, ours := index.owned(dir, entry)
		switch {
		case !ours:
			left++
			continue
		// A record stays as long as one of its copies is needed.
		case slices.ContainsFunc(hashes, func(hash string) bool { return except[hash] }):
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return removed, left, fmt.Errorf("remove a copy: %w", err)
		}
		removed++
	}
	return removed, left, nil
}

// shelved holds the hashes of the copies that records name.
type shelved map[string]bool

// index reads the hashes of all records in a folder.
func index(dir string, entries []fs.DirEntry) shelved {
	known := shelved{}
	for _, entry := range entries {
		if !records.MatchString(entry.Name()) {
			continue
		}
		r, _ := readRecord(filepath.Join(dir, entry.Name()))
		for _, hash := range r.hashes() {
			known[hash] = true
		}
	}
	return known
}

// owned reports whether the shelf made a file, and which copies the file concerns.
func (s shelved) owned(dir string, entry fs.DirEntry) (hashes []string, ours bool) {
	name := entry.Name()
	path := filepath.Join(dir, name)
	if records.MatchString(name) {
		r, known := readRecord(path)
		return r.hashes(), known
	}
	if isHash(name) && s[name] {
		return []string{name}, isCopy(path, math.MaxInt64)
	}
	info, err := entry.Info()
	return nil, err == nil && isHalf(info)
}
