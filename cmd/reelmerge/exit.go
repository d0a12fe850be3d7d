package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// Exit codes. The highest of those for rows, decisions and holds wins.
const (
	exitDone        = 0
	exitBug         = 1 // an unexpected failure
	exitUsage       = 2 // wrong usage, or the campaign or template has problems; nothing was sent
	exitRows        = 3 // some rows have problems or failed
	exitDecide      = 4 // some rows need a decision: unsure, or changed
	exitHeld        = 5 // the run holds
	exitLocked      = 6 // the ledger is in use by another process
	exitLedger      = 7 // the ledger is missing, corrupt, foreign, newer, or could not be written
	exitInterrupted = 130
	exitTerminated  = 143
)

// codes returns the exit code for a cause. For a stopped operation the signal decides.
func codes(cause reelmerge.Cause) int {
	return map[reelmerge.Cause]int{
		reelmerge.Done:      exitDone,
		reelmerge.Bug:       exitBug,
		reelmerge.Usage:     exitUsage,
		reelmerge.Declined:  exitUsage,
		reelmerge.BadRows:   exitRows,
		reelmerge.Undecided: exitDecide,
		reelmerge.Held:      exitHeld,
		reelmerge.Locked:    exitLocked,
		reelmerge.BadLedger: exitLedger,
		reelmerge.Stopped:   exitInterrupted,
	}[cause]
}

// failure ends a command with an exit code. Without an error it prints nothing: the
// command has printed the reason already.
type failure struct {
	code int
	err  error
	hint string
	next []reelmerge.Step // the commands of the hint, as data
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func fail(code int, err error, hint string) error { return &failure{code: code, err: err, hint: hint} }

// exit ends a command that has printed the reason.
func exit(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

// codeOf returns the exit code for the error of a command.
func codeOf(err error) int {
	if err == nil {
		return exitDone
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	cause := reelmerge.CauseOf(err)
	if cause == reelmerge.Stopped {
		return causeCode(err)
	}
	return codes(cause)
}

// tell prints how an operation of the library ended, unless that was printed before:
// problems as a list, a person's no with what follows from it, any other error with its
// cure. It returns the failure with the exit code.
func (a *app) tell(err error) error {
	e, ours := errors.AsType[*reelmerge.Error](err)
	if _, said := errors.AsType[*failure](err); said || !ours {
		return err
	}
	code := codeOf(err)
	if list, ok := errors.AsType[problem.List](err); ok {
		return a.refuse(list)
	}
	if otherwise, asked := reelmerge.Otherwise(err); asked {
		a.say("%s", otherwise)
		return exit(code)
	}
	if e.Cause == reelmerge.Stopped {
		return exit(code)
	}
	return &failure{code: code, err: err, hint: a.cure(e), next: e.Next}
}

// errorJSON is an error for a program, if no document was printed before.
type errorJSON struct {
	Cause   string     `json:"cause"` // usage, rows, decision, held, locked, ledger, bug, stopped
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
	Exit    int        `json:"exit"`
	Next    []stepJSON `json:"next"`
}

// stepJSON is an operation that a person would do next.
type stepJSON struct {
	Verb    string   `json:"verb"`
	Flags   []string `json:"flags"`
	Rows    int      `json:"rows"` // 0: it is not counted
	Purpose string   `json:"purpose"`
}

// printError writes an error to standard output as one object. If a document was printed
// already, it has the fault in it, and a second document would break a reader.
func (t *terminal) printError(f *failure) {
	if t.wrote.Load() {
		return
	}
	doc := errorJSON{Cause: causeName(f.code), Message: wording.Clean(f.err.Error()), Hint: wording.Clean(f.hint), Exit: f.code, Next: []stepJSON{}}
	for _, s := range f.next {
		doc.Next = append(doc.Next, stepJSON{s.Verb, append([]string{}, s.Flags...), s.Rows, s.Purpose})
	}
	_ = t.printJSON(map[string]any{"error": doc}) // standard error has said it
}

// causeName is the word for an exit code.
func causeName(code int) string {
	for _, cause := range []reelmerge.Cause{reelmerge.Bug, reelmerge.Usage, reelmerge.BadRows, reelmerge.Undecided, reelmerge.Held, reelmerge.Locked, reelmerge.BadLedger} {
		if codes(cause) == code {
			return string(cause)
		}
	}
	return string(reelmerge.Stopped)
}

// cure is the hint of an error, with the commands of its next steps.
func (a *app) cure(e *reelmerge.Error) string {
	parts := []string{e.Hint}
	for _, step := range e.Next {
		parts = append(parts, strings.TrimSpace(a.commandOf(step)+" "+step.Purpose))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// commandOf writes a step as a command to copy.
func (a *app) commandOf(step reelmerge.Step) string {
	if a.campaign != nil {
		return a.campaign.Command(step.Verb, step.Flags...)
	}
	return wording.Shown(append(append([]string{"reelmerge"}, strings.Fields(step.Verb)...), "CAMPAIGN")...)
}

// concluded ends a run with the code of its outcome. If something could not be printed or
// written, the code is at least [exitRows], so that a person looks.
func concluded(code int, err error) error {
	f, said := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return exit(code)
	case said:
		return &failure{code: max(code, f.code, exitRows), err: f.err, hint: f.hint}
	}
	return &failure{code: max(code, exitRows), err: err, hint: "every paid video is in the ledger; run the command again"}
}

// signalCode is the exit code of a context that a signal ended.
func signalCode(ctx context.Context) int { return causeCode(context.Cause(ctx)) }

// causeCode is the exit code of an error that says which signal ended a call.
func causeCode(err error) int {
	if s, ok := errors.AsType[signalled](err); ok {
		return s.code
	}
	return exitInterrupted
}
