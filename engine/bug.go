package engine

import (
	"errors"
	"runtime"
	"runtime/debug"
)

// bug is a panic while one row was handled. Its text is one line and leaves out the
// panic's own text, which may quote values of the row.
type bug struct{ what string }

func (b *bug) Error() string { return "internal error: " + b.what }

// caught turns a recovered panic into an error, and reports its stack.
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
