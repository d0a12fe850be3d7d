// Command reelmerge is mail merge for video: it checks a sheet against a video
// template, says what the run will cost and how long it will take, sends each
// row to a video-generation service, survives being killed at any moment, and
// hands the sheet back with a link, a cost and a reason for every row.
//
// Each command is in the file of its name, and what it alone needs in files that
// begin with it: run.go, run_send.go. What commands share is in
//
//	root.go      the tree of commands, and the questions to a person
//	setup.go     a campaign with its template, service and sheet, as every command loads them
//	books.go     how a ledger is opened, and what is said when it cannot be
//	outputs.go   how files are written, so that none takes the place of another's
//	client.go    the service, or the simulator that stands in for it
//	display*.go  a run on the screen, while it goes and at its end
//	problems.go, lines.go, suggest.go  what people read
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
)

func main() {
	ballast := tuneCollector(os.Getenv("GOGC"))
	cobra.EnableCommandSorting = false // the help has its own order, that of use
	ctx, stop := interruptible(os.Exit)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

// tuneCollector sets how often garbage is collected, unless a person has chosen.
//
// A million keys are most of the memory of a plan, and hardly any garbage: it need
// not grow by more than a fifth. A run keeps next to nothing, and would be
// collected hundreds of times a second, which was a third of its time. The
// ballast, which is never touched and so takes no memory, lets 64 MiB of garbage
// gather first.
func tuneCollector(chosen string) (ballast []byte) {
	if chosen != "" {
		return nil
	}
	debug.SetGCPercent(20)
	return make([]byte, 320<<20)
}

// streams are where a command reads and writes: results go to out, everything
// else to err.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

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

// failure ends a command with an exit code. A failure without an error says
// nothing: the command has said it already.
type failure struct {
	code int
	err  error
	hint string
	held string // why a run sends nothing more; it has said so
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func fail(code int, err error, hint string) error { return &failure{code: code, err: err, hint: hint} }

// exit ends a command that has said why.
func exit(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

// codeOf is the exit code that an error of a command stands for.
func codeOf(err error) int {
	var f *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		return f.code
	}
	return exitUsage
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			complain(s.err, fmt.Errorf("this is a bug: %v\n%s", p, debug.Stack()), "run the command again: whatever was paid for is in the ledger")
			code = exitBug
		}
	}()
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var f *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		if f.err != nil {
			complain(s.err, f.err, f.hint)
		}
		return f.code
	case errors.Is(err, syscall.EPIPE):
		complain(s.err, err, "nobody read the output to its end; what was done is done")
		return exitBug
	}
	complain(s.err, err, "see reelmerge --help")
	return exitUsage
}

func complain(w io.Writer, err error, hint string) {
	fmt.Fprintf(w, "reelmerge: error: %s\n", wording.Clean(err.Error()))
	if hint != "" {
		fmt.Fprintf(w, "reelmerge: hint: %s\n", wording.Clean(hint))
	}
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ code int }

func (s signalled) Error() string { return fmt.Sprintf("signal, exit %d", s.code) }

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP ends:
// the run then starts nothing more and saves. The second leaves at once, which is
// safe, because the ledger is at every instant; but a terminal that closes may say
// so more than once, and what is on the wire should not be lost for that. Whoever
// started the program with nohup does not want to hear of it at all.
func interruptible(leave func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for n := 0; ; n++ {
			s, open := <-signals
			if !open {
				return
			}
			code := exitTerminated
			if s == syscall.SIGINT {
				code = exitInterrupted
			}
			if n > 0 && s != syscall.SIGHUP {
				leave(code)
			}
			cancel(signalled{code})
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}

// signalCode is the exit code of a context that a signal ended.
func signalCode(ctx context.Context) int { return causeCode(context.Cause(ctx)) }

// causeCode is the exit code of an error that says which signal ended a call.
func causeCode(err error) int {
	var s signalled
	if errors.As(err, &s) {
		return s.code
	}
	return exitInterrupted
}
