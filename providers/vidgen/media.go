package vidgen

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
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
	found, err := c.files.Read(at.Path, mostBytes)
	if err != nil {
		return nil, append(problems, unreadable(part, name, at.Path, err))
	}
	return &providers.Media{
		Part: part, Path: name, Type: found.Type, SHA256: found.SHA256, Size: found.Size, Length: found.Length,
	}, append(problems, problemsOf(found, part, name)...)
}

// unreadable returns the problem of a file that cannot be opened. Only the hint names the
// path. The reason is kept with the row, and the name of a file may be a customer's.
func unreadable(part, name, path string, err error) problem.Problem {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	p := problem.Problem{
		Code: "ROW-MEDIA", Place: problem.Place{Pointer: "/" + part}, Value: providers.ShowAddress(name),
		Message: fmt.Sprintf("the file of %s cannot be read: %v", part, upload.WithoutPath(err)),
		Hint:    fmt.Sprintf("check that you may read %q", path),
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Message = fmt.Sprintf("there is no such file for %s", part)
		p.Hint = fmt.Sprintf("there is no %q; paths are relative to the campaign file; mind upper and lower case", path)
	case errors.Is(err, upload.ErrNotRegular):
		p.Message = fmt.Sprintf("the path of %s leads to no file", part)
		p.Hint = fmt.Sprintf("%q is no file: name one, not a folder", path)
	}
	return p
}

// problemsOf checks a file against VID-F1 and VID-F2.
func problemsOf(f upload.Facts, part, name string) problem.List {
	p := problem.Problem{Code: "VID-F2", Place: problem.Place{Pointer: "/" + part}, Value: providers.ShowAddress(name)}
	takes := map[string]string{partImage: "JPEG, PNG and WebP pictures", partAudio: "MP3, WAV, M4A and Ogg sounds"}[part]
	// The checks go from certain to doubtful: the last one is only a warning.
	switch {
	case f.Size == 0:
		p.Message, p.Hint = fmt.Sprintf("the file of %s is empty", part), "save it again"
	case f.Size > mostBytes:
		p.Message = fmt.Sprintf("the file of %s has %d bytes; vidgen takes 50 MB", part, f.Size)
		p.Hint = "make it smaller"
	case !strings.HasPrefix(f.Type, part+"/"):
		p.Code = "VID-F1"
		p.Message = fmt.Sprintf("the file of %s is %s by its content; vidgen takes %s", part, orUnknown(f.Type), takes)
		p.Hint = "convert it; another file name is not enough"
	case f.Size > safeBytes:
		p.Severity = problem.Warning
		p.Message = fmt.Sprintf("the file of %s has %d bytes; vidgen takes 50 MB and does not say how it counts them", part, f.Size)
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
