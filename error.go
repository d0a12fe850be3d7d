package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
)

// Cause is the kind of reason for which an operation was not done, or is not complete. A
// command maps causes to exit codes, a web page to HTTP statuses.
type Cause string

// The causes. The zero value, [Done], says that everything asked for is done.
const (
	Done      Cause = ""
	Bug       Cause = "bug"      // an unexpected failure
	Usage     Cause = "usage"    // the request cannot be carried out, or the campaign or template has problems; nothing was sent
	Declined  Cause = "declined" // a person said no; nothing was done
	BadRows   Cause = "rows"     // some rows have problems or failed, or the results could not be written
	Undecided Cause = "decision" // some rows need a decision of a person
	Held      Cause = "held"     // the run sends nothing more
	Locked    Cause = "locked"   // the ledger is in use by another process
	BadLedger Cause = "ledger"   // the ledger is missing, damaged or another one, or could not be written
	Stopped   Cause = "stopped"  // the context of the call was done
)

// Error says why an operation was not done, and what to do about it. An error that is a
// [problem.List] has all problems of the campaign, the template or the sheet as a whole.
type Error struct {
	Cause Cause
	Err   error
	Hint  string // what to do, as text; it ends where Next begins
	Next  []Step // what to do, as operations; the best one first
	// Question is the question that was not asked, because there was no person to answer.
	Question *Question
}

// Error says what happened, without the cure.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Cause)
	}
	return e.Err.Error()
}

// Unwrap returns what happened.
func (e *Error) Unwrap() error { return e.Err }

// Step is an operation that a person would do next, as data: a terminal writes a command
// for it, and a page shows a button.
type Step struct {
	Verb    string   // run, retry, ledger restore
	Flags   []string // of the verb, with their values
	Rows    int      // the number of rows; 0 if they are not counted
	Purpose string   // why to do it, in words
}

// next returns a step.
func next(verb string, flags ...string) Step { return Step{Verb: verb, Flags: flags} }

// to returns the step with its purpose.
func (s Step) to(purpose string) Step {
	s.Purpose = purpose
	return s
}

// fail returns an [Error].
func fail(cause Cause, err error, hint string, steps ...Step) error {
	return &Error{Cause: cause, Err: err, Hint: hint, Next: steps}
}

// refused ends an operation because of problems of the campaign, the template or the
// sheet as a whole: nothing was sent.
func refused(problems problem.List) error { return &Error{Cause: Usage, Err: problems} }

// stopped ends an operation whose context is done.
func stopped(ctx context.Context) error { return &Error{Cause: Stopped, Err: ledger.Stopped(ctx)} }

// CauseOf returns the cause of an error: [Done] for nil, and [Usage] for an error of
// another package.
func CauseOf(err error) Cause {
	var e *Error
	switch {
	case err == nil:
		return Done
	case errors.As(err, &e):
		return e.Cause
	}
	return Usage
}

// ledgerFailure gives an error of the ledger its cause and its cure. In every case the
// operation ends and nothing more is sent: without a durable ledger a row could be paid
// twice.
func ledgerFailure(err error) error {
	var known *Error
	switch {
	case err == nil:
		return nil
	// The error has been given its cause where it arose, which knows more.
	case errors.As(err, &known):
		return err
	case errors.Is(err, ledger.ErrStopped):
		return &Error{Cause: Stopped, Err: err}
	case inOtherHands(err) != nil:
		return inOtherHands(err)
	case blocking(err) != "":
		return fail(Usage, fmt.Errorf("%q is a file, and a folder of this campaign is to be there", blocking(err)),
			"move it elsewhere, or choose another folder under output: dir")
	}
	for _, d := range damages() {
		if errors.Is(err, d.sort) {
			return fail(BadLedger, err, d.cure)
		}
	}
	return fail(BadLedger, err, "nothing more was sent, and nothing is lost; free some disk space, or mend the disk, and run again")
}

// damage is an error for which a ledger cannot be used as it is, with its cure.
type damage struct {
	sort error
	cure string
}

func damages() []damage {
	return []damage{
		{ledger.ErrOther, "set another output: dir for it, or change the provider back; the rows of the old one stay paid there"},
		{ledger.ErrForeign, "put the ledger.db of this campaign back, as it was; reelmerge ledger restore goes on with an earlier copy"},
		{ledger.ErrMissing, "put the ledger.db of this campaign back, as it was; a new one would buy every row again, and reelmerge ledger restore goes on with an earlier copy"},
		{ledger.ErrOlder, "put the latest ledger.db back; if there is none, run reelmerge ledger restore, and decide the rows that may have been sent since"},
		{ledger.ErrUnproven, "put the run.json of this folder back, as it was; without it, run reelmerge ledger restore, and decide the rows that may have been sent since; if you are certain that this is the latest copy, add --latest"},
		{ledger.ErrCorrupt, "see what is broken with reelmerge ledger verify; reelmerge ledger restore goes on with ledger.bak, a copy from the start of the last run"},
		{ledger.ErrNewer, "use the version of reelmerge that wrote it, or a later one"},
		{ledger.ErrLockFile, "move that file elsewhere and run the command again"},
		{ledger.ErrNetwork, "choose a local folder under output: dir"},
	}
}

// inOtherHands gives an error its cure that comes from another process, or from another place
// of the ledger; nil for other errors.
func inOtherHands(err error) error {
	var locked *ledger.LockedError
	var moved *ledger.MovedError
	switch {
	case errors.Is(err, ledger.ErrConflict):
		return fail(Locked, fmt.Errorf("another process changed the ledger at this moment: %w", err), "run the command again")
	case errors.Is(err, ledger.ErrFenced):
		return fail(Locked, err, "wait until it is done; reelmerge status shows where it stands")
	case errors.As(err, &moved):
		return fail(BadLedger, err, "go on with it there: store: in the campaign, or --store, with the address of that database")
	case errors.As(err, &locked):
		return fail(Locked, err, "wait until it is done, or stop it; reelmerge status shows where it stands")
	case errors.Is(err, ledger.ErrUnavailable):
		return storeFailure(err)
	}
	return nil
}

// blocking returns the file that stands where an error needs a folder; empty if there is
// none.
func blocking(err error) string {
	var at *fs.PathError
	if !errors.As(err, &at) {
		return ""
	}
	for path := filepath.Dir(at.Path); ; path = filepath.Dir(path) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		} else if err == nil || path == filepath.Dir(path) {
			return ""
		}
	}
}

// openFailure is [ledgerFailure] for a ledger that was to be opened. The ledger restore
// command is no cure where there is no copy that it could go on with.
func (c *Campaign) openFailure(err error) error {
	lost := errors.Is(err, ledger.ErrForeign) || errors.Is(err, ledger.ErrMissing) || errors.Is(err, ledger.ErrCorrupt)
	if lost && !c.shares() && !atomicfile.IsThere(c.path(backupFile)) {
		return fail(BadLedger, err, "put the ledger.db and run.json of this folder back from a copy that you have elsewhere; there is no ledger.bak beside it, which every run but the first one writes")
	}
	return ledgerFailure(err)
}

// guarded turns a panic into an error. Its stack goes to the log alone.
func (c *Campaign) guarded(act func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &report.PanicError{What: p, Stack: debug.Stack()}
			c.logPanic(err)
		}
	}()
	return act()
}
