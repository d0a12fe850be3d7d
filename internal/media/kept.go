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

// record says what an address led to when it was asked last. It does not say
// which address: a signed one is a password.
type record struct {
	Hash     string `json:"sha256"`
	Size     int64  `json:"size"`
	Tag      string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
	// Others are hashes of further copies that the address led to, before or, after
	// a kill, last: what no record names is not known to be a copy of ours.
	Others []string `json:"others,omitempty"`
}

// hashes of all copies that a record knows.
func (r record) hashes() []string { return append([]string{r.Hash}, r.Others...) }

// longestMark is the most that is kept of what a server calls a version.
const longestMark = 1 << 10

func (s *Shelf) recordPath(address string) string {
	return filepath.Join(s.options.Dir, "of-"+digest(address)[:32]+".json")
}

// earlier returns what an address led to in another run, nil when nobody knows or
// the copy is not what it was.
func (s *Shelf) earlier(address string) *record {
	r, known := readRecord(s.recordPath(address))
	if !known || !s.holds(r.Hash) {
		return nil
	}
	return &r
}

// readRecord reads a record of ours; anything else is none.
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

// isHash reports whether a text is a SHA-256 as copies are named.
func isHash(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdef") == ""
}

// holds reports whether the copy with a hash is there, whole and unchanged.
func (s *Shelf) holds(hash string) bool { return isCopy(Path(s.options.Dir, hash), s.options.Most+1) }

// isCopy reports whether a file is named by what its first bytes, and so all of
// them, contain.
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

// take reads an answer.
func (s *Shelf) take(address string, r *http.Response, copied *record) (File, error) {
	switch {
	case r.StatusCode == http.StatusNotModified && copied != nil:
		return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size}, nil
	case r.StatusCode != http.StatusOK:
		return File{}, &StatusError{r.StatusCode}
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

func mark(h http.Header, name string) string {
	if value := h.Get(name); len(value) <= longestMark {
		return value
	}
	return ""
}

// incoming is what a file is called until it is whole.
const incoming = "incoming"

// keep writes a body down and gives it its name when it is whole and durable: a
// kill in between leaves no file that looks like one. It is expected before that.
func (s *Shelf) keep(body io.Reader, expect func(hash string)) (hash string, size int64, err error) {
	file, err := atomicfile.Create(filepath.Join(s.options.Dir, incoming))
	if err != nil {
		return "", 0, final{fmt.Errorf("keep a copy: %w", err)}
	}
	defer file.Discard()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(sum, file), io.LimitReader(body, s.options.Most+1))
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
	expect(hash)
	if err := file.CommitAs(Path(s.options.Dir, hash)); err != nil {
		return "", 0, final{fmt.Errorf("keep a copy: %w", err)}
	}
	return hash, size, nil
}

// expect notes that a copy is on its way: what a kill leaves of it is known.
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

// remember notes what an address led to, and what it led to before.
func (s *Shelf) remember(address string, r record) {
	if before, known := readRecord(s.recordPath(address)); known {
		r.Others = slices.DeleteFunc(before.hashes(), func(hash string) bool { return hash == r.Hash })
	}
	s.note(address, r)
}

// note writes a record. Without it a file is only fetched again.
func (s *Shelf) note(address string, r record) {
	if data, err := json.Marshal(r); err == nil {
		_ = atomicfile.WriteFile(s.recordPath(address), data)
	}
}

// abandoned is the age from which a file that is not whole belongs to nobody.
const abandoned = time.Hour

// tidy removes what killed processes left half done.
func (s *Shelf) tidy() {
	entries, _ := readFolder(s.options.Dir) // a folder that cannot be read has nothing to tidy
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && isHalf(info) && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(s.options.Dir, entry.Name()))
		}
	}
}

// halves are the names of files on their way; records those of records.
var (
	halves  = regexp.MustCompile(`^\.(` + incoming + `|of-[0-9a-f]{32}\.json)\.[0-9]+\.tmp$`)
	records = regexp.MustCompile(`^of-[0-9a-f]{32}\.json$`)
)

func isHalf(info fs.FileInfo) bool { return info.Mode().IsRegular() && halves.MatchString(info.Name()) }

// readFolder lists the folder of a shelf. One that is a link is somebody else's,
// and one that is not there holds nothing.
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

// Forget removes every copy but those with the given hashes, and what is known of
// addresses that led elsewhere. Only what the shelf made is removed: a copy is
// named by the hash of its content, and a record names it. It returns how many
// files were removed, and how many are left that are not the shelf's.
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

// shelved are the hashes of the copies that records name.
type shelved map[string]bool

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

// owned reports whether a file is the shelf's, and which copies it is about.
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
