package vidgen

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The parts of a request.
const (
	partImage = "image"
	partAudio = "audio"
)

// parts returns the parts in the order of the form.
func parts() []string { return []string{partImage, partAudio} }

// Limits of the size of a file (VID-F2). The documentation says 50 MB, but not which
// megabytes. A size between the two readings gives a warning.
const (
	safeBytes = 50_000_000
	mostBytes = 50 << 20
)

// library remembers the facts of files, so that a picture in a thousand rows is read once.
// It is safe for concurrent use.
type library struct {
	mu    sync.Mutex
	known map[fileKey]facts
}

// fileKey identifies the state of a file. A file that changes gets another key.
type fileKey struct {
	path     string
	size     int64
	modified time.Time
}

// facts describes the content of a file.
type facts struct {
	kind   string // content type; empty: not one that the service accepts
	sha256 string
	size   int64
	length time.Duration // of a sound; 0: not known
}

// Attach reads the files that the fields "image" and "audio" name by a path or a web
// address. It finds their types by content (VID-F1) and the length of a sound, and hashes
// them for the fingerprint (VID-F4). The media keep the names of the body, since they are
// placed again when they are sent. Attach opens local files only; place must fetch what is
// at an address. It is safe for concurrent use.
func (c *Checker) Attach(r providers.Request, place func(name string) providers.Placed) ([]providers.Media, problem.List) {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(r.Body, &fields) != nil {
		return nil, nil // [Checker.Check] reports it
	}
	var media []providers.Media
	var problems problem.List
	for _, part := range parts() {
		// People type cells, and leave blanks at the ends.
		name := strings.TrimSpace(rest.Text(fields, part))
		if name == "" {
			continue // [Checker.Check] reports it
		}
		found, broken := c.attach(part, name, place(name))
		problems = append(problems, broken...)
		if found != nil {
			media = append(media, *found)
		}
	}
	return media, problems
}

// attach reads one file. It returns nil if the file cannot be read or was not fetched.
func (c *Checker) attach(part, name string, at providers.Placed) (*providers.Media, problem.List) {
	var problems problem.List
	if at.Problem != nil {
		p := *at.Problem
		p.Pointer, p.Value = "/"+part, providers.ShowAddress(name)
		problems = append(problems, p)
	}
	// A file that is too large was not fetched, so there is nothing to read.
	switch {
	case at.TooLarge > 0:
		return nil, append(problems, problem.Problem{
			Code: "VID-F2", Place: problem.Place{Pointer: "/" + part}, Value: providers.ShowAddress(name), Hint: "make it smaller",
			Message: fmt.Sprintf("the web address of %s leads to a file of more than 50 MB, which is the most that vidgen takes", part),
		})
	case at.Path == "":
		return nil, problems
	}
	found, err := c.files.read(at.Path)
	if err != nil {
		return nil, append(problems, unreadable(part, name, at.Path, err))
	}
	return &providers.Media{
		Part: part, Path: name, Type: found.kind, SHA256: found.sha256, Size: found.size, Length: found.length,
	}, append(problems, found.problems(part, name)...)
}

// unreadable returns the problem of a file that cannot be opened. Only the hint names the
// path. The reason is kept with the row, and the name of a file may be a customer's.
func unreadable(part, name, path string, err error) problem.Problem {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	p := problem.Problem{
		Code: "ROW-MEDIA", Place: problem.Place{Pointer: "/" + part}, Value: providers.ShowAddress(name),
		Message: fmt.Sprintf("the file of %s cannot be read: %v", part, withoutPath(err)),
		Hint:    fmt.Sprintf("check that you may read %q", path),
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Message = fmt.Sprintf("there is no such file for %s", part)
		p.Hint = fmt.Sprintf("there is no %q; paths are relative to the campaign file; mind upper and lower case", path)
	case errors.Is(err, errNotRegular):
		p.Message, p.Hint = fmt.Sprintf("the path of %s leads to no file", part), fmt.Sprintf("%q is no file: name one, not a folder", path)
	}
	return p
}

// problems checks a file against VID-F1 and VID-F2.
func (f facts) problems(part, name string) problem.List {
	p := problem.Problem{Code: "VID-F2", Place: problem.Place{Pointer: "/" + part}, Value: providers.ShowAddress(name)}
	takes := map[string]string{partImage: "JPEG, PNG and WebP pictures", partAudio: "MP3, WAV, M4A and Ogg sounds"}[part]
	// The checks go from certain to doubtful: the last one is only a warning.
	switch {
	case f.size == 0:
		p.Message, p.Hint = fmt.Sprintf("the file of %s is empty", part), "save it again"
	case f.size > mostBytes:
		p.Message = fmt.Sprintf("the file of %s has %d bytes; vidgen takes 50 MB", part, f.size)
		p.Hint = "make it smaller"
	case !strings.HasPrefix(f.kind, part+"/"):
		p.Code = "VID-F1"
		p.Message = fmt.Sprintf("the file of %s is %s by its content; vidgen takes %s", part, orUnknown(f.kind), takes)
		p.Hint = "convert it; another file name is not enough"
	case f.size > safeBytes:
		p.Severity = problem.Warning
		p.Message = fmt.Sprintf("the file of %s has %d bytes; vidgen takes 50 MB and does not say how it counts them", part, f.size)
		p.Hint = "keep files below 50,000,000 bytes"
	default:
		return nil
	}
	return problem.List{p}
}

// orUnknown returns a type in words.
func orUnknown(kind string) string {
	if kind == "" {
		return "of an unknown type"
	}
	return kind
}

// read returns the facts of a file. It takes them from memory as long as the file has not
// changed.
func (l *library) read(path string) (facts, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return facts{}, err
	}
	defer file.Close()
	if size > mostBytes {
		return facts{size: size}, nil // it is refused by its size alone
	}
	info, err := file.Stat()
	if err != nil {
		return facts{}, err
	}
	key := fileKey{path, size, info.ModTime()}
	if found, ok := l.get(key); ok {
		return found, nil
	}
	found, err := readFacts(file)
	if err == nil {
		found.length = soundLength(file, found.size, found.kind)
		l.put(key, found)
	}
	return found, err
}

// get returns the remembered facts of a file.
func (l *library) get(key fileKey) (facts, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.known[key]
	return found, ok
}

// put remembers the facts of a file.
func (l *library) put(key fileKey, found facts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[fileKey]facts{}
	}
	l.known[key] = found
}

// readFacts reads a file once. It stops at the first byte that is too many.
func readFacts(file io.Reader) (facts, error) {
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return facts{}, err
	}
	sum := sha256.New()
	sum.Write(head[:n])
	rest, err := io.Copy(sum, io.LimitReader(file, mostBytes+1-int64(n)))
	if err != nil {
		return facts{}, err
	}
	return facts{kind: sniff(head[:n]), sha256: hex.EncodeToString(sum.Sum(nil)), size: int64(n) + rest}, nil
}
