package main

import (
	"errors"
	"runtime/debug"

	"github.com/reelmerge/reelmerge/report"
)

// afterIntent does what comes once rows may have been sent. From then on no code says
// that nothing was: whatever goes wrong, and be it a bug, ends with one of those that
// say that a run took place.
func (a *app) afterIntent(act func() error) error {
	a.mayHaveSent = true
	dieBySignal()
	err := a.guarded(act)
	switch code := codeOf(err); code {
	case exitDone, exitInterrupted, exitTerminated:
		return err
	default:
		if code >= exitRows {
			return err
		}
	}
	return concluded(exitDone, "", err)
}

// dieBySignal has the runtime end this process by SIGABRT where it cannot go on, out
// of memory for one. By itself it would end it with 2, the code for "nothing was sent".
func dieBySignal() {
	leaveNoCore()
	debug.SetTraceback("crash")
}

// guarded turns a panic into an error, whose stack is for the log alone.
func (a *app) guarded(act func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &report.PanicError{What: p, Stack: debug.Stack()}
			a.logPanic(err)
		}
	}()
	return act()
}

// concluded ends a run with the code of its outcome. What could not be told or written
// makes it [exitRows] at the least, so that a person looks: the rows are as they are.
func concluded(code int, held string, err error) error {
	end := &failure{code: code, held: held, err: err}
	switch {
	case err != nil:
		end.code = max(code, exitRows)
		end.hint = "whatever was paid for is in the ledger; run the command again"
		var f *failure
		if errors.As(err, &f) {
			end.hint = f.hint
		}
	case code == exitDone:
		return nil
	}
	return end
}
