package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
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
}

// longestMark is the most that is kept of what a server calls a version.
const longestMark = 1 << 10

func (s *Shelf) recordPath(address string) string {
	return filepath.Join(s.options.Dir, "of-"+digest(address)[:32]+".json")
}

// earlier returns what an address led to in another run, nil when nobody knows or
// the copy is not what it was.
func (s *Shelf) earlier(address string) *record {
	data, err := os.ReadFile(s.recordPath(address))
	if err != nil {
		return nil
	}
	var r record
	if json.Unmarshal(data, &r) != nil || len(r.Hash) != hex.EncodedLen(sha256.Size) || strings.ContainsAny(r.Hash, `/\.`) {
		return nil
	}
	if !s.holds(r.Hash) {
		return nil
	}
	return &r
}

// holds reports whether the copy with a hash is there, whole and unchanged.
func (s *Shelf) holds(hash string) bool {
	path := Path(s.options.Dir, hash)
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
	_, err = io.Copy(sum, io.LimitReader(file, s.options.Most+1))
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == hash
}

// take reads an answer.
func (s *Shelf) take(address string, r *http.Response, copied *record) (File, error) {
	switch {
	case r.StatusCode == http.StatusNotModified && copied != nil:
		return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size}, nil
	case r.StatusCode != http.StatusOK:
		return File{}, &StatusError{r.StatusCode}
	case isEncoded(r.Header):
		return File{}, final{errors.New("the server sends it compressed, which nobody asked for")}
	case r.ContentLength > s.options.Most:
		return File{}, &TooLargeError{r.ContentLength}
	}
	hash, size, err := s.keep(r.Body)
	if err != nil {
		return File{}, err
	}
	s.remember(address, record{hash, size, mark(r.Header, "ETag"), mark(r.Header, "Last-Modified")})
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
// kill in between leaves no file that looks like one.
func (s *Shelf) keep(body io.Reader) (hash string, size int64, err error) {
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
	if err := file.CommitAs(Path(s.options.Dir, hash)); err != nil {
		return "", 0, final{fmt.Errorf("keep a copy: %w", err)}
	}
	return hash, size, nil
}

// remember notes what an address led to. Without the note it is only fetched again.
func (s *Shelf) remember(address string, r record) {
	if data, err := json.Marshal(r); err == nil {
		_ = atomicfile.WriteFile(s.recordPath(address), data)
	}
}

// abandoned is the age from which a file that is not whole belongs to nobody.
const abandoned = time.Hour

// tidy removes what killed processes left half done.
func (s *Shelf) tidy() {
	entries, _ := os.ReadDir(s.options.Dir) // a folder that cannot be read has nothing to tidy
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && strings.HasPrefix(entry.Name(), "."+incoming+".") && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(s.options.Dir, entry.Name()))
		}
	}
}

// Forget removes every copy but those with the given hashes, and what is known of
// addresses that led elsewhere. It returns how many files were removed. A folder
// that is not there holds none.
func Forget(dir string, except map[string]bool) (removed int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return 0, nil
		}
		return 0, fmt.Errorf("read folder of media: %w", err)
	}
	for _, entry := range entries {
		if except[hashOf(dir, entry.Name())] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return removed, fmt.Errorf("remove a copy: %w", err)
		}
		removed++
	}
	return removed, nil
}

// hashOf returns the hash of the copy that a file is, or is the record of.
func hashOf(dir, name string) string {
	if !strings.HasPrefix(name, "of-") {
		return name
	}
	var r record
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || json.Unmarshal(data, &r) != nil {
		return ""
	}
	return r.Hash
}
