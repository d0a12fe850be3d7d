package wording

import (
	"errors"
	"os"
)

// WithoutPath leaves the path out of an error of a file, for a message that names it
// already.
func WithoutPath(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}
