package declared

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
)

// usualMost is the largest file where the description does not say.
const usualMost = 50_000_000

// part is the name of the form part of an upload.
func (u Upload) part() string {
	if u.Part != "" {
		return u.Part
	}
	return unescape(strings.TrimPrefix(u.At, "/"))
}

// most is the largest file that is taken, in bytes.
func (u Upload) most() int64 {
	size := int64(1000)
	digits, mega := strings.CutSuffix(u.Max, "MB")
	if mega {
		size = 1_000_000
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(digits, "KB"), 10, 64)
	if err != nil {
		return usualMost
	}
	return n * size
}

// takes reports whether the service takes a content type.
func (u Upload) takes(kind string) bool {
	return slices.ContainsFunc(u.Types, func(t string) bool {
		family, any := strings.CutSuffix(t, "*")
		return t == kind || any && strings.HasPrefix(kind, family) && upload.Extension(kind) != ""
	})
}

// Attach reads the files that the request names, finds out what they are by their content
// and hashes them.
func (c *Checker) Attach(r providers.Request, place func(name string) providers.Placed) (media []providers.Media, found problem.List) {
	request, err := decode(r.Body)
	if err != nil {
		return nil, nil // [Checker.Check] reports it
	}
	for _, u := range c.o.Uploads {
		named, _ := text(request, u.At)
		name := strings.TrimSpace(named) // people type cells, and leave blanks at the ends
		if name == "" {
			continue // [Checker.Check] reports it
		}
		file, broken := c.attach(u, name, place(name))
		found = append(found, broken...)
		if file != nil {
			media = append(media, *file)
		}
	}
	return media, found
}

// attach reads one file; it returns nil if that cannot be read or was not fetched.
func (c *Checker) attach(u Upload, name string, at providers.Placed) (*providers.Media, problem.List) {
	var found problem.List
	if at.Problem != nil {
		p := *at.Problem
		p.Pointer, p.Value = u.At, providers.ShowAddress(name)
		found = append(found, p)
	}
	broken := problem.Problem{Code: "SVC-FILE-SIZE", Place: problem.Place{Pointer: u.At}, Value: providers.ShowAddress(name), Hint: "make it smaller"}
	switch {
	case at.TooLarge > 0:
		broken.Message = fmt.Sprintf("the web address of %s leads to a file of %d bytes, more than %s takes", u.part(), at.TooLarge, c.d.Title)
		return nil, append(found, broken)
	case at.Path == "":
		return nil, found
	}
	facts, err := c.files.Read(at.Path, u.most())
	switch {
	case err != nil:
		return nil, append(found, unreadable(u, name, at.Path, err))
	case facts.Size == 0:
		broken.Message, broken.Hint = fmt.Sprintf("the file of %s is empty", u.part()), "save it again"
	case facts.Size > u.most():
		broken.Message = fmt.Sprintf("the file of %s has %d bytes; %s takes %d", u.part(), facts.Size, c.d.Title, u.most())
	case !u.takes(facts.Type):
		broken.Code, broken.Hint = "SVC-FILE-TYPE", "convert it; another file name is not enough"
		broken.Message = fmt.Sprintf("the file of %s is %s by its content; %s takes %s", u.part(), known(facts.Type), c.d.Title, strings.Join(u.Types, ", "))
	}
	if broken.Message != "" {
		found = append(found, broken)
	}
	return &providers.Media{Part: u.part(), Path: name, Type: facts.Type, SHA256: facts.SHA256, Size: facts.Size, Length: facts.Length}, found
}

func known(kind string) string {
	if kind == "" {
		return "of an unknown type"
	}
	return kind
}

// unreadable is the problem of a file that cannot be opened. Only the hint names the path:
// the reason is kept with the row, and the name of a file may be a customer's.
func unreadable(u Upload, name, path string, err error) problem.Problem {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	p := problem.Problem{Code: "ROW-MEDIA", Place: problem.Place{Pointer: u.At}, Value: providers.ShowAddress(name),
		Message: fmt.Sprintf("the file of %s cannot be read: %v", u.part(), upload.WithoutPath(err)), Hint: fmt.Sprintf("check that you may read %q", path)}
	if errors.Is(err, fs.ErrNotExist) {
		p.Message = fmt.Sprintf("there is no such file for %s", u.part())
		p.Hint = fmt.Sprintf("there is no %q; paths are relative to the campaign file; mind upper and lower case", path)
	}
	return p
}

// measures reports whether the request or one of its files tells how long the video will be.
func (c *Checker) measures() bool {
	return c.o.Length != nil || slices.ContainsFunc(c.o.Uploads, func(u Upload) bool { return u.Length })
}

// Measure is the length that the request names, or that of the sound that the video lasts
// as long as.
func (c *Checker) Measure(r providers.Request) job.Length {
	if c.o.Length != nil {
		request, err := decode(r.Body)
		if s, named := text(request, *c.o.Length); err == nil && named {
			exactly := span(s, "seconds")
			return job.Length{Low: exactly, Likely: exactly, High: exactly}
		}
	}
	for _, u := range c.o.Uploads {
		for _, m := range r.Media {
			if u.Length && m.Part == u.part() && m.Length > 0 {
				return job.Length{Low: m.Length, Likely: m.Length, High: m.Length}
			}
		}
	}
	return job.Length{}
}
