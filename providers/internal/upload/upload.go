// Package upload reads the files that go along with requests: what they are by their
// content, how long a sound plays, and whether they are still those of the plan.
package upload

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// ErrNotRegular is returned for what is no file: a pipe or a device could wait for ever or
// never end.
var ErrNotRegular = errors.New("it is no regular file")

// Facts describe the content of a file.
type Facts struct {
	Type   string // content type, or words for one that is not known; empty: nothing is known
	SHA256 string // hexadecimal; empty where the file was too large to be read
	Size   int64
	Length time.Duration // of a sound; 0: not known
}

// Library remembers the facts of files, so that a picture in a thousand rows is read once.
// Its zero value is empty, and it is safe for concurrent use.
type Library struct {
	mu    sync.Mutex
	known map[fileKey]Facts
}

// fileKey identifies the state of a file. A file that changes gets another key.
type fileKey struct {
	path     string
	size     int64
	modified time.Time
}

// Read returns the facts of a file. It takes them from memory as long as the file has not
// changed. Of a file with more bytes than most it tells the size alone.
func (l *Library) Read(path string, most int64) (Facts, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return Facts{}, err
	}
	defer file.Close()
	if size > most {
		return Facts{Size: size}, nil
	}
	info, err := file.Stat()
	if err != nil {
		return Facts{}, err
	}
	key := fileKey{path, size, info.ModTime()}
	if found, ok := l.get(key); ok {
		return found, nil
	}
	found, err := readFacts(file, most)
	if err == nil {
		found.Length = soundLength(file, found.Size, found.Type)
		l.put(key, found)
	}
	return found, err
}

// get returns the remembered facts of a file.
func (l *Library) get(key fileKey) (Facts, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.known[key]
	return found, ok
}

// put remembers the facts of a file.
func (l *Library) put(key fileKey, found Facts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[fileKey]Facts{}
	}
	l.known[key] = found
}

// readFacts reads a file once. It stops at the first byte that is too many.
func readFacts(file io.Reader, most int64) (Facts, error) {
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Facts{}, err
	}
	sum := sha256.New()
	sum.Write(head[:n])
	rest, err := io.Copy(sum, io.LimitReader(file, most+1-int64(n)))
	if err != nil {
		return Facts{}, err
	}
	return Facts{Type: sniff(head[:n]), SHA256: hex.EncodeToString(sum.Sum(nil)), Size: int64(n) + rest}, nil
}

// File is a file with the planned content.
type File struct {
	Type    string // content type
	Content []byte
}

// Planned reads the file of a part and compares it with the plan: a file that has changed
// makes another video than the one that was checked and priced. Errors name the part and
// not the file, whose name may be a customer's.
func Planned(media []providers.Media, part string, most int64) (File, error) {
	for _, m := range media {
		if m.Part != part {
			continue
		}
		content, err := read(m.Path, most)
		if err != nil {
			return File{}, fmt.Errorf("read file of %s: %w", part, WithoutPath(err))
		}
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != m.SHA256 {
			return File{}, fmt.Errorf("the file of %s changed after the plan was made; run again to plan it anew", part)
		}
		return File{m.Type, content}, nil
	}
	return File{}, fmt.Errorf("the request has no file for %s", part)
}

// read reads a regular file, up to the size that a service accepts.
func read(path string, most int64) ([]byte, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > most {
		return nil, errors.New("it is larger than the service takes")
	}
	// The file may grow while it is read. The limit keeps memory bounded, and the hash
	// finds the change.
	return io.ReadAll(io.LimitReader(file, most+1))
}

// openRegular opens a regular file.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, ErrNotRegular
	}
	file, err := os.Open(path)
	return file, info.Size(), err
}

// WithoutPath removes the path from the error of a file, because it may name a customer.
func WithoutPath(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
