package engine

import (
	"errors"
	"runtime"
	"runtime/debug"
)

// bug is a panic while one row was handled. Its text is one line and says nothing
// of the row: what a client panics with may quote its values.
type bug struct{ what string }

func (b *bug) Error() string { return "internal error: " + b.what }

// caught turns what was recovered into an error, and has the stack told.
func (w Worker) caught(row int, p any) error {
	b := &bug{"this is a bug in reelmerge"}
	var fault runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &fault) {
		b.what = fault.Error()
	}
	if w.Bug != nil {
		w.Bug(row, b, debug.Stack())
	}
	return b
}
