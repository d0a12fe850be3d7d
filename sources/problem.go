package sources

import (
	"errors"
	"io"
	"io/fs"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// Problem returns the error as a problem with its place in the file.
func (e *FileError) Problem() problem.Problem {
	return problem.Problem{
		Severity: problem.Error, Code: e.Code, Place: problem.Place{File: e.Path, Row: e.Row, Cell: e.Cell},
		Message: e.plain(), Hint: e.Hint,
	}
}

// plain returns the message with its cause. It leaves out a cause that only repeats the
// message, and the path, because the place of the problem names it.
func (e *FileError) plain() string {
	if e.Err == nil || errors.Is(e.Err, io.EOF) || errors.Is(e.Err, fs.ErrNotExist) {
		return e.Message
	}
	if more, ok := errors.AsType[*FileError](e.Err); ok {
		return e.Message + "; " + more.plain()
	}
	return e.Message + ": " + wording.WithoutPath(e.Err).Error()
}
